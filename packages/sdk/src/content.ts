import {KeyfoldError, codes} from "./error.js";

/** Whose signature is demanded of a content, from the two parameters in which apps say so. */
export function signer(verify: boolean, user_id: string | undefined): string | undefined {
	if (verify && user_id === undefined) {
		// Nothing could be verified: better to say so than to look as if it had been.
		throw new KeyfoldError(codes.configuration, "to verify a content, say by which user it must be signed");
	}
	return verify ? user_id : undefined;
}
