import {element, short} from "./dom.js";
import {type Content, type Exchange, size} from "./traffic.js";

/** Entries that are kept. */
const KEPT = 200;

/** The list of what the server, and the app's own storage, get to see. */
export class Ledger {
	readonly #list: HTMLElement;

	readonly #sums: HTMLElement;

	readonly #hint: HTMLElement;

	#sent = 0;

	#received = 0;

	#requests = 0;

	constructor(list: HTMLElement, sums: HTMLElement, hint: HTMLElement) {
		this.#list = list;
		this.#sums = sums;
		this.#hint = hint;
	}

	/** Adds a request. */
	exchange({actor, method, path, status, sent, received}: Exchange): void {
		this.#requests += 1;
		this.#sent += sent.bytes;
		this.#received += received.bytes;
		const line = element(
			"summary",
			{},
			badge(actor),
			element("span", {class: "method", text: method}),
			element("code", {class: "path", text: abbreviated(path), title: path}),
			element("span", {class: status === undefined || status >= 400 ? "status bad" : "status", text: String(status ?? "–")}),
			element("span", {class: "size", text: `↑ ${size(sent.bytes)}  ↓ ${size(received.bytes)}`}),
		);
		this.#add(element("details", {}, line, ...part("Sent", sent), ...part("Received", received)));
		this.#sums.textContent = `${this.#requests} requests, ${size(this.#sent)} sent, ${size(this.#received)} received`;
	}

	/** Adds a text that an app would keep on its own server. */
	message(actor: string, sealed: string): void {
		const line = element(
			"summary",
			{},
			badge(actor),
			element("span", {class: "method app", text: "APP"}),
			element("span", {class: "path", text: "a text, as an app would store it"}),
			element("span", {class: "size", text: size(sealed.length)}),
		);
		const entry = element("details", {class: "kept"}, line, ...part("Stored", {bytes: sealed.length, text: sealed}));
		entry.open = true;
		this.#add(entry);
	}

	/** Adds a file, whose content went to the server in the requests before. */
	file(actor: string, file_id: string): void {
		const line = element(
			"summary",
			{},
			badge(actor),
			element("span", {class: "method app", text: "APP"}),
			element("span", {class: "path", text: "a file, as an app would store it"}),
			element("span", {class: "size", text: "its id alone"}),
		);
		const entry = element("details", {class: "kept"}, line, ...part("Stored", {bytes: file_id.length, text: file_id}));
		this.#add(entry);
	}

	clear(): void {
		this.#list.replaceChildren();
		this.#sums.textContent = "";
		this.#requests = this.#sent = this.#received = 0;
		this.#hint.hidden = false;
	}

	#add(entry: HTMLElement): void {
		this.#hint.hidden = true;
		this.#list.prepend(element("li", {}, entry));
		this.#list.children[KEPT]?.remove();
	}
}

/** The path with its ids cut down to their ends. */
function abbreviated(path: string): string {
	return path.replace(/^\/api\/v1/, "").replaceAll(/[0-9a-f-]{36}/g, (id) => `…${short(id)}`);
}

function badge(actor: string): HTMLElement {
	return element("span", {class: `actor ${actor.toLowerCase()}`, text: actor});
}

function part(title: string, {bytes, text}: Content): HTMLElement[] {
	if (bytes === 0) {
		return [];
	}
	return [element("h3", {text: `${title}: ${size(bytes)}`}), element("pre", {}, element("code", {text}))];
}
