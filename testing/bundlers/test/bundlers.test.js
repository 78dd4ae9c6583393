import assert from "node:assert/strict";
import {cp, mkdir, mkdtemp, readdir, rm} from "node:fs/promises";
import {tmpdir} from "node:os";
import {join} from "node:path";
import {after, before, describe, test} from "node:test";
import {fileURLToPath} from "node:url";

import {nodeResolve} from "@rollup/plugin-node-resolve";
import {build as esbuild} from "esbuild";
import {rollup} from "rollup";
import * as vite from "vite";
import webpack from "webpack";

import {startChromium} from "../../../packages/sdk/test/harness/chromium.js";
import {APP_TOKEN, startServer} from "../../../packages/sdk/test/harness/server.js";
import {installPackages, run as runOnPage} from "./apps.js";
import {serve} from "./pages.js";

const HERE = new URL("../", import.meta.url);

describe("apps built without any configuration", () => {
	/** @type {Awaited<ReturnType<typeof startServer>>} */
	let server;
	/** @type {Awaited<ReturnType<typeof startChromium>>} */
	let browser;
	/** @type {string} */
	let folder;
	let app = "";

	before(async () => {
		[server, browser] = await Promise.all([startServer(), startChromium()]);
		folder = await mkdtemp(join(tmpdir(), "keyfold-bundlers-"));
		app = join(folder, "app");
		await cp(fileURLToPath(new URL("app/", HERE)), app, {recursive: true});
		await installPackages(app);
	});
	after(async () => {
		await browser?.close();
		await server?.stop();
		await rm(folder, {recursive: true, force: true});
	});

	/** Runs functions of an app on its page. @param {[string, string[], string?, object?]} what */
	const run = (...what) => runOnPage(browser, server, ...what);

	/** Runs webpack, with nothing set but where to write to. @param {import("webpack").Configuration} where */
	function pack(where) {
		return new Promise((resolve, reject) => {
			webpack({mode: "production", context: app, ...where}, (error, stats) => {
				const problems = stats?.toString({all: false, errors: true}) ?? "";
				error || problems !== "" ? reject(error ?? new Error(problems)) : resolve(undefined);
			});
		});
	}

	/** What a folder holds, deep down. @param {string} folder */
	async function files(folder) {
		return (await readdir(folder, {recursive: true})).sort();
	}

	test("webpack 5: the page, a worker, and the WebAssembly as a file of its own", async () => {
		const out = join(folder, "webpack");
		await pack({output: {path: out}});
		assert.equal((await files(out)).filter((name) => name.endsWith(".wasm")).length, 1);
		const pages = await serve(out);
		const outcomes = await run(`${pages.origin}/empty`, ["session", "sessionInWorker"], "/main.js");
		assert.deepEqual(outcomes, ["through a bundler", "through a bundler"]);
		await pages.stop();
	});

	test("Vite: the built app with a worker, and its development server", async () => {
		const out = join(folder, "vite");
		await vite.build({root: app, logLevel: "warn", build: {outDir: out, emptyOutDir: true}});
		const built = await files(out);
		assert.ok(built.some((name) => name.endsWith(".wasm")), built.join(", "));
		const pages = await serve(out);
		const outcomes = await run(`${pages.origin}/`, ["session", "sessionInWorker"]);
		assert.deepEqual(outcomes, ["through a bundler", "through a bundler"]);
		await pages.stop();

		const development = await vite.createServer({root: app, logLevel: "warn", server: {port: 0, host: "127.0.0.1"}});
		await development.listen();
		const [address = ""] = development.resolvedUrls?.local ?? [];
		assert.deepEqual(await run(address, ["session"]), ["through a bundler"]);
		await development.close();
	});

	test("esbuild and Rollup, which copy no files by themselves: the WebAssembly beside the app", async () => {
		const [esbuilt, rolled] = [join(folder, "esbuild"), join(folder, "rollup")];
		await esbuild({absWorkingDir: app, entryPoints: ["src/page.js"], bundle: true, format: "esm", outdir: esbuilt});
		const bundle = await rollup({input: join(app, "src/page.js"), plugins: [nodeResolve({browser: true})], onLog: (_, log) => assert.fail(log.message)});
		await bundle.write({dir: rolled});
		await bundle.close();
		for (const out of [esbuilt, rolled]) {
			await cp(fileURLToPath(import.meta.resolve("keyfold/keyfold.wasm")), join(out, "keyfold.wasm"));
			const pages = await serve(out);
			const outcomes = await run(`${pages.origin}/empty`, ["session"], "/page.js", {wasm_path: "/keyfold.wasm"});
			assert.deepEqual(outcomes, ["through a bundler"]);
			await pages.stop();
		}
	});

	for (const [sdk, entry] of [["the SDK", "inline.js"], ["the light SDK", "light_inline.js"]]) {
		test(`esbuild and Rollup without any file to copy: ${sdk} with the WebAssembly inside`, async () => {
			const [esbuilt, rolled] = [join(folder, `esbuild-${entry}`), join(folder, `rollup-${entry}`)];
			await esbuild({absWorkingDir: app, entryPoints: [`src/${entry}`], bundle: true, format: "esm", outdir: esbuilt});
			const bundle = await rollup({input: join(app, `src/${entry}`), plugins: [nodeResolve({browser: true})]});
			await bundle.write({dir: rolled});
			await bundle.close();
			for (const out of [esbuilt, rolled]) {
				assert.deepEqual(await files(out), [entry]);
				const pages = await serve(out);
				assert.deepEqual(await run(`${pages.origin}/empty`, ["session"], `/${entry}`), [true]);
				await pages.stop();
			}
		});
	}

	test("a service worker", async () => {
		const out = join(folder, "service_worker");
		await mkdir(out);
		await esbuild({absWorkingDir: app, entryPoints: ["src/service_worker.js"], bundle: true, format: "esm", outdir: out});
		await cp(fileURLToPath(import.meta.resolve("keyfold/keyfold.wasm")), join(out, "keyfold.wasm"));
		const pages = await serve(out);
		const context = await browser.newContext();
		const page = await context.newPage();
		await page.goto(`${pages.origin}/empty`);
		const outcome = await page.evaluate(async (options) => {
			const registration = await navigator.serviceWorker.register("/service_worker.js", {type: "module"});
			const {active} = await navigator.serviceWorker.ready;
			const answer = new Promise((resolve) => {
				navigator.serviceWorker.onmessage = ({data}) => resolve(data);
			});
			active?.postMessage(options);
			const outcome = await answer;
			await registration.unregister();
			return outcome;
		}, {base_url: server.base_url, app_token: APP_TOKEN, wasm_path: "/keyfold.wasm"});
		assert.equal(outcome, "through a bundler");
		await context.close();
		await pages.stop();
	});

	test("the light SDK with webpack and Vite", async () => {
		const [packed, built] = [join(folder, "light-webpack"), join(folder, "light-vite")];
		await pack({entry: "./src/light.js", output: {path: packed}});
		const entry = join(app, "src/light.js");
		await vite.build({
			root: app,
			logLevel: "warn",
			build: {outDir: built, emptyOutDir: true, rollupOptions: {input: entry, output: {entryFileNames: "main.js"}}},
		});
		for (const out of [packed, built]) {
			const pages = await serve(out);
			assert.deepEqual(await run(`${pages.origin}/empty`, ["session"], "/main.js"), [true]);
			await pages.stop();
		}
	});

	test("on a server that renders pages, importing touches neither `window` nor any other part of a browser", async () => {
		for (const name of ["keyfold", "keyfold-light"]) {
			assert.equal(typeof (await import(name)).createClient, "function");
			// Frameworks that render at the edge take the form for browsers.
			const browser = new URL("./browser.js", import.meta.resolve(name));
			const {default: Sentc, KeyfoldError} = await import(browser.href);
			await assert.rejects(Sentc.login("name", "password"), (error) => error instanceof KeyfoldError);
		}
	});
});
