import {platform} from "#platform";

import initialise from "../wasm/keyfold_wasm_light.js";
import {KeyfoldError, codes} from "./error.js";
import type {WasmSource} from "./platform/interface.js";

let loading: Promise<void> | undefined;

/**
 * Loads the WebAssembly module, once for all clients. It is compiled while it arrives.
 *
 * @param source where it is; by default the one that is shipped with this package
 */
export function loadCore(source?: WasmSource | Promise<WasmSource>): Promise<void> {
	loading ??= load(source).catch((error: unknown) => {
		// The next call tries again: the network may be back.
		loading = undefined;
		throw error;
	});
	return loading;
}

async function load(source: WasmSource | Promise<WasmSource> = platform.shippedModule()): Promise<void> {
	try {
		await initialise({module_or_path: await source});
	} catch (error) {
		if (error instanceof KeyfoldError) {
			throw error;
		}
		const reason = error instanceof Error ? error.message : String(error);
		throw new KeyfoldError(codes.moduleNotLoaded, `the WebAssembly module could not be loaded: ${reason}`, undefined, {cause: error});
	}
}
