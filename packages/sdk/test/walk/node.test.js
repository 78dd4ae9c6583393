import {execFile} from "node:child_process";
import {mkdtemp, rm} from "node:fs/promises";
import {tmpdir} from "node:os";
import {join} from "node:path";
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

	test("data of another program under our names means logging in again, not a broken start", async (context) => {
		const folder = await mkdtemp(join(tmpdir(), "keyfold-walk-"));
		context.after(() => rm(folder, {recursive: true}));
		const keyfold = JSON.stringify(import.meta.resolve("keyfold"));
		// The folder that `init` takes where the app chooses no store.
		const store = `new keyfold.FolderStorage("sentc_encrypt_files")`;
		await inProcess("afterAnotherProgram", `const keyfold = await import(${keyfold});`, {cwd: folder, store});
	});

	/**
	 * A process of its own for each: `init` works once, as in an app.
	 *
	 * @param {string} name
	 * @param {string} load
	 * @param {{cwd?: string | URL, store?: string}} [surroundings]
	 */
	async function inProcess(name, load, {cwd = new URL("../..", import.meta.url), store = ""} = {}) {
		const walk = JSON.stringify(new URL("walk.js", import.meta.url).href);
		const target = JSON.stringify({base_url: server.base_url, app_token: APP_TOKEN});
		const call = `await walks[${JSON.stringify(name)}](keyfold, ${target}, ${store});`;
		const code = `${load} const walks = await import(${walk}); ${call}`;
		await promisify(execFile)(process.execPath, ["--input-type=module", "--eval", code], {cwd});
	}
});
