import {readFile} from "node:fs/promises";

import {FolderStorage} from "../../../sdk/src/storage/folder.js";
import {type Platform, STORE} from "./interface.js";

/** Node. */
export const platform: Platform = {
	async shippedModule() {
		// Bytes: Node's `fetch` reads no files.
		return readFile(new URL("../keyfold-light.wasm", import.meta.url));
	},

	storage() {
		return new FolderStorage(STORE);
	},
};
