import {BackendError} from "../error.js";
import {serverOutput} from "./envelope.js";

/** A part of a server that speaks the Fetch API: Deno, Bun, workers, and Node through `toNodeHandler`. Never rejects. */
export type FetchHandler = (request: Request) => Promise<Response>;

/**
 * The answer to a failed request: the envelope that clients know, with a fitting status.
 *
 * What is not a {@link BackendError} is a defect, of which the caller learns no more than that.
 */
export function failure(error: unknown, on_error?: (error: unknown) => void): Response {
	const told = error instanceof BackendError ? error : new BackendError("internal", "internal error");
	const status = statusOf(told);
	if (status >= 500) {
		on_error?.(error);
	}
	const headers = new Headers({"content-type": "application/json", "cache-control": "no-store"});
	if (told.retry_after !== undefined) {
		headers.set("retry-after", String(told.retry_after));
	}
	return new Response(serverOutput(told), {status, headers});
}

/** `{"status":true,"result":"Success"}`, or with a result. */
export function success(result?: unknown): Response {
	return new Response(serverOutput(result), {headers: {"content-type": "application/json", "cache-control": "no-store"}});
}

function statusOf(error: BackendError): number {
	if (error.server_code !== undefined) {
		// A few refusals come with 200.
		return error.http_status === undefined || error.http_status < 400 ? 400 : error.http_status;
	}
	return STATUS[error.code] ?? 400;
}

const STATUS: Partial<Record<BackendError["code"], number>> = {
	timeout: 504,
	network: 502,
	malformed_answer: 502,
	jwt_missing: 401,
	jwt_malformed: 401,
	jwt_algorithm: 401,
	jwt_key_unknown: 401,
	jwt_signature: 401,
	jwt_expired: 401,
	jwt_not_fresh: 401,
	keys_unavailable: 503,
	rank_insufficient: 403,
	origin_not_allowed: 403,
	cookie_missing: 401,
	callback_not_authentic: 401,
	not_found: 404,
	body_too_large: 413,
	storage_failed: 500,
	internal: 500,
};

/**
 * The body of a request, which may have no more than `limit` bytes.
 *
 * @throws {@link BackendError} `body_too_large`, or `body_malformed` when the connection broke
 */
export async function readBody(request: Request, limit: number): Promise<Uint8Array<ArrayBuffer>> {
	if (Number(request.headers.get("content-length") ?? 0) > limit) {
		throw tooLarge(limit);
	}
	const chunks: Uint8Array[] = [];
	let length = 0;
	const reader = request.body?.getReader();
	try {
		for (let step = await reader?.read(); step?.done === false; step = await reader?.read()) {
			length += step.value.length;
			if (length > limit) {
				await reader?.cancel();
				throw tooLarge(limit);
			}
			chunks.push(step.value);
		}
	} catch (cause) {
		throw cause instanceof BackendError ? cause : new BackendError("body_malformed", "the body is incomplete", {cause});
	}
	const whole = new Uint8Array(length);
	let offset = 0;
	for (const chunk of chunks) {
		whole.set(chunk, offset);
		offset += chunk.length;
	}
	return whole;
}

function tooLarge(limit: number): BackendError {
	return new BackendError("body_too_large", `the body is larger than ${limit} bytes`);
}
