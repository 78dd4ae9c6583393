import {Database} from "./database.js";

const OBJECTS = "wrapping";
const KEY = "key";
const NONCE_BYTES = 12;

/** A text as it lies in the database. */
interface Wrapped {
	nonce: Uint8Array<ArrayBuffer>;
	sealed: ArrayBuffer;
}

/**
 * Encrypts texts under a key of the browser's that no script can read, not even ours: whoever copies the database, or gets
 * hold of a dump of it, has nothing. AES-256-GCM; the name of an item is bound to it.
 */
export class Wrapping {
	readonly #key: CryptoKey;

	private constructor(key: CryptoKey) {
		this.#key = key;
	}

	/**
	 * The wrapping that belongs to a database, made at the first use. `undefined` where the browser has no WebCrypto, which is
	 * so on pages that were not loaded over HTTPS.
	 */
	static async of(database: string): Promise<Wrapping | undefined> {
		if (globalThis.crypto?.subtle === undefined) {
			return undefined;
		}
		const keys = new Database(`${database}_wrapping`, OBJECTS);
		const known = await keys.request<CryptoKey | undefined>("readonly", (store) => store.get(KEY));
		if (known !== undefined) {
			return new Wrapping(known);
		}
		const made = await crypto.subtle.generateKey({name: "AES-GCM", length: 256}, false, ["encrypt", "decrypt"]);
		// Another tab may have been faster: the first key stays.
		const key = await keys.request<CryptoKey>("readwrite", (store) => {
			const first = store.get(KEY);
			first.onsuccess = () => {
				if (first.result === undefined) {
					store.add(made, KEY);
				}
			};
			return first;
		});
		return new Wrapping(key ?? made);
	}

	/** Whether this is something that {@link wrap} made. */
	static isWrapped(item: unknown): item is Wrapped {
		return (
			typeof item === "object" &&
			item !== null &&
			"nonce" in item &&
			item.nonce instanceof Uint8Array &&
			"sealed" in item &&
			item.sealed instanceof ArrayBuffer
		);
	}

	async wrap(name: string, text: string): Promise<Wrapped> {
		const nonce = crypto.getRandomValues(new Uint8Array(NONCE_BYTES));
		return {nonce, sealed: await crypto.subtle.encrypt(algorithm(name, nonce), this.#key, utf8(text))};
	}

	async unwrap(name: string, {nonce, sealed}: Wrapped): Promise<string> {
		return new TextDecoder().decode(await crypto.subtle.decrypt(algorithm(name, nonce), this.#key, sealed));
	}
}

function algorithm(name: string, nonce: Uint8Array<ArrayBuffer>): AesGcmParams {
	return {name: "AES-GCM", iv: nonce, additionalData: utf8(name)};
}

function utf8(text: string): Uint8Array<ArrayBuffer> {
	return new TextEncoder().encode(text);
}
