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
