import {list, members, opened, path, text} from "./api.js";
import {KeyfoldError, codes} from "./error.js";
import {Group, loadGroup} from "./group.js";
import {type Factor, attempt, factor, mfaRequired, prove, secondFactor} from "./login.js";
import type {Session} from "./session.js";
import type {
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
	readonly #session: Session;

	readonly #signal: AbortSignal | undefined;

	/** Invitations that were pending when `init` renewed the session. */
	readonly group_invites: GroupInviteListItem[];

	/** @internal */
	constructor(session: Session, signal?: AbortSignal, invitations: GroupInviteListItem[] = []) {
		this.#session = session;
		this.#signal = signal;
		this.group_invites = invitations;
	}

	/** The same user, whose requests end with `client_433` when the signal comes. */
	withSignal(signal: AbortSignal): User {
		return new User(this.#session, signal, this.group_invites);
	}

	/** What is known about the user and the session, at this moment. */
	get data(): UserInformation {
		const {user_id, device_id, device, mfa, jwt} = this.#session.state;
		return {user_id, device_id, device: {...device}, mfa, jwt, refresh_token: this.#session.refresh_token};
	}

	/** The same as {@link data}. */
	get user_data(): UserInformation {
		return this.data;
	}

	/** The identifier under which this device logs in. */
	get identifier(): string {
		return this.#session.state.identifier;
	}

	// Session and account

	/** An access token that is valid for at least some seconds; renewed if need be. */
	async getJwt(): Promise<string> {
		return this.#session.accessToken(this.#signal);
	}

	/** Whether the user has a second factor. */
	enabledMfa(): boolean {
		return this.#session.state.mfa;
	}

	/**
	 * Changes the identifier of this device.
	 *
	 * @throws KeyfoldError `server_101`: it is taken
	 */
	async updateUser(newIdentifier: string): Promise<void> {
		if (newIdentifier === "") {
			throw new KeyfoldError(codes.emptyCredentials, "the identifier must not be empty");
		}
		await this.#call("PUT", path("user"), {user_identifier: newIdentifier});
		const old = this.identifier;
		if (old === newIdentifier) {
			return;
		}
		const {records} = this.#session.environment;
		await this.#session.change({identifier: newIdentifier});
		if ((await records.actualUser()) === old) {
			await records.setActualUser(newIdentifier);
		}
		await records.deleteSession(old);
	}

	/**
	 * Changes the password of this device, which stays logged in, in a session that is new. Where your own server renews access tokens,
	 * hand it `data.refresh_token` again, as after a login: the one that it keeps has ended (`server_114` there, `client_423` here).
	 *
	 * @throws KeyfoldError `server_112`: the old password is wrong; `client_10000`: the second factor is missing
	 */
	async changePassword(
		old_password: string,
		new_password: string,
		mfa_token?: string,
		mfa_recovery?: boolean,
	): Promise<void> {
		if (new_password === "") {
			throw new KeyfoldError(codes.emptyCredentials, "the password must not be empty");
		}
		const {jwt, refresh_token, login, keys} = await this.#freshLogin(old_password, factor(mfa_token, mfa_recovery));
		const body = login.changePassword(new_password, keys);
		const {api} = this.#session.environment;
		await api.call({method: "PUT", path: path("user", "update_pw"), body, signal: this.#signal}, jwt);
		await this.#session.replace(jwt, refresh_token);
	}

	/** Ends the session: removes the user's tokens and groups from the store. */
	async logOut(): Promise<void> {
		const {records} = this.#session.environment;
		const {identifier, groups} = this.#session.state;
		// First: from here on nothing that is under way writes a record of this user.
		this.#session.close();
		await records.deleteSession(identifier);
		if ((await records.actualUser()) === identifier) {
			await records.deleteActualUser();
		}
		for (const name of groups) {
			await records.delete(name);
		}
		await this.#session.revoke();
	}

	/**
	 * Deletes the account with all its devices.
	 *
	 * @throws KeyfoldError `server_112`: wrong password; `client_10000`: the second factor is missing
	 */
	async deleteUser(password: string, mfa_token?: string, mfa_recovery?: boolean): Promise<void> {
		await this.#freshCall("DELETE", path("user"), password, factor(mfa_token, mfa_recovery));
		await this.logOut();
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
		return address(issuer, audience, await this.registerRawOtp(password, mfa_token, mfa_recovery));
	}

	/** As {@link registerOtp}, without the address. */
	async registerRawOtp(password: string, mfa_token?: string, mfa_recovery?: boolean): Promise<OtpRegister> {
		return this.#newSecret("register_otp", password, factor(mfa_token, mfa_recovery));
	}

	/** Replaces the second factor and the recovery keys. */
	async resetOtp(
		issuer: string,
		audience: string,
		password: string,
		mfa_token?: string,
		mfa_recovery?: boolean,
	): Promise<[string, string[]]> {
		return address(issuer, audience, await this.resetRawOtp(password, mfa_token, mfa_recovery));
	}

	/** As {@link resetOtp}, without the address. */
	async resetRawOtp(password: string, mfa_token?: string, mfa_recovery?: boolean): Promise<OtpRegister> {
		return this.#newSecret("reset_otp", password, factor(mfa_token, mfa_recovery));
	}

	/** Removes the second factor. */
	async disableOtp(password: string, mfa_token?: string, mfa_recovery?: boolean): Promise<void> {
		await this.#freshCall("PATCH", path("user", "disable_otp"), password, factor(mfa_token, mfa_recovery));
		await this.#session.change({mfa: false});
	}

	/** The recovery keys that are left. */
	async getOtpRecoverKeys(password: string, mfa_token?: string, mfa_recovery?: boolean): Promise<string[]> {
		const second = factor(mfa_token, mfa_recovery);
		const answer = await this.#freshCall("GET", path("user", "otp_recovery_keys"), password, second);
		return list(members(answer)["keys"]);
	}

	// Devices

	/** The devices of the account, oldest first. */
	async getDevices(last_item?: UserDeviceList | null): Promise<UserDeviceList[]> {
		return list(await this.#call("GET", page(["user", "device"], last_item?.time, last_item?.device_id)));
	}

	/**
	 * Adds a new device, by the text that `registerDeviceStart` returned on it.
	 *
	 * @throws KeyfoldError `client_101`: it is no such text; `server_…`: it was used already
	 */
	async registerDevice(server_output: string): Promise<void> {
		const body = {user_group: {rank: null}, token: text(opened(server_output), "token")};
		await this.#call("PUT", path("user", "done_register_device_light"), body);
	}

	/**
	 * Removes a device from the account.
	 *
	 * @throws KeyfoldError `server_112`: wrong password; `server_115`: it is the last device
	 */
	async deleteDevice(
		password: string,
		device_id: string,
		mfa_token?: string,
		mfa_recovery?: boolean,
	): Promise<void> {
		const second = factor(mfa_token, mfa_recovery);
		await this.#freshCall("DELETE", path("user", "device", device_id), password, second);
		if (device_id === this.data.device_id) {
			await this.logOut();
		}
	}

	// Groups

	/** Makes a group of which this user is the creator. Resolves to its id. */
	async createGroup(): Promise<string> {
		return text(await this.#call("POST", path("group", "light")), "group_id");
	}

	/**
	 * Loads a group.
	 *
	 * @param group_as_member the group through which the user has access, if it is not the user who is a member
	 * @throws KeyfoldError `server_310`: no access
	 */
	async getGroup(group_id: string, group_as_member?: string): Promise<Group> {
		const acting_as = group_as_member === "" ? undefined : group_as_member;
		return new Group(this.#session, await loadGroup(this.#session, group_id, acting_as, this.#signal), this.#signal);
	}

	/** The groups that the user is a direct member of. */
	async getGroups(last_item?: GroupList | null): Promise<GroupList[]> {
		return list(await this.#call("GET", page(["group", "all"], last_item?.time, last_item?.group_id)));
	}

	/** Invitations that wait for the user. */
	async getGroupInvites(last_item?: GroupInviteListItem | null): Promise<GroupInviteListItem[]> {
		return list(await this.#call("GET", page(["group", "invite"], last_item?.time, last_item?.group_id)));
	}

	/** Accepts an invitation. */
	async acceptGroupInvite(group_id: string): Promise<void> {
		await this.#call("PATCH", path("group", group_id, "invite"));
	}

	/** Declines an invitation. */
	async rejectGroupInvite(group_id: string): Promise<void> {
		await this.#call("DELETE", path("group", group_id, "invite"));
	}

	/** Asks to join a group. */
	async groupJoinRequest(group_id: string): Promise<void> {
		await this.#call("PATCH", path("group", group_id, "join_req"));
	}

	/** Requests to join that the user has sent. */
	async sentJoinReq(last_item?: GroupInviteListItem | null): Promise<GroupInviteListItem[]> {
		return list(await this.#call("GET", page(["group", "joins"], last_item?.time, last_item?.group_id)));
	}

	/** Takes a request to join back. */
	async deleteJoinReq(group_id: string): Promise<void> {
		await this.#call("DELETE", path("group", "joins", group_id));
	}

	async #newSecret(endpoint: string, password: string, second: Factor | undefined): Promise<OtpRegister> {
		const answer = await this.#freshCall("PATCH", path("user", endpoint), password, second);
		const recover = list<string>(members(answer)["recover"]);
		const made = {secret: text(answer, "secret"), alg: text(answer, "alg"), recover};
		await this.#session.change({mfa: true});
		return made;
	}

	async #call(method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE", path: string, body?: object): Promise<unknown> {
		return this.#session.call({method, path, signal: this.#signal, ...(body !== undefined && {body})});
	}

	/** Sends a request with the token of a login that is made for it. The session stays as it is. */
	async #freshCall(
		method: "GET" | "PATCH" | "DELETE",
		path: string,
		password: string,
		second: Factor | undefined,
	): Promise<unknown> {
		const {jwt} = await this.#freshLogin(password, second);
		return this.#session.environment.api.call({method, path, signal: this.#signal}, jwt);
	}

	async #freshLogin(password: string, second: Factor | undefined) {
		const {api} = this.#session.environment;
		let made = await attempt(api, this.identifier, password, this.#session.state, this.#signal);
		if (made.keys === undefined) {
			if (second === undefined) {
				throw mfaRequired();
			}
			made = await secondFactor(api, made, second, this.#signal);
		}
		const verified = await prove(api, made, this.#signal);
		// Another account under this identifier must not be changed in the name of this one.
		if (verified.user_id !== this.data.user_id || verified.device_id !== this.data.device_id) {
			throw new KeyfoldError(codes.tokenForeign, "this identifier belongs to someone else now");
		}
		return {...verified, login: made.login, keys: made.keys ?? ""};
	}
}

/** The page of a list that begins behind an item, or the first one. */
export function page(segments: string[], time: number | undefined, id: string | undefined): string {
	return path(...segments, String(time ?? 0), id ?? "none");
}

function address(issuer: string, audience: string, {secret, recover}: OtpRegister): [string, string[]] {
	const [name, account] = [percentEncoded(issuer), percentEncoded(audience)];
	return [`otpauth://totp/${name}:${account}?secret=${secret}&algorithm=SHA256&issuer=${name}`, recover];
}

/** RFC 3986: everything but the unreserved characters. */
function percentEncoded(text: string): string {
	return encodeURIComponent(text).replaceAll(/[!'()*]/g, (letter) => `%${letter.charCodeAt(0).toString(16).toUpperCase()}`);
}
