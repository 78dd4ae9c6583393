import {equal, ok, rejected} from "../harness/assert.js";
import {credentials, finished, newClient, newUser} from "./people.js";

/**
 * Keys that apps fetch themselves, and the functions of `Sentc` for the keys of others. All run in Node and in a page.
 *
 * @type {Record<string, (keyfold: import("./people.js").Keyfold, server: import("./people.js").Server) => Promise<void>>}
 */
export const scenarios = {
	async "a generation of user keys that another device has made is fetched by its id"(keyfold, server) {
		const [alice, bob] = await Promise.all([newUser(keyfold, server), newUser(keyfold, server)]);
		const client = await newClient(keyfold, server);
		const [name, password] = credentials();
		await alice.user.registerDevice(await client.registerDeviceStart(name, password));
		const tablet = await client.login(name, password, true);
		const before = tablet.data.newest_key_id;

		await alice.user.keyRotation();
		const {newest_key_id, user_id} = alice.user.data;
		const text = await alice.user.encryptString("newer", user_id);
		await finished(() => unlessOnItsWay(tablet.fetchUserKey(newest_key_id, true)), () => tablet.data.key_map.has(newest_key_id));
		equal(tablet.data.user_keys.map(({group_key_id}) => group_key_id), [newest_key_id, before], "generations");
		equal(tablet.data.newest_key_id, newest_key_id, "the newest one");
		equal(tablet.getPrivateKeySync(newest_key_id), alice.user.getPrivateKeySync(newest_key_id), "the private key on both devices");
		equal(await tablet.decryptString(text), "newer", "a text under it");

		await tablet.fetchUserKey(before);
		equal(tablet.data.user_keys.length, 2, "generations after one was fetched that is there");
		equal(await code(tablet.fetchUserKey(bob.user.data.newest_key_id)), "server_304", "code of a key of somebody else");
	},

	async "generations of group keys that others have made are fetched, on demand signed ones alone"(keyfold, server) {
		const [alice, bob] = await Promise.all([newUser(keyfold, server), newUser(keyfold, server)]);
		const group = await alice.user.getGroup(await alice.user.createGroup(true));
		await group.inviteAuto(bob.user.data.user_id);
		const of_bob = await bob.user.getGroup(group.data.group_id, undefined, 3);
		const before = of_bob.data.newest_key_id;
		await group.keyRotation(true);
		const signed = group.data.newest_key_id;
		await finished(() => of_bob.fetchKeys(), () => of_bob.data.newest_key_id === signed);
		equal(of_bob.data.keys.map(({group_key_id}) => group_key_id), [signed, before], "generations");
		await of_bob.fetchKeys(await bob.user.getJwt(), 3);

		await group.keyRotation();
		const unsigned = group.data.newest_key_id;
		await finished(() => of_bob.fetchKeys(NO_TOKEN, 2), () => of_bob.data.newest_key_id === unsigned);
		equal(await code(of_bob.fetchKeys(NO_TOKEN, 3)), "client_401", "code of a key that is not signed");

		await group.kickUser(bob.user.data.user_id);
		ok(/^server_/.test(await code(of_bob.fetchKeys())), "nothing for someone who was removed");
	},

	async "the functions of `Sentc` find and verify the keys of others, and give its store away"(keyfold, server) {
		const {default: Sentc, MemoryStorage} = keyfold;
		const {base_url, app_token} = server;
		const store = new MemoryStorage();
		equal(await Sentc.init({...server, storage: {getStorage: async () => store}}), undefined, "nobody at first");
		ok((await Sentc.getStore()) === store, "the store of the app");
		const [name, password] = Sentc.generateRegisterData();
		await Sentc.register(name, password);
		await Sentc.login(name, password, true);
		ok((await store.getItem("actual_user")) !== undefined, "the session in the store");

		const bob = await newUser(keyfold, server);
		const {user_id, newest_key_id} = bob.user.data;
		const key = await Sentc.getUserPublicKeyData(base_url, app_token, user_id);
		equal([key.public_key_id, key.verified], [newest_key_id, false], "the public key");
		equal(key, await Sentc.getUserPublicKey(user_id), "the public key by the shorter name");
		const verify_key = await Sentc.getUserVerifyKeyData(base_url, app_token, user_id, newest_key_id);
		equal(verify_key, bob.user.getNewestKey().exported_verify_key, "the verify key");
		equal(verify_key, await Sentc.getUserVerifyKey(user_id, newest_key_id), "the verify key by the shorter name");
		const group = await bob.user.getGroup(await bob.user.createGroup());
		const of_group = await Sentc.getGroupPublicKeyData(base_url, app_token, group.data.group_id);
		equal([of_group.id, of_group.key], [group.data.newest_key_id, group.data.keys[0]?.exported_public_key], "the group's public key");
		equal(of_group, await Sentc.getGroupPublicKey(group.data.group_id), "the group's public key by the shorter name");

		const nobody = "00000000-0000-4000-8000-000000000000";
		equal(await code(Sentc.getUserPublicKeyData(base_url, app_token, nobody)), "server_100", "code of an unknown user");
		ok(/^server_/.test(await code(Sentc.getUserVerifyKeyData(base_url, app_token, user_id, nobody))), "no such verify key");
		ok(/^server_/.test(await code(Sentc.getGroupPublicKeyData(base_url, app_token, nobody))), "no such group");

		equal(await Sentc.verifyUsersPublicKey(base_url, app_token, user_id, key), true, "verification");
		equal(await Sentc.verifyUsersPublicKey(user_id, key, true), true, "verification in the form of Node");
		equal((await Sentc.getUserPublicKey(user_id)).verified, true, "verified afterwards");
		const {public_key_sig, public_key_sig_key_id, ...bare} = JSON.parse(key.public_key);
		ok(public_key_sig && public_key_sig_key_id, "a signed key");
		const {public_key_sig_key_id: _, ...unsigned} = {...key, public_key: JSON.stringify(bare)};
		equal(await Sentc.verifyUsersPublicKey(base_url, app_token, user_id, unsigned), false, "a key without a signature");
		const other = await newUser(keyfold, server);
		const swapped = JSON.parse((await Sentc.getUserPublicKey(other.user.data.user_id)).public_key);
		const forged = {...key, public_key: JSON.stringify({...swapped, public_key_sig, public_key_sig_key_id})};
		equal(await outcome(Sentc.verifyUsersPublicKey(base_url, app_token, user_id, forged)), false, "a key under the signature of another");
		equal(await Sentc.verifyUsersPublicKey(user_id, {...forged, verified: true}), true, "one that the app calls verified");
		equal(await outcome(Sentc.verifyUsersPublicKey(user_id, {...forged, verified: true}, true)), false, "such a one, checked anew");
		const incomplete = /** @type {(...parameters: unknown[]) => Promise<boolean>} */ (Sentc.verifyUsersPublicKey);
		equal(await code(incomplete(base_url, app_token)), "client_424", "code without a key");
	},
};

/** Keys are fetched with the token that is valid now: the one that is handed in does not count. */
const NO_TOKEN = "";

/**
 * The server passes new keys on in its own time.
 *
 * @param {Promise<void>} fetched
 */
async function unlessOnItsWay(fetched) {
	try {
		await fetched;
	} catch (error) {
		equal(/** @type {{code: string}} */ (error).code, "server_304", "code of a key that is on its way");
	}
}

/**
 * What a verification said, an error included.
 *
 * @param {Promise<boolean>} verification
 */
async function outcome(verification) {
	try {
		return await verification;
	} catch (error) {
		return /** @type {{code: string}} */ (error).code;
	}
}

/**
 * The code of an error.
 *
 * @param {Promise<unknown>} call
 */
async function code(call) {
	return /** @type {{code: string}} */ (await rejected(call)).code;
}
