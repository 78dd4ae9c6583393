import assert from "node:assert/strict";
import {once} from "node:events";
import {mkdtemp, rm} from "node:fs/promises";
import {createServer} from "node:http";
import {tmpdir} from "node:os";
import {join} from "node:path";
import {after, before, describe, test} from "node:test";

import {APP_TOKEN, PASSWORD, SECRET_TOKEN, startWorld} from "../harness/world.js";
import {programsOf, run} from "./program.js";

const README = new URL("../../README.md", import.meta.url);
const GUIDE = new URL("../../../../docs/backend.md", import.meta.url);
const FILES = new URL("../../../../docs/files.md", import.meta.url);

/** A message that a server signed, with a key that is used for nothing else. */
const MESSAGE = {
	key: "whpk_6kpsY+KcUgq+9VB7Ey7F+ZVHdq6+vnuSQh7qaRRG0iw=",
	body: '["0190a6a4-3b1c-7cde-8f01-23456789abce"]',
	headers: {
		"webhook-id": "0190a6a4-3b1c-7cde-8f01-23456789abcd",
		"webhook-timestamp": "1763776800",
		"webhook-signature":
			"v1a,mIvGQjNS8hlewTyCVRU0jXT6pRT7LTm+uE5pQEdXNa5CoGCiO7nJ8H9JIWQapqYScftBUaGVC9PneXgY0R63Bw==",
	},
};

