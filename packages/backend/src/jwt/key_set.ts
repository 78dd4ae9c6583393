import {BackendError} from "../error.js";
import {isRecord} from "../http/envelope.js";
import {fromBase64, toBase64Url} from "./base64url.js";

/** A public key that checks access tokens, as JSON Web Key (RFC 7517): P-384. */
export interface Jwk {
	kty: "EC";
	crv: "P-384";
	/** Id of the key: the `kid` of the tokens that it has signed. */
	kid: string;
	x: string;
	y: string;
	alg?: string;
	use?: string;
}

/** JSON Web Keys, as `GET /api/v1/app/jwks` has them. */
export interface JwkSet {
	keys: Jwk[];
}

/** A parsed key. Not every platform's types have a global `CryptoKey`. */
export type ParsedKey = Awaited<ReturnType<typeof crypto.subtle.importKey>>;

/** Parsed keys by `kid`. */
export type KeySet = ReadonlyMap<string, ParsedKey>;

/** How access tokens are signed. The one and only way. */
export const ALGORITHM = {name: "ECDSA", namedCurve: "P-384"} as const;

/** An uncompressed point: a byte that says so, and two coordinates. */
const POINT_BYTES = 97;
const COORDINATE_BYTES = 48;
const UNCOMPRESSED = 4;

/**
 * The JSON Web Key of a verify key as it is shown when an app is made: base64 of an uncompressed point.
 *
 * @param kid id of the key
 */
export function jwkOf(kid: string, verify_key: string): Jwk {
	const point = fromBase64(verify_key);
	if (point?.length !== POINT_BYTES || point[0] !== UNCOMPRESSED) {
		throw new BackendError("invalid_argument", "the verify key is not base64 of an uncompressed point of P-384");
	}
	return {
		kty: "EC",
		crv: "P-384",
		alg: "ES384",
		use: "sig",
		kid,
		x: toBase64Url(point.subarray(1, 1 + COORDINATE_BYTES)),
		y: toBase64Url(point.subarray(1 + COORDINATE_BYTES)),
	};
}

/** Parses the keys of a set. Keys of other kinds are left out: sets may hold more than we use (RFC 7517 section 5). */
export async function importKeys(set: unknown): Promise<KeySet> {
	if (!isRecord(set) || !Array.isArray(set["keys"])) {
		throw new BackendError("keys_unavailable", "the keys of the app are no JSON Web Key Set");
	}
	const usable: Jwk[] = set["keys"].filter(isUsable);
	const keys = usable.map(async ({kid, kty, crv, x, y}) => {
		const key = await crypto.subtle.importKey("jwk", {kty, crv, x, y}, ALGORITHM, false, ["verify"]);
		return [kid, key] as const;
	});
	try {
		return new Map(await Promise.all(keys));
	} catch (cause) {
		throw new BackendError("keys_unavailable", "a key of the app is no point of P-384", {cause});
	}
}

function isUsable(key: unknown): key is Jwk {
	return (
		isRecord(key) &&
		key["kty"] === "EC" &&
		key["crv"] === "P-384" &&
		(key["alg"] === undefined || key["alg"] === "ES384") &&
		(key["use"] === undefined || key["use"] === "sig") &&
		typeof key["kid"] === "string" &&
		typeof key["x"] === "string" &&
		typeof key["y"] === "string"
	);
}
