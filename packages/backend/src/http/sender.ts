import {BackendError} from "../error.js";
import {parseEnvelope} from "./envelope.js";
import {Deadline} from "./deadline.js";

/** Options of every call that sends something. */
export interface CallOptions {
	/** Ends the call, which then fails with the code `aborted`. */
	signal?: AbortSignal;
	/** Milliseconds until the call fails with the code `timeout`. Default: that of the {@link SenderOptions}. */
	timeout?: number;
}

/** `fetch`, as far as this package uses it. */
export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

/** How requests reach the server. */
export interface SenderOptions {
	/** Origin of the server, for example `https://keyfold.example`. */
	base_url: string;
	/** Milliseconds until a call fails with the code `timeout`. Default: 10 000. */
	timeout?: number;
	/** Another `fetch` than the global one, for example behind a proxy. */
	fetch?: Fetch;
}

/** HTTP methods of the protocol. */
export type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";

/** One request. */
export interface Call extends CallOptions {
	method: Method;
	/** Below `/api/v1`. Made by {@link path}, which lets no argument change the endpoint. */
	path: string;
	/** JSON text, or a value that becomes JSON. */
	body?: string | object;
	/** Access token of a user. */
	jwt?: string;
	/** The member group through which a connected group is reached. */
	through?: string;
}

const DEFAULT_TIMEOUT = 10_000;

/** Sends requests to one server with one token of an app. */
export class Sender {
	readonly #base_url: string;
	readonly #app_token: string;
	readonly #timeout: number;
	readonly #fetch: Fetch;

	constructor({base_url, timeout = DEFAULT_TIMEOUT, fetch = globalThis.fetch}: SenderOptions, app_token: string) {
		this.#base_url = origin(base_url);
		// A header takes no control characters, and what is no base64 is no token.
		if (!/^[A-Za-z0-9+/]+={0,2}$/.test(app_token)) {
			throw new BackendError("invalid_argument", "the app token is no base64 text");
		}
		this.#app_token = app_token;
		this.#timeout = timeout;
		this.#fetch = fetch;
	}

	/** Sends a request and returns the `result` of the answer. */
	async send<T>(call: Call): Promise<T> {
		const {status, headers, text} = await this.#exchange(call);
		return parseEnvelope(text, status, retryAfter(headers)) as T;
	}

	/** Sends a request to an endpoint that answers without the envelope; failures have it all the same. */
	async sendBare(call: Call): Promise<unknown> {
		const {status, headers, text} = await this.#exchange(call);
		if (status !== 200) {
			parseEnvelope(text, status, retryAfter(headers));
		}
		try {
			return JSON.parse(text);
		} catch (cause) {
			throw new BackendError("malformed_answer", "the answer is no JSON", {http_status: status, cause});
		}
	}

	async #exchange({method, path, body, jwt, through, signal, timeout}: Call) {
		const headers: Record<string, string> = {"x-sentc-app-token": this.#app_token};
		if (body !== undefined) {
			headers["content-type"] = "application/json";
		}
		if (jwt !== undefined) {
			headers["authorization"] = `Bearer ${headerText(jwt)}`;
		}
		if (through !== undefined) {
			headers["x-sentc-group-access-id"] = pathSegment(through);
		}
		const deadline = new Deadline(timeout ?? this.#timeout, signal);
		try {
			// Called apart from `this`, which a browser-like `fetch` does not accept.
			const fetch = this.#fetch;
			const response = await fetch(`${this.#base_url}/api/v1${path}`, {
				method,
				headers,
				// The tokens are for this server, not for where it might lead.
				redirect: "error",
				signal: deadline.signal,
				...(body !== undefined && {body: typeof body === "string" ? body : JSON.stringify(body)}),
			});
			return {status: response.status, headers: response.headers, text: await response.text()};
		} catch (error) {
			throw deadline.reason() ?? new BackendError("network", "no answer from the server", {cause: error});
		} finally {
			deadline.clear();
		}
	}
}

/**
 * A path below `/api/v1` with the values in their places.
 *
 * Values often come from users, and the requests carry the secret token: no value may lead to another endpoint.
 */
export function path(texts: TemplateStringsArray, ...values: (string | number | boolean)[]): string {
	return texts.reduce((whole, text, index) => whole + pathSegment(values[index - 1] ?? "") + text);
}

function pathSegment(value: string | number | boolean): string {
	const text = String(value);
	if (!/^[A-Za-z0-9_-]{1,128}$/.test(text)) {
		throw new BackendError("invalid_argument", "an id, a time or a number is not of the form that it must have");
	}
	return text;
}

function headerText(jwt: string): string {
	if (!/^[A-Za-z0-9_.-]+$/.test(jwt)) {
		throw new BackendError("jwt_malformed", "the access token is no JSON Web Signature");
	}
	return jwt;
}

function origin(base_url: string): string {
	let url: URL;
	try {
		url = new URL(base_url);
	} catch (cause) {
		throw new BackendError("invalid_argument", "`base_url` is no URL", {cause});
	}
	if (!["https:", "http:"].includes(url.protocol) || url.search !== "" || url.hash !== "" || url.username !== "") {
		throw new BackendError("invalid_argument", "`base_url` must be an http or https address and nothing more");
	}
	return url.href.replace(/\/+$/, "");
}

function retryAfter(headers: Headers): number | undefined {
	const seconds = Number.parseInt(headers.get("retry-after") ?? "", 10);
	return Number.isNaN(seconds) ? undefined : seconds;
}
