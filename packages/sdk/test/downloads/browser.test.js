import assert from "node:assert/strict";
import {after, before, beforeEach, afterEach, describe, test} from "node:test";

import {openPage, startChromium} from "../harness/chromium.js";
import {servePages} from "../harness/pages.js";
import {APP_TOKEN, startServer} from "../harness/server.js";

const MEBIBYTE = 1024 * 1024;
/** As much as takes three parts. */
const LENGTH = 9 * MEBIBYTE;

describe("downloads to an address, in Chromium", () => {
	/** @type {Awaited<ReturnType<typeof startServer>>} */
	let server;
	/** @type {Awaited<ReturnType<typeof servePages>>} */
	let pages;
	/** @type {import("playwright-core").Browser} */
	let browser;
	/** @type {import("playwright-core").Page} */
	let page;
	/** @type {import("playwright-core").BrowserContext} */
	let context;

	before(async () => {
		[server, pages, browser] = await Promise.all([startServer(), servePages(), startChromium()]);
	});
	after(async () => {
		await browser?.close();
		await pages?.stop();
		await server?.stop();
	});
	beforeEach(async () => {
		({page, context} = await openPage(browser, pages.origin));
		await prepare(page);
	});
	afterEach(() => context.close());

	/** Puts the functions that the tests call into a page. @param {import("playwright-core").Page} page */
	async function prepare(page) {
		await page.evaluate(
			async (target) => {
				const keyfold = await import("/dist/esm/browser.js");
				const {newUser} = await import("/test/api/people.js");
				/** @param {number} length @param {number} letter */
				const uploaded = async (length, letter) => {
					const {user} = await newUser(keyfold, target);
					const {file_id} = await user.createFile(new Uint8Array(length).fill(letter));
					return user.getFile(file_id);
				};
				/** The length, and the different bytes. @param {string} url */
				const loaded = async (url) => {
					const content = new Uint8Array(await (await fetch(url)).arrayBuffer());
					return [content.length, ...new Set(content)];
				};
				Object.assign(globalThis, {tools: {uploaded, loaded}});
			},
			{base_url: server.base_url, app_token: APP_TOKEN},
		);
	}

	/** Parts that lie in the database. @param {import("playwright-core").Page} page */
	const partsLeft = (page) =>
		page.evaluate(
			() =>
				new Promise((resolve, reject) => {
					const opening = indexedDB.open("sentc_encrypt_files");
					opening.onerror = reject;
					opening.onsuccess = () => {
						const counting = opening.result.transaction("decrypted_files").objectStore("decrypted_files").count();
						counting.onsuccess = () => resolve(counting.result);
						counting.onerror = reject;
					};
				}),
		);

	test("parts that an earlier page left behind do not get into the file, and are removed", async () => {
		await page.evaluate(begin, {length: LENGTH, letter: 1});
		await page.waitForFunction(() => /** @type {any} */ (globalThis).state.held);
		await page.reload();
		assert.equal(await partsLeft(page), 1);
		await prepare(page);
		const content = await page.evaluate(async (length) => {
			const {uploaded, loaded} = /** @type {any} */ (globalThis).tools;
			return loaded(await (await uploaded(length, 2)).url());
		}, LENGTH);
		assert.deepEqual(content, [LENGTH, 2]);
		assert.equal(await partsLeft(page), 0);
	});

	test("`Downloader.reset` removes parts that an earlier page left behind", async () => {
		await page.evaluate(async () => {
			const {Downloader} = await import("/dist/esm/browser.js");
			await Downloader.init();
			await (await Downloader.getStorage()).storePart(new ArrayBuffer(10));
		});
		await page.reload();
		assert.equal(await partsLeft(page), 1);
		await page.evaluate(async () => {
			const {Downloader} = await import("/dist/esm/browser.js");
			await Downloader.reset();
		});
		assert.equal(await partsLeft(page), 0);
	});

	test("two tabs that download at the same time do not mix their files", async () => {
		const other = await context.newPage();
		await other.goto(page.url());
		await prepare(other);
		await page.evaluate(begin, {length: LENGTH, letter: 1});
		await page.waitForFunction(() => /** @type {any} */ (globalThis).state.held);
		await other.evaluate(begin, {length: LENGTH, letter: 2});
		await other.evaluate(() => /** @type {any} */ (globalThis).state.release());
		// It has its turn behind the first.
		await other.waitForFunction(async () => {
			const {pending} = await navigator.locks.query();
			return /** @type {any} */ (globalThis).state.done || pending?.length === 1;
		});
		const stopped = await other.evaluate(async () => {
			const {state} = /** @type {any} */ (globalThis);
			const controller = new AbortController();
			const waiting = state.file.url({signal: controller.signal});
			controller.abort();
			return waiting.catch((/** @type {{code: string}} */ {code}) => code);
		});
		assert.equal(stopped, "client_433", "code of a download that was stopped while it waited");
		await page.evaluate(() => /** @type {any} */ (globalThis).state.release());
		assert.deepEqual(await Promise.all([page.evaluate(content), other.evaluate(content)]), [
			[LENGTH, 1],
			[LENGTH, 2],
		]);
		assert.equal(await partsLeft(page), 0);
	});

	test("a page without locks keeps its parts to itself", async () => {
		await page.evaluate(() => Object.defineProperty(navigator, "locks", {value: undefined}));
		await page.evaluate(begin, {length: LENGTH, letter: 1});
		await page.waitForFunction(() => /** @type {any} */ (globalThis).state.held);
		assert.deepEqual(await page.evaluate(async () => (await indexedDB.databases()).map(({name}) => name)), []);
		await page.evaluate(() => /** @type {any} */ (globalThis).state.release());
		assert.deepEqual(await page.evaluate(content), [LENGTH, 1]);
	});
});

/**
 * Starts to download a file of one letter in a page, of which only the first part comes before `state.release` is called.
 *
 * @param {{length: number, letter: number}} file
 */
async function begin({length, letter}) {
	const {uploaded, loaded} = /** @type {any} */ (globalThis).tools;
	const file = await uploaded(length, letter);
	const {fetch} = globalThis;
	/** @type {any} */
	const state = {file, held: false, done: false};
	const released = new Promise((resolve) => (state.release = resolve));
	let parts = 0;
	globalThis.fetch = async (...parameters) => {
		const [request] = parameters;
		const url = request instanceof Request ? request.url : String(request);
		if (/\/file\/part\/[^/]+$/.test(url) && (parts += 1) > 1) {
			state.held = true;
			await released;
		}
		return fetch(...parameters);
	};
	state.content = file.url().then(loaded);
	void state.content.then(() => (state.done = true));
	Object.assign(globalThis, {state});
}

/** What came of that. */
function content() {
	return /** @type {any} */ (globalThis).state.content;
}
