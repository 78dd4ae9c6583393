import {MemoryStorage} from "../../sdk/src/storage/memory.js";
import type {StorageInterface, StorageOptions} from "../../sdk/src/storage/interface.js";
import {storeOfApp} from "../../sdk/src/storage/names.js";
import {platform} from "#platform";

import * as core from "../wasm/keyfold_wasm_light.js";
import {Api, members, opened, path, text} from "./api.js";
import {loadCore} from "./core.js";
import {KeyfoldError, codes} from "./error.js";
import {type Attempt, attempt, exported, imported, mfaRequired, prove, requireCredentials, secondFactor} from "./login.js";
import {Records, type StoredSession} from "./records.js";
import {type Environment, Session, renewedToken} from "./session.js";
import {REFRESH_ENDPOINT, type RefreshOptions, type SentcOptions, type UserMfaLogin} from "./types.js";
import {User} from "./user.js";

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
	const {app_token, base_url = DEFAULT_BASE_URL, refresh} = options;
	const api = new Api(base_url, app_token);
	const strategy = checked(refresh);
	const [storage] = await Promise.all([chosenStorage(storeOfApp(app_token, base_url), options.storage), loadCore(options.wasm_path)]);
	return new Client({api, records: new Records(storage), refresh: strategy}, storage);
}

/** An app on a server. Made by {@link createClient}. */
export class Client {
	readonly #environment: Environment;

	readonly #signal: AbortSignal | undefined;

	/** The store for sessions. */
	readonly storage: StorageInterface;

	/** @internal */
	constructor(environment: Environment, storage: StorageInterface, signal?: AbortSignal) {
		this.#environment = environment;
		this.storage = storage;
		this.#signal = signal;
	}

