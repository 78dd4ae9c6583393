// A block of a document, made ready to run.

/** @typedef {import("./manifest.js").Block} Block */

/**
 * The text with everything filled in that a reader fills in.
 *
 * @param {Block} block
 * @param {string} text as it stands in the document
 * @param {Record<string, any>} world
 */
export function filledIn({replace = {}, before, after}, text, world) {
	for (const [placeholder, name] of Object.entries(replace)) {
		if (!text.includes(placeholder)) {
			throw new Error(`the block has no ${placeholder}`);
		}
		if (placeholder.startsWith("(")) {
			// Code in the place of a description of it.
			text = text.replaceAll(placeholder, name);
			continue;
		}
		text = text.replaceAll(`"${placeholder}"`, JSON.stringify(world[name]));
		if (placeholder.startsWith("<")) {
			text = text.replaceAll(placeholder, world[name]);
		}
	}
	return [before, text, after].filter((part) => part !== undefined).join("\n");
}

/**
 * The members that a block shows, as JSON without its braces or as `name: value`.
 *
 * @param {string} text
 * @returns {Record<string, unknown>}
 */
export function membersOf(text) {
	if (text.trimStart().startsWith('"')) {
		return JSON.parse(`{${text.replace(/\/\/.*$/gm, "")}}`);
	}
	return Object.fromEntries(text.split("\n").map((line) => line.split(/: (.*)/s, 2)));
}

/**
 * The names that a module declares.
 *
 * @param {string} text
 */
export function declaredIn(text) {
	const declarations = [...text.matchAll(/^(?:const|let) (?:\[([^\]]+)\]|(\w+))/gm)];
	return declarations.flatMap(([, list, name = ""]) => list?.split(",").map((part) => part.trim()) ?? [name]);
}

/**
 * What the blocks find beside their situation.
 *
 * @param {typeof import("../../dist/esm/index.js").default} Sentc
 * @param {{base_url: string, app_token: string, secret_token: string, origin: string}} server `origin`: the app's own backend
 * @returns {import("./situations.js").World}
 */
export function emptyWorld(Sentc, {base_url, app_token, secret_token, origin}) {
	const endpoint = `${origin}/refresh`;
	return {
		Sentc,
		base_url,
		app_token,
		secret_token,
		identifier: "identifier",
		password: "password",
		endpoint,
		/** @param {string} old_jwt */
		endpoint_fn: async (old_jwt) => (await fetch(endpoint, {headers: {authorization: `Bearer ${old_jwt}`}})).text(),
		/** @param {string} token */
		keep: (token) => fetch(`${origin}/keep`, {method: "POST", body: token}),
		renewals: async () => (await fetch(`${origin}/renewals`)).json(),
	};
}

/**
 * What depends on the situation and is asked for by placeholders.
 *
 * @param {import("./situations.js").World} world
 */
export function complete(world) {
	if (world["user"] !== undefined) {
		world["jwt"] = world["user"].data.jwt;
	}
	if (world["other"] !== undefined) {
		world["other_key_id"] = world["other"].data.newest_key_id;
	}
}
