import assert from "node:assert/strict";
import {after, before, describe, test} from "node:test";

import {createRefreshHandler, toNodeHandler} from "keyfold-backend";

import {openPage, startChromium} from "../../../sdk/test/harness/chromium.js";
import {servePages} from "../../../sdk/test/harness/pages.js";
import {APP_TOKEN, startWorld} from "../harness/world.js";

describe("the SDK with this package behind it, in Chromium", () => {
	/** @type {import("../harness/world.js").World} */
	let world;
	/** @type {Awaited<ReturnType<typeof servePages>>} */
	let pages;
	/** @type {Awaited<ReturnType<typeof servePages>>} */
	let foreign;
	/** @type {Awaited<ReturnType<typeof startChromium>>} */
	let browser;

	before(async () => {
		[world, browser] = await Promise.all([startWorld(), startChromium()]);
		const session = toNodeHandler(createRefreshHandler({backend: world.backend}));
		pages = await servePages({"GET /session": session, "POST /session": session, "DELETE /session": session, "OPTIONS /session": session});
		foreign = await servePages();
	});
	after(async () => {
		await browser?.close();
		await pages?.stop();
		await foreign?.stop();
		await world?.stop();
	});

	/**
	 * Logs in on a page, and lets the backend keep the refresh token.
	 *
	 * @param {Awaited<ReturnType<typeof openPage>>["page"]} page
	 * @param {0 | 1} endpoint
	 */
	function logIn(page, endpoint) {
		return page.evaluate(
			async ([target, endpoint]) => {
				const {default: Sentc} = await import(/** @type {string} */ ("/dist/esm/browser.js"));
				const refresh = {
					endpoint,
					endpoint_url: "/session",
					endpoint_fn: async (/** @type {string} */ old) =>
						(await fetch("/session", {headers: {authorization: `Bearer ${old}`}})).text(),
				};
				await Sentc.init({...target, refresh});
				const [name, password] = Sentc.generateRegisterData();
				await Sentc.register(name, password);
				const user = await Sentc.login(name, password, true);
				const answer = await fetch("/session", {
					method: "POST",
					headers: {authorization: `Bearer ${await user.getJwt()}`},
					body: JSON.stringify({refresh_token: user.data.refresh_token}),
				});
				Object.assign(globalThis, {user});
				return {status: answer.status, cookies: document.cookie, first: await user.getJwt()};
			},
			/** @type {const} */ ([{base_url: world.base_url, app_token: APP_TOKEN}, endpoint]),
		);
	}

	for (const endpoint of /** @type {const} */ ([0, 1])) {
		test(`mode ${endpoint}: tokens are renewed by a cookie that no script sees, until the session ends`, async () => {
			const {page, context} = await openPage(browser, pages.origin);
			const {status, cookies, first} = await logIn(page, endpoint);
			assert.deepEqual([status, cookies], [200, ""]);
			const [cookie] = await context.cookies();
			assert.deepEqual(
				[cookie?.name, cookie?.httpOnly, cookie?.secure, cookie?.sameSite],
				["__Host-keyfold_refresh", true, true, "Strict"],
			);
			const second = await page.evaluate(async () => {
				const now = Date.now;
				Date.now = () => now() + 5 * 60_000;
				const {user} = /** @type {any} */ (globalThis);
				const second = await user.getJwt();
				await user.getGroups();
				return second;
			});
			assert.notEqual(second, first);
			assert.equal((await world.backend.withJwt(second).tokenOwner()).device_id.length, 36);

			const after = await page.evaluate(async (jwt) => {
				const headers = {authorization: `Bearer ${jwt}`};
				const ended = await fetch("/session", {method: "DELETE", headers});
				const renewed = await fetch("/session", {headers});
				return [ended.status, renewed.status];
			}, second);
			assert.deepEqual(after, [200, 401]);
			assert.deepEqual(await context.cookies(), []);
			await context.close();
		});
	}

	test("a page of another origin cannot renew, even with a stolen access token", async () => {
		const {page, context} = await openPage(browser, pages.origin);
		const {first} = await logIn(page, 0);
		// Another port: the browser counts it as the same site, and sends the cookie along.
		await page.goto(`${foreign.origin}/test/harness/empty.html`);
		const outcome = await page.evaluate(
			async ([url, jwt]) => {
				const headers = {authorization: `Bearer ${jwt}`};
				const asked = await fetch(url, {headers, credentials: "include"}).then((answer) => answer.text(), () => "refused");
				const simple = await fetch(url, {credentials: "include", mode: "no-cors"}).then((answer) => answer.type);
				return [asked, simple];
			},
			/** @type {const} */ ([`${pages.origin}/session`, first]),
		);
		assert.deepEqual(outcome, ["refused", "opaque"]);
		await context.close();
	});
});
