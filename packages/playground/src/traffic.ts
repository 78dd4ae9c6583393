/** A request that left this page, and what came back: all that the server gets to see. */
export interface Exchange {
	/** Who acted. */
	actor: string;
	method: string;
	path: string;
	status: number | undefined;
	/** Text or a count of bytes. */
	sent: Content;
	received: Content;
}

/** A body: JSON or other text, or bytes of a file. */
export interface Content {
	bytes: number;
	text: string;
}

/** Bytes of a file that are shown. */
const SHOWN = 96;

/** Reports every request of this page, from now on. `actor` says on whose behalf the page acts at that moment. */
export function watchTraffic(actor: () => string, report: (exchange: Exchange) => void): void {
	const send = globalThis.fetch;
	globalThis.fetch = async (input, init) => {
		const request = new Request(input, init);
		const {pathname} = new URL(request.url);
		if (!pathname.startsWith("/api/")) {
			return send(input, init);
		}
		const exchange = {actor: actor(), method: request.method, path: pathname};
		const sent = described(await request.clone().arrayBuffer());
		try {
			const answer = await send(request);
			const received = described(await answer.clone().arrayBuffer());
			report({...exchange, status: answer.status, sent, received});
			return answer;
		} catch (error) {
			report({...exchange, status: undefined, sent, received: {bytes: 0, text: ""}});
			throw error;
		}
	};
}

/** A number of bytes for people. */
export function size(bytes: number): string {
	if (bytes < 1000) {
		return `${bytes} B`;
	}
	return bytes < 1_000_000 ? `${(bytes / 1000).toFixed(1)} kB` : `${(bytes / 1_000_000).toFixed(1)} MB`;
}

function described(body: ArrayBuffer): Content {
	const bytes = new Uint8Array(body);
	try {
		const text = new TextDecoder("utf-8", {fatal: true}).decode(bytes);
		return {bytes: bytes.length, text: indented(text)};
	} catch {
		const start = Array.from(bytes.subarray(0, SHOWN), (byte) => byte.toString(16).padStart(2, "0")).join(" ");
		return {bytes: bytes.length, text: bytes.length > SHOWN ? `${start} …` : start};
	}
}

function indented(text: string): string {
	try {
		return JSON.stringify(JSON.parse(text), null, 2);
	} catch {
		return text;
	}
}
