import {equal, ok, rejected} from "../../../sdk/test/harness/assert.js";

/**
 * @typedef {typeof import("keyfold-light")} Light
 * @typedef {{base_url: string; app_token: string}} Server
 */

/**
 * What the light client, its users and its groups can do, by name. Each makes its own users; all run in Node and in a page.
 *
 * @type {Record<string, (light: Light, server: Server) => Promise<void>>}
 */
export const scenarios = {
	async "a user registers, logs in, and is there again from the store alone"(light, server) {
		const client = await newClient(light, server);
		const [name, password] = credentials();
		equal(await client.checkUserIdentifierAvailable(name), true, "at first");
		equal(await client.checkUserIdentifierAvailable(""), false, "no identifier");
		const id = await client.register(name, password);
		equal(await client.checkUserIdentifierAvailable(name), false, "afterwards");
		equal(await code(client.register(name, password)), "server_101", "code of a taken identifier");
		equal(await code(client.register("", password)), "client_427", "code of an empty identifier");
		equal(await code(client.login(name, "not it")), "server_112", "code of a wrong password");
		equal(await code(client.login(`${name} of nobody`, password)), "server_100", "code of an unknown identifier");
		equal(await client.currentUser(), undefined, "nobody yet");

		const login = await client.login(name, password);
		ok(login.kind === "user", "no second factor");
		equal(login.u.data.user_id, id, "the user");
		equal(login.u.user_data.mfa, false, "no second factor");
		equal((await client.currentUser())?.data, login.u.data, "from the store");
		equal((await client.user(name))?.identifier, name, "by identifier");
		equal((await client.restore())?.data.user_id, id, "with a renewed session");
	},

	async "the halves for an app's own backend fit together"(light, server) {
		const {default: Sentc} = light;
		await Sentc.init({...server, storage: memory(light)});
		equal(Sentc.options.base_url, server.base_url, "the settings");
		const [name, password] = Sentc.generateRegisterData();
		equal([name.length, password.length], [27, 54], "lengths of random credentials");
		const post = (/** @type {string} */ path, /** @type {string} */ body) =>
			fetch(`${server.base_url}/api/v1/${path}`, {
				method: "POST",
				headers: {"x-sentc-app-token": server.app_token},
				body,
			}).then((answer) => answer.text());

		const exists = Sentc.prepareCheckUserIdentifierAvailable(name);
		ok(exists !== false, "a body");
		equal(Sentc.doneCheckUserIdentifierAvailable(await post("exists", exists)), true, "free");
		const id = Sentc.doneRegister(await post("register_light", Sentc.prepareRegister(name, password)));
		const user = await Sentc.login(name, password, true);
		equal(user.data.user_id, id, "the user");
		const answer = await post("user/prepare_register_device", Sentc.prepareRegister(`${name} 2`, password));
		Sentc.doneRegisterDeviceStart(answer);
		await user.registerDevice(answer);
		equal((await user.getDevices()).length, 2, "devices");
		const renewed = await Sentc.refreshJwt(await user.getJwt(), user.data.refresh_token);
		equal(renewed.split(".").length, 3, "a renewed token");
		const [same, identifier] = await Sentc.getActualUser(false, true);
		equal([same.data.user_id, identifier], [id, name], "who is logged in");
		equal(await Sentc.getUser("somebody else"), false, "who is not");
		await user.logOut();
		equal(await code(Sentc.getActualUser()), "client_422", "code when nobody is logged in");
	},

	async "a client without `init` has the halves, forced logins and renewals too"(light, server) {
		const client = await newClient(light, server);
		const [name, password] = client.generateRegisterData();
		equal([name.length, password.length], [27, 54], "lengths of random credentials");
		const post = (/** @type {string} */ path, /** @type {string} */ body) =>
			fetch(`${server.base_url}/api/v1/${path}`, {
				method: "POST",
				headers: {"x-sentc-app-token": server.app_token},
				body,
			}).then((answer) => answer.text());

		equal(client.prepareCheckUserIdentifierAvailable(""), false, "no identifier");
		const exists = client.prepareCheckUserIdentifierAvailable(name);
		ok(exists !== false, "a body");
		equal(client.doneCheckUserIdentifierAvailable(await post("exists", exists)), true, "free");
		const id = client.doneRegister(await post("register_light", client.prepareRegister(name, password)));
		const user = await client.login(name, password, true);
		equal(user.data.user_id, id, "the user");
		const answer = await post("user/prepare_register_device", client.prepareRegister(`${name} 2`, password));
		client.doneRegisterDeviceStart(answer);
		await user.registerDevice(answer);

		const old = await user.getJwt();
		const renewed = await client.refreshJwt(old, user.data.refresh_token);
		equal(renewed.split(".").length, 3, "a token");
		equal(await code(client.refreshJwt(old, "another")), "server_114", "code of a wrong refresh token");

		await user.registerRawOtp(password);
		equal(await code(client.login(name, password, true)), "client_10000", "code of a user with a second factor");
	},

	async "the keys of the device are there after the login, and from the store alone"(light, server) {
		const {client, user} = await newUser(light, server);
		const {device, device_id} = user.data;
		equal(Object.keys(JSON.parse(device.private_key)), ["EciesKyberHybrid"], "form of the private key");
		equal(Object.keys(JSON.parse(device.sign_key)), ["Ed25519DilithiumHybrid"], "form of the sign key");
		equal(JSON.parse(device.exported_public_key).public_key_id, device_id, "whose public key it is");
		equal(JSON.parse(device.exported_verify_key).verify_key_id, device_id, "whose verify key it is");
		equal((await client.currentUser())?.data.device, device, "from the store");
	},

	async "a second device logs in to the same account, and can be removed"(light, server) {
		const alice = await newUser(light, server);
		const client = await newClient(light, server);
		const [name, password] = credentials();
		const request = await client.registerDeviceStart(name, password);
		await alice.user.registerDevice(request);
		ok(/^server_/.test(await code(alice.user.registerDevice(request))), "a used request is refused");
		equal(await code(alice.user.registerDevice("no answer")), "client_101", "code of something else");
		const login = await client.login(name, password);
		ok(login.kind === "user", "no second factor");
		equal(login.u.data.user_id, alice.user.data.user_id, "the account");

		const devices = await alice.user.getDevices();
		equal(devices.map(({device_id}) => device_id), [alice.user.data.device_id, login.u.data.device_id], "the devices");
		equal(await alice.user.getDevices(devices.at(-1)), [], "the devices behind the last one");
		await alice.user.deleteDevice(alice.password, login.u.data.device_id);
		equal((await alice.user.getDevices()).length, 1, "devices after the deletion");
		const last = await code(alice.user.deleteDevice(alice.password, alice.user.data.device_id));
		equal(last, "server_115", "code of deleting the last device");
	},

	async "password and identifier can be changed, and the old ones are void"(light, server) {
		const alice = await newUser(light, server);
		equal(await code(alice.user.changePassword("not it", "new")), "server_112", "code of a wrong old password");
		await alice.user.changePassword(alice.password, "second");
		const other = await newClient(light, server);
		equal(await code(other.login(alice.name, alice.password)), "server_112", "the first password");
		equal((await alice.user.getDevices()).length, 1, "the session goes on");

		const [name] = credentials();
		await alice.user.updateUser(name);
		equal(alice.user.identifier, name, "the new identifier");
		equal((await alice.client.currentUser())?.identifier, name, "in the store too");
		equal(await alice.client.user(alice.name), undefined, "and not under the old one");
		equal(await code(other.login(alice.name, "second")), "server_100", "the old identifier");
		await alice.user.changePassword("second", "third");
		equal((await other.login(name, "third")).kind, "user", "login with everything new");
	},

	async "a second factor is asked for, by code and by recovery key"(light, server) {
		const alice = await newUser(light, server);
		equal(alice.user.enabledMfa(), false, "at first");
		const [url, recovery_keys] = await alice.user.registerOtp("My App", "alice@example.org", alice.password);
		equal(alice.user.enabledMfa(), true, "afterwards");
		ok(url.startsWith("otpauth://totp/My%20App:alice%40example.org?secret="), "an address for the authenticator app");
		equal(recovery_keys.length, 6, "recovery keys");
		const secret = new URL(url).searchParams.get("secret") ?? "";

		const client = await newClient(light, server);
		const login = await client.login(alice.name, alice.password);
		ok(login.kind === "mfa", "the login waits");
		ok(/^server_/.test(await code(client.mfaLogin("not a code", login.u))), "a wrong code is refused");
		equal((await client.mfaLogin(await totp(secret), login.u)).data.user_id, alice.user.data.user_id, "by code");
		const kept = JSON.parse(JSON.stringify(login.u));
		const [first = "", second = "", third = ""] = recovery_keys;
		equal((await client.mfaRecoveryLogin(first, kept)).data.mfa, true, "by recovery key");
		equal(await code(client.mfaRecoveryLogin(first, kept)), "server_901", "code of a used recovery key");

		equal(await code(alice.user.changePassword(alice.password, "new")), "client_10000", "code without a factor");
		equal(await code(alice.user.deleteUser(alice.password)), "client_10000", "code without a factor");
		equal(await code(alice.user.disableOtp(alice.password, "123456")), "client_424", "code of a token of unknown kind");
		equal((await alice.user.getOtpRecoverKeys(alice.password, second, true)).length, 4, "keys that are left");
		const {alg, recover} = await alice.user.resetRawOtp(alice.password, third, true);
		equal([alg, recover.length], ["totp_sha256", 6], "after a reset");
		await alice.user.disableOtp(alice.password, recover[0], true);
		equal(alice.user.enabledMfa(), false, "in the end");
		equal((await (await newClient(light, server)).login(alice.name, alice.password)).kind, "user", "without a factor");
	},

	async "who logs out or deletes the account leaves nothing behind"(light, server) {
		const store = new Map();
		const alice = await newUser(light, server, watched(light, store));
		const group = await alice.user.getGroup(await alice.user.createGroup());
		ok(store.size > 2, "something is stored");
		await alice.user.logOut();
		equal([...store.keys()], [], "the store");
		equal(await alice.client.currentUser(), undefined, "nobody");
		equal(await code(group.getMember()), "client_422", "code of a call after the logout");
		equal([...store.keys()], [], "the store, still");

		const bob = await newUser(light, server);
		await bob.user.deleteUser(bob.password);
		equal(await code(bob.client.login(bob.name, bob.password)), "server_100", "code after the deletion");
	},

	async "groups: invitations, requests, ranks, and who may do what"(light, server) {
		const [alice, bob] = await Promise.all([newUser(light, server), newUser(light, server)]);
		const group = await alice.user.getGroup(await alice.user.createGroup());
		equal([group.data.rank, group.data.from_parent, group.data.is_connected_group], [0, false, false], "of the creator");
		const {group_id} = group.data;
		const bob_id = bob.user.data.user_id;
		equal(await code(bob.user.getGroup(group_id)), "server_310", "code of a group of others");
		equal(await code(bob.user.getGroup("../user")), "client_425", "code of something that is no id");

		await group.invite(bob_id, 3);
		equal((await bob.user.getGroupInvites()).map(({group_id}) => group_id), [group_id], "invitations");
		await bob.user.rejectGroupInvite(group_id);
		await group.invite(bob_id, 2);
		await bob.user.acceptGroupInvite(group_id);
		const theirs = await bob.user.getGroup(group_id);
		equal(theirs.data.rank, 2, "rank of the invited");
		equal(await code(theirs.deleteGroup()), "client_201", "code of what the rank does not allow");
		equal(await code(theirs.createChildGroup()), "client_201", "code of what the rank does not allow");
		equal(await code(group.updateRank(bob_id, 0)), "client_200", "code of a rank that cannot be given");
		await group.updateRank(bob_id, 1);
		await theirs.groupUpdateCheck();
		equal(theirs.data.rank, 1, "the new rank");
		const members = await group.getMember();
		equal(members.map(({user_id, rank}) => [user_id, rank]), [[bob_id, 1]], "members");
		equal(await group.getMember(members.at(-1)), [], "the members behind the last one");
		equal((await bob.user.getGroups()).length, 1, "groups");

		await group.kickUser(bob_id);
		equal(await code(theirs.groupUpdateCheck()), "server_310", "code after being removed");
		await bob.user.groupJoinRequest(group_id);
		equal((await bob.user.sentJoinReq()).length, 1, "requests that were sent");
		await bob.user.deleteJoinReq(group_id);
		await bob.user.groupJoinRequest(group_id);
		await group.rejectJoinRequest(bob_id);
		await bob.user.groupJoinRequest(group_id);
		const [request] = await group.getJoinRequests();
		equal([request?.user_id, request?.user_type], [bob_id, 0], "the request");
		await group.acceptJoinRequest(bob_id, 3);
		const again = await (await relogin(light, server, bob)).getGroup(group_id);
		equal(again.data.rank, 3, "rank of the accepted");
		await again.leave();
		equal(await group.getMember(), [], "members in the end");

		await group.stopInvites();
		ok(/^server_/.test(await code(group.inviteAuto(bob_id))), "nobody can be added");
		equal(await code(alice.user.getGroup(group_id).then((group) => group.leave())), "server_308", "code of the last admin");
		await group.deleteGroup();
		equal(await code(alice.user.getGroup(group_id)), "server_310", "code of a group that is gone");
	},

	async "children belong to the members of the parent, connected groups to those of a member group"(light, server) {
		const [alice, bob] = await Promise.all([newUser(light, server), newUser(light, server)]);
		const parent = await alice.user.getGroup(await alice.user.createGroup());
		await parent.inviteAuto(bob.user.data.user_id, 1);
		const child = await (await bob.user.getGroup(parent.data.group_id)).getChildGroup(await parent.createChildGroup());
		equal([child.data.from_parent, child.data.rank, child.data.parent_group_id], [true, 1, parent.data.group_id], "the child");
		equal((await parent.getChildren()).map(({group_id}) => group_id), [child.data.group_id], "children");

		const connected_id = await parent.createConnectedGroup();
		const connected = await parent.getConnectedGroup(connected_id);
		equal(connected.data.is_connected_group, true, "connected");
		equal(connected.data.access_by_group_as_member, parent.data.group_id, "through the member group");
		equal((await parent.getGroups()).map(({group_id}) => group_id), [connected_id], "groups of the group");
		const through = await bob.user.getGroup(connected_id, parent.data.group_id);
		equal(through.data.group_id, connected_id, "through the member group");

		const other = await bob.user.getGroup(await bob.user.createGroup());
		await connected.inviteGroup(other.data.group_id);
		equal((await other.getGroupInvites()).length, 1, "invitations of a group");
		await other.rejectGroupInvite(connected_id);
		await other.groupJoinRequest(connected_id);
		equal((await other.sentJoinReq()).length, 1, "requests of a group");
		await other.deleteJoinReq(connected_id);
		await connected.inviteGroup(other.data.group_id);
		await other.acceptGroupInvite(connected_id);
		const third = await bob.user.getGroup(await bob.user.createGroup());
		await connected.inviteGroupAuto(third.data.group_id, 2);
		const members = await connected.getMember();
		equal(members.filter(({user_type}) => user_type === 2).length, 2, "groups among the members");
	},

	async "a call ends when its signal comes, and the session goes on"(light, server) {
		const {user, client} = await newUser(light, server);
		const ended = new AbortController();
		ended.abort(new Error("enough"));
		equal(await code(user.withSignal(ended.signal).getDevices()), "client_433", "code of a user's call");
		equal(await code(client.withSignal(ended.signal).register("nobody", "at all")), "client_433", "code of a client's call");
		const group = await user.getGroup(await user.createGroup());
		equal(await code(group.withSignal(ended.signal).getMember()), "client_433", "code of a group's call");

		const later = new AbortController();
		const call = code(user.withSignal(later.signal).getDevices());
		later.abort();
		equal(await call, "client_433", "code of a call under way");
		equal((await user.getDevices()).length, 1, "afterwards");
	},

	async "an access token is renewed before it ends, once for all callers, by the way that was chosen"(light, server) {
		const {now} = Date;
		/** @type {string[]} */
		const renewed = [];
		const refresh = /** @type {const} */ ({
			endpoint: 1,
			endpoint_fn: async (/** @type {string} */ old) => {
				renewed.push(old);
				const answer = await fetch(`${server.base_url}/api/v1/refresh`, {
					method: "PUT",
					headers: {"x-sentc-app-token": server.app_token, authorization: `Bearer ${old}`},
					body: JSON.stringify({refresh_token}),
				});
				return (await answer.json()).result.jwt;
			},
		});
		const store = new Map();
		const bob = await newUser(light, {...server, refresh}, watched(light, store));
		const {jwt: first, refresh_token} = bob.user.data;
		ok(refresh_token !== "" && ![...store.values()].some((text) => text.includes(refresh_token)), "not in the store");
		const alice = await newUser(light, server);
		const before = await alice.user.getJwt();
		try {
			Date.now = () => now() + 5 * 60_000;
			await Promise.all([bob.user.getDevices(), bob.user.getGroups(), bob.user.getGroupInvites()]);
			ok((await alice.user.getJwt()) !== before, "by the SDK");
		} finally {
			Date.now = now;
		}
		equal(renewed, [first], "by the app, once");
	},

	async "a second `init` finds the user with a valid access token, if the session can go on"(light, server) {
		const {default: Sentc} = light;
		await Sentc.init({...server, storage: memory(light)});
		equal(await Sentc.init(server), undefined, "nobody");
		const [name, password] = Sentc.generateRegisterData();
		const id = await Sentc.register(name, password);
		const first = (await Sentc.login(name, password, true)).data.jwt;
		equal((await Sentc.init(server))?.data.jwt, first, "a token that is valid still");
		const {now} = Date;
		const {fetch} = globalThis;
		try {
			Date.now = () => now() + 5 * 60_000;
			globalThis.fetch = () => Promise.reject(new TypeError("no network"));
			equal((await Sentc.init(server))?.data.user_id, id, "the user without a network");
			globalThis.fetch = fetch;
			const user = await Sentc.init(server);
			ok(user !== undefined && user.data.jwt !== first, "a renewed token");
			equal((await Sentc.getActualUser()).data.jwt, user.data.jwt, "the token in the store");

			Date.now = () => now() + 10 * 60_000;
			await (await relogin(light, server, {name, password})).deleteUser(password);
			equal(await Sentc.init(server), undefined, "an account that is gone");
		} finally {
			Object.assign(Date, {now});
			Object.assign(globalThis, {fetch});
			await (await Sentc.getStore()).cleanStorage();
		}
	},

	async "errors are one class, and their text is JSON"(light, server) {
		const client = await newClient(light, server);
		const error = await rejected(client.login("nobody", "at all"));
		ok(error instanceof light.KeyfoldError, "the class");
		equal(error.code, "server_100", "the code");
		equal(JSON.parse(/** @type {any} */ (error)), {status: error.code, error_message: error.error_message}, "the text");
		const nowhere = await light.createClient({...server, base_url: "http://127.0.0.1:9", storage: memory(light)});
		equal(await code(nowhere.login("nobody", "at all")), "client_1000", "without a server");
		const page = await light.createClient({...server, base_url: `${server.base_url}/no/such/place`, storage: memory(light)});
		ok(/^(server_404|client_10[12])$/.test(await code(page.login("nobody", "at all"))), "with another server");
		equal(await code(light.createClient({...server, base_url: "here"})), "client_424", "code of a wrong address");
	},
};

