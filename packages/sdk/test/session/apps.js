/**
 * Logs a user of the same name in to each app, one behind the other, and returns their ids. Runs in Node and in a page alike.
 *
 * @param {typeof import("../../dist/esm/index.js")} keyfold
 * @param {{base_url: string, app_token: string}[]} apps
 * @param {string} name
 */
export async function logIn({createClient}, apps, name) {
	const ids = [];
	for (const app of apps) {
		const client = await createClient(app);
		if ((await client.currentUser()) !== undefined) {
			throw new Error("somebody is logged in already");
		}
		ids.push(await client.register(name, "password"));
		await client.login(name, "password");
	}
	return ids;
}

/**
 * The ids of those who are logged in to each app, as stored.
 *
 * @param {typeof import("../../dist/esm/index.js")} keyfold
 * @param {{base_url: string, app_token: string}[]} apps
 */
export async function loggedIn({createClient}, apps) {
	const clients = await Promise.all(apps.map((app) => createClient(app)));
	const users = await Promise.all(clients.map((client) => client.currentUser()));
	// A request each: the tokens belong to the server that gets them.
	await Promise.all(users.map((user) => user?.getDevices()));
	return users.map((user) => user?.data.user_id);
}
