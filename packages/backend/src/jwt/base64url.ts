/** Bytes of a base64url text without padding (RFC 7515 section 2), or `undefined`. */
export function fromBase64Url(text: string): Uint8Array<ArrayBuffer> | undefined {
	return /^[A-Za-z0-9_-]*$/.test(text) ? decode(text.replaceAll("-", "+").replaceAll("_", "/")) : undefined;
}

/** Bytes of a standard base64 text, or `undefined`. */
export function fromBase64(text: string): Uint8Array<ArrayBuffer> | undefined {
	return /^[A-Za-z0-9+/]*={0,2}$/.test(text) ? decode(text) : undefined;
}

/** Base64url without padding. */
export function toBase64Url(bytes: Uint8Array): string {
	return btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

function decode(text: string): Uint8Array<ArrayBuffer> | undefined {
	try {
		return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
	} catch {
		return undefined;
	}
}
