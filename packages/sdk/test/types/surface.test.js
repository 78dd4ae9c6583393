import assert from "node:assert/strict";
import {readFile, readdir} from "node:fs/promises";
import {test} from "node:test";

/** Declarations of browsers, of Node's ES modules and of its CommonJS, by the first file that an app's compiler reads. */
const ENTRIES = ["esm/index.d.ts", "node/index.node.d.ts", "cjs/index.node.d.ts"];

for (const entry of ENTRIES) {
	test(`nothing in the public declarations is \`any\`, and nothing refers to files that are not shipped: ${entry}`, async () => {
		const [folder = "", first = ""] = entry.split("/");
		const declarations = new URL(`../../dist/${folder}/`, import.meta.url);
		const names = (await readdir(declarations, {recursive: true})).filter((name) => name.endsWith(".d.ts"));
		// What no entry leads to, no compiler of an app ever reads.
		const public_names = new Set([first]);
		for (const name of public_names) {
			const text = await readFile(new URL(name, declarations), "utf8");
			const code = text.replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*/g, "");
			assert.doesNotMatch(code, /\bany\b/, name);
			for (const [, path = ""] of code.matchAll(/from "(\.[^"]*)"/g)) {
				const target = join(name, path);
				assert.ok(names.includes(target), `${name} refers to ${path}`);
				public_names.add(target);
			}
		}
		assert.ok(public_names.has("platform_types.d.ts"));
	});
}

test("the package exports what apps import by name, in both forms", async () => {
	const expected = [
		"Client",
		"Downloader",
		"FileHelper",
		"FolderStorage",
		"Group",
		"HttpMethod",
		"IndexeddbStorage",
		"KeyfoldError",
		"MemoryStorage",
		"REFRESH_ENDPOINT",
		"StorageFactory",
		"SymKey",
		"USER_KEY_STORAGE_NAMES",
		"Uploader",
		"User",
		"createClient",
		"create_error",
		"default",
		"getStorage",
		"handle_general_server_response",
		"handle_server_response",
		"make_req",
	];
	const module = await import("keyfold");
	assert.deepEqual(Object.keys(module).sort(), expected);
	const {createRequire} = await import("node:module");
	assert.deepEqual(Object.keys(createRequire(import.meta.url)("keyfold")).sort(), expected);
});

test("before `init`, calls say what is missing, and importing needs no browser", async () => {
	const {default: Sentc, KeyfoldError} = await import("keyfold");
	for (const call of [() => Sentc.generateRegisterData(), () => Sentc.prepareRegister("name", "password")]) {
		assert.throws(call, (error) => error instanceof KeyfoldError && error.code === "client_480");
	}
	await assert.rejects(Sentc.login("name", "password"), {code: "client_480"});
	await assert.rejects(Sentc.getActualUser(), {code: "client_480"});
});

/**
 * @param {string} file
 * @param {string} path relative to the file's folder, with `.js`
 */
function join(file, path) {
	return new URL(path, new URL(file, "file:///")).pathname.slice(1).replace(/\.js$/, ".d.ts");
}
