import {KeyfoldError, codes} from "../error.js";
import {StorageFactory} from "../storage/factory.js";
import {MemoryStorage} from "../storage/memory.js";
import type {Platform} from "./interface.js";

/** Database for the parts of a download, which all tabs and workers of an origin share. */
const DATABASE = "sentc_encrypt_files";

const OBJECTS = "decrypted_files";

/** What browsers have in common: no files of the machine, and no other bytes than those of the language. */
export const withoutFiles: Omit<Platform, "shippedModule" | "storage"> = {
	bytes: (data) => data,

	sortsWithNumbers: false,

	async partsStorage() {
		// Only pages with HTTPS have locks. In a database that others write to meanwhile, files would be mixed.
		const locks = (globalThis.navigator as Partial<Navigator> | undefined)?.locks;
		return locks === undefined ? new MemoryStorage() : StorageFactory.getStorage(() => {}, DATABASE, OBJECTS);
	},

	async partsLock(work, signal) {
		try {
			await navigator.locks.request(`${DATABASE}/${OBJECTS}`, {...(signal !== undefined && {signal})}, work);
		} catch (error) {
			if (signal?.aborted === true && error === signal.reason) {
				throw new KeyfoldError(codes.cancelled, "the transfer was cancelled", undefined, {cause: error});
			}
			throw error;
		}
	},

	async openFile() {
		throw new KeyfoldError(codes.configuration, "browsers open no files by their path: hand in a `File`");
	},

	async createFile() {
		throw new KeyfoldError(codes.configuration, "browsers write no files: take `url`, `blob` or `stream`");
	},
};
