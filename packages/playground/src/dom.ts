/** What an element is made with: its attributes and properties that the page needs. */
export interface Settings {
	class?: string;
	id?: string;
	text?: string;
	type?: string;
	name?: string;
	value?: string;
	for?: string;
	title?: string;
	href?: string;
	src?: string;
	alt?: string;
	download?: string;
	autocomplete?: string;
	"aria-live"?: string;
	"aria-label"?: string;
}

/** Makes an element. Texts are set as texts: nothing that somebody typed becomes markup. */
export function element<K extends keyof HTMLElementTagNameMap>(
	name: K,
	{text, ...attributes}: Settings = {},
	...children: Node[]
): HTMLElementTagNameMap[K] {
	const made = document.createElement(name);
	for (const [attribute, value] of Object.entries(attributes)) {
		made.setAttribute(attribute, value);
	}
	if (text !== undefined) {
		made.textContent = text;
	}
	made.append(...children);
	return made;
}

/** The element of the page with this id. */
export function found(id: string): HTMLElement {
	const element = document.getElementById(id);
	if (element === null) {
		throw new Error(`the page has no element #${id}`);
	}
	return element;
}

/** The first characters of an id: enough to tell ids apart by eye. They are made by time, so their ends differ. */
export function short(id: string): string {
	return id.slice(-8);
}
