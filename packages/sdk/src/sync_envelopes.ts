import {platform} from "#platform";

import {NONCE_LENGTH, TAG_LENGTH, authentic, envelopeFront, split, unsigned, unsignedHead} from "./bulk.js";
import type {SyncCipher} from "./platform/interface.js";
import type {CryptoRawOutput} from "./types.js";

/** The cipher for one key, and the front of all envelopes under it. */
interface Known {
	cipher: SyncCipher;
	front: Uint8Array;
}

/** Gets the raw key, which is wiped; `undefined` for a key of another algorithm. */
type Raw = (id: string) => Uint8Array | undefined;

const EMPTY = new Uint8Array();

/**
 * The envelopes of one group without signatures, through the platform's cipher that needs no promise. All functions return `undefined`
 * where there is none, or where it does not fit: then the core does it.
 */
export class SyncEnvelopes {
	/** By id; `undefined` for a key whose algorithm is another one. */
	readonly #keys = new Map<string, Known | undefined>();

	/** Whether there is such a cipher. */
	static get areFast(): boolean {
		return platform.aesGcm !== undefined;
	}

	/** The envelope of `data`. */
	encrypt(id: string, raw: Raw, data: Uint8Array): Uint8Array | undefined {
		const key = this.#key(id, raw);
		return key?.cipher.sealWith(data, key.front);
	}

	/** As {@link encrypt}, with the head apart. */
	encryptRaw(id: string, raw: Raw, data: Uint8Array): CryptoRawOutput | undefined {
		const key = this.#key(id, raw);
		return key && {head: unsignedHead(id), data: key.cipher.sealWith(data, EMPTY)};
	}

	/** The data of an envelope without a signature, if this is one. */
	decrypt(envelope: Uint8Array, raw: Raw): Uint8Array | undefined {
		const parts = split(envelope);
		return parts && this.decryptRaw(...parts, raw);
	}

	/** As {@link decrypt}, with the head apart. */
	decryptRaw(head: string, payload: Uint8Array, raw: Raw): Uint8Array | undefined {
		const id = payload.length < NONCE_LENGTH + TAG_LENGTH ? undefined : unsigned(head);
		const key = id === undefined ? undefined : this.#key(id, raw);
		return key && authentic(key.cipher.open(payload));
	}

	#key(id: string, raw: Raw): Known | undefined {
		const known = this.#keys.get(id);
		if (known !== undefined || platform.aesGcm === undefined || this.#keys.has(id)) {
			return known;
		}
		const bytes = raw(id);
		const key = bytes && {cipher: platform.aesGcm(bytes), front: envelopeFront(id)};
		bytes?.fill(0);
		this.#keys.set(id, key);
		return key;
	}
}
