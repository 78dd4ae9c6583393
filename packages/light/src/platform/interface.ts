import type {StorageInterface} from "../../../sdk/src/storage/interface.js";

/** What a `WebAssembly.Module` can be made from. */
export type WasmSource = string | URL | Request | Response | BufferSource | WebAssembly.Module;

/** Begin of the names of databases for sessions, and the folder for them, unless the app hands in a store. */
export const STORE = "keyfold_light";

/** What differs between the places where this package runs. `#platform` is the one that a build is for. */
export interface Platform {
	/** The WebAssembly module that is shipped with this package. */
	shippedModule(): Promise<WasmSource>;

	/** The best store for sessions, not opened yet. Each app has one of its own, by its name. */
	storage(name: string): StorageInterface;
}
