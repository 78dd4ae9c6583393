import {execFile} from "node:child_process";
import {promisify} from "node:util";

import {MemoryStorage, createClient} from "keyfold";

/** What a server needs for {@link ownedApp}. */
export const FOR_CUSTOMERS = ["--customers-captcha", "off"];

/**
 * Makes an app with file options of its own, which an app of `keyfold serve --dev` does not have: as a customer, who owns it.
 *
 * @param {{base_url: string, data: string}} server
 * @param {{file_storage: number, storage_url: string, auth_token: string}} file_options
 * @returns {Promise<{public_token: string, secret_token: string}>}
 */
export async function ownedApp({base_url, data}, file_options) {
	const [email, password] = ["owner@example.com", "a good password"];
	const register_data = JSON.parse((await client(base_url)).prepareRegister(email, password)).device;
	const customer_data = {name: "Owner", first_name: "Olga"};
	await post(`${base_url}/api/v1/customer/register`, {customer_data, email, register_data});
	const program = process.env["KEYFOLD_PROGRAM"] ?? "";
	await promisify(execFile)(program, ["customer", "validate", email, "--data", data]);
	const authorization = `Bearer ${await customerToken(base_url, email, password)}`;

	// Everything is allowed with either token.
	const {components} = await (await fetch(`${base_url}/api/v1/openapi.json`)).json();
	const options = Object.fromEntries(components.schemas.AppOptions.required.map((/** @type {string} */ name) => [name, 1]));
	const group_options = {max_key_rotation_month: 100, min_rank_key_rotation: 4};
	return post(`${base_url}/api/v1/customer/app`, {options, file_options, group_options}, {authorization});
}

/**
 * A login of a customer is that of a user at other addresses, and only the last answer is another one.
 *
 * @param {string} base_url @param {string} email @param {string} password
 * @returns {Promise<string>}
 */
async function customerToken(base_url, email, password) {
	const {fetch} = globalThis;
	let jwt = "";
	globalThis.fetch = async (input, init) => {
		const request = new Request(input, init);
		const url = request.url.replace("/api/v1/", "/api/v1/customer/");
		const {method, headers} = request;
		const answer = await fetch(url, {method, headers, body: await request.text()});
		if (url.endsWith("/verify_login")) {
			jwt = (await answer.clone().json()).result.verify.jwt;
		}
		return answer;
	};
	try {
		await (await client(base_url)).login(email, password).catch(() => {});
	} finally {
		globalThis.fetch = fetch;
	}
	return jwt;
}

/** @param {string} base_url */
async function client(base_url) {
	const store = new MemoryStorage();
	return createClient({base_url, app_token: "AAAA", storage: {getStorage: async () => store}});
}

/** @param {string} url @param {unknown} body @param {Record<string, string>} [headers] */
async function post(url, body, headers = {}) {
	const answer = await fetch(url, {
		method: "POST",
		headers: {"content-type": "application/json", ...headers},
		body: JSON.stringify(body),
	});
	const {status, result, err_msg} = await answer.json();
	if (status !== true) {
		throw new Error(`${url}: ${err_msg}`);
	}
	return result;
}
