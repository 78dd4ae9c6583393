import assert from "node:assert/strict";
import {after, before, describe, test} from "node:test";

import {Backend} from "keyfold-backend";

import {APP_TOKEN, NOBODY, startWorld} from "../harness/world.js";

describe("groups, with the secret token alone", () => {
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

	test("a prepared group, its children and its connected groups are made for a user, who can use them", async () => {
		const {groups} = world.backend;
		const id = await groups.create(alice.id, alice.user.prepareGroupCreate());
		const group = await alice.user.getGroup(id);
		const text = await group.encryptString("ours");
		assert.equal(await group.decryptString(text), "ours");

		const child = await groups.createChild(alice.id, id, (await group.prepareCreateChildGroup())[0]);
		assert.equal((await group.getChildGroup(child)).data.parent_group_id, id);
		const connected = await groups.createConnected(alice.id, id, (await group.prepareCreateChildGroup())[0]);
		assert.equal((await group.getConnectedGroup(connected)).data.is_connected_group, true);

		assert.equal((await groups.publicKey(id)).public_key_id, group.data.newest_key_id);
		await assert.rejects(groups.create(NOBODY, alice.user.prepareGroupCreate()), {code: "server_100"});
		await assert.rejects(groups.create(alice.id, "{}"), {code: "server_11"});
		await assert.rejects(groups.createChild(bob.id, id, alice.user.prepareGroupCreate()), {code: "server_310"});
		await assert.rejects(groups.createConnected(alice.id, connected, alice.user.prepareGroupCreate(), {through: id}), {
			code: "server_318",
		});
		await assert.rejects(groups.publicKey(NOBODY), {code: /server_3\d\d/});
	});

	test("a user becomes a member with the keys that a client prepared, and is removed again", async () => {
		const {groups} = world.backend;
		const id = await groups.create(alice.id, alice.user.prepareGroupCreate());
		const group = await alice.user.getGroup(id);
		assert.equal(await groups.member(id, bob.id), undefined);

		const keys = await group.prepareKeysForNewMember(bob.id, 2);
		assert.equal((await groups.invite(alice.id, id, {user_id: bob.id}, keys)).session_id, undefined);
		const member = await groups.member(id, bob.id);
		assert.deepEqual([member?.user_id, member?.rank, member?.user_type], [bob.id, 2, 0]);
		const text = await group.encryptString("for both of us");
		assert.equal(await (await bob.user.getGroup(id)).decryptString(text), "for both of us");
		await assert.rejects(groups.invite(alice.id, id, {user_id: bob.id}, keys), {code: "server_302"});

		await assert.rejects(groups.kick(bob.id, id, alice.id), {code: "server_315"});
		await groups.kick(alice.id, id, bob.id);
		assert.equal(await groups.member(id, bob.id), undefined);
		await assert.rejects(groups.kick(alice.id, id, bob.id), {code: "server_300"});
	});

	test("a group becomes a member of a connected group", async () => {
		const {groups} = world.backend;
		const [first, second] = [await alice.user.createGroup(), await bob.user.createGroup()];
		const group = await alice.user.getGroup(first);
		const connected = await group.getConnectedGroup(await group.createConnectedGroup());
		const keys = await connected.prepareKeysForNewMember(second, 4, 0, true);
		await groups.invite(alice.id, connected.data.group_id, {group_id: second}, keys, {through: first});
		assert.equal((await groups.member(connected.data.group_id, second))?.user_type, 2);
		const theirs = await bob.user.getGroup(connected.data.group_id, second);
		assert.equal(await theirs.decryptString(await connected.encryptString("across groups")), "across groups");
		await assert.rejects(groups.invite(bob.id, connected.data.group_id, {user_id: bob.id}, keys), {code: "server_310"});
	});

	test("the same without keys", async () => {
		const {groups} = world.backend;
		const id = await groups.createLight(alice.id);
		const child = await groups.createChildLight(alice.id, id);
		const connected = await groups.createConnectedLight(alice.id, id);
		await groups.inviteLight(alice.id, child, {user_id: bob.id}, 3);
		assert.equal((await groups.member(child, bob.id))?.rank, 3);
		const other = await groups.createLight(bob.id);
		await groups.inviteLight(alice.id, connected, {group_id: other}, undefined, {through: id});
		assert.equal((await groups.member(connected, other))?.rank, 4);
		await assert.rejects(groups.inviteLight(alice.id, child, {user_id: bob.id}), {code: "server_302"});
		await assert.rejects(groups.inviteLight(alice.id, id, {user_id: bob.id}, 0), {code: "server_301"});
		await assert.rejects(groups.createLight(NOBODY), {code: "server_100"});
		await assert.rejects(groups.createChildLight(bob.id, id), {code: "server_310"});
		await assert.rejects(groups.createConnectedLight(bob.id, id), {code: "server_310"});
	});

	test("a deleted group is gone, and so is what was below it", async () => {
		const {groups} = world.backend;
		const id = await groups.createLight(alice.id);
		const child = await groups.createChildLight(alice.id, id);
		await groups.delete(id);
		for (const gone of [id, child]) {
			await assert.rejects(groups.delete(gone), {code: "server_310"});
		}
	});

	test("with the public token, the server refuses all of it", async () => {
		const {groups} = new Backend({base_url: world.base_url, secret_token: APP_TOKEN});
		const id = await world.backend.groups.createLight(alice.id);
		const keys = alice.user.prepareGroupCreate();
		const member = {keys: [], key_session: false};
		const refused = {code: "server_203"};
		await assert.rejects(groups.create(alice.id, keys), refused);
		await assert.rejects(groups.createLight(alice.id), refused);
		await assert.rejects(groups.createChild(alice.id, id, keys), refused);
		await assert.rejects(groups.createChildLight(alice.id, id), refused);
		await assert.rejects(groups.createConnected(alice.id, id, keys), refused);
		await assert.rejects(groups.createConnectedLight(alice.id, id), refused);
		await assert.rejects(groups.invite(alice.id, id, {user_id: bob.id}, member), refused);
		await assert.rejects(groups.invite(alice.id, id, {group_id: NOBODY}, member), refused);
		await assert.rejects(groups.inviteLight(alice.id, id, {user_id: bob.id}), refused);
		await assert.rejects(groups.inviteLight(alice.id, id, {group_id: NOBODY}), refused);
		await assert.rejects(groups.kick(alice.id, id, bob.id), refused);
		await assert.rejects(groups.member(id, alice.id), refused);
		await assert.rejects(groups.delete(id), refused);
	});
});
