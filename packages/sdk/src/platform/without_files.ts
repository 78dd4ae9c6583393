import {KeyfoldError, codes} from "../error.js";
import {StorageFactory} from "../storage/factory.js";
import type {Platform} from "./interface.js";

/** What browsers have in common: no files of the machine, and no other bytes than those of the language. */
export const withoutFiles: Omit<Platform, "shippedModule" | "storage"> = {
	bytes: (data) => data,

	sortsWithNumbers: false,

	partsStorage() {
		return StorageFactory.getStorage(() => {}, "sentc_encrypt_files", "decrypted_files");
	},

	async openFile() {
		throw new KeyfoldError(codes.configuration, "browsers open no files by their path: hand in a `File`");
	},

	async createFile() {
		throw new KeyfoldError(codes.configuration, "browsers write no files: take `url`, `blob` or `stream`");
	},
};
