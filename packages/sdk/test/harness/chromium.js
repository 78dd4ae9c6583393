import {spawn} from "node:child_process";
import {once} from "node:events";
import {existsSync} from "node:fs";
import {mkdtemp, rm} from "node:fs/promises";
import {tmpdir} from "node:os";
import {join} from "node:path";

import {chromium} from "playwright-core";

/** Debian's browser, unless `KEYFOLD_CHROMIUM` names another. */
const PROGRAM = process.env["KEYFOLD_CHROMIUM"] ?? "/usr/bin/chromium";

const ARGUMENTS = [
	"--no-sandbox",
	"--disable-gpu",
	"--disable-quic",
	"--no-first-run",
	"--disable-background-networking",
	"--disable-component-update",
	"--disable-sync",
];

/** Starts a headless Chromium that talks to nobody but the pages of the tests. */
export async function startChromium() {
	checkInstalled();
	return chromium.launch({executablePath: PROGRAM, args: ARGUMENTS});
}

/**
 * Opens a page in a headless Chromium of its own that nobody drives or listens to.
 *
 * @param {string} address
 * @returns {Promise<{ended: Promise<never>, stop: () => Promise<void>}>} `ended` fails when the browser ends by itself
 */
export async function openUnwatched(address) {
	checkInstalled();
	const profile = await mkdtemp(join(tmpdir(), "keyfold-chromium-"));
	const browser = spawn(PROGRAM, [...ARGUMENTS, "--headless", `--user-data-dir=${profile}`, address], {stdio: "ignore"});
	const exit = once(browser, "exit");
	const ended = exit.then(([code]) => {
		throw new Error(`Chromium ended with code ${code}`);
	});
	ended.catch(() => {});
	return {
		ended,
		stop: async () => {
			browser.kill();
			await exit;
			await rm(profile, {recursive: true, force: true, maxRetries: 5});
		},
	};
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

function checkInstalled() {
	if (!existsSync(PROGRAM)) {
		throw new Error(`${PROGRAM} is missing: install Chromium, or name it in KEYFOLD_CHROMIUM`);
	}
}
