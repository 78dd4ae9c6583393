import type * as core from "../wasm/keyfold_wasm.js";

/** What users and groups know of their client. */
export interface Environment {
	base_url: string;
	app_token: string;
	client: core.Client;
	/** A client of the same app with an empty store of its own, for a login that leaves no trace here. */
	elsewhere: () => core.Client;
	/** Files of the upload sessions that the app's own backend has opened, to ask the server about one when an answer was lost. */
	sessions: Map<string, string>;
}
