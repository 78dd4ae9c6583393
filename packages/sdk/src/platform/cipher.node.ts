import {type KeyObject, createCipheriv, createDecipheriv, createSecretKey, randomFillSync} from "node:crypto";

import {unshared} from "../bulk.js";
import type {SyncCipher} from "./interface.js";

const ALGORITHM = "aes-256-gcm";
const NONCE_LENGTH = 12;
const TAG_LENGTH = 16;

/** Tags of any other length are refused: the cipher would take shorter ones, which are easier to guess. */
const OPTIONS = {authTagLength: TAG_LENGTH};

/** The cipher of Node, which computes with the instructions of the processor that WebAssembly has no access to. */
export class NodeCipher implements SyncCipher {
	readonly #key: KeyObject;

	/** @param raw is copied */
	constructor(raw: Uint8Array) {
		this.#key = createSecretKey(raw);
	}

	sealWith(data: Uint8Array, front: Uint8Array): Uint8Array {
		const start = front.length + NONCE_LENGTH;
		const sealed = new Uint8Array(start + data.length + TAG_LENGTH);
		sealed.set(front);
		const nonce = randomFillSync(sealed.subarray(front.length, start));
		const cipher = createCipheriv(ALGORITHM, this.#key, nonce, OPTIONS);
		sealed.set(cipher.update(data), start);
		cipher.final();
		sealed.set(cipher.getAuthTag(), start + data.length);
		return sealed;
	}

	open(blob: Uint8Array): Uint8Array | undefined {
		const end = blob.length - TAG_LENGTH;
		if (end < NONCE_LENGTH) {
			return undefined;
		}
		// The cipher reads it twice: to authenticate it, and to decrypt it.
		blob = unshared(blob);
		const decipher = createDecipheriv(ALGORITHM, this.#key, blob.subarray(0, NONCE_LENGTH), OPTIONS);
		decipher.setAuthTag(blob.subarray(end));
		const data = decipher.update(blob.subarray(NONCE_LENGTH, end));
		try {
			decipher.final();
			return data;
		} catch {
			// Nobody may see what is not authentic.
			data.fill(0);
			return undefined;
		}
	}
}
