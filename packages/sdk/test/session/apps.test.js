import assert from "node:assert/strict";
import {execFile} from "node:child_process";
import {mkdtemp, readdir, rm, stat} from "node:fs/promises";
import {tmpdir} from "node:os";
import {join} from "node:path";
import {after, before, describe, test} from "node:test";
import {promisify} from "node:util";

import {openPage, startChromium} from "../harness/chromium.js";
import {servePages} from "../harness/pages.js";
import {APP_TOKEN, startServer} from "../harness/server.js";

describe("several apps side by side, with the stores of the platform", () => {
	/** @type {Awaited<ReturnType<typeof startServer>>[]} */
	let servers = [];
	/** @type {{base_url: string, app_token: string}[]} */
	let apps = [];

	before(async () => {
		servers = await Promise.all([startServer(), startServer()]);
		apps = servers.map(({base_url}) => ({base_url, app_token: APP_TOKEN}));
	});
	after(() => Promise.all(servers.map((server) => server.stop())));

	test("on one page: no app sees the users of another, before and after a reload", async () => {
		const [pages, browser] = await Promise.all([servePages(), startChromium()]);
		try {
			const {page, context} = await openPage(browser, pages.origin);
			const ids = await page.evaluate(
				async ([apps, url]) => (await import(url)).logIn(await import("/dist/esm/browser.js"), apps, "alice"),
				/** @type {const} */ ([apps, "/test/session/apps.js"]),
			);
			await page.reload();
			const found = await page.evaluate(
				async ([apps, url]) => (await import(url)).loggedIn(await import("/dist/esm/browser.js"), apps),
				/** @type {const} */ ([apps, "/test/session/apps.js"]),
			);
			assert.deepEqual(found, ids);
			assert.equal(new Set(ids).size, 2);
			await context.close();
		} finally {
			await Promise.all([browser.close(), pages.stop()]);
		}
	});

	test("in one program of Node: in folders that only the owner can read", async () => {
		const folder = await mkdtemp(join(tmpdir(), "keyfold-apps-"));
		try {
			const ids = await inProgram("logIn", folder);
			assert.deepEqual(await inProgram("loggedIn", folder), ids);
			assert.equal(new Set(ids).size, 2);
			const stores = await readdir(join(folder, "sentc_encrypt_files"));
			assert.equal(stores.length, 2);
			for (const store of stores) {
				assert.equal((await stat(join(folder, "sentc_encrypt_files", store))).mode & 0o777, 0o700);
			}
		} finally {
			await rm(folder, {recursive: true, force: true});
		}
	});

	/** @param {string} name @param {string} folder @returns {Promise<string[]>} */
	async function inProgram(name, folder) {
		const [keyfold, steps] = [import.meta.resolve("keyfold"), new URL("apps.js", import.meta.url).href];
		const code = `
			const {${name}} = await import(${JSON.stringify(steps)});
			console.log(JSON.stringify(await ${name}(await import(${JSON.stringify(keyfold)}), ${JSON.stringify(apps)}, "bob")));
		`;
		const {stdout} = await promisify(execFile)(process.execPath, ["--input-type=module", "--eval", code], {cwd: folder});
		return JSON.parse(stdout);
	}
});
