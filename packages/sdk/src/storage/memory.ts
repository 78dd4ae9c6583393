import type {InitReturn, StorageInterface} from "./interface.js";

/** Keeps everything until the page is left or the program ends. */
export class MemoryStorage implements StorageInterface {
	readonly #items = new Map<string, unknown>();

	/** Not as bytes: browsers keep large blobs on disk. */
	#parts: Blob[] = [];

	async init(): Promise<InitReturn> {
		return {status: true};
	}

	async getDownloadUrl(): Promise<string> {
		return URL.createObjectURL(new Blob(this.#parts));
	}

	async cleanStorage(): Promise<void> {
		this.#items.clear();
		this.#parts = [];
	}

	async storePart(chunk: ArrayBuffer): Promise<void> {
		this.#parts.push(new Blob([chunk]));
	}

	async delete(key: string): Promise<void> {
		this.#items.delete(key);
	}

	async getItem<T>(key: string): Promise<T | undefined> {
		// A copy, as every other store gives: what the caller does to it must not change what is stored.
		return structuredClone(this.#items.get(key)) as T | undefined;
	}

	async set<T>(key: string, item: T): Promise<void> {
		this.#items.set(key, structuredClone(item));
	}
}
