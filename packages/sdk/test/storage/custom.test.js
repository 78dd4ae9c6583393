import assert from "node:assert/strict";
import {after, before, describe, test} from "node:test";

import {createClient} from "keyfold";

import {credentials} from "../api/people.js";
import {APP_TOKEN, startServer} from "../harness/server.js";
import {suite} from "./suite.js";

describe("a store of the app's own", () => {
	for (const [behaviour, run] of Object.entries(suite)) {
		test(behaviour, () => run(async () => ownStore(new Map())));
	}

	/** @type {Awaited<ReturnType<typeof startServer>>} */
	let server;
	before(async () => {
		server = await startServer();
	});
	after(() => server?.stop());

	/** @param {import("../../dist/esm/index.js").StorageInterface} store */
	function clientWith(store) {
		return createClient({base_url: server.base_url, app_token: APP_TOKEN, storage: {getStorage: async () => store}});
	}

	test("whoever is logged in is so in the next program, and a logout empties it", async () => {
		const items = new Map();
		const client = await clientWith(ownStore(items));
		const [name, password] = credentials();
		await client.register(name, password);
		const login = await client.login(name, password);
		assert.ok(login.kind === "user");
		const group = await login.u.getGroup(await login.u.createGroup());
		const text = await group.encryptString("kept");

		const user = await (await clientWith(ownStore(items))).currentUser();
		assert.equal(await (await user?.getGroup(group.data.group_id))?.decryptString(text), "kept");
		await user?.logOut();
		assert.deepEqual([...items.keys()], []);
	});

	test("what it fails with is told, and nobody is taken for logged in", async () => {
		const failing = {
			...ownStore(new Map()),
			set: async () => {
				throw new Error("the disk is full");
			},
		};
		const client = await clientWith(failing);
		const [name, password] = credentials();
		await client.register(name, password);
		await assert.rejects(client.login(name, password), (/** @type {any} */ error) => {
			assert.equal(error.code, "client_420");
			assert.match(String(error.error_message), /the disk is full/);
			return true;
		});
		assert.equal(await client.currentUser(), undefined);
	});
});

/**
 * No class of ours: the methods alone, over whatever the app has.
 *
 * @param {Map<string, unknown>} items
 * @returns {import("../../dist/esm/index.js").StorageInterface}
 */
function ownStore(items) {
	/** @type {Blob[]} */
	let parts = [];
	return {
		init: async () => ({status: true}),
		getItem: async (key) => structuredClone(/** @type {any} */ (items.get(key))),
		set: async (key, item) => void items.set(key, structuredClone(item)),
		delete: async (key) => void items.delete(key),
		storePart: async (part) => void parts.push(new Blob([part])),
		getDownloadUrl: async () => URL.createObjectURL(new Blob(parts)),
		cleanStorage: async () => {
			items.clear();
			parts = [];
		},
	};
}
