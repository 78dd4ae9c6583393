import assert from "node:assert/strict";
import {after, before, describe, test} from "node:test";

import {Backend} from "keyfold-backend";

import {APP_TOKEN, NOBODY, startWorld} from "../harness/world.js";

describe("groups, with the token of a user", () => {
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

	test("whether a user belongs to a group, how, and with which rank", async () => {
		const id = await as(alice).createGroupLight();
		const direct = await as(alice).groupAccess(id);
		assert.deepEqual([direct?.group_id, direct?.rank, direct?.access_by, direct?.parent_group_id], [id, 0, "User", null]);
		assert.equal(await as(bob).groupAccess(id), undefined);
		assert.equal(await as(bob).groupAccess(NOBODY), undefined);

		const child = await as(alice).group(id).createChildLight();
		assert.deepEqual((await as(alice).groupAccess(child))?.access_by, {Parent: id});

		await as(alice).group(id).inviteLight({user_id: bob.id}, 3, "auto");
		assert.equal((await as(bob).requireGroupAccess(id)).rank, 3);
		assert.equal((await as(bob).requireGroupAccess(id, {rank: 3})).rank, 3);
		await assert.rejects(as(bob).requireGroupAccess(id, {rank: 2}), {code: "rank_insufficient"});
		await assert.rejects(as(bob).requireGroupAccess(NOBODY), {code: "server_310"});

		const connected = await as(alice).group(id).createConnectedLight();
		assert.equal(await as(bob).groupAccess(connected), undefined);
		assert.deepEqual((await as(bob).groupAccess(connected, {through: id}))?.access_by, {GroupAsUser: id});
		await assert.rejects(as(bob).requireGroupAccess(connected, {through: id, rank: 0}), {code: "rank_insufficient"});
		await assert.rejects(world.backend.withJwt("no.valid.token").groupAccess(id), {code: /^server_3[02]$/});
	});

	test("with keys: created, shared, rotated and deleted through the backend", async () => {
		const id = await as(alice).createGroup(alice.user.prepareGroupCreate());
		const group = await alice.user.getGroup(id);
		const theirs = as(alice).group(id);

		const asked = await theirs.invite({user_id: bob.id}, await group.prepareKeysForNewMember(bob.id));
		assert.equal(asked.session_id, undefined);
		assert.deepEqual((await as(bob).invitations().toArray()).map(({group_id}) => group_id), [id]);
		await assert.rejects(theirs.invite({user_id: bob.id}, await group.prepareKeysForNewMember(bob.id)), {
			code: "server_302",
			http_status: 200,
		});
		await bob.user.acceptGroupInvite(id);
		assert.equal((await as(bob).groupAccess(id))?.rank, 4);

		const key = await theirs.rotateKeys(await group.prepareKeyRotation());
		assert.notEqual(key, group.data.newest_key_id);
		await assert.rejects(theirs.rotateKeys({...JSON.parse(await group.prepareKeyRotation()), previous_group_key_id: NOBODY}), {
			code: /^server_/,
		});
		// Whoever prepares keys must have the newest one: the group that alice holds is of the time before.
		await group.groupUpdateCheck();
		await theirs.inviteAgain({user_id: bob.id}, await group.prepareKeysForNewMember(bob.id));
		await assert.rejects(theirs.uploadKeys(NOBODY, JSON.parse(await group.prepareKeysForNewMember(bob.id)).keys), {
			code: "server_306",
		});

		await theirs.changeRank(group.prepareUpdateRank(bob.id, 2));
		assert.equal((await as(bob).groupAccess(id))?.rank, 2);
		await assert.rejects(as(bob).group(id).changeRank({changed_user_id: alice.id, new_rank: 4}), {code: "server_301"});

		const child = await theirs.createChild((await group.prepareCreateChildGroup())[0]);
		const connected = await theirs.createConnected((await group.prepareCreateChildGroup())[0]);
		assert.deepEqual((await theirs.children().toArray()).map(({group_id, parent}) => [group_id, parent]), [[child, id]]);
		assert.deepEqual((await theirs.groups().toArray()).map(({group_id}) => group_id), [connected]);

		await theirs.kick(bob.id);
		assert.equal(await as(bob).groupAccess(id), undefined);
		await assert.rejects(as(bob).group(id).delete(), {code: "server_310"});
		await theirs.delete();
		assert.equal(await as(alice).groupAccess(id), undefined);
	});

	test("join requests: seen, accepted, rejected; and none to a closed group", async () => {
		const keyed = await as(alice).createGroup(alice.user.prepareGroupCreate());
		const light = await as(alice).createGroupLight();
		for (const id of [keyed, light]) {
			await bob.user.groupJoinRequest(id);
		}
		const sent = (await as(bob).joinRequests().toArray()).map(({group_id}) => group_id);
		assert.deepEqual(sent.sort(), [keyed, light].sort());
		assert.deepEqual((await as(alice).group(keyed).joinRequests().toArray()).map(({user_id}) => user_id), [bob.id]);

		const group = await alice.user.getGroup(keyed);
		await as(alice).group(keyed).acceptJoinRequest(bob.id, await group.prepareKeysForNewMember(bob.id, 3));
		assert.equal((await as(bob).groupAccess(keyed))?.rank, 3);
		await as(alice).group(light).rejectJoinRequest(bob.id);
		await assert.rejects(as(alice).group(light).acceptJoinRequestLight(bob.id), {code: "server_309"});
		await bob.user.groupJoinRequest(light);
		await as(alice).group(light).acceptJoinRequestLight(bob.id, 2);
		assert.equal((await as(bob).groupAccess(light))?.rank, 2);

		await as(bob).group(light).leave();
		await as(alice).group(light).toggleInvites();
		await assert.rejects(bob.user.groupJoinRequest(light), {code: "server_317"});
		await assert.rejects(as(alice).group(light).inviteLight({user_id: bob.id}), {code: "server_317"});
		await assert.rejects(as(alice).group(light).leave(), {code: "server_308"});
	});

	test("groups as members: asked, taken in, and by force also where the rules forbid it", async () => {
		const [one, two, three] = await Promise.all([0, 1, 2].map(() => as(alice).createGroupLight()));
		if (one === undefined || two === undefined || three === undefined) {
			throw new Error("three groups were made");
		}
		const connected = as(alice).group(await as(alice).group(one).createConnectedLight(), one);
		await connected.inviteLight({group_id: two});
		assert.deepEqual((await as(alice).group(two).invitations().toArray()).map(({group_id}) => group_id), [connected.id]);
		await connected.inviteLight({group_id: three}, 2, "auto");
		assert.deepEqual((await connected.members().toArray()).map(({user_id, user_type}) => [user_id, user_type]), [[three, 2]]);

		const normal = as(alice).group(two);
		await assert.rejects(normal.inviteLight({group_id: three}, 4, "auto"), {code: "server_319"});
		await normal.inviteLight({group_id: three}, 4, "force");
		assert.equal((await world.backend.groups.member(two, three))?.user_type, 2);
		const open = new Backend({base_url: world.base_url, secret_token: APP_TOKEN}).withJwt(alice.jwt).group(two);
		await assert.rejects(open.inviteLight({group_id: one}, 4, "force"), {code: "server_203"});
		await assert.rejects(open.inviteAgain({group_id: three}, {keys: [], key_session: false}, "force"), {code: "server_203"});
	});

	test("keys for a group: invited, by force, and again", async () => {
		const [home, guest] = [await alice.user.createGroup(), await bob.user.createGroup()];
		const group = await alice.user.getGroup(home);
		const connected = await group.getConnectedGroup(await group.createConnectedGroup());
		const keys = await connected.prepareKeysForNewMember(guest, 4, 0, true);
		const acting = as(alice).group(connected.data.group_id, home);
		await acting.invite({group_id: guest}, keys, "force");
		await acting.inviteAgain({group_id: guest}, keys, "force");
		await acting.inviteAgain({group_id: guest}, keys);
		assert.equal((await as(bob).groupAccess(connected.data.group_id, {through: guest}))?.rank, 4);
	});

	test("lists go on over their pages, as far as they are walked", async () => {
		const {jwt} = await world.person();
		const acting = world.backend.withJwt(jwt);
		const made = [];
		for (let i = 0; i < 51; i += 1) {
			made.push(await acting.createGroupLight());
		}
		const listed = (await acting.groups().toArray()).map(({group_id}) => group_id);
		assert.deepEqual(listed.sort(), made.sort());
		assert.equal((await acting.groups().page()).length, 50);
		assert.equal((await acting.groups().toArray(7)).length, 7);
		const [first] = await acting.groups().page();
		assert.equal((await acting.groups().page(first)).length, 50);
		for await (const group of acting.groups()) {
			assert.equal(group.group_id, first?.group_id);
			break;
		}
		assert.deepEqual(await acting.invitations().toArray(), []);
		assert.deepEqual(await acting.group(made[0] ?? "").sentJoinRequests().toArray(), []);
	});
});
