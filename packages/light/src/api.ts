import {KeyfoldError, codes} from "./error.js";

/** Milliseconds after which a request without an answer is given up. */
const TIMEOUT = 30_000;

/** What no id of a server has: it would lead to another endpoint. */
const NOT_AN_ID = /[^\w-]|^$/;

/** One request of the API. */
export interface Call {
	method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
	/** Behind `/api/v1`. Made by {@link path}. */
	path: string;
	/** JSON text, or something to make it of. */
	body?: string | object;
	/** The group in whose name the user acts. */
	acting_as?: string | undefined;
	signal?: AbortSignal | undefined;
}

/** Sends requests of one app to a server and reads its envelope. */
export class Api {
	readonly #origin: string;

	readonly #app_token: string;

	constructor(base_url: string, app_token: string) {
		if (!/^https?:\/\//.test(base_url)) {
			throw new KeyfoldError(codes.configuration, "`base_url` must begin with https:// or http://");
		}
		if (app_token === "" || /[^\x21-\x7e]/.test(app_token)) {
			throw new KeyfoldError(codes.configuration, "`app_token` must be the public token of the app");
		}
		this.#origin = base_url.replace(/\/+$/, "");
		this.#app_token = app_token;
	}

	/**
	 * Sends one request.
	 *
	 * @returns what stands under `result` in the envelope
	 */
	async call({method, path, body, acting_as, signal}: Call, access_token?: string): Promise<unknown> {
		const headers: Record<string, string> = {"x-sentc-app-token": this.#app_token};
		if (access_token !== undefined) {
			headers["authorization"] = `Bearer ${access_token}`;
		}
		if (acting_as !== undefined) {
			headers["x-sentc-group-access-id"] = acting_as;
		}
		const init: RequestInit = {method, headers};
		if (body !== undefined) {
			headers["content-type"] = "application/json";
			init.body = typeof body === "string" ? body : JSON.stringify(body);
		}
		const {text} = await exchange(`${this.#origin}/api/v1${path}`, init, signal);
		return opened(text);
	}
}

/** The path of these segments, ids among them. */
export function path(...segments: string[]): string {
	for (const segment of segments) {
		if (NOT_AN_ID.test(segment)) {
			throw new KeyfoldError(codes.invalidId, "this is not an id");
		}
	}
	return `/${segments.join("/")}`;
}

/** Sends a request and reads the whole answer, within the time limit and until the app's signal. */
export async function exchange(
	url: string,
	init: RequestInit,
	signal: AbortSignal | undefined,
): Promise<{status: number; text: string}> {
	if (signal?.aborted) {
		throw cancelled(signal);
	}
	const ending = new AbortController();
	const end = (): void => ending.abort();
	const timer = setTimeout(end, TIMEOUT);
	signal?.addEventListener("abort", end);
	try {
		const answer = await fetch(url, {...init, signal: ending.signal});
		return {status: answer.status, text: await answer.text()};
	} catch (error) {
		throw signal?.aborted
			? cancelled(signal)
			: new KeyfoldError(codes.network, "the server could not be reached", undefined, {cause: error});
	} finally {
		clearTimeout(timer);
		signal?.removeEventListener("abort", end);
	}
}

/** What stands under `result` in the text of an answer. */
export function opened(text: string): unknown {
	let answer: unknown;
	try {
		answer = JSON.parse(text);
	} catch (error) {
		throw new KeyfoldError(codes.answerUnreadable, "the answer of the server is not readable", undefined, {cause: error});
	}
	const {status, result, err_code, err_msg} = members(answer);
	if (status === true && result !== undefined && result !== null) {
		return result;
	}
	if (status === false && typeof err_code === "number") {
		throw new KeyfoldError(`server_${err_code}`, typeof err_msg === "string" ? err_msg : "the server refused");
	}
	throw incomplete();
}

/** The members of an object in an answer; none if it is no object. */
export function members(value: unknown): Record<string, unknown> {
	return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}

/** A member of an answer that must be a text. */
export function text(value: unknown, name: string): string {
	const member = members(value)[name];
	if (typeof member !== "string") {
		throw incomplete();
	}
	return member;
}

/** A list in an answer. The shape of its items is the server's promise. */
export function list<T>(value: unknown): T[] {
	if (!Array.isArray(value)) {
		throw incomplete();
	}
	return value as T[];
}

/** `client_102` */
export function incomplete(): KeyfoldError {
	return new KeyfoldError(codes.answerIncomplete, "the answer of the server is incomplete");
}

/** Waits for something that others wait for too, and that therefore goes on when this one's signal comes. */
export async function unless<T>(signal: AbortSignal | undefined, promise: Promise<T>): Promise<T> {
	if (signal === undefined) {
		return promise;
	}
	if (signal.aborted) {
		throw cancelled(signal);
	}
	return new Promise<T>((resolve, reject) => {
		const end = (): void => reject(cancelled(signal));
		signal.addEventListener("abort", end, {once: true});
		promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", end));
	});
}

function cancelled(signal: AbortSignal): KeyfoldError {
	return new KeyfoldError(codes.cancelled, "the call was cancelled", undefined, {cause: signal.reason});
}
