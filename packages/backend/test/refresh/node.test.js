import assert from "node:assert/strict";
import {EventEmitter, once} from "node:events";
import {createServer} from "node:http";
import {after, before, describe, test} from "node:test";

import express from "express";
import {createRefreshHandler, toNodeHandler} from "keyfold-backend";

import {startWorld} from "../harness/world.js";

/** @param {import("node:http").RequestListener} listener */
async function serve(listener) {
	const server = createServer(listener).listen(0, "127.0.0.1");
	await once(server, "listening");
	const address = server.address();
	return {
		origin: `http://127.0.0.1:${typeof address === "object" ? address?.port : ""}`,
		stop: () => {
			server.closeAllConnections();
			server.close();
		},
	};
}

/** Answers with what it got. @type {import("keyfold-backend").FetchHandler} */
const echo = async (request) => {
	const {method, url, headers} = request;
	const answer = Response.json({method, url, agent: headers.get("x-agent"), body: await request.text()}, {status: 201});
	answer.headers.append("set-cookie", "a=1");
	answer.headers.append("set-cookie", "b=2; HttpOnly");
	return answer;
};

describe("handlers in servers of Node", () => {
	test("requests arrive whole, and so do answers", async () => {
		const server = await serve(toNodeHandler(echo));
		const answer = await fetch(`${server.origin}/a%20b?c=d?e`, {method: "POST", body: "text", headers: {"x-agent": "me"}});
		assert.equal(answer.status, 201);
		assert.deepEqual(answer.headers.getSetCookie(), ["a=1", "b=2; HttpOnly"]);
		const seen = await answer.json();
		assert.deepEqual([seen.method, seen.agent, seen.body], ["POST", "me", "text"]);
		assert.match(seen.url, /^http:\/\/127\.0\.0\.1:\d+\/a%20b\?c=d/);
		server.stop();
	});

	test("in Express: below a path, behind body parsers of all kinds and without", async () => {
		const app = express();
		app.use("/json", express.json(), toNodeHandler(echo));
		app.use("/text", express.text(), toNodeHandler(echo));
		app.use("/raw", express.raw({type: () => true}), toNodeHandler(echo));
		app.use("/none", toNodeHandler(echo));
		const server = await serve(app);
		const post = async (/** @type {string} */ path, /** @type {string} */ type) => {
			const headers = {"content-type": type};
			const answer = await fetch(`${server.origin}${path}/below`, {method: "POST", body: '{"a":[1]}', headers});
			return answer.json();
		};
		for (const [path, type] of /** @type {const} */ ([
			["/json", "application/json"],
			["/json", "text/plain"],
			["/text", "text/plain"],
			["/raw", "anything/else"],
			["/none", "application/json"],
		])) {
			const {body, url} = await post(path, type);
			assert.equal(body, '{"a":[1]}', path);
			assert.match(url, new RegExp(`${path}/below$`));
		}
		assert.equal((await (await fetch(`${server.origin}/json`)).json()).body, "");
		server.stop();
	});

	test("what is streamed is not kept in memory, and stops when nobody reads any more", async () => {
		let pulled = 0;
		const stopped = new EventEmitter();
		const cancelled = once(stopped, "cancelled");
		const server = await serve(
			toNodeHandler(async () => {
				const body = new ReadableStream({
					pull(controller) {
						pulled += 1;
						controller.enqueue(new Uint8Array(65_536));
					},
					cancel: () => void stopped.emit("cancelled"),
				});
				return new Response(body);
			}),
		);
		const controller = new AbortController();
		const answer = await fetch(server.origin, {signal: controller.signal});
		await answer.body?.getReader().read();
		controller.abort();
		await cancelled;
		assert.ok(pulled < 10_000);
		server.stop();
	});

	test("a handler that fails hands its error to Express, and is a 500 without it", async () => {
		const failing = toNodeHandler(async () => {
			throw new Error("broken");
		});
		const alone = await serve(failing);
		assert.equal((await fetch(alone.origin)).status, 500);
		alone.stop();
		/** @type {string[]} */
		const seen = [];
		const app = express();
		app.use(failing);
		/** Express knows a handler of errors by its four parameters. @type {express.ErrorRequestHandler} */
		const onError = (error, _request, response, _next) => {
			seen.push(error.message);
			response.status(503).end();
		};
		app.use(onError);
		const server = await serve(app);
		assert.equal((await fetch(server.origin)).status, 503);
		assert.deepEqual(seen, ["broken"]);
		server.stop();
	});

	describe("with a real server behind them", () => {
		/** @type {import("../harness/world.js").World} */
		let world;
		before(async () => {
			world = await startWorld();
		});
		after(() => world?.stop());

		test("the refresh endpoint in Express, from login to the end of the session", async () => {
			const {jwt, user, id} = await world.person();
			const app = express().use(express.json());
			app.all("/session", toNodeHandler(createRefreshHandler({backend: world.backend})));
			const server = await serve(app);
			const headers = {authorization: `Bearer ${jwt}`, "content-type": "application/json"};
			const body = JSON.stringify({refresh_token: user.data.refresh_token});
			const kept = await fetch(`${server.origin}/session`, {method: "POST", headers, body});
			const cookie = (kept.headers.getSetCookie()[0] ?? "").split(";")[0] ?? "";
			const renewed = await fetch(`${server.origin}/session`, {headers: {...headers, cookie}});
			assert.equal((await world.backend.withJwt(await renewed.text()).tokenOwner()).id, id);
			await fetch(`${server.origin}/session`, {method: "DELETE", headers: {...headers, cookie}});
			assert.equal((await fetch(`${server.origin}/session`, {headers: {...headers, cookie}})).status, 400);
			server.stop();
		});
	});
});
