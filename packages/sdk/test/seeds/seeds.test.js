import {execFile} from "node:child_process";
import {mkdir, mkdtemp, rm, symlink, writeFile} from "node:fs/promises";
import {tmpdir} from "node:os";
import {join} from "node:path";
import {text as readText} from "node:stream/consumers";
import {after, before, describe, test} from "node:test";
import {fileURLToPath} from "node:url";
import {promisify} from "node:util";
import assert from "node:assert/strict";

import {openPage, startChromium} from "../harness/chromium.js";
import {servePages} from "../harness/pages.js";
import {APP_TOKEN, SECRET_TOKEN, startServer} from "../harness/server.js";
import {declaredIn, filledIn} from "./block.js";
import {linesOutside, readDocuments, textOf} from "./documents.js";
import {blocks} from "./manifest.js";

const PACKAGE = fileURLToPath(new URL("../../", import.meta.url));
const documents = readDocuments();
const absent = documents === undefined && "the documents are not here: KEYFOLD_SEEDS names their folder";

describe("the code of the two documents that describe the API", {skip: absent, concurrency: 2}, () => {
	/** @type {import("playwright-core").Browser} */
	let browser;
	before(async () => {
		browser = await startChromium();
	});
	after(() => browser?.close());

	for (const [title, lines] of documents ?? []) {
		test(`${title}: every line of code is in the manifest`, () => {
			assert.deepEqual(linesOutside(lines, blocks.filter((block) => block.document === title)), []);
		});
	}

	test("the modules and types hold before the TypeScript compiler", () => compiled());

	for (const [index, block] of blocks.entries()) {
		const {document, kind, situation} = block;
		const [first, last] = block.lines;
		test(`${document}, lines ${first}–${last} (${kind}, ${situation})`, async () => {
			const lines = documents?.get(document);
			assert.ok(lines, "the document is there");
			const app = await startApp();
			try {
				if (kind === "script") {
					await inPage(browser, app, index, textOf(lines, block.lines));
				} else {
					await inNode(app, index);
				}
			} finally {
				await app.stop();
			}
		});
	}
});

/** An empty server, and what stands in for the app's own backend. */
async function startApp() {
	const server = await startServer();
	let kept = "";
	/** @type {string[]} */
	let renewals = [];
	/** @typedef {import("node:http").IncomingMessage} Request @typedef {import("node:http").ServerResponse} Response */
	const pages = await servePages({
		/** @param {Request} request @param {Response} response */
		async "POST /keep"(request, response) {
			kept = await readText(request);
			renewals = [];
			response.end();
		},
		/** @param {Request} request @param {Response} response */
		async "GET /refresh"(request, response) {
			const authorization = request.headers.authorization ?? "";
			renewals.push(authorization.replace("Bearer ", ""));
			const answer = await fetch(`${server.base_url}/api/v1/refresh`, {
				method: "PUT",
				headers: {"x-sentc-app-token": APP_TOKEN, authorization},
				body: JSON.stringify({refresh_token: kept}),
			});
			response.end((await answer.json()).result.jwt);
		},
		/** @param {Request} _ @param {Response} response */
		async "GET /renewals"(_, response) {
			response.end(JSON.stringify(renewals));
		},
	});
	const target = {base_url: server.base_url, app_token: APP_TOKEN, secret_token: SECRET_TOKEN, origin: pages.origin};
	return {target, stop: () => Promise.all([server.stop(), pages.stop()])};
}

/** @typedef {Awaited<ReturnType<typeof startApp>>} App */

/** A folder in which the package goes by the name that the documents use. */
async function aliased() {
	const folder = await mkdtemp(join(tmpdir(), "keyfold-seeds-"));
	await mkdir(join(folder, "node_modules", "@sentclose"), {recursive: true});
	await symlink(PACKAGE, join(folder, "node_modules", "@sentclose", "sentc"), "dir");
	return folder;
}

/** @param {App} app @param {number} index */
async function inNode({target}, index) {
	const folder = await aliased();
	try {
		await promisify(execFile)(process.execPath, [fileURLToPath(new URL("run.js", import.meta.url)), String(index)], {
			cwd: folder,
			env: {...process.env, KEYFOLD_SEED_SERVER: JSON.stringify(target)},
		});
	} finally {
		await rm(folder, {recursive: true, force: true});
	}
}

/**
 * Runs a `<script>` block in a page that has loaded the script of the package.
 *
 * @param {import("playwright-core").Browser} browser
 * @param {App} app
 * @param {number} index
 * @param {string} text
 */
