// For bundlers that copy no files, and places that load none.
import Sentc from "keyfold-light/inline";

/** @param {import("keyfold-light/inline").SentcOptions} options */
async function session(options) {
	await Sentc.init(options);
	const [name, password] = Sentc.generateRegisterData();
	await Sentc.register(name, password);
	return (await Sentc.login(name, password, true)).identifier === name;
}

Object.assign(globalThis, {session});
