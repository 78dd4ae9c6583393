import {equal, ok, rejected} from "../harness/assert.js";

/**
 * Two people who never met the server's operator share a secret. Runs in Node and in a page alike.
 *
 * @param {typeof import("../../dist/esm/index.js")} keyfold
 * @param {{base_url: string, app_token: string}} server
 */
export async function walk({default: Sentc, MemoryStorage}, {base_url, app_token}) {
	const store = new MemoryStorage();
	const nobody = await Sentc.init({app_token, base_url, storage: {getStorage: async () => store}});
	equal(nobody, undefined, "user at the first start");

	const [name, password] = Sentc.generateRegisterData();
	equal([name.length, password.length], [27, 54], "lengths of generated credentials");
	const [other_name, other_password] = Sentc.generateRegisterData();
	equal(await Sentc.checkUserIdentifierAvailable(name), true, "availability before registration");
	const id = await Sentc.register(name, password);
	ok(id, "an id for the new user");
	equal(await Sentc.checkUserIdentifierAvailable(name), false, "availability after registration");
	const other_id = await Sentc.register(other_name, other_password);
	ok(other_id, "an id for the other user");

	const taken = /** @type {{code: string}} */ (await rejected(Promise.resolve(Sentc.register(name, password))));
	equal(taken.code, "server_101", "code of a taken identifier");
	equal(JSON.parse(/** @type {string} */ (/** @type {unknown} */ (taken))).status, "server_101", "JSON of the error");
	equal(JSON.parse(/** @type {Error} */ (/** @type {unknown} */ (taken)).message).status, "server_101", "JSON of its message");
	const wrong = /** @type {{code: string}} */ (await rejected(Sentc.login(name, "not the password")));
	equal(wrong.code, "server_112", "code of a wrong password");

	const login = await Sentc.login(name, password);
	equal(login.kind, "user", "kind of a login without a second factor");
	const user = await Sentc.login(name, password, true);
	equal(user.data.user_id, id, "id of the user who logged in");
	const group_id = await user.createGroup();
	const group = await user.getGroup(group_id);
	equal(group.data.group_id, group_id, "id of the group");
	equal(group.data.rank, 0, "rank of the creator");
	const text = "a text for both of us: äöü \u{1f511}";
	const encrypted = await group.encryptString(text);
	ok(!encrypted.includes("text"), "nothing of the text can be seen");

	const other = await Sentc.login(other_name, other_password, true);
	const outside = /** @type {{code: string}} */ (await rejected(other.getGroup(group_id)));
	equal(outside.code, "server_310", "code for someone who is no member");
	await group.inviteAuto(other_id);
	const other_group = await other.getGroup(group_id);
	equal(other_group.data.rank, 4, "rank of a new member");
	equal(await other_group.decryptString(encrypted), text, "the text as the other user reads it");
	equal(await group.decryptString(await other_group.encryptString("back")), "back", "the answer");

	const broken = /** @type {{code: string}} */ (await rejected(group.decryptString("not base64!")));
	equal(broken.code, "client_10", "code of a malformed text");

	// What a reload of the page finds.
	const actual = await Sentc.getActualUser();
	equal(actual.data.user_id, other_id, "the one who logged in last");
	const found = await Sentc.getUser(name);
	ok(found !== false, "the first user is logged in still");
	const same_group = await found.getGroup(group_id);
	equal(await same_group.decryptString(encrypted), text, "the text as read from stored keys");
	equal(await Sentc.getUser("nobody"), false, "someone who never logged in");
}

/**
 * What an app with a backend of its own does: it sends the requests itself.
 *
 * @param {typeof import("../../dist/esm/index.js")} keyfold
 * @param {{base_url: string, app_token: string}} server
 */
export async function ownBackend({default: Sentc, MemoryStorage}, {base_url, app_token}) {
	await Sentc.init({app_token, base_url, storage: {getStorage: async () => new MemoryStorage()}});
	/** @type {(path: string, body: string) => Promise<string>} */
	const post = async (path, body) => {
		const headers = {"x-sentc-app-token": app_token, "content-type": "application/json"};
		return (await fetch(`${base_url}/api/v1/${path}`, {method: "POST", headers, body})).text();
	};
	const [name, password] = Sentc.generateRegisterData();

	const question = Sentc.prepareCheckUserIdentifierAvailable(name);
	ok(question !== false, "a body for a name");
	equal(Sentc.doneCheckUserIdentifierAvailable(await post("exists", question)), true, "availability");
	equal(Sentc.prepareCheckUserIdentifierAvailable(""), false, "body for no name");

	const id = Sentc.doneRegister(await post("register", Sentc.prepareRegister(name, password)));
	equal((await Sentc.login(name, password, true)).data.user_id, id, "id of the registered user");
	const again = await post("register", Sentc.prepareRegister(name, password));
	const refused = /** @type {{code: string}} */ (await rejected((async () => Sentc.doneRegister(again))()));
	equal(refused.code, "server_101", "code in a refusing answer");

	equal(Sentc.register("", password), false, "registration without a name");
	equal(Sentc.register(name, ""), false, "registration without a password");
	equal(await Sentc.checkUserIdentifierAvailable(""), false, "availability of no name");
}

/**
 * The first start after a change from another SDK, and the next `init` of the same app. Runs in Node and in a page alike.
 *
 * @param {typeof import("../../dist/esm/index.js")} keyfold
 * @param {{base_url: string, app_token: string}} target
 * @param {import("../../dist/esm/index.js").StorageInterface} store the one that `init` takes by default
 */
export async function afterAnotherProgram({default: Sentc}, target, store) {
	equal((await store.init()).status, true, "whether the store is there");
	await store.set("actual_user", "alice");
	await store.set("user_data_id_alice", {device: {}, user_keys: [], key_map: new Map()});
	equal(await Sentc.init(target), undefined, "user at the first start");
	equal(await Sentc.init(target), undefined, "user at the second `init`");
	equal(await store.getItem("actual_user"), "alice", "what `init` read");

	const [name, password] = Sentc.generateRegisterData();
	const id = await Sentc.register(name, password);
	await Sentc.login(name, password);
	equal((await Sentc.init(target))?.data.user_id, id, "user after the login");
}
