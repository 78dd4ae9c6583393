// Runs in Node and in a page alike.

const MEBIBYTE = 1024 * 1024;

/** A text of 30 characters, as people search for. */
const TEXT = "thirty characters are searched";

const TEXT_BYTES = new TextEncoder().encode(TEXT);

/**
 * Median times in milliseconds by the name of the action, of this SDK and of the published client of others, where that is at hand.
 *
 * @typedef {Record<string, {ours?: number, theirs?: number}>} Times
 *
 * The part of `sentc_wasm` that is measured.
 * @typedef {{
 *   register(base_url: string, app_token: string, name: string, password: string): Promise<string>,
 *   login(base_url: string, app_token: string, name: string, password: string): Promise<unknown>,
 *   encrypt_symmetric(key: string, data: Uint8Array, sign_key?: string): Uint8Array,
 *   decrypt_symmetric(key: string, data: Uint8Array, verify_key?: string): Uint8Array,
 *   create_searchable_raw(key: string, text: string, full: boolean): string[],
 *   sortable_encrypt_raw_number(key: string, number: bigint): bigint,
 *   group_extract_group_data(answer: string): {get_keys(): {key_data: string}[]},
 *   group_decrypt_key(private_key: string, key_data: string): {get_group_key(): string},
 * }} Partner
 */

/**
 * @param {typeof import("../dist/esm/index.js")} keyfold
 * @param {{base_url: string, app_token: string}} server
 * @param {Partner} [partner]
 * @returns {Promise<Times>}
 */
export async function measure({createClient, MemoryStorage}, server, partner) {
	/** @type {Times} */
	const times = {};
	const {base_url, app_token} = server;
	/** @param {Partial<import("../dist/esm/index.js").SentcOptions>} options */
	const newClient = (options = {}) => {
		const store = new MemoryStorage();
		return createClient({...server, ...options, storage: {getStorage: async () => store}});
	};
	/** @param {string} name */
	const loggedIn = async (name) => {
		const login = await (await newClient()).login(name, "password");
		if (login.kind !== "user") {
			throw new Error("nobody has a second factor here");
		}
		return login.u;
	};
	const client = await newClient();
	const register = () => client.register(crypto.randomUUID(), "password");
	const theirRegister = partner && (() => partner.register(base_url, app_token, crypto.randomUUID(), "password"));
	times["register"] = await both(5, register, theirRegister);
	const earlier = await newClient({password_cost: "legacy"});
	// The two differ in the cost of the password's derivation, and here not even in that.
	const registerAsEarlier = () => earlier.register(crypto.randomUUID(), "password");
	times["register with their password cost"] = await both(5, registerAsEarlier, theirRegister);

	const name = crypto.randomUUID();
	await client.register(name, "password");
	times["login"] = {ours: await median(5, () => client.login(name, "password"))};
	if (partner) {
		/** @type {string[]} */
		const names = [];
		while (names.length < 12) {
			names.push(crypto.randomUUID());
			await partner.register(base_url, app_token, names.at(-1) ?? "", "password");
		}
		times["login"].theirs = await median(5, () => partner.login(base_url, app_token, names.pop() ?? "", "password"));
		// Accounts of both differ in the cost of the password's derivation, and in nothing else that counts.
		times["login to an account with their password cost"] = {ours: await median(5, () => client.login(names.pop() ?? "", "password"))};
	}

	const user = await loggedIn(name);
	const group = await user.getGroup(await user.createGroup());
	const [{group_key} = {group_key: ""}] = group.data.keys;
	const [own] = user.data.user_keys;
	if (own === undefined) {
		throw new Error("every user has keys");
	}
	const small = new Uint8Array(1024);
	times["encrypt 1 KiB for a group"] = await both(
		500,
		() => group.encryptSync(small),
		partner && (() => partner.encrypt_symmetric(group_key, small)),
	);
	const sealed_small = group.encryptSync(small);
	times["decrypt 1 KiB"] = await both(
		500,
		() => group.decryptSync(sealed_small),
		partner && (() => partner.decrypt_symmetric(group_key, sealed_small)),
	);
	times["encrypt and sign 1 KiB"] = await both(
		100,
		() => group.encryptSync(small, true),
		partner && (() => partner.encrypt_symmetric(group_key, small, own.sign_key)),
	);
	const signed = group.encryptSync(small, true);
	times["decrypt and verify 1 KiB"] = await both(
		100,
		() => group.decryptSync(signed, own.exported_verify_key),
		partner && (() => partner.decrypt_symmetric(group_key, signed, own.exported_verify_key)),
	);
	const content = new Uint8Array(4 * MEBIBYTE);
	const alone = await cipher();
	// All in turns: the speed of a machine that others share changes from one second to the next.
	const theirEncrypt = partner && (() => partner.encrypt_symmetric(group_key, content));
	const [encrypt, encryptAlone, encryptTheirs] = await medians(20, [
		() => group.encrypt(content),
		() => alone.encrypt(content),
		...(theirEncrypt ? [theirEncrypt] : []),
	]);
	const [sealed, sealedAlone] = await Promise.all([group.encrypt(content), alone.encrypt(content)]);
	const theirDecrypt = partner && (() => partner.decrypt_symmetric(group_key, sealed));
	const [decrypt, decryptAlone, decryptTheirs] = await medians(20, [
		() => group.decrypt(sealed),
		() => alone.decrypt(sealedAlone),
		...(theirDecrypt ? [theirDecrypt] : []),
	]);
	times["encrypt 4 MiB for a group"] = {ours: encrypt, theirs: encryptTheirs};
	times["encrypt 4 MiB, WebCrypto alone"] = {ours: encryptAlone};
	times["decrypt 4 MiB"] = {ours: decrypt, theirs: decryptTheirs};
	times["decrypt 4 MiB, WebCrypto alone"] = {ours: decryptAlone};
	times["encrypt 4 MiB without WebCrypto"] = {ours: await median(3, () => group.encryptSync(content))};
	times["encrypt and sign 4 MiB"] = {ours: await median(3, () => group.encrypt(content, true))};
	const signed_large = await group.encrypt(content, true);
	times["decrypt and verify 4 MiB"] = {ours: await median(3, () => group.decrypt(signed_large, true, user.data.user_id))};
	times["encrypt 4 MiB for a user"] = {ours: await median(3, () => user.encrypt(content, user.data.user_id))};
	const for_user = await user.encrypt(content, user.data.user_id);
	times["decrypt 4 MiB for a user"] = {ours: await median(3, () => user.decrypt(for_user))};
	const search_key = group.getNewestHmacKey();
	times["search hashes of 30 characters"] = await both(
		100,
		() => group.createSearchRaw(TEXT),
		partner && (() => partner.create_searchable_raw(search_key, TEXT, false)),
	);
	const sort_key = group.getNewestSortableKey();
	times["a sortable number"] = await both(
		100,
		() => group.encryptSortableRawNumber(12_345),
		partner && (() => partner.sortable_encrypt_raw_number(sort_key, 12_345n)),
	);

	const contents = [group.encryptSync(TEXT_BYTES)];
	while (contents.length < 50) {
		await group.keyRotation();
		contents.push(group.encryptSync(TEXT_BYTES));
	}
	const {group_id} = group.data;
	const headers = {authorization: `Bearer ${await user.getJwt()}`, "x-sentc-app-token": app_token};
	/** @param {(group: import("../dist/esm/index.js").Group) => void} use */
	const opened = (use) => async () => {
		const other = await loggedIn(name);
		const start = performance.now();
		use(await other.getGroup(group_id));
		return {took: performance.now() - start};
	};
	const theirOpened = partner && (async () => {
		const answer = await (await fetch(`${base_url}/api/v1/group/${group_id}`, {headers})).text();
		const keys = partner.group_extract_group_data(answer).get_keys();
		return void keys.map(({key_data}) => partner.group_decrypt_key(own.private_key, key_data).get_group_key());
	});
	// Theirs opens all keys at once, ours each when it is needed.
	times["open a group with 50 keys"] = await both(7, opened(() => {}), theirOpened);
	const read = opened((group) => contents.forEach((content) => group.decryptSync(content)));
	times["open it and read with each of its keys"] = await both(7, read, theirOpened);

	const file = new Uint8Array(16 * MEBIBYTE);
	const {file_id} = await user.createFile(file, {name: "measured"});
	times["upload 16 MiB"] = {ours: await median(3, () => user.createFile(file, {name: "measured"}))};
	const stored = await user.getFile(file_id);
	times["download 16 MiB"] = {ours: await median(3, () => stored.bytes())};
	return times;
}

