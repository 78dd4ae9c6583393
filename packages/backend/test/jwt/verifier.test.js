import assert from "node:assert/strict";
import {before, describe, test} from "node:test";

import {JwtVerifier, bearerToken, jwkOf} from "keyfold-backend";

import {NOW, Signer} from "./signer.js";

describe("the verification of access tokens", () => {
	const signer = new Signer();
	/** @type {JwtVerifier} */
	let verifier;
	let now = NOW * 1_000;
	before(async () => {
		await signer.add("one");
		verifier = new JwtVerifier({keys: await signer.jwks(), now: () => now});
	});

	test("a good token says who, where and until when", async () => {
		assert.deepEqual(await verifier.verify(await signer.token("one")), {
			user_id: "user",
			device_id: "device",
			session_id: "session",
			issued_at: NOW,
			expires_at: NOW + 300,
			fresh: true,
		});
		const {session_id} = await verifier.verify(await signer.token("one", {sid: undefined, more: "claims are no harm"}));
		assert.equal(session_id, undefined);
	});

	test("it ends with `exp` and the tolerance, or as much later as the caller accepts", async () => {
		const token = await signer.token("one");
		for (const [seconds, options, accepted] of /** @type {const} */ ([
			[299, {}, true],
			[309.9, {}, true],
			[310, {}, false],
			[310, {expired_for: 60}, true],
			[370, {expired_for: 60}, false],
		])) {
			now = (NOW + seconds) * 1_000;
			const outcome = verifier.verify(token, options).then(() => true, (error) => error.code);
			assert.equal(await outcome, accepted || "jwt_expired", `${seconds} s, ${JSON.stringify(options)}`);
		}
		now = NOW * 1_000;
		const strict = new JwtVerifier({keys: await signer.jwks(), clock_tolerance: 0, now: () => (NOW + 300) * 1_000});
		await assert.rejects(strict.verify(token), {code: "jwt_expired"});
	});

	test("where a login is asked for, a renewed token does not do", async () => {
		assert.equal((await verifier.verify(await signer.token("one"), {fresh: true})).fresh, true);
		await assert.rejects(verifier.verify(await signer.token("one", {fresh: false}), {fresh: true}), {code: "jwt_not_fresh"});
	});

	test("the algorithm is pinned, whatever the header says", async () => {
		for (const alg of ["none", "HS256", "HS384", "ES256", "es384", undefined, null, 384]) {
			await assert.rejects(verifier.verify(await signer.token("one", {}, {alg})), {code: "jwt_algorithm"});
		}
		const [head, body] = (await signer.token("one", {}, {alg: "none"})).split(".");
		await assert.rejects(verifier.verify(`${head}.${body}.`), {code: "jwt_algorithm"});
		const [good, claims] = (await signer.token("one")).split(".");
		await assert.rejects(verifier.verify(`${good}.${claims}.`), {code: "jwt_signature"});
	});

	test("what was changed after it was signed is refused", async () => {
		const [head = "", body = "", signature = ""] = (await signer.token("one")).split(".");
		const [, other = ""] = (await signer.token("one", {aud: "somebody else"})).split(".");
		await assert.rejects(verifier.verify(`${head}.${other}.${signature}`), {code: "jwt_signature"});
		const zeros = Buffer.alloc(96).toString("base64url");
		await assert.rejects(verifier.verify(`${head}.${body}.${zeros}`), {code: "jwt_signature"});
		const flipped = Buffer.from(signature, "base64url");
		flipped[0] = (flipped[0] ?? 0) ^ 1;
		await assert.rejects(verifier.verify(`${head}.${body}.${flipped.toString("base64url")}`), {code: "jwt_signature"});
	});

	test("a key of another app verifies nothing, under the same id neither", async () => {
		const stranger = new Signer();
		await stranger.add("one");
		await stranger.add("two");
		await assert.rejects(verifier.verify(await stranger.token("one")), {code: "jwt_signature"});
		await assert.rejects(verifier.verify(await stranger.token("two")), {code: "jwt_key_unknown"});
	});

	test("texts that are no token, and tokens that are no access tokens", async () => {
		const [head, body, signature] = (await signer.token("one")).split(".");
		for (const text of [
			"",
			"one",
			"a.b",
			"a.b.c",
			`${head}.${body}`,
			`${head}.${body}.${signature}.more`,
			`${head}.${body}.${signature}=`,
			`${head}.${body}.+/+/`,
			` ${head}.${body}.${signature}`,
			`${Buffer.from("[]").toString("base64url")}.${body}.${signature}`,
			await signer.token("one", {long: "x".repeat(2_048)}),
			await signer.token("one", {}, {kid: undefined}),
			await signer.token("one", {}, {kid: 1}),
			await signer.token("one", {}, {crit: ["b64"], b64: false}),
			await signer.token("one", {aud: undefined}),
			await signer.token("one", {aud: ["user"]}),
			await signer.token("one", {sub: 1}),
			await signer.token("one", {exp: undefined}),
			await signer.token("one", {exp: "never"}),
			await signer.token("one", {fresh: "yes"}),
		]) {
			await assert.rejects(verifier.verify(text), {name: "BackendError", code: "jwt_malformed"}, text);
		}
		await assert.rejects(verifier.verify(/** @type {string} */ (/** @type {unknown} */ (undefined))), {code: "jwt_malformed"});
	});

	test("the token is taken from the headers of requests of all kinds", async () => {
		const token = await signer.token("one");
		const request = new Request("http://app.test/", {headers: {authorization: `Bearer ${token}`}});
		assert.equal((await verifier.verifyRequest(request)).user_id, "user");
		assert.equal((await verifier.verifyRequest({headers: {authorization: `Bearer ${token}`}})).user_id, "user");
		for (const authorization of [undefined, "", "Bearer", "Bearer ", `bearer ${token}`, `Basic ${token}`, token, `Bearer ${token} x`]) {
			assert.throws(() => bearerToken({authorization}), {code: "jwt_missing"});
		}
		await assert.rejects(verifier.verifyRequest({headers: {}}), {code: "jwt_missing"});
	});

	test("a key as dashboards show it does the same", async () => {
		const jwk = jwkOf("one", await signer.verifyKey("one"));
		assert.deepEqual({keys: [jwk]}, await signer.jwks());
		const fixed = new JwtVerifier({keys: {keys: [jwk]}, now: () => now});
		assert.equal((await fixed.verify(await signer.token("one"))).user_id, "user");
		for (const text of ["", "AAAA", "no base64!", (await signer.verifyKey("one")).slice(4)]) {
			assert.throws(() => jwkOf("one", text), {code: "invalid_argument"});
		}
	});

	test("keys of other kinds in a set are left out; a point that is none is an error", async () => {
		const {keys} = await signer.jwks();
		const others = [{kty: "RSA", kid: "one"}, {kty: "EC", crv: "P-256", kid: "one"}, null, {...keys[0], alg: "ES256"}, {...keys[0], use: "enc"}];
		const mixed = /** @type {import("keyfold-backend").JwkSet} */ ({keys: /** @type {unknown} */ ([...others, ...keys])});
		const tolerant = new JwtVerifier({keys: mixed, now: () => now});
		assert.equal((await tolerant.verify(await signer.token("one"))).user_id, "user");
		const broken = new JwtVerifier({keys: {keys: keys.map((key) => ({...key, x: key.y}))}, now: () => now});
		await assert.rejects(broken.verify(await signer.token("one")), {code: "keys_unavailable"});
	});
});
