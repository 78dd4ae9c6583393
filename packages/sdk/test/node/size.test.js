import assert from "node:assert/strict";
import {readFile} from "node:fs/promises";
import {test} from "node:test";
import {gzipSync} from "node:zlib";

const DIST = new URL("../../dist/", import.meta.url);

test("what a page loads does not grow", async () => {
	for (const [file, limit] of /** @type {const} */ ([["keyfold.wasm", 300_000], ["keyfold.min.js", 30_000]])) {
		const size = gzipSync(await readFile(new URL(file, DIST)), {level: 9}).length;
		assert.ok(size < limit, `${file} has ${size} bytes when it is compressed`);
	}
});