async function inPage(browser, {target}, index, text) {
	const block = blocks[index];
	assert.ok(block);
	const {page, context} = await openPage(browser, target.origin);
	try {
		// The blocks name no server: the default address leads to the one of the test.
		await context.route("https://api.sentc.com/**", async (route) => {
			const url = route.request().url().replace("https://api.sentc.com", target.base_url);
			const response = await route.fetch({url});
			const headers = {...response.headers(), "access-control-allow-origin": "*"};
			await route.fulfill({response, headers});
		});
		/** @type {Error[]} */
		const errors = [];
		page.on("pageerror", (error) => errors.push(error));
		await page.addScriptTag({url: "/dist/sentc.min.js"});
		const world = await page.evaluate(
			async ([target, index]) => {
				const [{blocks}, {complete, emptyWorld}, {situations}] = await Promise.all([
					import("/test/seeds/manifest.js"),
					import("/test/seeds/block.js"),
					import("/test/seeds/situations.js"),
				]);
				const {default: Sentc} = /** @type {any} */ (globalThis).Sentc;
				const block = blocks[index];
				if (block === undefined) {
					throw new Error("there is no such block");
				}
				const world = emptyWorld(Sentc, target);
				await situations[block.situation](world);
				complete(world);
				/** @type {Record<string, unknown>} */
				const results = {};
				for (const name of block.calls ?? []) {
					const call = Sentc[name];
					Sentc[name] = (/** @type {unknown[]} */ ...parameters) => {
						const returned = call.apply(Sentc, parameters);
						// A failure is seen where the block does not catch it.
						Promise.resolve(returned).then((value) => (results[name] = value), () => {});
						return returned;
					};
				}
				Object.assign(globalThis, {seed: {world, results, block}, endpoint_fn: world["endpoint_fn"]});
				return {endpoint: world["endpoint"]};
			},
			/** @type {const} */ ([target, index]),
		);
		const html = filledIn(block, text, world);
		const script = /^<script>\n([\s\S]*)\n<\/script>\s*$/.exec(html)?.[1];
		assert.ok(script, "the block is one script");
		await page.addScriptTag({content: script});
		await page
			.waitForFunction(() => {
				const {block, results} = /** @type {any} */ (globalThis).seed;
				return block.calls.every((/** @type {string} */ name) => name in results);
			})
			.catch((/** @type {unknown} */ error) => {
				throw errors[0] ?? error;
			});
		await page.evaluate(() => {
			const {block, results, world} = /** @type {any} */ (globalThis).seed;
			return block.check?.(results, world);
		});
		assert.deepEqual(errors, []);
	} finally {
		await context.close();
	}
}

/** What the documents' pages take for granted, since their code was cut out of whole programs. */
const AMBIENT = `
import type * as keyfold from "@sentclose/sentc";
declare global {
	type User = keyfold.User;
	type LoginUser = keyfold.LoginUser;
	const user: User;
	const sentc: typeof keyfold.default;
	const Sentc: typeof keyfold.default;
	const input: string;
	const user_id: string;
	const devices: keyfold.UserDeviceList[];
	const endpoint_fn: (old_jwt: string) => Promise<string>;
}
`;

async function compiled() {
	const folder = await aliased();
	try {
		await writeFile(join(folder, "ambient.ts"), AMBIENT);
		await writeFile(join(folder, "package.json"), JSON.stringify({type: "module"}));
		for (const [index, block] of blocks.entries()) {
			const text = textOf(documents?.get(block.document) ?? [], block.lines);
			if (block.kind === "module") {
				const code = filledIn(block, text, new Proxy({}, {get: () => "text"}));
				await writeFile(join(folder, `block_${index}.ts`), `${code}\nexport {${declaredIn(code).join(", ")}};\n`);
			} else if (block.kind === "type") {
				const name = /interface (\w+)/.exec(text)?.[1] ?? "";
				await writeFile(
					join(folder, `block_${index}.ts`),
					`import type {${name} as Ours} from "@sentclose/sentc";
					${text}
					export const toOurs = (theirs: ${name}): Ours => theirs;
					export const toTheirs = (ours: Ours): ${name} => ours;`,
				);
			}
		}
		const options = ["--noEmit", "--strict", "--skipLibCheck", "--module", "NodeNext", "--target", "ES2022"];
		await writeFile(
			join(folder, "tsconfig.json"),
			JSON.stringify({compilerOptions: {lib: ["ES2022", "DOM"], types: []}, include: ["*.ts"]}),
		);
		const tsc = join(PACKAGE, "node_modules", "typescript", "bin", "tsc");
		await promisify(execFile)(process.execPath, [tsc, "-p", folder, ...options]).catch((error) => {
			throw new Error(error.stdout);
		});
	} finally {
		await rm(folder, {recursive: true, force: true});
	}
}
