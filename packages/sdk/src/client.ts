import * as core from "../wasm/keyfold_wasm.js";
import {loadCore} from "./core.js";
import type {Environment} from "./environment.js";
import {KeyfoldError, codes} from "./error.js";
import {chosenStorage} from "./storage/factory.js";
import type {StorageInterface} from "./storage/interface.js";
import {MemoryStorage} from "./storage/memory.js";
import {storeOfApp} from "./storage/names.js";
import {
	type GroupPublicKeyData,
	REFRESH_ENDPOINT,
	type RefreshOptions,
	type SentcOptions,
	type Strength,
	type UserMfaLogin,
	type UserPublicKeyData,
} from "./types.js";
import {User} from "./user.js";

/** As the core numbers them. */
const STRENGTHS: Record<Strength, number> = {classical: 0, "post-quantum": 1, hybrid: 2};

/** Where the hosted service is. */
export const DEFAULT_BASE_URL = "https://api.sentc.com";

/** How a login ended: with the user, or with what is needed to go on with a second factor. */
export type LoginUser = {kind: "user"; u: User} | {kind: "mfa"; u: UserMfaLogin};

/**
 * Makes a client for one app. Several of them can live side by side. Those of one app share a store, those of different apps do not.
 *
 * Loads the WebAssembly module if no client did before.
 */
export async function createClient(options: SentcOptions): Promise<Client> {
	const {app_token, base_url = DEFAULT_BASE_URL} = options;
	return startClient(options, storeOfApp(app_token, base_url));
}

/** As {@link createClient}. The name is that of the platform's store, if the app hands in none. */
export async function startClient(options: SentcOptions, store?: string): Promise<Client> {
	const [storage] = await Promise.all([chosenStorage(options.storage, store), loadCore(options.wasm_path)]);
	const {app_token, base_url = DEFAULT_BASE_URL, refresh, file_part_url} = options;
	const made = (store: StorageInterface, renewal: core.RefreshStrategy): core.Client =>
		new core.Client(app_token, base_url, store, renewal, file_part_url, demands(options));
	const environment = {
		client: made(storage, strategy(refresh)),
		elsewhere: () => made(new MemoryStorage(), core.RefreshStrategy.sdk()),
		base_url,
		app_token,
		sessions: new Map<string, string>(),
	};
	return new Client(environment, storage);
}

/** An app on a server. Made by {@link createClient}. */
export class Client {
	readonly #core: core.Client;

	readonly #environment: Environment;

	/** The store for keys and sessions. */
	readonly storage: StorageInterface;

	/** @internal */
	constructor(environment: Environment, storage: StorageInterface) {
		this.#environment = environment;
		this.#core = environment.client;
		this.storage = storage;
	}

	/** Whether no device of the app has this identifier. */
	async checkUserIdentifierAvailable(identifier: string): Promise<boolean> {
		return identifier !== "" && this.#core.isIdentifierAvailable(identifier);
	}

	/** The body for `POST /api/v1/exists`, for apps that send it from their own backend; `false` for no identifier. */
	prepareCheckUserIdentifierAvailable(identifier: string): string | false {
		return identifier !== "" && this.#core.prepareIsIdentifierAvailable(identifier);
	}

	/** Reads the answer of `POST /api/v1/exists`. */
	doneCheckUserIdentifierAvailable(answer: string): boolean {
		return core.Client.doneIsIdentifierAvailable(answer);
	}

	/** A random identifier and a random password for a device on which nobody types them. They are stored nowhere. */
	generateRegisterData(): [string, string] {
		return core.Client.generateRegisterData();
	}

	/**
	 * Creates a user with a first device. The password does not leave this machine.
	 *
	 * @returns the id of the user
	 */
	async register(identifier: string, password: string): Promise<string> {
		return this.#core.register(identifier, password);
	}

	/** The body for `POST /api/v1/register`, for apps that send it from their own backend. */
	prepareRegister(identifier: string, password: string): string {
		return this.#core.prepareRegister(identifier, password);
	}

	/**
	 * Reads the answer of `POST /api/v1/register`.
	 *
	 * @returns the id of the user
	 */
	doneRegister(answer: string): string {
		return core.Client.doneRegister(answer);
	}

	/**
	 * Begins to add this device to an existing account.
	 *
	 * @returns a text for a device that is logged in, which hands it to `user.registerDevice`
	 */
	async registerDeviceStart(identifier: string, password: string): Promise<string> {
		return this.#core.registerDeviceStart(identifier, password);
	}

	/** The body for `POST /api/v1/user/prepare_register_device`, for apps that send it themselves. */
	prepareRegisterDeviceStart(identifier: string, password: string): string {
		return this.#core.prepareRegisterDeviceStart(identifier, password);
	}

	/** Checks the answer of `POST /api/v1/user/prepare_register_device`. */
	doneRegisterDeviceStart(answer: string): void {
		core.Client.doneRegisterDeviceStart(answer);
	}

	/** Logs in on the device with this identifier. */
	login(identifier: string, password: string): Promise<LoginUser>;
	/** The same, for apps without second factors: fails with `client_10000` if the user has one. */
	login(identifier: string, password: string, force: true): Promise<User>;
	login(identifier: string, password: string, force: boolean): Promise<LoginUser | User>;
	async login(identifier: string, password: string, force = false): Promise<LoginUser | User> {
		const outcome = await this.#login(identifier, password);
		if (!force) {
			return outcome;
		}
		if (outcome.kind === "mfa") {
			throw new KeyfoldError(codes.mfaRequired, "the user has a second factor");
		}
		return outcome.u;
	}

