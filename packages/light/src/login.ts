import * as core from "../wasm/keyfold_wasm_light.js";
import {type Api, incomplete, members, path, text} from "./api.js";
import {KeyfoldError, codes} from "./error.js";
import type {StoredSession} from "./records.js";
import {claims} from "./session.js";
import type {UserDeviceKeyData, UserMfaLogin} from "./types.js";

/** What a password turned into, and for which device. */
export interface Attempt {
	identifier: string;
	login: core.Login;
	/** JSON of what the server answers to the right password; `undefined` while it asks for a second factor. */
	keys?: string;
}

/** A login that the server has accepted. */
export interface Verified {
	user_id: string;
	device_id: string;
	device: UserDeviceKeyData;
	jwt: string;
	refresh_token: string;
}

/** A second factor: the code of the authenticator app, or a recovery key. */
export interface Factor {
	token: string;
	recovery: boolean;
}

/**
 * Derives from the password and shows the server the part that authenticates.
 *
 * Two generations of derivation costs share one name, and the server cannot tell which one an account was made with: a wrong
 * key is all it sees. So a refused derivation is followed by one with the costs of older clients.
 *
 * @param earlier the last session of this device: a server that asks for a weaker derivation than then is refused
 */
export async function attempt(
	api: Api,
	identifier: string,
	password: string,
	earlier: StoredSession | undefined,
	signal?: AbortSignal,
): Promise<Attempt> {
	requireCredentials(identifier, password);
	const body = {user_identifier: identifier};
	const prepared = JSON.stringify(await api.call({method: "POST", path: "/prepare_login", body, signal}));
	if (earlier !== undefined) {
		core.acceptDerivation(prepared, earlier.algorithm);
	}
	try {
		return await shown(api, identifier, core.Login.derive(identifier, password, prepared, false), signal);
	} catch (refused) {
		if (!isWrongPassword(refused)) {
			throw refused;
		}
		return shown(api, identifier, core.Login.derive(identifier, password, prepared, true), signal);
	}
}

/** Shows the server the second factor. */
export async function secondFactor(
	api: Api,
	{identifier, login}: Attempt,
	{token, recovery}: Factor,
	signal?: AbortSignal,
): Promise<Attempt> {
	const endpoint = recovery ? "validate_recovery_otp" : "validate_mfa";
	const keys = await api.call({method: "POST", path: path(endpoint), body: login.secondFactor(token), signal});
	return {identifier, login, keys: JSON.stringify(keys)};
}

/** Proves the possession of the device's keys: the last request of every login. */
export async function prove(api: Api, {login, keys}: Attempt, signal?: AbortSignal): Promise<Verified> {
	if (keys === undefined) {
		throw mfaRequired();
	}
	const body = login.verifyLogin(keys);
	const answer = await api.call({method: "POST", path: "/verify_login_light", body, signal});
	const jwt = text(answer, "jwt");
	const {user_id, device_id} = claims(jwt);
	const device = JSON.parse(login.deviceKeys(keys)) as UserDeviceKeyData;
	return {user_id, device_id, device, jwt, refresh_token: text(answer, "refresh_token")};
}

/** What the app keeps until the user has found the second factor. */
export function exported({identifier, login}: Attempt): UserMfaLogin {
	return {
		deviceIdentifier: identifier,
		mfa_master_key: login.masterKey,
		mfa_auth_key: login.authKey,
		mfa_algorithm: login.algorithm,
	};
}

/** Goes on with what {@link exported} returned. */
export function imported(login: UserMfaLogin): Attempt {
	const {deviceIdentifier, mfa_master_key, mfa_auth_key, mfa_algorithm = "ARGON-2-SHA256"} = login;
	const restored = core.Login.restore(deviceIdentifier, mfa_master_key, mfa_auth_key, mfa_algorithm);
	return {identifier: deviceIdentifier, login: restored};
}

/** The two parameters in which apps hand in a second factor. */
export function factor(token: string | undefined, recovery: boolean | undefined): Factor | undefined {
	if (token === undefined) {
		return undefined;
	}
	if (recovery === undefined) {
		throw new KeyfoldError(codes.configuration, "with a token, say whether it is a recovery key");
	}
	return {token, recovery};
}

/** `client_427` unless there are both. */
export function requireCredentials(identifier: string, password: string): void {
	if (identifier === "" || password === "") {
		throw new KeyfoldError(codes.emptyCredentials, "identifier and password must not be empty");
	}
}

/** `client_10000` */
export function mfaRequired(): KeyfoldError {
	return new KeyfoldError(codes.mfaRequired, "a second factor is needed");
}

async function shown(
	api: Api,
	identifier: string,
	login: core.Login,
	signal: AbortSignal | undefined,
): Promise<Attempt> {
	const answer = await api.call({method: "POST", path: "/done_login", body: login.doneLogin(), signal});
	if (answer === "Otp") {
		return {identifier, login};
	}
	const {Direct: keys} = members(answer);
	if (keys === undefined) {
		throw incomplete();
	}
	return {identifier, login, keys: JSON.stringify(keys)};
}

function isWrongPassword(error: unknown): boolean {
	return error instanceof KeyfoldError && error.code === "server_112";
}
