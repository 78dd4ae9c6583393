import {webcrypto} from "node:crypto";

/**
 * A server's side of an own storage, as far as the app's backend sees it: registered parts, and signed messages. It takes the place
 * of a real one where that would have to be made to fail, or to speak at a given time.
 */
export async function standIn() {
	const {publicKey, privateKey} = /** @type {webcrypto.CryptoKeyPair} */ (
		await crypto.subtle.generateKey("Ed25519", true, ["sign", "verify"])
	);
	const raw = Buffer.from(await crypto.subtle.exportKey("raw", publicKey)).toString("base64");
	const state = {
		/** What was asked, by method and path. @type {string[]} */
		asked: [],
		/** Refuses everything with this error. @type {number | undefined} */
		refuse: undefined,
		/** Ids of the parts that were registered. @type {string[]} */
		parts: [],
	};

	/** @type {import("keyfold-backend").Fetch} */
	const fetch = async (url, {method}) => {
		const call = `${method} ${new URL(url).pathname.replace("/api/v1", "")}`;
		state.asked.push(call);
		if (state.refuse !== undefined) {
			return Response.json({status: false, err_code: state.refuse, err_msg: "refused"}, {status: 400});
		}
		if (call === "GET /file/callback/key") {
			return Response.json({status: true, result: `whpk_${raw}`});
		}
		if (call.startsWith("PATCH /file/part/")) {
			const part_id = crypto.randomUUID();
			state.parts.push(part_id);
			return Response.json({status: true, result: {part_id}});
		}
		return Response.json({status: true, result: "Success"});
	};

	/** The headers of a signed message. @param {string} body @param {number} seconds */
	async function sign(body, seconds) {
		const id = crypto.randomUUID();
		const signature = await crypto.subtle.sign("Ed25519", privateKey, Buffer.from(`${id}.${seconds}.${body}`));
		return {
			"webhook-id": id,
			"webhook-timestamp": String(seconds),
			"webhook-signature": `v1a,${Buffer.from(signature).toString("base64")}`,
		};
	}

	return {state, fetch, sign, key: `whpk_${raw}`};
}
