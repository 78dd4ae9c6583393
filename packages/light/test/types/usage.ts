// Compiled, not run: how apps use the types.

import Sentc, {
	type Client,
	type Group,
	type GroupData,
	type GroupInformation,
	type GroupUserListItem,
	KeyfoldError,
	type LoginUser,
	REFRESH_ENDPOINT,
	type SentcError,
	type SentcOptions,
	type StorageInterface,
	type User,
	type UserData,
	type UserDeviceKeyData,
	type UserDeviceList,
	type UserInformation,
	type UserMfaLogin,
	createClient,
} from "keyfold-light";

export async function login(): Promise<User> {
	const data: LoginUser = await Sentc.login("identifier", "password");
	if (data.kind === "mfa") {
		const waiting: UserMfaLogin = data.u;
		return Sentc.mfaLogin("<token>", waiting);
	}
	return data.u;
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
	{app_token: "token", wasm_path: new URL("https://app.example/keyfold-light.wasm")},
];

// @ts-expect-error there are only three ways
export const unknownRefresh: SentcOptions = {app_token: "token", refresh: {endpoint: 3}};

// @ts-expect-error an app needs a token
export const withoutToken: SentcOptions = {};

export async function work(user: User, signal: AbortSignal): Promise<void> {
	const devices: UserDeviceList[] = await user.withSignal(signal).getDevices();
	await user.getDevices(devices.at(-1));
	const [url, keys]: [string, string[]] = await user.registerOtp("issuer", "audience", "password");
	const group: Group = await user.getGroup(await user.createGroup());
	const members: GroupUserListItem[] = await group.getMember(null);
	await group.inviteAuto(members[0]?.user_id ?? "", 2);
	await group.acceptJoinRequest("id", 3);
	const {rank, parent_group_id}: GroupInformation = group.data;
	console.log(url, keys, rank, parent_group_id?.length, user.data.refresh_token, user.user_data.mfa);
	const {private_key}: UserDeviceKeyData = user.data.device;
	console.log(private_key.length, (await Sentc.refreshJwt(user.data.jwt, user.data.refresh_token)).length);
	// @ts-expect-error there is no encryption here
	await group.encryptString("text");
}

/** Both names of each. */
export function known(user: User, group: Group): [UserData, UserInformation, GroupData, GroupInformation] {
	const data: UserData = user.user_data;
	const of_group: GroupData = group.data;
	return [data, data, of_group, of_group];
}

export async function client(storage: StorageInterface): Promise<Client> {
	return createClient({app_token: "token", storage: {getStorage: async () => storage}});
}

export function explain(error: unknown): SentcError | undefined {
	return error instanceof KeyfoldError ? {status: error.status, error_message: error.error_message} : undefined;
}
