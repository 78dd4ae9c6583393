// What is there before a block of a document runs: accounts, devices, a second factor.
//
// Runs in Node and in pages alike.

import {totp} from "../harness/totp.js";

/**
 * @typedef {import("../../dist/esm/index.js").default} Sentc
 * @typedef {import("../../dist/esm/index.js").User} User
 *
 * What a block finds under these names, and what its placeholders stand for.
 * @typedef {Record<string, any> & {Sentc: typeof import("../../dist/esm/index.js").default, base_url: string, app_token: string}} World
 */

/** Ended processes leave no session behind: each block has a server and a store of its own. */
export const situations = {
	/** Nothing has run yet. @param {World} _world */
	async nothing(_world) {},

	/** The SDK is started. @param {World} world */
	async started(world) {
		await world.Sentc.init({app_token: world.app_token});
	},

	/** `"identifier"` is registered. @param {World} world */
	async registered(world) {
		await situations.started(world);
		world["user_id"] = await world.Sentc.register("identifier", "password");
	},

	/** … and logged in. @param {World} world */
	async loggedIn(world) {
		await situations.registered(world);
		world["user"] = await world.Sentc.login("identifier", "password", true);
	},

	/** … with the password that is about to be changed. @param {World} world */
	async oldPassword(world) {
		await situations.started(world);
		await world.Sentc.register("identifier", "old_password");
		world["user"] = await world.Sentc.login("identifier", "old_password", true);
	},

	/** … with a second factor. @param {World} world */
	async oldPasswordMfa(world) {
		await situations.oldPassword(world);
		await secondFactor(world, "old_password");
	},

	/** `"identifier"` is registered and has a second factor. @param {World} world */
	async registeredMfa(world) {
		await situations.loggedInMfa(world);
		await world["user"].logOut();
	},

	/** … and is logged in. @param {World} world */
	async loggedInMfa(world) {
		await situations.loggedIn(world);
		await secondFactor(world, "password");
	},

	/** A second device wants to join. @param {World} world */
	async deviceWaits(world) {
		await situations.loggedIn(world);
		world["input"] = await world.Sentc.registerDeviceStart("device_identifier", "device_pw");
	},

	/** There is a second device. @param {World} world */
	async twoDevices(world) {
		await situations.deviceWaits(world);
		await world["user"].registerDevice(world["input"]);
		world["devices"] = await world["user"].getDevices();
		world["other_device_id"] = world["devices"].find(
			(/** @type {{device_id: string}} */ {device_id}) => device_id !== world["user"].data.device_id,
		).device_id;
	},

	/** … and a second factor. @param {World} world */
	async twoDevicesMfa(world) {
		await situations.twoDevices(world);
		await secondFactor(world, "password");
	},

	/** There is somebody else. @param {World} world */
	async twoUsers(world) {
		await situations.loggedIn(world);
		const user = world["user"];
		await world.Sentc.register("somebody else", "password");
		const other = await world.Sentc.login("somebody else", "password", true);
		Object.assign(world, {sentc: world.Sentc, user, other, user_id: other.data.user_id});
	},

	/** The server has answered to a registration that the app's own backend sent. @param {World} world */
	async backendRegistered(world) {
		await situations.started(world);
		world["server_output"] = await post(world, "register", world.Sentc.prepareRegister("username", "password"));
	},

	/** … and to the first step of a new device. @param {World} world */
	async backendDevice(world) {
		await situations.started(world);
		const input = world.Sentc.prepareRegisterDeviceStart("identifier", "password");
		world["server_output"] = await post(world, "user/prepare_register_device", input);
	},
};

/** @param {World} world @param {string} password */
async function secondFactor(world, password) {
	const {secret, recover} = await world["user"].registerRawOtp(password);
	world["secret"] = secret;
	world["totp"] = await totp(secret);
	world["recovery_key"] = recover[0];
}

/**
 * What an app's own backend does with the output of a `prepare…` function.
 *
 * @param {World} world
 * @param {string} path
 * @param {string} body
 */
export async function post({base_url, app_token}, path, body) {
	const headers = {"x-sentc-app-token": app_token, "content-type": "application/json"};
	return (await fetch(`${base_url}/api/v1/${path}`, {method: "POST", headers, body})).text();
}
