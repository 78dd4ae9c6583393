import {type OpenedFile, Person, explained} from "./conversation.js";
import {element, found, short} from "./dom.js";
import {Ledger} from "./ledger.js";
import {Panel} from "./panel.js";
import {followTheme} from "./theme.js";
import {size, watchTraffic} from "./traffic.js";

/** Milliseconds between two looks for a key that the server is still encrypting for the other one, and how many. */
const PATIENCE = {pause: 250, looks: 20};

const people = [new Person("Alice"), new Person("Bob")] as const;
const panels = people.map((person) => new Panel(person, found(person.name.toLowerCase())));
const ledger = new Ledger(found("traffic"), found("sums"), found("server-hint"));

let actor = "";
let invitation: string | undefined;
let turns: Promise<void> = Promise.resolve();

watchTraffic(() => actor, (exchange) => ledger.exchange(exchange));
followTheme(found("theme"));
found("clear").addEventListener("click", () => ledger.clear());
for (const panel of panels) {
	panel.on({
		arrive: (identifier, password) => act(panel, () => panel.person.arrive(identifier, password)),
		makeGroup: () => act(panel, () => makeGroup(panel)),
		join: () => act(panel, () => join(panel)),
		rotate: () => act(panel, () => rotate(panel)),
		send: (text) => act(panel, () => send(panel, text)),
		upload: (file) => act(panel, () => upload(panel, file)),
	});
}
refresh();

/** Runs what somebody has asked for, behind everything asked for before: so each request has one actor. */
function act(panel: Panel, work: () => Promise<void>): Promise<void> {
	turns = turns.then(async () => {
		panel.busy(true);
		try {
			await as(panel.person, work);
			panel.fail(undefined);
		} catch (error) {
			panel.fail(explained(error));
		}
		panel.busy(false);
		refresh();
	});
	return turns;
}

async function as<T>(person: Person, work: () => Promise<T>): Promise<T> {
	actor = person.name;
	return work();
}

async function makeGroup({person}: Panel): Promise<void> {
	const other = otherThan(person);
	if (other.id === undefined) {
		throw new Error(`${other.name} is not registered yet`);
	}
	const group = await person.makeGroup();
	await person.invite(other.id);
	invitation = group;
}

async function join({person}: Panel): Promise<void> {
	if (invitation !== undefined) {
		await person.join(invitation);
		invitation = undefined;
	}
}

async function rotate({person}: Panel): Promise<void> {
	await person.rotate();
	const other = otherThan(person);
	if (other.group === undefined) {
		return;
	}
	const newest = person.group?.data.newest_key_id;
	await as(other, async () => {
		for (let look = 0; look < PATIENCE.looks && other.group?.data.newest_key_id !== newest; look += 1) {
			await new Promise((resolve) => setTimeout(resolve, PATIENCE.pause));
			await other.catchUp();
		}
	});
}

async function send({person}: Panel, text: string): Promise<void> {
	const message = await person.seal(text);
	ledger.message(person.name, message.sealed);
	await deliver(message.author, async (reader) => {
		const {text, key_id} = await reader.open(message);
		return {content: element("span", {text}), key_id};
	});
}

async function upload({person}: Panel, file: File): Promise<void> {
	const message = await person.upload(file);
	ledger.file(person.name, message.file_id);
	await deliver(message.author, async (reader) => {
		const opened = await reader.download(message);
		return {content: shown(opened), key_id: opened.key_id};
	});
}

/** Shows a message to everybody who is in the group: each opens it alone, with keys of their own. */
async function deliver(
	author: string,
	open: (reader: Person) => Promise<{content: HTMLElement; key_id: string}>,
): Promise<void> {
	const name = people.find(({id}) => id === author)?.name ?? "";
	for (const panel of panels) {
		if (panel.person.group !== undefined) {
			const {content, key_id} = await as(panel.person, () => open(panel.person));
			const mine = panel.person.id === author;
			panel.show(mine ? "You" : name, mine, content, `key ${short(key_id)}, signature verified`);
		}
	}
}

/** A file as a link to save it, and a picture as a picture. The addresses live as long as the page. */
function shown({name, content}: OpenedFile): HTMLElement {
	const address = URL.createObjectURL(content);
	const link = element("a", {href: address, download: name, text: `${name} (${size(content.size)})`});
	// By its name: what a file claims to be is as trustworthy as its author, and nothing but pictures is ever shown.
	if (!/\.(png|jpe?g|gif|webp|avif)$/i.test(name)) {
		return element("span", {}, link);
	}
	return element("span", {}, element("img", {src: address, alt: name}), link);
}

function refresh(): void {
	const registered = people.every(({id}) => id !== undefined);
	for (const panel of panels) {
		panel.refresh({
			other: otherThan(panel.person).name,
			registered,
			invited: invitation !== undefined && panel.person.group === undefined,
			alone: otherThan(panel.person).group === undefined,
		});
	}
}

function otherThan(person: Person): Person {
	return person === people[0] ? people[1] : people[0];
}
