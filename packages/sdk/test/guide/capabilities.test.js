import assert from "node:assert/strict";
import {createHmac} from "node:crypto";
import {mkdtemp, readFile, readdir, rm, writeFile} from "node:fs/promises";
import {createServer} from "node:http";
import {tmpdir} from "node:os";
import {join} from "node:path";
import {after, before, describe, test} from "node:test";
import {pathToFileURL} from "node:url";

import {APP_TOKEN, startServer} from "../harness/server.js";

const DOCS = new URL("../../../../docs/", import.meta.url);

describe("the guides to single capabilities: the code of each page is a program that runs", () => {
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
	 * @param {Record<string, string>} [addresses] what stands in for addresses on the page
	 * @returns {Promise<Record<string, any>>}
	 */
	async function run(page, names, addresses = {}) {
		const text = await readFile(new URL(page, DOCS), "utf8");
		const blocks = [...text.matchAll(/^```js\n([\s\S]*?)^```$/gm)].map(([, code]) => code);
		assert.notEqual(blocks.length, 0);
		let code = [...blocks, `export {${names.join(", ")}};\n`].join("");
		const replaced = {...addresses, "http://127.0.0.1:3002": server.base_url, 'from "keyfold"': `from ${JSON.stringify(import.meta.resolve("keyfold"))}`};
		for (const [from, to] of Object.entries(replaced)) {
			assert.ok(code.includes(from), `${page} mentions ${from}`);
			code = code.replaceAll(from, to);
		}
		const file = join(folder, `${page}.mjs`);
		await writeFile(file, code);
		return import(pathToFileURL(file).href);
	}

	test("devices.md", async () => {
		let otp_url = "";
		Object.assign(globalThis, {
			showQrCode: (/** @type {string} */ url) => void (otp_url = url),
			prompt: () => totp(new URL(otp_url).searchParams.get("secret") ?? ""),
		});
		const page = await run("devices.md", ["alice", "second", "devices", "next", "pending", "confirmed", "recovered", "left"]);
		assert.equal(page["second"].u.data.user_id, page["alice"].data.user_id);
		assert.equal(page["devices"].length, 2);
		assert.deepEqual(page["next"], []);
		assert.equal(page["pending"].kind, "mfa");
		assert.equal(page["confirmed"].data.user_id, page["recovered"].data.user_id);
		assert.equal(page["left"].length, 3);
		assert.equal(page["recovered"].enabledMfa(), false);
	});

	test("trust.md", async () => {
		const page = await run("trust.md", ["signed", "alices", "bobs", "verified", "refusal", "signed_group", "refused_group"]);
		assert.equal(page["signed"], true);
		assert.equal(page["alices"], page["bobs"]);
		assert.equal(page["verified"], "from Alice, and nobody else");
		assert.match(page["refusal"], /^client_/);
		assert.equal(page["signed_group"].data.keys.length, 1);
		assert.equal(page["refused_group"], "client_401");
	});

	test("sessions.md", async () => {
		const backend = await appBackend(server.base_url);
		Object.assign(globalThis, {askMyServer: backend.renew});
		try {
			const {now} = Date;
			const page = await run("sessions.md", ["access_token", "alice", "user", "same"], {"https://app.example": backend.origin});
			assert.equal(page["access_token"].split(".").length, 3);
			await assert.rejects(page["alice"].getDevices(), {code: "client_422"});
			backend.remember(page["same"].data.refresh_token);
			for (const name of ["user", "same"]) {
				const before = await page[name].getJwt();
				Date.now = () => now() + 5 * 60_000;
				assert.notEqual(await page[name].getJwt(), before, name);
				Date.now = now;
			}
			assert.deepEqual(backend.asked, ["POST", "GET", "function"]);
		} finally {
			await backend.stop();
		}
	});

	test("storage.md", async () => {
		const items = new Map();
		Object.assign(globalThis, {myDatabase: items});
		const {names} = await run("storage.md", ["names"]);
		for (const begin of ["actual_user", "user_data_id_alice, who stores", "session_id_"]) {
			assert.ok(names.some((/** @type {string} */ name) => name.startsWith(begin)), `${begin} among ${names.join(", ")}`);
		}
	});

	test("errors.md", async () => {
		const page = await run("errors.md", ["wrong", "taken", "status", "error_message"]);
		assert.equal(page["wrong"], "wrong name or password");
		assert.equal(page["taken"], "that did not work (server_101)");
		assert.equal(page["status"], "server_100");
		assert.ok(page["error_message"].length > 0);
	});

	test("halves.md", async () => {
		const page = await run("halves.md", ["alice", "tablet", "group", "child", "member", "bob_id", "plain", "file", "bytes"]);
		assert.equal(page["tablet"].data.user_id, page["alice"].user.data.user_id);
		assert.equal(page["child"].data.parent_group_id, page["group"].data.group_id);
		assert.deepEqual([page["member"].user_id, page["member"].rank], [page["bob_id"], 3]);
		assert.equal(page["group"].data.keys.length, 2);
		assert.equal(page["plain"], "under the new key");
		assert.equal(page["file"].name, "report.txt");
		assert.equal(new TextDecoder().decode(page["bytes"]), "the content");
	});

	test("every page is in the index, and no link of a guide leads nowhere", async () => {
		const index = await readFile(new URL("README.md", DOCS), "utf8");
		const linked = [...index.matchAll(/\]\(([a-z-]+\.md)\)/g)].map(([, name = ""]) => name);
		for (const name of linked) {
			const text = await readFile(new URL(name, DOCS), "utf8");
			for (const [, target = ""] of text.matchAll(/\]\(((?:\.\.\/)?[\w./-]+)(?:#[\w-]+)?\)/g)) {
				await assert.doesNotReject(readFile(new URL(target, new URL(name, DOCS))), `${name} links to ${target}`);
			}
		}
		const pages = (await readdir(DOCS)).filter((name) => name.endsWith(".md") && name !== "README.md");
		assert.deepEqual(pages.filter((name) => !linked.includes(name)), []);
	});
});

/** An app's server in the place of one: it keeps a refresh token and renews with it. @param {string} base_url */
async function appBackend(base_url) {
	let refresh_token = "";
	/** @type {string[]} */
	const asked = [];
	const exchange = async (/** @type {string} */ old) => {
		const answer = await fetch(`${base_url}/api/v1/refresh`, {
			method: "PUT",
			headers: {"x-sentc-app-token": APP_TOKEN, authorization: `Bearer ${old}`},
			body: JSON.stringify({refresh_token}),
		});
		return (await answer.json()).result.jwt;
	};
	const listener = createServer(async (request, response) => {
		asked.push(request.method ?? "");
		if (request.method === "POST") {
			let body = "";
			for await (const chunk of request) {
				body += chunk;
			}
			({refresh_token} = JSON.parse(body));
			response.end();
			return;
		}
		response.end(await exchange((request.headers.authorization ?? "").replace("Bearer ", "")));
	});
	await new Promise((resolve) => listener.listen(0, "127.0.0.1", () => resolve(undefined)));
	const address = listener.address();
	return {
		origin: `http://127.0.0.1:${typeof address === "object" ? address?.port : ""}`,
		asked,
		renew: async (/** @type {string} */ old) => {
			asked.push("function");
			return exchange(old);
		},
		remember: (/** @type {string} */ token) => void (refresh_token = token),
		stop: async () => {
			listener.closeAllConnections();
			await new Promise((resolve) => listener.close(resolve));
		},
	};
}

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
