import {platform} from "#platform";

import * as core from "../wasm/keyfold_wasm.js";
import {BulkEnvelopes, isWorthwhile} from "./bulk.js";
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
import {type Contents, KnownKeys} from "./known_keys.js";
import type {
	Bytes,
	DownloadFile,
	DownloadedFile,
	OtherDownloadFile,
	OtherDownloadedFile,
	SortableNumber,
} from "./platform_types.js";
import {SyncEnvelopes} from "./sync_envelopes.js";
import {NON_REGISTERED, SymKey} from "./sym_key.js";
import type {
	AcceptOptions,
	CryptoRawOutput,
	FileCreateOutput,
	FileMetaInformation,
	FilePrepareCreateOutput,
	GroupChildrenListItem,
	GroupData,
	GroupInviteListItem,
	GroupJoinReqListItem,
	GroupKey,
	GroupList,
	GroupOutDataHmacKeys,
	GroupOutDataKeys,
	GroupOutDataSortableKeys,
	GroupUserListItem,
	StoredKeyListItem,
	VerifyLevel,
} from "./types.js";
import type {User} from "./user.js";

/**
 * A group, as one of its members sees it.
 *
 * Lists come in pages of 50: hand in the last item of a page to get the next one.
 */
export class Group {
	readonly #opened: core.Group | undefined;

	readonly #known: Partial<GroupData>;

	readonly #environment: Environment | undefined;

	readonly #files: FileAccess | undefined;

	readonly #loadedBulk = new BulkEnvelopes();

	readonly #sync = new SyncEnvelopes();

	/** Origin of the server. */
	readonly base_url: string;

	/** Public token of the app. */
	readonly app_token: string;

	/** Whose view of the group this is. */
	readonly user: User;

