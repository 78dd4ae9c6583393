import Sentc from "keyfold";

/**
 * What every app does: registers, logs in, encrypts for a group and decrypts again.
 *
 * @param {import("keyfold").SentcOptions} options
 */
export async function session(options) {
	await Sentc.init(options);
	const [name, password] = Sentc.generateRegisterData();
	await Sentc.register(name, password);
	const user = await Sentc.login(name, password, true);
	const group = await user.getGroup(await user.createGroup());
	return group.decryptString(await group.encryptString("through a bundler"));
}
