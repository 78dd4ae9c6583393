import assert from "node:assert/strict";
import {after, before, test} from "node:test";

import {openPage, startChromium} from "../harness/chromium.js";
import {servePages} from "../harness/pages.js";
import {APP_TOKEN, startServer} from "../harness/server.js";

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

test("D-01 a user is found again by `init` without any address of a server", async () => {
	const {page, context} = await openPage(browser, pages.origin);
	await context.route("https://api.sentc.com/**", async (route) => {
		const url = route.request().url().replace("https://api.sentc.com", server.base_url);
		const response = await route.fetch({url});
		await route.fulfill({response, headers: {...response.headers(), "access-control-allow-origin": "*"}});
	});
	const id = await page.evaluate(async (app_token) => {
		const {default: Sentc} = await import("/dist/esm/browser.js");
		await Sentc.init({app_token});
		const [name, password] = Sentc.generateRegisterData();
		await Sentc.register(name, password);
		return (await Sentc.login(name, password, true)).data.user_id;
	}, APP_TOKEN);
	await page.reload();
	const found = await page.evaluate(async (app_token) => {
		const {default: Sentc} = await import("/dist/esm/browser.js");
		const user = await Sentc.init({app_token});
		return {id: user?.data.user_id, invitations: user?.group_invites, base_url: Sentc.options.base_url};
	}, APP_TOKEN);
	assert.deepEqual(found, {id, invitations: [], base_url: "https://api.sentc.com"});
	await context.close();
});
