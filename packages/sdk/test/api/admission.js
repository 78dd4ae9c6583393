import {equal, ok, rejected} from "../harness/assert.js";
import {SECRET_TOKEN} from "../harness/tokens.js";
import {newClient, newUser} from "./people.js";

/**
 * Who asks to join a group, and who is invited again. All run in Node and in a page.
 *
 * @type {Record<string, (keyfold: import("./people.js").Keyfold, server: import("./people.js").Server) => Promise<void>>}
 */
export const scenarios = {
	async "a request to join is taken back by who sent it, or declined by the group"(keyfold, server) {
		const [alice, bob] = await Promise.all([newUser(keyfold, server), newUser(keyfold, server)]);
		const group = await alice.user.getGroup(await alice.user.createGroup());
		const {group_id} = group.data;
		const bob_id = bob.user.data.user_id;

		await bob.user.groupJoinRequest(group_id);
		equal((await group.getJoinRequests()).map(({user_id}) => user_id), [bob_id], "the request");
		await bob.user.deleteJoinReq(group_id);
		equal(await bob.user.sentJoinReq(), [], "requests of who took it back");
		equal(await group.getJoinRequests(), [], "requests after it was taken back");
		equal(await code(group.acceptJoinRequest(bob_id)), "server_309", "code of one that was taken back");

		await bob.user.groupJoinRequest(group_id);
		await group.rejectJoinRequest(bob_id);
		equal(await group.getJoinRequests(), [], "requests after it was declined");
		equal(await bob.user.sentJoinReq(), [], "requests of who was declined");
		equal(await code(group.acceptJoinRequest(bob_id)), "server_309", "code of one that was declined");
		equal(await code(bob.user.getGroup(group_id)), "server_310", "code for who is no member");

		await bob.user.groupJoinRequest(group_id);
		await group.acceptJoinRequest(bob_id);
		const of_bob = await bob.user.getGroup(group_id);
		equal(of_bob.data.rank, 4, "rank by default");
		const above = [() => of_bob.rejectJoinRequest(bob_id), () => of_bob.acceptJoinRequest(bob_id), () => of_bob.getJoinRequests()];
		for (const call of above) {
			equal(await code(call()), "client_201", `code of ${call} above the rank`);
		}
	},

	async "the rank of who asked to join may be said second, third or by name"(keyfold, server) {
		const alice = await newUser(keyfold, server);
		const group = await alice.user.getGroup(await alice.user.createGroup());
		const {group_id} = group.data;
		/** @type {[(user_id: string) => Promise<void>, number][]} */
		const ways = [
			[(id) => group.acceptJoinRequest(id, 1), 1],
			[(id) => group.acceptJoinRequest(id, 3), 3],
			[(id) => group.acceptJoinRequest(id, 4), 4],
			[(id) => group.acceptJoinRequest(id, 0), 4],
			[(id) => group.acceptJoinRequest(id, 0, 2), 2],
			[(id) => group.acceptJoinRequest(id, {rank: 2}), 2],
		];
		await Promise.all(
			ways.map(async ([accept, rank]) => {
				const {user} = await newUser(keyfold, server);
				await user.groupJoinRequest(group_id);
				await accept(user.data.user_id);
				const joined = await user.getGroup(group_id);
				equal(joined.data.rank, rank, `rank by ${accept}`);
				equal(await joined.decryptString(await group.encryptString("text")), "text", `a text by ${accept}`);
			}),
		);
		const {user} = await newUser(keyfold, server);
		await user.groupJoinRequest(group_id);
		const senseless = /** @type {any} */ (5);
		equal(await code(group.acceptJoinRequest(user.data.user_id, senseless)), "client_200", "code of a rank that does not exist");
		equal(await code(group.acceptJoinRequest(user.data.user_id, 0, senseless)), "client_200", "code of such a rank behind the type");
		equal((await group.getJoinRequests()).length, 1, "requests after the refusals");
	},

	async "a request of a group is taken back in its name, declined, or accepted"(keyfold, server) {
		const [alice, bob] = await Promise.all([newUser(keyfold, server), newUser(keyfold, server)]);
		const owner = await alice.user.getGroup(await alice.user.createGroup());
		const connected = await owner.getConnectedGroup(await owner.createConnectedGroup());
		const connected_id = connected.data.group_id;
		const team = await bob.user.getGroup(await bob.user.createGroup());
		const team_id = team.data.group_id;

		await team.groupJoinRequest(connected_id);
		equal((await team.sentJoinReq()).map(({group_id}) => group_id), [connected_id], "the request as sent");
		equal(await bob.user.sentJoinReq(), [], "requests in the user's own name");
		await team.deleteJoinReq(connected_id);
		equal(await team.sentJoinReq(), [], "requests of the group that took it back");
		equal(await connected.getJoinRequests(), [], "requests after it was taken back");
		equal(await code(connected.acceptJoinRequest(team_id, 2)), "server_309", "code of one that was taken back");

		await team.groupJoinRequest(connected_id);
		await connected.rejectJoinRequest(team_id);
		equal([await connected.getJoinRequests(), await team.sentJoinReq()], [[], []], "requests after it was declined");

		await team.groupJoinRequest(connected_id);
		await connected.acceptJoinRequest(team_id, 2, 3);
		equal((await connected.getMember()).find(({user_id}) => user_id === team_id)?.rank, 3, "the rank of the group");
		const of_bob = await team.getConnectedGroup(connected_id);
		equal(await of_bob.decryptString(await connected.encryptString("text")), "text", "a text");

		const carol = await newUser(keyfold, server);
		await team.inviteAuto(carol.user.data.user_id, 2);
		const of_carol = await carol.user.getGroup(team_id);
		const above = [() => of_carol.deleteJoinReq(connected_id), () => of_carol.sentJoinReq(), () => of_carol.groupJoinRequest(connected_id)];
		for (const call of above) {
			equal(await code(call()), "client_201", `code of ${call} above the rank`);
		}
	},

	async "a member whose account was reset reads again after another invitation, with the rank of before"(keyfold, server) {
		const [alice, bob] = await Promise.all([newUser(keyfold, server), newUser(keyfold, server)]);
		const group = await alice.user.getGroup(await alice.user.createGroup());
		const {group_id} = group.data;
		const bob_id = bob.user.data.user_id;
		await group.inviteAuto(bob_id, 2);
		const text = await group.encryptString("from before");

		const headers = {"x-sentc-app-token": SECRET_TOKEN, "content-type": "application/json"};
		const body = bob.client.prepareRegister(bob.name, "after the reset");
		const answer = await fetch(`${server.base_url}/api/v1/user/forced/reset_user`, {method: "PUT", headers, body});
		keyfold.handle_general_server_response(await answer.text());
		const again = await (await newClient(keyfold, server)).login(bob.name, "after the reset", true);
		equal(again.data.user_id, bob_id, "the account");
		const locked = await again.getGroup(group_id).then((group) => group.decryptString(text)).catch((error) => error);
		ok(locked instanceof keyfold.KeyfoldError, "an error without the keys");

		await group.reInviteUser(bob_id);
		const reader = await (await newClient(keyfold, server)).login(bob.name, "after the reset", true);
		const opened = await reader.getGroup(group_id);
		equal(opened.data.rank, 2, "the rank");
		equal(await opened.decryptString(text), "from before", "the text");
		equal((await group.getMember()).map(({user_id}) => user_id), [bob_id], "members");

		const carol = await newUser(keyfold, server);
		equal(await code(group.reInviteUser(carol.user.data.user_id)), "server_320", "code for who is no member");
		await group.inviteAuto(carol.user.data.user_id);
		const of_carol = await carol.user.getGroup(group_id);
		equal(await code(of_carol.reInviteUser(bob_id)), "client_201", "code of an action above the rank");
	},

	async "a group that is a member gets the keys anew, under its newest key"(keyfold, server) {
		const alice = await newUser(keyfold, server);
		const owner = await alice.user.getGroup(await alice.user.createGroup());
		const connected = await owner.getConnectedGroup(await owner.createConnectedGroup());
		const connected_id = connected.data.group_id;
		const team = await alice.user.getGroup(await alice.user.createGroup());
		const team_id = team.data.group_id;
		await connected.inviteGroupAuto(team_id, 3);
		const text = await connected.encryptString("from before");
		/** Under which of the group's keys the server keeps the keys of the connected one. */
		const lockedBy = async () => {
			const headers = {
				"x-sentc-app-token": server.app_token,
				authorization: `Bearer ${await alice.user.getJwt()}`,
				"x-sentc-group-access-id": team_id,
			};
			const answer = await fetch(`${server.base_url}/api/v1/group/${connected_id}`, {headers});
			/** @type {{keys: {user_public_key_id: string}[]}} */
			const {keys} = keyfold.handle_server_response(await answer.text());
			return keys.map(({user_public_key_id}) => user_public_key_id);
		};
		const before = team.data.newest_key_id;
		equal(await lockedBy(), [before], "the key of the group at first");
		await team.keyRotation();
		equal(await lockedBy(), [before], "the key of the group after its rotation");

		await connected.reInviteGroup(team_id);
		equal(await lockedBy(), [team.data.newest_key_id], "the key of the group after the invitation");
		equal((await connected.getMember()).find(({user_id}) => user_id === team_id)?.rank, 3, "the rank");
		const client = await newClient(keyfold, server);
		const reader = await (await client.login(alice.name, alice.password, true)).getGroup(connected_id, team_id);
		equal(await reader.decryptString(text), "from before", "the text");

		const stranger = await alice.user.createGroup();
		equal(await code(connected.reInviteGroup(stranger)), "server_320", "code of a group that is no member");
	},
};

/**
 * The code of an error.
 *
 * @param {Promise<unknown>} call
 */
async function code(call) {
	return /** @type {{code: string}} */ (await rejected(call)).code;
}
