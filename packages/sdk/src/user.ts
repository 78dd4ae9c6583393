import {platform} from "#platform";

import * as core from "../wasm/keyfold_wasm.js";
import {apart, decoded, encoded, joined, plainText, signer} from "./content.js";
import type {Environment} from "./environment.js";
import {KeyfoldError, codes} from "./error.js";
import {
	type CreateParameters,
	type DescribedParameters,
	type DownloadParameters,
	FileAccess,
	type UploadParameters,
	downloaded,
	downloadedAsDescribed,
	uploadOptions,
	withoutSize,
} from "./file/access.js";
import type {StoredFile} from "./file/download.js";
import type {ProgressCallback, UploadOptions} from "./file/options.js";
import type {FileInput, WritableFileHandle} from "./file/source.js";
import type {Upload} from "./file/upload.js";
import {Group} from "./group.js";
import {handle_server_response, make_req} from "./http.js";
import {deleteFromElsewhere} from "./other_device.js";
import type {Bytes, DownloadFile, DownloadedFile, OtherDownloadFile, OtherDownloadedFile} from "./platform_types.js";
import {NON_REGISTERED, SymKey} from "./sym_key.js";
import type {
	CryptoRawOutput,
	FileCreateOutput,
	FileMetaInformation,
	FilePrepareCreateOutput,
	GroupInviteListItem,
	GroupList,
	GroupOutDataHmacKeys,
	OtpRegister,
	PartListItem,
	StoredKeyListItem,
	UserData,
	UserDeviceList,
	UserInformation,
	UserKeyData,
	UserPublicKeyData,
	VerifyLevel,
} from "./types.js";

/**
 * A user who is logged in on this device.
 *
 * Actions on the account ask for the password again. Where the user has a second factor, they also take its code (or a
 * recovery key, and then `mfa_recovery` is true). Lists come in pages of 50: hand in the last item of a page to get the next one.
 */
export class User {
	readonly #core: core.User;

	readonly #environment: Environment;

	readonly #files: FileAccess;

	#data: UserData | undefined;

	/** Origin of the server. */
	readonly base_url: string;

	/** Public token of the app. */
	readonly app_token: string;

