import {BackendError} from "../error.js";

/** Settings of the cookie. It is always `HttpOnly`. */
export interface CookieOptions {
	/** Default: `keyfold_refresh`, with the prefix `__Host-` or `__Secure-` where the other settings allow it. */
	name?: string;
	/** Default: `/`. */
	path?: string;
	/** Default: the host of the backend alone. */
	domain?: string;
	/** `None` is for pages of another site than the backend; it needs `allowed_origins`. Default: `Strict`. */
	same_site?: "Strict" | "Lax" | "None";
	/** `false` is for development without TLS on another name than `localhost`. Default: `true`. */
	secure?: boolean;
	/** Seconds without a renewal after which the browser forgets it. Default: 30 days. */
	max_age?: number;
}

const DAYS_30 = 30 * 24 * 60 * 60;

/** Writes and reads the cookie of a refresh token. */
export class RefreshCookie {
	readonly #name: string;
	readonly #attributes: string;
	readonly #max_age: number;

	constructor({name, path = "/", domain, same_site = "Strict", secure = true, max_age = DAYS_30}: CookieOptions = {}) {
		if (same_site === "None" && !secure) {
			throw new BackendError("invalid_argument", "browsers refuse cookies with `SameSite=None` that are not `Secure`");
		}
		this.#name = name ?? `${prefix(secure, path, domain)}keyfold_refresh`;
		for (const text of [this.#name, path, domain ?? ""]) {
			if (!/^[A-Za-z0-9_./~%+-]*$/.test(text)) {
				throw new BackendError("invalid_argument", "a name, path or domain of a cookie has characters that it must not have");
			}
		}
		this.#max_age = max_age;
		this.#attributes = [
			`Path=${path}`,
			...(domain === undefined ? [] : [`Domain=${domain}`]),
			"HttpOnly",
			...(secure ? ["Secure"] : []),
			`SameSite=${same_site}`,
		].join("; ");
	}

	/** Value of `Set-Cookie` that keeps a token. */
	keep(token: string): string {
		return `${this.#name}=${token}; Max-Age=${this.#max_age}; ${this.#attributes}`;
	}

	/** Value of `Set-Cookie` that makes the browser forget it. */
	forget(): string {
		return `${this.#name}=; Max-Age=0; ${this.#attributes}`;
	}

	/** The token in the value of a `Cookie` header. */
	read(header: string | null): string | undefined {
		for (const pair of (header ?? "").split(";")) {
			const [name, value] = pair.trim().split("=", 2);
			if (name === this.#name && value !== undefined && isRefreshToken(value)) {
				return value;
			}
		}
		return undefined;
	}
}

/** Whether a text can be a refresh token: base64url, as servers make them, of a length that fits into a cookie. */
export function isRefreshToken(text: string): boolean {
	return /^[A-Za-z0-9_-]{16,512}$/.test(text);
}

/** Prefixes make browsers hold the cookie to what its attributes say, also against other hosts of the same domain. */
function prefix(secure: boolean, path: string, domain: string | undefined): string {
	if (!secure) {
		return "";
	}
	return path === "/" && domain === undefined ? "__Host-" : "__Secure-";
}
