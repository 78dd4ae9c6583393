// What the package weighs and how fast it is, in Node and in Chromium: `node scripts/measure.js`, with `dist/` built and the server's
// program in KEYFOLD_PROGRAM. `cargo xtask bench` runs it. KEYFOLD_PARTNER may name the folder of the published npm package `sentc_wasm`:
// then each figure stands beside that of others.

import {readFile} from "node:fs/promises";
import {createRequire} from "node:module";
import {dirname, join} from "node:path";
import {text} from "node:stream/consumers";
import {fileURLToPath} from "node:url";
import {brotliCompressSync, gzipSync} from "node:zlib";

import * as keyfold from "keyfold";

import {openUnwatched, startChromium} from "../test/harness/chromium.js";
import {servePages} from "../test/harness/pages.js";
import {APP_TOKEN, startServer} from "../test/harness/server.js";
import {measure} from "./measurements.js";

const dist = join(dirname(dirname(fileURLToPath(import.meta.url))), "dist");
const partner = process.env["KEYFOLD_PARTNER"];

console.log("| file | bytes | gzip | brotli |\n|---|---:|---:|---:|");
for (const file of ["keyfold.wasm", "keyfold.min.js", "esm/browser.js", "esm/inline.js"]) {
	await weigh(file, join(dist, file));
}
if (partner !== undefined) {
	await weigh("sentc_wasm_bg.wasm", join(partner, "sentc_wasm_bg.wasm"));
}

/** What the page for the measurements asks for and tells. @type {NonNullable<Parameters<typeof servePages>[0]>} */
const requests = {};
for (const [file, type] of partner === undefined ? [] : [["sentc_wasm.js", "text/javascript"], ["sentc_wasm_bg.wasm", "application/wasm"]]) {
	requests[`GET /partner/${file}`] = async (_, response) => {
		response.writeHead(200, {"content-type": type}).end(await readFile(join(partner ?? "", file ?? "")));
	};
}
const [server, pages, browser] = await Promise.all([startServer(), servePages(requests), startChromium()]);
try {
	const target = {base_url: server.base_url, app_token: APP_TOKEN};
	const node = await measure(keyfold, target, partner === undefined ? undefined : await partnerInNode(partner));
	const chromium = await timesInChromium(target);
	const ready = await readiness();

	console.log("\n| | Node | `sentc_wasm` in Node | Chromium | `sentc_wasm` in Chromium |\n|---|---:|---:|---:|---:|");
	console.log(`| from the downloaded script to \`init\` done | | | ${duration(ready)} | |`);
	for (const [name, {ours, theirs}] of Object.entries(node)) {
		const page = chromium[name];
		console.log(`| ${name} | ${[ours, theirs, page?.ours, page?.theirs].map(duration).join(" | ")} |`);
	}
} finally {
	await Promise.all([browser.close(), pages.stop(), server.stop()]);
}

/**
 * @param {string} name
 * @param {string} path
 */
async function weigh(name, path) {
	const content = await readFile(path);
	const sizes = [content.length, gzipSync(content, {level: 9}).length, brotliCompressSync(content).length];
	console.log(`| \`${name}\` | ${sizes.map((size) => size.toLocaleString("en")).join(" | ")} |`);
}

/**
 * The published client looks for the page it runs in. Node has the same `fetch`, only no page around it.
 *
 * @param {string} folder
 * @returns {Promise<import("./measurements.js").Partner>}
 */
async function partnerInNode(folder) {
	Object.assign(globalThis, {window: globalThis});
	Object.assign(globalThis, {Window: class {
		static [Symbol.hasInstance](/** @type {unknown} */ value) {
			return value === globalThis;
		}
	}});
	const client = createRequire(import.meta.url)(join(folder, "sentc_wasm_cjs.js"));
	client.initSync(await readFile(join(folder, "sentc_wasm_bg.wasm")));
	return client;
}

/**
 * A browser that is driven copies the body of each request into a message to its driver, which takes ten times as long as the upload: what
 * is measured runs on a page that nobody watches, and that tells its figures itself.
 *
 * @param {{base_url: string, app_token: string}} target
 * @returns {Promise<import("./measurements.js").Times>}
 */
async function timesInChromium(target) {
	requests["GET /task"] = async (_, response) => response.end(JSON.stringify({target, partner: partner !== undefined}));
	/** @type {Promise<{times?: import("./measurements.js").Times, error?: string}>} */
	const outcome = new Promise((resolve) => {
		requests["POST /outcome"] = async (request, response) => {
			resolve(JSON.parse(await text(request)));
			response.end();
		};
	});
	const unwatched = await openUnwatched(`${pages.origin}/scripts/measure.html`);
	try {
		const {times, error} = await Promise.race([outcome, unwatched.ended]);
		if (times === undefined) {
			throw new Error(`the page failed: ${error}`);
		}
		return times;
	} finally {
		await unwatched.stop();
	}
}

/** The median of five pages that load the script and start the SDK; script and module come from the browser's cache. */
async function readiness() {
	const context = await browser.newContext();
	const times = [];
	for (let round = 0; round < 6; round += 1) {
		const page = await context.newPage();
		await page.goto(`${pages.origin}/test/harness/empty.html`);
		times.push(
			await page.evaluate(async ({base_url, app_token}) => {
				const script = await (await fetch("/dist/sentc.min.js")).text();
				const module = await (await fetch("/dist/keyfold.wasm")).arrayBuffer();
				const address = URL.createObjectURL(new Blob([script], {type: "text/javascript"}));
				const start = performance.now();
				await new Promise((resolve, reject) => {
					const element = Object.assign(document.createElement("script"), {src: address, onload: resolve, onerror: reject});
					document.head.append(element);
				});
				await /** @type {any} */ (globalThis).Sentc.default.init({base_url, app_token, wasm_path: module});
				return performance.now() - start;
			}, {base_url: server.base_url, app_token: APP_TOKEN}),
		);
		await page.close();
	}
	await context.close();
	// The first page warms up the browser.
	return times.slice(1).sort((a, b) => a - b)[2] ?? NaN;
}

/** @param {number | undefined} milliseconds */
function duration(milliseconds) {
	if (milliseconds === undefined) {
		return "";
	}
	return milliseconds < 1 ? `${(milliseconds * 1000).toPrecision(3)} µs` : `${milliseconds.toPrecision(3)} ms`;
}