/** @param {Light} light @param {import("keyfold-light").SentcOptions["storage"]} [storage] */
function newClient(light, /** @type {import("keyfold-light").SentcOptions} */ server, storage = memory(light)) {
	return light.createClient({...server, storage});
}

/** @param {Light} light @param {import("keyfold-light").SentcOptions} server @param {import("keyfold-light").SentcOptions["storage"]} [storage] */
async function newUser(light, server, storage) {
	const client = await newClient(light, server, storage);
	const [name, password] = credentials();
	await client.register(name, password);
	const login = await client.login(name, password);
	ok(login.kind === "user", "no second factor");
	return {client, name, password, user: login.u};
}

/** @param {Light} light @param {Server} server @param {{name: string; password: string}} person */
async function relogin(light, server, {name, password}) {
	const login = await (await newClient(light, server)).login(name, password);
	ok(login.kind === "user", "no second factor");
	return login.u;
}

/** @param {Light} light */
function memory(light) {
	const store = new light.MemoryStorage();
	return {getStorage: async () => store};
}

/** A store of which the test sees the items. @param {Light} light @param {Map<string, string>} items */
function watched(light, items) {
	class Watched extends light.MemoryStorage {
		/** @override @param {string} key @param {unknown} item */
		async set(key, item) {
			items.set(key, String(item));
			await super.set(key, item);
		}

		/** @override @param {string} key */
		async delete(key) {
			items.delete(key);
			await super.delete(key);
		}
	}
	const store = new Watched();
	return {getStorage: async () => store};
}

/** @returns {[string, string]} */
function credentials() {
	return [`person ${crypto.randomUUID()}`, "a good password"];
}

/** The code with which a call fails. @param {Promise<unknown>} call */
async function code(call) {
	return /** @type {{code: string}} */ (await rejected(call)).code;
}

/** What an authenticator app shows (RFC 6238 with SHA-256, six digits, 30 seconds). @param {string} secret base32 */
async function totp(secret) {
	const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
	const bits = [...secret.replace(/=+$/, "")].map((letter) => letters.indexOf(letter).toString(2).padStart(5, "0")).join("");
	const key = Uint8Array.from(bits.match(/.{8}/g) ?? [], (byte) => parseInt(byte, 2));
	const counter = new DataView(new ArrayBuffer(8));
	counter.setBigUint64(0, BigInt(Math.floor(Date.now() / 30_000)));
	const hmac = await crypto.subtle.importKey("raw", key, {name: "HMAC", hash: "SHA-256"}, false, ["sign"]);
	const digest = new DataView(await crypto.subtle.sign("HMAC", hmac, counter));
	const offset = digest.getUint8(digest.byteLength - 1) & 15;
	return ((digest.getUint32(offset) & 0x7fffffff) % 1_000_000).toString().padStart(6, "0");
}
