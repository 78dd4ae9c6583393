import type {Backend} from "../backend.js";
import {BackendError} from "../error.js";
import {type CrossOriginRules, exposed, preflight} from "../http/cross_origin.js";
import {type FetchHandler, failure, readBody, success} from "../http/handler.js";
import type {JwtVerifier} from "../jwt/verifier.js";
import {CallbackVerifier, deletedParts, equal, fetchedKey} from "./callback.js";
import {type PartStore, isPartId} from "./store.js";

/** Settings of {@link createFileStorageHandler}. */
export interface FileStorageOptions {
	backend: Backend;
	verifier: JwtVerifier;
	/** Where the parts are kept. */
	store: PartStore;
	/** Path of the handler, for example `/files`. Clients have its address as `file_part_url`. */
	prefix: string;
	/** Public token of the app, which clients send along. */
	public_token: string;
	/** The callback token that was set in the app's file options. May be left out where signatures are required. */
	callback_token?: string;
	/**
	 * Whether messages of the server are refused that are not signed. Keyfold servers sign; a signature that is there is checked
	 * in any case. Default: `false`.
	 */
	require_signature?: boolean;
	/** The public key of the server's signatures, `whpk_…`. By default the server is asked for it. */
	callback_key?: string;
	/** Origins of the app's pages, where they are not of the same origin as this backend; `*` for all. */
	allowed_origins?: readonly string[];
	/** Told of failures that are not the caller's. */
	on_error?: (error: unknown) => void;
	/** Milliseconds since 1970. Default: `Date.now`. */
	now?: () => number;
}

/** Largest part, as the protocol has it. */
const PART_BYTES = 5_242_880;
/** A message of the server names up to 500 parts. */
const CALLBACK_BYTES = 262_144;
/** Clients may take one access token at the start of a long upload. The upload session ends after a day. */
const UPLOAD_SECONDS = 24 * 60 * 60;

/**
 * An app's own storage for the parts of its files. Below `prefix`:
 *
 * - `POST /<session>/<sequence>/<end>` stores a part that a client uploads,
 * - `GET /<part>` hands it out, to everybody who has the public token and the part's id: parts are encrypted,
 * - `POST /deleted` is where the server says which parts belong to nothing any more: the app's `storage_url`.
 */
export function createFileStorageHandler(options: FileStorageOptions): FetchHandler {
	const {backend, verifier, store, prefix, public_token, callback_key, allowed_origins = [], on_error} = options;
	const callback = new CallbackVerifier({
		token: options.callback_token,
		require_signature: options.require_signature ?? false,
		key: async () => callback_key ?? fetchedKey(() => backend.files.callbackKey()),
		now: options.now ?? Date.now,
	});
	const rules: CrossOriginRules = {
		allowed_origins,
		methods: ["GET", "POST"],
		headers: ["authorization", "content-type", "x-sentc-app-token"],
		credentials: false,
	};

	async function handle(request: Request): Promise<Response> {
		const segments = segmentsBelow(prefix, new URL(request.url).pathname);
		const [first = "", second = "", third = ""] = segments;
		if (request.method === "POST" && segments.length === 3) {
			return upload(request, first, second, third);
		}
		if (request.method === "GET" && segments.length === 1) {
			return download(request, first);
		}
		if (request.method === "POST" && segments.length === 1 && first === "deleted") {
			return deleted(request);
		}
		throw new BackendError("not_found", "no such endpoint");
	}

	async function upload(request: Request, session_id: string, sequence: string, end: string): Promise<Response> {
		await requirePublicToken(request);
		if (!/^\d{1,9}$/.test(sequence) || !(end === "true" || end === "false")) {
			throw new BackendError("not_found", "the sequence or the end flag is none");
		}
		const {user_id} = await verifier.verifyRequest(request, {expired_for: UPLOAD_SECONDS});
		// Whole before it is registered: a broken upload leaves no part behind.
		const content = await readBody(request, PART_BYTES);
		const place = {session_id, sequence: Number(sequence), end: end === "true", user_id};
		const part_id = await backend.files.registerPart(place);
		if (!isPartId(part_id)) {
			throw new BackendError("malformed_answer", "the id of the part is no UUID");
		}
		try {
			await store.put(part_id, content);
		} catch (cause) {
			await backend.files.forgetPart(part_id).catch((error: unknown) => on_error?.(error));
			throw new BackendError("storage_failed", "the part could not be stored", {cause});
		}
		return success();
	}

	async function download(request: Request, part_id: string): Promise<Response> {
		await requirePublicToken(request);
		const content = isPartId(part_id) ? await stored(() => store.get(part_id)) : undefined;
		if (content === undefined) {
			throw new BackendError("not_found", "no such part");
		}
		return new Response(content, {
			headers: {"content-type": "application/octet-stream", "x-content-type-options": "nosniff"},
		});
	}

	async function deleted(request: Request): Promise<Response> {
		await callback.requireToken(request.headers);
		const body = await readBody(request, CALLBACK_BYTES);
		await callback.requireSignature(request.headers, body);
		const ids = deletedParts(body);
		await stored(() => store.delete(ids));
		return success();
	}

	async function requirePublicToken(request: Request): Promise<void> {
		const sent = request.headers.get("x-sentc-app-token");
		if (sent === null || !(await equal(sent, public_token))) {
			throw new BackendError(`server_${APP_TOKEN_UNKNOWN}`, "no app token, or that of another app", {http_status: 401});
		}
	}

	return async (request) => {
		const answer =
			preflight(request, rules) ?? (await handle(request).catch((error: unknown) => failure(error, on_error)));
		return exposed(answer, request, rules);
	};
}

const APP_TOKEN_UNKNOWN = 200;

async function stored<T>(work: () => Promise<T>): Promise<T> {
	try {
		return await work();
	} catch (cause) {
		throw new BackendError("storage_failed", "the store failed", {cause});
	}
}

function segmentsBelow(prefix: string, path: string): string[] {
	const below = `${prefix.replace(/\/+$/, "")}/`;
	return path.startsWith(below) ? path.slice(below.length).split("/") : [];
}