describe("the programs in the documentation", () => {
	/** @type {import("../harness/world.js").World} */
	let world;
	/** @type {string} */
	let folder;
	/** @type {(() => void)[]} */
	const stops = [];
	const withoutCookies = globalThis.fetch;
	before(async () => {
		world = await startWorld();
		folder = await mkdtemp(join(tmpdir(), "keyfold-examples-"));
		// Clients in Node keep their keys in the current folder.
		process.chdir(folder);
		process.env["KEYFOLD_SECRET_TOKEN"] = SECRET_TOKEN;
		process.env["KEYFOLD_CALLBACK_TOKEN"] = "between us";
	});
	after(async () => {
		globalThis.fetch = withoutCookies;
		stops.forEach((stop) => stop());
		process.chdir(tmpdir());
		await rm(folder, {recursive: true, force: true});
		await world?.stop();
	});

	/** @param {unknown} app */
	async function listen(app) {
		const server = createServer(/** @type {import("node:http").RequestListener} */ (app)).listen(0, "127.0.0.1");
		await once(server, "listening");
		stops.push(() => {
			server.closeAllConnections();
			server.close();
		});
		const address = server.address();
		return `http://127.0.0.1:${typeof address === "object" ? address?.port : ""}`;
	}

	/** Keeps cookies, as a browser does and Node does not. */
	function withCookies() {
		let cookie = "";
		/** @type {typeof fetch} */
		const keeping = async (input, init = {}) => {
			const headers = new Headers(init.headers);
			if (cookie !== "") {
				headers.set("cookie", cookie);
			}
			const answer = await withoutCookies(input, {...init, headers});
			cookie = answer.headers.getSetCookie()[0]?.split(";")[0] ?? cookie;
			return answer;
		};
		return keeping;
	}

	test("of the README", async () => {
		const programs = await programsOf(README);
		assert.deepEqual([...programs.keys()], [""]);
		const {app} = await run(programs.get("") ?? "", {"http://127.0.0.1:3002": world.base_url}, ["app"]);
		const origin = await listen(app);

		const client = await world.device();
		const body = client.prepareRegister("from the README", PASSWORD);
		const registered = await fetch(`${origin}/register`, {method: "POST", headers: {"content-type": "text/plain"}, body});
		const {user_id} = await registered.json();
		assert.equal(registered.status, 201);

		const login = await world.login("from the README");
		assert.ok(login.kind === "user");
		const headers = {authorization: `Bearer ${await login.u.getJwt()}`};
		const group = await login.u.createGroup();
		assert.deepEqual(await (await fetch(`${origin}/notes/${group}`, {headers})).json(), {user_id, rank: 0});
		const {id} = await world.person();
		const foreign = await world.backend.groups.createLight(id);
		assert.equal((await fetch(`${origin}/notes/${foreign}`, {headers})).status, 403);
	});

	test("of the guide: the server, and a client of it", async () => {
		const programs = await programsOf(GUIDE);
		assert.deepEqual([...programs.keys()].sort(), ["", "client", "worker"]);
		const server = await run(programs.get("") ?? "", {"http://127.0.0.1:3002": world.base_url}, ["app"]);
		const origin = await listen(server["app"]);

		globalThis.fetch = withCookies();
		const addresses = {"http://127.0.0.1:3002": world.base_url, "https://app.example": origin};
		const names = ["user", "user_id", "profile"];
		const client = await run(programs.get("client") ?? "", addresses, names);
		assert.deepEqual(client["profile"], {email: "alice@example.com"});
		const user = /** @type {import("keyfold").User} */ (client["user"]);
		assert.equal(user.data.user_id, client["user_id"]);

		const {now} = Date;
		const first = await user.getJwt();
		Date.now = () => now() + 5 * 60_000;
		const second = await user.getJwt();
		Date.now = now;
		assert.notEqual(second, first);

		const headers = {authorization: `Bearer ${second}`};
		const get = async (/** @type {string} */ path) => {
			const answer = await fetch(`${origin}${path}`, {headers});
			return [answer.status, await answer.json()];
		};
		const group = await user.createGroup();
		const notes = {user_id: user.data.user_id, rank: 0, notes: ["encrypted by the members"]};
		assert.deepEqual(await get(`/notes/${group}`), [200, notes]);
		const bob = await world.person();
		assert.deepEqual(await get(`/notes/${await bob.user.createGroup()}`), [403, {code: "server_310"}]);
		await world.backend.withJwt(second).group(group).inviteLight({user_id: bob.id}, 4, "auto");
		const weak = await fetch(`${origin}/notes/${group}`, {headers: {authorization: `Bearer ${bob.jwt}`}});
		assert.deepEqual([weak.status, await weak.json()], [403, {code: "rank_insufficient"}]);
		assert.deepEqual(await (await fetch(`${origin}/profile`)).json(), {code: "jwt_missing"});
		assert.equal((await get("/devices"))[1].length, 1);

		const part = "0190ffff-ffff-7fff-bfff-000000000001";
		const message = (/** @type {string} */ token) =>
			fetch(`${origin}/files/deleted`, {method: "POST", headers: {"x-sentc-app-token": token}, body: JSON.stringify([part])});
		assert.equal((await message("between us")).status, 200);
		assert.equal((await message(APP_TOKEN)).status, 401);

		assert.equal((await fetch(`${origin}/support/sessions/alice`, {method: "DELETE"})).status, 204);
		const ended = await fetch(`${origin}/session`, {headers});
		assert.deepEqual([ended.status, (await ended.json()).err_code], [400, 114]);
	});

	test("of the guide: for workers", async () => {
		const programs = await programsOf(GUIDE);
		const worker = await run(programs.get("worker") ?? "", {"http://127.0.0.1:3002": world.base_url});
		const {fetch: handle} = /** @type {{fetch: (request: Request) => Promise<Response>}} */ (worker["default"]);
		assert.equal((await handle(new Request("https://app.example/session"))).status, 401);
	});

	test("of the page about files: whether a message is from Keyfold", async () => {
		const programs = await programsOf(FILES);
		assert.deepEqual([...programs.keys()], [""]);
		const program = async (/** @type {string} */ key) => {
			const code = `const callbackKey = ${JSON.stringify(key)};\n${programs.get("")}`;
			const {isFromKeyfold} = await run(code, {}, ["isFromKeyfold"]);
			return /** @type {(headers: Record<string, string>, body: string) => boolean} */ (isFromKeyfold);
		};
		const isFromKeyfold = await program(MESSAGE.key);
		const isFromAnother = await program(await world.backend.files.callbackKey());
		const {headers, body} = MESSAGE;
		const {now} = Date;
		try {
			Date.now = () => 1_763_776_900_000;
			assert.equal(isFromKeyfold(headers, body), true);
			const several = `v1,AAAA v1a,AAAA ${headers["webhook-signature"]}`;
			assert.equal(isFromKeyfold({...headers, "webhook-signature": several}, body), true);
			assert.equal(isFromAnother(headers, body), false);
			assert.equal(isFromKeyfold(headers, "[]"), false);
			for (const [name, value] of Object.entries({
				"webhook-id": "0190a6a4-3b1c-7cde-8f01-23456789abce",
				"webhook-timestamp": "1763776801",
				"webhook-signature": headers["webhook-signature"].replace("v1a", "v1"),
			})) {
				assert.equal(isFromKeyfold({...headers, [name]: value}, body), false, name);
			}
			Date.now = () => 1_763_777_200_000;
			assert.equal(isFromKeyfold(headers, body), false, "too old");
		} finally {
			Date.now = now;
		}
	});
});