/** AES-256-GCM as the platform has it: nothing that uses it can be faster. */
async function cipher() {
	const key = await crypto.subtle.generateKey({name: "AES-GCM", length: 256}, false, ["encrypt", "decrypt"]);
	const algorithm = {name: "AES-GCM", iv: new Uint8Array(12)};
	return {
		/** @param {Uint8Array<ArrayBuffer>} data */
		encrypt: (data) => crypto.subtle.encrypt(algorithm, key, data),
		/** @param {ArrayBuffer} data */
		decrypt: (data) => crypto.subtle.decrypt(algorithm, key, data),
	};
}

/**
 * @param {number} runs
 * @param {() => unknown} ours
 * @param {(() => unknown) | undefined} theirs
 */
async function both(runs, ours, theirs) {
	const times = {ours: await median(runs, ours)};
	return theirs === undefined ? times : {...times, theirs: await median(runs, theirs)};
}

/**
 * @param {number} runs
 * @param {() => unknown} run
 */
async function median(runs, run) {
	return (await medians(runs, [run]))[0] ?? NaN;
}

/**
 * The medians of some runs of each action, without its first. They take turns, so that all have the same conditions. A run may say itself
 * how long its essential part took. Clocks of browsers are coarse, so what takes less than a millisecond is repeated within a run.
 *
 * @param {number} runs
 * @param {(() => unknown)[]} actions
 */
async function medians(runs, actions) {
	/** @type {{action: () => unknown, repetitions: number, times: number[]}[]} */
	const measured = [];
	for (const action of actions) {
		const first = performance.now();
		await action();
		measured.push({action, repetitions: performance.now() - first < 1 ? 20 : 1, times: []});
	}
	for (let round = 0; round < runs; round += 1) {
		for (const {action, repetitions, times} of measured) {
			if (times.length * repetitions < runs) {
				times.push(await once(action, repetitions));
			}
		}
	}
	return measured.map(({times}) => times.sort((a, b) => a - b)[Math.floor(times.length / 2)] ?? NaN);
}

/**
 * @param {() => unknown} action
 * @param {number} repetitions
 */
async function once(action, repetitions) {
	const start = performance.now();
	let said;
	for (let repetition = 0; repetition < repetitions; repetition += 1) {
		said = action();
		// Waiting for what is there already would be measured, too.
		if (said instanceof Promise) {
			said = await said;
		}
	}
	const took = performance.now() - start;
	return (typeof said === "object" && said !== null && "took" in said ? Number(said.took) : took) / repetitions;
}
