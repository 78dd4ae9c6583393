import {IndexeddbStorage} from "../../../sdk/src/storage/indexeddb.js";
import {KeyfoldError, codes} from "../error.js";
import {type Platform, STORE} from "./interface.js";

// Can only be asked while the script runs for the first time. In a worker, the module is looked for beside the worker.
const script = globalThis.document?.currentScript;
const address = script !== null && script !== undefined && "src" in script ? script.src : globalThis.location?.href;

/** A `<script>` without any module system. */
export const platform: Platform = {
	async shippedModule() {
		if (address === undefined) {
			throw new KeyfoldError(codes.moduleNotLoaded, "the place of this script is unknown: set `wasm_path`");
		}
		return new URL("keyfold-light.wasm", address);
	},

	storage(name) {
		return new IndexeddbStorage(`${STORE}_${name}`);
	},
};
