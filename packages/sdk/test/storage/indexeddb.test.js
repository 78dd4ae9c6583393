import assert from "node:assert/strict";
import {after, before, describe, test} from "node:test";

import {openPage, startChromium} from "../harness/chromium.js";
import {servePages} from "../harness/pages.js";
import {suite} from "./suite.js";

describe("a store in IndexedDB, in Chromium", () => {
	/** @type {Awaited<ReturnType<typeof servePages>>} */
	let pages;
	/** @type {import("playwright-core").Browser} */
	let browser;

	before(async () => {
		pages = await servePages();
		browser = await startChromium();
	});
	after(async () => {
		await browser.close();
		await pages.stop();
	});

	for (const behaviour of Object.keys(suite)) {
		test(behaviour, async () => {
			const {page, context} = await openPage(browser, pages.origin);
			await page.evaluate(async (behaviour) => {
				const {IndexeddbStorage} = await import("/dist/esm/browser.js");
				const {suite} = await import("/test/storage/suite.js");
				let count = 0;
				await suite[behaviour]?.(async () => {
					const store = new IndexeddbStorage(`database ${(count += 1)}`, "keys");
					await store.init();
					return store;
				});
			}, behaviour);
			await context.close();
		});
	}

	test("items outlive a reload of the page", async () => {
		const {page, context} = await openPage(browser, pages.origin);
		await page.evaluate(async () => {
			const {IndexeddbStorage} = await import("/dist/esm/browser.js");
			await new IndexeddbStorage().set("item", "a");
		});
		await page.reload();
		const item = await page.evaluate(async () => {
			const {IndexeddbStorage} = await import("/dist/esm/browser.js");
			return new IndexeddbStorage().getItem("item");
		});
		assert.equal(item, "a");
		await context.close();
	});

	test("a worker sees the items of its window", async () => {
		const {page, context} = await openPage(browser, pages.origin);
		const item = await page.evaluate(async () => {
			const {IndexeddbStorage} = await import("/dist/esm/browser.js");
			await new IndexeddbStorage().set("item", "a");
			const source = `
				import {IndexeddbStorage} from "${location.origin}/dist/esm/browser.js";
				postMessage(await new IndexeddbStorage().getItem("item"));
			`;
			const worker = new Worker(URL.createObjectURL(new Blob([source], {type: "text/javascript"})), {type: "module"});
			return new Promise((resolve, reject) => {
				worker.onmessage = ({data}) => resolve(data);
				worker.onerror = reject;
			});
		});
		assert.equal(item, "a");
		await context.close();
	});

	test("an open store does not keep another tab from deleting the database", async () => {
		const {page, context} = await openPage(browser, pages.origin);
		const outcome = await page.evaluate(async () => {
			const {IndexeddbStorage} = await import("/dist/esm/browser.js");
			const store = new IndexeddbStorage("shared", "keys");
			await store.set("item", "a");
			const deleted = await new Promise((resolve, reject) => {
				const request = indexedDB.deleteDatabase("shared");
				request.onsuccess = () => resolve("deleted");
				request.onerror = reject;
			});
			return [deleted, await store.getItem("item")];
		});
		assert.deepEqual(outcome, ["deleted", undefined]);
		await context.close();
	});

	test("without IndexedDB, memory takes its place and the app is told", async () => {
		const {page, context} = await openPage(browser, pages.origin);
		const outcome = await page.evaluate(async () => {
			const {MemoryStorage, StorageFactory} = await import("/dist/esm/browser.js");
			Object.defineProperty(globalThis, "indexedDB", {value: undefined});
			/** @type {{err?: string; warn?: string}[]} */
			const reports = [];
			const store = await StorageFactory.getStorage((report) => reports.push(report));
			await store.set("item", "a");
			return {memory: store instanceof MemoryStorage, item: await store.getItem("item"), reports};
		});
		assert.equal(outcome.memory, true);
		assert.equal(outcome.item, "a");
		assert.equal(outcome.reports.length, 1);
		assert.match(outcome.reports[0]?.warn ?? "", /login ends with this page/);
		await context.close();
	});
});
