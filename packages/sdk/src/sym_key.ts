import {platform} from "#platform";

import * as core from "../wasm/keyfold_wasm.js";
import {apart, decoded, encoded, plainText} from "./content.js";
import {KeyfoldError, codes} from "./error.js";
import type {Bytes} from "./platform_types.js";
import type {CryptoRawOutput} from "./types.js";

/** Id of a key that no server knows. */
export const NON_REGISTERED = "non_register";

/**
 * A symmetric key of the app's own, encrypted under a group's key or to a user. Everything is done at once, without a request.
 */
export class SymKey {
	readonly base_url: string;

	readonly app_token: string;

	/** The key in text form. Secret. */
	readonly key: string;

	/** `non_register` for a key that no server knows. */
	readonly key_id: string;

	/** The key under which this one is encrypted. */
	readonly master_key_id: string;

	readonly #signKey: string | (() => string) | undefined;

	#core: core.SymmetricKey | undefined;

	/** @param sign_key the sign key of its user, for contents that are to be signed; or a function that exports it when it is needed */
	constructor(
		base_url: string,
		app_token: string,
		key: string,
		key_id: string,
		master_key_id: string,
		sign_key?: string | (() => string),
	) {
		this.base_url = base_url;
		this.app_token = app_token;
		this.key = key;
		this.key_id = key_id;
		this.master_key_id = master_key_id;
		this.#signKey = sign_key;
	}

	/** Encrypts, with the head apart. */
	encryptRaw(data: Uint8Array, sign = false): CryptoRawOutput {
		return apart(this.#opened.encryptRaw(data, this.#signer(sign)));
	}

	/**
	 * Decrypts what {@link encryptRaw} returned.
	 *
	 * @param verify_key the exported verify key with which the content must be signed
	 */
	decryptRaw(head: string, data: Uint8Array, verify_key?: string | null): Bytes {
		return platform.bytes(this.#opened.decryptRaw(head, data, verify_key));
	}

	/** Encrypts. */
	encrypt(data: Uint8Array, sign = false): Bytes {
		return platform.bytes(this.#opened.encrypt(data, this.#signer(sign)));
	}

	/**
	 * Decrypts.
	 *
	 * @param verify_key the exported verify key with which the content must be signed
	 */
	decrypt(data: Uint8Array, verify_key?: string | null): Bytes {
		return platform.bytes(this.#opened.decrypt(data, verify_key));
	}

	/** As {@link encrypt}, to base64. */
	encryptString(data: string, sign = false): string {
		return encoded(this.encrypt(new TextEncoder().encode(data), sign));
	}

	/** As {@link decrypt}, from base64. */
	decryptString(data: string, verify_key?: string | null): string {
		return plainText(this.decrypt(decoded(data), verify_key));
	}

	get #opened(): core.SymmetricKey {
		this.#core ??= core.SymmetricKey.import(this.key);
		return this.#core;
	}

	#signer(sign: boolean): string | undefined {
		if (!sign) {
			return undefined;
		}
		const key = typeof this.#signKey === "function" ? this.#signKey() : this.#signKey;
		if (key === undefined) {
			throw new KeyfoldError(codes.keyNotLoaded, "this key was made without a sign key");
		}
		return key;
	}
}
