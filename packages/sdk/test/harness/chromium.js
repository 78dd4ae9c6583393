import {existsSync} from "node:fs";

import {chromium} from "playwright-core";

/** Debian's browser, unless `KEYFOLD_CHROMIUM` names another. */
const PROGRAM = process.env["KEYFOLD_CHROMIUM"] ?? "/usr/bin/chromium";

/** Starts a headless Chromium that talks to nobody but the pages of the tests. */
export async function startChromium() {
	if (!existsSync(PROGRAM)) {
		throw new Error(`${PROGRAM} is missing: install Chromium, or name it in KEYFOLD_CHROMIUM`);
	}
	return chromium.launch({
		executablePath: PROGRAM,
		args: [
			"--no-sandbox",
			"--disable-gpu",
			"--disable-quic",
			"--no-first-run",
			"--disable-background-networking",
			"--disable-component-update",
			"--disable-sync",
		],
	});
}

/**
 * Opens an empty page of `origin` in a context of its own, and collects what goes wrong in it.
 *
 * @param {import("playwright-core").Browser} browser
 * @param {string} origin
 */
export async function openPage(browser, origin) {
	const context = await browser.newContext();
	const page = await context.newPage();
	/** @type {string[]} */
	const complaints = [];
	page.on("pageerror", (error) => complaints.push(String(error)));
	page.on("console", (message) => {
		if (message.type() === "error" || message.type() === "warning") {
			complaints.push(message.text());
		}
	});
	await page.goto(`${origin}/test/harness/empty.html`);
	return {page, context, complaints};
}
