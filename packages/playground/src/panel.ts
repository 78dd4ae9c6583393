import type {Person} from "./conversation.js";
import {element, short} from "./dom.js";

/** What a person can ask for. */
export interface Actions {
	arrive(identifier: string, password: string): void;
	makeGroup(): void;
	join(): void;
	rotate(): void;
	send(text: string): void;
	upload(file: File): void;
}

/** What a panel has to know of the other one. */
export interface Circumstances {
	/** Name of the other one. */
	other: string;
	/** Both have accounts. */
	registered: boolean;
	/** An invitation waits. */
	invited: boolean;
	/** The other one is not in the group. */
	alone: boolean;
}

/** One person's side of the page. */
export class Panel {
	readonly person: Person;

	readonly #root: HTMLElement;

	readonly #state = element("p", {class: "hint", "aria-live": "polite"});

	readonly #account: HTMLFormElement;

	readonly #identifier: HTMLInputElement;

	readonly #password: HTMLInputElement;

	readonly #group = element("button", {type: "button", class: "main", text: "Make a group"});

	readonly #join = element("button", {type: "button", class: "main", text: "Accept the invitation"});

	readonly #rotate = element("button", {type: "button", text: "Rotate the keys"});

	readonly #facts = element("dl");

	readonly #messages: HTMLOListElement;

	readonly #composer: HTMLFormElement;

	readonly #text: HTMLInputElement;

	readonly #file = element("input", {type: "file", name: "file", "aria-label": "A file"});

	readonly #attach = element("button", {type: "button", text: "File…", title: "Send a file"});

	readonly #failure = element("p", {class: "failure", "aria-live": "assertive"});

	constructor(person: Person, root: HTMLElement) {
		const id = person.name.toLowerCase();
		this.person = person;
		this.#root = root;
		this.#identifier = element("input", {id: `${id}-identifier`, name: "identifier", autocomplete: "off"});
		this.#identifier.value = `${id}-${Math.random().toString(36).slice(2, 8)}`;
		this.#password = element("input", {id: `${id}-password`, name: "password", type: "password", autocomplete: "off"});
		this.#password.value = `${id} has a good password`;
		this.#identifier.required = this.#password.required = true;
		this.#account = element(
			"form",
			{class: "account"},
			element("label", {for: this.#identifier.id, text: "Identifier"}),
			this.#identifier,
			element("label", {for: this.#password.id, text: "Password"}),
			this.#password,
			element("button", {class: "main", text: "Register and log in"}),
		);
		this.#messages = element("ol", {class: "messages", "aria-live": "polite", "aria-label": `What ${person.name} reads`});
		this.#text = element("input", {id: `${id}-text`, name: "text", autocomplete: "off", "aria-label": `A text from ${person.name}`});
		this.#text.required = true;
		this.#text.placeholder = "Write something";
		this.#file.hidden = true;
		const send = element("button", {class: "main", text: "Send"});
		this.#composer = element("form", {class: "composer"}, this.#text, this.#file, this.#attach, send);
		root.replaceChildren(
			element("h2", {id: `${id}-name`, text: person.name}),
			this.#state,
			this.#account,
			element("div", {class: "steps"}, this.#group, this.#join, this.#rotate),
			this.#failure,
			this.#facts,
			this.#messages,
			this.#composer,
		);
	}

	on(actions: Actions): void {
		onSubmit(this.#account, () => actions.arrive(this.#identifier.value, this.#password.value));
		onSubmit(this.#composer, () => {
			actions.send(this.#text.value);
			this.#text.value = "";
		});
		this.#attach.addEventListener("click", () => this.#file.click());
		this.#file.addEventListener("change", () => {
			for (const file of this.#file.files ?? []) {
				actions.upload(file);
			}
			// The same file may be sent once more.
			this.#file.value = "";
		});
		this.#group.addEventListener("click", () => actions.makeGroup());
		this.#join.addEventListener("click", () => actions.join());
		this.#rotate.addEventListener("click", () => actions.rotate());
	}

	/** Shows what is possible now. */
	refresh({other, registered, invited, alone}: Circumstances): void {
		const {id, group} = this.person;
		this.#account.hidden = id !== undefined;
		this.#group.hidden = !registered || group !== undefined || invited || !alone;
		this.#join.hidden = !invited;
		this.#rotate.hidden = group === undefined;
		this.#messages.hidden = this.#composer.hidden = group === undefined;
		this.#state.textContent = this.#hint(other, registered, invited, alone);
		const facts = [
			["User", id],
			["Group", group?.data.group_id],
			["Newest key", group?.data.newest_key_id],
		].filter((fact): fact is [string, string] => fact[1] !== undefined);
		this.#facts.replaceChildren(
			...facts.flatMap(([name, value]) => [
				element("dt", {text: name}),
				element("dd", {}, element("code", {text: `…${short(value)}`, title: value})),
			]),
		);
		this.#proceed();
	}

	/** Shows a message, with a line about it. */
	show(author: string, mine: boolean, content: HTMLElement, about: string): void {
		const message = element(
			"li",
			{class: mine ? "mine" : "theirs"},
			element("strong", {text: author}),
			content,
			element("small", {text: about}),
		);
		this.#messages.append(message);
		this.#messages.scrollTop = this.#messages.scrollHeight;
	}

	busy(busy: boolean): void {
		this.#root.setAttribute("aria-busy", String(busy));
	}

	/** Shows what went wrong; `undefined` when something went well. */
	fail(text: string | undefined): void {
		this.#failure.textContent = text ?? "";
	}

	/** Whoever works with the keyboard goes on where the last step has led. */
	#proceed(): void {
		const {activeElement} = document;
		if (!(activeElement instanceof HTMLElement) || !this.#root.contains(activeElement) || activeElement.offsetParent !== null) {
			return;
		}
		const next = [this.#join, this.#group, this.#text].find((control) => control.offsetParent !== null);
		(next ?? this.#root).focus();
	}

	#hint(other: string, registered: boolean, invited: boolean, alone: boolean): string {
		if (this.person.id === undefined) {
			return "The password stays on this page: the server gets a key derived from it.";
		}
		if (!registered) {
			return `Logged in. Now ${other} needs an account.`;
		}
		if (invited) {
			return `${other} invites you to a group. Its keys came along, encrypted for you.`;
		}
		if (this.person.group === undefined) {
			return alone ? "Logged in. A group shares keys: make one." : "Logged in.";
		}
		return alone
			? `The group is there. ${other} is invited and has to accept.`
			: "Texts are encrypted with the group's newest key, and signed.";
	}
}

function onSubmit(form: HTMLFormElement, then: () => void): void {
	form.addEventListener("submit", (event) => {
		event.preventDefault();
		then();
	});
}
