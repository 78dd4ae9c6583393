import {platform} from "#platform";

import type {RawContent} from "../wasm/keyfold_wasm.js";
import {KeyfoldError, codes} from "./error.js";
import type {CryptoRawOutput} from "./types.js";

/** Whose signature is demanded of a content, from the two parameters in which apps say so. */
export function signer(verify: boolean, user_id: string | undefined): string | undefined {
	if (verify && user_id === undefined) {
		// Nothing could be verified: better to say so than to look as if it had been.
		throw new KeyfoldError(codes.configuration, "to verify a content, say by which user it must be signed");
	}
	return verify ? user_id : undefined;
}

/** A content whose head is kept apart, as apps get it. */
export function apart(content: RawContent): CryptoRawOutput {
	return {head: content.head(), data: platform.bytes(content.payload())};
}

/** The base64 of an envelope. */
export function encoded(content: Uint8Array): string {
	const pieces: string[] = [];
	// A call takes a limited number of parameters.
	for (let start = 0; start < content.length; start += 0x8000) {
		pieces.push(String.fromCharCode(...content.subarray(start, start + 0x8000)));
	}
	return btoa(pieces.join(""));
}

/** Opens the base64 of an envelope, whose data is text. */
export function decoded(text: string, open: (content: Uint8Array) => Uint8Array): string {
	let content: Uint8Array;
	try {
		content = Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
	} catch (error) {
		throw new KeyfoldError(codes.malformed, "this is no base64", {cause: error});
	}
	return plainText(open(content));
}

/** Text in UTF-8. */
export function plainText(data: Uint8Array): string {
	try {
		return new TextDecoder("utf-8", {fatal: true, ignoreBOM: true}).decode(data);
	} catch (error) {
		throw new KeyfoldError(codes.malformed, "the content is no text", {cause: error});
	}
}
