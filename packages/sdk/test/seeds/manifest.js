// Every block of code in the two documents: where it stands, what is there before it runs, what its placeholders stand for, and
// what must come out of it. A block that is missing here fails the tests.
//
// Blocks run as they are written. `replace` fills in what a reader fills in (`"<user_id>"`, `"server_output"`). The documents
// were once richer pages: where closing brackets were lost, `before` and `after` bring them back.

import {decodeJwt, renewed} from "./expiry.js";
import {post} from "./situations.js";

/**
 * @typedef {import("./situations.js").World} World
 *
 * @typedef {object} Block
 * @property {"Own backend processing" | "User"} document
 * @property {[number, number]} lines first and last, counted from 1
 * @property {"module" | "script" | "shape" | "type"} kind module: TypeScript for Node. script: for a page. shape: JSON without
 * its braces. type: a declaration.
 * @property {keyof typeof import("./situations.js").situations} situation
 * @property {Record<string, string>} [replace] texts of the block by the name of what is in the world
 * @property {string} [before]
 * @property {string} [after]
 * @property {string[]} [calls] script: the functions of the SDK that it has to get through
 * @property {(results: Record<string, any>, world: World) => unknown} [check] what to demand of the variables that a module
 * declares, of what the calls of a script returned, or of the members of a shape
 */

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** @param {unknown} condition @param {string} what @returns {asserts condition} */
function demand(condition, what) {
	if (!condition) {
		throw new Error(`not so: ${what}`);
	}
}

/** @param {Promise<unknown>} promise @param {string} code */
async function fails(promise, code) {
	const error = await promise.then(
		() => undefined,
		(reason) => reason,
	);
	demand(error?.code === code && JSON.parse(error).status === code, `fails with ${code}`);
}

/** @param {unknown} body */
function isRegistration(body) {
	const input = typeof body === "string" ? JSON.parse(body) : {};
	return typeof input.device === "object" && typeof input.group === "object";
}

/** @param {unknown} keys */
function areSixKeys(keys) {
	return Array.isArray(keys) && keys.length === 6 && keys.every((key) => typeof key === "string");
}

/** @type {Pick<Block, "document" | "kind" | "situation">} */
const A = {document: "Own backend processing", kind: "module", situation: "started"};
/** @type {Pick<Block, "document" | "kind" | "situation">} */
const B = {document: "User", kind: "module", situation: "loggedIn"};
/** @type {Pick<Block, "document" | "kind" | "situation">} */
const SCRIPT = {document: "User", kind: "script", situation: "nothing"};

