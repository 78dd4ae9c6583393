import assert from "node:assert/strict";
import {after, before, describe, test} from "node:test";

import {Backend, serverOutput} from "keyfold-backend";

import {APP_TOKEN, NOBODY, PASSWORD, SECRET_TOKEN, startWorld} from "../harness/world.js";

describe("accounts of the app", () => {
	/** @type {import("../harness/world.js").World} */
	let world;
	before(async () => {
		world = await startWorld();
	});
	after(() => world?.stop());

	test("a prepared registration is sent by the backend, and the client reads the outcome", async () => {
		const client = await world.device();
		const {default: Sentc} = await import("keyfold");
		assert.equal(await world.backend.users.isIdentifierAvailable("relayed"), true);
		const output = await world.backend.users.register(client.prepareRegister("relayed", PASSWORD));
		assert.equal(output.device_identifier, "relayed");
		assert.equal(await world.backend.users.isIdentifierAvailable("relayed"), false);
		await Sentc.init({app_token: APP_TOKEN, base_url: world.base_url, storage: {getStorage: async () => client.storage}});
		assert.equal(Sentc.doneRegister(serverOutput(output)), output.user_id);
		assert.equal((await world.login("relayed")).kind, "user");
		await assert.rejects(world.backend.users.register(client.prepareRegister("relayed", PASSWORD)), (error) => {
			assert.throws(() => Sentc.doneRegister(serverOutput(error)), {code: "server_101"});
			return true;
		});
	});

	test("a user without keys is registered from the device's part, and gets a new password", async () => {
		const client = await world.device();
		const {device} = JSON.parse(client.prepareRegister("light", PASSWORD));
		const {user_id} = await world.backend.users.registerLight(device);
		const {verify, device_keys} = await world.backend.users.loginLight("light");
		assert.equal(device_keys.user_id, user_id);
		assert.equal((await world.backend.withJwt(verify.jwt).tokenOwner()).id, user_id);
		await world.backend.users.resetPasswordLight(JSON.parse(client.prepareRegister("light", "another password")).device);
		const after = await world.backend.users.loginLight("light");
		assert.notEqual(after.device_keys.encrypted_master_key, device_keys.encrypted_master_key);
	});

	test("deletion, by identifier and by id; an unknown one is a refusal", async () => {
		const [first, second] = [await world.person(), await world.person()];
		await world.backend.users.delete(first.name);
		await world.backend.users.deleteById(second.id);
		for (const {name} of [first, second]) {
			assert.equal(await world.backend.users.isIdentifierAvailable(name), true);
		}
		await assert.rejects(world.backend.users.delete(first.name), {code: "server_100", http_status: 400});
		await assert.rejects(world.backend.users.deleteById(NOBODY), {code: "server_100"});
	});

	test("a reset gives the same user a new password and new keys", async () => {
		const {name, id, client} = await world.person();
		await world.backend.users.reset(client.prepareRegister(name, "a new password"));
		const login = await world.login(name, "a new password");
		assert.equal(login.kind === "user" && login.u.data.user_id, id);
		await assert.rejects(world.login(name), {code: "server_112"});
		await assert.rejects(world.backend.users.reset(client.prepareRegister("nobody has this", PASSWORD)), {code: "server_100"});
	});

	test("the second factor is taken away", async () => {
		const {name, user} = await world.person();
		await user.registerRawOtp(PASSWORD);
		assert.equal((await world.login(name)).kind, "mfa");
		await world.backend.users.disableOtp(name);
		assert.equal((await world.login(name)).kind, "user");
		await assert.rejects(world.backend.users.disableOtp("nobody has this"), {code: "server_100"});
	});

	test("ended sessions cannot be renewed", async () => {
		const {name, user, jwt} = await world.person();
		const acting = world.backend.withJwt(jwt);
		assert.equal((await acting.refresh(user.data.refresh_token)).user_id, user.data.user_id);
		await world.backend.users.endSessions(name);
		await assert.rejects(acting.refresh(user.data.refresh_token), {code: "server_114"});
		await assert.rejects(world.backend.users.endSessions("nobody has this"), {code: "server_100"});
	});

	test("a login without password returns a fresh session and keys that stay encrypted", async () => {
		const {name, id} = await world.person();
		const {device_keys, verify} = await world.backend.users.login(name);
		assert.equal(device_keys.user_id, id);
		assert.equal(verify.user_keys.length, 1);
		const owner = await world.backend.withJwt(verify.jwt).tokenOwner();
		assert.deepEqual(owner, {id, device_id: device_keys.device_id});
		await assert.rejects(world.backend.users.login("nobody has this"), {code: "server_112", http_status: 401});
	});

	test("public keys and verify keys", async () => {
		const {id, client} = await world.person();
		const newest = await world.backend.users.publicKey(id);
		assert.equal(newest.public_key_id, (await client.getUserPublicKey(id)).public_key_id);
		assert.deepEqual(await world.backend.users.publicKey(id, newest.public_key_id), newest);
		const verify_key_id = newest.public_key_sig_key_id ?? "";
		assert.equal((await world.backend.users.verifyKey(id, verify_key_id)).verify_key_id, verify_key_id);
		await assert.rejects(world.backend.users.publicKey(NOBODY), {code: "server_100"});
		await assert.rejects(world.backend.users.verifyKey(id, NOBODY), {code: "server_100"});
	});

	test("a device is prepared by the backend, and confirmed with a token of the user", async () => {
		const {user, jwt, name} = await world.person();
		const acting = world.backend.withJwt(jwt);
		const device = await world.device();
		const prepared = await world.backend.users.prepareDevice(device.prepareRegisterDeviceStart(`${name}, phone`, PASSWORD));
		const {input, session_inputs} = await user.prepareRegisterDevice(serverOutput(prepared));
		assert.deepEqual(session_inputs, []);
		assert.equal(await acting.confirmDevice(input), undefined);
		assert.equal((await world.login(`${name}, phone`)).kind, "user");

		const devices = await acting.devices().toArray();
		assert.deepEqual(devices.map(({device_id}) => device_id), [user.data.device_id, prepared.device_id]);
		await assert.rejects(acting.confirmDevice(input), {code: "server_100"});
		await assert.rejects(acting.uploadDeviceKeys(NOBODY, JSON.parse(input).user_keys.keys), {code: "server_306"});

		await acting.deleteDevice(prepared.device_id);
		await assert.rejects(acting.deleteDevice(user.data.device_id), {code: "server_115"});
		assert.equal((await acting.devices().toArray()).length, 1);
	});

	test("a device of a user without keys", async () => {
		const client = await world.device();
		await world.backend.users.registerLight(JSON.parse(client.prepareRegister("light, first", PASSWORD)).device);
		const {verify} = await world.backend.users.loginLight("light, first");
		const {token} = await world.backend.users.prepareDevice(client.prepareRegisterDeviceStart("light, second", PASSWORD));
		await world.backend.withJwt(verify.jwt).confirmDeviceLight({user_group: {}, token});
		assert.equal((await world.backend.withJwt(verify.jwt).devices().toArray()).length, 2);
		await assert.rejects(world.backend.withJwt(verify.jwt).confirmDeviceLight({user_group: {}, token}), {code: "server_100"});
	});

	test("with the user's own token: end the session, delete the user; a renewed token is not fresh enough", async () => {
		const {user, jwt, name} = await world.person();
		const renewed = await world.backend.withJwt(jwt).refresh(user.data.refresh_token);
		const acting = world.backend.withJwt(renewed.jwt);
		await assert.rejects(acting.delete(), {code: "server_113"});
		await assert.rejects(acting.deleteDevice(user.data.device_id), {code: "server_113"});
		await acting.logOut();
		await assert.rejects(acting.refresh(user.data.refresh_token), {code: "server_114"});
		await assert.rejects(acting.tokenOwner(), {http_status: 401});
		const {verify} = await world.backend.users.login(name);
		await world.backend.withJwt(verify.jwt).delete();
		assert.equal(await world.backend.users.isIdentifierAvailable(name), true);
	});

	test("with the public token, the server refuses all of it", async () => {
		const {name, id, jwt, client} = await world.person();
		const open = new Backend({base_url: world.base_url, secret_token: APP_TOKEN});
		const {users} = open;
		const refused = {code: "server_203", server_code: 203};
		const register = client.prepareRegister(name, PASSWORD);
		await assert.rejects(users.delete(name), refused);
		await assert.rejects(users.deleteById(id), refused);
		await assert.rejects(users.reset(register), refused);
		await assert.rejects(users.resetPasswordLight(JSON.parse(register).device), refused);
		await assert.rejects(users.disableOtp(name), refused);
		await assert.rejects(users.endSessions(name), refused);
		await assert.rejects(users.login(name), refused);
		await assert.rejects(users.loginLight(name), refused);
		await assert.rejects(open.withJwt(jwt).tokenOwner(), refused);
		const unknown = new Backend({base_url: world.base_url, secret_token: `AAAA${SECRET_TOKEN.slice(4)}`});
		await assert.rejects(unknown.users.delete(name), {code: "server_200", http_status: 401});
	});

	test("endpoints without a function of their own", async () => {
		const body = {user_identifier: "anybody"};
		assert.deepEqual(await world.backend.request({method: "POST", path: "/exists", body}), {...body, available: true});
		for (const path of ["/../exists", "exists", "//exists", "/exists?x", "/exists/"]) {
			await assert.rejects(world.backend.request({method: "POST", path, body}), {code: "invalid_argument"});
		}
		await assert.rejects(world.backend.request({method: "GET", path: "/nothing"}), {code: "server_404"});
	});
});
