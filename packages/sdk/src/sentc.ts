import {type Client, DEFAULT_BASE_URL, type LoginUser, startClient} from "./client.js";
import {KeyfoldError, codes} from "./error.js";
import type {StorageInterface} from "./storage/interface.js";
import type {GroupPublicKeyData, SentcOptions, UserMfaLogin, UserPublicKeyData} from "./types.js";
import type {User} from "./user.js";

let starting: Promise<Client> | undefined;
let started: Client | undefined;

/**
 * The one client of most apps. `init` comes first; everything else needs it.
 *
 * Apps that need more than one client use `createClient`.
 */
export default class Sentc {
	/** The settings in effect since `init`. */
	static options: Omit<SentcOptions, "wasm_path">;

	private constructor() {}

	/**
	 * Loads the WebAssembly module and finds the user who logged in last.
	 *
	 * A second call changes no settings.
	 *
	 * @returns the user, with a renewed session unless the network is down; `undefined` if nobody is logged in
	 */
	static async init(options: SentcOptions): Promise<User | undefined> {
		const again = starting !== undefined;
		starting ??= start(options).catch((error: unknown) => {
			starting = undefined;
			throw error;
		});
		const client = await starting;
		return unlessUnusable(() => (again ? client.currentUser() : restored(client)));
	}

	/** The store for keys and sessions. */
	static async getStore(): Promise<StorageInterface> {
		return client().storage;
	}

	/** Whether no device of the app has this identifier. */
	static async checkUserIdentifierAvailable(userIdentifier: string): Promise<boolean> {
		return client().checkUserIdentifierAvailable(userIdentifier);
	}

	/** The body for `POST /api/v1/exists`, for apps that send it from their own backend; `false` for no identifier. */
	static prepareCheckUserIdentifierAvailable(userIdentifier: string): string | false {
		return client().prepareCheckUserIdentifierAvailable(userIdentifier);
	}

	/** Reads the answer of `POST /api/v1/exists`. */
	static doneCheckUserIdentifierAvailable(serverOutput: string): boolean {
		return client().doneCheckUserIdentifierAvailable(serverOutput);
	}

	/** A random identifier and a random password for a device on which nobody types them. They are stored nowhere. */
	static generateRegisterData(): [string, string] {
		return client().generateRegisterData();
	}

	/**
	 * Creates a user with a first device. The password does not leave this machine.
	 *
	 * @returns a promise of the user's id; `false` if identifier or password is empty
	 */
	static register(userIdentifier: string, password: string): Promise<string> | false {
		return userIdentifier !== "" && password !== "" && client().register(userIdentifier, password);
	}

	/** The body for `POST /api/v1/register`, for apps that send it from their own backend. */
	static prepareRegister(userIdentifier: string, password: string): string {
		return client().prepareRegister(userIdentifier, password);
	}

	/**
	 * Reads the answer of `POST /api/v1/register`.
	 *
	 * @returns the user's id
	 */
	static doneRegister(serverOutput: string): string {
		return client().doneRegister(serverOutput);
	}

	/**
	 * Begins to add this device to an existing account.
	 *
	 * @returns a promise of a text for a device that is logged in, which hands it to `user.registerDevice`; `false` if
	 * identifier or password is empty
	 */
	static registerDeviceStart(device_identifier: string, password: string): Promise<string> | false {
		return device_identifier !== "" && password !== "" && client().registerDeviceStart(device_identifier, password);
	}

	/** The body for `POST /api/v1/user/prepare_register_device`, for apps that send it themselves. */
	static prepareRegisterDeviceStart(device_identifier: string, password: string): string {
		return client().prepareRegisterDeviceStart(device_identifier, password);
	}

	/** Checks the answer of `POST /api/v1/user/prepare_register_device`. */
	static doneRegisterDeviceStart(serverOutput: string): void {
		client().doneRegisterDeviceStart(serverOutput);
	}

	/** Logs in on the device with this identifier. */
	static login(deviceIdentifier: string, password: string): Promise<LoginUser>;
	/** The same, for apps without second factors: fails with `client_10000` if the user has one. */
	static login(deviceIdentifier: string, password: string, force: true): Promise<User>;
	static login(deviceIdentifier: string, password: string, force: boolean): Promise<LoginUser | User>;
	static async login(deviceIdentifier: string, password: string, force = false): Promise<LoginUser | User> {
		return client().login(deviceIdentifier, password, force);
	}

	/** Goes on with a login by the code that the user's authenticator app shows. */
	static async mfaLogin(token: string, login_data: UserMfaLogin): Promise<User> {
		return client().mfaLogin(token, login_data);
	}

	/** Goes on with a login by one of the user's recovery keys, which is used up by it. */
	static async mfaRecoveryLogin(recovery_token: string, login_data: UserMfaLogin): Promise<User> {
		return client().mfaRecoveryLogin(recovery_token, login_data);
	}

