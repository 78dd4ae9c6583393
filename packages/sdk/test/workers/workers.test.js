import assert from "node:assert/strict";
import {execFile} from "node:child_process";
import {after, before, describe, test} from "node:test";
import {promisify} from "node:util";

import {openPage, startChromium} from "../harness/chromium.js";
import {servePages} from "../harness/pages.js";
import {APP_TOKEN, startServer} from "../harness/server.js";

describe("D-19 places without a window", () => {
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

	test("a service worker", async () => {
		const {page, context} = await openPage(browser, pages.origin);
		const outcome = await page.evaluate(async (target) => {
			const registration = await navigator.serviceWorker.register("/test/workers/service.js", {type: "module"});
			const worker = registration.installing ?? registration.waiting ?? registration.active;
			await new Promise((resolve) => {
				const look = () => worker?.state === "activated" && resolve(undefined);
				worker?.addEventListener("statechange", look);
				look();
			});
			const {port1, port2} = new MessageChannel();
			const answered = new Promise((resolve) => {
				port1.onmessage = ({data}) => resolve(data);
			});
			worker?.postMessage(target, [port2]);
			return answered;
		}, {base_url: server.base_url, app_token: APP_TOKEN});
		assert.equal(outcome, "done");
		await context.close();
	});

	test("a classic worker with the script, told where the WebAssembly is", async () => {
		const {page, context} = await openPage(browser, pages.origin);
		const outcome = await page.evaluate(
			async (target) => {
				const source = `
					importScripts("${location.origin}/dist/sentc.min.js");
					(async () => {
						const sentc = self.Sentc.default;
						await sentc.init({...${JSON.stringify(target)}, wasm_path: "${location.origin}/dist/keyfold.wasm"});
						return sentc.generateRegisterData().length;
					})().then(postMessage, (error) => postMessage(String(error)));
				`;
				const worker = new Worker(URL.createObjectURL(new Blob([source], {type: "text/javascript"})));
				return new Promise((resolve, reject) => {
					worker.onmessage = ({data}) => resolve(data);
					worker.onerror = reject;
				});
			},
			{base_url: server.base_url, app_token: APP_TOKEN},
		);
		assert.equal(outcome, 2);
		await context.close();
	});

	test("a server that renders pages imports the browser's build, and nothing happens", async () => {
		const browserBuild = new URL("../../dist/esm/browser.js", import.meta.url).href;
		const code = `
			for (const name of ["window", "document", "location", "indexedDB", "fetch"]) {
				Object.defineProperty(globalThis, name, {get() { throw new Error(name + " was touched"); }});
			}
			const {default: Sentc, User} = await import(${JSON.stringify(browserBuild)});
			if (typeof Sentc.init !== "function" || typeof User !== "function") throw new Error("nothing imported");
		`;
		await promisify(execFile)(process.execPath, ["--input-type=module", "--eval", code]);
	});

	test("the build with the WebAssembly inside loads no file", async () => {
		const {page, context} = await openPage(browser, pages.origin);
		/** @type {string[]} */
		const requests = [];
		page.on("request", (request) => requests.push(new URL(request.url()).pathname));
		const count = await page.evaluate(async (target) => {
			const {default: Sentc} = await import("/dist/esm/inline.js");
			await Sentc.init(target);
			return Sentc.generateRegisterData().length;
		}, {base_url: server.base_url, app_token: APP_TOKEN});
		assert.equal(count, 2);
		assert.deepEqual(requests, ["/dist/esm/inline.js"]);
		await context.close();
	});

	test("`wasm_path` names another module for that build, too", async () => {
		const {page, context} = await openPage(browser, pages.origin);
		/** @type {string[]} */
		const requests = [];
		page.on("request", (request) => requests.push(new URL(request.url()).pathname));
		const [missing, count] = await page.evaluate(async (target) => {
			const {createClient} = await import("/dist/esm/inline.js");
			const code = await createClient({...target, wasm_path: "/nowhere.wasm"}).catch((error) => error.code);
			const client = await createClient({...target, wasm_path: "/dist/keyfold.wasm"});
			return [code, client.generateRegisterData().length];
		}, {base_url: server.base_url, app_token: APP_TOKEN});
		assert.deepEqual([missing, count], ["client_481", 2]);
		assert.deepEqual(requests, ["/dist/esm/inline.js", "/nowhere.wasm", "/dist/keyfold.wasm"]);
		await context.close();
	});
});
