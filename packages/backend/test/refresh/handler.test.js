import assert from "node:assert/strict";
import {after, before, describe, test} from "node:test";

import {Backend, createRefreshHandler} from "keyfold-backend";

import {SECRET_TOKEN, startWorld} from "../harness/world.js";

describe("the endpoint that keeps the refresh token in a cookie", () => {
	/** @type {import("../harness/world.js").World} */
	let world;
	/** @type {Awaited<ReturnType<import("../harness/world.js").World["person"]>>} */
	let alice;
	/** @type {import("keyfold-backend").FetchHandler} */
	let handler;
	before(async () => {
		world = await startWorld();
		alice = await world.person();
		handler = createRefreshHandler({backend: world.backend});
	});
	after(() => world?.stop());

	/**
	 * @param {string} method
	 * @param {{jwt?: string, cookie?: string, body?: string, headers?: Record<string, string>}} [request]
	 */
	const request = (method, {jwt, cookie, body, headers = {}} = {}) =>
		new Request("https://app.test/session", {
			method,
			headers: {...headers, ...(jwt && {authorization: `Bearer ${jwt}`}), ...(cookie && {cookie})},
			...(body !== undefined && {body}),
		});

	/** Keeps a refresh token, and returns what the browser sends from then on. @param {typeof alice} [who] */
	async function kept({jwt, user} = alice) {
		const body = JSON.stringify({refresh_token: user.data.refresh_token});
		const answer = await handler(request("POST", {jwt, body}));
		assert.equal(answer.status, 200);
		return {set: answer.headers.getSetCookie(), cookie: (answer.headers.getSetCookie()[0] ?? "").split(";")[0] ?? ""};
	}

	const code = async (/** @type {Response} */ answer) => (await answer.json()).err_code;

	test("the token is kept where no script, no other host and no foreign page gets at it", async () => {
		const {set} = await kept();
		assert.deepEqual(set, [
			`__Host-keyfold_refresh=${alice.user.data.refresh_token}; Max-Age=2592000; Path=/; HttpOnly; Secure; SameSite=Strict`,
		]);
	});

	test("the body of the answer is the new access token and nothing else; nobody stores it", async () => {
		const {cookie, set} = await kept();
		const answer = await handler(request("GET", {jwt: alice.jwt, cookie: `theme=dark; ${cookie}; other=1`}));
		assert.equal(answer.status, 200);
		assert.equal(answer.headers.get("cache-control"), "no-store");
		assert.match(answer.headers.get("content-type") ?? "", /^text\/plain/);
		assert.deepEqual(answer.headers.getSetCookie(), set);
		const owner = await world.backend.withJwt(await answer.text()).tokenOwner();
		assert.equal(owner.id, alice.id);
	});

	test("a cookie alone does nothing: foreign pages can make browsers send it", async () => {
		const {cookie} = await kept();
		for (const method of ["GET", "POST", "DELETE"]) {
			const answer = await handler(request(method, {cookie}));
			assert.equal(answer.status, 401, method);
			assert.deepEqual(answer.headers.getSetCookie(), []);
		}
	});

	test("an access token alone does nothing", async () => {
		const answer = await handler(request("GET", {jwt: alice.jwt}));
		assert.equal(answer.status, 401);
		assert.equal(answer.headers.get("content-type"), "application/json");
		const odd = await handler(request("GET", {jwt: alice.jwt, cookie: "__Host-keyfold_refresh=<script>"}));
		assert.equal(odd.status, 401);
	});

	test("a cookie of one session and an access token of another do nothing", async () => {
		const {cookie} = await kept();
		const bob = await world.person();
		const answer = await handler(request("GET", {jwt: bob.jwt, cookie}));
		assert.equal(answer.status, 400);
		assert.equal(await code(answer), 114);
		const planted = JSON.stringify({refresh_token: alice.user.data.refresh_token});
		const refused = await handler(request("POST", {jwt: bob.jwt, body: planted}));
		assert.equal(await code(refused), 114);
		assert.deepEqual(refused.headers.getSetCookie(), []);
	});

	test("a forged access token does nothing", async () => {
		const {cookie} = await kept();
		const [head, , signature] = alice.jwt.split(".");
		const claims = Buffer.from(JSON.stringify({aud: alice.id})).toString("base64url");
		const answer = await handler(request("GET", {jwt: `${head}.${claims}.${signature}`, cookie}));
		assert.equal(answer.status, 401);
	});

	test("bodies without a refresh token are refused", async () => {
		for (const body of ["", "{}", "[]", "null", '{"refresh_token":1}', '{"refresh_token":"a; Path=/"}', '{"refresh_token":"short"}']) {
			const answer = await handler(request("POST", {jwt: alice.jwt, body}));
			assert.equal(answer.status, 400, body);
		}
		const answer = await handler(request("POST", {jwt: alice.jwt, body: "x".repeat(5_000)}));
		assert.equal(answer.status, 413);
		const unknown = JSON.stringify({refresh_token: "x".repeat(67)});
		assert.equal(await code(await handler(request("POST", {jwt: alice.jwt, body: unknown}))), 114);
	});

	test("the end of a session reaches the server, and forgets the cookie", async () => {
		const bob = await world.person();
		const {cookie} = await kept(bob);
		const answer = await handler(request("DELETE", {jwt: bob.jwt, cookie}));
		assert.equal(answer.status, 200);
		assert.match(answer.headers.getSetCookie()[0] ?? "", /^__Host-keyfold_refresh=; Max-Age=0; Path=\/; HttpOnly; Secure/);
		await assert.rejects(world.backend.withJwt(bob.jwt).refresh(bob.user.data.refresh_token), {code: "server_114"});
		const again = await handler(request("GET", {jwt: bob.jwt, cookie}));
		assert.equal(await code(again), 114);
		assert.match(again.headers.getSetCookie()[0] ?? "", /Max-Age=0/);
		assert.equal((await handler(request("DELETE", {jwt: bob.jwt, cookie}))).status, 200);
	});

	test("pages of other origins are refused, as browsers name them", async () => {
		const {cookie} = await kept();
		const from = async (/** @type {Record<string, string>} */ headers) =>
			(await handler(request("GET", {jwt: alice.jwt, cookie, headers}))).status;
		assert.equal(await from({"sec-fetch-site": "same-origin"}), 200);
		assert.equal(await from({origin: "https://app.test"}), 200);
		assert.equal(await from({"sec-fetch-site": "cross-site", origin: "https://evil.test"}), 403);
		assert.equal(await from({"sec-fetch-site": "same-site", origin: "https://sub.app.test"}), 403);
		assert.equal(await from({"sec-fetch-site": "none"}), 403);
		assert.equal(await from({origin: "https://evil.test"}), 403);
		assert.equal(await from({origin: "null"}), 403);
	});

	test("pages of an allowed origin may call, with cookies; and only they may read", async () => {
		const open = createRefreshHandler({
			backend: world.backend,
			allowed_origins: ["https://pages.test"],
			cookie: {same_site: "None"},
		});
		const preflight = (/** @type {string} */ origin) =>
			open(request("OPTIONS", {headers: {origin, "access-control-request-method": "GET"}}));
		const allowed = await preflight("https://pages.test");
		assert.equal(allowed.status, 204);
		assert.deepEqual(
			["access-control-allow-origin", "access-control-allow-credentials", "access-control-allow-headers", "vary"].map((name) =>
				allowed.headers.get(name),
			),
			["https://pages.test", "true", "authorization, content-type", "Origin"],
		);
		assert.equal((await preflight("https://evil.test")).headers.get("access-control-allow-origin"), null);

		const {cookie} = await kept();
		const headers = {origin: "https://pages.test", "sec-fetch-site": "cross-site"};
		const answer = await open(request("GET", {jwt: alice.jwt, cookie, headers}));
		assert.equal(answer.status, 200);
		assert.equal(answer.headers.get("access-control-allow-origin"), "https://pages.test");
		assert.match(answer.headers.getSetCookie()[0] ?? "", /Secure; SameSite=None$/);
	});

	test("cookies for other places have other names and attributes", async () => {
		const named = async (/** @type {import("keyfold-backend").CookieOptions} */ cookie) => {
			const body = JSON.stringify({refresh_token: alice.user.data.refresh_token});
			const answer = await createRefreshHandler({backend: world.backend, cookie})(request("POST", {jwt: alice.jwt, body}));
			return (answer.headers.getSetCookie()[0] ?? "").replace(alice.user.data.refresh_token, "");
		};
		assert.equal(await named({path: "/session", max_age: 60}), "__Secure-keyfold_refresh=; Max-Age=60; Path=/session; HttpOnly; Secure; SameSite=Strict");
		assert.equal(await named({domain: "app.test", same_site: "Lax"}), "__Secure-keyfold_refresh=; Max-Age=2592000; Path=/; Domain=app.test; HttpOnly; Secure; SameSite=Lax");
		assert.equal(await named({name: "mine", secure: false}), "mine=; Max-Age=2592000; Path=/; HttpOnly; SameSite=Strict");
		for (const cookie of [{name: "a;b"}, {path: "/;x"}, {domain: "a\r\nb"}, {same_site: /** @type {const} */ ("None"), secure: false}]) {
			assert.throws(() => createRefreshHandler({backend: world.backend, cookie}), {code: "invalid_argument"});
		}
	});

	test("other methods are not there", async () => {
		assert.equal((await handler(request("PUT", {jwt: alice.jwt, body: "{}"}))).status, 404);
	});

	test("a server that does not answer is told to the app, and is no reason to forget the cookie", async () => {
		const {cookie} = await kept();
		/** @type {unknown[]} */
		const errors = [];
		const backend = new Backend({base_url: "http://127.0.0.1:1", secret_token: SECRET_TOKEN});
		const lonely = createRefreshHandler({backend, on_error: (error) => errors.push(error)});
		const answer = await lonely(request("GET", {jwt: alice.jwt, cookie}));
		assert.equal(answer.status, 502);
		assert.deepEqual(answer.headers.getSetCookie(), []);
		const left = await lonely(request("DELETE", {jwt: alice.jwt, cookie}));
		assert.match(left.headers.getSetCookie()[0] ?? "", /Max-Age=0/);
		assert.deepEqual(errors.map((/** @type {any} */ {code}) => code), ["network", "network"]);
	});
});
