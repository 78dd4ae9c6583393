import {BackendError, isServerError} from "../error.js";
import {fromBase64} from "../jwt/base64url.js";
import type {ParsedKey} from "../jwt/key_set.js";
import {isPartId} from "./store.js";

/** How messages of the server prove that they are from it. */
export interface CallbackProof {
	/** The callback token of the app's file options. */
	token: string | undefined;
	/** Whether a message without signature is refused, also with the right token. */
	require_signature: boolean;
	/** The public key of the installation, `whpk_…`. */
	key: () => Promise<string>;
	/** Milliseconds since 1970. */
	now: () => number;
}

/** Longest difference between the time in a message and ours, in seconds. */
const TOLERANCE = 300;
/** Shortest time between two fetches of the key, in milliseconds. */
const COOLDOWN = 30_000;
const KEY_BYTES = 32;

/**
 * Checks messages of the server: by the token that the app and the server share, and by the signature of the server in the form of
 * the Standard Webhooks specification (`v1a`, Ed25519).
 */
export class CallbackVerifier {
	readonly #proof: CallbackProof;
	#key: ParsedKey | undefined;
	#fetched_at = Number.NEGATIVE_INFINITY;

	constructor(proof: CallbackProof) {
		if ((proof.token === undefined || proof.token === "") && !proof.require_signature) {
			throw new BackendError("invalid_argument", "with neither token nor signature anybody could delete files");
		}
		this.#proof = proof;
	}

	/**
	 * Before the body is read.
	 *
	 * @throws {@link BackendError} `callback_not_authentic`
	 */
	async requireToken(headers: Headers): Promise<void> {
		const {token} = this.#proof;
		if (token !== undefined && !(await equal(headers.get("x-sentc-app-token") ?? "", token))) {
			throw notAuthentic("the message does not bring the callback token");
		}
	}

	/**
	 * A signature that is there must be right, whether or not it is required.
	 *
	 * @throws {@link BackendError} `callback_not_authentic`, `keys_unavailable`
	 */
	async requireSignature(headers: Headers, body: Uint8Array<ArrayBuffer>): Promise<void> {
		const [id, time, signatures] = ["webhook-id", "webhook-timestamp", "webhook-signature"].map((name) => headers.get(name));
		if (typeof signatures !== "string") {
			if (this.#proof.require_signature) {
				throw notAuthentic("the message is not signed");
			}
			return;
		}
		if (typeof id !== "string" || typeof time !== "string" || !/^\d{1,12}$/.test(time)) {
			throw notAuthentic("the message is signed without id or time");
		}
		if (Math.abs(Number(time) - this.#proof.now() / 1_000) > TOLERANCE) {
			throw notAuthentic("the message is too old, or from the future");
		}
		const signed = join(new TextEncoder().encode(`${id}.${time}.`), body);
		const valid = async () => anyValid(await this.#parsedKey(), signatures, signed);
		// Perhaps the installation has a new key.
		if (!(await valid()) && !(this.#forgetKey() && (await valid()))) {
			throw notAuthentic("the signature of the message is wrong");
		}
	}

	async #parsedKey(): Promise<ParsedKey> {
		if (this.#key === undefined) {
			this.#fetched_at = this.#proof.now();
			this.#key = await parseKey(await this.#proof.key());
		}
		return this.#key;
	}

	/** Whether it is long enough ago that the key was fetched. */
	#forgetKey(): boolean {
		if (this.#proof.now() - this.#fetched_at < COOLDOWN) {
			return false;
		}
		this.#key = undefined;
		return true;
	}
}

/**
 * The parts that a message of the server says were deleted.
 *
 * @throws {@link BackendError} `body_malformed`
 */
export function deletedParts(body: Uint8Array): string[] {
	let ids: unknown;
	try {
		ids = JSON.parse(new TextDecoder().decode(body));
	} catch (cause) {
		throw new BackendError("body_malformed", "the body is no JSON", {cause});
	}
	if (!Array.isArray(ids) || !ids.every(isPartId)) {
		throw new BackendError("body_malformed", "the body is no list of ids of parts");
	}
	return ids;
}

/** Compares two secrets. The time it takes tells nothing about where they differ. */
export async function equal(left: string, right: string): Promise<boolean> {
	const [a, b] = await Promise.all([digest(left), digest(right)]);
	return a.reduce((difference, byte, index) => difference | (byte ^ (b[index] ?? 0)), 0) === 0;
}

/** Several signatures stand side by side while a key is replaced. */
async function anyValid(key: ParsedKey, signatures: string, signed: Uint8Array<ArrayBuffer>): Promise<boolean> {
	for (const text of signatures.split(" ")) {
		const signature = text.startsWith("v1a,") ? fromBase64(text.slice("v1a,".length)) : undefined;
		if (signature !== undefined && (await crypto.subtle.verify("Ed25519", key, signature, signed))) {
			return true;
		}
	}
	return false;
}

async function parseKey(text: string): Promise<ParsedKey> {
	const bytes = text.startsWith("whpk_") ? fromBase64(text.slice("whpk_".length)) : undefined;
	if (bytes?.length !== KEY_BYTES) {
		throw new BackendError("keys_unavailable", "the key for messages of the server is none");
	}
	return crypto.subtle.importKey("raw", bytes, "Ed25519", false, ["verify"]);
}

/** The key, from the server. A failure says that messages cannot be checked now, and not that they are refused. */
export async function fetchedKey(fetch: () => Promise<string>): Promise<string> {
	try {
		return await fetch();
	} catch (cause) {
		const reason = isServerError(cause, NO_SUCH_ENDPOINT) ? "the server has no key for messages" : "the server does not answer";
		throw new BackendError("keys_unavailable", `messages of the server cannot be checked: ${reason}`, {cause});
	}
}

const NO_SUCH_ENDPOINT = 404;

function notAuthentic(message: string): BackendError {
	return new BackendError("callback_not_authentic", message);
}

function join(head: Uint8Array, tail: Uint8Array): Uint8Array<ArrayBuffer> {
	const whole = new Uint8Array(head.length + tail.length);
	whole.set(head);
	whole.set(tail, head.length);
	return whole;
}

async function digest(text: string): Promise<Uint8Array> {
	return new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text)));
}
