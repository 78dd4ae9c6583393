import {BackendError} from "../error.js";

/** Which pages may call a handler, and how. */
export interface CrossOriginRules {
	/** Origins beside the handler's own, for example `https://app.example`; `*` for all, where there are no cookies. */
	allowed_origins: readonly string[];
	methods: readonly string[];
	/** Request headers that pages may send. */
	headers: readonly string[];
	/** Whether cookies are meant to come along. */
	credentials: boolean;
}

const PREFLIGHT_SECONDS = "600";

/**
 * The answer to a preflight request. Not yet {@link exposed}.
 *
 * @returns `undefined` if the request is none
 */
export function preflight(request: Request, rules: CrossOriginRules): Response | undefined {
	if (request.method !== "OPTIONS") {
		return undefined;
	}
	const response = new Response(null, {status: 204});
	response.headers.set("access-control-allow-methods", rules.methods.join(", "));
	response.headers.set("access-control-allow-headers", rules.headers.join(", "));
	response.headers.set("access-control-max-age", PREFLIGHT_SECONDS);
	return response;
}

/** Lets pages of the allowed origins, and no others, read the response. */
export function exposed(response: Response, request: Request, rules: CrossOriginRules): Response {
	const origin = request.headers.get("origin");
	response.headers.append("vary", "Origin");
	if (!rules.credentials && rules.allowed_origins.includes("*")) {
		response.headers.set("access-control-allow-origin", "*");
	} else if (origin !== null && rules.allowed_origins.includes(origin)) {
		response.headers.set("access-control-allow-origin", origin);
		if (rules.credentials) {
			response.headers.set("access-control-allow-credentials", "true");
		}
	}
	return response;
}

/**
 * Refuses requests that a browser sends for a page of a foreign origin.
 *
 * Browsers say where a request comes from, and pages cannot keep them from it. Requests without any of it come from no browser,
 * and bring no cookies that are not the sender's own.
 *
 * @throws {@link BackendError} `origin_not_allowed`
 */
export function requireAllowedOrigin(request: Request, allowed_origins: readonly string[]): void {
	const origin = request.headers.get("origin");
	if (origin !== null && allowed_origins.includes(origin)) {
		return;
	}
	const site = request.headers.get("sec-fetch-site");
	const own = site === null ? origin === null || hostOf(origin) === hostOf(request.url) : site === "same-origin";
	if (!own) {
		throw new BackendError("origin_not_allowed", "pages of this origin may not do that");
	}
}

/** The scheme is left out: behind a proxy that ends TLS we see another one than the browser. */
function hostOf(url: string): string | undefined {
	try {
		return new URL(url).host;
	} catch {
		return undefined;
	}
}
