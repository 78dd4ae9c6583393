import * as embedded from "../../wasm/keyfold_wasm_light_bg.wasm";

import {IndexeddbStorage} from "../../../sdk/src/storage/indexeddb.js";
import {type Platform, STORE} from "./interface.js";

/** Places that cannot load a file beside the script: the WebAssembly is inside. */
export const platform: Platform = {
	async shippedModule() {
		// The build puts the bytes there, where the declarations see the module's exports.
		return (embedded as unknown as {default: Uint8Array<ArrayBuffer>}).default;
	},

	storage(name) {
		return new IndexeddbStorage(`${STORE}_${name}`);
	},
};
