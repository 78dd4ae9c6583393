import {IndexeddbStorage} from "../../../sdk/src/storage/indexeddb.js";
import {type Platform, STORE} from "./interface.js";

/** Windows and workers, through a bundler or as ES modules. */
export const platform: Platform = {
	async shippedModule() {
		// Bundlers know exactly this form: they copy the file and put its final address here.
		return new URL("../keyfold-light.wasm", import.meta.url);
	},

	storage(name) {
		return new IndexeddbStorage(`${STORE}_${name}`);
	},
};
