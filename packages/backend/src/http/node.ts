import type {FetchHandler} from "./handler.js";

/** A request of Node's `http`, of Express, Connect, Fastify's `raw` and others: as much of it as is used. */
export interface NodeRequest extends AsyncIterable<unknown> {
	readonly method?: string | undefined;
	readonly url?: string | undefined;
	/** Express: the path before routers have cut it. */
	readonly originalUrl?: string;
	/** Express: `http` or `https`, as the setting `trust proxy` has it. */
	readonly protocol?: string;
	readonly headers: {readonly [name: string]: string | readonly string[] | undefined};
	/** What a body parser has made of the body. */
	readonly body?: unknown;
	/** Whether a body parser has read the body. */
	readonly readableEnded?: boolean;
}

/** The response to it. */
export interface NodeResponse {
	statusCode: number;
	setHeader(name: string, value: string | readonly string[]): unknown;
	write(chunk: Uint8Array): boolean;
	end(): unknown;
	once(event: "close" | "drain", listener: () => void): unknown;
	removeListener(event: "close" | "drain", listener: () => void): unknown;
}

/** A handler for `http.createServer`, `app.use`, `app.all` and the like. */
export type NodeHandler = (request: NodeRequest, response: NodeResponse, next?: (error?: unknown) => void) => Promise<void>;

/**
 * Makes a handler for Node and Express of one for the Fetch API.
 *
 * It works behind body parsers as well as without them.
 */
export function toNodeHandler(handler: FetchHandler): NodeHandler {
	return async (incoming, outgoing, next) => {
		const closed = new AbortController();
		const close = () => closed.abort();
		outgoing.once("close", close);
		try {
			await send(await handler(toRequest(incoming, closed.signal)), outgoing, closed.signal);
		} catch (error) {
			if (next === undefined) {
				outgoing.statusCode = 500;
				outgoing.end();
			} else {
				next(error);
			}
		} finally {
			outgoing.removeListener("close", close);
		}
	};
}

function toRequest(incoming: NodeRequest, signal: AbortSignal): Request {
	const method = incoming.method ?? "GET";
	const headers = new Headers();
	for (const [name, value] of Object.entries(incoming.headers)) {
		// HTTP/2 has the method, path and host among the headers.
		if (value !== undefined && !name.startsWith(":")) {
			for (const one of typeof value === "string" ? [value] : value) {
				headers.append(name, one);
			}
		}
	}
	const host = headers.get("host") ?? first(incoming.headers[":authority"]) ?? "localhost";
	const url = new URL(`${incoming.protocol ?? "http"}://${host}`);
	const [path = "/", query] = (incoming.originalUrl ?? incoming.url ?? "/").split("?", 2);
	url.pathname = path;
	url.search = query ?? "";
	if (method === "GET" || method === "HEAD") {
		return new Request(url, {method, headers, signal});
	}
	// `duplex` is what the standard asks for with streams; not every platform's types know it.
	const init: RequestInit & {duplex: "half"} = {method, headers, signal, body: bodyOf(incoming), duplex: "half"};
	return new Request(url, init);
}

function bodyOf(incoming: NodeRequest): Uint8Array<ArrayBuffer> | string | ReadableStream<Uint8Array> {
	const {body} = incoming;
	if (incoming.readableEnded !== true || body === undefined) {
		return streamOf(incoming);
	}
	if (typeof body === "string") {
		return body;
	}
	return body instanceof Uint8Array ? new Uint8Array(body) : JSON.stringify(body);
}

function streamOf(chunks: AsyncIterable<unknown>): ReadableStream<Uint8Array> {
	const iterator: AsyncIterator<unknown, unknown> = chunks[Symbol.asyncIterator]();
	return new ReadableStream({
		async pull(controller) {
			const {done, value} = await iterator.next();
			if (done === true) {
				controller.close();
			} else {
				controller.enqueue(value instanceof Uint8Array ? value : new TextEncoder().encode(String(value)));
			}
		},
		async cancel() {
			await iterator.return?.();
		},
	});
}

async function send(response: Response, outgoing: NodeResponse, closed: AbortSignal): Promise<void> {
	outgoing.statusCode = response.status;
	for (const [name, value] of response.headers) {
		if (name !== "set-cookie") {
			outgoing.setHeader(name, value);
		}
	}
	const cookies = response.headers.getSetCookie();
	if (cookies.length > 0) {
		outgoing.setHeader("set-cookie", cookies);
	}
	const reader = response.body?.getReader();
	for (let step = await reader?.read(); step?.done === false; step = await reader?.read()) {
		if (closed.aborted) {
			await reader?.cancel();
			return;
		}
		if (!outgoing.write(step.value)) {
			await room(outgoing);
		}
	}
	outgoing.end();
}

/** Waits until more can be written, or nobody reads any more. */
function room(outgoing: NodeResponse): Promise<void> {
	return new Promise((resolve) => {
		const done = () => {
			outgoing.removeListener("drain", done);
			outgoing.removeListener("close", done);
			resolve();
		};
		outgoing.once("drain", done);
		outgoing.once("close", done);
	});
}

function first(value: string | readonly string[] | undefined): string | undefined {
	return typeof value === "string" ? value : value?.[0];
}
