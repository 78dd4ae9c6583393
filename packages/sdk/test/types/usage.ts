// Compiled, not run: how apps use the types.

import Sentc, {
	type CryptoRawOutput,
	type Group,
	type GroupUserListItem,
	KeyfoldError,
	type LoginUser,
	REFRESH_ENDPOINT,
	type SentcError,
	type SentcOptions,
	type StorageInterface,
	type User,
	type UserDeviceList,
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
