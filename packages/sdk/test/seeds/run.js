// Runs one block in Node, in a process and a folder of its own: `node run.js <index in the manifest>`.

import {writeFile} from "node:fs/promises";
import {join} from "node:path";
import {pathToFileURL} from "node:url";

import {transform} from "esbuild";
import Sentc from "keyfold";

import {complete, declaredIn, emptyWorld, filledIn, membersOf} from "./block.js";
import {readDocuments, textOf} from "./documents.js";
import {blocks} from "./manifest.js";
import {situations} from "./situations.js";

/** Where the SDK looks for a server unless an app says otherwise. */
const DEFAULT = "https://api.sentc.com";

const block = blocks[Number(process.argv[2])];
const lines = block && readDocuments()?.get(block.document);
if (block === undefined || lines === undefined) {
	throw new Error("there is no such block");
}
/** @type {{base_url: string, app_token: string, secret_token: string, origin: string}} */
const server = JSON.parse(process.env["KEYFOLD_SEED_SERVER"] ?? "{}");

// The blocks name no server: the default address leads to the one of the test.
const send = globalThis.fetch;
globalThis.fetch = (input, init) =>
	send(typeof input === "string" && input.startsWith(DEFAULT) ? input.replace(DEFAULT, server.base_url) : input, init);

const world = emptyWorld(Sentc, server);
await situations[block.situation](world);
complete(world);
Object.assign(globalThis, world);

const text = filledIn(block, textOf(lines, block.lines), world);
/** @type {Record<string, any>} */
let results = {};
if (block.kind === "shape") {
	results = membersOf(text);
} else if (block.kind === "module") {
	const {code} = await transform(`${text}\nexport {${declaredIn(text).join(", ")}};\n`, {
		loader: "ts",
		format: "esm",
		target: "es2022",
		tsconfigRaw: {compilerOptions: {verbatimModuleSyntax: true}},
	});
	// The current folder has a `node_modules` in which the package goes by the name that the documents use.
	const file = join(process.cwd(), "block.mjs");
	await writeFile(file, code);
	results = await import(pathToFileURL(file).href);
}
await block.check?.(results, world);