	/**
	 * A new access token for one that runs out, for apps that keep tokens themselves. Users renew theirs by themselves.
	 *
	 * @param refresh_token only matters where the SDK renews tokens
	 */
	static async refreshJwt(old_jwt: string, refresh_token: string): Promise<string> {
		return client().refreshJwt(old_jwt, refresh_token);
	}

	/** The newest public key of a user. It may be up to five minutes old. */
	static async getUserPublicKey(user_id: string): Promise<UserPublicKeyData> {
		return client().getUserPublicKey(user_id);
	}

	/** A verify key of a user, by its id. */
	static async getUserVerifyKey(user_id: string, verify_key_id: string): Promise<string> {
		return client().getUserVerifyKey(user_id, verify_key_id);
	}

	/** The newest public key of a group. */
	static async getGroupPublicKey(group_id: string): Promise<GroupPublicKeyData> {
		return client().getGroupPublicKey(group_id);
	}

	/**
	 * Whether a public key is signed with a verify key of this user.
	 *
	 * @param force whether to check again what has been verified before
	 */
	static async verifyUserPublicKey(user_id: string, public_key: UserPublicKeyData, force = false): Promise<boolean> {
		return client().verifyUserPublicKey(user_id, public_key, force);
	}

	/** As {@link getUserPublicKey}; address and token are those of `init`. */
	static async getUserPublicKeyData(_base_url: string, _app_token: string, user_id: string): Promise<UserPublicKeyData> {
		return client().getUserPublicKey(user_id);
	}

	/** As {@link getUserVerifyKey}; address and token are those of `init`. */
	static async getUserVerifyKeyData(
		_base_url: string,
		_app_token: string,
		user_id: string,
		verify_key_id: string,
	): Promise<string> {
		return client().getUserVerifyKey(user_id, verify_key_id);
	}

	/** As {@link getGroupPublicKey}; address and token are those of `init`. */
	static async getGroupPublicKeyData(
		_base_url: string,
		_app_token: string,
		group_id: string,
	): Promise<GroupPublicKeyData> {
		return client().getGroupPublicKey(group_id);
	}

	/** As {@link verifyUserPublicKey}. */
	static verifyUsersPublicKey(user_id: string, public_key: UserPublicKeyData, force?: boolean): Promise<boolean>;
	/** The same; address and token are those of `init`. */
	static verifyUsersPublicKey(
		base_url: string,
		app_token: string,
		user_id: string,
		public_key: UserPublicKeyData,
		force?: boolean,
	): Promise<boolean>;
	static async verifyUsersPublicKey(
		first: string,
		second: string | UserPublicKeyData,
		third?: string | boolean,
		key?: UserPublicKeyData,
		force = false,
	): Promise<boolean> {
		if (typeof second === "object") {
			return client().verifyUserPublicKey(first, second, third === true);
		}
		if (typeof third !== "string" || key === undefined) {
			throw new KeyfoldError(codes.configuration, "say whose public key is to be verified, and which");
		}
		return client().verifyUserPublicKey(third, key, force);
	}

	/** The user who logged in last. Sends nothing. */
	static getActualUser(): Promise<User>;
	/** The same, with an access token that is valid; renewed if need be. */
	static getActualUser(jwt: true): Promise<User>;
	/** The same, with the identifier of the device. */
	static getActualUser(jwt: false, username: true): Promise<[User, string]>;
	static async getActualUser(jwt = false, username = false): Promise<User | [User, string]> {
		const user = await client().currentUser();
		if (user === undefined) {
			throw new KeyfoldError(codes.notLoggedIn, "nobody is logged in here");
		}
		if (jwt) {
			await user.getJwt();
		}
		return username ? [user, user.identifier] : user;
	}

	/** A user who is logged in on this device, or `false`. Sends nothing. */
	static async getUser(deviceIdentifier: string): Promise<User | false> {
		return (await client().user(deviceIdentifier)) ?? false;
	}
}

async function start(options: SentcOptions): Promise<Client> {
	const {wasm_path: _, ...kept} = options;
	Sentc.options = {...kept, base_url: options.base_url ?? DEFAULT_BASE_URL};
	started = await startClient(options);
	return started;
}

/**
 * The user who logged in last, with a renewed session.
 *
 * Without a network the user is there all the same: what is stored can be read, and requests say that they cannot be sent.
 */
async function restored(client: Client): Promise<User | undefined> {
	try {
		return await client.restore();
	} catch (error) {
		if (error instanceof KeyfoldError && error.code === codes.network) {
			return client.currentUser();
		}
		throw error;
	}
}

/** What fails here means logging in again: the session is over, or the store was written by another program. */
async function unlessUnusable(stored: () => Promise<User | undefined>): Promise<User | undefined> {
	try {
		return await stored();
	} catch (error) {
		if (error instanceof KeyfoldError) {
			return undefined;
		}
		throw error;
	}
}

function client(): Client {
	if (started === undefined) {
		throw new KeyfoldError(codes.notInitialised, "call `init` first");
	}
	return started;
}
