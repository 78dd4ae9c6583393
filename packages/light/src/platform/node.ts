import {readFile} from "node:fs/promises";
import {join} from "node:path";

import {safeName} from "../../../sdk/src/platform/file_name.js";
import {FolderStorage} from "../../../sdk/src/storage/folder.js";
import {type Platform, STORE} from "./interface.js";

/** Node. */
export const platform: Platform = {
	async shippedModule() {
		// Bytes: Node's `fetch` reads no files.
		return readFile(new URL("../keyfold-light.wasm", import.meta.url));
	},

	storage(name) {
		return new FolderStorage(join(STORE, safeName(name)));
	},
};
