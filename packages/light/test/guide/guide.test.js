import assert from "node:assert/strict";
import {mkdtemp, readFile, rm, writeFile} from "node:fs/promises";
import {tmpdir} from "node:os";
import {join} from "node:path";
import {after, before, describe, test} from "node:test";
import {pathToFileURL} from "node:url";

import {startServer} from "../../../sdk/test/harness/server.js";

const README = new URL("../../README.md", import.meta.url);
const GUIDE = new URL("../../../../docs/light.md", import.meta.url);

describe("the code in the documentation runs", () => {
	/** @type {Awaited<ReturnType<typeof startServer>>} */
	let server;
	/** Where the programs keep their sessions, and are themselves. @type {string} */
	let folder;
	before(async () => {
		server = await startServer();
		folder = await mkdtemp(join(tmpdir(), "keyfold-light-guide-"));
		process.chdir(folder);
	});
	after(async () => {
		process.chdir(tmpdir());
		await rm(folder, {recursive: true, force: true});
		await server?.stop();
	});

	/**
	 * Runs all code of a page as one module.
	 *
	 * @param {URL} page
	 * @param {string[]} names which of its variables to return
	 * @returns {Promise<Record<string, any>>}
	 */
	async function run(page, names) {
		const text = await readFile(page, "utf8");
		const blocks = [...text.matchAll(/^```js\n([\s\S]*?)^```$/gm)].map(([, code]) => code);
		assert.notEqual(blocks.length, 0);
		const code = [...blocks, `export {${names.join(", ")}};\n`]
			.join("")
			.replaceAll("http://127.0.0.1:3002", server.base_url)
			.replaceAll('from "keyfold-light"', `from ${JSON.stringify(import.meta.resolve("keyfold-light"))}`);
		const file = join(folder, "program.mjs");
		await writeFile(file, code);
		return import(`${pathToFileURL(file).href}?${page.pathname}`);
	}

	test("of the README", async () => {
		const {user, group} = await run(README, ["user", "group"]);
		assert.equal(user.identifier, "carla");
		assert.equal(group.data.rank, 0);
	});

	test("of the guide", async () => {
		const page = await run(GUIDE, ["bob", "devices", "refused", "theirs", "child", "connected", "access_token", "members"]);
		assert.equal(page["devices"].length, 1);
		assert.equal(page["refused"], "client_201");
		assert.equal(page["theirs"].data.rank, 4);
		assert.equal(page["child"].data.from_parent, true);
		assert.equal(page["connected"].data.is_connected_group, true);
		assert.equal(page["access_token"].split(".").length, 3);
		assert.deepEqual(page["members"].map((/** @type {any} */ {user_id}) => user_id), [page["bob"].data.user_id]);
	});
});
