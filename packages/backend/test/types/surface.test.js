import assert from "node:assert/strict";
import {readFile, readdir} from "node:fs/promises";
import {createRequire} from "node:module";
import {test} from "node:test";

const DIST = new URL("../../dist/", import.meta.url);

test("nothing in the public declarations is `any`, and nothing refers to files that are not shipped", async () => {
	const folder = new URL("esm/", DIST);
	const names = (await readdir(folder, {recursive: true})).filter((name) => name.endsWith(".d.ts"));
	assert.ok(names.includes("index.d.ts"));
	for (const name of names) {
		const text = await readFile(new URL(name, folder), "utf8");
		const code = text.replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*/g, "");
		assert.doesNotMatch(code, /\bany\b/, name);
		for (const [, path = ""] of code.matchAll(/from "(\.[^"]*)"/g)) {
			const target = new URL(path, new URL(name, "file:///")).pathname.slice(1).replace(/\.js$/, ".d.ts");
			assert.ok(names.includes(target), `${name} refers to ${path}`);
		}
	}
});

test("the package exports what backends import by name, in both forms", async () => {
	const expected = [
		"ActingGroup",
		"ActingUser",
		"Backend",
		"BackendError",
		"Files",
		"Groups",
		"JwtVerifier",
		"Listing",
		"Users",
		"bearerToken",
		"createFileStorageHandler",
		"createRefreshHandler",
		"isServerError",
		"jwkOf",
		"serverOutput",
		"toNodeHandler",
	];
	assert.deepEqual(Object.keys(await import("keyfold-backend")).sort(), expected);
	assert.deepEqual(Object.keys(createRequire(import.meta.url)("keyfold-backend")).sort(), expected);
});

test("the package needs nothing but what `fetch` platforms have", async () => {
	for (const form of ["esm", "cjs"]) {
		const code = await readFile(new URL(`${form}/index.js`, DIST), "utf8");
		assert.doesNotMatch(code, /\brequire\(|\bimport\s*[({"]|\bfrom\s*"|\bprocess\.|\bBuffer\b/);
	}
});
