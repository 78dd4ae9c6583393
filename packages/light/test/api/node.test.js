import {after, before, describe, test} from "node:test";

import * as light from "keyfold-light";

import {APP_TOKEN, startServer} from "../../../sdk/test/harness/server.js";
import {scenarios} from "./scenarios.js";

describe("the light API in Node", () => {
	/** @type {Awaited<ReturnType<typeof startServer>>} */
	let server;

	before(async () => {
		server = await startServer();
	});
	after(() => server?.stop());

	for (const [name, scenario] of Object.entries(scenarios)) {
		test(name, () => scenario(light, {base_url: server.base_url, app_token: APP_TOKEN}));
	}
});
