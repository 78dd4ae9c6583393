import type {StorageInterface} from "../storage/interface.js";

/** What a `WebAssembly.Module` can be made from. */
export type WasmSource = string | URL | Request | Response | BufferSource | WebAssembly.Module;

/** What differs between the places where this package runs. `#platform` is the one that a build is for. */
export interface Platform {
	/** The WebAssembly module that is shipped with this package. */
	shippedModule(): Promise<WasmSource>;

	/** The best store for keys, not opened yet. */
	storage(database?: string, objects?: string): StorageInterface;
}
