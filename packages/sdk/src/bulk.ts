import {KeyfoldError, codes} from "./error.js";
import type {CryptoRawOutput} from "./types.js";

/** AES-256-GCM by WebCrypto, many times faster than in WebAssembly, for data that is large enough to be worth the call. */

const ALGORITHM = "AES-GCM";
export const NONCE_LENGTH = 12;
export const TAG_LENGTH = 16;

/** As strict as the core, which would refuse what this one cannot read. */
const UTF_8 = new TextDecoder("utf-8", {fatal: true, ignoreBOM: true});

/** Below this many bytes the call costs more than it saves. */
const WORTHWHILE = 32 * 1024;

/** Whether there is a cipher to leave work to: browsers have none on pages without HTTPS. */
export function isAvailable(): boolean {
	return globalThis.crypto?.subtle !== undefined;
}

/** Whether `bytes` of data should be left to WebCrypto. */
export function isWorthwhile(bytes: number): boolean {
	return bytes >= WORTHWHILE && isAvailable();
}

/** A key that scripts cannot read, from a raw one. */
export function importKey(raw: Uint8Array): Promise<CryptoKey> {
	return crypto.subtle.importKey("raw", raw as Uint8Array<ArrayBuffer>, ALGORITHM, false, ["encrypt", "decrypt"]);
}

/** The same bytes in memory that no other thread changes while a cipher reads it more than once. */
export function unshared(data: Uint8Array): Uint8Array<ArrayBuffer> {
	return data.buffer instanceof ArrayBuffer ? (data as Uint8Array<ArrayBuffer>) : new Uint8Array(data);
}

/** A new nonce, and `ciphertext || tag`. The data is read before this returns its promise. */
export async function seal(key: CryptoKey, data: Uint8Array): Promise<[nonce: Uint8Array, sealed: Uint8Array]> {
	const iv = crypto.getRandomValues(new Uint8Array(NONCE_LENGTH));
	const sealed = await crypto.subtle.encrypt({name: ALGORITHM, iv}, key, unshared(data));
	return [iv, new Uint8Array(sealed)];
}

/** `front || nonce || ciphertext || tag`. The cipher makes a buffer of its own, so one copy of the data is the least there can be. */
export async function sealWith(key: CryptoKey, data: Uint8Array, front: Uint8Array): Promise<Uint8Array> {
	const sealing = seal(key, data);
	// The cipher works on a thread of its own. Meanwhile this one makes room: fetching fresh memory takes longer than the copy.
	const blob = new Uint8Array(front.length + NONCE_LENGTH + data.length + TAG_LENGTH);
	blob.set(front);
	const [nonce, sealed] = await sealing;
	blob.set(nonce, front.length);
	blob.set(sealed, front.length + NONCE_LENGTH);
	return blob;
}

/** The plaintext of `nonce || ciphertext || tag`; `undefined` if it is not authentic. The blob is read before this returns its promise. */
export async function openWith(key: CryptoKey, blob: Uint8Array): Promise<Uint8Array | undefined> {
	if (blob.length < NONCE_LENGTH + TAG_LENGTH) {
		return undefined;
	}
	const data = unshared(blob);
	const iv = data.subarray(0, NONCE_LENGTH);
	try {
		return new Uint8Array(await crypto.subtle.decrypt({name: ALGORITHM, iv}, key, data.subarray(NONCE_LENGTH)));
	} catch (error) {
		if (error instanceof Error && error.name === "OperationError") {
			return undefined;
		}
		throw error;
	}
}

/** Gets a raw key that is not known here, which is wiped; `undefined` for a key of another algorithm. */
type Raw = (id: string) => Promise<Uint8Array | undefined>;

/**
 * The envelopes of one group: `{"id":…,"sign":null}`, a zero byte, and the blob.
 *
 * What is handed in is read before a function returns: who calls it may use the memory for something else then. `otherwise` does the
 * work for keys of another algorithm.
 */
export class BulkEnvelopes {
	/** By id; `undefined` for a key whose algorithm is another one. */
	readonly #keys = new Map<string, Promise<CryptoKey | undefined>>();

	/** Those of them that have arrived. */
	readonly #ready = new Map<string, CryptoKey | undefined>();

	/** The envelope of `data`. */
	async encrypt(
		id: string,
		raw: Raw,
		data: Uint8Array,
		otherwise: (data: Uint8Array) => Uint8Array,
	): Promise<Uint8Array> {
		return this.#with(id, raw, data, (key, data) => sealWith(key, data, envelopeFront(id)), otherwise);
	}

