import {equal, ok, rejected} from "../harness/assert.js";
import {totp} from "../harness/totp.js";
import {newClient, newUser} from "../api/people.js";
import {scenarios as many_keys} from "./many_keys.js";

/** @typedef {import("../api/people.js").Keyfold} Keyfold @typedef {import("../api/people.js").Server} Server */

/**
 * What earlier clients of this kind got wrong, by what is right. Each is tried in Node and in a page; those that need more than
 * that stand in the file that is named.
 *
 * D-01 test/session/default_address.test.js · D-02 test/session/refresh.test.js · D-04 test/defects/many_keys.js ·
 * D-11 and D-13 test/api/files.js · D-17 test/session/refresh.test.js · D-19 test/walk/browser.test.js, test/workers ·
 * D-20 test/node and test/defects/many_keys.js too · D-23 is Rust's: crates/client
 *
 * @type {Record<string, (keyfold: Keyfold, server: Server) => Promise<void>>}
 */
export const scenarios = {
	...many_keys,

	async "D-03 a logout leaves neither the session nor groups nor keys in the store"(keyfold, server) {
		const {client, user} = await newUser(keyfold, server);
		const {user_id, device_id} = user.data;
		const group = await user.getGroup(await user.createGroup(true), undefined, 3);
		const {group_id} = group.data;
		await group.decryptString(await group.encryptString("text", true), true, user_id);
		await group.groupUpdateCheck();
		await group.finishKeyRotation();
		await client.getGroupPublicKey(group_id);
		const names = [
			"actual_user",
			`user_data_id_${user.identifier}`,
			`session_id_${device_id}`,
			`group_data_user_${user_id}_id_${group_id}`,
			`group_public_key_id_${group_id}`,
		];
		equal((await stored(client, names)).every(Boolean), true, "before");
		names.push(`user_public_key_id_${user_id}`, `user_trust_id_${user_id}`);
		names.push(`user_verify_key_id_${user_id}_key_id_${user.data.user_keys[0]?.group_key_id}`);
		await user.logOut();
		equal((await stored(client, names)).some(Boolean), false, "afterwards");
	},

	async "D-05 a changed identifier is that of all later actions, and of what is stored"(keyfold, server) {
		const {client, user, name, password} = await newUser(keyfold, server);
		const changed = `${name} changed`;
		await user.updateUser(changed);
		equal(user.identifier, changed, "the identifier");
		equal((await client.user(changed))?.data.user_id, user.data.user_id, "stored under the new one");
		equal(await client.user(name), undefined, "not under the old one");
		await user.changePassword(password, "another password");
		await user.registerRawOtp("another password");
	},

	async "D-06 a second factor that the server refused is not taken for one"(keyfold, server) {
		const {user} = await newUser(keyfold, server);
		ok(await rejected(user.registerRawOtp("a wrong password")), "it is refused");
		equal(user.enabledMfa(), false, "the second factor");
	},

	async "D-07 the text of an error is JSON whatever the server wrote"(keyfold) {
		const answer = JSON.stringify({status: false, err_msg: 'a "quoted"\nword', err_code: 7});
		const error = await rejected((async () => keyfold.handle_server_response(answer))());
		equal(JSON.parse(String(error)), {status: "server_7", error_message: 'a "quoted"\nword'}, "the error");
		const malformed = await rejected((async () => keyfold.handle_server_response("<html>"))());
		equal(JSON.parse(String(malformed)).status, "client_101", "an answer that is no JSON");
	},

	async "D-08 a signature that was taken off is noticed"(keyfold, server) {
		const {user} = await newUser(keyfold, server);
		const group = await user.getGroup(await user.createGroup());
		const stripped = await group.encryptString("unsigned");
		const error = /** @type {{code: string}} */ (await rejected(group.decryptString(stripped, true, user.data.user_id)));
		equal(error.code, "client_401", "code");
	},

	async "D-09 a new key of the own is what others are told at once"(keyfold, server) {
		const {client, user} = await newUser(keyfold, server);
		const before = await client.getUserPublicKey(user.data.user_id);
		await user.keyRotation();
		const after = await client.getUserPublicKey(user.data.user_id);
		ok(before.public_key_id !== after.public_key_id, "another key");
		equal(after.public_key_id, user.data.newest_key_id, "the newest one");
	},

	async "D-09 a new key of somebody else is noticed after five minutes"(keyfold, server) {
		const [alice, bob] = await Promise.all([newUser(keyfold, server), newUser(keyfold, server)]);
		const bob_id = bob.user.data.user_id;
		const {now} = Date;
		const before = await alice.client.getUserPublicKey(bob_id);
		await bob.user.keyRotation();
		try {
			Date.now = () => now() + 4 * 60_000;
			equal((await alice.client.getUserPublicKey(bob_id)).public_key_id, before.public_key_id, "the key while it is young");
			Date.now = () => now() + 5 * 60_000 + 1000;
			const after = await alice.client.getUserPublicKey(bob_id);
			equal(after.public_key_id, bob.user.data.newest_key_id, "the newest key later");
			const content = await alice.user.encrypt(new Uint8Array([1]), bob_id);
			equal(JSON.parse(new TextDecoder().decode(content.slice(0, content.indexOf(0)))).id, after.public_key_id, "what encrypts");
		} finally {
			Date.now = now;
		}
	},

	async "D-10 a group accepts and declines invitations"(keyfold, server) {
		const [alice, bob] = await Promise.all([newUser(keyfold, server), newUser(keyfold, server)]);
		const parent = await alice.user.getGroup(await alice.user.createGroup());
		const connected = await parent.getConnectedGroup(await parent.createConnectedGroup());
		const member = await bob.user.getGroup(await bob.user.createGroup());
		const {group_id} = connected.data;
		await connected.inviteGroup(member.data.group_id);
		await member.rejectGroupInvite(group_id);
		equal(await member.getGroupInvites(), [], "after declining");
		await connected.inviteGroup(member.data.group_id);
		equal((await member.getGroupInvites()).map((invite) => invite.group_id), [group_id], "the invitation");
		await member.acceptGroupInvite(group_id);
		equal((await member.getGroups()).map((group) => group.group_id), [group_id], "the group's groups");
	},

	async "D-12 an empty verify key is none"(keyfold, server) {
		const {user} = await newUser(keyfold, server);
		const group = await user.getGroup(await user.createGroup());
		const data = new TextEncoder().encode("content");
		const {public_key} = await user.getPublicKey(user.data.user_id);
		equal(user.decryptSync(user.encryptSync(data, public_key), ""), data, "of a user");
		equal(group.decryptSync(group.encryptSync(data), ""), data, "of a group");
		const raw = group.encryptRawSync(data);
		equal(group.decryptRawSync(raw.head, raw.data, ""), data, "with the head apart");
		const [key] = await group.generateNonRegisteredKey();
		equal(key.decrypt(key.encrypt(data), ""), data, "by a key of the app's own");
		const {file_id} = await group.createFile(data, {name: "name"});
		const [url] = await group.downloadFile(file_id, "");
		equal(await (await fetch(url)).text(), "content", "of a file");
	},

	async "D-14 no more search hashes are made than were asked for"(keyfold, server) {
		const {user} = await newUser(keyfold, server);
		const group = await user.getGroup(await user.createGroup());
		for (const [text, limit, hashes] of /** @type {const} */ ([["a longer text", 5, 5], ["abc", 5, 3], ["abcde", 5, 5], ["abc", 1, 1]])) {
			equal(group.createSearchRaw(text, false, limit).length, hashes, `hashes of ${text} with ${limit} at most`);
			equal(group.createSearch(text, false, limit)[0].length, hashes, `with their key, of ${text} with ${limit} at most`);
		}
	},

	async "D-15 a text that is cut in the middle of a character is an error, and all goes on"(keyfold, server) {
		const {user} = await newUser(keyfold, server);
		const group = await user.getGroup(await user.createGroup());
		for (const text of ["aaa😥", "ä", "äääää"]) {
			const error = /** @type {{code: string}} */ (await rejected((async () => group.encryptSortableRawString(text))()));
			equal(error.code, "client_408", `code of ${text}`);
		}
		group.encryptSortableRawString("aaaa");
	},

	async "D-16 a missing second factor rejects, and does not throw"(keyfold, server) {
		const {user, password} = await newUser(keyfold, server);
		const {secret} = await user.registerRawOtp(password);
		for (const call of [
			() => user.changePassword(password, "new"),
			() => user.deleteUser(password),
			() => user.deleteDevice(password, user.data.device_id),
		]) {
			const error = /** @type {{code: string}} */ (await rejected(call()));
			equal(error.code, "client_10000", "code");
		}
		await user.disableOtp(password, await totp(secret), false);
	},

	async "D-18 a child group whose member the user is opens with the user's own keys"(keyfold, server) {
		const [alice, bob] = await Promise.all([newUser(keyfold, server), newUser(keyfold, server)]);
		const parent = await alice.user.getGroup(await alice.user.createGroup());
		const child = await parent.getChildGroup(await parent.createChildGroup());
		const bob_id = bob.user.data.user_id;
		await parent.inviteAuto(bob_id);
		await child.inviteAuto(bob_id, 2);
		const of_bob = await (await bob.user.getGroup(parent.data.group_id)).getChildGroup(child.data.group_id);
		equal(await of_bob.decryptString(await child.encryptString("text")), "text", "a text");
	},

	async "D-20 whoever acts through a group does so in every call, from stored keys too"(keyfold, server) {
		const [alice, bob] = await Promise.all([newUser(keyfold, server), newUser(keyfold, server)]);
		const member = await alice.user.getGroup(await alice.user.createGroup());
		const connected_id = await member.createConnectedGroup();
		const connected = await member.getConnectedGroup(connected_id);
		await member.inviteAuto(bob.user.data.user_id);
		const of_bob = await bob.user.getGroup(connected_id, member.data.group_id);
		await of_bob.groupUpdateCheck();
		equal(of_bob.data.access_by_group_as_member, member.data.group_id, "the acting group");
		const again = await bob.user.getGroup(connected_id, member.data.group_id);
		equal(again.data.access_by_group_as_member, member.data.group_id, "the acting group, from stored keys");
		equal((await again.getMember()).map(({user_id}) => user_id), [], "a list, as the acting group");
		equal(await again.decryptString(await connected.encryptString("text")), "text", "a text");
		const refused = /** @type {{code: string}} */ (await rejected(bob.user.getGroup(connected_id)));
		equal(refused.code, "server_310", "code without the acting group");
	},

	async "D-21 without a last part, the list of parts begins with the first"(keyfold, server) {
		const {user} = await newUser(keyfold, server);
		const {file_id} = await user.createFile(new Uint8Array(10), {name: "name"});
		const downloader = new keyfold.Downloader(server.base_url, server.app_token, user);
		for (const last of [null, undefined]) {
			const parts = await downloader.downloadFilePartList(file_id, last);
			equal(parts.map(({sequence}) => sequence), [1], `parts behind ${last}`);
			equal(await downloader.downloadFilePartList(file_id, parts.at(-1)), [], "parts behind the last one");
		}
	},

	async "D-22 a group through which a user acts has files too"(keyfold, server) {
		const [alice, bob] = await Promise.all([newUser(keyfold, server), newUser(keyfold, server)]);
		const member = await alice.user.getGroup(await alice.user.createGroup());
		const connected_id = await member.createConnectedGroup();
		const connected = await member.getConnectedGroup(connected_id);
		await member.inviteAuto(bob.user.data.user_id);
		const of_bob = await bob.user.getGroup(connected_id, member.data.group_id);
		const {file_id} = await of_bob.createFile(new TextEncoder().encode("content"), {name: "name"});
		const file = await connected.getFile(file_id);
		equal(new TextDecoder().decode(await file.bytes()), "content", "the content");
		const downloader = new keyfold.Downloader("", "", bob.user, connected_id, member.data.group_id);
		equal((await downloader.downloadFilePartList(file_id)).length, 1, "parts, as the acting group");
		equal((await of_bob.getGroups()).length, 0, "a list, as the acting group");
	},
};

/** @param {Awaited<ReturnType<typeof newClient>>} client @param {string[]} names */
async function stored({storage}, names) {
	return Promise.all(names.map(async (name) => (await storage.getItem(name)) !== undefined));
}
