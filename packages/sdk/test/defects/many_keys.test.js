import assert from "node:assert/strict";
import {after, before, test} from "node:test";

import * as keyfold from "keyfold";

import {newClient, newUser} from "../api/people.js";
import {APP_TOKEN, startServer} from "../harness/server.js";

/** @type {Awaited<ReturnType<typeof startServer>>} */
let server;
/** @type {import("../api/people.js").Server} */
let target;
before(async () => {
	server = await startServer();
	target = {base_url: server.base_url, app_token: APP_TOKEN};
});
after(() => server?.stop());

test("D-04 all generations of a key arrive, also one more than fills whole pages", async () => {
	const [alice, bob] = await Promise.all([newUser(keyfold, target), newUser(keyfold, target)]);
	const group = await alice.user.getGroup(await alice.user.createGroup());
	const oldest = await group.encryptString("the oldest");
	while (group.data.keys.length < 101) {
		await group.keyRotation();
		const count = group.data.keys.length;
		if (count === 50 || count === 100) {
			// Exactly full pages, behind which there is nothing: D-23.
			const loaded = await (await loggedIn(alice)).getGroup(group.data.group_id);
			assert.equal(new Set(loaded.data.keys.map(({group_key_id}) => group_key_id)).size, count);
			assert.equal(await loaded.decryptString(oldest), "the oldest");
		}
	}
	const loaded = await (await loggedIn(alice)).getGroup(group.data.group_id);
	assert.equal(new Set(loaded.data.keys.map(({group_key_id}) => group_key_id)).size, 101);
	assert.equal(loaded.data.newest_key_id, group.data.newest_key_id);

	// A new member gets them too, in pages of 50.
	await group.inviteAuto(bob.user.data.user_id);
	const of_bob = await bob.user.getGroup(group.data.group_id);
	assert.equal(of_bob.data.keys.length, 101);
	assert.equal(await of_bob.decryptString(oldest), "the oldest");
});

test("D-20 all generations of a key arrive through a group that is the member, and the groups beside it are listed", async () => {
	const [alice, bob] = await Promise.all([newUser(keyfold, target), newUser(keyfold, target)]);
	const member = await alice.user.getGroup(await alice.user.createGroup());
	const member_id = member.data.group_id;
	const connected = await member.getConnectedGroup(await member.createConnectedGroup());
	const {group_id} = connected.data;
	const oldest = await connected.encryptString("the oldest");
	while (connected.data.keys.length < 51) {
		await connected.keyRotation();
	}
	await member.inviteAuto(bob.user.data.user_id);
	const of_bob = await (await loggedIn(bob)).getGroup(group_id, member_id);
	assert.equal(of_bob.data.access_by_group_as_member, member_id);
	assert.equal(new Set(of_bob.data.keys.map(({group_key_id}) => group_key_id)).size, 51);
	assert.equal(of_bob.data.newest_key_id, connected.data.newest_key_id);
	assert.equal(await of_bob.decryptString(oldest), "the oldest");
	assert.equal(await of_bob.decryptString(await connected.encryptString("the newest")), "the newest");
	await of_bob.groupUpdateCheck();

	// A group below it, whose groups are listed in the name of the group that acts.
	const child = await of_bob.getChildGroup(await connected.createChildGroup());
	assert.equal(child.data.parent_group_id, group_id);
	assert.deepEqual((await of_bob.getChildren()).map((item) => item.group_id), [child.data.group_id]);
});

/**
 * The same user with nothing in the store.
 *
 * @param {{name: string, password: string}} person
 */
async function loggedIn({name, password}) {
	return (await newClient(keyfold, target)).login(name, password, true);
}
