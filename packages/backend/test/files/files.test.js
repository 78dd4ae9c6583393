import assert from "node:assert/strict";
import {after, before, describe, test} from "node:test";

import {Backend} from "keyfold-backend";

import {APP_TOKEN, NOBODY, startWorld} from "../harness/world.js";

describe("files of the app", () => {
	/** @type {import("../harness/world.js").World} */
	let world;
	/** @type {Awaited<ReturnType<import("../harness/world.js").World["person"]>>} */
	let alice;
	/** @type {Awaited<ReturnType<import("../harness/world.js").World["person"]>>} */
	let bob;
	before(async () => {
		world = await startWorld();
		[alice, bob] = await Promise.all([world.person(), world.person()]);
	});
	after(() => world?.stop());

	const as = (/** @type {{jwt: string}} */ {jwt}) => world.backend.withJwt(jwt);

	/** What a client prepares. @param {Partial<import("keyfold-backend").FileRegister>} [more] */
	const registration = (more = {}) => ({
		encrypted_key: "encrypted",
		encrypted_key_alg: "AES-GCM-256",
		master_key_id: NOBODY,
		belongs_to_type: /** @type {const} */ ("None"),
		...more,
	});

	/** What a client does between the registration and the first download. @param {string} session_id */
	async function upload(session_id) {
		for (const [sequence, end] of [[1, false], [2, true]]) {
			const answer = await fetch(`${world.base_url}/api/v1/file/part/${session_id}/${sequence}/${end}`, {
				method: "POST",
				headers: {"x-sentc-app-token": APP_TOKEN, authorization: `Bearer ${alice.jwt}`},
				body: "encrypted",
			});
			assert.equal((await answer.json()).status, true);
		}
	}

	test("a file is registered, described, listed, renamed and deleted for its owner", async () => {
		const before = await world.backend.files.usage();
		const {file_id, session_id} = await as(alice).registerFile(registration());
		await upload(session_id);
		const file = await as(alice).file(file_id);
		assert.deepEqual([file.owner, file.belongs_to_type, file.encrypted_file_name], [alice.id, "None", null]);
		const parts = await as(alice).fileParts(file_id).toArray();
		assert.deepEqual(parts.map(({sequence, extern_storage}) => [sequence, extern_storage]), [[1, false], [2, false]]);
		assert.deepEqual(parts, file.part_list);
		assert.deepEqual(await as(alice).fileParts(file_id).page(parts[0]), parts.slice(1));

		const usage = await world.backend.files.usage();
		assert.deepEqual([usage.files - before.files, usage.bytes - before.bytes], [1, 2 * "encrypted".length]);

		await as(alice).renameFile(file_id, "a name");
		assert.equal((await as(alice).file(file_id)).encrypted_file_name, "a name");
		await as(alice).renameFile(file_id);
		assert.equal((await as(alice).file(file_id)).encrypted_file_name, null);
		await assert.rejects(as(bob).renameFile(file_id, "another"), {code: "server_521"});
		await assert.rejects(as(bob).deleteFile(file_id), {code: "server_521"});

		await as(alice).deleteFile(file_id);
		await assert.rejects(as(alice).file(file_id), {code: "server_512"});
		await assert.rejects(as(alice).deleteFile(file_id), {code: "server_512"});
		await assert.rejects(as(alice).fileParts(NOBODY).toArray(), {code: "server_512"});
	});

	test("a file for a user is for that user and the owner", async () => {
		const input = registration({belongs_to_type: "User", belongs_to_id: bob.id});
		const {file_id, session_id} = await as(alice).registerFile(JSON.stringify(input));
		await upload(session_id);
		assert.equal((await as(bob).file(file_id)).belongs_to, bob.id);
		await assert.rejects(as(await world.person()).file(file_id), {code: "server_521"});
		await assert.rejects(as(alice).registerFile("{}"), {code: "server_11"});
	});

	test("a file of a group is for its members, and is deleted by those with rank", async () => {
		const group_id = await as(alice).createGroupLight();
		const group = as(alice).group(group_id);
		await group.inviteLight({user_id: bob.id}, 4, "auto");
		const {file_id, session_id} = await group.registerFile(registration({belongs_to_type: "Group"}));
		await upload(session_id);
		assert.equal((await as(bob).group(group_id).file(file_id)).belongs_to, group_id);
		await assert.rejects(as(bob).file(file_id), {code: "server_521"});
		await assert.rejects(as(bob).group(group_id).deleteFile(file_id), {code: "server_521"});
		const {jwt} = await world.person();
		await assert.rejects(world.backend.withJwt(jwt).group(group_id).file(file_id), {code: "server_310"});
		await assert.rejects(world.backend.withJwt(jwt).group(group_id).registerFile(registration()), {code: "server_310"});
		await group.changeRank({changed_user_id: bob.id, new_rank: 3});
		await as(bob).group(group_id).deleteFile(file_id);
		await assert.rejects(group.file(file_id), {code: "server_512"});
	});

	test("an app whose files the server stores cannot register parts of its own", async () => {
		const {session_id} = await as(alice).registerFile(registration());
		const place = {session_id, sequence: 1, end: true, user_id: alice.id};
		await assert.rejects(world.backend.files.registerPart(place), {code: "server_520"});
		await assert.rejects(world.backend.files.forgetPart(NOBODY), {code: "server_520"});
	});

	test("the server shows the key of its messages, and those that it could not deliver", async () => {
		const {files} = world.backend;
		assert.match(await files.callbackKey(), /^whpk_[A-Za-z0-9+/]{43}=$/);
		assert.deepEqual(await files.failedDeliveries().toArray(), []);
		await files.retryDelivery(NOBODY);
	});

	test("with the public token, the server refuses what is for the app's backend", async () => {
		const {files} = new Backend({base_url: world.base_url, secret_token: APP_TOKEN});
		const refused = {code: "server_203"};
		await assert.rejects(files.registerPart({session_id: NOBODY, sequence: 1, end: true, user_id: alice.id}), refused);
		await assert.rejects(files.forgetPart(NOBODY), refused);
		await assert.rejects(files.usage(), refused);
		await assert.rejects(files.failedDeliveries().toArray(), refused);
		await assert.rejects(files.retryDelivery(NOBODY), refused);
	});
});