	/** @internal */
	constructor(group: core.Group, user: User, environment: Environment);
	/**
	 * A group of which only some data is known, for what needs no more than its keys: contents, search and sort. `user.getGroup`
	 * loads one that can do everything.
	 */
	constructor(data: Partial<GroupData>, base_url: string, app_token: string, user: User | null);
	constructor(
		group: core.Group | Partial<GroupData>,
		second: User | string,
		third: Environment | string,
		user?: User | null,
	) {
		if (group instanceof core.Group && typeof second === "object" && typeof third === "object") {
			this.#opened = group;
			this.#known = {};
			this.#environment = third;
			this.base_url = third.base_url;
			this.app_token = third.app_token;
			this.user = second;
			this.#files = new FileAccess(group, (name, _, sign) => group.prepareFile(name, sign), {
				...third,
				signKey: () => second.getNewestSignKey(),
				parts: (file_id, last_sequence) =>
					second.fileParts(file_id, last_sequence, group.data().access_by_group_as_member),
			});
		} else {
			this.#known = group as Partial<GroupData>;
			this.base_url = typeof second === "string" ? second : second.base_url;
			this.app_token = typeof third === "string" ? third : third.app_token;
			this.user = user as User;
		}
	}

	/** What is known about the group, at this moment. The keys in it are put together when they are read. */
	get data(): GroupData {
		const group = this.#opened;
		if (group === undefined) {
			return this.#known as GroupData;
		}
		let keys: GroupKey[] | undefined;
		const generations = (): GroupKey[] => (keys ??= group.keys());
		const {access_by_parent_group, ...known} = group.data();
		return {
			...known,
			access_by_parent_group,
			get keys() {
				return generations();
			},
			get key_map() {
				return new Map(generations().map(({group_key_id}, place) => [group_key_id, place]));
			},
			get hmac_keys() {
				return group.searchKeys();
			},
			get sortable_keys() {
				return group.sortKeys();
			},
		};
	}

	/**
	 * The generations of keys that a group has which the app itself made from data, in any order. A loaded group keeps its keys itself.
	 */
	set groupKeys(keys: GroupKey[]) {
		unloaded(this.#opened, this.#known).keys = keys;
	}

	/** Place in the `keys` of such a group by id. */
	set groupKeyMap(places: Map<string, number>) {
		unloaded(this.#opened, this.#known).key_map = places;
	}

	get #contents(): Contents {
		return this.#opened ?? new KnownKeys(this.#known, this.user);
	}

	get #core(): core.Group {
		return known(this.#opened);
	}

	/** Keys that the app itself put together can become others under the same id: they are not kept. */
	get #bulk(): BulkEnvelopes {
		return this.#opened === undefined ? new BulkEnvelopes() : this.#loadedBulk;
	}

	get #access(): FileAccess {
		return known(this.#files);
	}

	async #open(group: Promise<core.Group>, verify: VerifyLevel): Promise<Group> {
		const opened = await group;
		if (verify > 1) {
			await opened.checkSignatures(verify);
		}
		return new Group(opened, this.user, known(this.#environment));
	}

	// Groups below and beside this one

	/** The child groups; not the children of children. */
	async getChildren(last_item?: GroupChildrenListItem | null): Promise<GroupChildrenListItem[]> {
		return this.#core.children(last_item?.time, last_item?.group_id);
	}

	/**
	 * Loads a child group.
	 *
	 * @param verify as for `user.getGroup`
	 */
	async getChildGroup(group_id: string, verify: VerifyLevel = 0): Promise<Group> {
		return this.#open(this.#core.child(group_id), verify);
	}

	/**
	 * Loads a connected group that this group is a member of.
	 *
	 * @param verify as for `user.getGroup`
	 */
	async getConnectedGroup(group_id: string, verify: VerifyLevel = 0): Promise<Group> {
		return this.#open(this.#core.connected(group_id), verify);
	}

	/** Makes a child group: all members of this group have access to it. Resolves to its id. Needs rank 0 or 1. */
	async createChildGroup(sign = false): Promise<string> {
		return this.#core.createChild(sign);
	}

	/** Makes a connected group with this group as its first member. Resolves to its id. Needs rank 0 or 1. */
	async createConnectedGroup(sign = false): Promise<string> {
		return this.#core.createConnected(sign);
	}

	/**
	 * The body for `POST /api/v1/group/<id>/child` or `…/connected`, for apps that send it from their own backend.
	 *
	 * @returns the body, and the id of this group's key that it was made with
	 */
	prepareCreateChildGroup(sign = false): [string, string] {
		return this.#core.prepareCreateChild(sign);
	}

	// Members

	/** The other members, in the order in which they joined. */
	async getMember(last_item?: GroupUserListItem | null): Promise<GroupUserListItem[]> {
		return this.#core.members(last_item?.joined_time, last_item?.user_id);
	}

	/** Stops invitations and requests to join, or allows them again. Needs rank 0 or 1. */
	async stopInvites(): Promise<void> {
		return this.#core.toggleInvitations();
	}

	/**
	 * Invites a user, who may accept or decline.
	 *
	 * @param rank 1 to 4; by default 4, a member without rights over others
	 */
	async invite(user_id: string, rank?: number): Promise<void> {
		return this.#core.invite(user_id, rank);
	}

	/**
	 * Makes a user a member at once, without asking.
	 *
	 * @param rank as for {@link invite}
	 */
	async inviteAuto(user_id: string, rank?: number): Promise<void> {
		return this.#core.inviteAuto(user_id, rank);
	}

	/** Invites a group into this connected group. */
	async inviteGroup(group_id: string, rank?: number): Promise<void> {
		return this.#core.inviteGroup(group_id, rank);
	}

	/** Makes a group a member of this connected group at once. */
	async inviteGroupAuto(group_id: string, rank?: number): Promise<void> {
		return this.#core.inviteGroupAuto(group_id, rank);
	}

	/** Gives a member all keys anew, for example after an account reset. The rank stays. */
	async reInviteUser(user_id: string): Promise<void> {
		return this.#core.reInvite(user_id);
	}

	/** Gives a group that is a member all keys anew. The rank stays. */
	async reInviteGroup(group_id: string): Promise<void> {
		return this.#core.reInviteGroup(group_id);
	}

	/**
	 * The body for an invitation that the app's own backend sends.
	 *
	 * @param page 0 for the body; further pages hold the keys behind the first 50
	 * @param group whether the new member is a group
	 */
	async prepareKeysForNewMember(id: string, rank?: number, page = 0, group = false): Promise<string> {
		const body = (await this.#core.prepareKeysForNewMember(id, rank, group))[page];
		if (body === undefined) {
			throw new KeyfoldError(codes.configuration, "the group does not have that many keys");
		}
		return body;
	}

	/**
	 * Uploads the keys behind the first 50 for a new member whom the app's own backend invited.
	 *
	 * @param session_id from the answer to the invitation; empty if there was none
	 * @param auto whether the member was added without asking
	 * @param group whether the new member is a group
	 */
	async handleInviteSessionKeysForNewMember(session_id: string, id: string, auto = false, group = false): Promise<void> {
		if (session_id !== "") {
			const [, ...pages] = await this.#core.prepareKeysForNewMember(id, undefined, group);
			await this.#core.uploadSessionKeys(session_id, pages, auto);
		}
	}

	/** Requests to join. Needs rank 0, 1 or 2. */
	async getJoinRequests(last_item?: GroupJoinReqListItem | null): Promise<GroupJoinReqListItem[]> {
		return this.#core.joinRequests(last_item?.time, last_item?.user_id);
	}

	/**
	 * Accepts a request to join.
	 *
	 * @param user_type 0 for a user, 2 for a group, as in the request; 1, 3 and 4 are taken for the rank
	 * @param rank 1 to 4; by default 4
	 */
	acceptJoinRequest(user_id: string, user_type?: 0 | 1 | 2 | 3 | 4, rank?: number): Promise<void>;
	/** The same with settings by name. */
	acceptJoinRequest(user_id: string, options: AcceptOptions): Promise<void>;
	async acceptJoinRequest(user_id: string, second: 0 | 1 | 2 | 3 | 4 | AcceptOptions = 0, third?: number): Promise<void> {
		if (typeof second === "object") {
			return this.#core.acceptJoinRequest(user_id, second.user_type ?? 0, second.rank);
		}
		const is_rank = third === undefined && second !== 0 && second !== 2;
		return this.#core.acceptJoinRequest(user_id, is_rank ? 0 : second, is_rank ? second : third);
	}

	/** Declines a request to join. */
	async rejectJoinRequest(user_id: string): Promise<void> {
		return this.#core.rejectJoinRequest(user_id);
	}

	/** The body for `PUT /api/v1/group/<id>/change_rank`, for apps that send it from their own backend. */
	prepareUpdateRank(user_id: string, rank: number): string {
		return this.#core.prepareUpdateRank(user_id, rank);
	}

	/** Changes the rank of a member to 1, 2, 3 or 4. Needs rank 0 or 1. */
	async updateRank(user_id: string, rank: number): Promise<void> {
		return this.#core.updateRank(user_id, rank);
	}

	/** Removes a member. Needs rank 0, 1 or 2. Whoever was removed may have kept the keys: rotate them. */
	async kickUser(user_id: string): Promise<void> {
		return this.#core.kick(user_id);
	}

	/** Leaves the group. The last member with rank 0 or 1 cannot. */
	async leave(): Promise<void> {
		return this.#core.leave();
	}

	// The group as a member of connected groups

	/** The connected groups that this group is a member of. */
	async getGroups(last_item?: GroupList | null): Promise<GroupList[]> {
		return this.#core.groups(last_item?.time, last_item?.group_id);
	}

	/** Invitations that wait for this group. */
	async getGroupInvites(last_item?: GroupInviteListItem | null): Promise<GroupInviteListItem[]> {
		return this.#core.invitations(last_item?.time, last_item?.group_id);
	}

	/** Accepts an invitation in the name of this group. */
	async acceptGroupInvite(group_id: string): Promise<void> {
		return this.#core.acceptInvitation(group_id);
	}

	/** Declines an invitation in the name of this group. */
	async rejectGroupInvite(group_id: string): Promise<void> {
		return this.#core.rejectInvitation(group_id);
	}

	/** Asks to join a connected group in the name of this group. */
	async groupJoinRequest(group_id: string): Promise<void> {
		return this.#core.requestToJoin(group_id);
	}

	/** Requests to join that were sent in the name of this group. Needs rank 0 or 1. */
	async sentJoinReq(last_item?: GroupInviteListItem | null): Promise<GroupInviteListItem[]> {
		return this.#core.sentJoinRequests(last_item?.time, last_item?.group_id);
	}

	/** Takes a request to join back. */
	async deleteJoinReq(group_id: string): Promise<void> {
		return this.#core.withdrawJoinRequest(group_id);
	}

	// Keys

	/** Asks the server for changes: the own rank, and newer keys, which are loaded. */
	async groupUpdateCheck(): Promise<void> {
		return this.#core.update();
	}

	/** Makes a new generation of group keys. Older contents stay readable. Resolves to the new keys. */
	async keyRotation(sign = false): Promise<GroupKey> {
		await this.#core.rotateKeys(sign);
		return this.#generation(this.#core.data().newest_key_id);
	}

	/** The body for `POST /api/v1/group/<id>/key_rotation`, for apps that send it from their own backend. */
	async prepareKeyRotation(sign = false): Promise<string> {
		return this.#core.prepareKeyRotation(sign);
	}

	/**
	 * Takes over the keys that other members have made, and one of this member's that the app's own backend has sent.
	 *
	 * @param verify as for `user.getGroup`
	 */
	async finishKeyRotation(verify: VerifyLevel = 0): Promise<void> {
		await this.#core.finishKeyRotation(verify);
		// Of a key of its own a member is told by nobody: it is there for the member at once.
		await this.#core.update();
		if (verify > 1) {
			await this.#core.checkSignatures(verify);
		}
	}

	/** Loads generations of keys that are missing. Encryption and decryption do so by themselves. */
	async fetchKeys(_jwt?: string, verify: VerifyLevel = 0): Promise<void> {
		await this.#core.update();
		if (verify > 1) {
			await this.#core.checkSignatures(verify);
		}
	}

	/** An access token of the user. */
	async getJwt(): Promise<string> {
		return this.user.getJwt();
	}

	/** The group key that encrypts, and its id. Secret. */
	async getSymKeyToEncrypt(): Promise<[key: string, id: string]> {
		return this.getSymKeyToEncryptSync();
	}

	/** As {@link getSymKeyToEncrypt}. */
	getSymKeyToEncryptSync(): [key: string, id: string] {
		const id = this.#contents.useNewestKey();
		return [this.#contents.loadedKey(id).export(), id];
	}

	/** A group key in text form, fetched if need be. Secret. */
	async getSymKeyById(key_id: string): Promise<string> {
		return (await this.#contents.loadKey(key_id)).export();
	}

	/** As {@link getSymKeyById}, of a generation that is loaded. */
	getSymKeyByIdSync(key_id: string): string {
		return this.#generation(key_id).group_key;
	}

	/** The newest search key in text form. Secret. */
	getNewestHmacKey(): string {
		return first(this.data.hmac_keys);
	}

	/** The newest sort key in text form. Secret. */
	getNewestSortableKey(): string {
		return first(this.data.sortable_keys);
	}

	/**
	 * Opens keys of the group that the app's own backend has fetched. They are not added to those of the group, which loads what it
	 * needs by itself.
	 *
	 * @param keys `key_data` is the JSON of a key as `GET /api/v1/group/<id>` lists it; the other members are in it, too
	 * @param verify as for `user.getGroup`
	 */
	async decryptKey(keys: readonly GroupOutDataKeys[], verify: VerifyLevel = 0): Promise<GroupKey[]> {
		return this.#core.decryptKeys(`[${keys.map(({key_data}) => key_data).join(",")}]`, verify);
	}

	/** Opens search keys that the app's own backend has fetched: their text forms. Secret. */
	async decryptHmacKeys(keys: readonly GroupOutDataHmacKeys[]): Promise<string[]> {
		return Promise.all(keys.map(({key_data}) => this.#core.decryptSearchKey(key_data)));
	}

	/** Opens sort keys that the app's own backend has fetched: their text forms. Secret. */
	async decryptSortableKeys(keys: readonly GroupOutDataSortableKeys[]): Promise<string[]> {
		return Promise.all(keys.map(({key_data}) => this.#core.decryptSortKey(key_data)));
	}

	/** The user's newest sign key in text form. Secret. */
	async getSignKey(): Promise<string> {
		return this.user.getNewestSignKey();
	}

	/** As {@link getSignKey}. */
	getSignKeySync(): string {
		return this.user.getNewestSignKey();
	}

	#generation(key_id: string): GroupKey {
		const keys = this.data.keys.find(({group_key_id}) => group_key_id === key_id);
		if (keys === undefined) {
			throw new KeyfoldError(codes.keyNotLoaded, `the group key ${key_id} is not loaded`);
		}
		return keys;
	}

	/** Deletes the group with all its children. Needs rank 0 or 1. */
	async deleteGroup(): Promise<void> {
		return this.#core.deleteGroup();
	}

	// Contents

	/**
	 * Encrypts for all members, with the group's newest key.
	 *
	 * @param sign whether to sign with the user's newest sign key
	 */
	async encrypt(data: Uint8Array, sign = false): Promise<Bytes> {
		if (!isWorthwhile(data.length)) {
			return this.encryptSync(data, sign);
		}
		if (!sign) {
			const id = this.#contents.useNewestKey();
			const otherwise = (data: Uint8Array): Uint8Array => this.encryptSync(data);
			return platform.bytes(await this.#bulk.encrypt(id, async () => this.#loadedKey(id), data, otherwise));
		} else if (this.#opened !== undefined) {
			return platform.bytes(joined(await this.#opened.encryptRawBulk(data, sign)));
		}
		return this.encryptSync(data, sign);
	}

	/**
	 * Decrypts what a member encrypted. Keys that are missing are fetched.
	 *
	 * @param verify whether the content must be signed by `user_id`
	 */
	async decrypt(data: Uint8Array, verify = false, user_id?: string): Promise<Bytes> {
		const by = signer(verify, user_id);
		if (by === undefined) {
			const opened = isWorthwhile(data.length)
				? this.#bulk.decrypt(data, this.#rawKey, (data) => this.#contents.decrypt(data))
				: this.#atOnce(() => this.#sync.decrypt(data, this.#loadedKey));
			if (opened !== undefined) {
				return platform.bytes(await opened);
			}
		}
		return platform.bytes(await this.#contents.decrypt(data, by));
	}

	/** As {@link encrypt}, to base64. */
	async encryptString(data: string, sign = false): Promise<string> {
		if (isWorthwhile(data.length)) {
			return encoded(await this.encrypt(new TextEncoder().encode(data), sign));
		}
		return this.encryptStringSync(data, sign);
	}

	/** As {@link decrypt}, from base64. */
	async decryptString(data: string, verify = false, user_id?: string): Promise<string> {
		return plainText(await this.decrypt(decoded(data), verify, user_id));
	}

	/** As {@link encrypt}, with the head apart. */
	async encryptRaw(data: Uint8Array, sign = false): Promise<CryptoRawOutput> {
		if (!isWorthwhile(data.length)) {
			return this.encryptRawSync(data, sign);
		}
		if (!sign) {
			const id = this.#contents.useNewestKey();
			const otherwise = (data: Uint8Array): CryptoRawOutput => this.encryptRawSync(data);
			const sealed = await this.#bulk.encryptRaw(id, async () => this.#loadedKey(id), data, otherwise);
			return {head: sealed.head, data: platform.bytes(sealed.data)};
		} else if (this.#opened !== undefined) {
			return apart(await this.#opened.encryptRawBulk(data, sign));
		}
		return this.encryptRawSync(data, sign);
	}

	/**
	 * As {@link decrypt}, of what {@link encryptRaw} returned.
	 *
	 * @param verify_key the exported verify key with which the content must be signed
	 */
	async decryptRaw(head: string, data: Uint8Array, verify_key?: string | null): Promise<Bytes> {
		if (!demanded(verify_key)) {
			const opened = isWorthwhile(data.length)
				? this.#bulk.decryptRaw(head, data, this.#rawKey, (data) => this.#contents.decryptRaw(head, data))
				: this.#atOnce(() => this.#sync.decryptRaw(head, data, this.#loadedKey));
			if (opened !== undefined) {
				return platform.bytes(await opened);
			}
		}
		return platform.bytes(await this.#contents.decryptRaw(head, data, verify_key));
	}

	/** As {@link encrypt}. */
	encryptSync(data: Uint8Array, sign = false): Bytes {
		const sealed = sign ? undefined : this.#atOnce((id) => this.#sync.encrypt(id(), this.#loadedKey, data));
		return platform.bytes(sealed ?? this.#contents.encrypt(data, sign));
	}

	/** As {@link encryptString}. */
	encryptStringSync(data: string, sign = false): string {
		return encoded(this.encryptSync(new TextEncoder().encode(data), sign));
	}

	/**
	 * As {@link decrypt}, with the keys that are loaded.
	 *
	 * @param verify_key the exported verify key with which the content must be signed
	 */
	decryptSync(data: Uint8Array, verify_key?: string | null): Bytes {
		const opened = demanded(verify_key) ? undefined : this.#atOnce(() => this.#sync.decrypt(data, this.#loadedKey));
		return platform.bytes(opened ?? this.#contents.decryptSync(data, verify_key));
	}

	/** As {@link decryptSync}, from base64. */
	decryptStringSync(data: string, verify_key?: string | null): string {
		return plainText(this.decryptSync(decoded(data), verify_key));
	}

	/** As {@link decryptRaw}, with the keys that are loaded. */
	decryptRawSync(head: string, data: Uint8Array, verify_key?: string | null): Bytes {
		const opened = demanded(verify_key)
			? undefined
			: this.#atOnce(() => this.#sync.decryptRaw(head, data, this.#loadedKey));
		return platform.bytes(opened ?? this.#contents.decryptRawSync(head, data, verify_key));
	}

	/** As {@link encryptRaw}. */
	encryptRawSync(data: Uint8Array, sign = false): CryptoRawOutput {
		const sealed = sign ? undefined : this.#atOnce((id) => this.#sync.encryptRaw(id(), this.#loadedKey, data));
		if (sealed !== undefined) {
			return {head: sealed.head, data: platform.bytes(sealed.data)};
		}
		return apart(this.#contents.encryptRaw(data, sign));
	}

	/**
	 * What the platform's cipher makes of a content without a signature; `undefined` if the core has to do it.
	 *
	 * @param work gets what names the newest key, and counts its use
	 */
	#atOnce<T>(work: (id: () => string) => T | undefined): T | undefined {
		const group = this.#opened;
		if (group === undefined || !SyncEnvelopes.areFast) {
			// Keys that the app itself put together can become others under the same id.
			return undefined;
		}
		try {
			return work(() => group.useNewestKey());
		} catch (error) {
			if (error instanceof KeyfoldError && error.code === codes.keyNotLoaded) {
				return undefined;
			}
			throw error;
		}
	}

	readonly #loadedKey = (key_id: string): Uint8Array | undefined => raw(this.#contents.loadedKey(key_id));

	readonly #rawKey = async (key_id: string): Promise<Uint8Array | undefined> => raw(await this.#contents.loadKey(key_id));

	// Keys of the app's own

	/**
	 * Makes a key for all members that the app keeps.
	 *
	 * @returns the key, and its encrypted form to be stored together with `master_key_id`
	 */
	async generateNonRegisteredKey(): Promise<[SymKey, string]> {
		const made = this.#core.generateKey();
		return [this.#symKey(made.takeKey(), NON_REGISTERED, made.masterKeyId), made.sealed];
	}

	/** Opens the encrypted form of a key that {@link generateNonRegisteredKey} returned. */
	async getNonRegisteredKey(master_key_id: string, key: string): Promise<SymKey> {
		return this.#symKey(await this.#core.openGeneratedKey(key), NON_REGISTERED, master_key_id);
	}

	/** Makes a key for all members that the server keeps. */
	async registerKey(): Promise<SymKey> {
		const master_key_id = this.#core.data().newest_key_id;
		const key = await this.#core.storeKey();
		return this.#symKey(key, key.id, master_key_id);
	}

	/** Fetches a key that the server keeps. */
	async fetchKey(key_id: string, master_key_id: string): Promise<SymKey> {
		return this.#symKey(await this.#core.storedKey(key_id), key_id, master_key_id);
	}

	/** The keys that the server keeps under one generation of the group's keys. */
	async getKeys(master_key_id: string, last_item?: StoredKeyListItem | null): Promise<StoredKeyListItem[]> {
		return this.#core.storedKeys(master_key_id, last_item?.time, last_item?.key_id);
	}

	/** Deletes a key that this user has stored. */
	async deleteKey(key_id: string): Promise<void> {
		return this.user.deleteKey(key_id);
	}

	#symKey(key: core.SymmetricKey | undefined, key_id: string, master_key_id: string): SymKey {
		const sign_key = this.user.getNewestSignKey();
		return new SymKey(this.base_url, this.app_token, key?.export() ?? "", key_id, master_key_id, sign_key);
	}

	// Search and sort

	/**
	 * Hashes of a text to be stored with it, so that it can be found.
	 *
	 * @param full one hash of the whole text; otherwise one of each of its beginnings, byte by byte
	 * @param limit the largest number of hashes
	 */
	createSearchRaw(data: string, full = false, limit?: number): string[] {
		return this.createSearch(data, full, limit)[0];
	}

	/** As {@link createSearchRaw}, with the algorithm and the id of the key. */
	createSearch(data: string, full = false, limit?: number): [hashes: string[], alg: string, key_id: string] {
		const {hashes, alg, key_id} = this.#searchKey().create(data, full, limit);
		// The format that others write has one more than it says.
		return [hashes.slice(0, limit), alg, key_id];
	}

	/** The hash to search for. */
	search(data: string): string {
		return this.#searchKey().query(data);
	}

	/** Encrypts a number from 0 to 65532 such that the results have the same order. */
	encryptSortableRawNumber(number: number): SortableNumber {
		return sortable(this.#sortKey().encryptNumber(wholeNumber(number)));
	}

	/** As {@link encryptSortableRawNumber}, with the algorithm and the id of the key. */
	encryptSortableNumber(number: number): [number: SortableNumber, alg: string, key_id: string] {
		const key = this.#sortKey();
		return [sortable(key.encryptNumber(wholeNumber(number))), key.algorithm, key.id];
	}

	/** Encrypts the first four characters of a text (ASCII) such that the results have the same order. */
	encryptSortableRawString(data: string): SortableNumber {
		return sortable(this.#sortKey().encryptString(data));
	}

	/** As {@link encryptSortableRawString}, with the algorithm and the id of the key. */
	encryptSortableString(data: string): [number: SortableNumber, alg: string, key_id: string] {
		const key = this.#sortKey();
		return [sortable(key.encryptString(data)), key.algorithm, key.id];
	}

	#searchKey(): core.SearchKey {
		return this.#opened?.searchKey() ?? core.SearchKey.import(first(this.data.hmac_keys));
	}

	#sortKey(): core.SortKey {
		return this.#opened?.sortKey() ?? core.SortKey.import(first(this.data.sortable_keys));
	}

	// Files

	/**
	 * Encrypts and uploads a file for all members.
	 *
	 * @param file a `File` or `Blob`, bytes, a stream, or an open file of Node's
	 * @param upload_callback called with how much is through, up to 1
	 */
	createFile(
		file: FileInput,
		sign?: boolean,
		upload_callback?: ProgressCallback,
	): Promise<FileCreateOutput>;
	/** The same with a name, which other things than a `File` do not bring along. */
	createFile(
		file: FileInput,
		file_name: string,
		sign?: boolean,
		upload_callback?: ProgressCallback,
	): Promise<FileCreateOutput>;
	/** The same with all settings by name. */
	createFile(file: FileInput, options: UploadOptions): Promise<FileCreateOutput>;
	async createFile(file: FileInput, ...parameters: CreateParameters): Promise<FileCreateOutput> {
		return this.#access.create(file, uploadOptions(parameters, false));
	}

	/** As {@link createFile}, of a file of this machine (Node). Its name goes along. */
	async createFileWithPath(
		path: string,
		sign = false,
		upload_callback?: ProgressCallback,
	): Promise<FileCreateOutput> {
		return this.#access.createFromPath(path, uploadOptions([sign, upload_callback], false));
	}

	/** Registers a file whose content is sent later, and can go on after an interruption. */
	async beginUpload(options: UploadOptions = {}): Promise<Upload> {
		return this.#access.begin(options);
	}

	/** Goes on with an upload whose `export()` was kept. */
	resumeUpload(exported: string): Upload {
		return this.#access.resume(exported);
	}

	/** The body for `POST /api/v1/group/<id>/file`, for apps that send it from their own backend. Only the name of `file` is read. */
	async prepareRegisterFile(file: {name?: string}): Promise<FilePrepareCreateOutput> {
		return this.#access.prepare(file.name, undefined);
	}

	/** Reads the answer to that request: the id of the file, and that of the upload session. */
	doneFileRegister(server_output: string): [file_id: string, session_id: string] {
		return this.#access.done(server_output);
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
		return this.#access.upload(file, ...withoutSize(parameters));
	}

	/** The description of a file, and its content key. */
	async downloadFileMetaInfo(file_id: string, _verify_key?: string | null): Promise<[FileMetaInformation, SymKey]> {
		const {meta, key} = await this.#access.open(file_id);
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
		return downloadedAsDescribed(this.#access, parameters);
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
		return downloaded(this.#access, parameters);
	}

	/** A file, to be read as a stream, as bytes, as a `Blob`, at an address, or into a folder. */
	async getFile(file_id: string): Promise<StoredFile> {
		return this.#access.open(file_id);
	}

	/** Gives a file another name, or takes it away. */
	async updateFileName(file_id: string, content_key: SymKey, name?: string): Promise<void> {
		return this.user.updateFileName(file_id, content_key, name);
	}

	/** Deletes a file. Its owner can, and members with a rank of 0 to 3. */
	async deleteFile(file_id: string): Promise<void> {
		return this.#access.delete(file_id);
	}
}

/** The raw key for another cipher, if that can take over. */
function raw(key: core.SymmetricKey): Uint8Array | undefined {
	try {
		return key.raw();
	} finally {
		key.free();
	}
}

function demanded(verify_key: string | null | undefined): boolean {
	return verify_key !== undefined && verify_key !== null && verify_key !== "";
}

function unloaded(group: core.Group | undefined, data: Partial<GroupData>): Partial<GroupData> {
	if (group !== undefined) {
		throw new KeyfoldError(codes.configuration, "a group that was loaded keeps its keys itself");
	}
	return data;
}

function known<T>(member: T | undefined): T {
	if (member === undefined) {
		throw new KeyfoldError(codes.keyNotLoaded, "only some data of this group is known: load it with `user.getGroup`");
	}
	return member;
}

function first(keys: string[] | undefined): string {
	const [key] = keys ?? [];
	if (key === undefined) {
		throw new KeyfoldError(codes.keyNotLoaded, "the group has no such key");
	}
	return key;
}

function wholeNumber(number: number): bigint {
	if (!Number.isSafeInteger(number) || number < 0) {
		throw new KeyfoldError(codes.sortableRange, "only whole numbers from 0 to 65532 can be sorted");
	}
	return BigInt(number);
}

function sortable(number: bigint): SortableNumber {
	// In Node the declarations say `number`.
	return platform.sortsWithNumbers ? (Number(number) as unknown as SortableNumber) : number;
}
