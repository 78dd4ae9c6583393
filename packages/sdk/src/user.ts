import * as core from "../wasm/keyfold_wasm.js";
import {signer} from "./content.js";
import {KeyfoldError, codes} from "./error.js";
import {Group} from "./group.js";
import type {
	CryptoRawOutput,
	GroupInviteListItem,
	GroupList,
	OtpRegister,
	UserDeviceList,
	UserInformation,
} from "./types.js";

/**
 * A user who is logged in on this device.
 *
 * Actions on the account ask for the password again. Where the user has a second factor, they also take its code (or a
 * recovery key, and then `mfa_recovery` is true). Lists come in pages of 50: hand in the last item of a page to get the next one.
 */
export class User {
	readonly #core: core.User;

	/** @internal */
	constructor(user: core.User) {
		this.#core = user;
	}

	/** What is known about the user and the session, at this moment. */
	get data(): UserInformation {
		const {id, deviceId, hasMfa, newestKeyId, refreshToken} = this.#core;
		return {
			user_id: id,
			device_id: deviceId,
			mfa: hasMfa,
			newest_key_id: newestKeyId,
			refresh_token: refreshToken ?? "",
		};
	}

	/** The same as {@link data}. */
	get user_data(): UserInformation {
		return this.data;
	}

	/** The identifier under which this device logs in. */
	get identifier(): string {
		return this.#core.identifier;
	}

	/** Invitations that were pending when `init` renewed the session. */
	get group_invites(): GroupInviteListItem[] {
		return this.#core.firstInvitations();
	}

	// Session and account

	/** An access token that is valid for at least some seconds; renewed if need be. */
	async getJwt(): Promise<string> {
		return this.#core.jwt();
	}

	/** Whether the user has a second factor. */
	enabledMfa(): boolean {
		return this.#core.hasMfa;
	}

	/** Changes the identifier of this device. */
	async updateUser(newIdentifier: string): Promise<void> {
		return this.#core.updateIdentifier(newIdentifier);
	}

	/** Changes the password of this device. */
	async changePassword(
		old_password: string,
		new_password: string,
		mfa_token?: string,
		mfa_recovery?: boolean,
	): Promise<void> {
		return this.#core.changePassword(old_password, new_password, factor(mfa_token, mfa_recovery));
	}

	/** Gives this device a new password without knowing the old one. */
	async resetPassword(new_password: string): Promise<void> {
		return this.#core.resetPassword(new_password);
	}

	/** Ends the session: removes the user's keys, tokens and groups from the store. */
	async logOut(): Promise<void> {
		return this.#core.logOut();
	}

	/** Deletes the account with all its devices. */
	async deleteUser(password: string, mfa_token?: string, mfa_recovery?: boolean): Promise<void> {
		return this.#core.deleteUser(password, factor(mfa_token, mfa_recovery));
	}

	// Second factor

	/**
	 * Gives the account a second factor.
	 *
	 * @returns the address for the authenticator app, and the recovery keys
	 */
	async registerOtp(
		issuer: string,
		audience: string,
		password: string,
		mfa_token?: string,
		mfa_recovery?: boolean,
	): Promise<[string, string[]]> {
		const secret = await this.#core.registerOtp(password, factor(mfa_token, mfa_recovery));
		return [secret.url(issuer, audience), secret.recoveryKeys];
	}

