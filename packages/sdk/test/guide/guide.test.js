import assert from "node:assert/strict";
import {createHmac} from "node:crypto";
import {mkdtemp, readFile, rm, writeFile} from "node:fs/promises";
import {tmpdir} from "node:os";
import {join} from "node:path";
import {after, before, describe, test} from "node:test";
import {pathToFileURL} from "node:url";

import {startServer} from "../harness/server.js";

const DOCS = new URL("../../../../docs/", import.meta.url);

describe("the guide: the code of each page is a program that runs", () => {
	/** @type {Awaited<ReturnType<typeof startServer>>} */
	let server;
	/** Where the programs keep their keys, and are themselves. @type {string} */
	let folder;
	before(async () => {
		server = await startServer();
		folder = await mkdtemp(join(tmpdir(), "keyfold-guide-"));
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
	 * @param {string} page
	 * @param {string[]} names which of its variables to return
	 * @returns {Promise<Record<string, any>>}
	 */
	async function run(page, names) {
		const text = await readFile(new URL(page, DOCS), "utf8");
		const blocks = [...text.matchAll(/^```js\n([\s\S]*?)^```$/gm)].map(([, code]) => code);
		assert.notEqual(blocks.length, 0);
		const code = [...blocks, `export {${names.join(", ")}};\n`]
			.join("")
			.replaceAll("http://127.0.0.1:3002", server.base_url)
			.replaceAll('from "keyfold"', `from ${JSON.stringify(import.meta.resolve("keyfold"))}`);
		const file = join(folder, `${page}.mjs`);
		await writeFile(file, code);
		return import(pathToFileURL(file).href);
	}

	test("accounts.md", async () => {
		let otp_url = "";
		Object.assign(globalThis, {
			showQrCode: (/** @type {string} */ url) => void (otp_url = url),
			prompt: () => totp(new URL(otp_url).searchParams.get("secret") ?? ""),
		});
		const names = ["login", "user", "same", "access_token", "devices", "alice", "recovered", "left", "signed", "bobs_number", "carols_number"];
		const page = await run("accounts.md", names);
		assert.equal(page["login"].kind, "user");
		assert.equal(page["same"].data.user_id, page["user"].data.user_id);
		assert.equal(page["access_token"].split(".").length, 3);
		assert.equal(page["devices"].length, 2);
		assert.equal(page["alice"].kind, "user");
		assert.equal(page["left"].length, 4);
		assert.equal(page["signed"], true);
		assert.equal(page["bobs_number"], page["carols_number"]);
	});

	test("groups.md", async () => {
		const page = await run("groups.md", ["mine", "theirs", "members", "children", "through", "bob"]);
		assert.equal(page["mine"].length, 1);
		assert.deepEqual(page["members"].map((/** @type {any} */ {user_id, rank}) => [user_id, rank]), [[page["bob"].data.user_id, 2]]);
		assert.equal(page["children"].length, 1);
		assert.equal(page["through"].data.is_connected_group, true);
	});

	test("content.md", async () => {
		const page = await run("content.md", ["plain", "verified", "together"]);
		assert.deepEqual([...page["plain"]], [1, 2, 3]);
		assert.deepEqual([page["verified"], page["together"]], ["from Alice", "apart"]);
	});

	test("transfers.md", async () => {
		const page = await run("transfers.md", ["content", "description", "bytes", "stream", "upload", "theirs", "renamed"]);
		assert.deepEqual([page["content"], page["description"].file_name], ["the content", "report.txt"]);
		assert.equal(new TextDecoder().decode(page["bytes"]), "for Bob");
		assert.equal(await new Response(page["stream"]).text(), "for Bob");
		const film = await page["theirs"].getFile(page["upload"].file_id);
		assert.equal(await (await film.blob()).text(), "many gigabytes");
		assert.equal(page["renamed"].name, "final report.txt");
	});

	test("keys-and-search.md", async () => {
		const page = await run("keys-and-search.md", ["plain", "same", "found", "whole", "few", "ordered"]);
		assert.deepEqual([page["plain"], page["same"]], ["a document", "the same key"]);
		assert.deepEqual([page["found"], page["whole"].length, page["few"].length, page["ordered"]], [true, 1, 3, true]);
	});
});

/** What an authenticator app shows (RFC 6238 with SHA-256, six digits, 30 seconds). @param {string} secret base32 */
function totp(secret) {
	const bits = [...secret].map((character) => "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".indexOf(character).toString(2).padStart(5, "0"));
	const key = Buffer.from((bits.join("").match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)));
	const counter = Buffer.alloc(8);
	counter.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000)));
	const hash = createHmac("sha256", key).update(counter).digest();
	const offset = (hash.at(-1) ?? 0) & 15;
	return String((hash.readUInt32BE(offset) & 0x7fff_ffff) % 1_000_000).padStart(6, "0");
}
