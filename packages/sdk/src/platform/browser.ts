import {IndexeddbStorage} from "../storage/indexeddb.js";
import type {Platform} from "./interface.js";
import {withoutFiles} from "./without_files.js";

/** Windows and workers, through a bundler or as ES modules. */
export const platform: Platform = {
	async shippedModule() {
		// Bundlers know exactly this form: they copy the file and put its final address here.
		return new URL("../keyfold.wasm", import.meta.url);
	},

	storage(database, objects) {
		return new IndexeddbStorage(database, objects);
	},

	...withoutFiles,
};
