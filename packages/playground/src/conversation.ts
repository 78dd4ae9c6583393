import {type Group, KeyfoldError, MemoryStorage, type User, createClient} from "keyfold";

/** Public token of the app that the development profile of the server makes. */
const APP_TOKEN = "5zMb6zs3dEM62n+FxjBilFPp+j9e7YUFA+7pi6Hi";

/** What an app would keep of a message: nothing in it is readable without the group's keys. */
export interface SealedText {
	/** Id of the author. */
	author: string;
	/** Base64 of head and ciphertext. */
	sealed: string;
}

/** What an app would keep of a file: its content lies on the server, in encrypted parts. */
export interface SealedFile {
	/** Id of the author. */
	author: string;
	file_id: string;
}

/** A file as somebody gets it. */
export interface OpenedFile {
	name: string;
	content: Blob;
	/** The key of the group that protects it. */
	key_id: string;
}

/** A message as somebody reads it. */
export interface OpenedText {
	text: string;
	/** The key of the group that it was encrypted with. */
	key_id: string;
}

/** One person with a device of their own: another client, another store. */
export class Person {
	readonly name: string;

	#user: User | undefined;

	#group: Group | undefined;

	constructor(name: string) {
		this.name = name;
	}

	get id(): string | undefined {
		return this.#user?.data.user_id;
	}

	get group(): Group | undefined {
		return this.#group;
	}

	/** Registers and logs in. */
	async arrive(identifier: string, password: string): Promise<void> {
		const storage = new MemoryStorage();
		const client = await createClient({
			app_token: APP_TOKEN,
			base_url: location.origin,
			storage: {getStorage: async () => storage},
			wasm_path: "/playground/keyfold.wasm",
		});
		await client.register(identifier, password);
		const login = await client.login(identifier, password);
		if (login.kind === "mfa") {
			throw new Error("somebody who was just registered has no second factor");
		}
		this.#user = login.u;
	}

	/** Makes a group. Resolves to its id. */
	async makeGroup(): Promise<string> {
		const id = await this.#present.createGroup(true);
		this.#group = await this.#present.getGroup(id);
		return id;
	}

	async invite(user_id: string): Promise<void> {
		await this.#joined.invite(user_id, 2);
	}

	/** Accepts an invitation. */
	async join(group_id: string): Promise<void> {
		await this.#present.acceptGroupInvite(group_id);
		this.#group = await this.#present.getGroup(group_id);
	}

	/** Makes a new key for the group. */
	async rotate(): Promise<void> {
		await this.#joined.keyRotation(true);
	}

	/** Takes over a key that the other one has made. */
	async catchUp(): Promise<void> {
		await this.#joined.groupUpdateCheck();
	}

	async seal(text: string): Promise<SealedText> {
		return {author: this.#present.data.user_id, sealed: await this.#joined.encryptString(text, true)};
	}

	/** Opens a message, and demands the author's signature. */
	async open({author, sealed}: SealedText): Promise<OpenedText> {
		const text = await this.#joined.decryptString(sealed, true, author);
		return {text, key_id: keyOf(sealed)};
	}

	/** Encrypts a file and uploads it. Its name is encrypted too. */
	async upload(file: File): Promise<SealedFile> {
		const {file_id} = await this.#joined.createFile(file, {sign: true});
		return {author: this.#present.data.user_id, file_id};
	}

	/** Downloads a file and opens it, and demands the author's signature on each part. */
	async download({author, file_id}: SealedFile): Promise<OpenedFile> {
		const file = await this.#joined.getFile(file_id);
		const content = await file.blob({signed_by: author});
		return {name: file.name ?? "a file without a name", content, key_id: file.meta.master_key_id};
	}

	get #present(): User {
		if (this.#user === undefined) {
			throw new Error(`${this.name} is not logged in`);
		}
		return this.#user;
	}

	get #joined(): Group {
		if (this.#group === undefined) {
			throw new Error(`${this.name} is in no group`);
		}
		return this.#group;
	}
}

/** What to tell somebody about a failure. */
export function explained(error: unknown): string {
	if (error instanceof KeyfoldError) {
		return `${error.error_message} (${error.code})`;
	}
	return error instanceof Error ? error.message : String(error);
}

/** The id of the key in the head of a ciphertext: JSON, then a zero byte, then what only members can read. */
function keyOf(sealed: string): string {
	const bytes = Uint8Array.from(atob(sealed), (letter) => letter.charCodeAt(0));
	const head: unknown = JSON.parse(new TextDecoder().decode(bytes.subarray(0, bytes.indexOf(0))));
	return typeof head === "object" && head !== null && "id" in head ? String(head.id) : "";
}
