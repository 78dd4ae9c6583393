import {equal, ok, rejected} from "../harness/assert.js";
import {newUser} from "./people.js";

/**
 * Keys as texts, keys of the app's own, search and sort. All run in Node and in a page.
 *
 * @type {Record<string, (keyfold: import("./people.js").Keyfold, server: import("./people.js").Server) => Promise<void>>}
 */
export const scenarios = {
	async "the keys of a user and a group can be looked at"(keyfold, server) {
		const {user} = await newUser(keyfold, server);
		const {data} = user;
		equal(data, user.user_data, "both names");
		equal(data.user_keys.length, 1, "generations");
		equal(data.key_map.get(data.newest_key_id), 0, "place of the newest");
		equal(user.getNewestKey().group_key_id, data.newest_key_id, "the newest generation");
		const [newest] = data.user_keys;
		ok(newest, "a generation");
		equal(Object.keys(JSON.parse(newest.group_key)), ["Aes"], "form of a symmetric key");
		equal(Object.keys(JSON.parse(newest.private_key)), ["EciesKyberHybrid"], "form of a private key");
		equal(Object.keys(JSON.parse(newest.sign_key)), ["Ed25519DilithiumHybrid"], "form of a sign key");
		equal(JSON.parse(newest.exported_public_key).public_key_id, data.newest_key_id, "exported public key");
		equal(JSON.parse(newest.exported_verify_key).verify_key_id, data.newest_key_id, "exported verify key");
		equal(JSON.parse(data.device.exported_public_key).public_key_id, data.device_id, "key of the device");
		equal(await user.getPrivateKey(data.newest_key_id), newest.private_key, "private key by id");
		equal(user.getPrivateKeySync(data.newest_key_id), newest.private_key, "private key at once");
		equal(await user.getUserSymKey(data.newest_key_id), newest.group_key, "group key by id");
		equal([await user.getSignKey(), user.getSignKeySync()], [newest.sign_key, newest.sign_key], "sign key");
		equal(user.getNewestPublicKey(), newest.public_key, "public key");
		equal(Object.keys(JSON.parse(user.getNewestHmacKey())), ["HmacSha256"], "form of a search key");
		equal((await user.getPublicKey(data.user_id)).public_key_id, data.newest_key_id, "public key as others see it");
		equal(data.jwt, await user.getJwt(), "the access token");
		const missing = /** @type {{code: string}} */ (await rejected((async () => user.getPrivateKeySync("none"))()));
		equal(missing.code, "client_426", "code of a key that is not loaded");

		const group = await user.getGroup(await user.createGroup());
		const [key] = group.data.keys;
		equal(group.data.key_map.get(group.data.newest_key_id), 0, "place of the newest group key");
		equal(await group.getSymKeyToEncrypt(), [key?.group_key, group.data.newest_key_id], "the key that encrypts");
		equal(await group.getSymKeyById(group.data.newest_key_id), key?.group_key, "a group key by id");
		equal(group.getSymKeyByIdSync(group.data.newest_key_id), key?.group_key, "a group key at once");
		equal(group.getNewestHmacKey(), group.data.hmac_keys[0], "search key");
		equal(group.getNewestSortableKey(), group.data.sortable_keys[0], "sort key");
		equal(group.user.data.user_id, data.user_id, "whose group it is");
		const rotated = await group.keyRotation();
		equal(rotated.group_key_id, group.data.newest_key_id, "the new key");
		equal(group.data.keys.length, 2, "generations of the group");
	},

	async "what is known about a user is one object under both names until something else is known"(keyfold, server) {
		const {user} = await newUser(keyfold, server);
		const {data} = user;
		ok(user.user_data === data && user.data === data, "one object");
		ok(data.user_keys === user.user_data.user_keys, "one list of keys");
		equal(Object.keys({...data}).length, 10, "members of a copy");

		// What an app writes into it says nothing about the user.
		data.mfa = true;
		data.user_keys.pop();
		equal([user.data.mfa, user.enabledMfa(), user.data.user_keys.length], [false, false, 1], "after an app has written");
		ok(user.data === user.user_data && user.data !== data, "another object");
		user.data.user_keys.pop();
		equal(user.data.user_keys.length, 1, "keys after an app has taken some out");

		const before = user.data;
		await user.keyRotation();
		ok(user.data !== before && user.data === user.user_data, "one object after a rotation");
		ok(user.data.newest_key_id !== before.newest_key_id, "another key");
		equal(user.data.user_keys.map(({group_key_id}) => group_key_id), [user.data.newest_key_id, before.newest_key_id], "generations");
		equal(user.data.key_map.get(before.newest_key_id), 1, "place of the earlier one");
		const {user_id} = user.data;
		equal(await user.decryptString(await user.encryptString("text", user_id)), "text", "contents under the new key");
		ok(user.data === user.user_data, "one object still");
	},

	async "keys that a backend has fetched are opened"(keyfold, server) {
		const {user} = await newUser(keyfold, server);
		const group = await user.getGroup(await user.createGroup());
		await group.keyRotation();
		const address = `${server.base_url}/api/v1/group/${group.data.group_id}`;
		const headers = {authorization: `Bearer ${await user.getJwt()}`, "x-sentc-app-token": server.app_token};
		const {result} = await (await fetch(address, {headers})).json();
		/** @type {{user_public_key_id: string}[]} */
		const sent = result.keys;
		const keys = sent.map((key) => ({key_data: JSON.stringify(key), private_key_id: key.user_public_key_id}));
		equal(keys.length, 2, "generations");
		equal(await group.decryptKey(keys), group.data.keys, "group keys");
		equal(await group.decryptKey([]), [], "no keys");
		const auxiliary = (/** @type {object} */ key) => ({key_data: JSON.stringify(key), group_key_id: ""});
		equal(await group.decryptHmacKeys(result.hmac_keys.map(auxiliary)), group.data.hmac_keys, "search keys");
		equal(await group.decryptSortableKeys(result.sortable_keys.map(auxiliary)), group.data.sortable_keys, "sort keys");

		const unsigned = /** @type {{code: string}} */ (await rejected(group.decryptKey(keys, 3)));
		equal(unsigned.code, "client_401", "code of a key without a signature");
		const damaged = /** @type {{code: string}} */ (await rejected(group.decryptHmacKeys([{key_data: "{", group_key_id: ""}])));
		equal(damaged.code, "client_101", "code of what is no JSON");
		const other = await newUser(keyfold, server);
		const foreign = await other.user.getGroup(await other.user.createGroup());
		ok(await rejected(foreign.decryptKey(keys)), "keys for somebody else");
	},

	async "search keys of a user that a backend has fetched are opened"(keyfold, server) {
		const {client, user, name, password} = await newUser(keyfold, server);
		const {fetch} = globalThis;
		/** @type {object[]} */
		const sent = [];
		globalThis.fetch = async (...parameters) => {
			const answer = await fetch(...parameters);
			const {result} = await answer.clone().json();
			sent.push(...(result.hmac_keys ?? []));
			return answer;
		};
		try {
			await client.login(name, password);
		} finally {
			globalThis.fetch = fetch;
		}
		const keys = sent.map((key) => ({key_data: JSON.stringify(key), group_key_id: ""}));
		equal(keys.length, 1, "keys that the server sends at a login");
		equal(await user.decryptHmacKeys(keys), user.data.hmac_keys, "the keys");
		equal(await user.decryptHmacKeys(keys), [user.getNewestHmacKey()], "the newest");
		equal(await user.decryptHmacKeys([]), [], "no keys");
		const damaged = /** @type {{code: string}} */ (await rejected(user.decryptHmacKeys([{key_data: "{", group_key_id: ""}])));
		equal(damaged.code, "client_101", "code of what is no JSON");
		const other = await newUser(keyfold, server);
		const foreign = /** @type {{code: string}} */ (await rejected(other.user.decryptHmacKeys(keys)));
		equal(foreign.code, "server_304", "code of keys for somebody else");
	},

	async "without a request, contents are encrypted and decrypted at once"(keyfold, server) {
		const [alice, bob] = await Promise.all([newUser(keyfold, server), newUser(keyfold, server)]);
		const [newest] = alice.user.data.user_keys;
		ok(newest, "a generation");
		const {public_key} = await alice.client.getUserPublicKey(bob.user.data.user_id);
		const data = new Uint8Array([0, 1, 2, 255]);
		const verify_key = newest.exported_verify_key;
		equal(bob.user.decryptSync(alice.user.encryptSync(data, public_key, true), verify_key), data, "bytes");
		equal(bob.user.decryptStringSync(alice.user.encryptStringSync("äöü", public_key)), "äöü", "a text");
		const {head, data: payload} = alice.user.encryptRawSync(data, public_key, true);
		equal(bob.user.decryptRawSync(head, payload, verify_key), data, "with the head apart");
		equal(await bob.user.decryptRaw(head, payload, verify_key), data, "with the head apart, later");
		const unsigned = alice.user.encryptSync(data, public_key);
		const stripped = /** @type {{code: string}} */ (await rejected((async () => bob.user.decryptSync(unsigned, verify_key))()));
		equal(stripped.code, "client_401", "code of a missing signature");

		const group = await alice.user.getGroup(await alice.user.createGroup());
		equal(group.decryptSync(group.encryptSync(data, true), verify_key), data, "bytes of a group");
		const raw = group.encryptRawSync(data, true);
		equal(group.decryptRawSync(raw.head, raw.data, verify_key), data, "of a group, with the head apart");
		equal(await group.decryptRaw(raw.head, raw.data, ""), data, "an empty verify key is none");
		const broken = /** @type {{code: string}} */ (await rejected((async () => group.decryptStringSync("no base64!"))()));
		equal(broken.code, "client_10", "code of a malformed text");
	},

	async "large contents go through the platform's cipher, and are the same"(keyfold, server) {
		const {user} = await newUser(keyfold, server);
		const group = await user.getGroup(await user.createGroup());
		const large = new Uint8Array(300_000).map((_, place) => place);
		const calls = counted(crypto.subtle);
		const sealed = await group.encrypt(large);
		equal(calls.encrypt, 1, "calls of the cipher for a large content");
		// Without this class's own shortcuts: a key of the app's own is the core's alone.
		const [exported, id] = await group.getSymKeyToEncrypt();
		const by_the_core = new keyfold.SymKey(server.base_url, server.app_token, exported, id, id);
		equal(by_the_core.decrypt(sealed), large, "read by the core");
		equal(await group.decrypt(by_the_core.encrypt(large)), large, "written by the core");
		equal(calls.decrypt, 1, "calls to decrypt");
		equal(await group.decrypt(await group.encrypt(large)), large, "both");
		const text = "ä".repeat(100_000);
		equal(await group.decryptString(await group.encryptString(text)), text, "a long text");
		equal(group.decryptStringSync(await group.encryptString(text)), text, "a long text, read at once");
		const raw = await group.encryptRaw(large);
		equal(group.decryptRawSync(raw.head, raw.data), large, "with the head apart, read by the core");
		const by_core = group.encryptRawSync(large);
		equal(raw.head, by_core.head, "head");
		let so_far = calls.decrypt;
		equal(await group.decryptRaw(by_core.head, by_core.data), large, "with the head apart, written by the core");
		equal(await group.decryptRaw(raw.head, raw.data, ""), large, "an empty verify key is none");
		equal(await group.decryptString(group.encryptStringSync(text)), text, "a long text, written by the core");
		equal(calls.decrypt - so_far, 3, "calls of the cipher for all of these");
		const author = user.data.user_id;
		const verify_key = user.getNewestKey().exported_verify_key;
		so_far = calls.decrypt;
		const signed_content = await group.encrypt(large, true);
		equal(await group.decrypt(signed_content, true, author), large, "signed");
		equal(group.decryptSync(signed_content, verify_key), large, "signed, read by the core");
		equal(await group.decrypt(group.encryptSync(large, true), true, author), large, "signed by the core");
		const signed = await group.encryptRaw(large, true);
		equal(await group.decryptRaw(signed.head, signed.data, verify_key), large, "signed, with the head apart");
		equal(await group.decryptRaw(signed.head, signed.data), large, "signed, and not verified");
		equal(await group.decryptString(await group.encryptString(text, true), true, author), text, "a long text, signed");
		equal(calls.decrypt - so_far, 5, "calls of the cipher for what is signed");
		so_far = calls.decrypt;
		const stripped = /** @type {{code: string}} */ (await rejected(group.decryptRaw(raw.head, raw.data, verify_key)));
		equal(stripped.code, "client_401", "code of a large content without the signature that is demanded");
		signed.data[0] = (signed.data[0] ?? 0) ^ 1;
		const forged = /** @type {{code: string}} */ (await rejected(group.decryptRaw(signed.head, signed.data, verify_key)));
		equal(forged.code, "client_22", "code of a large content with a wrong signature");
		equal(calls.decrypt, so_far, "the cipher gets nothing whose signature is wrong");
		const foreign = await user.getGroup(await user.createGroup());
		ok(await rejected(foreign.decryptRaw(raw.head, raw.data)), "another group has not the key");
		const before = calls.encrypt;
		await group.encrypt(new Uint8Array(100));
		equal(calls.encrypt, before, "calls for a small content");
		sealed[sealed.length - 1] = (sealed.at(-1) ?? 0) ^ 1;
		const changed = /** @type {{code: string}} */ (await rejected(group.decrypt(sealed)));
		equal(changed.code, "client_14", "code of a changed content");
		await group.keyRotation();
		equal(await group.decrypt(group.encryptSync(large)), large, "with a new key");
		calls.restore();
	},

	async "large contents for users go through the platform's cipher, and are the same"(keyfold, server) {
		const [alice, bob] = await Promise.all([newUser(keyfold, server), newUser(keyfold, server)]);
		const [alice_id, bob_id] = [alice.user.data.user_id, bob.user.data.user_id];
		const {public_key} = await alice.client.getUserPublicKey(bob_id);
		const verify_key = alice.user.getNewestKey().exported_verify_key;
		const large = new Uint8Array(300_000).map((_, place) => place);
		const text = "ä".repeat(100_000);
		const calls = counted(crypto.subtle);
		for (const sign of [false, true]) {
			const sealed = await alice.user.encrypt(large, bob_id, sign);
			equal(bob.user.decryptSync(sealed), large, "read by the core");
			equal(await bob.user.decrypt(sealed), large, "both");
			equal(await bob.user.decrypt(alice.user.encryptSync(large, public_key, sign)), large, "written by the core");
			const raw = await alice.user.encryptRaw(large, bob_id, sign);
			equal(await bob.user.decryptRaw(raw.head, raw.data), large, "with the head apart");
			equal(await bob.user.decryptString(await alice.user.encryptString(text, bob_id, sign)), text, "a long text");
		}
		// Two algorithms are nested.
		equal([calls.encrypt, calls.decrypt], [12, 16], "calls of the cipher");
		const signed = await alice.user.encrypt(large, bob_id, true);
		equal(await bob.user.decrypt(signed, true, alice_id), large, "verified");
		const before = [calls.encrypt, calls.decrypt];
		await bob.user.decrypt(await alice.user.encrypt(new Uint8Array(100), bob_id, true));
		equal([calls.encrypt, calls.decrypt], before, "calls for a small content");
		const unsigned = await alice.user.encryptRaw(large, bob_id);
		const stripped = /** @type {{code: string}} */ (await rejected(bob.user.decryptRaw(unsigned.head, unsigned.data, verify_key)));
		equal(stripped.code, "client_401", "code of a missing signature");
		signed[signed.length - 1] = (signed.at(-1) ?? 0) ^ 1;
		const changed = /** @type {{code: string}} */ (await rejected(bob.user.decrypt(signed)));
		equal(changed.code, "client_14", "code of a changed content");
		const forged = /** @type {{code: string}} */ (await rejected(bob.user.decrypt(signed, true, alice_id)));
		equal(forged.code, "client_22", "code of a content that was changed behind its signature");
		calls.restore();
	},

	async "small contents are the same whatever cipher the platform has"(keyfold, server) {
		const {user} = await newUser(keyfold, server);
		const group = await user.getGroup(await user.createGroup());
		const id = group.data.newest_key_id;
		// A key of the app's own is always the core's: with the raw key of the group, it reads and writes what the group does.
		const [text_key] = group.getSymKeyToEncryptSync();
		const by_core = new keyfold.SymKey("", "", text_key, id, "");
		for (const length of [0, 1, 15, 16, 1000]) {
			const data = new Uint8Array(length).map((_, place) => place);
			const sealed = group.encryptSync(data);
			equal(sealed.length, by_core.encrypt(data).length, "length");
			equal(by_core.decrypt(sealed), data, "read by the core");
			equal(group.decryptSync(by_core.encrypt(data)), data, "written by the core");
			equal(await group.decrypt(await group.encrypt(data)), data, "later");
			const raw = group.encryptRawSync(data);
			equal(raw.head, by_core.encryptRaw(data).head, "head");
			equal(by_core.decryptRaw(raw.head, raw.data), data, "with the head apart");
			equal(group.decryptRawSync(raw.head, raw.data), data, "with the head apart, both");
			equal(await group.decryptRaw(raw.head, raw.data), data, "with the head apart, later");
		}
		equal(by_core.decryptString(group.encryptStringSync("äöü")), "äöü", "a text");
		equal(group.decryptStringSync(by_core.encryptString("äöü")), "äöü", "a text of the core");

		/** @param {() => unknown} work */
		const code = async (work) => /** @type {{code: string}} */ (await rejected((async () => work())())).code;
		const {head, data: payload} = group.encryptRawSync(new Uint8Array(40));
		for (const place of [0, 12, 40, payload.length - 1]) {
			const changed = payload.slice();
			changed[place] = (changed[place] ?? 0) ^ 1;
			equal(await code(() => group.decryptRawSync(head, changed)), "client_14", "code of a changed content");
			equal(await code(() => group.decryptRaw(head, changed)), "client_14", "code of a changed content, later");
		}
		for (const length of [0, 12, 27, 28, payload.length - 1]) {
			const cut = payload.slice(0, length);
			const expected = await code(() => by_core.decryptRaw(head, cut));
			equal(await code(() => group.decryptRawSync(head, cut)), expected, "code of a content that was cut");
		}
		const other = await user.getGroup(await user.createGroup());
		equal(await code(() => other.decryptRawSync(head, payload)), "client_426", "code of a key that is not there");
		equal(await code(() => other.decryptRaw(head, payload)), "server_304", "code of a key that the server has not");
		const renamed = head.replace(id, other.data.newest_key_id);
		equal(await code(() => other.decryptRawSync(renamed, payload)), "client_14", "code of another key");
		equal(await code(() => group.decryptSync(new Uint8Array(40).fill(7))), "client_101", "code of no envelope");
	},

	async "keys of the app's own are made, kept by the app or the server, and deleted"(keyfold, server) {
		const [alice, bob] = await Promise.all([newUser(keyfold, server), newUser(keyfold, server)]);
		const [alice_id, bob_id] = [alice.user.data.user_id, bob.user.data.user_id];
		const data = new Uint8Array([1, 2, 3]);

		const [key, sealed] = await alice.user.generateNonRegisteredKey(bob_id);
		equal(key.key_id, "non_register", "id of a key that no server knows");
		equal(JSON.parse(sealed).master_key_id, key.master_key_id, "under which key it is");
		const of_bob = await bob.user.getNonRegisteredKey(key.master_key_id, sealed);
		equal(of_bob.decrypt(key.encrypt(data)), data, "bytes");
		equal(of_bob.decryptString(key.encryptString("text")), "text", "a text");
		const verify_key = alice.user.getNewestKey().exported_verify_key;
		equal(of_bob.decrypt(key.encrypt(data, true), verify_key), data, "signed bytes");
		const raw = key.encryptRaw(data, true);
		equal(of_bob.decryptRaw(raw.head, raw.data, verify_key), data, "with the head apart");
		const stripped = /** @type {{code: string}} */ (await rejected((async () => of_bob.decrypt(key.encrypt(data), verify_key))()));
		equal(stripped.code, "client_401", "code of a missing signature");

		const stored = await alice.user.registerKey(alice_id);
		const again = await alice.user.fetchKey(stored.key_id, stored.master_key_id);
		equal(again.decryptString(stored.encryptString("stored")), "stored", "by a stored key");
		equal((await alice.user.getKeys(stored.master_key_id)).map(({key_id}) => key_id), [stored.key_id], "the list");
		await alice.user.deleteKey(stored.key_id);
		ok(await rejected(alice.user.fetchKey(stored.key_id, stored.master_key_id)), "nothing after the deletion");

		const group = await alice.user.getGroup(await alice.user.createGroup());
		await group.inviteAuto(bob_id);
		const group_of_bob = await bob.user.getGroup(group.data.group_id);
		const [group_key, group_sealed] = await group.generateNonRegisteredKey();
		const opened = await group_of_bob.getNonRegisteredKey(group_key.master_key_id, group_sealed);
		equal(opened.decryptString(group_key.encryptString("group")), "group", "a text of a group");
		const group_stored = await group.registerKey();
		const fetched = await group_of_bob.fetchKey(group_stored.key_id, group_stored.master_key_id);
		equal(fetched.decryptString(group_stored.encryptString("both")), "both", "by a key that the server keeps");
		equal((await group.getKeys(group_stored.master_key_id)).length, 1, "the list of the group");
		await group.deleteKey(group_stored.key_id);
	},

	async "texts can be found, and values sorted, without being read"(keyfold, server) {
		const {user} = await newUser(keyfold, server);
		const group = await user.getGroup(await user.createGroup());
		const text = "123 😥 hello world, how are you? 12";
		const [hashes, alg, key_id] = group.createSearch(text);
		equal(hashes.length, new TextEncoder().encode(text).length, "one hash for each byte");
		equal([alg, key_id.length > 0], ["HMAC-SHA256", true], "algorithm and key");
		ok(hashes.includes(group.search("123 ")), "a beginning is found");
		ok(!hashes.includes(group.search("hello")), "the middle is not");
		equal(group.createSearchRaw(text, true), [group.search(text)], "one hash of the whole");
		equal(group.createSearchRaw(text, false, 5).length, 5, "as many hashes as were asked for");
		const empty = /** @type {{code: string}} */ (await rejected((async () => group.createSearchRaw(""))()));
		equal(empty.code, "client_301", "code of no text");
		const long = /** @type {{code: string}} */ (await rejected((async () => group.createSearchRaw("a".repeat(201)))()));
		equal(long.code, "client_300", "code of a long text");

		const numbers = [0, 1, 262, 263, 65_321, 65_532].map((number) => group.encryptSortableRawNumber(number));
		ok(numbers.every((number, place) => place === 0 || number > (numbers[place - 1] ?? number)), "numbers in their order");
		const [number, sort_alg] = group.encryptSortableNumber(262);
		equal([number, sort_alg], [numbers[2], "OPE-16"], "with algorithm");
		const words = ["a", "azzz", "b", "ba", "zzz"].map((word) => group.encryptSortableRawString(word));
		ok(words.every((word, place) => place === 0 || word >= (words[place - 1] ?? word)), "words in their order");
		equal(group.encryptSortableString("a")[0], words[0], "a word with algorithm");
		equal(typeof number, globalThis.window === undefined ? "number" : "bigint", "type of a sortable value");
		for (const wrong of [65_533, -1, 1.5, NaN]) {
			const refused = /** @type {{code: string}} */ (await rejected((async () => group.encryptSortableRawNumber(wrong))()));
			equal(refused.code, "client_61", `code of ${wrong}`);
		}
		const accent = /** @type {{code: string}} */ (await rejected((async () => group.encryptSortableRawString("aä"))()));
		equal(accent.code, "client_408", "code of what is not ASCII");

		const {Group} = keyfold;
		const keys = new Group({sortable_keys: group.data.sortable_keys, hmac_keys: group.data.hmac_keys}, "", "", null);
		equal(keys.encryptSortableRawNumber(262), numbers[2], "by the key alone");
		equal(keys.search("123"), group.search("123"), "a search by the key alone");
		ok(await rejected(keys.getMember()), "nothing else is known");
	},

	async "a group that an app has put together from data encrypts and decrypts with the keys in it"(keyfold, server) {
		const {user} = await newUser(keyfold, server);
		const group = await user.getGroup(await user.createGroup());
		const older = group.encryptStringSync("older");
		const first = group.data.keys;
		await group.keyRotation();
		const {keys, key_map, newest_key_id} = group.data;
		const data = new Uint8Array([1, 2, 3]);
		const large = new Uint8Array(100_000).fill(7);
		const verify_key = user.getNewestKey().exported_verify_key;
		const author = user.data.user_id;

		const made = new keyfold.Group({keys, key_map, newest_key_id}, server.base_url, server.app_token, user);
		for (const content of [data, large]) {
			equal(await group.decrypt(await made.encrypt(content)), content, "written by it");
			equal(await made.decrypt(await group.encrypt(content)), content, "read by it");
			const raw = await made.encryptRaw(content);
			equal(await made.decryptRaw(raw.head, raw.data), content, "with the head apart");
		}
		equal(await made.decryptString(older), "older", "under an older key");
		equal(made.decryptStringSync(await group.encryptString("text")), "text", "a text, at once");
		equal(group.decryptStringSync(made.encryptStringSync("text")), "text", "and back");
		const raw = made.encryptRawSync(data, true);
		equal(made.decryptRawSync(raw.head, raw.data, verify_key), data, "signed");
		equal(await made.decryptString(await made.encryptString("signed", true), true, author), "signed", "signed by its author");
		const unsigned = /** @type {{code: string}} */ (await rejected(made.decrypt(await made.encrypt(data), true, author)));
		equal(unsigned.code, "client_401", "code of a content that is not signed");
		equal(made.getSymKeyToEncryptSync(), group.getSymKeyToEncryptSync(), "the key that encrypts");
		equal(await made.getSymKeyById(newest_key_id), await group.getSymKeyById(newest_key_id), "a key by its id");

		const sealed = [await made.encrypt(data), await made.encrypt(large)];
		const [foreign] = (await user.getGroup(await user.createGroup())).data.keys;
		made.groupKeys = keys.map((key) => ({
			...key,
			group_key: (foreign?.group_key ?? "").replaceAll(foreign?.group_key_id ?? "", key.group_key_id),
		}));
		for (const content of sealed) {
			const replaced = /** @type {{code: string}} */ (await rejected(made.decrypt(content)));
			equal(replaced.code, "client_14", "code of a content under a key that was replaced");
		}

		const empty = new keyfold.Group({}, "", "", null);
		const nothing = /** @type {{code: string}} */ (await rejected(empty.encrypt(data)));
		equal(nothing.code, "client_426", "code of a group without keys");
		empty.groupKeys = first;
		empty.groupKeyMap = new Map([[first[0]?.group_key_id ?? "", 0]]);
		equal(await empty.decryptString(older), "older", "with keys that were set");
		const newer = /** @type {{code: string}} */ (await rejected(empty.decryptString(await group.encryptString("newer"))));
		equal(newer.code, "client_426", "code of a key that is not among them");
		const nobody = /** @type {{code: string}} */ (await rejected(empty.encrypt(data, true)));
		equal(nobody.code, "client_426", "code of a signature without a user");
		const loaded = /** @type {{code: string}} */ (await rejected((async () => (group.groupKeys = []))()));
		equal(loaded.code, "client_424", "code of keys for a group that was loaded");
	},

	async "the tokens of an app can be renewed by hand, and levels of verification are kept"(keyfold, server) {
		const {client, user} = await newUser(keyfold, server);
		const before = await user.getJwt();
		const after = await client.refreshJwt(before, user.data.refresh_token);
		equal(after.split(".").length, 3, "a token");
		const wrong = /** @type {{code: string}} */ (await rejected(client.refreshJwt(before, "another")));
		equal(wrong.code, "server_114", "code of a wrong refresh token");

		const signed = await user.createGroup(true);
		equal((await user.getGroup(signed, undefined, 3)).data.group_id, signed, "a group with signed keys");
		const unsigned = await user.createGroup();
		equal((await user.getGroup(unsigned, "", 2)).data.group_id, unsigned, "a group with unsigned keys");
		const refused = /** @type {{code: string}} */ (await rejected(user.getGroup(unsigned, "", 3)));
		equal(refused.code, "client_401", "code of a key that is not signed");
	},

	async "memory that is handed in can be used for something else at once"(keyfold, server) {
		const {user} = await newUser(keyfold, server);
		for (const size of [100, 40_000]) {
			const group = await user.getGroup(await user.createGroup());
			const wanted = new Uint8Array(size).fill(1);
			for (const use of ["first", "second"]) {
				for (const sign of [false, true]) {
					const data = wanted.slice();
					const sealing = group.encrypt(data, sign);
					const apart = group.encryptRaw(data, sign);
					data.fill(2);
					equal(await group.decrypt(await sealing), wanted, `${use} content of ${size} bytes`);
					const {head, data: payload} = await apart;
					equal(await group.decryptRaw(head, payload), wanted, `${use} content of ${size} bytes, with the head apart`);

					const same = await user.getGroup(group.data.group_id);
					const content = new Uint8Array(await sealing);
					const opening = same.decrypt(content);
					content.fill(0);
					equal(await opening, wanted, `${use} content of ${size} bytes, decrypted`);
				}
			}
		}
	},

	async "contents in memory that threads share are encrypted and decrypted"(keyfold, server) {
		if (typeof SharedArrayBuffer === "undefined") {
			return; // pages have it only where they are isolated
		}
		const shared = (/** @type {Uint8Array} */ data) => {
			const copy = new Uint8Array(new SharedArrayBuffer(data.length));
			copy.set(data);
			return copy;
		};
		const {user} = await newUser(keyfold, server);
		const group = await user.getGroup(await user.createGroup());
		for (const size of [100, 40_000]) {
			const wanted = new Uint8Array(size).fill(7);
			for (const sign of [false, true]) {
				const content = await group.encrypt(shared(wanted), sign);
				equal(await group.decrypt(shared(content)), wanted, `${size} bytes`);
				equal(group.decryptSync(shared(content)), wanted, `${size} bytes, at once`);
			}
		}
	},

	async "a head is read alike, whoever reads it"(keyfold, server) {
		const {user} = await newUser(keyfold, server);
		const group = await user.getGroup(await user.createGroup());
		/** @type {[string, (id: string) => string | Uint8Array, string | undefined][]} */
		const heads = [
			["as it is", (id) => JSON.stringify({id, sign: null}), undefined],
			["in another order", (id) => JSON.stringify({sign: null, id}), undefined],
			["with space", (id) => ` {"id": "${id}", "sign": null}`, undefined],
			["with a byte order mark", (id) => `\ufeff{"id":"${id}","sign":null}`, "client_101"],
			["with two ids", (id) => `{"id":"another","id":"${id}","sign":null}`, "client_101"],
			["with bytes that are no text", (id) => bytes(`{"id":"${id}","sign":null,"x":"`, [0xff], '"}'), "client_101"],
		];
		for (const size of [100, 40_000]) {
			const wanted = new Uint8Array(size).fill(3);
			const {head, data} = await group.encryptRaw(wanted);
			for (const [name, write, code] of heads) {
				const written = write(JSON.parse(head).id);
				const content = bytes(written, [0], data);
				/** @param {() => Promise<Uint8Array>} read */
				const outcome = async (read) => {
					try {
						equal(await read(), wanted, name);
						return undefined;
					} catch (error) {
						return /** @type {{code?: string}} */ (error).code ?? String(error);
					}
				};
				equal(await outcome(() => group.decrypt(content)), code, `${name}, ${size} bytes`);
				equal(await outcome(async () => group.decryptSync(content)), code, `${name}, ${size} bytes, at once`);
			}
			const short = /** @type {{code: string}} */ (await rejected(group.decryptRaw(head, data.subarray(0, 20))));
			equal(short.code, "client_10", "code of what is too short");
		}
	},

	async "base64 has one form"(keyfold, server) {
		const {user} = await newUser(keyfold, server);
		const group = await user.getGroup(await user.createGroup());
		const [key] = await group.generateNonRegisteredKey();
		const readers = [
			{write: () => group.encryptString("a"), read: (/** @type {string} */ text) => group.decryptString(text)},
			{write: () => group.encryptString("ab"), read: async (/** @type {string} */ text) => group.decryptStringSync(text)},
			{write: () => user.encryptString("a", user.data.user_id), read: (/** @type {string} */ text) => user.decryptString(text)},
			{write: async () => key.encryptString("a"), read: async (/** @type {string} */ text) => key.decryptString(text)},
			{write: async () => key.encryptString("abc"), read: async (/** @type {string} */ text) => key.decryptString(text)},
		];
		for (const {write, read} of readers) {
			const text = await write();
			ok((await read(text)).startsWith("a"), "as it is");
			const bare = text.replace(/=+$/, "");
			const others = [`${text}\n`, ` ${text}`, `${text.slice(0, 8)} ${text.slice(8)}`, `${text}=`, `${bare}\n\n`.slice(0, text.length)];
			for (const other of others.filter((other) => other !== text)) {
				const refused = /** @type {{code: string}} */ (await rejected(read(other)));
				equal(refused.code, "client_10", JSON.stringify(other.slice(-6)));
			}
		}
	},

	async "a signer who cannot be looked up is an error from level 2 on"(keyfold, server) {
		const [alice, bob] = [await newUser(keyfold, server), await newUser(keyfold, server)];
		const group_id = await alice.user.createGroup(true);
		await (await alice.user.getGroup(group_id)).inviteAuto(bob.user.data.user_id);
		const {fetch} = globalThis;
		const lookupsFail = () => {
			globalThis.fetch = async (...parameters) => {
				const [request] = parameters;
				const url = request instanceof Request ? request.url : String(request);
				return url.includes("/verify_key/") ? Promise.reject(new TypeError("no connection")) : fetch(...parameters);
			};
		};
		/** @param {0 | 1 | 2 | 3} level */
		const code = async (level) => {
			const {client, name, password} = bob;
			const login = await client.login(name, password, true);
			lookupsFail();
			try {
				await (await login.getGroup(group_id, undefined, level)).encryptString("text");
				return undefined;
			} catch (error) {
				return /** @type {{code: string}} */ (error).code;
			} finally {
				globalThis.fetch = fetch;
			}
		};
		equal([await code(0), await code(1), await code(2), await code(3)], [undefined, undefined, "client_1000", "client_1000"], "codes");
		equal((await bob.user.getGroup(group_id, undefined, 3)).data.group_id, group_id, "all is well when the lookup works");
	},

	async "failures that share a code differ in their kind"(keyfold, server) {
		const {user} = await newUser(keyfold, server);
		const group = await user.getGroup(await user.createGroup());
		/** @param {Promise<unknown>} call */
		const failure = async (call) => {
			const {code, kind} = /** @type {{code: string; kind: string}} */ (await rejected(call));
			return [code, kind];
		};
		const content = await group.encrypt(new TextEncoder().encode("text"));
		const head = content.subarray(0, content.indexOf(0));
		const short = new Uint8Array([...head, 0, 1, 2, 3]);
		equal(await failure(group.decrypt(short)), ["client_10", "ciphertext_too_short"], "what is too short");
		equal(await failure(group.decryptString("no base64!")), ["client_10", "malformed_envelope"], "what is no content");
		const bytes = await group.encrypt(new Uint8Array([0xff, 0xfe]));
		const text = btoa(String.fromCharCode(...bytes));
		equal(await failure(group.decryptString(text)), ["client_10", "plaintext_not_utf8"], "what is no text");
		equal(await failure(user.getGroup("")), ["client_425", "client_425"], "a code with one meaning");
	},
};

/** All of these, one after the other. @param {(string | number[] | Uint8Array)[]} parts */
function bytes(...parts) {
	const encoder = new TextEncoder();
	const pieces = parts.map((part) => (typeof part === "string" ? encoder.encode(part) : Uint8Array.from(part)));
	const all = new Uint8Array(pieces.reduce((length, piece) => length + piece.length, 0));
	pieces.reduce((start, piece) => (all.set(piece, start), start + piece.length), 0);
	return all;
}

/** Counts the calls of WebCrypto. @param {SubtleCrypto} subtle */
function counted(subtle) {
	const {encrypt, decrypt} = subtle;
	const calls = {encrypt: 0, decrypt: 0, restore: () => Object.assign(subtle, {encrypt, decrypt})};
	subtle.encrypt = function (...parameters) {
		calls.encrypt += 1;
		return encrypt.apply(this, parameters);
	};
	subtle.decrypt = function (...parameters) {
		calls.decrypt += 1;
		return decrypt.apply(this, parameters);
	};
	return calls;
}