	/** @internal */
	constructor(user: core.User, environment: Environment) {
		this.#core = user;
		this.#environment = environment;
		this.base_url = environment.base_url;
		this.app_token = environment.app_token;
		this.#files = new FileAccess(user, (name, to, sign) => user.prepareFile(name, to, sign), {
			...environment,
			signKey: () => this.getNewestSignKey(),
			parts: (file_id, last_sequence) => this.fileParts(file_id, last_sequence),
		});
	}

	/**
	 * What is known about the user and the session, at this moment: one object until something else is known. The keys in it are put
	 * together when they are read.
	 */
	get data(): UserData {
		const {id, deviceId, hasMfa, newestKeyId, currentJwt, refreshToken} = this.#core;
		const now: UserInformation = {
			user_id: id,
			device_id: deviceId,
			mfa: hasMfa,
			newest_key_id: newestKeyId,
			jwt: currentJwt,
			refresh_token: refreshToken ?? "",
		};
		// An object that the app has written into is not what is known, either.
		if (this.#data === undefined || !holds(this.#data, now)) {
			this.#data = withKeys(now, this.#core);
		}
		return this.#data;
	}

	/** The same as {@link data}. */
	get user_data(): UserData {
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

	/**
	 * Changes the password of this device, which stays logged in, in a session that is new. Where your own server renews access tokens,
	 * hand it `data.refresh_token` again, as after a login: the one that it keeps has ended (`server_114` there, `client_423` here).
	 */
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

	/**
	 * Deletes the account with all its devices.
	 *
	 * @param identifier of the device whose password it is; by default of this one
	 */
	async deleteUser(password: string, mfa_token?: string, mfa_recovery?: boolean, identifier?: string): Promise<void> {
		if (identifier !== undefined && identifier !== this.identifier) {
			const device = {identifier, password, mfa_token, mfa_recovery};
			await deleteFromElsewhere(this.#environment, this.#core.id, "user", device);
			return this.logOut();
		}
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
	 *
	 * @param page 0 for the body; further pages hold the keys behind the first 50
	 */
	async prepareRegisterDevice(server_output: string, page = 0): Promise<PreparedDevice> {
		const pages = await this.#core.prepareRegisterDevice(server_output);
		const input = pages[page];
		if (input === undefined) {
			throw new KeyfoldError(codes.configuration, "the user does not have that many keys");
		}
		const exported_public_key = deviceKeyOf(server_output);
		return {
			input,
			exported_public_key,
			exportedPublicKey: exported_public_key,
			session_inputs: pages.slice(1),
			get_input: () => input,
			get_public_key: () => exported_public_key,
		};
	}

	/**
	 * Removes a device from the account.
	 *
	 * @param identifier of the device whose password it is; by default of this one
	 */
	async deleteDevice(
		password: string,
		device_id: string,
		mfa_token?: string,
		mfa_recovery?: boolean,
		identifier?: string,
	): Promise<void> {
		if (identifier !== undefined && identifier !== this.identifier) {
			const device = {identifier, password, mfa_token, mfa_recovery};
			const path = `user/device/${encodeURIComponent(device_id)}`;
			await deleteFromElsewhere(this.#environment, this.#core.id, path, device);
			return device_id === this.#core.deviceId ? this.logOut() : undefined;
		}
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

	/**
	 * Fetches a generation of keys that is not loaded. Encryption and decryption do so by themselves.
	 *
	 * @param _first the newest generation is known by its time, not by this
	 */
	async fetchUserKey(key_id: string, _first = false): Promise<void> {
		return this.#core.loadKey(key_id);
	}

	/** The newest generation of keys. */
	getNewestKey(): UserKeyData {
		return this.#generation(this.#core.newestKeyId);
	}

	/** A group key of the user in text form, fetched if need be. Secret. */
	async getUserSymKey(key_id: string): Promise<string> {
		return (await this.#loaded(key_id)).group_key;
	}

	/** A private key in text form, fetched if need be. Secret. */
	async getPrivateKey(key_id: string): Promise<string> {
		return (await this.#loaded(key_id)).private_key;
	}

	/** As {@link getPrivateKey}, of a generation that is loaded. */
	getPrivateKeySync(key_id: string): string {
		return this.#generation(key_id).private_key;
	}

	/** The newest public key of a user. */
	async getPublicKey(user_id: string): Promise<UserPublicKeyData> {
		return this.#environment.client.publicKey(user_id);
	}

	/** @internal A verify key of a user, by its id. */
	async verifyKeyOf(user_id: string, verify_key_id: string): Promise<string> {
		return this.#environment.client.verifyKey(user_id, verify_key_id);
	}

	/** The newest own public key, in the internal form. */
	getNewestPublicKey(): string {
		return this.getNewestKey().public_key;
	}

	/** The newest own sign key in text form. Secret. */
	getNewestSignKey(): string {
		return this.getNewestKey().sign_key;
	}

	/** As {@link getNewestSignKey}. */
	async getSignKey(): Promise<string> {
		return this.getNewestSignKey();
	}

	/** As {@link getNewestSignKey}. */
	getSignKeySync(): string {
		return this.getNewestSignKey();
	}

	/** The newest own search key in text form. Secret. */
	getNewestHmacKey(): string {
		const [newest] = this.#core.searchKeys();
		if (newest === undefined) {
			throw new KeyfoldError(codes.keyNotLoaded, "the user has no search key");
		}
		return newest;
	}

	/** Opens own search keys that the app's own backend has fetched: their text forms. Secret. */
	async decryptHmacKeys(keys: readonly GroupOutDataHmacKeys[]): Promise<string[]> {
		return Promise.all(keys.map(({key_data}) => this.#core.decryptSearchKey(key_data)));
	}

	#generation(key_id: string): UserKeyData {
		const keys = this.#core.keys().find(({group_key_id}) => group_key_id === key_id);
		if (keys === undefined) {
			throw new KeyfoldError(codes.keyNotLoaded, `the key ${key_id} is not loaded`);
		}
		return keys;
	}

	async #loaded(key_id: string): Promise<UserKeyData> {
		await this.#core.loadKey(key_id);
		return this.#generation(key_id);
	}

	/** The number that two users compare to be sure of each other's verify keys; without the other, that of the own key. */
	async createSafetyNumber(other?: {user_id: string; verify_key_id: string | undefined}): Promise<string> {
		if (other !== undefined && other.verify_key_id === undefined) {
			throw new KeyfoldError(codes.configuration, "the other user's public key names no verify key");
		}
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
	 * @param verify how the signatures of group keys are checked, see {@link VerifyLevel}
	 */
	async getGroup(group_id: string, group_as_member?: string, verify: VerifyLevel = 0): Promise<Group> {
		const through = group_as_member === undefined || group_as_member === "" ? undefined : group_as_member;
		const group = await (through === undefined ? this.#core.group(group_id) : this.#core.groupThrough(group_id, through));
		if (verify > 1) {
			await group.checkSignatures(verify);
		}
		return new Group(group, this, this.#environment);
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
	async encrypt(data: Uint8Array, reply_id: string, sign = false): Promise<Bytes> {
		return platform.bytes(joined(await this.#core.encryptRaw(data, reply_id, sign)));
	}

	/**
	 * Decrypts what was encrypted for this user. Keys that are missing are fetched.
	 *
	 * @param verify whether the content must be signed by `user_id`
	 */
	async decrypt(data: Uint8Array, verify = false, user_id?: string): Promise<Bytes> {
		return platform.bytes(await this.#core.decrypt(data, signer(verify, user_id)));
	}

	/** As {@link encrypt}, to base64. */
	async encryptString(data: string, reply_id: string, sign = false): Promise<string> {
		return encoded(await this.encrypt(new TextEncoder().encode(data), reply_id, sign));
	}

	/** As {@link decrypt}, from base64. */
	async decryptString(data: string, verify = false, user_id?: string): Promise<string> {
		return plainText(await this.decrypt(decoded(data), verify, user_id));
	}

	/**
	 * As {@link decrypt}, of what {@link encryptRaw} returned.
	 *
	 * @param verify_key the exported verify key with which the content must be signed
	 */
	async decryptRaw(head: string, data: Uint8Array, verify_key?: string | null): Promise<Bytes> {
		return platform.bytes(await this.#core.decryptRaw(head, data, verify_key));
	}

	/** As {@link encrypt}, with the head apart. */
	async encryptRaw(data: Uint8Array, reply_id: string, sign = false): Promise<CryptoRawOutput> {
		return apart(await this.#core.encryptRaw(data, reply_id, sign));
	}

	/** As {@link encryptRaw}, to an exported public key. */
	encryptRawSync(data: Uint8Array, reply_public_key: string, sign = false): CryptoRawOutput {
		return apart(this.#core.encryptRawTo(data, reply_public_key, sign));
	}

	/** As {@link encrypt}, to an exported public key. */
	encryptSync(data: Uint8Array, reply_public_key: string, sign = false): Bytes {
		return platform.bytes(this.#core.encryptTo(data, reply_public_key, sign));
	}

	/** As {@link encryptString}, to an exported public key. */
	encryptStringSync(data: string, reply_public_key: string, sign = false): string {
		return encoded(this.encryptSync(new TextEncoder().encode(data), reply_public_key, sign));
	}

	/** As {@link decryptRaw}, with the keys that are loaded. */
	decryptRawSync(head: string, data: Uint8Array, verify_key?: string | null): Bytes {
		return platform.bytes(this.#core.decryptRawSync(head, data, verify_key));
	}

	/**
	 * As {@link decrypt}, with the keys that are loaded.
	 *
	 * @param verify_key the exported verify key with which the content must be signed
	 */
	decryptSync(data: Uint8Array, verify_key?: string | null): Bytes {
		return platform.bytes(this.#core.decryptSync(data, verify_key));
	}

	/** As {@link decryptSync}, from base64. */
	decryptStringSync(data: string, verify_key?: string | null): string {
		return plainText(this.decryptSync(decoded(data), verify_key));
	}

	// Keys of the app's own

	/**
	 * Makes a key for a user, also for oneself, that the app keeps.
	 *
	 * @returns the key, and its encrypted form to be stored together with `master_key_id`
	 */
	async generateNonRegisteredKey(reply_id: string): Promise<[SymKey, string]> {
		const made = await this.#core.generateKey(reply_id);
		return [this.#symKey(made.takeKey(), NON_REGISTERED, made.masterKeyId), made.sealed];
	}

	/** Opens the encrypted form of a key that {@link generateNonRegisteredKey} returned. */
	async getNonRegisteredKey(master_key_id: string, key: string): Promise<SymKey> {
		return this.#symKey(await this.#core.openGeneratedKey(key), NON_REGISTERED, master_key_id);
	}

	/** Makes a key for a user that the server keeps. */
	async registerKey(reply_id: string): Promise<SymKey> {
		const key = await this.#core.storeKey(reply_id);
		return this.#symKey(key, key.id, (await this.getPublicKey(reply_id)).public_key_id);
	}

	/** Fetches a key that the server keeps. */
	async fetchKey(key_id: string, master_key_id: string): Promise<SymKey> {
		return this.#symKey(await this.#core.storedKey(key_id), key_id, master_key_id);
	}

	/** The keys that the server keeps under one generation of the user's keys. */
	async getKeys(master_key_id: string, last_item?: StoredKeyListItem | null): Promise<StoredKeyListItem[]> {
		return this.#core.storedKeys(master_key_id, last_item?.time, last_item?.key_id);
	}

	/** Deletes a key that this user has stored. */
	async deleteKey(key_id: string): Promise<void> {
		return this.#core.deleteStoredKey(key_id);
	}

	#symKey(key: core.SymmetricKey | undefined, key_id: string, master_key_id: string): SymKey {
		const text = key?.export() ?? "";
		return new SymKey(this.base_url, this.app_token, text, key_id, master_key_id, this.getNewestSignKey());
	}

	// Files

	/**
	 * Encrypts and uploads a file for this user, or for another one.
	 *
	 * @param file a `File` or `Blob`, bytes, a stream, or an open file of Node's
	 * @param reply_id for whom the file is; by default for this user alone
	 * @param upload_callback called with how much is through, up to 1
	 */
	createFile(
		file: FileInput,
		sign?: boolean,
		reply_id?: string,
		upload_callback?: ProgressCallback,
	): Promise<FileCreateOutput>;
	/** The same with a name, which other things than a `File` do not bring along. */
	createFile(
		file: FileInput,
		file_name: string,
		sign?: boolean,
		reply_id?: string,
		upload_callback?: ProgressCallback,
	): Promise<FileCreateOutput>;
	/** The same with all settings by name. */
	createFile(file: FileInput, options: UploadOptions): Promise<FileCreateOutput>;
	async createFile(file: FileInput, ...parameters: CreateParameters): Promise<FileCreateOutput> {
		return this.#files.create(file, uploadOptions(parameters, true));
	}

	/** As {@link createFile}, of a file of this machine (Node). Its name goes along. */
	async createFileWithPath(
		path: string,
		sign = false,
		reply_id = "",
		upload_callback?: ProgressCallback,
	): Promise<FileCreateOutput> {
		return this.#files.createFromPath(path, uploadOptions([sign, reply_id, upload_callback], true));
	}

	/** Registers a file whose content is sent later, and can go on after an interruption. */
	async beginUpload(options: UploadOptions = {}): Promise<Upload> {
		return this.#files.begin(options);
	}

	/** Goes on with an upload whose `export()` was kept. */
	resumeUpload(exported: string): Upload {
		return this.#files.resume(exported);
	}

	/** The body for `POST /api/v1/file`, for apps that send it from their own backend. Only the name of `file` is read. */
	async prepareRegisterFile(file: {name?: string}, reply_id = ""): Promise<FilePrepareCreateOutput> {
		return this.#files.prepare(file.name, reply_id);
	}

	/** Reads the answer to that request: the id of the file, and that of the upload session. */
	doneFileRegister(server_output: string): [file_id: string, session_id: string] {
		return this.#files.done(server_output);
	}

	/** Uploads the content of a file that was registered by the app's own backend. */
	uploadFile(
		file: FileInput,
		content_key: SymKey,
		session_id: string,
		sign?: boolean,
		upload_callback?: ProgressCallback,
	): Promise<void>;
	/** The same with the size, which is found out anyway. */
	uploadFile(
		file: FileInput,
		file_size: number,
		content_key: SymKey,
		session_id: string,
		sign?: boolean,
		upload_callback?: ProgressCallback,
	): Promise<void>;
	async uploadFile(file: FileInput, ...parameters: UploadParameters): Promise<void> {
		return this.#files.upload(file, ...withoutSize(parameters));
	}

	/** The description of a file, and its content key. */
	async downloadFileMetaInfo(file_id: string, _verify_key?: string | null): Promise<[FileMetaInformation, SymKey]> {
		const {meta, key} = await this.#files.open(file_id);
		return [meta, key];
	}

	/**
	 * Downloads a file whose description is known.
	 *
	 * @param verify_key the exported verify key with which each part must be signed; empty for none
	 * @returns an address for links, images and `fetch`. Revoke it (`URL.revokeObjectURL`) when done.
	 */
	downloadFileWithMetaInfo(
		key: SymKey,
		file_meta: FileMetaInformation,
		verify_key?: string | null,
		progress?: ProgressCallback,
	): Promise<string>;
	/** The same into an open file (Node), where the last writing into it ended. */
	downloadFileWithMetaInfo(
		file: WritableFileHandle,
		key: SymKey,
		file_meta: FileMetaInformation,
		verify_key?: string | null,
		progress?: ProgressCallback,
	): Promise<undefined>;
	async downloadFileWithMetaInfo(
		...parameters: DescribedParameters | [file: WritableFileHandle, ...DescribedParameters]
	): Promise<string | undefined> {
		return downloadedAsDescribed(this.#files, parameters);
	}

	/** As {@link downloadFile} in browsers (Node). */
	downloadFile(...parameters: OtherDownloadFile): Promise<OtherDownloadedFile>;
	/**
	 * Downloads a file: in browsers to an address for links, images and `fetch`, in Node into a folder.
	 *
	 * `verify_key` is the exported verify key with which each part must be signed; empty for none.
	 *
	 * @returns in browsers the address, the description and the content key; in Node the latter two
	 */
	downloadFile(...parameters: DownloadFile): Promise<DownloadedFile>;
	async downloadFile(
		...parameters: DownloadParameters
	): Promise<[string, FileMetaInformation, SymKey] | [FileMetaInformation, SymKey]> {
		return downloaded(this.#files, parameters);
	}

	/** A file, to be read as a stream, as bytes, as a `Blob`, at an address, or into a folder. */
	async getFile(file_id: string): Promise<StoredFile> {
		return this.#files.open(file_id);
	}

	/** Gives a file another name, or takes it away. */
	async updateFileName(file_id: string, content_key: SymKey, name?: string): Promise<void> {
		const body = JSON.stringify({encrypted_file_name: name === undefined ? null : content_key.encryptString(name)});
		const url = `${this.base_url}/api/v1/file/${encodeURIComponent(file_id)}`;
		handle_server_response(await make_req("PUT", url, this.app_token, body, await this.getJwt()));
	}

	/** Deletes a file that this user has uploaded. */
	async deleteFile(file_id: string): Promise<void> {
		return this.#files.delete(file_id);
	}

	/**
	 * The parts of a file behind the one with this number, 500 at most.
	 *
	 * @param group_as_member the group through which the user has access to the file's group
	 */
	async fileParts(file_id: string, last_sequence = 0, group_as_member?: string): Promise<PartListItem[]> {
		const url = `${this.base_url}/api/v1/file/${encodeURIComponent(file_id)}/part_fetch/${last_sequence}`;
		const jwt = await this.getJwt();
		return handle_server_response(await make_req("GET", url, this.app_token, undefined, jwt, group_as_member));
	}
}

/** What adds a device, in the forms that apps know. */
export interface PreparedDevice {
	/** The body. */
	input: string;
	/** The public key of the new device. */
	exported_public_key: string;
	/** The same. */
	exportedPublicKey: string;
	/** Bodies of the uploads that follow if the user has more than 50 keys. */
	session_inputs: string[];
	/** The same as `input`. */
	get_input(): string;
	/** The same as `exported_public_key`. */
	get_public_key(): string;
}

function holds(data: UserInformation, known: UserInformation): boolean {
	return Object.entries(known).every(([name, value]) => data[name as keyof UserInformation] === value);
}

function withKeys(known: UserInformation, user: core.User): UserData {
	let keys: UserKeyData[] = [];
	const generations = (): UserKeyData[] => {
		// Any call may have loaded one more.
		const loaded = user.keys();
		keys = JSON.stringify(loaded) === JSON.stringify(keys) ? keys : loaded;
		return keys;
	};
	return {
		...known,
		get device() {
			return user.deviceKeys();
		},
		get user_keys() {
			return generations();
		},
		get key_map() {
			return new Map(generations().map(({group_key_id}, place) => [group_key_id, place]));
		},
		get hmac_keys() {
			return user.searchKeys();
		},
	};
}

function deviceKeyOf(server_output: string): string {
	const {public_key_string, keypair_encrypt_alg, device_id} = handle_server_response<{
		public_key_string?: string;
		keypair_encrypt_alg?: string;
		device_id?: string;
	}>(server_output);
	return JSON.stringify({
		public_key_pem: public_key_string,
		public_key_alg: keypair_encrypt_alg,
		public_key_id: device_id,
	});
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
