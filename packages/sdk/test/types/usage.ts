// Compiled, not run: how apps use the types, in browsers and in Node.

import Sentc, {
	type CryptoHead,
	type CryptoRawOutput,
	type FileCreateOutput,
	type FileMetaFetched,
	type FileMetaInformation,
	type FilePrepareCreateOutput,
	type Group,
	type GroupChildrenListItem,
	type GroupData,
	type GroupDataCheckUpdateServerOutput,
	type GroupInviteListItem,
	type GroupJoinReqListItem,
	type GroupKey,
	type GroupKeyRotationOut,
	type GroupList,
	type GroupOutDataHmacKeys,
	type GroupOutDataKeys,
	type GroupOutDataSortableKeys,
	type GroupUserListItem,
	type InitReturn,
	type KeyRotationInput,
	type KeyRotationStartServerOutput,
	KeyfoldError,
	type LoginUser,
	type OtpRegister,
	type PartListItem,
	REFRESH_ENDPOINT,
	type RefreshOptions,
	type ResCallBack,
	type SentcError,
	type SentcOptions,
	type SignHead,
	type StorageInterface,
	type StorageOptions,
	type SymKey,
	type User,
	type UserData,
	type UserDeviceKeyData,
	type UserDeviceList,
	type UserId,
	type UserKeyData,
	type UserMfaLogin,
	type UserPublicKeyData,
} from "keyfold";

export async function login(): Promise<User> {
	const data: LoginUser = await Sentc.login("identifier", "password");
	if (data.kind === "mfa") {
		const waiting: UserMfaLogin = data.u;
		return Sentc.mfaLogin("<token>", waiting);
	}
	return data.u;
}

export async function forced(): Promise<User> {
	return Sentc.login("identifier", "password", true);
}

export async function registered(): Promise<string | false> {
	const input: string = Sentc.prepareRegister("identifier", "password");
	const id: string = Sentc.doneRegister(input);
	const [name, password]: [string, string] = Sentc.generateRegisterData();
	return (await Sentc.register(name, password)) || id;
}

export const options: SentcOptions[] = [
	{app_token: "token"},
	{app_token: "token", refresh: {endpoint: 0, endpoint_url: "https://app.example/refresh"}},
	{app_token: "token", refresh: {endpoint: REFRESH_ENDPOINT.cookie_fn, endpoint_fn: async (old_jwt: string) => old_jwt}},
	{app_token: "token", wasm_path: new URL("https://app.example/keyfold.wasm")},
	{app_token: "token", password_cost: "legacy", require_signatures: true, minimum_algorithm: "post-quantum"},
	{app_token: "token", storage: {default_storage: {errCallBack: ({err, warn}) => console.log(err, warn)}}},
];

// @ts-expect-error there are only three ways
export const unknownRefresh: SentcOptions = {app_token: "token", refresh: {endpoint: 3}};

// @ts-expect-error an app needs a token
export const withoutToken: SentcOptions = {};

export async function actual(): Promise<[User, string]> {
	const user: User | undefined = await Sentc.init({app_token: "token"});
	const same: User = user ?? (await Sentc.getActualUser(true));
	console.log(same.data.user_id, same.user_data.device_id, same.data.refresh_token);
	return Sentc.getActualUser(false, true);
}

export async function work(user: User): Promise<void> {
	const devices: UserDeviceList[] = await user.getDevices();
	await user.getDevices(devices.at(-1));
	const [url, keys]: [string, string[]] = await user.registerOtp("issuer", "audience", "password");
	console.log(url, keys);
	const group: Group = await user.getGroup(await user.createGroup());
	const members: GroupUserListItem[] = await group.getMember(null);
	await group.inviteAuto(members[0]?.user_id ?? "", 2);
	const raw: CryptoRawOutput = await group.encryptRaw(new Uint8Array(), true);
	const bytes: Uint8Array = await group.decryptRaw(raw.head, raw.data);
	const key: UserPublicKeyData = await Sentc.getUserPublicKey("id");
	const verified: boolean = await Sentc.verifyUserPublicKey("id", key);
	console.log(bytes, verified);
}

export function explain(error: unknown): SentcError | undefined {
	return error instanceof KeyfoldError ? {status: error.status, error_message: error.error_message} : undefined;
}

/** An app's own store, written against looser types. */
export class OwnStore implements StorageInterface {
	async init(): Promise<{status: boolean}> {
		return {status: true};
	}

	async getDownloadUrl(): Promise<string> {
		return "";
	}

	async cleanStorage(): Promise<void> {}

	async storePart(_chunk: ArrayBuffer): Promise<void> {}

	async delete(_key: string): Promise<void> {}

	async getItem<T>(_key: string): Promise<T | undefined> {
		return undefined;
	}

	async set<T>(_key: string, _item: T): Promise<void | any> {}
}

/** Every type that apps import by its name. */
export type Named = [
	CryptoHead,
	FileMetaFetched,
	FilePrepareCreateOutput,
	GroupChildrenListItem,
	GroupDataCheckUpdateServerOutput,
	GroupInviteListItem,
	GroupJoinReqListItem,
	GroupKeyRotationOut,
	GroupList,
	GroupOutDataHmacKeys,
	GroupOutDataKeys,
	GroupOutDataSortableKeys,
	InitReturn,
	KeyRotationInput,
	KeyRotationStartServerOutput,
	OtpRegister,
	PartListItem,
	RefreshOptions,
	ResCallBack,
	SignHead,
	StorageOptions,
	UserDeviceKeyData,
	UserId,
];

export async function files(group: Group, user: User, file: File): Promise<void> {
	const created: FileCreateOutput = await group.createFile(file, true, (progress) => console.log(progress));
	const [url, meta, key]: [string, FileMetaInformation, SymKey] = await group.downloadFile(created.file_id, "");
	const for_somebody: FileCreateOutput = await user.createFile(file, false, "reply id", (progress) => console.log(progress));
	console.log(url, meta.file_name, key.key_id, for_somebody.file_id);
	await user.createFile(file, {name: "name", signal: AbortSignal.timeout(1000)});
}

export function looked(group: Group, user: User): [GroupKey | undefined, UserKeyData | undefined, number | undefined] {
	const data: GroupData = group.data;
	const own: UserData = user.user_data;
	const newest: string = user.getNewestKey().group_key_id;
	return [data.keys[0], own.user_keys[0], own.key_map.get(newest)];
}
