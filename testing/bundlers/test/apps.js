import {cp} from "node:fs/promises";
import {join} from "node:path";
import {fileURLToPath} from "node:url";

import {APP_TOKEN} from "../../../packages/sdk/test/harness/server.js";

const HERE = new URL("../", import.meta.url);

/**
 * Puts our packages into an app as npm installs them: what is published, in folders and not through links.
 *
 * @param {string} app
 */
export async function installPackages(app) {
	for (const [name, source] of [["keyfold", "sdk"], ["keyfold-light", "light"]]) {
		for (const published of ["package.json", "dist"]) {
			const from = fileURLToPath(new URL(`../../packages/${source}/${published}`, HERE));
			await cp(from, join(app, "node_modules", name ?? "", published), {recursive: true});
		}
	}
}

/**
 * Runs functions of an app on its page.
 *
 * @param {Awaited<ReturnType<typeof import("../../../packages/sdk/test/harness/chromium.js").startChromium>>} browser
 * @param {{base_url: string}} server
 * @param {string} address
 * @param {string[]} names
 * @param {string} [script] what to load into an empty page
 * @param {object} [options] further ones of `init`
 */
export async function run(browser, server, address, names, script, options = {}) {
	const context = await browser.newContext();
	const page = await context.newPage();
	await page.goto(address);
	if (script !== undefined) {
		await page.addScriptTag({type: "module", url: script});
	}
	const outcomes = [];
	for (const name of names) {
		await page.waitForFunction((name) => name in globalThis, name);
		const target = {base_url: server.base_url, app_token: APP_TOKEN, ...options};
		outcomes.push(
			await page.evaluate(
				([name, target]) => /** @type {any} */ (globalThis)[name](target),
				/** @type {const} */ ([name, target]),
			),
		);
	}
	await context.close();
	return outcomes;
}
