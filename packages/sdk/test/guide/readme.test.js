import assert from "node:assert/strict";
import {mkdtemp, readFile, rm, writeFile} from "node:fs/promises";
import {tmpdir} from "node:os";
import {join} from "node:path";
import {after, before, test} from "node:test";
import {pathToFileURL} from "node:url";

import {startServer} from "../harness/server.js";

const README = new URL("../../README.md", import.meta.url);

/** @type {Awaited<ReturnType<typeof startServer>>} */
let server;
/** Where the program keeps its keys, and is itself. @type {string} */
let folder;
before(async () => {
	server = await startServer();
	folder = await mkdtemp(join(tmpdir(), "keyfold-readme-"));
	process.chdir(folder);
});
after(async () => {
	process.chdir(tmpdir());
	await rm(folder, {recursive: true, force: true});
	await server?.stop();
});

test("the code in the README is a program that runs", async () => {
	const text = await readFile(README, "utf8");
	const blocks = [...text.matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm)];
	assert.deepEqual(new Set(blocks.map(([, language]) => language)), new Set(["js"]), "no block is left out");
	const code = [...blocks.map(([, , block]) => block), "export {bob, plain, message, forgetful, login};\n"]
		.join("")
		.replaceAll("http://127.0.0.1:3002", server.base_url)
		.replaceAll('from "keyfold"', `from ${JSON.stringify(import.meta.resolve("keyfold"))}`);
	const file = join(folder, "program.mjs");
	await writeFile(file, code);
	const page = await import(pathToFileURL(file).href);
	assert.equal(page.plain, "for both of us");
	assert.equal(page.message, "wrong password");
	assert.equal(await page.forgetful.currentUser(), undefined);
	assert.equal(page.login.kind, "user");
	assert.notEqual(page.login.u.data.user_id, page.bob.data.user_id);
});
