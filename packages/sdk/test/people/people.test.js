import assert from "node:assert/strict";
import {after, before, describe, test} from "node:test";

import {openPage, startChromium} from "../harness/chromium.js";
import {servePages} from "../harness/pages.js";
import {APP_TOKEN, startServer} from "../harness/server.js";

describe("people in browsers of their own", () => {
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

	/** A page of a browser without any history, on which the SDK is started. */
	async function started() {
		const opened = await openPage(browser, pages.origin);
		return {...opened, user_id: await start(opened.page)};
	}

	/** Starts the SDK on a page; whoever is logged in there already is so again. @param {import("playwright-core").Page} page */
	function start(page) {
		return page.evaluate(async (target) => {
			const {default: Sentc} = await import("/dist/esm/browser.js");
			let user = await Sentc.init(target);
			if (user === undefined) {
				const [name, password] = Sentc.generateRegisterData();
				await Sentc.register(name, password);
				user = await Sentc.login(name, password, true);
			}
			Object.assign(globalThis, {Sentc, user});
			return user.data.user_id;
		}, {base_url: server.base_url, app_token: APP_TOKEN});
	}

	test("two people share a group, texts, files and new keys", async () => {
		const [alice, bob] = await Promise.all([started(), started()]);
		const sent = await alice.page.evaluate(async (bob_id) => {
			const {user} = /** @type {{user: import("../../dist/esm/index.js").User}} */ (/** @type {unknown} */ (globalThis));
			const group = await user.getGroup(await user.createGroup(true));
			await group.inviteAuto(bob_id);
			const text = await group.encryptString("from Alice", true);
			const {file_id} = await group.createFile(new File([new Uint8Array(5_000_000).fill(7)], "sevens.bin"), true);
			return {group_id: group.data.group_id, text, file_id};
		}, bob.user_id);
		const answer = await bob.page.evaluate(
			async ([alice_id, {group_id, text, file_id}]) => {
				const {user} = /** @type {{user: import("../../dist/esm/index.js").User}} */ (/** @type {unknown} */ (globalThis));
				const group = await user.getGroup(group_id);
				const file = await group.getFile(file_id);
				const bytes = await file.bytes({signed_by: alice_id});
				return {
					text: await group.decryptString(text, true, alice_id),
					file: [file.name, bytes.length, bytes.every((byte) => byte === 7)],
					back: await group.encryptString("from Bob"),
				};
			},
			/** @type {const} */ ([alice.user_id, sent]),
		);
		assert.deepEqual([answer.text, answer.file], ["from Alice", ["sevens.bin", 5_000_000, true]]);
		const after_rotation = await alice.page.evaluate(
			async ([group_id, back]) => {
				const {user} = /** @type {{user: import("../../dist/esm/index.js").User}} */ (/** @type {unknown} */ (globalThis));
				const group = await user.getGroup(group_id);
				const read = await group.decryptString(back);
				await group.keyRotation();
				return {read, text: await group.encryptString("with a new key")};
			},
			/** @type {const} */ ([sent.group_id, answer.back]),
		);
		assert.equal(after_rotation.read, "from Bob");
		const read = await bob.page.evaluate(
			async ([group_id, text]) => {
				const {user} = /** @type {{user: import("../../dist/esm/index.js").User}} */ (/** @type {unknown} */ (globalThis));
				const group = await user.getGroup(group_id);
				// The server passes new keys on in its own time.
				for (const deadline = Date.now() + 30_000; ; ) {
					try {
						return await group.decryptString(text);
					} catch (error) {
						if (Date.now() > deadline) {
							throw error;
						}
					}
				}
			},
			/** @type {const} */ ([sent.group_id, after_rotation.text]),
		);
		assert.equal(read, "with a new key");
		await Promise.all([alice.context.close(), bob.context.close()]);
	});

	test("a second tab is logged in as the first one, and both can go on", async () => {
		const {page, context, user_id} = await started();
		const tab = await context.newPage();
		await tab.goto(`${pages.origin}/test/harness/empty.html`);
		assert.equal(await start(tab), user_id);
		const group_id = await page.evaluate(() => /** @type {any} */ (globalThis).user.createGroup());
		const text = await tab.evaluate(async (group_id) => {
			const group = await /** @type {any} */ (globalThis).user.getGroup(group_id);
			return group.encryptString("from the second tab");
		}, group_id);
		const read = await page.evaluate(
			async ([group_id, text]) => (await /** @type {any} */ (globalThis).user.getGroup(group_id)).decryptString(text),
			/** @type {const} */ ([group_id, text]),
		);
		assert.equal(read, "from the second tab");
		// Tokens run out in both tabs; each renews its own.
		const tokens = await Promise.all(
			[page, tab].map((page) =>
				page.evaluate(async () => {
					const now = Date.now;
					Date.now = () => now() + 5 * 60_000;
					const {user} = /** @type {any} */ (globalThis);
					const before = user.data.jwt;
					await user.getDevices();
					return before !== user.data.jwt;
				}),
			),
		);
		assert.deepEqual(tokens, [true, true]);
		await page.evaluate(() => /** @type {any} */ (globalThis).user.logOut());
		await tab.reload();
		assert.notEqual(await start(tab), user_id);
		await context.close();
	});

	test("without a network stored groups can be read, and all goes on when it is back", async () => {
		const {page, context} = await started();
		const {group_id, text} = await page.evaluate(async () => {
			const {user} = /** @type {any} */ (globalThis);
			const group = await user.getGroup(await user.createGroup());
			return {group_id: group.data.group_id, text: await group.encryptString("kept")};
		});
		await context.setOffline(true);
		const offline = await page.evaluate(
			async ([group_id, text]) => {
				const {user} = /** @type {any} */ (globalThis);
				const group = await user.getGroup(group_id);
				const code = await user.getDevices().catch((/** @type {any} */ error) => error.code);
				return {text: await group.decryptString(text), code};
			},
			/** @type {const} */ ([group_id, text]),
		);
		assert.deepEqual(offline, {text: "kept", code: "client_1000"});
		await context.setOffline(false);
		assert.equal(await page.evaluate(async () => (await /** @type {any} */ (globalThis).user.getDevices()).length), 1);
		await context.close();
	});
});
