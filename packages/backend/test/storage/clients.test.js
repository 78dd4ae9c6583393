import assert from "node:assert/strict";
import {once} from "node:events";
import {createServer} from "node:http";
import {after, before, describe, test} from "node:test";

import {MemoryStorage, createClient} from "keyfold";
import {Backend, JwtVerifier, createFileStorageHandler, toNodeHandler} from "keyfold-backend";

import {startServer} from "../../../sdk/test/harness/server.js";
import {FOR_CUSTOMERS, ownedApp} from "../harness/customer.js";

const CALLBACK_TOKEN = "between us";
const MEBIBYTE = 1024 * 1024;

describe("an app's own storage, with the clients and the server that use it", () => {
	/** @type {Awaited<ReturnType<typeof startServer>>} */
	let server;
	/** @type {import("node:http").Server} */
	let http;
	/** @type {string} */
	let origin;
	/** @type {string} */
	let public_token;
	/** @type {Map<string, Uint8Array<ArrayBuffer>>} */
	const parts = new Map();
	/** What was asked of the storage, by method and number of segments. @type {string[]} */
	const asked = [];
	/** @type {unknown[]} */
	const errors = [];
	/** Called when parts were deleted. */
	let deleted = () => {};

	before(async () => {
		http = createServer().listen(0, "127.0.0.1");
		[server] = await Promise.all([
			startServer(...FOR_CUSTOMERS, "--storage-callback-private-targets", "true"),
			once(http, "listening"),
		]);
		const address = http.address();
		origin = `http://127.0.0.1:${typeof address === "object" ? address?.port : ""}`;
		const {base_url} = server;
		const app = await ownedApp(server, {
			file_storage: 1,
			storage_url: `${origin}/files/deleted`,
			auth_token: CALLBACK_TOKEN,
		});
		({public_token} = app);
		const handler = createFileStorageHandler({
			backend: new Backend({base_url, secret_token: app.secret_token}),
			verifier: new JwtVerifier({base_url, app_token: public_token}),
			store: {
				put: async (id, content) => void parts.set(id, content),
				get: async (id) => parts.get(id),
				delete: async (ids) => {
					ids.forEach((id) => parts.delete(id));
					deleted();
				},
			},
			prefix: "/files",
			public_token,
			callback_token: CALLBACK_TOKEN,
			require_signature: true,
			on_error: (error) => errors.push(error),
		});
		http.on("request", toNodeHandler(async (request) => {
			asked.push(`${request.method} ${new URL(request.url).pathname.split("/").length - 2}`);
			return handler(request);
		}));
	});
	after(async () => {
		http.closeAllConnections();
		http.close();
		await server?.stop();
	});

	/** @param {string} name */
	async function person(name) {
		const store = new MemoryStorage();
		const client = await createClient({
			base_url: server.base_url,
			app_token: public_token,
			file_part_url: `${origin}/files`,
			storage: {getStorage: async () => store},
		});
		await client.register(name, "a good password");
		return client.login(name, "a good password", true);
	}

	test("files of several parts go there, come from there, and are deleted there", async () => {
		const [alice, bob] = await Promise.all([person("alice"), person("bob")]);
		const group = await alice.getGroup(await alice.createGroup());
		await group.inviteAuto(bob.data.user_id);
		const of_bob = await bob.getGroup(group.data.group_id);
		const content = Buffer.alloc(9 * MEBIBYTE, "content");
		const kept = await alice.createFile(content, {name: "kept"});
		const of_alice = new Set(parts.keys());
		const {file_id} = await group.createFile(content, {name: "report.pdf", sign: true});
		assert.deepEqual(asked.splice(0), Array(6).fill("POST 3"));
		assert.deepEqual([of_alice.size, parts.size], [3, 6]);

		const file = await of_bob.getFile(file_id);
		assert.equal(file.name, "report.pdf");
		assert.ok(file.meta.part_list.every(({part_id, extern_storage}) => extern_storage && parts.has(part_id)));
		assert.ok(content.equals(await file.bytes({signed_by: alice.data.user_id})));
		const [url] = await of_bob.downloadFile(file_id);
		assert.ok(content.equals(Buffer.from(await (await fetch(url)).arrayBuffer())));
		URL.revokeObjectURL(url);
		assert.deepEqual(asked.splice(0), Array(6).fill("GET 1"));

		const message = new Promise((resolve) => (deleted = () => resolve(undefined)));
		await group.deleteFile(file_id);
		await assert.rejects(of_bob.getFile(file_id), {code: "server_512"});
		await message;
		assert.deepEqual(asked.splice(0), ["POST 1"]);
		assert.deepEqual(new Set(parts.keys()), of_alice);
		assert.ok(content.equals(Buffer.from(await (await alice.getFile(kept.file_id)).bytes())));
		assert.deepEqual(errors, []);
	});

	test("a part that the storage lost is told, and what is changed there is noticed", async () => {
		const carol = await person("carol");
		const {file_id} = await carol.createFile(Buffer.alloc(5 * MEBIBYTE, "content"), {name: "name"});
		const file = await carol.getFile(file_id);
		const [first, second] = file.meta.part_list.map(({part_id}) => part_id);
		const sealed = parts.get(second ?? "") ?? new Uint8Array();
		parts.set(second ?? "", sealed.slice().fill(0, -1));
		await assert.rejects(file.bytes(), {code: "client_14"});
		parts.set(second ?? "", sealed);
		assert.equal((await file.bytes()).length, 5 * MEBIBYTE);
		parts.delete(first ?? "");
		await assert.rejects(file.bytes(), {code: "server_404"});
	});
});
