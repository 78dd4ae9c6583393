import {open, readFile, rm} from "node:fs/promises";
import {basename, join} from "node:path";

import {KeyfoldError, codes} from "../error.js";
import {FolderStorage} from "../storage/folder.js";
import {MemoryStorage} from "../storage/memory.js";
import {NodeCipher} from "./cipher.node.js";
import {numbered, safeName} from "./file_name.js";
import type {Platform} from "./interface.js";

/** Folder for keys, in the current directory, unless the app hands in a store. */
const FOLDER = "sentc_encrypt_files";

/** How many other names are tried when there is a file of the same name. */
const OTHER_NAMES = 20;

/** Node. */
export const platform: Platform = {
	async shippedModule() {
		// Bytes: Node's `fetch` reads no files.
		return readFile(new URL("../keyfold.wasm", import.meta.url));
	},

	storage(database) {
		return new FolderStorage(database === undefined ? FOLDER : join(FOLDER, safeName(database)));
	},

	bytes(data) {
		return Buffer.from(data.buffer, data.byteOffset, data.byteLength);
	},

	base64(data) {
		return Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString("base64");
	},

	aesGcm(key) {
		return new NodeCipher(key);
	},

	sortsWithNumbers: true,

	async partsStorage() {
		return new MemoryStorage();
	},

	async openFile(path) {
		const handle = await local(open(path, "r"));
		return {handle, name: basename(path), close: () => handle.close()};
	},

	async createFile(directory, name) {
		const wanted = safeName(name);
		for (let number = 0; number <= OTHER_NAMES; number += 1) {
			const path = join(directory, numbered(wanted, number));
			const handle = await local(
				open(path, "wx").catch((error: unknown) => {
					if (error instanceof Error && "code" in error && error.code === "EEXIST") {
						return undefined;
					}
					throw error;
				}),
			);
			if (handle !== undefined) {
				return {
					path,
					write: (part) => local(handle.writeFile(part)),
					close: () => handle.close(),
					remove: () => rm(path, {force: true}),
				};
			}
		}
		throw new KeyfoldError(codes.localFile, "there are too many files of this name");
	},
};

/** Failures of the disk are told from those of the network. */
async function local<T>(work: Promise<T>): Promise<T> {
	try {
		return await work;
	} catch (error) {
		const reason = error instanceof Error ? error.message : String(error);
		throw new KeyfoldError(codes.localFile, `a local file: ${reason}`, undefined, {cause: error});
	}
}
