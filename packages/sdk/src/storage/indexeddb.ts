import {Database} from "./database.js";
import type {InitReturn, StorageInterface} from "./interface.js";
import {Turns} from "./turns.js";
import {Wrapping} from "./wrapping.js";

/** A part of a file, as it lies in the object store under a number. */
interface Part {
	blob: Blob;
}

/**
 * Keeps items in an IndexedDB database, in windows and in workers.
 *
 * One object store holds both kinds of entries: items under their name, parts of files under rising numbers. Texts, which is
 * what keys and sessions are, lie in it encrypted under a key of the browser's that scripts cannot read; on pages without
 * HTTPS there is no such key.
 */
export class IndexeddbStorage implements StorageInterface {
	readonly #name: string;

	readonly #database: Database;

	#wrapping: Promise<Wrapping | undefined> | undefined;

	readonly #writes = new Turns();

	/**
	 * @param database name of the database
	 * @param objects name of the object store in it
	 */
	constructor(database = "sentclose", objects = "keys") {
		this.#name = database;
		this.#database = new Database(database, objects);
	}

	async init(): Promise<InitReturn> {
		try {
			await Promise.all([this.#database.connection(), this.#wrappingKey()]);
			return {status: true};
		} catch (error) {
			return {
				status: false,
				err: error instanceof Error ? error.message : String(error),
				warn: "IndexedDB is not available: the login ends with this page, and big files cannot be downloaded.",
			};
		}
	}

	async getDownloadUrl(): Promise<string> {
		await this.#writes.ended();
		const parts = await this.#database.request<Part[]>("readonly", (store) => store.getAll(numbers()));
		return URL.createObjectURL(new Blob(parts.map(({blob}) => blob)));
	}

	async cleanStorage(): Promise<void> {
		return this.#writes.take(() => this.#database.request("readwrite", (store) => store.clear()));
	}

	async storePart(chunk: ArrayBuffer): Promise<void> {
		const part: Part = {blob: new Blob([chunk])};
		return this.#writes.take(() => this.#database.request("readwrite", (store) => store.add(part)));
	}

	async delete(key: string): Promise<void> {
		return this.#writes.take(() => this.#database.request("readwrite", (store) => store.delete(key)));
	}

	async getItem<T>(key: string): Promise<T | undefined> {
		await this.#writes.ended();
		const item = await this.#database.request<unknown>("readonly", (store) => store.get(key));
		if (!Wrapping.isWrapped(item)) {
			return item as T | undefined;
		}
		const wrapping = await this.#wrappingKey();
		return (await wrapping?.unwrap(key, item)) as T | undefined;
	}

	async set<T>(key: string, item: T): Promise<void> {
		// A copy now: what the caller does to it while others have their turn must not change what is stored.
		const kept = structuredClone(item);
		return this.#writes.take(async () => {
			const wrapping = typeof kept === "string" ? await this.#wrappingKey() : undefined;
			const entry = typeof kept === "string" && wrapping ? await wrapping.wrap(key, kept) : kept;
			await this.#database.request("readwrite", (store) => store.put(entry, key));
		});
	}

	#wrappingKey(): Promise<Wrapping | undefined> {
		this.#wrapping ??= Wrapping.of(this.#name).catch((error: unknown) => {
			this.#wrapping = undefined;
			throw error;
		});
		return this.#wrapping;
	}
}

/** Only the automatic keys of parts. IndexedDB sorts every number before every text. */
function numbers(): IDBKeyRange {
	return IDBKeyRange.upperBound(Infinity);
}