	/** The same client, whose requests end with `client_433` when the signal comes. */
	withSignal(signal: AbortSignal): Client {
		return new Client(this.#environment, this.storage, signal);
	}

	/** Whether no device of the app has this identifier. */
	async checkUserIdentifierAvailable(identifier: string): Promise<boolean> {
		if (identifier === "") {
			return false;
		}
		const body = {user_identifier: identifier};
		const answer = await this.#environment.api.call({method: "POST", path: "/exists", body, signal: this.#signal});
		return members(answer)["available"] === true;
	}

	/** The body for `POST /api/v1/exists`, for apps that send it from their own backend; `false` for no identifier. */
	prepareCheckUserIdentifierAvailable(identifier: string): string | false {
		return identifier !== "" && existsBody(identifier);
	}

	/** Reads the answer of `POST /api/v1/exists`. */
	doneCheckUserIdentifierAvailable(answer: string): boolean {
		return isAvailable(answer);
	}

	/** A random identifier and a random password for a device on which nobody types them. They are stored nowhere. */
	generateRegisterData(): [string, string] {
		return core.generateCredentials();
	}

	/**
	 * Creates a user with a first device. The password does not leave this machine.
	 *
	 * @returns the id of the user
	 * @throws KeyfoldError `server_101`: the identifier is taken; `client_427`: identifier or password is empty
	 */
	async register(identifier: string, password: string): Promise<string> {
		const body = this.prepareRegister(identifier, password);
		const call = {method: "POST", path: "/register_light", body, signal: this.#signal} as const;
		return text(await this.#environment.api.call(call), "user_id");
	}

	/**
	 * The body for `POST /api/v1/register_light` and `POST /api/v1/user/prepare_register_device`, and, with the secret token,
	 * for `PUT /api/v1/user/reset_pw_light`, for apps that send it from their own backend.
	 */
	prepareRegister(identifier: string, password: string): string {
		requireCredentials(identifier, password);
		return core.registerDevice(identifier, password);
	}

	/**
	 * Reads the answer of `POST /api/v1/register_light`.
	 *
	 * @returns the id of the user
	 */
	doneRegister(answer: string): string {
		return registeredId(answer);
	}

	/**
	 * Begins to add this device to an existing account.
	 *
	 * @returns a text for a device that is logged in, which hands it to `user.registerDevice`
	 * @throws KeyfoldError `server_101`: the identifier is taken; `client_427`: identifier or password is empty
	 */
	async registerDeviceStart(identifier: string, password: string): Promise<string> {
		const body = this.prepareRegister(identifier, password);
		const call = {method: "POST", path: path("user", "prepare_register_device"), body, signal: this.#signal} as const;
		return JSON.stringify({status: true, result: await this.#environment.api.call(call)});
	}

	/** Checks the answer of `POST /api/v1/user/prepare_register_device`. */
	doneRegisterDeviceStart(answer: string): void {
		checkRegisteredDevice(answer);
	}

	/**
	 * Logs in on the device with this identifier.
	 *
	 * @throws KeyfoldError `server_112`: wrong password; `server_100`: no such identifier
	 */
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
			throw mfaRequired();
		}
		return outcome.u;
	}

	async #login(identifier: string, password: string): Promise<LoginUser> {
		const {api, records} = this.#environment;
		const earlier = await records.session(identifier);
		const made = await attempt(api, identifier, password, earlier, this.#signal);
		return made.keys === undefined
			? {kind: "mfa", u: exported(made)}
			: {kind: "user", u: await this.#begin(made, false)};
	}

	/**
	 * Goes on with a login by the code that the user's authenticator app shows.
	 *
	 * @throws KeyfoldError `server_902`: wrong or used code
	 */
	async mfaLogin(token: string, login: UserMfaLogin): Promise<User> {
		return this.#finish(login, {token, recovery: false});
	}

	/**
	 * Goes on with a login by one of the user's recovery keys, which is used up by it.
	 *
	 * @throws KeyfoldError `server_901`: no such recovery key
	 */
	async mfaRecoveryLogin(recovery_key: string, login: UserMfaLogin): Promise<User> {
		return this.#finish(login, {token: recovery_key, recovery: true});
	}

	/**
	 * A new access token for one that runs out, for apps that keep tokens themselves. Users renew theirs by themselves.
	 *
	 * @param refresh_token only matters where the SDK renews tokens
	 * @throws KeyfoldError `server_114`: the refresh token is not accepted
	 */
	async refreshJwt(old_jwt: string, refresh_token: string): Promise<string> {
		return renewedToken(this.#environment, old_jwt, refresh_token, this.#signal);
	}

	/** The user who logged in last on this store, with a renewed session. */
	async restore(): Promise<User | undefined> {
		const session = await this.#actualSession();
		return session && new User(session, this.#signal, await session.resume());
	}

	/** The user who logged in last on this store. Sends nothing. */
	async currentUser(): Promise<User | undefined> {
		const session = await this.#actualSession();
		return session && new User(session, this.#signal);
	}

	/** A user who is logged in on this store, by the identifier of the device. Sends nothing. */
	async user(identifier: string): Promise<User | undefined> {
		const session = await this.#session(identifier);
		return session && new User(session, this.#signal);
	}

	async #actualSession(): Promise<Session | undefined> {
		const identifier = await this.#environment.records.actualUser();
		return typeof identifier === "string" ? this.#session(identifier) : undefined;
	}

	async #session(identifier: string): Promise<Session | undefined> {
		const stored = await this.#environment.records.session(identifier);
		return stored && new Session(this.#environment, stored);
	}

	async #finish(login: UserMfaLogin, factor: {token: string; recovery: boolean}): Promise<User> {
		const accepted = await secondFactor(this.#environment.api, imported(login), factor, this.#signal);
		return this.#begin(accepted, true);
	}

	async #begin(accepted: Attempt, mfa: boolean): Promise<User> {
		const {api, records} = this.#environment;
		const {identifier, login} = accepted;
		const verified = await prove(api, accepted, this.#signal);
		// What an earlier login has stored is still there, and has to go at the next logout.
		const groups = (await records.session(identifier))?.groups ?? [];
		const stored: StoredSession = {
			...verified,
			identifier,
			mfa,
			algorithm: login.algorithm,
			received_at: Date.now(),
			groups,
		};
		const session = new Session(this.#environment, stored);
		await session.store();
		await records.setActualUser(identifier);
		return new User(session, this.#signal);
	}
}

/** The body for `POST /api/v1/exists`. */
export function existsBody(identifier: string): string {
	return JSON.stringify({user_identifier: identifier});
}

/** Reads the answer of `POST /api/v1/exists`. */
export function isAvailable(answer: string): boolean {
	return members(opened(answer))["available"] === true;
}

/** Reads the answer of `POST /api/v1/register_light`. */
export function registeredId(answer: string): string {
	return text(opened(answer), "user_id");
}

/** Checks the answer of `POST /api/v1/user/prepare_register_device`. */
export function checkRegisteredDevice(answer: string): void {
	text(opened(answer), "device_id");
}

function checked(refresh: RefreshOptions = {endpoint: REFRESH_ENDPOINT.api}): RefreshOptions {
	const {endpoint, endpoint_url, endpoint_fn} = refresh;
	const complete =
		endpoint === REFRESH_ENDPOINT.api ||
		(endpoint === REFRESH_ENDPOINT.cookie && endpoint_url !== undefined) ||
		(endpoint === REFRESH_ENDPOINT.cookie_fn && endpoint_fn !== undefined);
	if (!complete) {
		const text = "`refresh.endpoint` is 2, or 0 with `endpoint_url`, or 1 with `endpoint_fn`";
		throw new KeyfoldError(codes.configuration, text);
	}
	return refresh;
}

/** The store that an app chose, or the platform's of this name; memory where that is not available. */
async function chosenStorage(name: string, {getStorage, default_storage}: StorageOptions = {}): Promise<StorageInterface> {
	if (getStorage !== undefined) {
		return getStorage();
	}
	const preferred = platform.storage(name);
	const {status, err} = await preferred.init();
	if (status) {
		return preferred;
	}
	const warn = "The store for sessions is not available: the login ends with this page or program.";
	const report = default_storage?.errCallBack ?? (() => console.warn(warn, err ?? ""));
	report({warn, ...(err !== undefined && {err})});
	return new MemoryStorage();
}
