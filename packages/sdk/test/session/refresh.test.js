import assert from "node:assert/strict";
import {text} from "node:stream/consumers";
import {after, before, describe, test} from "node:test";

import {openPage, startChromium} from "../harness/chromium.js";
import {servePages} from "../harness/pages.js";
import {APP_TOKEN, startServer} from "../harness/server.js";

describe("the renewal of access tokens, in Chromium", () => {
	/** @type {Awaited<ReturnType<typeof startServer>>} */
	let server;
	/** @type {Awaited<ReturnType<typeof servePages>>} */
	let pages;
	/** @type {import("playwright-core").Browser} */
	let browser;
	/** @type {string[]} */
	const asked = [];

	/** What an app's backend does that keeps the refresh token in a cookie which scripts cannot read. */
	const backend = {
		/** @param {import("node:http").IncomingMessage} request @param {import("node:http").ServerResponse} response */
		async "POST /keep"(request, response) {
			const token = encodeURIComponent(await text(request));
			response.setHeader("set-cookie", `refresh_token=${token}; HttpOnly; SameSite=Strict; Path=/refresh`);
			response.end();
		},
		/** @param {import("node:http").IncomingMessage} request @param {import("node:http").ServerResponse} response */
		async "GET /refresh"(request, response) {
			asked.push(request.headers.authorization ?? "");
			const refresh_token = decodeURIComponent(/refresh_token=([^;]*)/.exec(request.headers.cookie ?? "")?.[1] ?? "");
			const answer = await fetch(`${server.base_url}/api/v1/refresh`, {
				method: "PUT",
				headers: {"x-sentc-app-token": APP_TOKEN, authorization: request.headers.authorization ?? ""},
				body: JSON.stringify({refresh_token}),
			});
			response.end((await answer.json()).result.jwt);
		},
	};

	before(async () => {
		[server, pages, browser] = await Promise.all([startServer(), servePages(backend), startChromium()]);
	});
	after(async () => {
		await browser?.close();
		await pages?.stop();
		await server?.stop();
	});

	/** A page on which `Sentc` is started and a user logged in. @param {number} endpoint */
	async function loggedIn(endpoint) {
		const {page, context} = await openPage(browser, pages.origin);
		await page.evaluate(
			async ([target, endpoint]) => {
				const {default: Sentc, MemoryStorage} = await import("/dist/esm/browser.js");
				const store = new MemoryStorage();
				/** @type {{old: string[], sent: string[]}} */
				const seen = {old: [], sent: []};
				const send = globalThis.fetch;
				globalThis.fetch = (input, init) => {
					seen.sent.push(new URL(String(input), location.href).pathname);
					return send(input, init);
				};
				/** @type {import("../../dist/esm/index.js").User | undefined} */
				let user;
				await Sentc.init({
					...target,
					storage: {getStorage: async () => store},
					refresh: {
						endpoint: /** @type {0 | 1 | 2} */ (endpoint),
						endpoint_url: "/refresh",
						endpoint_fn: async (old_jwt) => {
							seen.old.push(old_jwt);
							const answer = await send(`${target.base_url}/api/v1/refresh`, {
								method: "PUT",
								headers: {"x-sentc-app-token": target.app_token, authorization: `Bearer ${old_jwt}`},
								body: JSON.stringify({refresh_token: user?.data.refresh_token}),
							});
							return (await answer.json()).result.jwt;
						},
					},
				});
				const [name, password] = Sentc.generateRegisterData();
				await Sentc.register(name, password);
				user = await Sentc.login(name, password, true);
				const now = Date.now;
				Object.assign(globalThis, {
					user,
					seen,
					store,
					expire: () => {
						seen.sent.length = 0;
						// Tokens live for five minutes.
						Date.now = () => now() + 5 * 60_000;
					},
				});
			},
			/** @type {const} */ ([{base_url: server.base_url, app_token: APP_TOKEN}, endpoint]),
		);
		return {page, context};
	}

	test("D-17 by the SDK: once, however many calls need it", async () => {
		const {page, context} = await loggedIn(2);
		const {jwts, sent} = await page.evaluate(async () => {
			const {user, seen, expire} = /** @type {any} */ (globalThis);
			const first = await user.getJwt();
			expire();
			const jwts = await Promise.all([first, user.getJwt(), user.getJwt(), user.getGroups().then(() => user.getJwt())]);
			return {jwts, sent: seen.sent};
		});
		assert.notEqual(jwts[0], jwts[1]);
		assert.deepEqual([jwts[2], jwts[3]], [jwts[1], jwts[1]]);
		assert.deepEqual(sent, ["/api/v1/refresh", "/api/v1/group/all/0/none"]);
		await context.close();
	});

	test("D-02 by a cookie: the app's backend is asked with it, and the refresh token is in no store", async () => {
		const {page, context} = await loggedIn(0);
		const {first, second, sent, stored} = await page.evaluate(async () => {
			const {user, seen, expire, store} = /** @type {any} */ (globalThis);
			const first = await user.getJwt();
			const token = user.data.refresh_token;
			await fetch("/keep", {method: "POST", body: token});
			expire();
			const second = await user.getJwt();
			await user.getGroups();
			const session = await store.getItem(`session_id_${user.data.device_id}`);
			return {first, second, sent: seen.sent, stored: {session: session !== undefined, token: String(session).includes(token)}};
		});
		assert.notEqual(first, second);
		assert.deepEqual(asked, [`Bearer ${first}`]);
		assert.deepEqual(sent, ["/refresh", "/api/v1/group/all/0/none"]);
		assert.deepEqual(stored, {session: true, token: false});
		await context.close();
	});

	test("by a function: it gets the old token, and the SDK sends nothing itself", async () => {
		const {page, context} = await loggedIn(1);
		const {first, second, sent, old} = await page.evaluate(async () => {
			const {user, seen, expire} = /** @type {any} */ (globalThis);
			const first = await user.getJwt();
			expire();
			const second = await user.getJwt();
			return {first, second, sent: seen.sent, old: seen.old};
		});
		assert.notEqual(first, second);
		assert.deepEqual(old, [first]);
		assert.deepEqual(sent, []);
		await context.close();
	});

	test("a function that fails is an error of its own, and is asked again at the next call", async () => {
		const {page, context} = await openPage(browser, pages.origin);
		const outcome = await page.evaluate(async (target) => {
			const {createClient, MemoryStorage} = await import("/dist/esm/browser.js");
			const store = new MemoryStorage();
			let times = 0;
			const endpoint_fn = async () => {
				times += 1;
				throw new Error("no connection to our backend");
			};
			const client = await createClient({
				...target,
				storage: {getStorage: async () => store},
				refresh: {endpoint: 1, endpoint_fn},
			});
			await client.register("name", "password");
			const login = await client.login("name", "password");
			const now = Date.now;
			Date.now = () => now() + 5 * 60_000;
			/** @type {any[]} */
			const errors = [];
			for (let i = 0; i < 2; i += 1) {
				await /** @type {any} */ (login.u).getJwt().catch((/** @type {unknown} */ error) => errors.push(error));
			}
			return {times, codes: errors.map(({code}) => code), text: errors[0]?.error_message};
		}, {base_url: server.base_url, app_token: APP_TOKEN});
		assert.equal(outcome.times, 2);
		assert.deepEqual(outcome.codes, ["client_423", "client_423"]);
		assert.match(outcome.text, /no connection to our backend/);
		await context.close();
	});

	test("without a network, `init` still finds who is logged in", async () => {
		const {page, context} = await openPage(browser, pages.origin);
		const target = {base_url: server.base_url, app_token: APP_TOKEN};
		const before = await page.evaluate(async (target) => {
			const {default: Sentc} = await import("/dist/esm/browser.js");
			await Sentc.init(target);
			const [name, password] = Sentc.generateRegisterData();
			await Sentc.register(name, password);
			const user = await Sentc.login(name, password, true);
			const group = await user.getGroup(await user.createGroup());
			return {id: user.data.user_id, group: group.data.group_id, text: await group.encryptString("kept")};
		}, target);
		await page.route(`${server.base_url}/**`, (route) => route.abort("internetdisconnected"));
		await page.reload();
		const after = await page.evaluate(
			async ([target, {group, text}]) => {
				const {default: Sentc} = await import("/dist/esm/browser.js");
				const user = await Sentc.init(target);
				const request = await user?.getDevices().catch((/** @type {any} */ error) => error.code);
				return {id: user?.data.user_id, text: await (await user?.getGroup(group))?.decryptString(text), request};
			},
			/** @type {const} */ ([target, before]),
		);
		assert.deepEqual(after, {id: before.id, text: "kept", request: "client_1000"});
		await context.close();
	});
});
