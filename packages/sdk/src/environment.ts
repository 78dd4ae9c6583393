import type * as core from "../wasm/keyfold_wasm.js";

/** What users and groups know of their client. */
export interface Environment {
	base_url: string;
	app_token: string;
	client: core.Client;
}
