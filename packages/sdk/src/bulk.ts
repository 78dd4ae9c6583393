import {KeyfoldError, codes} from "./error.js";
import type {CryptoRawOutput} from "./types.js";

/** AES-256-GCM by WebCrypto, many times faster than in WebAssembly, for data that is large enough to be worth the call. */

const ALGORITHM = "AES-GCM";
export const NONCE_LENGTH = 12;
export const TAG_LENGTH = 16;

const UTF_8 = new TextDecoder();

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

/** A new nonce, and `ciphertext || tag`. The data is read before this returns its promise. */
export async function seal(key: CryptoKey, data: Uint8Array): Promise<[nonce: Uint8Array, sealed: Uint8Array]> {
	const iv = crypto.getRandomValues(new Uint8Array(NONCE_LENGTH));
	const sealed = await crypto.subtle.encrypt({name: ALGORITHM, iv}, key, data as Uint8Array<ArrayBuffer>);
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
	const data = blob as Uint8Array<ArrayBuffer>;
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

/** The envelopes of one group: `{"id":…,"sign":null}`, a zero byte, and the blob. */
export class BulkEnvelopes {
	/** By id; `undefined` for a key whose algorithm is another one. */
	readonly #keys = new Map<string, Promise<CryptoKey | undefined>>();

	/**
	 * The envelope of `data`; `undefined` if the key is for another algorithm.
	 *
	 * @param raw gets the raw key if that is not known here; it is wiped
	 */
	async encrypt(
		id: string,
		raw: () => Promise<Uint8Array | undefined>,
		data: Uint8Array,
	): Promise<Uint8Array | undefined> {
		const key = await this.#key(id, raw);
		return key && sealWith(key, data, envelopeFront(id));
	}

	/** As {@link encrypt}, with the head apart. */
	async encryptRaw(
		id: string,
		raw: () => Promise<Uint8Array | undefined>,
		data: Uint8Array,
	): Promise<CryptoRawOutput | undefined> {
		const key = await this.#key(id, raw);
		return key && {head: unsignedHead(id), data: await sealWith(key, data, new Uint8Array())};
	}

	/** The data of an envelope without a signature, if this is one. */
	async decrypt(envelope: Uint8Array, raw: (id: string) => Promise<Uint8Array | undefined>): Promise<Uint8Array | undefined> {
		const parts = split(envelope);
		return parts && this.decryptRaw(...parts, raw);
	}

	/** As {@link decrypt}, with the head apart. */
	async decryptRaw(
		head: string,
		payload: Uint8Array,
		raw: (id: string) => Promise<Uint8Array | undefined>,
	): Promise<Uint8Array | undefined> {
		const id = unsigned(head);
		const key = id === undefined ? undefined : await this.#key(id, () => raw(id));
		if (key === undefined) {
			return undefined;
		}
		return authentic(await openWith(key, payload));
	}

	#key(id: string, raw: () => Promise<Uint8Array | undefined>): Promise<CryptoKey | undefined> {
		const known = this.#keys.get(id);
		if (known !== undefined) {
			return known;
		}
		const key = imported(raw());
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
	return end < 0 ? undefined : [UTF_8.decode(envelope.subarray(0, end)), envelope.subarray(end + 1)];
}

/** The key id in a head that names no signature. */
export function unsigned(head: string): string | undefined {
	try {
		const {id, sign} = JSON.parse(head) as {id?: unknown; sign?: unknown};
		return typeof id === "string" && (sign === null || sign === undefined) ? id : undefined;
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
