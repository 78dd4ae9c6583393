import type {FileHandleLike} from "../file/source.js";
import type {StorageInterface} from "../storage/interface.js";

/** What a `WebAssembly.Module` can be made from. */
export type WasmSource = string | URL | Request | Response | BufferSource | WebAssembly.Module;

/** What differs between the places where this package runs. `#platform` is the one that a build is for. */
export interface Platform {
	/** The WebAssembly module that is shipped with this package. */
	shippedModule(): Promise<WasmSource>;

	/** The best store for keys, not opened yet. */
	storage(database?: string, objects?: string): StorageInterface;

	/** A store for the parts of a download, opened. */
	partsStorage(): Promise<StorageInterface>;

	/**
	 * Runs `work` while nobody else uses that store: neither this page nor another tab or worker. Absent where nobody shares it.
	 *
	 * @param signal ends the waiting: the call fails with `client_433`
	 */
	partsLock?(work: () => Promise<void>, signal: AbortSignal | undefined): Promise<void>;

	/** Bytes in the form in which programs of this place expect them, without a copy. */
	bytes(data: Uint8Array): Uint8Array;

	/** Base64, where there is a faster way than that of the language. */
	base64?(data: Uint8Array): string;

	/** AES-256-GCM without a promise that is faster than the core's own, where there is one. The raw key may be wiped afterwards. */
	aesGcm?(key: Uint8Array): SyncCipher;

	/** Whether sortable values are `number`s and not `bigint`s. */
	readonly sortsWithNumbers: boolean;

	/** Opens a file of this machine for reading. */
	openFile(path: string): Promise<OpenedFile>;

	/** Makes a file in a folder, under a name like the wanted one that is free and leads nowhere else. */
	createFile(directory: string, name: string | undefined): Promise<CreatedFile>;
}

/** AES-256-GCM under one key. */
export interface SyncCipher {
	/** `front || nonce || ciphertext || tag`, with a random nonce of 12 bytes. */
	sealWith(data: Uint8Array, front: Uint8Array): Uint8Array;

	/** The plaintext of `nonce || ciphertext || tag`; `undefined` if it is not authentic. */
	open(blob: Uint8Array): Uint8Array | undefined;
}

/** A file that is read. */
export interface OpenedFile {
	handle: FileHandleLike;
	name: string;
	close(): Promise<void>;
}

/** A file that is written. */
export interface CreatedFile {
	path: string;
	write(part: Uint8Array): Promise<void>;
	close(): Promise<void>;
	remove(): Promise<void>;
}
