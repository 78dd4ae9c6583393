import {execFile} from "node:child_process";
import {after, before, describe, test} from "node:test";
import {promisify} from "node:util";

import {APP_TOKEN, startServer} from "../harness/server.js";

const walks = ["walk", "ownBackend"];

describe("in Node", () => {
	/** @type {Awaited<ReturnType<typeof startServer>>} */
	let server;

	before(async () => {
		server = await startServer();
	});
	after(() => server?.stop());

	for (const name of walks) {
		test(`the package as an ES module: ${name}`, () => inProcess(name, `const keyfold = await import("keyfold");`));

		test(`the package as CommonJS: ${name}`, () => {
			const create = `const {createRequire} = await import("node:module");`;
			return inProcess(name, `${create} const keyfold = createRequire(import.meta.url)("keyfold");`);
		});
	}

	/**
	 * A process of its own for each: `init` works once, as in an app.
	 *
	 * @param {string} name
	 * @param {string} load
	 */
	async function inProcess(name, load) {
		const walk = JSON.stringify(new URL("walk.js", import.meta.url).href);
		const target = JSON.stringify({base_url: server.base_url, app_token: APP_TOKEN});
		const code = `${load} const walks = await import(${walk}); await walks[${JSON.stringify(name)}](keyfold, ${target});`;
		await promisify(execFile)(process.execPath, ["--input-type=module", "--eval", code], {
			cwd: new URL("../..", import.meta.url),
		});
	}
});
