import * as core from "../wasm/keyfold_wasm.js";
import type {Environment} from "./environment.js";
import {KeyfoldError, codes} from "./error.js";
import {handle_general_server_response, make_req} from "./http.js";

/** A login on another device of a user, for one request. */
export interface OtherDevice {
	identifier: string;
	password: string;
	mfa_token: string | undefined;
	mfa_recovery: boolean | undefined;
}

/**
 * Sends `DELETE /api/v1/<path>` with the access token of a login that is made for it, on another device of the user.
 * Nothing of that login is stored, and the session of this device stays as it is.
 */
export async function deleteFromElsewhere(
	environment: Environment,
	user_id: string,
	path: string,
	device: OtherDevice,
): Promise<void> {
	const user = await loggedIn(environment.elsewhere(), device);
	// The account of somebody else must not be changed in the name of this one.
	if (user.id !== user_id) {
		throw new KeyfoldError(codes.tokenForeign, "this identifier belongs to somebody else");
	}
	const {base_url, app_token} = environment;
	const answer = await make_req("DELETE", `${base_url}/api/v1/${path}`, app_token, undefined, await user.jwt());
	handle_general_server_response(answer);
}

async function loggedIn(client: core.Client, device: OtherDevice): Promise<core.User> {
	const {identifier, password, mfa_token, mfa_recovery} = device;
	if (mfa_token !== undefined && mfa_recovery === undefined) {
		throw new KeyfoldError(codes.configuration, "with a token, say whether it is a recovery key");
	}
	const outcome = await client.login(identifier, password);
	const user = outcome.takeUser();
	if (user !== undefined) {
		return user;
	}
	const pending = outcome.takeMfa();
	if (pending === undefined || mfa_token === undefined) {
		throw new KeyfoldError(codes.mfaRequired, "the user has a second factor");
	}
	return mfa_recovery === true ? client.mfaRecoveryLogin(mfa_token, pending) : client.mfaLogin(mfa_token, pending);
}
