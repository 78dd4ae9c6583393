import assert from "node:assert/strict";
import {readFile} from "node:fs/promises";
import {test} from "node:test";

import {Backend} from "keyfold-backend";

import {NOBODY} from "../harness/world.js";

const DESCRIPTION = new URL("../../../../docs/api/openapi.json", import.meta.url);

/** How the description of the API says that an endpoint is for the app's own backend. */
const FOR_BACKENDS = "The token of the app must be the secret one.";

/** Endpoints that do the same as another one. */
const ALIASES = ["DELETE /user/forced/disable_otp"];

test("there is a function for every endpoint that is for the backends of apps", async () => {
	/** @type {Record<string, Record<string, {description?: string}>>} */
	const paths = JSON.parse(await readFile(DESCRIPTION, "utf8")).paths;
	const demanded = Object.entries(paths).flatMap(([path, operations]) =>
		Object.entries(operations)
			.filter(([, {description = ""}]) => description.includes(FOR_BACKENDS))
			.map(([method]) => `${method.toUpperCase()} ${path.replace("/api/v1", "")}`),
	);
	assert.ok(demanded.length >= 20, "the description names them");

	const sent = await everyCallForBackends();
	const missing = demanded.filter((endpoint) => {
		const pattern = new RegExp(`^${endpoint.replaceAll(/\{\w+\}/g, "[^/]+")}$`);
		return !ALIASES.includes(endpoint) && !sent.some((call) => pattern.test(call));
	});
	assert.deepEqual(missing, []);
});

/** What the functions send that need the secret token, by method and path. */
async function everyCallForBackends() {
	/** @type {string[]} */
	const sent = [];
	const backend = new Backend({
		base_url: "http://keyfold.test",
		secret_token: "AAAA",
		fetch: async (url, {method}) => {
			sent.push(`${method} ${new URL(url).pathname.replace("/api/v1", "")}`);
			// Nothing where a page of a list is expected.
			return Response.json({status: true, result: url.includes("/failed/") ? [] : {}});
		},
	});
	const {users, groups, files} = backend;
	const [user, group, session] = [{user_id: NOBODY}, {group_id: NOBODY}, {session_id: NOBODY, sequence: 1, end: true, user_id: NOBODY}];
	const acting = backend.withJwt("a.b.c");
	const keys = "{}";
	for (const call of [
		() => users.delete("name"),
		() => users.deleteById(NOBODY),
		() => users.reset(keys),
		() => users.resetPasswordLight(keys),
		() => users.disableOtp("name"),
		() => users.endSessions("name"),
		() => users.login("name"),
		() => users.loginLight("name"),
		() => groups.delete(NOBODY),
		() => groups.member(NOBODY, NOBODY),
		() => groups.create(NOBODY, keys),
		() => groups.createLight(NOBODY),
		() => groups.createChild(NOBODY, NOBODY, keys),
		() => groups.createChildLight(NOBODY, NOBODY),
		() => groups.createConnected(NOBODY, NOBODY, keys),
		() => groups.createConnectedLight(NOBODY, NOBODY),
		() => groups.invite(NOBODY, NOBODY, user, keys),
		() => groups.invite(NOBODY, NOBODY, group, keys),
		() => groups.inviteLight(NOBODY, NOBODY, user),
		() => groups.inviteLight(NOBODY, NOBODY, group),
		() => groups.kick(NOBODY, NOBODY, NOBODY),
		() => files.registerPart(session),
		() => files.forgetPart(NOBODY),
		() => files.usage(),
		() => files.failedDeliveries().toArray(),
		() => files.retryDelivery(NOBODY),
		() => acting.tokenOwner(),
		() => acting.group(NOBODY).invite(group, keys, "force"),
		() => acting.group(NOBODY).inviteLight(group, 4, "force"),
		() => acting.group(NOBODY).inviteAgain(group, keys, "force"),
	]) {
		await call();
	}
	return sent;
}
