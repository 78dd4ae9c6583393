import assert from "node:assert/strict";
import {once} from "node:events";
import {createServer} from "node:http";
import {after, before, describe, test} from "node:test";
import {inspect} from "node:util";

import {Backend, BackendError, serverOutput} from "keyfold-backend";

import {NOBODY, SECRET_TOKEN} from "../harness/world.js";

describe("requests and their answers", () => {
	/** What the server does with the next request. @type {import("node:http").RequestListener} */
	let answer;
	/** @type {string[]} */
	let asked = [];
	const server = createServer((request, response) => {
		asked.push(`${request.method} ${request.url}`);
		answer(request, response);
	});
	let base_url = "";
	before(async () => {
		server.listen(0, "127.0.0.1");
		await once(server, "listening");
		const address = server.address();
		base_url = `http://127.0.0.1:${typeof address === "object" ? address?.port : ""}`;
	});
	after(() => {
		server.closeAllConnections();
		server.close();
	});

	const backend = (/** @type {Partial<import("keyfold-backend").BackendOptions>} */ options = {}) =>
		new Backend({base_url, secret_token: SECRET_TOKEN, ...options});

	test("no id leads to another endpoint: nothing is sent", async () => {
		asked = [];
		const {groups, users, files} = backend();
		for (const id of ["", ".", "..", "../user/forced/delete", "a/b", "a%2Fb", "a?b", "a#b", "a b", "ä", "a\n", "x".repeat(129)]) {
			const refused = {code: "invalid_argument"};
			await assert.rejects(groups.delete(id), refused, id);
			await assert.rejects(groups.member(NOBODY, id), refused, id);
			await assert.rejects(groups.createChildLight(NOBODY, NOBODY, {through: id}), refused, id);
			await assert.rejects(users.deleteById(id), refused, id);
			await assert.rejects(files.forgetPart(id), refused, id);
			await assert.rejects(backend().withJwt("a.b.c").groupAccess(id), refused, id);
			await assert.rejects(backend().withJwt("a.b.c").groupAccess(NOBODY, {through: id}), refused, id);
		}
		for (const jwt of ["", "a\r\nx-injected: 1", "a b"]) {
			await assert.rejects(backend().withJwt(jwt).tokenOwner(), {code: "jwt_malformed"});
		}
		assert.deepEqual(asked, []);
	});

	test("an answer that takes too long, by the call's own limit or the common one", async () => {
		answer = () => {};
		await assert.rejects(backend({timeout: 20}).groups.delete(NOBODY), {code: "timeout"});
		await assert.rejects(backend().groups.delete(NOBODY, {timeout: 20}), {code: "timeout"});
	});

	test("a head without its body is held to the same limit", async () => {
		answer = (_, response) => void response.writeHead(200).write("{");
		await assert.rejects(backend({timeout: 50}).groups.delete(NOBODY), {code: "timeout"});
	});

	test("the caller ends a call: before it, and while it waits", async () => {
		answer = () => {};
		const reason = new Error("the page was closed");
		const aborted = (/** @type {any} */ error) => error.code === "aborted" && error.cause === reason;
		await assert.rejects(backend().groups.delete(NOBODY, {signal: AbortSignal.abort(reason)}), aborted);
		const controller = new AbortController();
		answer = () => controller.abort(reason);
		await assert.rejects(backend().groups.delete(NOBODY, {signal: controller.signal}), aborted);
	});

	test("a connection that breaks, and none at all", async () => {
		answer = (request) => void request.socket.destroy();
		await assert.rejects(backend().groups.delete(NOBODY), {code: "network"});
		await assert.rejects(backend({base_url: "http://127.0.0.1:1"}).groups.delete(NOBODY), {code: "network"});
	});

	test("what no Keyfold server answers", async () => {
		for (const body of ["", "<html>", "[]", "null", "{}", '{"status":true}', '{"status":false}', '{"status":false,"err_code":"1"}', '{"status":1,"result":1}']) {
			answer = (_, response) => void response.writeHead(502).end(body);
			await assert.rejects(backend().groups.delete(NOBODY), {code: "malformed_answer", http_status: 502}, body);
		}
	});

	test("a refusal tells by its body, with HTTP 200 as well, and when to come again", async () => {
		answer = (_, response) => void response.end('{"status":false,"err_code":302,"err_msg":"User was already invited"}');
		await assert.rejects(backend().groups.delete(NOBODY), {code: "server_302", message: "User was already invited", http_status: 200});
		answer = (_, response) => {
			response.writeHead(429, {"retry-after": "7"}).end('{"status":false,"err_code":429,"err_msg":"Too many requests"}');
		};
		await assert.rejects(backend().groups.delete(NOBODY), {code: "server_429", server_code: 429, retry_after: 7});
	});

	test("the token goes to no other address", async () => {
		asked = [];
		answer = (_, response) => void response.writeHead(307, {location: "/elsewhere"}).end();
		await assert.rejects(backend().groups.delete(NOBODY), {code: "network"});
		assert.deepEqual(asked, [`DELETE /api/v1/group/forced/${NOBODY}`]);
	});

	test("no error, and no inspection, shows a token", async () => {
		answer = (request) => void request.socket.destroy();
		const error = await backend().withJwt("secret.access.token").refresh("secretrefreshtoken").catch((error) => error);
		assert.ok(error instanceof BackendError);
		for (const value of [error, backend(), backend().withJwt("secret.access.token")]) {
			assert.doesNotMatch(inspect(value, {depth: 10, showHidden: true}), /BNM76kOd|secret\.access|secretrefresh/);
		}
	});

	test("settings that cannot work", () => {
		for (const base_url of ["", "keyfold.example", "ftp://keyfold.example", "https://user:password@keyfold.example", "https://keyfold.example/?a"]) {
			assert.throws(() => backend({base_url}), {code: "invalid_argument"}, base_url);
		}
		for (const secret_token of ["", "no base64!", "a\r\nb"]) {
			assert.throws(() => backend({secret_token}), {code: "invalid_argument"}, secret_token);
		}
	});

	test("an address may have a path, and slashes at its end", async () => {
		asked = [];
		answer = (_, response) => void response.end('{"status":true,"result":"Success"}');
		await backend({base_url: `${base_url}/keyfold//`}).groups.delete(NOBODY);
		assert.deepEqual(asked, [`DELETE /keyfold/api/v1/group/forced/${NOBODY}`]);
	});

	test("outcomes are handed on in the form that clients read", () => {
		assert.equal(serverOutput({user_id: "a"}), '{"status":true,"result":{"user_id":"a"}}');
		assert.equal(serverOutput(undefined), '{"status":true,"result":"Success"}');
		const refusal = new BackendError("server_101", "User already exists");
		assert.equal(serverOutput(refusal), '{"status":false,"err_msg":"User already exists","err_code":101}');
		for (const [code, number] of /** @type {const} */ ([["timeout", 10_000], ["jwt_missing", 31], ["jwt_expired", 30], ["cookie_missing", 114]])) {
			assert.equal(JSON.parse(serverOutput(new BackendError(code, ""))).err_code, number);
		}
	});
});
