// Runs in Node and in a page alike.

const MEBIBYTE = 1024 * 1024;

/**
 * The median time of each action, in milliseconds.
 *
 * @param {typeof import("../dist/esm/index.js")} keyfold
 * @param {{base_url: string, app_token: string}} server
 * @returns {Promise<Record<string, number>>}
 */
export async function measure({createClient, MemoryStorage}, server) {
	const newClient = () => {
		const store = new MemoryStorage();
		return createClient({...server, storage: {getStorage: async () => store}});
	};
	const client = await newClient();
	/** @type {Record<string, number>} */
	const times = {};
	times["register"] = await median(5, () => client.register(crypto.randomUUID(), "password"));
	const name = crypto.randomUUID();
	await client.register(name, "password");
	times["login"] = await median(5, () => client.login(name, "password"));
	const login = await client.login(name, "password");
	if (login.kind !== "user") {
		throw new Error("nobody has a second factor here");
	}
	const user = login.u;
	const group = await user.getGroup(await user.createGroup());
	times["encrypt a text of 100 bytes for a group"] = await median(200, async () => group.encryptString("x".repeat(100)));
	const content = new Uint8Array(4 * MEBIBYTE);
	times["encrypt 4 MiB for a group"] = await median(20, () => group.encrypt(content));
	const sealed = await group.encrypt(content);
	times["decrypt 4 MiB"] = await median(20, () => group.decrypt(sealed));
	times["encrypt 4 MiB without WebCrypto"] = await median(3, async () => group.encryptSync(content));
	times["encrypt and sign 4 MiB"] = await median(3, () => group.encrypt(content, true));
	while (group.data.keys.length < 50) {
		await group.keyRotation();
	}
	times["open a group with 50 keys"] = await median(5, async () => {
		const other = await (await newClient()).login(name, "password");
		if (other.kind !== "user") {
			throw new Error("nobody has a second factor here");
		}
		const start = performance.now();
		await other.u.getGroup(group.data.group_id);
		return performance.now() - start;
	});
	const file = new Uint8Array(16 * MEBIBYTE);
	const {file_id} = await user.createFile(file, {name: "measured"});
	times["upload 16 MiB"] = await median(3, () => user.createFile(file, {name: "measured"}));
	const stored = await user.getFile(file_id);
	times["download 16 MiB"] = await median(3, () => stored.bytes());
	return times;
}

/**
 * The median of some runs, without the first. A run may say itself how long its essential part took.
 *
 * @param {number} runs
 * @param {() => Promise<unknown> | unknown} run
 */
async function median(runs, run) {
	const times = [];
	for (let round = 0; round <= runs; round += 1) {
		const start = performance.now();
		const said = await run();
		times.push(typeof said === "number" ? said : performance.now() - start);
	}
	const sorted = times.slice(1).sort((a, b) => a - b);
	return sorted[Math.floor(sorted.length / 2)] ?? NaN;
}
