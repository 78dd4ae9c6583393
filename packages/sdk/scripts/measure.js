// What the package weighs and how fast it is, in Node and in Chromium: `node scripts/measure.js`, with `dist/` built and the server's
// program in KEYFOLD_PROGRAM. `cargo xtask bench` runs it.

import {readFileSync, statSync} from "node:fs";
import {dirname, join} from "node:path";
import {fileURLToPath} from "node:url";
import {brotliCompressSync, gzipSync} from "node:zlib";

import * as keyfold from "keyfold";

import {openPage, startChromium} from "../test/harness/chromium.js";
import {servePages} from "../test/harness/pages.js";
import {APP_TOKEN, startServer} from "../test/harness/server.js";
import {measure} from "./measurements.js";

const dist = join(dirname(dirname(fileURLToPath(import.meta.url))), "dist");

console.log("| file | bytes | gzip | brotli |\n|---|---:|---:|---:|");
for (const file of ["keyfold.wasm", "keyfold.min.js", "esm/browser.js", "esm/inline.js"]) {
	const content = readFileSync(join(dist, file));
	const sizes = [statSync(join(dist, file)).size, gzipSync(content, {level: 9}).length, brotliCompressSync(content).length];
	console.log(`| \`${file}\` | ${sizes.map((size) => size.toLocaleString("en")).join(" | ")} |`);
}

const [server, pages, browser] = await Promise.all([startServer(), servePages(), startChromium()]);
try {
	const target = {base_url: server.base_url, app_token: APP_TOKEN};
	const node = await measure(keyfold, target);
	const {page, context} = await openPage(browser, pages.origin);
	const chromium = await page.evaluate(async (target) => {
		const {measure} = await import("/scripts/measurements.js");
		return measure(await import("/dist/esm/browser.js"), target);
	}, target);
	await context.close();
	const ready = await readiness();

	console.log("\n| | Node | Chromium |\n|---|---:|---:|");
	console.log(`| from the downloaded script to \`init\` done | | ${milliseconds(ready)} |`);
	for (const [name, time] of Object.entries(node)) {
		console.log(`| ${name} | ${milliseconds(time)} | ${milliseconds(chromium[name] ?? NaN)} |`);
	}
} finally {
	await Promise.all([browser.close(), pages.stop(), server.stop()]);
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

/** @param {number} time */
function milliseconds(time) {
	return `${time.toFixed(time < 10 ? 1 : 0)} ms`;
}
