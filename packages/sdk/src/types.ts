import type {WasmSource} from "./platform/interface.js";
import type {StorageOptions} from "./storage/interface.js";

/** How access tokens are renewed. */
export const REFRESH_ENDPOINT = {
	/** `GET` of an endpoint of the app's own backend, with cookies; the answer's body is the new token. */
	cookie: 0,
	/** A function of the app. */
	cookie_fn: 1,
	/** By the SDK, with the refresh token that it keeps. The default. */
	api: 2,
} as const;

/** One of {@link REFRESH_ENDPOINT}. */
export type REFRESH_ENDPOINT = (typeof REFRESH_ENDPOINT)[keyof typeof REFRESH_ENDPOINT];

/** Settings of the renewal of access tokens. */
export interface RefreshOptions {
	endpoint: REFRESH_ENDPOINT;
	/** For {@link REFRESH_ENDPOINT}`.cookie`. */
	endpoint_url?: string;
	/** For {@link REFRESH_ENDPOINT}`.cookie_fn`: gets the old access token, resolves to the new one. */
	endpoint_fn?: (old_jwt: string) => Promise<string>;
}

/** Settings of `init`. */
export interface SentcOptions {
	/** Public token of the app, base64. */
	app_token: string;
	/** Origin of the server, without a slash at the end. Default: `https://api.sentc.com`. */
	base_url?: string;
	/** Address prefix of an own storage for parts of files. Default: `<base_url>/api/v1/file/part`. */
	file_part_url?: string;
	refresh?: RefreshOptions;
	storage?: StorageOptions;
	/** Where the WebAssembly module is, if not beside this package's JavaScript. */
	wasm_path?: WasmSource | Promise<WasmSource>;
}

/** Id of a user. */
export type UserId = string;

/** What a user needs to continue a login with a second factor. Holds key material: keep it in memory only. */
export interface UserMfaLogin {
	deviceIdentifier: string;
	mfa_master_key: string;
	mfa_auth_key: string;
	/** Algorithm of the password derivation. */
	mfa_algorithm?: string;
}

/** A fresh TOTP secret. */
export interface OtpRegister {
	/** Base32. */
	secret: string;
	/** How codes are made: `totp_sha256`. */
	alg: string;
	/** Six recovery keys, each good for one login. */
	recover: string[];
}

/** Recovery keys that are left. */
export interface OtpRecoveryKeysOutput {
	keys: string[];
}

/** A device in the list of a user's devices. Times are milliseconds since 1970. */
export interface UserDeviceList {
	device_id: string;
	time: number;
	/** Base64 of the SHA-256 of the identifier: the server keeps no more of it. */
	device_identifier: string;
}

/** A group that invites. */
export interface GroupInviteListItem {
	group_id: string;
	time: number;
}

/** A group in the list of a user's or a group's groups. */
export interface GroupList {
	group_id: string;
	time: number;
	joined_time: number;
	rank: number;
	parent?: string;
}

/** A child group. */
export interface GroupChildrenListItem {
	group_id: string;
	time: number;
	parent?: string;
}

/** A member of a group. */
export interface GroupUserListItem {
	user_id: string;
	/** 0 creator, 1 admin, 2 user manager, 3 and 4 without rights over others. */
	rank: number;
	joined_time: number;
	/** 0 for a user, 2 for a group. */
	user_type: number;
}

/** Someone who asks to join a group. */
export interface GroupJoinReqListItem {
	user_id: string;
	time: number;
	/** 0 for a user, 2 for a group. */
	user_type: number;
}

/** Newest public key of a user. */
export interface UserPublicKeyData {
	/** Exported form: JSON with PEM, algorithm, id and signature. */
	public_key: string;
	public_key_id: string;
	/** Verify key with which the public key's signature can be checked. */
	public_key_sig_key_id?: string;
	/** Whether `verifyUserPublicKey` has checked that signature. */
	verified: boolean;
}

/** Newest public key of a group. */
export interface GroupPublicKeyData {
	key: string;
	id: string;
}

/** What is known about a user and the session. */
export interface UserInformation {
	user_id: UserId;
	device_id: string;
	/** Whether the account has a second factor. */
	mfa: boolean;
	/** Id of the newest generation of the user's keys: of the group key, the key pair and the verify key alike. */
	newest_key_id: string;
	/** For the app's own backend, where that renews access tokens; empty if it is not known here. */
	refresh_token: string;
}

/** What is known about a group. Times are milliseconds since 1970, as text. */
export interface GroupInformation {
	group_id: string;
	parent_group_id?: string;
	/** Whether access comes from a parent group. */
	from_parent: boolean;
	/** Own rank: 0 creator, 1 admin, 2 user manager, 3 and 4 without rights over others. */
	rank: number;
	/** Whether a key rotation waits to be finished by this member. */
	key_update: boolean;
	create_time: string;
	joined_time: string;
	/** Id of the key that encrypts. */
	newest_key_id: string;
	/** The parent group through which access comes. */
	access_by_parent_group?: string;
	/** The member group through which access comes. */
	access_by_group_as_member?: string;
	/** Whether groups can be members. */
	is_connected_group: boolean;
}

/** Who signed a content, and how. */
export interface SignHead {
	/** Id of the verify key. */
	id: string;
	alg: string;
}

/** Head of an encrypted content. */
export interface CryptoHead {
	/** Id of the key that decrypts. */
	id: string;
	sign: SignHead | undefined;
}

/** Encrypted content with its head kept apart. */
export interface CryptoRawOutput {
	/** JSON of a {@link CryptoHead}. */
	head: string;
	data: Uint8Array;
}

/** A stored part of a file. */
export interface PartListItem {
	part_id: string;
	sequence: number;
	/** Whether it lies in the app's own storage. */
	extern_storage: boolean;
}

/** What a file belongs to. */
export type BelongsToType = "Group" | "User" | "None";

/** A file as the server describes it. */
export interface FileMetaInformation {
	file_id: string;
	master_key_id: string;
	/** The same as `master_key_id`. */
	key_id?: string;
	belongs_to?: string;
	belongs_to_type: BelongsToType;
	encrypted_key: string;
	encrypted_key_alg: string;
	part_list: PartListItem[];
	file_name?: string;
	encrypted_file_name?: string;
}

/** A file as it comes from the server, without its decrypted name. */
export type FileMetaFetched = Omit<FileMetaInformation, "file_name">;

/** A file that was registered and uploaded. */
export interface FileCreateOutput {
	file_id: string;
	master_key_id: string;
	encrypted_file_name: string;
}
