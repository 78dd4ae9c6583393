import {BackendError} from "../error.js";
import {isPartId} from "./store.js";

/**
 * The parts that a message of the server says were deleted.
 *
 * @throws {@link BackendError} `body_malformed`
 */
export function deletedParts(body: Uint8Array): string[] {
	let ids: unknown;
	try {
		ids = JSON.parse(new TextDecoder().decode(body));
	} catch (cause) {
		throw new BackendError("body_malformed", "the body is no JSON", {cause});
	}
	if (!Array.isArray(ids) || !ids.every(isPartId)) {
		throw new BackendError("body_malformed", "the body is no list of ids of parts");
	}
	return ids;
}

/**
 * Checks that a message brings the callback token of the app's file options.
 *
 * @throws {@link BackendError} `callback_not_authentic`
 */
export async function requireCallbackToken(headers: Headers, callback_token: string): Promise<void> {
	const sent = headers.get("x-sentc-app-token");
	if (sent === null || !(await equal(sent, callback_token))) {
		throw new BackendError("callback_not_authentic", "the message does not bring the callback token");
	}
}

/** Compares two secrets. The time it takes tells nothing about where they differ. */
export async function equal(left: string, right: string): Promise<boolean> {
	const [a, b] = await Promise.all([digest(left), digest(right)]);
	return a.reduce((difference, byte, index) => difference | (byte ^ (b[index] ?? 0)), 0) === 0;
}

async function digest(text: string): Promise<Uint8Array> {
	return new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text)));
}