/** @type {Block[]} */
export const blocks = [
	{
		...A,
		lines: [12, 18],
		check({user_id, input}) {
			demand(UUID.test(user_id), "an id");
			demand(isRegistration(input), "a body, without waiting for a promise");
		},
	},
	{
		...A,
		lines: [20, 21],
		situation: "backendRegistered",
		replace: {server_output: "server_output"},
		check: ({user_id}) => demand(UUID.test(user_id), "an id"),
	},
	{
		...A,
		kind: "shape",
		lines: [30, 31],
		async check(shape, world) {
			const answer = JSON.parse(await post(world, "exists", JSON.stringify({user_identifier: "free"})));
			demand(answer.status === shape["status"] && answer.result.available === true, "an answer in this form");
		},
	},
	{
		...A,
		kind: "shape",
		lines: [35, 37],
		situation: "registered",
		async check(shape, world) {
			const body = world.Sentc.prepareRegister("identifier", "password");
			const answer = JSON.parse(await post(world, "register", body));
			demand(answer.status === shape["status"], "the status of a refusal");
			demand(typeof answer.err_msg === "string" && typeof answer.err_code === "number", "its text and code");
		},
	},
	{
		...A,
		kind: "shape",
		lines: [44, 45],
		situation: "loggedIn",
		replace: {"<the_jwt>": "jwt"},
		check: (shape, world) => answered(shape, world, {"x-sentc-app-token": world.app_token}),
	},
	{
		...A,
		kind: "shape",
		lines: [51, 52],
		situation: "loggedIn",
		replace: {"<your_app_token>": "app_token"},
		check: async (shape, world) =>
			answered(shape, world, {authorization: `Bearer ${await world["user"].getJwt()}`}),
	},
	{...A, lines: [65, 67], check: ({input}) => demand(isRegistration(input), "a body")},
	{
		...A,
		lines: [71, 73],
		situation: "backendRegistered",
		replace: {server_output: "server_output"},
		check: ({user_id}) => demand(UUID.test(user_id), "an id"),
	},
	{
		...A,
		lines: [97, 99],
		async check({input}, world) {
			const answer = await post(world, "user/prepare_register_device", input);
			demand(JSON.parse(answer).status === true, "a body that the server takes");
		},
	},
	{
		...A,
		lines: [103, 105],
		situation: "backendDevice",
		replace: {server_output: "server_output"},
		check: ({input}) => demand(input === undefined, "nothing but the check"),
	},
	{
		...A,
		lines: [124, 124],
		situation: "loggedIn",
		async check({input}, world) {
			const headers = {
				"x-sentc-app-token": world.app_token,
				authorization: `Bearer ${await world["user"].getJwt()}`,
			};
			const url = `${world.base_url}/api/v1/group`;
			const answer = await (await fetch(url, {method: "POST", headers, body: input})).json();
			demand((await world["user"].getGroup(answer.result.group_id)).data.rank === 0, "a group of the user's");
		},
	},
	{
		...A,
		lines: [151, 158],
		situation: "nothing",
		replace: {"<your_endpoint>": "endpoint"},
		after: "\t}\n});",
		check: (_, world) => renewed(world),
	},
	{
		...SCRIPT,
		document: "Own backend processing",
		lines: [159, 167],
		replace: {"<your_endpoint>": "endpoint"},
		before: "<script>",
		after: "}});\n}\n\nrun();\n</script>",
		calls: ["init"],
		check: (_, world) => renewed(world),
	},
	{
		...A,
		lines: [178, 185],
		situation: "nothing",
		// The document says of which type the function is, in place of what it does.
		replace: {"(old_jwt: string) => Promise<string>": "endpoint_fn"},
		after: "\t}\n});",
		check: (_, world) => renewed(world),
	},
	{
		...SCRIPT,
		document: "Own backend processing",
		lines: [186, 194],
		replace: {"(old_jwt) => Promise<string>": "endpoint_fn"},
		before: "<script>",
		after: "}});\n}\n\nrun();\n</script>",
		calls: ["init"],
		check: (_, world) => renewed(world),
	},
	{
		...A,
		kind: "shape",
		lines: [204, 204],
		situation: "loggedInMfa",
		replace: {"<user to disable otp>": "identifier"},
		async check(shape, world) {
			const headers = {"x-sentc-app-token": world["secret_token"], "content-type": "application/json"};
			const url = `${world.base_url}/api/v1/user/forced/disable_otp`;
			const answer = await fetch(url, {method: "DELETE", headers, body: JSON.stringify(shape)});
			demand((await answer.json()).status === true, "success");
			demand((await world.Sentc.login("identifier", "password")).kind === "user", "no second factor any more");
		},
	},

	{
		...B,
		lines: [19, 21],
		situation: "started",
		check: async (_, {Sentc}) => demand((await Sentc.login("username", "password")).kind === "user", "a login"),
	},
	{...SCRIPT, lines: [22, 35], calls: ["init", "register"]},
	{
		...B,
		lines: [43, 47],
		situation: "started",
		async check({device_identifier, device_pw}, {Sentc}) {
			demand((await Sentc.login(device_identifier, device_pw)).kind === "user", "a login");
		},
	},
	{...SCRIPT, lines: [48, 63], calls: ["init", "generateRegisterData", "register"]},
	{...B, lines: [67, 69], situation: "started", check: ({available}) => demand(available === true, "free")},
	{
		...SCRIPT,
		lines: [70, 83],
		calls: ["init", "checkUserIdentifierAvailable"],
		check: ({checkUserIdentifierAvailable}) => demand(checkUserIdentifierAvailable === true, "free"),
	},
	{...B, lines: [95, 98], situation: "started", check: ({input}) => demand(isRegistration(input), "a body")},
	{
		...SCRIPT,
		lines: [99, 112],
		calls: ["init", "prepareRegister"],
		check: ({prepareRegister}) => demand(isRegistration(prepareRegister), "a body"),
	},
	{
		...B,
		lines: [138, 140],
		situation: "registered",
		check: ({user}, world) => demand(user.data.user_id === world["user_id"], "the user"),
	},
	{
		...B,
		lines: [153, 165],
		situation: "registered",
		check: ({user}, world) => demand(user.data.user_id === world["user_id"], "the user"),
	},
	{
		...B,
		lines: [153, 165],
		situation: "registeredMfa",
		replace: {"<token-from-mfa-app>": "totp"},
		check({user, user_data}, world) {
			demand(user_data.kind === "mfa", "the second factor was asked for");
			demand(user.data.user_id === world["user_id"], "the user");
		},
	},
	{
		...B,
		lines: [179, 187],
		situation: "registeredMfa",
		replace: {"<token-from-mfa-app>": "totp"},
		check: ({user}, world) => demand(user.data.user_id === world["user_id"], "the user"),
	},
	{
		...B,
		lines: [193, 201],
		situation: "registeredMfa",
		replace: {"<recovery-key>": "recovery_key"},
		check: ({user}, world) => demand(user.data.user_id === world["user_id"], "the user"),
	},
	{...B, lines: [209, 214], check: ({user}, world) => demand(user.data.user_id === world["user_id"], "the user")},
	{...B, lines: [218, 220], check: ({user}, world) => demand(user.data.user_id === world["user_id"], "the user")},
	{
		...B,
		lines: [242, 245],
		async check({refresh_token, user_id, device_id}, world) {
			const jwt = await world.Sentc.refreshJwt(await world["user"].getJwt(), refresh_token);
			demand(decodeJwt(jwt).aud === user_id && decodeJwt(jwt).sub === device_id, "of this session");
		},
	},
	{
		...B,
		lines: [275, 275],
		replace: {"<password>": "password"},
		check({url, revocery_keys}) {
			demand(url.startsWith("otpauth://totp/"), "an address for the authenticator app");
			demand(areSixKeys(revocery_keys), "six recovery keys");
		},
	},
	{
		...B,
		lines: [287, 288],
		situation: "loggedInMfa",
		replace: {"<password>": "password", "<totp>": "totp"},
		check: ({recovery_keys}) => demand(areSixKeys(recovery_keys), "six recovery keys"),
	},
	{
		...B,
		lines: [289, 290],
		situation: "loggedInMfa",
		replace: {"<password>": "password", "<recovery_key>": "recovery_key"},
		check: ({recovery_keys}) => demand(areSixKeys(recovery_keys), "six recovery keys"),
	},
	{
		...B,
		lines: [298, 299],
		situation: "loggedInMfa",
		replace: {"<password>": "password", "<totp>": "totp"},
		check: async (_, {Sentc}) => demand((await Sentc.login("identifier", "password")).kind === "user", "no factor"),
	},
	{
		...B,
		lines: [300, 301],
		situation: "loggedInMfa",
		replace: {"<password>": "password", "<recovery_key>": "recovery_key"},
		check: async (_, {Sentc}) => demand((await Sentc.login("identifier", "password")).kind === "user", "no factor"),
	},
	{
		...B,
		lines: [309, 310],
		situation: "loggedInMfa",
		replace: {"<password>": "password", "<totp>": "totp"},
		check: ({keys}) => demand(areSixKeys(keys), "six keys"),
	},
	{
		...B,
		lines: [311, 312],
		situation: "loggedInMfa",
		replace: {"<password>": "password", "<recovery_key>": "recovery_key"},
		check: ({keys}) => demand(keys.length === 5, "five keys: one was used"),
	},
	{
		...B,
		lines: [322, 324],
		situation: "started",
		check: ({input}) => demand(JSON.parse(input).status === true, "the text for the other device"),
	},
	{
		...SCRIPT,
		lines: [325, 333],
		situation: "started",
		calls: ["registerDeviceStart"],
		check: ({registerDeviceStart}) => demand(JSON.parse(registerDeviceStart).status === true, "the text"),
	},
	{
		...B,
		lines: [341, 342],
		situation: "deviceWaits",
		check: async (_, {Sentc}) => demand((await Sentc.login("device_identifier", "device_pw")).kind === "user", "a login"),
	},
	{...B, lines: [352, 352], situation: "twoDevices", check: ({devices}) => demand(devices.length === 2, "two devices")},
	{
		...B,
		kind: "type",
		lines: [356, 361],
		situation: "twoDevices",
		check(_, {devices: [device]}) {
			demand(UUID.test(device.device_id) && device.time > 0 && device.device_identifier.length > 0, "a device");
		},
	},
	{
		...B,
		lines: [367, 369],
		situation: "twoDevices",
		check: ({devices_page_two}) => demand(devices_page_two.length === 0, "nothing behind the last device"),
	},
	{
		...B,
		lines: [375, 375],
		situation: "oldPassword",
		async check(_, {Sentc}) {
			await fails(Sentc.login("identifier", "old_password"), "server_112");
			demand((await Sentc.login("identifier", "new_password")).kind === "user", "a login");
		},
	},
	{
		...B,
		lines: [383, 384],
		situation: "oldPasswordMfa",
		replace: {"<totp>": "totp"},
		check: async (_, {Sentc}) => demand((await Sentc.login("identifier", "new_password")).kind === "mfa", "a login"),
	},
	{
		...B,
		lines: [385, 386],
		situation: "oldPasswordMfa",
		replace: {"<recovery_key>": "recovery_key"},
		check: async (_, {Sentc}) => demand((await Sentc.login("identifier", "new_password")).kind === "mfa", "a login"),
	},
	{
		...B,
		lines: [394, 394],
		check: async (_, {Sentc}) => demand((await Sentc.login("identifier", "new_password")).kind === "user", "a login"),
	},
	{
		...B,
		lines: [409, 409],
		async check(_, {Sentc}) {
			demand((await Sentc.login("new_identifier", "password")).kind === "user", "a login");
			await fails(Sentc.login("identifier", "password"), "server_100");
		},
	},
	{
		...B,
		lines: [419, 419],
		async check(_, {Sentc}) {
			await fails(Sentc.getActualUser(), "client_422");
			demand((await Sentc.getUser("identifier")) === false, "nothing of the user is left");
		},
	},
	{
		...B,
		lines: [425, 425],
		situation: "twoDevices",
		replace: {device_id: "other_device_id"},
		check: async (_, {user}) => demand((await user.getDevices()).length === 1, "one device is left"),
	},
	{
		...B,
		lines: [433, 434],
		situation: "twoDevicesMfa",
		replace: {"<totp>": "totp", device_id: "other_device_id"},
		check: async (_, {user}) => demand((await user.getDevices()).length === 1, "one device is left"),
	},
	{
		...B,
		lines: [435, 436],
		situation: "twoDevicesMfa",
		replace: {"<recovery_key>": "recovery_key", device_id: "other_device_id"},
		check: async (_, {user}) => demand((await user.getDevices()).length === 1, "one device is left"),
	},
	{...B, lines: [440, 441], check: ({device_id}) => demand(UUID.test(device_id), "an id")},
	{
		...B,
		lines: [447, 447],
		check: (_, {Sentc}) => fails(Sentc.login("identifier", "password"), "server_100"),
	},
	{
		...B,
		lines: [455, 456],
		situation: "loggedInMfa",
		replace: {"<totp>": "totp"},
		check: (_, {Sentc}) => fails(Sentc.login("identifier", "password"), "server_100"),
	},
	{
		...B,
		lines: [457, 458],
		situation: "loggedInMfa",
		replace: {"<recovery_key>": "recovery_key"},
		check: (_, {Sentc}) => fails(Sentc.login("identifier", "password"), "server_100"),
	},
	{
		...B,
		lines: [466, 468],
		situation: "twoUsers",
		replace: {"<user_id>": "user_id"},
		check: ({key}, {other}) => demand(key.public_key_id === other.data.newest_key_id, "the newest key"),
	},
	{
		...B,
		kind: "type",
		lines: [472, 477],
		situation: "twoUsers",
		async check(_, {Sentc, user_id}) {
			const key = await Sentc.getUserPublicKey(user_id);
			demand(typeof key.public_key === "string" && typeof key.public_key_id === "string", "the key");
			demand(typeof key.public_key_sig_key_id === "string" && key.verified === false, "who signed it");
		},
	},
	{
		...B,
		lines: [483, 486],
		situation: "twoUsers",
		replace: {"<user_id>": "user_id", "<verify_key_id>": "other_key_id"},
		check: ({key}, {other}) => demand(JSON.parse(key).verify_key_id === other.data.newest_key_id, "just the key"),
	},
	{
		...B,
		lines: [492, 495],
		situation: "twoUsers",
		replace: {"<user_to_compare_id>": "user_id", "<the_verify_key_id_to_compare>": "other_key_id"},
		async check({number}, {user, other}) {
			const {user_id, newest_key_id: verify_key_id} = user.data;
			demand(number === (await other.createSafetyNumber({user_id, verify_key_id})), "the same on the other side");
		},
	},
	{
		...B,
		lines: [499, 502],
		situation: "twoUsers",
		replace: {"<user_to_compare_id>": "user_id", "<the_verify_key_id_to_compare>": "other_key_id"},
		async check({number_2}, {user, other}) {
			const {user_id, newest_key_id: verify_key_id} = user.data;
			demand(number_2 === (await other.createSafetyNumber({user_id, verify_key_id})), "the same on both sides");
		},
	},
	{...B, lines: [508, 512], situation: "twoUsers", check: ({verify}) => demand(verify === true, "verified")},
	{
		...B,
		lines: [516, 526],
		situation: "twoUsers",
		async check({number, verify}, {user, other}) {
			const {user_id, newest_key_id: verify_key_id} = user.data;
			demand(number === (await other.createSafetyNumber({user_id, verify_key_id})), "the same on the other side");
			demand(verify === true, "verified");
		},
	},
];

/** A request with these headers is answered. @param {Record<string, any>} shape @param {World} world @param {Record<string, string>} others */
async function answered(shape, world, others) {
	const headers = {...others, [shape["Header name"]]: shape["Header value"]};
	const answer = await (await fetch(`${world.base_url}/api/v1/group/all/0/none`, {headers})).json();
	demand(answer.status === true, "the server takes the header");
}
