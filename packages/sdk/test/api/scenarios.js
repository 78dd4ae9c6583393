import {equal, ok, rejected} from "../harness/assert.js";
import {totp} from "../harness/totp.js";
import {scenarios as admission} from "./admission.js";
import {scenarios as content} from "./content.js";
import {scenarios as files} from "./files.js";
import {scenarios as keys} from "./keys.js";
import {credentials, finished, newClient, newUser} from "./people.js";

/**
 * @typedef {import("./people.js").Keyfold} Keyfold
 * @typedef {import("./people.js").Server} Server
 */

/**
 * What the client, its users and its groups can do, by name. Each makes its own users; all run in Node and in a page.
 *
 * @type {Record<string, (keyfold: Keyfold, server: Server) => Promise<void>>}
 */
export const scenarios = {
	...admission,
	...content,
	...files,
	...keys,

	async "a client without `init` has the halves for an app's own backend, and forced logins"(keyfold, server) {
		const client = await newClient(keyfold, server);
		const [name, password] = client.generateRegisterData();
		equal([name.length, password.length], [27, 54], "lengths of random credentials");
		const post = async (/** @type {string} */ path, /** @type {string} */ body) =>
			keyfold.make_req("POST", `${server.base_url}/api/v1/${path}`, server.app_token, body);

		const exists = client.prepareCheckUserIdentifierAvailable(name);
		ok(exists !== false, "a body");
		equal(client.doneCheckUserIdentifierAvailable(await post("exists", exists)), true, "free");
		const id = client.doneRegister(await post("register", client.prepareRegister(name, password)));
		equal(client.doneCheckUserIdentifierAvailable(await post("exists", exists)), false, "taken");
		const user = await client.login(name, password, true);
		equal(user.data.user_id, id, "the user");
		const body = client.prepareRegisterDeviceStart(`${name} 2`, password);
		const answer = await post("user/prepare_register_device", body);
		client.doneRegisterDeviceStart(answer);
		await user.registerDevice(answer);
		equal((await user.getDevices()).length, 2, "devices");

		const taken = JSON.stringify({status: false, err_msg: "taken", err_code: 101});
		for (const read of [client.doneRegister, client.doneRegisterDeviceStart, client.doneCheckUserIdentifierAvailable]) {
			const error = /** @type {{code: string}} */ (await rejected((async () => read.call(client, taken))()));
			equal(error.code, "server_101", "code in a refusing answer");
		}
		await user.registerRawOtp(password);
		const waiting = /** @type {{code: string}} */ (await rejected(client.login(name, password, true)));
		equal(waiting.code, "client_10000", "code of a user with a second factor");
		equal((await client.login(name, password)).kind, "mfa", "a login that is not forced");
	},

	async "a second device logs in to the same account and reads older contents"(keyfold, server) {
		const alice = await newUser(keyfold, server);
		const group = await alice.user.getGroup(await alice.user.createGroup());
		const text = await group.encryptString("from before");

		const client = await newClient(keyfold, server);
		const [name, password] = credentials();
		const request = await client.registerDeviceStart(name, password);
		await alice.user.registerDevice(request);
		const again = /** @type {{code: string}} */ (await rejected(alice.user.registerDevice(request)));
		ok(/^server_/.test(again.code), "a used request is refused");
		const login = await client.login(name, password);
		ok(login.kind === "user", "no second factor");
		equal(login.u.data.user_id, alice.user.data.user_id, "the account");
		equal(await (await login.u.getGroup(group.data.group_id)).decryptString(text), "from before", "the text");

		const devices = await alice.user.getDevices();
		equal(devices.map(({device_id}) => device_id), [alice.user.data.device_id, login.u.data.device_id], "the devices");
		equal(await alice.user.getDevices(devices.at(-1)), [], "the devices behind the last one");
		await alice.user.deleteDevice(alice.password, login.u.data.device_id);
		equal((await alice.user.getDevices()).length, 1, "devices after the deletion");
	},

	async "user keys that one device makes reach the other, and older contents stay readable"(keyfold, server) {
		const alice = await newUser(keyfold, server);
		const client = await newClient(keyfold, server);
		const [name, password] = credentials();
		await alice.user.registerDevice(await client.registerDeviceStart(name, password));
		const login = await client.login(name, password);
		ok(login.kind === "user", "no second factor");
		const older = await login.u.encryptString("older", alice.user.data.user_id);

		const before = alice.user.data.newest_key_id;
		await alice.user.keyRotation();
		ok(alice.user.data.newest_key_id !== before, "a new key");
		const newer = await alice.user.encryptString("newer", alice.user.data.user_id);
		equal(await alice.user.decryptString(older), "older", "the older text");
		await finished(() => login.u.finishKeyRotation(), () => login.u.data.newest_key_id === alice.user.data.newest_key_id);
		equal(await login.u.decryptString(newer), "newer", "the newer text on the other device");
	},

	async "password and identifier can be changed, and the old ones are void"(keyfold, server) {
		const alice = await newUser(keyfold, server);
		const wrong = /** @type {{code: string}} */ (await rejected(alice.user.changePassword("not it", "new")));
		equal(wrong.code, "server_112", "code of a wrong old password");
		await alice.user.changePassword(alice.password, "second");
		equal((await failedLogin(keyfold, server, alice.name, alice.password)).code, "server_112", "the first password");
		await alice.user.resetPassword("third");
		equal((await failedLogin(keyfold, server, alice.name, "second")).code, "server_112", "the second password");

		const [name] = credentials();
		await alice.user.updateUser(name);
		equal(alice.user.identifier, name, "the new identifier");
		equal((await failedLogin(keyfold, server, alice.name, "third")).code, "server_100", "the old identifier");
		const login = await (await newClient(keyfold, server)).login(name, "third");
		equal(login.kind, "user", "login with everything new");
	},

	async "a second factor is asked for, by code and by recovery key"(keyfold, server) {
		const alice = await newUser(keyfold, server);
		equal(alice.user.enabledMfa(), false, "at first");
		const [url, recovery_keys] = await alice.user.registerOtp("My App", "alice@example.org", alice.password);
		equal(alice.user.enabledMfa(), true, "afterwards");
		ok(url.startsWith("otpauth://totp/My%20App:alice%40example.org?secret="), "an address for the authenticator app");
		equal(recovery_keys.length, 6, "recovery keys");
		const secret = new URL(url).searchParams.get("secret") ?? "";

		const client = await newClient(keyfold, server);
		const login = await client.login(alice.name, alice.password);
		ok(login.kind === "mfa", "the login waits");
		const wrong = /** @type {{code: string}} */ (await rejected(client.mfaLogin("not a code", login.u)));
		ok(/^server_/.test(wrong.code), "a wrong code is refused");
		equal((await client.mfaLogin(await totp(secret), login.u)).data.user_id, alice.user.data.user_id, "by code");
		const kept = JSON.parse(JSON.stringify(login.u));
		const [first = "", second = ""] = recovery_keys;
		equal((await client.mfaRecoveryLogin(first, kept)).data.user_id, alice.user.data.user_id, "by recovery key");
		const used = /** @type {{code: string}} */ (await rejected(client.mfaRecoveryLogin(first, kept)));
		equal(used.code, "server_901", "code of a used recovery key");

		const needed = /** @type {{code: string}} */ (await rejected(alice.user.changePassword(alice.password, "new")));
		equal(needed.code, "client_10000", "code of a password change without a factor");
		const unclear = /** @type {{code: string}} */ (await rejected(alice.user.disableOtp(alice.password, "123456")));
		equal(unclear.code, "client_424", "code of a token of which is not said what it is");
		equal((await alice.user.getOtpRecoverKeys(alice.password, second, true)).length, 4, "keys that are left");
		const {alg, recover} = await alice.user.resetRawOtp(alice.password, recovery_keys[2], true);
		equal([alg, recover.length], ["totp_sha256", 6], "after a reset");
		await alice.user.disableOtp(alice.password, recover[0], true);
		equal((await (await newClient(keyfold, server)).login(alice.name, alice.password)).kind, "user", "in the end");
	},

	async "who logs out or deletes the account leaves nothing behind"(keyfold, server) {
		const alice = await newUser(keyfold, server);
		await alice.user.getGroup(await alice.user.createGroup());
		await alice.user.logOut();
		equal(await alice.client.currentUser(), undefined, "nobody");
		equal(await alice.client.user(alice.name), undefined, "not this one either");

		const bob = await newUser(keyfold, server);
		await bob.user.deleteUser(bob.password);
		equal((await failedLogin(keyfold, server, bob.name, bob.password)).code, "server_100", "after the deletion");
	},

	async "the password of any device of the account deletes devices and the account"(keyfold, server) {
		const alice = await newUser(keyfold, server);
		const client = await newClient(keyfold, server);
		const [name, password] = credentials();
		await alice.user.registerDevice(await client.registerDeviceStart(name, password));
		const [third, third_password] = credentials();
		await alice.user.registerDevice(await client.registerDeviceStart(third, third_password));
		const tablet = await client.login(third, third_password, true);

		const wrong = /** @type {{code: string}} */ (
			await rejected(alice.user.deleteDevice("not it", tablet.data.device_id, undefined, undefined, name))
		);
		equal(wrong.code, "server_112", "code of a wrong password");
		const stranger = await newUser(keyfold, server);
		const foreign = /** @type {{code: string}} */ (
			await rejected(alice.user.deleteDevice(stranger.password, tablet.data.device_id, undefined, undefined, stranger.name))
		);
		equal(foreign.code, "client_1101", "code of the password of somebody else");
		equal((await alice.user.getDevices()).length, 3, "devices so far");
		await alice.user.deleteDevice(password, tablet.data.device_id, undefined, undefined, name);
		equal((await alice.user.getDevices()).length, 2, "devices afterwards");
		equal((await alice.client.currentUser())?.identifier, alice.name, "who is logged in here");

		const [, [first = "", second = ""]] = await alice.user.registerOtp("App", "alice", alice.password);
		const needed = /** @type {{code: string}} */ (await rejected(alice.user.deleteUser(password, undefined, undefined, name)));
		equal(needed.code, "client_10000", "code without a second factor");
		const unclear = /** @type {{code: string}} */ (await rejected(alice.user.deleteUser(password, first, undefined, name)));
		equal(unclear.code, "client_424", "code of a token of which is not said what it is");
		await alice.user.deleteUser(password, first, true, name);
		equal(await alice.client.currentUser(), undefined, "nobody is logged in here");
		ok(second !== "" && (await rejected(client.login(name, password))), "the account is gone");
	},

	async "contents for one user can be read by that user alone, with proof of the author"(keyfold, server) {
		const [alice, bob] = await Promise.all([newUser(keyfold, server), newUser(keyfold, server)]);
		const [alice_id, bob_id] = [alice.user.data.user_id, bob.user.data.user_id];
		const data = new Uint8Array([0, 1, 2, 255]);
		equal(await bob.user.decrypt(await alice.user.encrypt(data, bob_id)), data, "bytes");

		const signed = await alice.user.encryptString("signed", bob_id, true);
		equal(await bob.user.decryptString(signed, true, alice_id), "signed", "a signed text");
		equal(await bob.user.decryptString(signed), "signed", "a signed text that is not verified");
		const other = /** @type {{code: string}} */ (await rejected(bob.user.decryptString(signed, true, bob_id)));
		ok(other.code.length > 0, "a signature of somebody else is refused");
		const unsigned = await alice.user.encryptString("unsigned", bob_id);
		const stripped = /** @type {{code: string}} */ (await rejected(bob.user.decryptString(unsigned, true, alice_id)));
		equal(stripped.code, "client_401", "code of a missing signature");
		const nobody = /** @type {{code: string}} */ (await rejected(bob.user.decryptString(signed, true)));
		equal(nobody.code, "client_424", "code of a verification without an author");
		const foreign = /** @type {{code: string}} */ (await rejected(alice.user.decryptString(signed)));
		equal(foreign.code, "server_304", "code for the author, who has not the key");

		const {head, data: payload} = await alice.user.encryptRaw(data, bob_id, true);
		equal(JSON.parse(head).sign.id, alice.user.data.newest_key_id, "who signed, in the head");
		equal(await bob.user.decryptRaw(head, payload), data, "bytes with the head apart");
	},

	async "public keys are found, verified, and compared by safety numbers"(keyfold, server) {
		const [alice, bob] = await Promise.all([newUser(keyfold, server), newUser(keyfold, server)]);
		const key = await alice.client.getUserPublicKey(bob.user.data.user_id);
		equal(key.public_key_id, bob.user.data.newest_key_id, "id of the key");
		equal(JSON.parse(key.public_key).public_key_id, key.public_key_id, "id in the exported key");
		equal(key.verified, false, "verified at first");
		ok(key.public_key_sig_key_id !== undefined, "the key is signed");
		equal(await alice.client.verifyUserPublicKey(bob.user.data.user_id, key), true, "verification");
		equal((await alice.client.getUserPublicKey(bob.user.data.user_id)).verified, true, "verified afterwards");
		const verify_key = await alice.client.getUserVerifyKey(bob.user.data.user_id, key.public_key_sig_key_id);
		equal(JSON.parse(verify_key).verify_key_id, key.public_key_sig_key_id, "id of the verify key");

		/** @type {(one: typeof alice, other: typeof alice) => Promise<string>} */
		const number = (one, {user: {data}}) =>
			one.user.createSafetyNumber({user_id: data.user_id, verify_key_id: data.newest_key_id});
		equal(await number(alice, bob), await number(bob, alice), "the number on both sides");
		ok((await alice.user.createSafetyNumber()) !== (await number(alice, bob)), "the own number is another");
		const nobody = "00000000-0000-4000-8000-000000000000";
		const unknown = /** @type {{code: string}} */ (await rejected(alice.client.getUserPublicKey(nobody)));
		equal(unknown.code, "server_100", "code of an unknown user");
	},

	async "members of a group are invited, ask to join, change rank and leave"(keyfold, server) {
		const [alice, bob, carol] = await Promise.all([0, 1, 2].map(() => newUser(keyfold, server)));
		ok(alice && bob && carol, "three users");
		const group_id = await alice.user.createGroup();
		const group = await alice.user.getGroup(group_id);

		await group.invite(bob.user.data.user_id, 2);
		equal((await bob.user.getGroupInvites()).map((invite) => invite.group_id), [group_id], "the invitation");
		await bob.user.acceptGroupInvite(group_id);
		equal((await bob.user.getGroup(group_id)).data.rank, 2, "rank as invited");
		await carol.user.groupJoinRequest(group_id);
		equal((await carol.user.sentJoinReq()).map((request) => request.group_id), [group_id], "the request as sent");
		const [request] = await group.getJoinRequests();
		equal(request?.user_id, carol.user.data.user_id, "the request");
		await group.acceptJoinRequest(carol.user.data.user_id, 0, 3);
		equal((await carol.user.getGroup(group_id)).data.rank, 3, "rank as accepted");

		const members = await group.getMember();
		equal(members.map(({user_id, rank}) => [user_id, rank]), [[bob.user.data.user_id, 2], [carol.user.data.user_id, 3]], "members");
		equal(await group.getMember(members.at(-1)), [], "members behind the last one");
		await group.updateRank(carol.user.data.user_id, 4);
		const senseless = /** @type {{code: string}} */ (await rejected(group.updateRank(carol.user.data.user_id, 5)));
		equal(senseless.code, "client_200", "code of a rank that does not exist");
		const weak = /** @type {{code: string}} */ (await rejected((await carol.user.getGroup(group_id)).invite(bob.user.data.user_id)));
		equal(weak.code, "client_201", "code of an action above the rank");
		const reading = /** @type {{code: string}} */ (await rejected((await carol.user.getGroup(group_id)).getJoinRequests()));
		equal(reading.code, "client_201", "code of a list above the rank");

		await (await bob.user.getGroup(group_id)).leave();
		await group.kickUser(carol.user.data.user_id);
		equal(await group.getMember(), [], "members in the end");
		equal(await carol.user.getGroups(), [], "groups of someone who was removed");
		await group.stopInvites();
		const closed = /** @type {{code: string}} */ (await rejected(group.inviteAuto(bob.user.data.user_id)));
		equal(closed.code, "server_317", "code of an invitation to a closed group");
		await group.deleteGroup();
		equal(await alice.user.getGroups(), [], "groups after the deletion");
	},

	async "new group keys reach the other members, and keep out who was removed"(keyfold, server) {
		const [alice, bob, carol] = await Promise.all([0, 1, 2].map(() => newUser(keyfold, server)));
		ok(alice && bob && carol, "three users");
		const group = await alice.user.getGroup(await alice.user.createGroup(true));
		const group_id = group.data.group_id;
		await group.inviteAuto(bob.user.data.user_id);
		await group.inviteAuto(carol.user.data.user_id);
		const of_bob = await bob.user.getGroup(group_id);
		const of_carol = await carol.user.getGroup(group_id);
		const older = await group.encryptString("older", true);

		await group.kickUser(carol.user.data.user_id);
		const before = group.data.newest_key_id;
		await group.keyRotation(true);
		ok(group.data.newest_key_id !== before, "a new key");
		const newer = await group.encrypt(new TextEncoder().encode("newer"), true);
		await finished(() => of_bob.groupUpdateCheck(), () => of_bob.data.newest_key_id === group.data.newest_key_id);
		equal(of_bob.data.key_update, false, "nothing is left to finish");
		const author = alice.user.data.user_id;
		equal(new TextDecoder().decode(await of_bob.decrypt(newer, true, author)), "newer", "the newer content");
		equal(await of_bob.decryptString(older, true, author), "older", "the older text");
		ok(await rejected(of_carol.decrypt(newer)), "nothing for someone who was removed");
		equal(of_bob.decryptStringSync(older), "older", "without a request");
		const {head, data} = await group.encryptRaw(new Uint8Array([1]));
		equal(await of_bob.decryptRaw(head, data), new Uint8Array([1]), "with the head apart");
		equal((await bob.client.getGroupPublicKey(group_id)).id, group.data.newest_key_id, "the public key");
	},

	async "child groups and connected groups are reached through their members"(keyfold, server) {
		const [alice, bob] = await Promise.all([newUser(keyfold, server), newUser(keyfold, server)]);
		const parent = await alice.user.getGroup(await alice.user.createGroup());
		const child = await parent.getChildGroup(await parent.createChildGroup());
		equal(child.data.parent_group_id, parent.data.group_id, "the parent");
		equal((await parent.getChildren()).map(({group_id}) => group_id), [child.data.group_id], "the children");
		await parent.inviteAuto(bob.user.data.user_id);
		const through_parent = await bob.user.getGroup(child.data.group_id);
		equal(through_parent.data.from_parent, true, "access through the parent");
		equal(await through_parent.decryptString(await child.encryptString("child")), "child", "a text of the child");

		const connected_id = await parent.createConnectedGroup();
		const connected = await parent.getConnectedGroup(connected_id);
		equal(connected.data.is_connected_group, true, "a connected group");
		equal((await parent.getGroups()).map(({group_id}) => group_id), [connected_id], "connected groups of the parent");
		const through_member = await bob.user.getGroup(connected_id, parent.data.group_id);
		equal(through_member.data.access_by_group_as_member, parent.data.group_id, "access through the member");
		equal(await through_member.decryptString(await connected.encryptString("both")), "both", "a text of both");

		const third = await bob.user.getGroup(await bob.user.createGroup());
		await third.groupJoinRequest(connected_id);
		const [request] = await connected.getJoinRequests();
		equal([request?.user_id, request?.user_type], [third.data.group_id, 2], "a request by a group");
		await connected.acceptJoinRequest(third.data.group_id, {user_type: 2, rank: 3});
		equal((await connected.getMember()).find(({user_id}) => user_id === third.data.group_id)?.rank, 3, "rank of a group");
		equal(await (await third.getConnectedGroup(connected_id)).decryptString(await connected.encryptString("all")), "all", "a text of all");
	},

	async "an app's own backend can create groups, invite and change ranks"(keyfold, server) {
		const [alice, bob] = await Promise.all([newUser(keyfold, server), newUser(keyfold, server)]);
		/** @type {(method: string, path: string, body: string) => Promise<any>} */
		const send = async (method, path, body) => {
			const headers = {
				"x-sentc-app-token": server.app_token,
				"content-type": "application/json",
				authorization: `Bearer ${await alice.user.getJwt()}`,
			};
			const answer = await (await fetch(`${server.base_url}/api/v1/${path}`, {method, headers, body})).json();
			equal(answer.status, true, `success of ${path}`);
			return answer.result;
		};
		const {group_id} = await send("POST", "group", alice.user.prepareGroupCreate());
		const group = await alice.user.getGroup(group_id);
		const bob_id = bob.user.data.user_id;
		const {session_id = ""} = await send("PUT", `group/${group_id}/invite_auto/${bob_id}`, await group.prepareKeysForNewMember(bob_id));
		await group.handleInviteSessionKeysForNewMember(session_id ?? "", bob_id, true);
		await send("PUT", `group/${group_id}/change_rank`, group.prepareUpdateRank(bob_id, 3));
		const of_bob = await bob.user.getGroup(group_id);
		equal(of_bob.data.rank, 3, "the rank");
		equal(await of_bob.decryptString(await group.encryptString("text")), "text", "a text");
		const [body, key_id] = await group.prepareCreateChildGroup();
		equal(key_id, group.data.newest_key_id, "the key that the child is made with");
		equal((await send("POST", `group/${group_id}/child`, body)).group_id.length, 36, "id of the child");
		await send("POST", `group/${group_id}/key_rotation`, await group.prepareKeyRotation());
	},

	async "an app chooses what passwords cost, and what it demands of the keys of others"(keyfold, server) {
		const {createClient, MemoryStorage} = keyfold;
		const make = (/** @type {Partial<import("../../dist/esm/index.js").SentcOptions>} */ options) => {
			const store = new MemoryStorage();
			return createClient({...server, ...options, storage: {getStorage: async () => store}});
		};
		const derivations = async (/** @type {[string, string]} */ [name, password]) => {
			const client = await make({});
			const {fetch} = globalThis;
			let count = 0;
			globalThis.fetch = async (...parameters) => {
				const [request] = parameters;
				count += (request instanceof Request ? request.url : String(request)).endsWith("/done_login") ? 1 : 0;
				return fetch(...parameters);
			};
			try {
				equal((await client.login(name, password)).kind, "user", "a login with the default settings");
			} finally {
				globalThis.fetch = fetch;
			}
			return count;
		};
		const [current, legacy] = [credentials(), credentials()];
		await (await make({})).register(...current);
		const of_old = await make({password_cost: "legacy"});
		await of_old.register(...legacy);
		equal(await derivations(current), 1, "derivations for an account of today");
		equal(await derivations(legacy), 2, "derivations for an account that opens in earlier clients: the work of today is refused");
		const user = await of_old.login(...legacy, true);
		await user.changePassword(legacy[1], "another password");
		equal(await derivations([legacy[0], "another password"]), 2, "derivations after a change of the password");

		const strict = await make({require_signatures: true, minimum_algorithm: "hybrid"});
		const strict_user = await strict.login(...current, true);
		const group_id = await strict_user.createGroup(true);
		equal((await strict_user.getGroup(group_id)).data.group_id, group_id, "a signed group");
		const unsigned = await strict_user.createGroup();
		const refused = /** @type {{code: string}} */ (await rejected(strict_user.getGroup(unsigned)));
		equal(refused.code, "client_401", "code of a group whose key is not signed");
		const lenient = await (await make({minimum_algorithm: "classical"})).login(...current, true);
		equal((await lenient.getGroup(unsigned)).data.group_id, unsigned, "the same group for a client that demands nothing");

		for (const options of /** @type {object[]} */ ([{password_cost: "cheap"}, {minimum_algorithm: "toString"}])) {
			const error = /** @type {{code: string}} */ (await rejected(make(options)));
			equal(error.code, "client_424", `code of ${JSON.stringify(options)}`);
		}
	},

	async "several clients and users live side by side"(keyfold, server) {
		const client = await newClient(keyfold, server);
		const [first, second] = [credentials(), credentials()];
		await client.register(...first);
		await client.register(...second);
		const one = await client.login(...first);
		const other = await client.login(...second);
		ok(one.kind === "user" && other.kind === "user", "no second factor");
		equal((await client.currentUser())?.data.user_id, other.u.data.user_id, "the one who logged in last");
		equal((await client.user(first[0]))?.data.user_id, one.u.data.user_id, "the other one");
		equal(await (await newClient(keyfold, server)).currentUser(), undefined, "nobody in another client");
	},
};

/**
 * @param {Keyfold} keyfold
 * @param {Server} server
 * @param {string} name
 * @param {string} password
 * @returns {Promise<{code: string}>}
 */
async function failedLogin(keyfold, server, name, password) {
	const client = await newClient(keyfold, server);
	return /** @type {{code: string}} */ (await rejected(client.login(name, password)));
}
