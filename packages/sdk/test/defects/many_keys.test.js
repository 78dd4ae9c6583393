import assert from "node:assert/strict";
import {after, before, test} from "node:test";

import * as keyfold from "keyfold";

import {newClient, newUser} from "../api/people.js";
import {APP_TOKEN, startServer} from "../harness/server.js";

/** @type {Awaited<ReturnType<typeof startServer>>} */
let server;
before(async () => {
	server = await startServer();
});
after(() => server?.stop());

test("D-04 all generations of a key arrive, also one more than fills whole pages", async () => {
	const target = {base_url: server.base_url, app_token: APP_TOKEN};
	const [alice, bob] = await Promise.all([newUser(keyfold, target), newUser(keyfold, target)]);
	const group = await alice.user.getGroup(await alice.user.createGroup());
	const oldest = await group.encryptString("the oldest");
	while (group.data.keys.length < 101) {
		await group.keyRotation();
	}
	const other = await newClient(keyfold, target);
	const login = await other.login(alice.name, alice.password);
	assert.ok(login.kind === "user");
	const loaded = await login.u.getGroup(group.data.group_id);
	assert.equal(new Set(loaded.data.keys.map(({group_key_id}) => group_key_id)).size, 101);
	assert.equal(loaded.data.newest_key_id, group.data.newest_key_id);

	// A new member gets them too, in pages of 50.
	await group.inviteAuto(bob.user.data.user_id);
	const of_bob = await bob.user.getGroup(group.data.group_id);
	assert.equal(of_bob.data.keys.length, 101);
	assert.equal(await of_bob.decryptString(oldest), "the oldest");
});
