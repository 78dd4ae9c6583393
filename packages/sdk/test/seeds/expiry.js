/**
 * What an access token says.
 *
 * @param {string} jwt
 * @returns {{aud: string, sub: string, exp: number}}
 */
export function decodeJwt(jwt) {
	return JSON.parse(atob((jwt.split(".")[1] ?? "").replaceAll("-", "+").replaceAll("_", "/")));
}

/**
 * Lets the access token run out, and demands that it is renewed in the way that the block chose.
 *
 * @param {import("./situations.js").World} world
 */
export async function renewed({Sentc, renewals, keep}) {
	await Sentc.register("identifier", "password");
	const user = await Sentc.login("identifier", "password", true);
	const old = await user.getJwt();
	await keep(user.data.refresh_token);
	const now = Date.now;
	Date.now = () => now() + 5 * 60_000;
	try {
		const fresh = await user.getJwt();
		const asked = await renewals();
		if (fresh === old || asked.length !== 1 || asked[0] !== old) {
			throw new Error(`not renewed as chosen: ${JSON.stringify({renewals: asked.length, changed: fresh !== old})}`);
		}
	} finally {
		Date.now = now;
	}
}
