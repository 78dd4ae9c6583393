import assert from "node:assert/strict";
import {beforeEach, describe, test} from "node:test";

import {Backend, BackendError, JwtVerifier, createFileStorageHandler} from "keyfold-backend";

import {NOW, Signer} from "../jwt/signer.js";
import {standIn} from "./stand_in.js";

const PUBLIC_TOKEN = "cHVibGlj";
const CALLBACK_TOKEN = "between us";
const SESSION = "0190ffff-ffff-7fff-bfff-ffffffffffff";

describe("an app's own storage of files", () => {
	/** @type {Awaited<ReturnType<typeof standIn>>} */
	let server;
	/** @type {Signer} */
	let signer;
	/** @type {Map<string, Uint8Array<ArrayBuffer>>} */
	let parts;
	/** @type {unknown[]} */
	let errors;
	/** @type {import("keyfold-backend").PartStore} */
	let store;
	let now = NOW * 1_000;

	beforeEach(async () => {
		now = NOW * 1_000;
		[server, signer, parts, errors] = [await standIn(), new Signer(), new Map(), []];
		await signer.add("one");
		store = {
			put: async (id, content) => void parts.set(id, content),
			get: async (id) => parts.get(id),
			delete: async (ids) => ids.forEach((id) => parts.delete(id)),
		};
	});

	/** @param {Partial<import("keyfold-backend").FileStorageOptions>} [options] */
	async function storage(options = {}) {
		return createFileStorageHandler({
			backend: new Backend({base_url: "http://keyfold.test", secret_token: "c2VjcmV0", fetch: server.fetch}),
			verifier: new JwtVerifier({keys: await signer.jwks(), now: () => now}),
			store,
			prefix: "/files",
			public_token: PUBLIC_TOKEN,
			callback_token: CALLBACK_TOKEN,
			on_error: (error) => errors.push(error),
			now: () => now,
			...options,
		});
	}

	/**
	 * @param {string} path
	 * @param {{method?: string, token?: string, jwt?: string, body?: BodyInit, headers?: Record<string, string>}} [request]
	 */
	function request(path, {method = "GET", token = PUBLIC_TOKEN, jwt, body, headers = {}} = {}) {
		return new Request(`https://app.test${path}`, {
			method,
			headers: {...headers, ...(token && {"x-sentc-app-token": token}), ...(jwt && {authorization: `Bearer ${jwt}`})},
			...(body !== undefined && {body, duplex: "half"}),
		});
	}

	const upload = async (path = `/files/${SESSION}/1/true`, body = /** @type {BodyInit} */ ("encrypted")) =>
		request(path, {method: "POST", jwt: await signer.token("one"), body});

	const told = async (/** @type {Response} */ answer) => [answer.status, (await answer.json()).err_code];

	test("a part is registered for the user of the token, stored under its new id, and handed out again", async () => {
		const handler = await storage();
		const answer = await handler(await upload(`/files/${SESSION}/3/false`));
		assert.deepEqual(await answer.json(), {status: true, result: "Success"});
		assert.deepEqual(server.state.asked, [`PATCH /file/part/${SESSION}/3/false/user`]);
		const [part = ""] = server.state.parts;
		assert.deepEqual([...parts.keys()], [part]);
		const download = await handler(request(`/files/${part}`));
		assert.equal(download.headers.get("content-type"), "application/octet-stream");
		assert.equal(await download.text(), "encrypted");
	});

	test("what is streamed from the store is streamed on", async () => {
		const handler = await storage({
			store: {...store, get: async () => new Blob(["from ", "a bucket"]).stream()},
		});
		assert.equal(await (await handler(request(`/files/${SESSION}`))).text(), "from a bucket");
	});

	test("an upload goes on with the token that it began with, for the day that its session has", async () => {
		const handler = await storage();
		const jwt = await signer.token("one");
		now += 24 * 3_600_000;
		assert.equal((await handler(request(`/files/${SESSION}/1/true`, {method: "POST", jwt, body: "x"}))).status, 200);
		now += 3_600_000;
		assert.equal((await handler(request(`/files/${SESSION}/1/true`, {method: "POST", jwt, body: "x"}))).status, 401);
	});

	test("uploads without, or with a wrong, token are refused before anything is registered", async () => {
		const handler = await storage();
		const stranger = new Signer();
		await stranger.add("one");
		for (const request_ of [
			request(`/files/${SESSION}/1/true`, {method: "POST", body: "x"}),
			request(`/files/${SESSION}/1/true`, {method: "POST", body: "x", jwt: await stranger.token("one")}),
			request(`/files/${SESSION}/1/true`, {method: "POST", body: "x", jwt: await signer.token("one"), token: ""}),
			request(`/files/${SESSION}/1/true`, {method: "POST", body: "x", jwt: await signer.token("one"), token: "AAAA"}),
		]) {
			assert.equal((await handler(request_)).status, 401);
		}
		assert.deepEqual(server.state.asked, []);
	});

	test("a part that is too large, or breaks off, is not registered", async () => {
		const handler = await storage();
		assert.equal((await handler(await upload(undefined, new Uint8Array(5_242_881)))).status, 413);
		assert.equal((await handler(await upload(undefined, new Blob([new Uint8Array(5_242_881)]).stream()))).status, 413);
		const broken = new ReadableStream({
			start(controller) {
				controller.enqueue(new TextEncoder().encode("half of"));
				controller.error(new Error("the connection broke"));
			},
		});
		assert.equal((await handler(await upload(undefined, broken))).status, 400);
		assert.deepEqual(server.state.asked, []);
		assert.equal((await handler(await upload(undefined, new Uint8Array(5_242_880)))).status, 200);
	});

	test("what the server refuses is told to the client, and nothing is stored", async () => {
		const handler = await storage();
		server.state.refuse = 511;
		assert.deepEqual(await told(await handler(await upload())), [400, 511]);
		assert.equal(parts.size, 0);
	});

	test("a part that cannot be stored is forgotten by the server as well", async () => {
		const full = new Error("the disk is full");
		const handler = await storage({store: {...store, put: () => Promise.reject(full)}});
		assert.equal((await handler(await upload())).status, 500);
		assert.deepEqual(server.state.asked[1], `DELETE /file/part/${server.state.parts[0]}`);
		const [error] = errors;
		assert.ok(error instanceof BackendError && error.code === "storage_failed" && error.cause === full);
	});

	test("only ids of parts reach the store", async () => {
		const handler = await storage({store: {...store, get: async (id) => assert.fail(`asked for ${id}`)}});
		for (const id of ["..", "..%2Fsecret", "a", SESSION.toUpperCase(), `${SESSION}x`, "%00"]) {
			assert.equal((await handler(request(`/files/${id}`))).status, 404, id);
		}
		assert.equal((await (await storage())(request(`/files/${SESSION}`))).status, 404);
		assert.equal((await (await storage())(request(`/files/${SESSION}`, {token: "AAAA"}))).status, 401);
	});

	test("a store that fails is told to the app; the client learns no more than that", async () => {
		const failing = () => Promise.reject(new Error("no route to bucket-7"));
		const handler = await storage({store: {put: failing, get: failing, delete: failing}});
		const answer = await handler(request(`/files/${SESSION}`));
		assert.equal(answer.status, 500);
		assert.doesNotMatch(await answer.text(), /bucket-7/);
		assert.equal(errors.length, 1);
	});

	test("other paths are not there", async () => {
		const handler = await storage();
		for (const path of ["/", "/files", "/files/", "/filesystem/a", `/files/${SESSION}/1`, `/files/${SESSION}/x/true`, `/files/${SESSION}/1/yes`]) {
			assert.equal((await handler(await upload(path))).status, 404, path);
		}
	});

	test("pages of allowed origins may call, without cookies", async () => {
		const preflight = async (/** @type {string[]} */ allowed_origins) => {
			const handler = await storage({allowed_origins});
			const {headers} = await handler(request("/files/a", {method: "OPTIONS", headers: {origin: "https://pages.test"}}));
			return [headers.get("access-control-allow-origin"), headers.get("access-control-allow-credentials")];
		};
		assert.deepEqual(await preflight(["https://pages.test"]), ["https://pages.test", null]);
		assert.deepEqual(await preflight(["*"]), ["*", null]);
		assert.deepEqual(await preflight([]), [null, null]);
	});

	describe("when the server says that parts were deleted", () => {
		const ids = ["0190ffff-ffff-7fff-bfff-000000000001", "0190ffff-ffff-7fff-bfff-000000000002"];
		const body = JSON.stringify(ids);

		beforeEach(() => ids.forEach((id) => parts.set(id, new Uint8Array(1))));

		const message = (/** @type {Record<string, string>} */ headers = {}, text = body, token = CALLBACK_TOKEN) =>
			request("/files/deleted", {method: "POST", token, body: text, headers});

		test("they are deleted, with the token alone and with a signature", async () => {
			const handler = await storage();
			assert.equal((await handler(message())).status, 200);
			assert.equal(parts.size, 0);
			parts.set(ids[0] ?? "", new Uint8Array(1));
			assert.equal((await handler(message(await server.sign(body, NOW)))).status, 200);
			assert.equal(parts.size, 0);
			assert.deepEqual(server.state.asked, ["GET /file/callback/key"]);
			assert.equal((await handler(message(await server.sign(body, NOW)))).status, 200);
			assert.equal(server.state.asked.length, 1);
		});

		test("a wrong token, a wrong signature and a changed or old message are refused", async () => {
			const handler = await storage();
			const signed = await server.sign(body, NOW);
			const forged = await (await standIn()).sign(body, NOW);
			const {"webhook-id": _, ...nameless} = signed;
			for (const refused of [
				message({}, body, ""),
				message({}, body, "between them"),
				message({}, body, PUBLIC_TOKEN),
				message(signed, body, "between them"),
				message(signed, JSON.stringify(ids.slice(1))),
				message({...signed, "webhook-id": "another"}),
				message({...signed, "webhook-timestamp": String(NOW + 1)}),
				message({...signed, "webhook-timestamp": "now"}),
				message({...signed, "webhook-signature": "v1a,AAAA"}),
				message({...signed, "webhook-signature": signed["webhook-signature"].replace("v1a", "v1")}),
				message(nameless),
				message(forged),
				message(await server.sign(body, NOW - 301)),
				message(await server.sign(body, NOW + 301)),
			]) {
				assert.equal((await handler(refused)).status, 401);
			}
			assert.equal(parts.size, 2);
			const several = {...signed, "webhook-signature": `${forged["webhook-signature"]} ${signed["webhook-signature"]}`};
			assert.equal((await handler(message(several))).status, 200);
		});

		test("where signatures are required, the token alone does not do; the key may be given", async () => {
			const handler = await storage({require_signature: true});
			assert.equal((await handler(message())).status, 401);
			assert.equal((await handler(message(await server.sign(body, NOW)))).status, 200);
			server.state.asked.length = 0;
			const keyed = await storage({require_signature: true, callback_key: server.key});
			assert.equal((await keyed(message(await server.sign(body, NOW)))).status, 200);
			assert.deepEqual(server.state.asked, []);
			await assert.rejects(storage({callback_token: ""}), {code: "invalid_argument"});
		});

		test("a new key of the server is fetched, and not more often than it makes sense", async () => {
			const old = server;
			let current = old;
			const backend = new Backend({base_url: "http://keyfold.test", secret_token: "c2VjcmV0", fetch: (url, init) => current.fetch(url, init)});
			const changing = await storage({backend});
			assert.equal((await changing(message(await old.sign(body, NOW)))).status, 200);
			current = await standIn();
			assert.equal((await changing(message(await current.sign(body, NOW)))).status, 401);
			assert.equal(current.state.asked.length, 0);
			now += 30_000;
			assert.equal((await changing(message(await current.sign(body, NOW)))).status, 200);
			assert.equal((await changing(message(await old.sign(body, NOW)))).status, 401);
			assert.equal(current.state.asked.length, 1);
		});

		test("while the key cannot be fetched, the server is asked to come again", async () => {
			const handler = await storage();
			server.state.refuse = 404;
			assert.equal((await handler(message(await server.sign(body, NOW)))).status, 503);
			assert.equal(parts.size, 2);
			server.state.refuse = undefined;
			assert.equal((await handler(message(await server.sign(body, NOW)))).status, 200);
		});

		test("bodies that are no list of parts are refused whole", async () => {
			const handler = await storage();
			for (const text of ["", "{}", "null", '"a"', JSON.stringify([...ids, "../../etc"]), JSON.stringify([ids]), JSON.stringify([1])]) {
				assert.equal((await handler(message({}, text))).status, 400, text);
			}
			assert.equal((await handler(message({}, "x".repeat(262_145)))).status, 413);
			assert.equal(parts.size, 2);
		});

		test("a store that fails makes the server repeat the message", async () => {
			const handler = await storage({store: {...store, delete: () => Promise.reject(new Error("busy"))}});
			assert.equal((await handler(message())).status, 500);
		});
	});
});
