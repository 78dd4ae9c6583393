import {BackendError} from "../error.js";
import {isRecord} from "../http/envelope.js";
import {Sender, type SenderOptions} from "../http/sender.js";
import {fromBase64Url} from "./base64url.js";
import {type JwkSet, type KeySet, type ParsedKey, importKeys} from "./key_set.js";
import {FetchedKeys, type KeyCacheOptions} from "./key_source.js";

/** What a verified access token says. Times are seconds since 1970. */
export interface AccessToken {
	/** The user (`aud`). */
	readonly user_id: string;
	/** The device on which the user logged in (`sub`). */
	readonly device_id: string;
	/** The session (`sid`); other servers than Keyfold's do not say. */
	readonly session_id: string | undefined;
	readonly issued_at: number;
	readonly expires_at: number;
	/** Whether it comes from a login and not from a renewal. */
	readonly fresh: boolean;
}

/** What all verifiers can be told. */
export interface VerifierRules {
	/** Seconds by which this clock may be ahead of the server's. Default: 10. */
	clock_tolerance?: number;
	/** Milliseconds since 1970. Default: `Date.now`. */
	now?: () => number;
}

/** Settings of a verifier that fetches the keys of the app. */
export interface FetchingVerifierOptions extends SenderOptions, KeyCacheOptions, VerifierRules {
	/** A token of the app, public or secret. */
	app_token: string;
}

/** Settings of a verifier that is given the keys of the app. It sends nothing. */
export interface FixedVerifierOptions extends VerifierRules {
	keys: JwkSet;
}

/** Settings of one verification. */
export interface VerifyOptions {
	/** Accept tokens from a login only. */
	fresh?: boolean;
	/** Seconds after its end for which a token is accepted all the same. For renewals and long uploads. Default: 0. */
	expired_for?: number;
}

/** Longest token that is looked at. */
const MAX_TOKEN_LENGTH = 2_048;
const SIGNATURE_BYTES = 96;
const DEFAULT_TOLERANCE = 10;

/**
 * Verifies access tokens of an app: JSON Web Signatures with ES384 (RFC 7518 section 3.4) and nothing else.
 *
 * It does not notice that a session was ended: access tokens live for five minutes. Where that matters, ask the server with
 * `backend.withJwt(jwt).tokenOwner()`.
 */
export class JwtVerifier {
	readonly #find: (kid: string) => Promise<ParsedKey | undefined>;
	readonly #tolerance: number;
	readonly #now: () => number;

	constructor(options: FetchingVerifierOptions | FixedVerifierOptions) {
		const {clock_tolerance = DEFAULT_TOLERANCE, now = Date.now} = options;
		this.#tolerance = clock_tolerance;
		this.#now = now;
		if ("keys" in options) {
			let keys: Promise<KeySet> | undefined;
			this.#find = async (kid) => (await (keys ??= importKeys(options.keys))).get(kid);
		} else {
			const source = new FetchedKeys(new Sender(options, options.app_token), now, options);
			this.#find = (kid) => source.find(kid);
		}
	}

	/**
	 * Verifies a token.
	 *
	 * @throws {@link BackendError} with one of the codes `jwt_…`, or `keys_unavailable`
	 */
	async verify(jwt: string, {fresh = false, expired_for = 0}: VerifyOptions = {}): Promise<AccessToken> {
		const {kid, signed, signature, claims} = parse(jwt);
		const key = await this.#find(kid);
		if (key === undefined) {
			throw new BackendError("jwt_key_unknown", "the app has no key of the token's id");
		}
		if (!(await crypto.subtle.verify({name: "ECDSA", hash: "SHA-384"}, key, signature, signed))) {
			throw new BackendError("jwt_signature", "the signature of the access token is wrong");
		}
		const token = accessToken(claims());
		if (token.expires_at + this.#tolerance + expired_for <= this.#now() / 1_000) {
			throw new BackendError("jwt_expired", "the access token has expired");
		}
		if (fresh && !token.fresh) {
			throw new BackendError("jwt_not_fresh", "the access token comes from a renewal: the user has to log in again");
		}
		return token;
	}

	/**
	 * Verifies the token in the `Authorization` header of a request.
	 *
	 * @param request a `Request`, or anything with its headers: those of Node and Express too
	 */
	async verifyRequest(request: {readonly headers: RequestHeaders}, options?: VerifyOptions): Promise<AccessToken> {
		return this.verify(bearerToken(request.headers), options);
	}
}

/** Headers as the Fetch API has them, or by lower-case names, as Node has them. */
export type RequestHeaders =
	| {get(name: string): string | null}
	| {readonly [name: string]: string | readonly string[] | undefined};

/**
 * The access token in the headers of a request. Not verified.
 *
 * @throws {@link BackendError} `jwt_missing`
 */
export function bearerToken(headers: RequestHeaders): string {
	const header = isFetchHeaders(headers) ? headers.get("authorization") : headers["authorization"];
	const token = typeof header === "string" ? /^Bearer ([^\s]+)$/.exec(header)?.[1] : undefined;
	if (token === undefined) {
		throw new BackendError("jwt_missing", "no access token in the request");
	}
	return token;
}

function isFetchHeaders(headers: RequestHeaders): headers is {get(name: string): string | null} {
	return typeof headers["get" as keyof typeof headers] === "function";
}

/** The parts of a token whose header says what it must. The claims are parsed after the signature was checked. */
function parse(jwt: string) {
	const [head, body, end, ...rest] = typeof jwt === "string" && jwt.length <= MAX_TOKEN_LENGTH ? jwt.split(".") : [];
	const signature = end === undefined ? undefined : fromBase64Url(end);
	const header = jsonObject(head);
	if (head === undefined || body === undefined || rest.length !== 0 || signature === undefined || header === undefined) {
		throw malformed();
	}
	// Pinned: what the header says is compared, never obeyed.
	if (header["alg"] !== "ES384") {
		throw new BackendError("jwt_algorithm", "the access token is not signed with ES384");
	}
	// Extensions that must be understood (RFC 7515 section 4.1.11): we understand none.
	if (typeof header["kid"] !== "string" || header["crit"] !== undefined) {
		throw malformed();
	}
	if (signature.length !== SIGNATURE_BYTES) {
		throw new BackendError("jwt_signature", "the signature of the access token is wrong");
	}
	return {
		kid: header["kid"],
		signature,
		signed: new TextEncoder().encode(`${head}.${body}`),
		claims: () => jsonObject(body),
	};
}

function accessToken(claims: Record<string, unknown> | undefined): AccessToken {
	const {aud, sub, sid, iat, exp, fresh} = claims ?? {};
	if (
		typeof aud !== "string" ||
		typeof sub !== "string" ||
		!(sid === undefined || typeof sid === "string") ||
		typeof iat !== "number" ||
		typeof exp !== "number" ||
		typeof fresh !== "boolean"
	) {
		throw malformed();
	}
	return {user_id: aud, device_id: sub, session_id: sid, issued_at: iat, expires_at: exp, fresh};
}

function jsonObject(part: string | undefined): Record<string, unknown> | undefined {
	const bytes = part === undefined ? undefined : fromBase64Url(part);
	if (bytes === undefined) {
		return undefined;
	}
	try {
		const value: unknown = JSON.parse(new TextDecoder("utf-8", {fatal: true}).decode(bytes));
		return isRecord(value) ? value : undefined;
	} catch {
		return undefined;
	}
}

function malformed(): BackendError {
	return new BackendError("jwt_malformed", "the access token is not one of a Keyfold server");
}
