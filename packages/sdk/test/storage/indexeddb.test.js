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

	test("texts lie encrypted in the database, under a key that cannot be read", async () => {
		const {page, context} = await openPage(browser, pages.origin);
		const found = await page.evaluate(async () => {
			const {IndexeddbStorage} = await import("/dist/esm/browser.js");
			const store = new IndexeddbStorage();
			await store.set("item", "a secret");
			await store.set("other", "another one");
			/** @type {(database: string, objects: string, key: string) => Promise<any>} */
			const read = (database, objects, key) =>
				new Promise((resolve, reject) => {
					const opening = indexedDB.open(database);
					opening.onerror = reject;
					opening.onsuccess = () => {
						const reading = opening.result.transaction(objects).objectStore(objects).get(key);
						reading.onsuccess = () => resolve(reading.result);
						reading.onerror = reject;
					};
				});
			const entry = await read("sentclose", "keys", "item");
			const text = new TextDecoder("latin1").decode(entry.sealed);
			const key = await read("sentclose_wrapping", "wrapping", "key");
			const exported = await crypto.subtle.exportKey("raw", key).catch((error) => error.name);

			// An entry that was put in the place of another is not read.
			const opening = indexedDB.open("sentclose");
			await new Promise((resolve) => (opening.onsuccess = resolve));
			const writing = opening.result.transaction("keys", "readwrite");
			writing.objectStore("keys").put(entry, "other");
			await new Promise((resolve) => (writing.oncomplete = resolve));
			const moved = await store.getItem("other").catch((error) => error.name);
			return {members: Object.keys(entry), secret: text.includes("secret"), extractable: key.extractable, exported, moved};
		});
		assert.deepEqual(found, {
			members: ["nonce", "sealed"],
			secret: false,
			extractable: false,
			exported: "InvalidAccessError",
			moved: "OperationError",
		});
		await context.close();
	});

	test("two tabs that start at the same time agree on the key", async () => {
		const {page, context} = await openPage(browser, pages.origin);
		const other = await context.newPage();
		await other.goto(page.url());
		const write = async (/** @type {string} */ name) => {
			const {IndexeddbStorage} = await import("/dist/esm/browser.js");
			await new IndexeddbStorage().set(name, name);
		};
		await Promise.all([page.evaluate(write, "one"), other.evaluate(write, "other")]);
		await page.reload();
		const items = await page.evaluate(async () => {
			const {IndexeddbStorage} = await import("/dist/esm/browser.js");
			const store = new IndexeddbStorage();
			return [await store.getItem("one"), await store.getItem("other")];
		});
		assert.deepEqual(items, ["one", "other"]);
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
