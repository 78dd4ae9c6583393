import assert from "node:assert/strict";
import {after, before, describe, test} from "node:test";

import {startChromium} from "../../../sdk/test/harness/chromium.js";
import {APP_TOKEN, startServer} from "../../../sdk/test/harness/server.js";
import {servePages} from "../harness/pages.js";
import {scenarios} from "./scenarios.js";

describe("the light API in Chromium", () => {
	/** @type {Awaited<ReturnType<typeof startServer>>} */
	let server;
	/** @type {Awaited<ReturnType<typeof servePages>>} */
	let pages;
	/** @type {Awaited<ReturnType<typeof startChromium>>} */
	let browser;

	before(async () => {
		[server, pages, browser] = await Promise.all([startServer(), servePages(), startChromium()]);
	});
	after(async () => {
		await browser?.close();
		await pages?.stop();
		await server?.stop();
	});

	/** An empty page, in a context of its own. */
	async function openPage() {
		const context = await browser.newContext();
		const page = await context.newPage();
		await page.goto(`${pages.origin}/light/test/harness/empty.html`);
		return {page, context, target: {base_url: server.base_url, app_token: APP_TOKEN}};
	}

	for (const name of Object.keys(scenarios)) {
		test(name, async () => {
			const {page, context, target} = await openPage();
			await page.evaluate(
				async ([name, target]) => {
					const {scenarios} = await import(/** @type {string} */ ("/light/test/api/scenarios.js"));
					await scenarios[name](await import(/** @type {string} */ ("/light/dist/esm/browser.js")), target);
				},
				/** @type {const} */ ([name, target]),
			);
			await context.close();
		});
	}

	test("as a plain script, under the global name that existing pages use", async () => {
		const {page, context, target} = await openPage();
		await page.addScriptTag({url: "/light/dist/sentc-light.min.js"});
		const kind = await page.evaluate(async (target) => {
			const {default: Sentc} = /** @type {any} */ (globalThis).Sentc;
			await Sentc.init(target);
			const [name, password] = Sentc.generateRegisterData();
			await Sentc.register(name, password);
			return (await Sentc.login(name, password)).kind;
		}, target);
		assert.equal(kind, "user");
		await context.close();
	});

	test("the login outlives a reload of the page, and tokens lie encrypted in IndexedDB", async () => {
		const {page, context, target} = await openPage();
		const before = await page.evaluate(async (target) => {
			const {default: Sentc} = await import(/** @type {string} */ ("/light/dist/esm/browser.js"));
			await Sentc.init(target);
			const [name, password] = Sentc.generateRegisterData();
			await Sentc.register(name, password);
			const user = await Sentc.login(name, password, true);
			return {user: user.data.user_id, group: await user.createGroup(), token: user.data.refresh_token, name};
		}, target);
		await page.reload();
		const after = await page.evaluate(
			async ([target, {group, name, token}]) => {
				const {default: Sentc} = await import(/** @type {string} */ ("/light/dist/esm/browser.js"));
				const user = await Sentc.init(target);
				const databases = (await indexedDB.databases()).map(({name}) => name ?? "");
				const database = databases.find((name) => name.startsWith("keyfold_light_") && !name.endsWith("_wrapping")) ?? "";
				const entry = await new Promise((resolve) => {
					indexedDB.open(database).onsuccess = (event) => {
						const {result} = /** @type {IDBOpenDBRequest} */ (event.target);
						const request = result.transaction("keys").objectStore("keys").get(`user_data_id_${name}`);
						request.onsuccess = () => resolve(request.result);
					};
				});
				const kept = new TextDecoder().decode(/** @type {{sealed: ArrayBuffer}} */ (entry).sealed);
				const {rank} = (await user.getGroup(group)).data;
				return {user: user.data.user_id, rank, readable: kept.includes(token)};
			},
			/** @type {const} */ ([target, before]),
		);
		assert.deepEqual(after, {user: before.user, rank: 0, readable: false});
		await context.close();
	});

	test("nothing of the WebAssembly is loaded before `init`, and nothing of the full SDK ever", async () => {
		const {page, context, target} = await openPage();
		/** @type {string[]} */
		const requests = [];
		page.on("request", (request) => requests.push(new URL(request.url()).pathname));
		await page.evaluate(() => import(/** @type {string} */ ("/light/dist/esm/browser.js")).then(() => undefined));
		assert.deepEqual(requests, ["/light/dist/esm/browser.js"]);
		await page.evaluate(async (target) => {
			const {default: Sentc} = await import(/** @type {string} */ ("/light/dist/esm/browser.js"));
			await Sentc.init(target);
		}, target);
		assert.deepEqual(requests.slice(1), ["/light/dist/keyfold-light.wasm"]);
		await context.close();
	});

	test("the build with the WebAssembly inside loads no file", async () => {
		const {page, context, target} = await openPage();
		/** @type {string[]} */
		const requests = [];
		page.on("request", (request) => requests.push(new URL(request.url()).pathname));
		const count = await page.evaluate(async (target) => {
			const {default: Sentc} = await import(/** @type {string} */ ("/light/dist/esm/inline.js"));
			await Sentc.init(target);
			return Sentc.generateRegisterData().length;
		}, target);
		assert.equal(count, 2);
		assert.deepEqual(requests, ["/light/dist/esm/inline.js"]);
		await context.close();
	});
});
