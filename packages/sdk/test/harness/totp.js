/**
 * What an authenticator app shows at this moment (RFC 6238 with SHA-256, six digits, 30 seconds).
 *
 * @param {string} secret base32
 */
export async function totp(secret) {
	const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
	const bits = [...secret.replace(/=+$/, "")].map((letter) => letters.indexOf(letter).toString(2).padStart(5, "0"));
	const key = Uint8Array.from(bits.join("").match(/.{8}/g) ?? [], (byte) => parseInt(byte, 2));
	const counter = new DataView(new ArrayBuffer(8));
	counter.setBigUint64(0, BigInt(Math.floor(Date.now() / 30_000)));
	const hmac = await crypto.subtle.importKey("raw", key, {name: "HMAC", hash: "SHA-256"}, false, ["sign"]);
	const digest = new DataView(await crypto.subtle.sign("HMAC", hmac, counter));
	const offset = digest.getUint8(digest.byteLength - 1) & 15;
	return ((digest.getUint32(offset) & 0x7fffffff) % 1_000_000).toString().padStart(6, "0");
}
