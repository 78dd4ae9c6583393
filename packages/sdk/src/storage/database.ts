import {KeyfoldError, codes} from "../error.js";

const VERSION = 1;

/** An IndexedDB database with one object store, opened when it is needed. */
export class Database {
	readonly #name: string;

	readonly #objects: string;

	#open: Promise<IDBDatabase> | undefined;

	constructor(name: string, objects: string) {
		this.#name = name;
		this.#objects = objects;
	}

	/** Runs one request in a transaction of its own, and waits until the transaction is durable. */
	async request<T>(mode: IDBTransactionMode, start: (store: IDBObjectStore) => IDBRequest): Promise<T> {
		const connection = await this.connection();
		return new Promise<T>((resolve, reject) => {
			const transaction = connection.transaction(this.#objects, mode);
			const request = start(transaction.objectStore(this.#objects));
			transaction.oncomplete = () => resolve(request.result as T);
			transaction.onabort = () => reject(failure(transaction.error ?? request.error));
		});
	}

	/** Opens the database, if it is not open. */
	connection(): Promise<IDBDatabase> {
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
			const request = globalThis.indexedDB.open(this.#name, VERSION);
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

function failure(cause: DOMException | null): KeyfoldError {
	const text = cause === null ? "IndexedDB is not available" : `IndexedDB failed: ${cause.message}`;
	return new KeyfoldError(codes.storage, text, undefined, {cause});
}
