import assert from "node:assert/strict";
import {after, before, describe, test} from "node:test";

import {openPage, startChromium} from "../harness/chromium.js";
import {servePages} from "../harness/pages.js";
import {APP_TOKEN, startServer} from "../harness/server.js";

describe("in Chromium", () => {
	/** @type {Awaited<ReturnType<typeof startServer>>} */
	let server;
	/** @type {Awaited<ReturnType<typeof servePages>>} */
	let pages;
	/** @type {import("playwright-core").Browser} */
	let browser;

	before(async () => {
		[server, pages, browser] = await Promise.all([startServer(), servePages(), startChromium()]);
	});
	after(async () => {
		await browser?.close();
		await pages?.stop();
		await server?.stop();
	});

	for (const name of /** @type {const} */ (["walk", "ownBackend"])) {
		test(`an ES module on a page: ${name}`, async () => {
			const {page, context, complaints} = await openPage(browser, pages.origin);
			await page.evaluate(
				async ([name, target]) => {
					const walks = await import("/test/walk/walk.js");
					await walks[name](await import("/dist/esm/browser.js"), target);
				},
				/** @type {const} */ ([name, {base_url: server.base_url, app_token: APP_TOKEN}]),
			);
			// Refused requests show up on the console; they are part of the walk.
			assert.deepEqual(complaints.filter((text) => !text.startsWith("Failed to load resource")), []);
			await context.close();
		});

		test(`a plain script on a page: ${name}`, async () => {
			const {page, context} = await openPage(browser, pages.origin);
			await page.addScriptTag({url: "/dist/keyfold.min.js"});
			await page.evaluate(
				async ([name, target]) => {
					const walks = await import("/test/walk/walk.js");
					await walks[name](/** @type {any} */ (globalThis).Sentc, target);
				},
				/** @type {const} */ ([name, {base_url: server.base_url, app_token: APP_TOKEN}]),
			);
			await context.close();
		});
	}

	test("a module worker", async () => {
		const {page, context} = await openPage(browser, pages.origin);
		await page.evaluate(
			async (target) => {
				const source = `
					try {
						const {walk} = await import("${location.origin}/test/walk/walk.js");
						await walk(await import("${location.origin}/dist/esm/browser.js"), ${JSON.stringify(target)});
						postMessage("done");
					} catch (error) {
						postMessage(String(error));
					}
				`;
				const worker = new Worker(URL.createObjectURL(new Blob([source], {type: "text/javascript"})), {type: "module"});
				const outcome = await new Promise((resolve, reject) => {
					worker.onmessage = ({data}) => resolve(data);
					worker.onerror = reject;
				});
				if (outcome !== "done") {
					throw new Error(outcome);
				}
			},
			{base_url: server.base_url, app_token: APP_TOKEN},
		);
		await context.close();
	});

	test("the login outlives a reload of the page", async () => {
		const {page, context} = await openPage(browser, pages.origin);
		const target = {base_url: server.base_url, app_token: APP_TOKEN};
		const before = await page.evaluate(async (target) => {
			const {default: Sentc} = await import("/dist/esm/browser.js");
			await Sentc.init(target);
			const [name, password] = Sentc.generateRegisterData();
			await Sentc.register(name, password);
			const user = await Sentc.login(name, password, true);
			const group = await user.getGroup(await user.createGroup());
			return {user: user.data.user_id, group: group.data.group_id, text: await group.encryptString("kept")};
		}, target);
		await page.reload();
		const after = await page.evaluate(
			async ([target, {group, text}]) => {
				const {default: Sentc} = await import("/dist/esm/browser.js");
				const user = await Sentc.init(target);
				return {user: user?.data.user_id, text: await (await user?.getGroup(group))?.decryptString(text)};
			},
			/** @type {const} */ ([target, before]),
		);
		assert.deepEqual(after, {user: before.user, text: "kept"});
		await context.close();
	});

	test("nothing of the WebAssembly is loaded before `init`, and then it is compiled while it arrives", async () => {
		const {page, context} = await openPage(browser, pages.origin);
		/** @type {string[]} */
		const requests = [];
		page.on("request", (request) => requests.push(new URL(request.url()).pathname));
		await page.evaluate(async () => {
			const streaming = WebAssembly.instantiateStreaming;
			WebAssembly.instantiateStreaming = (...parameters) => {
				/** @type {any} */ (globalThis).streamed = true;
				return streaming(...parameters);
			};
			await import("/dist/esm/browser.js");
		});
		assert.deepEqual(requests, ["/dist/esm/browser.js"]);
		const streamed = await page.evaluate(async (target) => {
			const {default: Sentc} = await import("/dist/esm/browser.js");
			await Sentc.init(target);
			return /** @type {any} */ (globalThis).streamed;
		}, {base_url: server.base_url, app_token: APP_TOKEN});
		assert.equal(streamed, true);
		assert.deepEqual(requests.filter((path) => path.endsWith(".wasm")), ["/dist/keyfold.wasm"]);
		await context.close();
	});

	test("`wasm_path` says where the WebAssembly is, and a wrong one is an error that can be mended", async () => {
		const {page, context} = await openPage(browser, pages.origin);
		/** @type {string[]} */
		const requests = [];
		page.on("request", (request) => requests.push(new URL(request.url()).pathname));
		const outcome = await page.evaluate(async (target) => {
			const {default: Sentc, KeyfoldError} = await import("/dist/esm/browser.js");
			const error = await Sentc.init({...target, wasm_path: "/nowhere.wasm"}).catch((error) => error);
			await Sentc.init({...target, wasm_path: "/dist/keyfold.wasm"});
			return {ours: error instanceof KeyfoldError, code: error.code, credentials: Sentc.generateRegisterData().length};
		}, {base_url: server.base_url, app_token: APP_TOKEN});
		assert.deepEqual(outcome, {ours: true, code: "client_481", credentials: 2});
		assert.deepEqual(requests.filter((path) => path.endsWith(".wasm")), ["/nowhere.wasm", "/dist/keyfold.wasm"]);
		await context.close();
	});

	test("the effective settings can be read, and a second `init` changes none", async () => {
		const {page, context} = await openPage(browser, pages.origin);
		const outcome = await page.evaluate(async (target) => {
			const {default: Sentc} = await import("/dist/esm/browser.js");
			const first = await Sentc.init({...target, wasm_path: "/dist/keyfold.wasm"});
			const [name, password] = Sentc.generateRegisterData();
			const id = await Sentc.register(name, password);
			await Sentc.login(name, password);
			const second = await Sentc.init({app_token: "another", base_url: "https://elsewhere.example"});
			return {first, id, second: second?.data.user_id, options: Sentc.options};
		}, {base_url: server.base_url, app_token: APP_TOKEN});
		assert.equal(outcome.first, undefined);
		assert.equal(outcome.second, outcome.id);
		assert.deepEqual(outcome.options, {base_url: server.base_url, app_token: APP_TOKEN});
		await context.close();
	});

	test("data of another program under our names means logging in again, not a broken start", async () => {
		const {page, context} = await openPage(browser, pages.origin);
		await page.evaluate(async (target) => {
			const {afterAnotherProgram} = await import("/test/walk/walk.js");
			const keyfold = await import("/dist/esm/browser.js");
			await afterAnotherProgram(keyfold, target, new keyfold.IndexeddbStorage());
		}, {base_url: server.base_url, app_token: APP_TOKEN});
		await context.close();
	});
});
