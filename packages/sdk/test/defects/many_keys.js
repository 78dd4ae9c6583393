import {equal} from "../harness/assert.js";
import {newClient, newUser} from "../api/people.js";

/**
 * Groups with more keys than fit on a page. All run in Node and in a page.
 *
 * @type {Record<string, (keyfold: import("../api/people.js").Keyfold, server: import("../api/people.js").Server) => Promise<void>>}
 */
export const scenarios = {
	async "D-04 all generations of a key arrive, also one more than fills whole pages"(keyfold, server) {
		const [alice, bob] = await Promise.all([newUser(keyfold, server), newUser(keyfold, server)]);
		const group = await alice.user.getGroup(await alice.user.createGroup());
		const oldest = await group.encryptString("the oldest");
		while (group.data.keys.length < 101) {
			await group.keyRotation();
			const count = group.data.keys.length;
			if (count === 50 || count === 100) {
				// Exactly full pages, behind which there is nothing: D-23.
				const loaded = await (await loggedIn(keyfold, server, alice)).getGroup(group.data.group_id);
				equal(new Set(loaded.data.keys.map(({group_key_id}) => group_key_id)).size, count, "generations");
				equal(await loaded.decryptString(oldest), "the oldest", "a text under the oldest one");
			}
		}
		const loaded = await (await loggedIn(keyfold, server, alice)).getGroup(group.data.group_id);
		equal(new Set(loaded.data.keys.map(({group_key_id}) => group_key_id)).size, 101, "generations");
		equal(loaded.data.newest_key_id, group.data.newest_key_id, "the newest one");

		// A new member gets them too, in pages of 50.
		await group.inviteAuto(bob.user.data.user_id);
		const of_bob = await bob.user.getGroup(group.data.group_id);
		equal(of_bob.data.keys.length, 101, "generations of a new member");
		equal(await of_bob.decryptString(oldest), "the oldest", "a text under the oldest one");
	},

	async "D-20 all generations of a key arrive through a group that is the member, and the groups beside it are listed"(keyfold, server) {
		const [alice, bob] = await Promise.all([newUser(keyfold, server), newUser(keyfold, server)]);
		const member = await alice.user.getGroup(await alice.user.createGroup());
		const member_id = member.data.group_id;
		const connected = await member.getConnectedGroup(await member.createConnectedGroup());
		const {group_id} = connected.data;
		const oldest = await connected.encryptString("the oldest");
		while (connected.data.keys.length < 51) {
			await connected.keyRotation();
		}
		await member.inviteAuto(bob.user.data.user_id);
		const of_bob = await (await loggedIn(keyfold, server, bob)).getGroup(group_id, member_id);
		equal(of_bob.data.access_by_group_as_member, member_id, "access through the member");
		equal(new Set(of_bob.data.keys.map(({group_key_id}) => group_key_id)).size, 51, "generations");
		equal(of_bob.data.newest_key_id, connected.data.newest_key_id, "the newest one");
		equal(await of_bob.decryptString(oldest), "the oldest", "a text under the oldest one");
		equal(await of_bob.decryptString(await connected.encryptString("the newest")), "the newest", "a text under the newest one");
		await of_bob.groupUpdateCheck();

		// A group below it, whose groups are listed in the name of the group that acts.
		const child = await of_bob.getChildGroup(await connected.createChildGroup());
		equal(child.data.parent_group_id, group_id, "the parent");
		equal((await of_bob.getChildren()).map((item) => item.group_id), [child.data.group_id], "the children");
	},
};

/**
 * The same user with nothing in the store.
 *
 * @param {import("../api/people.js").Keyfold} keyfold
 * @param {import("../api/people.js").Server} server
 * @param {{name: string, password: string}} person
 */
async function loggedIn(keyfold, server, {name, password}) {
	return (await newClient(keyfold, server)).login(name, password, true);
}
