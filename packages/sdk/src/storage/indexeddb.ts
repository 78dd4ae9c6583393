import {KeyfoldError, codes} from "../error.js";
import type {InitReturn, StorageInterface} from "./interface.js";

const VERSION = 1;

/** A part of a file, as it lies in the object store under a number. */
interface Part {
	blob: Blob;
}

/**
 * Keeps items in an IndexedDB database, in windows and in workers.
 *
 * One object store holds both kinds of entries: items under their name, parts of files under rising numbers.
 */
export class IndexeddbStorage implements StorageInterface {
	readonly #database: string;

	readonly #objects: string;

	#open: Promise<IDBDatabase> | undefined;

	/**
	 * @param database name of the database
	 * @param objects name of the object store in it
	 */
	constructor(database = "sentclose", objects = "keys") {
		this.#database = database;
		this.#objects = objects;
	}

	async init(): Promise<InitReturn> {
		try {
			await this.#connection();
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
		const parts = await this.#request<Part[]>("readonly", (store) => store.getAll(numbers()));
		return URL.createObjectURL(new Blob(parts.map(({blob}) => blob)));
	}

	async cleanStorage(): Promise<void> {
		await this.#request("readwrite", (store) => store.clear());
	}

	async storePart(chunk: ArrayBuffer): Promise<void> {
		await this.#request("readwrite", (store) => store.add({blob: new Blob([chunk])} satisfies Part));
	}

	async delete(key: string): Promise<void> {
		await this.#request("readwrite", (store) => store.delete(key));
	}

	async getItem<T>(key: string): Promise<T | undefined> {
		return this.#request<T | undefined>("readonly", (store) => store.get(key));
	}

	async set<T>(key: string, item: T): Promise<void> {
		await this.#request("readwrite", (store) => store.put(item, key));
	}

	/** Runs one request in a transaction of its own, and waits until the transaction is durable. */
	async #request<T>(mode: IDBTransactionMode, start: (store: IDBObjectStore) => IDBRequest): Promise<T> {
		const connection = await this.#connection();
		return new Promise<T>((resolve, reject) => {
			const transaction = connection.transaction(this.#objects, mode);
			const request = start(transaction.objectStore(this.#objects));
			transaction.oncomplete = () => resolve(request.result as T);
			transaction.onabort = () => reject(failure(transaction.error ?? request.error));
		});
	}

	#connection(): Promise<IDBDatabase> {
		this.#open ??= this.#connect().catch((error: unknown) => {
			// The next call tries again: private modes and full disks are states, not facts.
			this.#open = undefined;
			throw error;
		});
		return this.#open;
	}

	#connect(): Promise<IDBDatabase> {
		return new Promise((resolve, reject) => {
			if (globalThis.indexedDB === undefined) {
				reject(failure(null));
				return;
			}
			const request = globalThis.indexedDB.open(this.#database, VERSION);
			request.onupgradeneeded = () => {
				request.result.createObjectStore(this.#objects, {autoIncrement: true});
			};
			request.onerror = () => reject(failure(request.error));
			request.onblocked = () => reject(failure(null));
			request.onsuccess = () => {
				const connection = request.result;
				const forget = (): void => {
					this.#open = undefined;
				};
				// Another tab wants to delete or upgrade the database: an open connection would hold it up for ever.
				connection.onversionchange = () => {
					forget();
					connection.close();
				};
				connection.onclose = forget;
				resolve(connection);
			};
		});
	}
}

/** Only the automatic keys of parts. IndexedDB sorts every number before every text. */
function numbers(): IDBKeyRange {
	return IDBKeyRange.upperBound(Infinity);
}

function failure(cause: DOMException | null): KeyfoldError {
	const text = cause === null ? "IndexedDB is not available" : `IndexedDB failed: ${cause.message}`;
	return new KeyfoldError(codes.storage, text, {cause});
}
