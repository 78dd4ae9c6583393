import {type CallOptions, type Sender, path} from "../http/sender.js";
import type {
	DeviceRegister,
	ForcedLogin,
	ForcedLoginLight,
	PreparedDevice,
	Prepared,
	PublicKey,
	RegisterInput,
	RegisterOutput,
	VerifyKey,
} from "./types.js";

/** Accounts of the app. An identifier is that of any device of the user. */
export class Users {
	readonly #sender: Sender;

	/** @internal */
	constructor(sender: Sender) {
		this.#sender = sender;
	}

	/** Whether no device of the app has this identifier. */
	async isIdentifierAvailable(identifier: string, options?: CallOptions): Promise<boolean> {
		const body = {user_identifier: identifier};
		const call = {...options, method: "POST", path: path`/exists`, body} as const;
		return (await this.#sender.send<{available: boolean}>(call)).available;
	}

	/**
	 * Creates a user with a first device. Apps with the usual settings let their backend alone do this.
	 *
	 * @param input what `Sentc.prepareRegister()` returned in the client
	 */
	async register(input: Prepared<RegisterInput>, options?: CallOptions): Promise<RegisterOutput> {
		return this.#sender.send({...options, method: "POST", path: path`/register`, body: input});
	}

	/** Creates a user without keys. */
	async registerLight(input: Prepared<DeviceRegister>, options?: CallOptions): Promise<RegisterOutput> {
		return this.#sender.send({...options, method: "POST", path: path`/register_light`, body: input});
	}

	/**
	 * Begins to add a device to an account: another device of the user confirms it.
	 *
	 * @param input what `Sentc.prepareRegisterDeviceStart()` returned in the client
	 */
	async prepareDevice(input: Prepared<DeviceRegister>, options?: CallOptions): Promise<PreparedDevice> {
		return this.#sender.send({...options, method: "POST", path: path`/user/prepare_register_device`, body: input});
	}

	/** Deletes the user with this identifier. `server_100`: there is none. */
	async delete(identifier: string, options?: CallOptions): Promise<void> {
		await this.#identified("PUT", path`/user/forced/delete`, identifier, options);
	}

	/** Deletes the user with this id. `server_100`: there is none. */
	async deleteById(user_id: string, options?: CallOptions): Promise<void> {
		await this.#sender.send({...options, method: "DELETE", path: path`/user/forced/delete/${user_id}`});
	}

	/**
	 * Lets a user begin again who has lost every password: under the same id, with one new device and new keys. What was
	 * encrypted for the user before cannot be read any more, and groups have to invite the user again.
	 *
	 * @param input what `Sentc.prepareRegister()` returned in the client, for an identifier that the user has
	 */
	async reset(input: Prepared<RegisterInput>, options?: CallOptions): Promise<void> {
		await this.#sender.send({...options, method: "PUT", path: path`/user/forced/reset_user`, body: input});
	}

	/** Gives a user without keys a new password. Without effect on other devices. */
	async resetPasswordLight(input: Prepared<DeviceRegister>, options?: CallOptions): Promise<void> {
		await this.#sender.send({...options, method: "PUT", path: path`/user/reset_pw_light`, body: input});
	}

	/** Takes away the second factor. */
	async disableOtp(identifier: string, options?: CallOptions): Promise<void> {
		await this.#identified("PUT", path`/user/forced/disable_otp`, identifier, options);
	}

	/** Ends every session of the user. Access tokens may stay valid until they expire, in at most five minutes. */
	async endSessions(identifier: string, options?: CallOptions): Promise<void> {
		await this.#identified("DELETE", path`/user/forced/sessions`, identifier, options);
	}

	/**
	 * Logs the user in on this device, without password and second factor. The keys stay encrypted: who has no password
	 * cannot open them. `server_112`: there is no such device.
	 */
	async login(identifier: string, options?: CallOptions): Promise<ForcedLogin> {
		return this.#identified("POST", path`/user/forced/login`, identifier, options);
	}

	/** The same for a user without keys. */
	async loginLight(identifier: string, options?: CallOptions): Promise<ForcedLoginLight> {
		return this.#identified("POST", path`/user/forced/login_light`, identifier, options);
	}

	/** A public key of the user, by default the newest. */
	async publicKey(user_id: string, key_id?: string, options?: CallOptions): Promise<PublicKey> {
		const newest = path`/user/${user_id}/public_key`;
		return this.#sender.send({...options, method: "GET", path: key_id === undefined ? newest : newest + path`/${key_id}`});
	}

	/** A verify key of the user. */
	async verifyKey(user_id: string, key_id: string, options?: CallOptions): Promise<VerifyKey> {
		return this.#sender.send({...options, method: "GET", path: path`/user/${user_id}/verify_key/${key_id}`});
	}

	#identified<T>(method: "PUT" | "POST" | "DELETE", path: string, user_identifier: string, options?: CallOptions): Promise<T> {
		return this.#sender.send({...options, method, path, body: {user_identifier}});
	}
}
