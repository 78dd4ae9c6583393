/** What went wrong, for programs. */
export type ErrorCode = `server_${number}` | LocalCode;

/** Failures that no server reported. */
export type LocalCode =
	/** The server did not answer in time. */
	| "timeout"
	/** The caller's `AbortSignal` fired. */
	| "aborted"
	/** No connection, or it broke. */
	| "network"
	/** What came back is not what a Keyfold server answers. */
	| "malformed_answer"
	/** Settings or arguments that cannot work, for example an id that is none. Nothing was sent. */
	| "invalid_argument"
	/** No access token, or not as `Authorization: Bearer <token>`. */
	| "jwt_missing"
	/** The access token is no JSON Web Signature in compact form, is too long or has unreadable claims. */
	| "jwt_malformed"
	/** The access token is signed with another algorithm than ES384. */
	| "jwt_algorithm"
	/** The app has no key of the token's `kid`. */
	| "jwt_key_unknown"
	/** The signature of the access token is wrong. */
	| "jwt_signature"
	/** The access token has expired. */
	| "jwt_expired"
	/** The access token comes from a renewal where one from a login is asked for. */
	| "jwt_not_fresh"
	/** The keys that check access tokens could not be fetched. */
	| "keys_unavailable"
	/** A member of the group, but with less rank than asked for. */
	| "rank_insufficient"
	/** The request comes from a page of an origin that is not allowed. */
	| "origin_not_allowed"
	/** There is no refresh token in a cookie. */
	| "cookie_missing"
	/** A message that claims to be from the server does not prove it. */
	| "callback_not_authentic"
	/** No such endpoint, or not with this method. */
	| "not_found"
	/** The body of a request is too large. */
	| "body_too_large"
	/** The body of a request cannot be read. */
	| "body_malformed"
	/** The app's own file storage failed. */
	| "storage_failed"
	/** A defect. Callers of a handler learn no more than that; `on_error` gets what it was. */
	| "internal";

/** Further facts about a {@link BackendError}. */
export interface ErrorFacts extends ErrorOptions {
	/** HTTP status of the server's answer. */
	http_status?: number;
	/** Seconds after which it is worth to try again. */
	retry_after?: number;
}

/** Every failure of this package. Its texts hold neither tokens nor keys. */
export class BackendError extends Error {
	/** Stable: `server_310` when the server refused with error 310, else one of {@link LocalCode}. */
	readonly code: ErrorCode;

	/** HTTP status of the server's answer, if there was one. Says less than {@link code}. */
	readonly http_status: number | undefined;

	/** Seconds after which it is worth to try again, if the server said so. */
	readonly retry_after: number | undefined;

	constructor(code: ErrorCode, message: string, {http_status, retry_after, ...options}: ErrorFacts = {}) {
		super(message, options);
		this.code = code;
		this.http_status = http_status;
		this.retry_after = retry_after;
	}

	override get name(): string {
		return "BackendError";
	}

	/** Number of the server's error, `undefined` for a failure that no server reported. */
	get server_code(): number | undefined {
		return this.code.startsWith("server_") ? Number(this.code.slice("server_".length)) : undefined;
	}
}

/** Whether `error` is the server's refusal with this number. */
export function isServerError(error: unknown, number: number): error is BackendError {
	return error instanceof BackendError && error.server_code === number;
}