	/** As {@link registerOtp}, without the address. */
	async registerRawOtp(password: string, mfa_token?: string, mfa_recovery?: boolean): Promise<OtpRegister> {
		return raw(await this.#core.registerOtp(password, factor(mfa_token, mfa_recovery)));
	}

	/** Replaces the second factor and the recovery keys. */
	async resetOtp(
		issuer: string,
		audience: string,
		password: string,
		mfa_token?: string,
		mfa_recovery?: boolean,
	): Promise<[string, string[]]> {
		const secret = await this.#core.resetOtp(password, factor(mfa_token, mfa_recovery));
		return [secret.url(issuer, audience), secret.recoveryKeys];
	}

	/** As {@link resetOtp}, without the address. */
	async resetRawOtp(password: string, mfa_token?: string, mfa_recovery?: boolean): Promise<OtpRegister> {
		return raw(await this.#core.resetOtp(password, factor(mfa_token, mfa_recovery)));
	}

	/** Removes the second factor. */
	async disableOtp(password: string, mfa_token?: string, mfa_recovery?: boolean): Promise<void> {
		return this.#core.disableOtp(password, factor(mfa_token, mfa_recovery));
	}

	/** The recovery keys that are left. */
	async getOtpRecoverKeys(password: string, mfa_token?: string, mfa_recovery?: boolean): Promise<string[]> {
		return this.#core.otpRecoveryKeys(password, factor(mfa_token, mfa_recovery));
	}

	// Devices and keys

	/** The devices of the account, oldest first. */
	async getDevices(last_item?: UserDeviceList | null): Promise<UserDeviceList[]> {
		return this.#core.devices(last_item?.time, last_item?.device_id);
	}

	/** Adds a new device, by the text that `registerDeviceStart` returned on it. */
	async registerDevice(server_output: string): Promise<void> {
		return this.#core.registerDevice(server_output);
	}

	/**
	 * The body for `PUT /api/v1/user/done_register_device`, for apps that send it from their own backend, and the bodies of
	 * the uploads that follow if the user has more than 50 keys.
	 */
	async prepareRegisterDevice(server_output: string): Promise<{input: string; session_inputs: string[]}> {
		const [input = "", ...session_inputs] = await this.#core.prepareRegisterDevice(server_output);
		return {input, session_inputs};
	}

	/** Removes a device from the account. */
	async deleteDevice(
		password: string,
		device_id: string,
		mfa_token?: string,
		mfa_recovery?: boolean,
	): Promise<void> {
		return this.#core.deleteDevice(password, device_id, factor(mfa_token, mfa_recovery));
	}

	/** Makes a new generation of user keys. */
	async keyRotation(): Promise<void> {
		return this.#core.rotateKeys();
	}

	/** Takes over the keys that the user's other devices have made. */
	async finishKeyRotation(): Promise<void> {
		return this.#core.finishKeyRotation();
	}

	/** The number that two users compare to be sure of each other's verify keys; without the other, that of the own key. */
	async createSafetyNumber(other?: {user_id: string; verify_key_id: string}): Promise<string> {
		return this.#core.safetyNumber(other?.user_id, other?.verify_key_id);
	}

	// Groups

	/** Makes a group of which this user is the creator. Resolves to its id. */
	async createGroup(sign = false): Promise<string> {
		return this.#core.createGroup(sign);
	}

	/** The body for `POST /api/v1/group`, for apps that send it from their own backend. */
	prepareGroupCreate(sign = false): string {
		return this.#core.prepareCreateGroup(sign);
	}

	/**
	 * Loads a group with its keys.
	 *
	 * @param group_as_member the group through which the user has access, if it is not the user who is a member
	 */
	async getGroup(group_id: string, group_as_member?: string): Promise<Group> {
		const through = group_as_member === undefined || group_as_member === "" ? undefined : group_as_member;
		const group = through === undefined ? this.#core.group(group_id) : this.#core.groupThrough(group_id, through);
		return new Group(await group);
	}

	/** The groups that the user is a direct member of. */
	async getGroups(last_item?: GroupList | null): Promise<GroupList[]> {
		return this.#core.groups(last_item?.time, last_item?.group_id);
	}

	/** Invitations that wait for the user. */
	async getGroupInvites(last_item?: GroupInviteListItem | null): Promise<GroupInviteListItem[]> {
		return this.#core.invitations(last_item?.time, last_item?.group_id);
	}

	/** Accepts an invitation. */
	async acceptGroupInvite(group_id: string): Promise<void> {
		return this.#core.acceptInvitation(group_id);
	}

	/** Declines an invitation. */
	async rejectGroupInvite(group_id: string): Promise<void> {
		return this.#core.rejectInvitation(group_id);
	}

	/** Asks to join a group. */
	async groupJoinRequest(group_id: string): Promise<void> {
		return this.#core.requestToJoin(group_id);
	}

	/** Requests to join that the user has sent. */
	async sentJoinReq(last_item?: GroupInviteListItem | null): Promise<GroupInviteListItem[]> {
		return this.#core.sentJoinRequests(last_item?.time, last_item?.group_id);
	}

	/** Takes a request to join back. */
	async deleteJoinReq(group_id: string): Promise<void> {
		return this.#core.withdrawJoinRequest(group_id);
	}

	// Contents

	/**
	 * Encrypts for a user, also for oneself.
	 *
	 * @param reply_id id of the recipient
	 * @param sign whether to sign with the user's newest sign key
	 */
	async encrypt(data: Uint8Array, reply_id: string, sign = false): Promise<Uint8Array> {
		return this.#core.encrypt(data, reply_id, sign);
	}

	/**
	 * Decrypts what was encrypted for this user. Keys that are missing are fetched.
	 *
	 * @param verify whether the content must be signed by `user_id`
	 */
	async decrypt(data: Uint8Array, verify = false, user_id?: string): Promise<Uint8Array> {
		return this.#core.decrypt(data, signer(verify, user_id));
	}

	/** As {@link encrypt}, to base64. */
	async encryptString(data: string, reply_id: string, sign = false): Promise<string> {
		return this.#core.encryptString(data, reply_id, sign);
	}

	/** As {@link decrypt}, from base64. */
	async decryptString(data: string, verify = false, user_id?: string): Promise<string> {
		return this.#core.decryptString(data, signer(verify, user_id));
	}

	/** As {@link decrypt}, of what {@link encryptRaw} returned; signatures are not looked at. */
	async decryptRaw(head: string, data: Uint8Array): Promise<Uint8Array> {
		return this.#core.decryptRaw(head, data);
	}

	/** As {@link encrypt}, with the head apart. */
	async encryptRaw(data: Uint8Array, reply_id: string, sign = false): Promise<CryptoRawOutput> {
		const raw = await this.#core.encryptRaw(data, reply_id, sign);
		return {head: raw.head(), data: raw.payload()};
	}
}

function factor(token: string | undefined, recovery: boolean | undefined): core.SecondFactor {
	if (token !== undefined && recovery === undefined) {
		throw new KeyfoldError(codes.configuration, "with a token, say whether it is a recovery key");
	}
	return new core.SecondFactor(token, recovery ?? false);
}

function raw({secret, algorithm, recoveryKeys}: core.OtpSecret): OtpRegister {
	return {secret, alg: algorithm, recover: recoveryKeys};
}
