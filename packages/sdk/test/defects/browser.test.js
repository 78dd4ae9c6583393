import {after, before, describe, test} from "node:test";

import {openPage, startChromium} from "../harness/chromium.js";
import {servePages} from "../harness/pages.js";
import {APP_TOKEN, startServer} from "../harness/server.js";
import {scenarios} from "./scenarios.js";

describe("what others got wrong, in Chromium", () => {
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

	for (const name of Object.keys(scenarios)) {
		test(name, async () => {
			const {page, context} = await openPage(browser, pages.origin);
			await page.evaluate(
				async ([name, target]) => {
					const {scenarios} = await import("/test/defects/scenarios.js");
					await scenarios[name]?.(await import("/dist/esm/browser.js"), target);
				},
				/** @type {const} */ ([name, {base_url: server.base_url, app_token: APP_TOKEN}]),
			);
			await context.close();
		});
	}
});
