import type {StorageInterface} from "../../sdk/src/storage/interface.js";
import {
	type Client,
	DEFAULT_BASE_URL,
	type LoginUser,
	checkRegisteredDevice,
	createClient,
	existsBody,
	isAvailable,
	registeredId,
} from "./client.js";
import {KeyfoldError, codes} from "./error.js";
import {notLoggedIn} from "./session.js";
import type {SentcOptions, UserMfaLogin} from "./types.js";
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
	 * A second call changes no settings, and renews the session only if its access token has run out.
	 *
	 * @returns the user, with a session that is valid unless the network is down; `undefined` if nobody is logged in
	 */
	static async init(options: SentcOptions): Promise<User | undefined> {
		const again = starting !== undefined;
		starting ??= start(options).catch((error: unknown) => {
			starting = undefined;
			throw error;
		});
		const client = await starting;
		return continued(client, () => (again ? withValidToken(client) : client.restore()));
	}

	/** The store for sessions. */
	static async getStore(): Promise<StorageInterface> {
		return client().storage;
	}

	/** Whether no device of the app has this identifier. */
	static async checkUserIdentifierAvailable(userIdentifier: string): Promise<boolean> {
		return client().checkUserIdentifierAvailable(userIdentifier);
	}

	/** The body for `POST /api/v1/exists`, for apps that send it from their own backend; `false` for no identifier. */
	static prepareCheckUserIdentifierAvailable(userIdentifier: string): string | false {
		return userIdentifier !== "" && existsBody(userIdentifier);
	}

	/** Reads the answer of `POST /api/v1/exists`. */
	static doneCheckUserIdentifierAvailable(serverOutput: string): boolean {
		return isAvailable(serverOutput);
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

	/** See {@link Client.prepareRegister}. */
	static prepareRegister(userIdentifier: string, password: string): string {
		return client().prepareRegister(userIdentifier, password);
	}

	/**
	 * Reads the answer of `POST /api/v1/register_light`.
	 *
	 * @returns the user's id
	 */
	static doneRegister(serverOutput: string): string {
		return registeredId(serverOutput);
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

	/** Checks the answer of `POST /api/v1/user/prepare_register_device`. */
	static doneRegisterDeviceStart(serverOutput: string): void {
		checkRegisteredDevice(serverOutput);
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

	/** The user who logged in last. Sends nothing. */
	static getActualUser(): Promise<User>;
	/** The same, with an access token that is valid; renewed if need be. */
	static getActualUser(jwt: true): Promise<User>;
	/** The same, with the identifier of the device. */
	static getActualUser(jwt: false, username: true): Promise<[User, string]>;
	static async getActualUser(jwt = false, username = false): Promise<User | [User, string]> {
		const user = await client().currentUser();
		if (user === undefined) {
			throw notLoggedIn();
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
	started = await createClient(options);
	Sentc.options = {...kept, base_url: options.base_url ?? DEFAULT_BASE_URL};
	return started;
}

/**
 * The user who logged in last, if the session can go on.
 *
 * Without a network the user is there all the same, and requests say that they cannot be sent.
 */
async function continued(client: Client, session: () => Promise<User | undefined>): Promise<User | undefined> {
	try {
		return await session();
	} catch (error) {
		if (!(error instanceof KeyfoldError)) {
			throw error;
		}
		// Anything else means logging in again: the session is over.
		return error.code === codes.network ? client.currentUser() : undefined;
	}
}

async function withValidToken(client: Client): Promise<User | undefined> {
	const user = await client.currentUser();
	await user?.getJwt();
	return user;
}

function client(): Client {
	if (started === undefined) {
		throw new KeyfoldError(codes.notInitialised, "call `init` first");
	}
	return started;
}