	async #login(identifier: string, password: string): Promise<LoginUser> {
		const outcome = await this.#core.login(identifier, password);
		const user = outcome.takeUser();
		if (user !== undefined) {
			return {kind: "user", u: new User(user, this.#environment)};
		}
		const pending = outcome.takeMfa();
		if (pending === undefined) {
			throw new KeyfoldError(codes.notLoggedIn, "the login ended without a result");
		}
		const {deviceIdentifier, masterKey, authKey, algorithm} = pending;
		return {
			kind: "mfa",
			u: {deviceIdentifier, mfa_master_key: masterKey, mfa_auth_key: authKey, mfa_algorithm: algorithm},
		};
	}

	/** Goes on with a login by the code that the user's authenticator app shows. */
	async mfaLogin(token: string, login: UserMfaLogin): Promise<User> {
		return new User(await this.#core.mfaLogin(token, pendingLogin(login)), this.#environment);
	}

	/** Goes on with a login by one of the user's recovery keys, which is used up by it. */
	async mfaRecoveryLogin(recovery_key: string, login: UserMfaLogin): Promise<User> {
		return new User(await this.#core.mfaRecoveryLogin(recovery_key, pendingLogin(login)), this.#environment);
	}

	/** The newest public key of a user. It may be up to five minutes old. */
	async getUserPublicKey(user_id: string): Promise<UserPublicKeyData> {
		return this.#core.publicKey(user_id);
	}

	/** A verify key of a user, by its id. */
	async getUserVerifyKey(user_id: string, verify_key_id: string): Promise<string> {
		return this.#core.verifyKey(user_id, verify_key_id);
	}

	/** The newest public key of a group. */
	async getGroupPublicKey(group_id: string): Promise<GroupPublicKeyData> {
		return this.#core.groupPublicKey(group_id);
	}

	/**
	 * Whether a public key is signed with a verify key of this user. The result is remembered for the newest key.
	 *
	 * The verify key comes from the server too: who wants certainty compares safety numbers.
	 *
	 * @param force whether to check again what has been verified before
	 */
	async verifyUserPublicKey(user_id: string, public_key: UserPublicKeyData, force = false): Promise<boolean> {
		if (public_key.verified && !force) {
			return true;
		}
		const verified = await this.#core.verifyPublicKey(user_id, public_key.public_key);
		if (verified && (await this.getUserPublicKey(user_id)).public_key_id === public_key.public_key_id) {
			await this.#core.verifyNewestPublicKey(user_id);
		}
		return verified;
	}

	/**
	 * A new access token for one that runs out, for apps that keep tokens themselves. Users renew theirs by themselves.
	 *
	 * @param refresh_token only matters where the SDK renews tokens
	 */
	async refreshJwt(old_jwt: string, refresh_token: string): Promise<string> {
		return this.#core.refreshJwt(old_jwt, refresh_token);
	}

	/** The user who logged in last on this store, with a renewed session. */
	async restore(): Promise<User | undefined> {
		const user = await this.#core.restore();
		return user && new User(user, this.#environment);
	}

	/** The user who logged in last on this store. Sends nothing. */
	async currentUser(): Promise<User | undefined> {
		const user = await this.#core.currentUser();
		return user && new User(user, this.#environment);
	}

	/** A user who is logged in on this store, by the identifier of the device. Sends nothing. */
	async user(identifier: string): Promise<User | undefined> {
		const user = await this.#core.user(identifier);
		return user && new User(user, this.#environment);
	}
}

function pendingLogin(login: UserMfaLogin): core.MfaLogin {
	const {deviceIdentifier, mfa_master_key, mfa_auth_key, mfa_algorithm = "ARGON-2-SHA256"} = login;
	return new core.MfaLogin(deviceIdentifier, mfa_master_key, mfa_auth_key, mfa_algorithm);
}

function demands({password_cost = "current", require_signatures = false, minimum_algorithm = "hybrid"}: SentcOptions): core.Demands {
	if (!["current", "legacy"].includes(password_cost)) {
		throw new KeyfoldError(codes.configuration, "`password_cost` is `current` or `legacy`");
	}
	if (!Object.hasOwn(STRENGTHS, minimum_algorithm)) {
		throw new KeyfoldError(codes.configuration, `\`minimum_algorithm\` is one of ${Object.keys(STRENGTHS).join(", ")}`);
	}
	return new core.Demands(password_cost === "legacy", require_signatures, STRENGTHS[minimum_algorithm]);
}

function strategy(options: RefreshOptions = {endpoint: REFRESH_ENDPOINT.api}): core.RefreshStrategy {
	switch (options.endpoint) {
		case REFRESH_ENDPOINT.api:
			return core.RefreshStrategy.sdk();
		case REFRESH_ENDPOINT.cookie:
			if (options.endpoint_url !== undefined) {
				return core.RefreshStrategy.endpoint(options.endpoint_url);
			}
			break;
		case REFRESH_ENDPOINT.cookie_fn:
			if (options.endpoint_fn !== undefined) {
				return core.RefreshStrategy.function(options.endpoint_fn);
			}
			break;
	}
	throw new KeyfoldError(codes.configuration, "`refresh.endpoint` needs `endpoint_url` for 0 and `endpoint_fn` for 1");
}
