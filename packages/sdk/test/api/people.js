import {ok} from "../harness/assert.js";

/**
 * @typedef {typeof import("../../dist/esm/index.js")} Keyfold
 * @typedef {{base_url: string; app_token: string}} Server
 */

/**
 * A client with an empty store.
 *
 * @param {Keyfold} keyfold
 * @param {Server} server
 */
export async function newClient({createClient, MemoryStorage}, server) {
	const store = new MemoryStorage();
	return createClient({...server, storage: {getStorage: async () => store}});
}

/**
 * Somebody who is registered and logged in, with a store of their own.
 *
 * @param {Keyfold} keyfold
 * @param {Server} server
 */
export async function newUser(keyfold, server) {
	const client = await newClient(keyfold, server);
	const [name, password] = credentials();
	await client.register(name, password);
	const login = await client.login(name, password);
	ok(login.kind === "user", "no second factor");
	return {client, user: login.u, name, password};
}

/** @returns {[string, string]} */
export function credentials() {
	return [`user-${crypto.randomUUID()}`, `password-${crypto.randomUUID()}`];
}

/**
 * Repeats `step` until `done`: the server passes new keys on in its own time.
 *
 * @param {() => Promise<void>} step
 * @param {() => boolean} done
 */
export async function finished(step, done) {
	const deadline = Date.now() + 30_000;
	do {
		await step();
		ok(Date.now() < deadline, "the server to pass on the new key within 30 seconds");
	} while (!done());
}
