import {type Api, type Call, exchange, list, members, path, text, unless} from "./api.js";
import {KeyfoldError, codes} from "./error.js";
import type {Records, StoredSession} from "./records.js";
import {type GroupInviteListItem, REFRESH_ENDPOINT, type RefreshOptions} from "./types.js";

/** Milliseconds before its end at which an access token is renewed: enough for a slow request to arrive in time. */
const RENEW_EARLY = 30_000;

/** `server_<n>` for an access token that is not accepted. */
const TOKEN_REFUSED = ["server_30", "server_31"];

/** What sessions share with their client. */
export interface Environment {
	api: Api;
	records: Records;
	refresh: RefreshOptions;
}

/** Sends requests as a user, with an access token that is renewed when it is about to end, and never twice at once. */
export class Session {
	readonly #environment: Environment;

	#state: StoredSession;

	/** Known here even where it is not stored: the app may have to hand it to its backend. */
	#refresh_token: string | undefined;

	#renew_at: number;

	#renewal: Promise<string> | undefined;

	#closed = false;

	constructor(environment: Environment, state: StoredSession) {
		this.#environment = environment;
		this.#state = {...state, groups: [...state.groups]};
		this.#refresh_token = state.refresh_token;
		this.#renew_at = renewalTime(state);
	}

	get state(): Readonly<StoredSession> {
		return this.#state;
	}

	get refresh_token(): string {
		return this.#refresh_token ?? "";
	}

	get environment(): Environment {
		return this.#environment;
	}

	/** An access token that is valid for at least some seconds. */
	async accessToken(signal?: AbortSignal): Promise<string> {
		const {jwt} = this.#state;
		return !this.#closed && Date.now() < this.#renew_at ? jwt : unless(signal, this.#renewed(jwt));
	}

	/**
	 * Sends a request as the user.
	 *
	 * One that is refused because of its token is sent once more with a new one: the check comes before anything else
	 * happens on the server, so nothing is done twice.
	 */
	async call(call: Call): Promise<unknown> {
		const {api} = this.#environment;
		const access = await this.accessToken(call.signal);
		try {
			return await api.call(call, access);
		} catch (error) {
			if (!(error instanceof KeyfoldError) || !TOKEN_REFUSED.includes(error.code)) {
				throw error;
			}
			return api.call(call, await unless(call.signal, this.#renewed(access)));
		}
	}

	/** Starts a stored session anew. Resolves to the first pending invitations. */
	async resume(): Promise<GroupInviteListItem[]> {
		if (!this.#isOurs || this.#refresh_token === undefined) {
			await this.accessToken();
			return [];
		}
		const body = {refresh_token: this.#refresh_token};
		const answer = await this.#environment.api.call({method: "POST", path: "/init", body}, this.#state.jwt);
		await this.#accept(text(answer, "jwt"));
		return list(members(answer)["invites"]);
	}

	/** Changes what is known about the user, here and in the store. */
	async change(change: Partial<StoredSession>): Promise<void> {
		this.#state = {...this.#state, ...change};
		await this.store();
	}

	/** Goes on with the tokens of another login on this device. */
	async replace(jwt: string, refresh_token: string): Promise<void> {
		this.#refresh_token = refresh_token;
		await this.#accept(jwt);
	}

	async store(): Promise<void> {
		if (this.#closed) {
			return;
		}
		const {refresh_token: _, ...state} = this.#state;
		const kept = this.#isOurs && this.#refresh_token !== undefined ? {refresh_token: this.#refresh_token} : {};
		await this.#environment.records.setSession({...state, ...kept});
		// A logout must win over a write that was under way.
		if (this.#closed) {
			await this.#environment.records.deleteSession(state.identifier);
		}
	}

	/** Ends the session: from now on it can neither be used nor renewed. */
	close(): void {
		this.#closed = true;
		this.#refresh_token = undefined;
	}

	/** Tells the server to forget the refresh token. Not every server can, and none has to be reachable for a logout. */
	async revoke(): Promise<void> {
		try {
			await this.#environment.api.call({method: "DELETE", path: path("user", "session")}, this.#state.jwt);
		} catch (error) {
			if (!(error instanceof KeyfoldError)) {
				throw error;
			}
		}
	}

	/** Whether this SDK renews tokens, and not the app's backend. */
	get #isOurs(): boolean {
		return this.#environment.refresh.endpoint === REFRESH_ENDPOINT.api;
	}

	/** A token other than `stale`. */
	#renewed(stale: string): Promise<string> {
		if (this.#state.jwt !== stale && !this.#closed) {
			return Promise.resolve(this.#state.jwt);
		}
		this.#renewal ??= this.#renew(stale).finally(() => {
			this.#renewal = undefined;
		});
		return this.#renewal;
	}

