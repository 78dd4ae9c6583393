import {platform} from "#platform";

import type {RawContent} from "../wasm/keyfold_wasm.js";
import {KeyfoldError, codes} from "./error.js";
import type {CryptoHead, CryptoRawOutput, SignHead} from "./types.js";

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
	try {
		return {head: content.head(), data: platform.bytes(content.payload())};
	} finally {
		content.free();
	}
}

/** The envelope of a content whose head was kept apart. */
export function joined(raw: RawContent): Uint8Array {
	const {head, data: payload} = apart(raw);
	const front = new TextEncoder().encode(`${head}\0`);
	const content = new Uint8Array(front.length + payload.length);
	content.set(front);
	content.set(payload, front.length);
	return content;
}

/** The head of an envelope: everything in front of the first zero byte. */
export function envelopeHead(content: Uint8Array): CryptoHead {
	const end = content.indexOf(0);
	if (end < 0) {
		throw new KeyfoldError(codes.malformed, "the content has no head", "malformed_envelope");
	}
	return parsedHead(new TextDecoder().decode(content.subarray(0, end)));
}

/** Reads a head. */
export function parsedHead(json: string): CryptoHead {
	try {
		const {id, sign} = JSON.parse(json) as {id: string; sign?: SignHead | null};
		return {id, sign: sign ?? undefined};
	} catch (error) {
		throw new KeyfoldError(codes.answerUnreadable, "the head of the content is not JSON", undefined, {cause: error});
	}
}

/** The base64 of an envelope. */
export function encoded(content: Uint8Array): string {
	if (platform.base64 !== undefined) {
		return platform.base64(content);
	}
	const pieces: string[] = [];
	// A call takes a limited number of parameters.
	for (let start = 0; start < content.length; start += 0x8000) {
		pieces.push(String.fromCharCode(...content.subarray(start, start + 0x8000)));
	}
	return btoa(pieces.join(""));
}

/** The envelope in its base64. */
export function decoded(text: string): Uint8Array {
	let characters: string;
	try {
		characters = atob(text);
	} catch (error) {
		throw new KeyfoldError(codes.malformed, "this is no base64", "malformed_envelope", {cause: error});
	}
	// The function above also reads what nobody writes: space between the characters, and none at the end for what is missing.
	const last = characters.length - (characters.length % 3 || Math.min(3, characters.length));
	if (text.length !== 4 * Math.ceil(characters.length / 3) || btoa(characters.slice(last)) !== text.slice(-4)) {
		throw new KeyfoldError(codes.malformed, "this is no base64", "malformed_envelope");
	}
	const content = new Uint8Array(characters.length);
	for (let place = 0; place < characters.length; place += 1) {
		content[place] = characters.charCodeAt(place);
	}
	return content;
}

/** Text in UTF-8. */
export function plainText(data: Uint8Array): string {
	try {
		return new TextDecoder("utf-8", {fatal: true, ignoreBOM: true}).decode(data);
	} catch (error) {
		throw new KeyfoldError(codes.malformed, "the content is no text", "plaintext_not_utf8", {cause: error});
	}
}
