import type {Backend} from "../backend.js";
import {BackendError} from "../error.js";
import {type CrossOriginRules, exposed, preflight, requireAllowedOrigin} from "../http/cross_origin.js";
import {isRecord} from "../http/envelope.js";
import {type FetchHandler, failure, readBody, success} from "../http/handler.js";
import {bearerToken} from "../jwt/verifier.js";
import {type CookieOptions, RefreshCookie, isRefreshToken} from "./cookie.js";

/** Settings of {@link createRefreshHandler}. */
export interface RefreshHandlerOptions {
	backend: Backend;
	/** Origins of the app's pages, where they are not of the same origin as this backend. */
	allowed_origins?: readonly string[];
	cookie?: CookieOptions;
	/** Told of failures that are not the caller's. */
	on_error?: (error: unknown) => void;
}

const BODY_BYTES = 4_096;

/**
 * The endpoint of the refresh mode `cookie`: it keeps the refresh token where scripts cannot read it.
 *
 * - `GET` renews: the old access token as `Authorization: Bearer …`, the refresh token in the cookie; the body of the answer is
 *   the new access token, and nothing else.
 * - `POST` keeps a refresh token after a login: `{"refresh_token": "…"}`, with the access token of the same login.
 * - `DELETE` ends the session and forgets the cookie.
 *
 * Every request must bring an access token of the session that the cookie belongs to, in a header that pages of other origins
 * cannot set: a request that a foreign page makes a browser send does nothing, whatever cookies come with it.
 */
export function createRefreshHandler(options: RefreshHandlerOptions): FetchHandler {
	const {backend, allowed_origins = [], on_error} = options;
	const cookie = new RefreshCookie(options.cookie);
	const rules: CrossOriginRules = {
		allowed_origins,
		methods: ["GET", "POST", "DELETE"],
		headers: ["authorization", "content-type"],
		credentials: true,
	};

	async function handle(request: Request): Promise<Response> {
		requireAllowedOrigin(request, allowed_origins);
		switch (request.method) {
			case "GET":
				return renew(request);
			case "POST":
				return keep(request);
			case "DELETE":
				return end(request);
			default:
				throw new BackendError("not_found", "not with this method");
		}
	}

	async function renew(request: Request): Promise<Response> {
		const old = bearerToken(request.headers);
		const refresh_token = cookie.read(request.headers.get("cookie"));
		if (refresh_token === undefined) {
			throw new BackendError("cookie_missing", "there is no refresh token in a cookie: the user has to log in");
		}
		const {jwt} = await backend.withJwt(old).refresh(refresh_token, {signal: request.signal});
		return new Response(jwt, {
			headers: {
				"content-type": "text/plain; charset=utf-8",
				"cache-control": "no-store",
				"set-cookie": cookie.keep(refresh_token),
			},
		});
	}

	async function keep(request: Request): Promise<Response> {
		const jwt = bearerToken(request.headers);
		const refresh_token = refreshTokenIn(await readBody(request, BODY_BYTES));
		// The server knows whether the two belong together. Nobody shall plant the token of another session here.
		await backend.withJwt(jwt).refresh(refresh_token, {signal: request.signal});
		const response = success();
		response.headers.set("set-cookie", cookie.keep(refresh_token));
		return response;
	}

	async function end(request: Request): Promise<Response> {
		const jwt = bearerToken(request.headers);
		try {
			await backend.withJwt(jwt).logOut({signal: request.signal});
		} catch (error) {
			// A session that is over already, or a server that cannot end one: the cookie goes all the same.
			if (!(error instanceof BackendError) || error.server_code === undefined) {
				on_error?.(error);
			}
		}
		const response = success();
		response.headers.set("set-cookie", cookie.forget());
		return response;
	}

	return async (request) => {
		const answer =
			preflight(request, rules) ??
			(await handle(request).catch((error: unknown) => {
				const response = failure(error, on_error);
				if (error instanceof BackendError && error.server_code === REFRESH_TOKEN_UNKNOWN && request.method === "GET") {
					response.headers.set("set-cookie", cookie.forget());
				}
				return response;
			}));
		return exposed(answer, request, rules);
	};
}

const REFRESH_TOKEN_UNKNOWN = 114;

function refreshTokenIn(body: Uint8Array): string {
	let parsed: unknown;
	try {
		parsed = JSON.parse(new TextDecoder().decode(body));
	} catch (cause) {
		throw new BackendError("body_malformed", "the body is no JSON", {cause});
	}
	const token = isRecord(parsed) ? parsed["refresh_token"] : undefined;
	if (typeof token !== "string" || !isRefreshToken(token)) {
		throw new BackendError("body_malformed", "the body has no refresh token");
	}
	return token;
}
