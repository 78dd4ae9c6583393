import {after, before, describe, test} from "node:test";

import * as keyfold from "keyfold";

import {APP_TOKEN, startServer} from "../harness/server.js";
import {scenarios} from "./scenarios.js";

describe("what others got wrong, in Node", () => {
	/** @type {Awaited<ReturnType<typeof startServer>>} */
	let server;

	before(async () => {
		server = await startServer();
	});
	after(() => server?.stop());

	for (const [name, scenario] of Object.entries(scenarios)) {
		test(name, () => scenario(keyfold, {base_url: server.base_url, app_token: APP_TOKEN}));
	}
});
