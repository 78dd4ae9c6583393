import {MemoryStorage, createClient} from "keyfold";
import {Backend} from "keyfold-backend";

import {APP_TOKEN, startServer} from "../../../sdk/test/harness/server.js";

export {APP_TOKEN};

/** Secret token of the app that `keyfold serve --dev` makes. */
export const SECRET_TOKEN = "BNM76kOdUSVBGV8iBNRRnjMXNwv5hpGlaUDZhE5aKPGh1U0aa6uYxMUMtd2AHjj6OmQ=";

/** A password that is good enough for tests. */
export const PASSWORD = "a good password";

/** A server, and both sides of an app on it: its backend, and its clients. */
export async function startWorld() {
	const server = await startServer();
	const {base_url} = server;
	const backend = new Backend({base_url, secret_token: SECRET_TOKEN});
	let people = 0;

	/** A device's view of the app, with an empty store. */
	async function device() {
		const store = new MemoryStorage();
		return createClient({app_token: APP_TOKEN, base_url, storage: {getStorage: async () => store}});
	}

	/** Somebody who is registered and logged in. */
	async function person() {
		people += 1;
		const name = `person ${people}`;
		const client = await device();
		await client.register(name, PASSWORD);
		const login = await client.login(name, PASSWORD);
		if (login.kind !== "user") {
			throw new Error("nobody has a second factor here");
		}
		return {name, client, user: login.u, id: login.u.data.user_id, jwt: await login.u.getJwt()};
	}

	/** Whether the password opens the account, and how. @param {string} name @param {string} [password] */
	async function login(name, password = PASSWORD) {
		return (await device()).login(name, password);
	}

	return {...server, backend, device, person, login};
}

/** @typedef {Awaited<ReturnType<typeof startWorld>>} World */

/** An id that nothing has. */
export const NOBODY = "0190ffff-ffff-7fff-bfff-ffffffffffff";
