import assert from "node:assert/strict";
import {mkdtemp, readFile, readdir, rm, stat, writeFile} from "node:fs/promises";
import {tmpdir} from "node:os";
import {join} from "node:path";
import {after, describe, test} from "node:test";

import {FolderStorage} from "keyfold";

import {suite} from "./suite.js";

describe("a store in a folder", async () => {
	const root = await mkdtemp(join(tmpdir(), "keyfold-folder-test-"));
	after(() => rm(root, {recursive: true, force: true}));
	let count = 0;
	const newFolder = () => join(root, `${(count += 1)}`, "keys");

	/** @param {string} folder */
	const open = async (folder = newFolder()) => {
		const store = new FolderStorage(folder);
		assert.deepEqual(await store.init(), {status: true});
		return store;
	};

	for (const [behaviour, run] of Object.entries(suite)) {
		test(behaviour, () => run(() => open()));
	}

	test("items outlive the store object", async () => {
		const folder = newFolder();
		await (await open(folder)).set("item", "a");
		assert.equal(await (await open(folder)).getItem("item"), "a");
	});

	test("only the owner can read folder and files", async () => {
		const folder = newFolder();
		const store = await open(folder);
		await store.set("item", "a");
		await store.storePart(new ArrayBuffer(1));
		assert.equal((await stat(folder)).mode & 0o777, 0o700);
		for (const name of await readdir(folder)) {
			assert.equal((await stat(join(folder, name))).mode & 0o777, 0o600);
		}
	});

	test("cleaning leaves alone what is not ours", async () => {
		const folder = newFolder();
		const store = await open(folder);
		await store.set("item", "a");
		await writeFile(join(folder, "letter.txt"), "dear");
		await store.cleanStorage();
		assert.deepEqual(await readdir(folder), ["letter.txt"]);
		assert.equal(await readFile(join(folder, "letter.txt"), "utf8"), "dear");
	});

	test("a folder that cannot be made is reported, not thrown", async () => {
		const file = join(root, "file");
		await writeFile(file, "");
		const {status, err} = await new FolderStorage(join(file, "keys")).init();
		assert.equal(status, false);
		assert.match(err ?? "", /ENOTDIR|EEXIST/);
	});
});
