import {platform} from "#platform";

import {MemoryStorage} from "./memory.js";
import type {ResCallBack, StorageInterface, StorageOptions} from "./interface.js";

/** Makes stores. */
export const StorageFactory = {
	/**
	 * The platform's own store, opened: an IndexedDB database in browsers, a folder in Node. Where that is not available,
	 * memory takes its place, and `report` is told so.
	 *
	 * @param database name of the database (browsers), or of a folder inside of the one for keys (Node)
	 * @param objects name of the object store in it (browsers)
	 */
	async getStorage(report: ResCallBack, database?: string, objects?: string): Promise<StorageInterface> {
		const preferred = platform.storage(database, objects);
		const {status, err, warn} = await preferred.init();
		if (status) {
			return preferred;
		}
		report({...(err !== undefined && {err}), ...(warn !== undefined && {warn})});
		const memory = new MemoryStorage();
		await memory.init();
		return memory;
	},
};

/** The store that an app chose, or the platform's of this name; without a name, the one that all static clients share. */
export async function chosenStorage(options: StorageOptions = {}, name?: string): Promise<StorageInterface> {
	if (options.getStorage !== undefined) {
		return options.getStorage();
	}
	return StorageFactory.getStorage(options.default_storage?.errCallBack ?? toConsole, name);
}

/** The same, by its other name. */
export async function getStorage(options?: StorageOptions): Promise<StorageInterface> {
	return chosenStorage(options);
}

function toConsole({err, warn}: {err?: string; warn?: string}): void {
	console.warn([warn, err].filter((text) => text !== undefined).join(" "));
}
