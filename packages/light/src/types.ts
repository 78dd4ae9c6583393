import type {RefreshOptions, UserDeviceKeyData} from "../../sdk/src/types.js";
import type {StorageOptions} from "../../sdk/src/storage/interface.js";
import type {WasmSource} from "./platform/interface.js";

export {
	type GroupChildrenListItem,
	type GroupInviteListItem,
	type GroupJoinReqListItem,
	type GroupList,
	type GroupUserListItem,
	type OtpRegister,
	REFRESH_ENDPOINT,
	type RefreshOptions,
	type UserDeviceKeyData,
	type UserDeviceList,
	type UserId,
	type UserMfaLogin,
} from "../../sdk/src/types.js";

/** Settings of `init` and `createClient`. */
export interface SentcOptions {
	/** Public token of the app, base64. */
	app_token: string;
	/** Origin of the server, without a slash at the end. Default: `https://api.sentc.com`. */
	base_url?: string;
	refresh?: RefreshOptions;
	storage?: StorageOptions;
	/** Where the WebAssembly module is, if not beside this package's JavaScript. */
	wasm_path?: WasmSource | Promise<WasmSource>;
}

/** What is known about a user and the session. */
export interface UserInformation {
	user_id: string;
	device_id: string;
	/** The keys of the device, in text form: the private and the sign key are secret. The server knows the device by them. */
	device: UserDeviceKeyData;
	/** Whether the account has a second factor. */
	mfa: boolean;
	/** The access token that was valid last; `getJwt` gives one that is valid now. */
	jwt: string;
	/** For the app's own backend, where that renews access tokens; empty if it is not known here. */
	refresh_token: string;
}

/** {@link UserInformation} under the name that apps know. */
export type UserData = UserInformation;

/** What is known about a group. Times are milliseconds since 1970, as text. */
export interface GroupInformation {
	group_id: string;
	parent_group_id?: string;
	/** Whether access comes from a parent group. */
	from_parent: boolean;
	/** Own rank: 0 creator, 1 admin, 2 user manager, 3 and 4 without rights over others. */
	rank: number;
	create_time: string;
	joined_time: string;
	/** The parent group through which access comes. */
	access_by_parent_group?: string;
	/** The member group through which access comes. */
	access_by_group_as_member?: string;
	/** Whether groups can be members. */
	is_connected_group: boolean;
}

/** {@link GroupInformation} under the name that apps know. */
export type GroupData = GroupInformation;
