import assert from "node:assert/strict";
import {spawn} from "node:child_process";
import {once} from "node:events";
import {cp, mkdtemp, rm} from "node:fs/promises";
import {createRequire} from "node:module";
import {join} from "node:path";
import {createInterface} from "node:readline";
import {after, before, describe, test} from "node:test";
import {fileURLToPath} from "node:url";

import {startChromium} from "../../../packages/sdk/test/harness/chromium.js";
import {APP_TOKEN, startServer} from "../../../packages/sdk/test/harness/server.js";
import {installPackages, run} from "./apps.js";

const HERE = new URL("../", import.meta.url);
const NEXT = createRequire(import.meta.url).resolve("next/dist/bin/next");

describe("an app of Next.js without any configuration", () => {
	/** @type {Awaited<ReturnType<typeof startServer>>} */
	let server;
	/** @type {Awaited<ReturnType<typeof startChromium>>} */
	let browser;
	/** Inside this package, where the app finds Next.js: it follows no links to elsewhere. */
	let app = "";
	/** @type {{origin: string, stop: () => Promise<void>}} */
	let pages;

	before(async () => {
		app = await mkdtemp(fileURLToPath(new URL("run-", HERE)));
		await cp(fileURLToPath(new URL("next/", HERE)), app, {recursive: true});
		await cp(fileURLToPath(new URL("app/src/", HERE)), join(app, "src"), {recursive: true});
		await installPackages(app);
		await build(app);
		[server, browser, pages] = await Promise.all([startServer(), startChromium(), start(app)]);
	});
	after(async () => {
		await Promise.all([browser?.close(), server?.stop(), pages?.stop()]);
		await rm(app, {recursive: true, force: true});
	});

	test("a page that was rendered on the server, and a worker", async () => {
		const html = await (await fetch(pages.origin)).text();
		assert.match(html, /<h1>An app<\/h1>/);
		const outcomes = await run(browser, server, pages.origin, ["session", "sessionInWorker"]);
		assert.deepEqual(outcomes, ["through a bundler", "through a bundler"]);
	});

	test("an endpoint of the app's own server", async () => {
		const target = {base_url: server.base_url, app_token: APP_TOKEN};
		const answer = await fetch(`${pages.origin}/server`, {method: "POST", body: JSON.stringify(target)});
		assert.equal(await answer.json(), "through a bundler");
	});
});

/** Runs a command of Next.js, which would otherwise tell its makers about it. @param {string} folder @param {string[]} command */
function next(folder, ...command) {
	const env = {...process.env, NEXT_TELEMETRY_DISABLED: "1"};
	return spawn(process.execPath, [NEXT, ...command], {cwd: folder, env, stdio: ["ignore", "pipe", "pipe"]});
}

/** @param {string} app */
async function build(app) {
	const building = next(app, "build");
	/** @type {string[]} */
	const lines = [];
	for (const output of [building.stdout, building.stderr]) {
		createInterface({input: output}).on("line", (line) => lines.push(line));
	}
	const [code] = await once(building, "close");
	assert.equal(code, 0, lines.join("\n"));
}

/** Starts the server of the built app on a free port. @param {string} app */
async function start(app) {
	const server = next(app, "start", "--hostname", "127.0.0.1", "--port", "0");
	const ended = once(server, "exit");
	server.stderr.resume();
	const origin = await new Promise((resolve, reject) => {
		createInterface({input: server.stdout}).on("line", (line) => {
			const address = /http:\/\/127\.0\.0\.1:[1-9]\d*/.exec(line);
			if (address !== null) {
				resolve(address[0]);
			}
		});
		ended.then(([code]) => reject(new Error(`the app's server ended with code ${code}`)), reject);
	});
	const stop = async () => {
		server.kill("SIGTERM");
		await ended;
	};
	return {origin, stop};
}
