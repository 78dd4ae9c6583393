/** Signs access tokens as a server does, and shows its public keys. */
export class Signer {
	/** @type {Map<string, {publicKey: CryptoKey, privateKey: CryptoKey}>} */
	#keys = new Map();

	/** Adds a key. @param {string} kid */
	async add(kid) {
		const usages = /** @type {const} */ (["sign", "verify"]);
		this.#keys.set(kid, await crypto.subtle.generateKey({name: "ECDSA", namedCurve: "P-384"}, true, usages));
	}

	/** Deletes a key. @param {string} kid */
	delete(kid) {
		this.#keys.delete(kid);
	}

	/** The public keys as `GET /api/v1/app/jwks` has them. */
	async jwks() {
		const keys = [...this.#keys].map(async ([kid, {publicKey}]) => {
			const {x = "", y = ""} = await crypto.subtle.exportKey("jwk", publicKey);
			return {kty: /** @type {const} */ ("EC"), crv: /** @type {const} */ ("P-384"), alg: "ES384", use: "sig", kid, x, y};
		});
		return {keys: await Promise.all(keys)};
	}

	/** The public key as dashboards show it: base64 of an uncompressed point. @param {string} kid */
	async verifyKey(kid) {
		return Buffer.from(await crypto.subtle.exportKey("raw", this.#key(kid).publicKey)).toString("base64");
	}

	/**
	 * A token.
	 *
	 * @param {string} kid
	 * @param {object} [claims] beside (or instead of) the usual ones
	 * @param {object} [header]
	 */
	async token(kid, claims = {}, header = {}) {
		const signed = [
			{typ: "JWT", alg: "ES384", kid, ...header},
			{aud: "user", sub: "device", iat: NOW, exp: NOW + 300, fresh: true, sid: "session", ...claims},
		]
			.map((part) => Buffer.from(JSON.stringify(part)).toString("base64url"))
			.join(".");
		const algorithm = {name: "ECDSA", hash: "SHA-384"};
		const signature = await crypto.subtle.sign(algorithm, this.#key(kid).privateKey, Buffer.from(signed));
		return `${signed}.${Buffer.from(signature).toString("base64url")}`;
	}

	/** @param {string} kid */
	#key(kid) {
		const key = this.#keys.get(kid);
		if (key === undefined) {
			throw new Error(`there is no key ${kid}`);
		}
		return key;
	}
}

/** When the tokens are issued, in seconds. */
export const NOW = 1_700_000_000;
