import {readFile} from "node:fs/promises";

import {FolderStorage} from "../storage/folder.js";
import type {Platform} from "./interface.js";

/** Folder for keys, in the current directory, unless the app hands in a store. */
const FOLDER = "sentc_encrypt_files";

/** Node. */
export const platform: Platform = {
	async shippedModule() {
		// Bytes: Node's `fetch` reads no files.
		return readFile(new URL("../keyfold.wasm", import.meta.url));
	},

	storage() {
		return new FolderStorage(FOLDER);
	},
};
