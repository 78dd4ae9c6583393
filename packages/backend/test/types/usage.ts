// Compiled, not run: how backends use the types. Without the types of browsers, as programs for Node are.

import {createServer} from "node:http";

import express from "express";
import {
	type AccessToken,
	Backend,
	BackendError,
	type ErrorCode,
	type FetchHandler,
	type ForcedLogin,
	type GroupAccess,
	JwtVerifier,
	type Member,
	type PartStore,
	type Rank,
	bearerToken,
	createFileStorageHandler,
	createRefreshHandler,
	isServerError,
	jwkOf,
	serverOutput,
	toNodeHandler,
} from "keyfold-backend";

const backend = new Backend({base_url: "https://keyfold.example", secret_token: "AAAA", timeout: 1_000});
const verifier = new JwtVerifier({base_url: "https://keyfold.example", app_token: "AAAA", max_age: 60_000});

// @ts-expect-error a backend needs the secret token
export const withoutToken = new Backend({base_url: "https://keyfold.example"});

// @ts-expect-error keys come from the server or are given
export const withoutKeys = new JwtVerifier({clock_tolerance: 5});

export const fixed: JwtVerifier = new JwtVerifier({keys: {keys: [jwkOf("id", "BA==")]}});

export async function calls(signal: AbortSignal): Promise<[Rank | undefined, string]> {
	const login: ForcedLogin = await backend.users.login("name", {signal, timeout: 500});
	const member: Member | undefined = await backend.groups.member("group", login.device_keys.user_id);
	for await (const {device_id, time} of backend.withJwt(login.verify.jwt).devices()) {
		const both: [string, number] = [device_id, time];
		console.log(both);
	}
	const access: GroupAccess = await backend.withJwt("jwt").requireGroupAccess("group", {rank: 1});
	if (typeof access.access_by === "object" && "Parent" in access.access_by) {
		return [member?.rank, access.access_by.Parent];
	}
	// @ts-expect-error a guest is a user or a group
	await backend.groups.inviteLight("user", "group", {device_id: "id"});
	// @ts-expect-error what endpoints without a function answer is not known
	const anything: string = await backend.request({method: "GET", path: "/exists"});
	return [member?.rank, anything];
}

export async function check(request: Request): Promise<string> {
	const token: AccessToken = await verifier.verifyRequest(request, {fresh: true});
	// @ts-expect-error claims do not change
	token.user_id = "somebody else";
	return token.user_id;
}

export function explain(error: unknown): ErrorCode | undefined {
	if (isServerError(error, 100)) {
		return error.code;
	}
	return error instanceof BackendError && error.code === "timeout" ? error.code : undefined;
}

// @ts-expect-error there is no such code
export const wrong: ErrorCode = "no_such_code";

/** Parts in memory. */
export class MemoryStore implements PartStore {
	readonly #parts = new Map<string, Uint8Array<ArrayBuffer>>();

	async put(id: string, content: Uint8Array<ArrayBuffer>): Promise<void> {
		this.#parts.set(id, content);
	}

	async get(id: string): Promise<Uint8Array<ArrayBuffer> | undefined> {
		return this.#parts.get(id);
	}

	async delete(ids: string[]): Promise<void> {
		ids.forEach((id) => this.#parts.delete(id));
	}
}

const refresh: FetchHandler = createRefreshHandler({backend, cookie: {same_site: "Lax"}});
const files: FetchHandler = createFileStorageHandler({
	backend,
	verifier,
	store: new MemoryStore(),
	prefix: "/files",
	public_token: "AAAA",
	callback_token: "secret",
});

// @ts-expect-error there are only three ways
export const sameSite = createRefreshHandler({backend, cookie: {same_site: "strict"}});

/** The adapter fits what Node and Express hand in, without depending on either. */
export const server = createServer(toNodeHandler(refresh));
export const app = express().use("/session", toNodeHandler(refresh)).use(toNodeHandler(files));
app.get("/me", async (request, response) => {
	const {user_id} = await verifier.verifyRequest(request);
	response.json({user_id, jwt: bearerToken(request.headers), output: serverOutput({user_id})});
});

/** Deno, Bun and workers take the handlers as they are. */
export const worker: {fetch(request: Request): Promise<Response>} = {fetch: refresh};
