import assert from "node:assert/strict";
import {after, before, describe, test} from "node:test";

import {JwtVerifier} from "keyfold-backend";

import {APP_TOKEN, SECRET_TOKEN, startWorld} from "../harness/world.js";
import {NOW, Signer} from "./signer.js";

describe("the keys that check access tokens", () => {
	/** A server with keys that change, and a clock that is set. @param {import("keyfold-backend").KeyCacheOptions} [options] */
	async function fixture(options = {}) {
		const signer = new Signer();
		await signer.add("one");
		const state = {fetched: 0, now: NOW * 1_000, answer: () => signer.jwks().then((set) => Response.json(set))};
		const verifier = new JwtVerifier({
			base_url: "http://keyfold.test",
			app_token: "AAAA",
			now: () => state.now,
			fetch: async (url, init) => {
				assert.equal(url, "http://keyfold.test/api/v1/app/jwks");
				assert.equal(new Headers(init.headers).get("x-sentc-app-token"), "AAAA");
				state.fetched += 1;
				return state.answer();
			},
			...options,
		});
		return {signer, state, verifier};
	}

	const down = async () => {
		throw new TypeError("connection refused");
	};

	test("they are fetched once for many tokens, however many come at the same time", async () => {
		const {signer, state, verifier} = await fixture();
		const token = await signer.token("one");
		await Promise.all(Array.from({length: 50}, () => verifier.verify(token)));
		await verifier.verify(token);
		assert.equal(state.fetched, 1);
	});

	test("a key that was added is fetched when its first token comes", async () => {
		const {signer, state, verifier} = await fixture();
		await verifier.verify(await signer.token("one"));
		await signer.add("two");
		state.now += 30_000;
		const token = await signer.token("two");
		await Promise.all([verifier.verify(token), verifier.verify(token)]);
		assert.equal(state.fetched, 2);
	});

	test("unknown ids make no storm: one fetch per pause", async () => {
		const {signer, state, verifier} = await fixture();
		const stranger = new Signer();
		for (let i = 0; i < 20; i += 1) {
			await stranger.add(`made up ${i}`);
			await assert.rejects(verifier.verify(await stranger.token(`made up ${i}`)), {code: "jwt_key_unknown"});
		}
		assert.equal(state.fetched, 1);
		state.now += 29_999;
		await assert.rejects(verifier.verify(await stranger.token("made up 0")), {code: "jwt_key_unknown"});
		assert.equal(state.fetched, 1);
		state.now += 1;
		await assert.rejects(verifier.verify(await stranger.token("made up 0")), {code: "jwt_key_unknown"});
		assert.equal(state.fetched, 2);
		await verifier.verify(await signer.token("one"));
		assert.equal(state.fetched, 2);
	});

	test("a key that was deleted counts no more after the longest age", async () => {
		const {signer, state, verifier} = await fixture({max_age: 60_000});
		const token = await signer.token("one");
		await verifier.verify(token);
		signer.delete("one");
		state.now += 59_999;
		await verifier.verify(token);
		state.now += 1;
		await assert.rejects(verifier.verify(token), {code: "jwt_key_unknown"});
	});

	test("while the server is down, old keys serve for a while, and it is asked again soon", async () => {
		const {signer, state, verifier} = await fixture({max_age: 60_000, max_stale: 120_000});
		const token = await signer.token("one", {exp: NOW + 3_600});
		await verifier.verify(token);
		const {answer} = state;
		state.answer = down;
		state.now += 60_000;
		await verifier.verify(token);
		await verifier.verify(token);
		assert.equal(state.fetched, 2);
		state.now += 120_000;
		await assert.rejects(verifier.verify(token), {code: "keys_unavailable"});
		assert.equal(state.fetched, 3);
		state.answer = answer;
		state.now += 2_000;
		await verifier.verify(token);
		assert.equal(state.fetched, 4);
	});

	test("without ever an answer nothing is accepted; the reason is the cause", async () => {
		const {signer, state, verifier} = await fixture();
		const token = await signer.token("one");
		for (const [answer, code] of /** @type {const} */ ([
			[down, "network"],
			[async () => new Response("<html>", {status: 200}), "malformed_answer"],
			[async () => Response.json({keys: "none"}), "keys_unavailable"],
			[async () => Response.json({status: false, err_code: 200, err_msg: "No valid app token"}, {status: 401}), "server_200"],
		])) {
			state.answer = answer;
			state.now += 30_000;
			await assert.rejects(verifier.verify(token), (/** @type {any} */ error) => {
				assert.deepEqual([error.code, error.cause.code], ["keys_unavailable", code]);
				return true;
			});
		}
	});

	describe("of a real server", () => {
		/** @type {import("../harness/world.js").World} */
		let world;
		before(async () => {
			world = await startWorld();
		});
		after(() => world?.stop());

		test("check the tokens of its users, with either token of the app", async () => {
			const {jwt, id, user} = await world.person();
			for (const app_token of [APP_TOKEN, SECRET_TOKEN]) {
				const verifier = new JwtVerifier({base_url: world.base_url, app_token});
				const token = await verifier.verify(jwt, {fresh: true});
				assert.deepEqual([token.user_id, token.device_id, token.fresh], [id, user.data.device_id, true]);
				assert.equal(token.expires_at - token.issued_at, 300);
				const renewed = await world.backend.withJwt(jwt).refresh(user.data.refresh_token);
				assert.equal((await verifier.verify(renewed.jwt)).fresh, false);
				await assert.rejects(verifier.verify(renewed.jwt, {fresh: true}), {code: "jwt_not_fresh"});
			}
		});

		test("are not shown to strangers", async () => {
			const {jwt} = await world.person();
			const verifier = new JwtVerifier({base_url: world.base_url, app_token: "AAAA"});
			await assert.rejects(verifier.verify(jwt), (/** @type {any} */ error) => error.cause.code === "server_200");
		});
	});
});