	async #renew(old: string): Promise<string> {
		if (this.#closed) {
			throw notLoggedIn();
		}
		return this.#accept(await renewedToken(this.#environment, old, this.#refresh_token));
	}

	/** Takes a new token into use. */
	async #accept(jwt: string): Promise<string> {
		const state = {...this.#state, jwt, received_at: Date.now()};
		const renew_at = renewalTime(state);
		// The user may have logged out while the new token was on its way.
		if (this.#closed) {
			throw notLoggedIn();
		}
		this.#state = state;
		this.#renew_at = renew_at;
		await this.store();
		return jwt;
	}
}

/** `client_422` */
export function notLoggedIn(): KeyfoldError {
	return new KeyfoldError(codes.notLoggedIn, "nobody is logged in here");
}

/** User and device of an access token, which is read without checking the signature: only the server can, and needs to. */
export function claims(jwt: string): {user_id: string; device_id: string; lifetime: number} {
	const [, payload = "", ...rest] = jwt.split(".");
	let values: Record<string, unknown>;
	try {
		values = members(JSON.parse(atob(payload.replaceAll("-", "+").replaceAll("_", "/"))));
	} catch (error) {
		throw malformed(error);
	}
	const {aud, sub, exp, iat} = values;
	const complete = typeof aud === "string" && typeof sub === "string" && typeof exp === "number" && typeof iat === "number";
	if (rest.length !== 1 || !complete) {
		throw malformed();
	}
	return {user_id: aud, device_id: sub, lifetime: (exp - iat) * 1000};
}

function malformed(cause?: unknown): KeyfoldError {
	return new KeyfoldError(codes.tokenMalformed, "the access token is malformed", undefined, {cause});
}

/**
 * When to renew a token, by the clock of this machine.
 *
 * Its own times are only used for its lifetime: they are the server's, and the two clocks may differ by hours.
 */
function renewalTime({jwt, received_at, user_id, device_id}: StoredSession): number {
	const token = claims(jwt);
	// A backend that mixes up its cookies must not make one user act as another.
	if (token.user_id !== user_id || token.device_id !== device_id) {
		throw new KeyfoldError(codes.tokenForeign, "the access token belongs to someone else");
	}
	// A clock that was turned back must not make an old token look new.
	return Math.min(received_at, Date.now()) + token.lifetime - RENEW_EARLY;
}

/** A new access token for one that runs out. */
export async function renewedToken(
	{api, refresh: {endpoint, endpoint_url, endpoint_fn}}: Environment,
	old: string,
	refresh_token: string | undefined,
	signal?: AbortSignal,
): Promise<string> {
	if (endpoint === REFRESH_ENDPOINT.cookie && endpoint_url !== undefined) {
		return unless(signal, asked(endpoint_url, old));
	}
	if (endpoint === REFRESH_ENDPOINT.cookie_fn && endpoint_fn !== undefined) {
		return unless(signal, called(endpoint_fn, old));
	}
	if (refresh_token === undefined) {
		throw notLoggedIn();
	}
	return text(await api.call({method: "PUT", path: "/refresh", body: {refresh_token}, signal}, old), "jwt");
}

/** The app's own endpoint: the body of its answer is the new token. */
async function asked(url: string, old: string): Promise<string> {
	const headers = {authorization: `Bearer ${old}`};
	const answer = await exchange(url, {headers, credentials: "include"}, undefined);
	if (answer.status !== 200) {
		throw new KeyfoldError(codes.refreshFailed, `the refresh endpoint answered with HTTP ${answer.status}`);
	}
	return answer.text.trim();
}

async function called(renew: (old: string) => Promise<string>, old: string): Promise<string> {
	try {
		return await renew(old);
	} catch (error) {
		throw new KeyfoldError(codes.refreshFailed, "the access token could not be renewed", undefined, {cause: error});
	}
}