	/** As {@link encrypt}, with the head apart. */
	async encryptRaw(
		id: string,
		raw: Raw,
		data: Uint8Array,
		otherwise: (data: Uint8Array) => CryptoRawOutput,
	): Promise<CryptoRawOutput> {
		const seal = async (key: CryptoKey, data: Uint8Array): Promise<CryptoRawOutput> => ({
			head: unsignedHead(id),
			data: await sealWith(key, data, new Uint8Array()),
		});
		return this.#with(id, raw, data, seal, otherwise);
	}

	/** The data of an envelope without a signature; `undefined` at once if this is none. */
	decrypt(
		envelope: Uint8Array,
		raw: Raw,
		otherwise: (envelope: Uint8Array) => Promise<Uint8Array>,
	): Promise<Uint8Array> | undefined {
		const [head, payload] = split(envelope) ?? [];
		if (head === undefined || payload === undefined) {
			return undefined;
		}
		// The copy that is made of it while a key is fetched is to be the whole, for `otherwise`.
		const start = envelope.length - payload.length;
		return this.#open(head, payload.length, raw, envelope, start, otherwise);
	}

	/** As {@link decrypt}, with the head apart. */
	decryptRaw(
		head: string,
		payload: Uint8Array,
		raw: Raw,
		otherwise: (payload: Uint8Array) => Promise<Uint8Array>,
	): Promise<Uint8Array> | undefined {
		return this.#open(head, payload.length, raw, payload, 0, otherwise);
	}

	#open(
		head: string,
		length: number,
		raw: Raw,
		content: Uint8Array,
		start: number,
		otherwise: (content: Uint8Array) => Promise<Uint8Array>,
	): Promise<Uint8Array> | undefined {
		const id = length < NONCE_LENGTH + TAG_LENGTH ? undefined : unsigned(head);
		if (id === undefined) {
			return undefined;
		}
		const open = async (key: CryptoKey, content: Uint8Array): Promise<Uint8Array> =>
			authentic(await openWith(key, content.subarray(start)));
		return this.#with(id, raw, content, open, otherwise);
	}

	async #with<T>(
		id: string,
		raw: Raw,
		data: Uint8Array,
		work: (key: CryptoKey, data: Uint8Array) => Promise<T>,
		otherwise: (data: Uint8Array) => T | Promise<T>,
	): Promise<T> {
		if (!this.#ready.has(id)) {
			data = new Uint8Array(data);
			await this.#key(id, raw);
		}
		const key = this.#ready.get(id);
		return key === undefined ? otherwise(data) : work(key, data);
	}

	#key(id: string, raw: Raw): Promise<CryptoKey | undefined> {
		const known = this.#keys.get(id);
		if (known !== undefined) {
			return known;
		}
		const key = imported(raw(id)).then((key) => {
			this.#ready.set(id, key);
			return key;
		});
		this.#keys.set(id, key);
		key.catch(() => this.#keys.delete(id));
		return key;
	}
}

async function imported(raw: Promise<Uint8Array | undefined>): Promise<CryptoKey | undefined> {
	const bytes = await raw;
	try {
		return bytes && (await importKey(bytes));
	} finally {
		bytes?.fill(0);
	}
}

/** The head of a content without a signature. */
export function unsignedHead(id: string): string {
	return JSON.stringify({id, sign: null});
}

/** What stands in front of the blob in an envelope without a signature. */
export function envelopeFront(id: string): Uint8Array {
	return new TextEncoder().encode(`${unsignedHead(id)}\0`);
}

/** Head and payload of an envelope; `undefined` if it has no head. */
export function split(envelope: Uint8Array): [head: string, payload: Uint8Array] | undefined {
	const end = envelope.indexOf(0);
	if (end < 0) {
		return undefined;
	}
	try {
		return [UTF_8.decode(unshared(envelope.subarray(0, end))), envelope.subarray(end + 1)];
	} catch {
		return undefined;
	}
}

/**
 * The key id in a head that names no signature, as all clients write it. Whatever else may be one is left to the core: two readers of JSON
 * agree on that form alone.
 */
export function unsigned(head: string): string | undefined {
	try {
		const {id} = JSON.parse(head) as {id?: unknown};
		return typeof id === "string" && head === unsignedHead(id) ? id : undefined;
	} catch {
		return undefined;
	}
}

/** What a cipher has opened, if it was authentic. */
export function authentic(data: Uint8Array | undefined): Uint8Array {
	if (data === undefined) {
		throw new KeyfoldError(codes.decryption, "the content cannot be decrypted: another key, or it was changed");
	}
	return data;
}
