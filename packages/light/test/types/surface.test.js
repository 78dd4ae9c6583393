import assert from "node:assert/strict";
import {readFile, readdir, stat} from "node:fs/promises";
import {createRequire} from "node:module";
import {test} from "node:test";
import {gzipSync} from "node:zlib";

const DIST = new URL("../../dist/", import.meta.url);

test("nothing in the public declarations is `any`, and nothing refers to files that are not shipped", async () => {
	const folder = new URL("esm/types/", DIST);
	const names = (await readdir(folder, {recursive: true})).filter((name) => name.endsWith(".d.ts"));
	assert.ok(names.includes("light/src/index.d.ts"));
	for (const name of reachable(names, await texts(folder, names))) {
		const text = await readFile(new URL(name, folder), "utf8");
		const code = text.replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*/g, "");
		assert.doesNotMatch(code, /\bany\b/, name);
	}
});

test("the package exports what apps import by name, in both forms", async () => {
	const expected = [
		"Client",
		"FolderStorage",
		"Group",
		"IndexeddbStorage",
		"KeyfoldError",
		"MemoryStorage",
		"REFRESH_ENDPOINT",
		"User",
		"createClient",
		"default",
	];
	assert.deepEqual(Object.keys(await import("keyfold-light")).sort(), expected);
	assert.deepEqual(Object.keys(createRequire(import.meta.url)("keyfold-light")).sort(), expected);
});

test("before `init`, calls say what is missing, and importing needs no browser", async () => {
	const {default: Sentc, KeyfoldError} = await import("keyfold-light");
	for (const call of [() => Sentc.generateRegisterData(), () => Sentc.prepareRegister("name", "password")]) {
		assert.throws(call, (error) => error instanceof KeyfoldError && error.code === "client_480");
	}
	await assert.rejects(Sentc.login("name", "password"), {code: "client_480"});
	assert.equal(Sentc.register("", "password"), false);
	assert.equal(Sentc.prepareCheckUserIdentifierAvailable(""), false);
});

test("what a page loads is small, and the script is there under the names that existing pages use", async () => {
	const wasm = gzipSync(await readFile(new URL("keyfold-light.wasm", DIST)), {level: 9}).length;
	assert.ok(wasm < 200_000, `${wasm} bytes of WebAssembly`);
	const script = await stat(new URL("keyfold-light.min.js", DIST));
	assert.ok(script.size < 50_000, `${script.size} bytes of script`);
	for (const name of ["sentc.min.js", "sentc-light.min.js"]) {
		assert.equal((await stat(new URL(name, DIST))).size, script.size, name);
	}
});

/**
 * @param {URL} folder
 * @param {string[]} names
 */
async function texts(folder, names) {
	return new Map(
		await Promise.all(
			names.map(async (name) => /** @type {const} */ ([name, await readFile(new URL(name, folder), "utf8")])),
		),
	);
}

/**
 * The declarations that an app's compiler reads.
 *
 * @param {string[]} names
 * @param {Map<string, string>} texts
 */
function reachable(names, texts) {
	const found = new Set(["light/src/index.d.ts", "light/src/index.node.d.ts"]);
	for (const name of found) {
		for (const [, path = ""] of (texts.get(name) ?? "").matchAll(/from "(\.[^"]*)"/g)) {
			const target = new URL(path, new URL(name, "file:///")).pathname.slice(1).replace(/\.js$/, ".d.ts");
			assert.ok(names.includes(target), `${name} refers to ${path}`);
			found.add(target);
		}
	}
	return found;
}
