import type * as core from "../wasm/keyfold_wasm.js";
import {signer} from "./content.js";
import {KeyfoldError, codes} from "./error.js";
import type {
	CryptoRawOutput,
	GroupChildrenListItem,
	GroupInformation,
	GroupInviteListItem,
	GroupJoinReqListItem,
	GroupList,
	GroupUserListItem,
} from "./types.js";

/**
 * A group, as one of its members sees it.
 *
 * Lists come in pages of 50: hand in the last item of a page to get the next one.
 */
export class Group {
	readonly #core: core.Group;

	/** @internal */
	constructor(group: core.Group) {
		this.#core = group;
	}

	/** What is known about the group, at this moment. */
	get data(): GroupInformation {
		return this.#core.data();
	}

	// Groups below and beside this one

	/** The child groups; not the children of children. */
	async getChildren(last_item?: GroupChildrenListItem | null): Promise<GroupChildrenListItem[]> {
		return this.#core.children(last_item?.time, last_item?.group_id);
	}

	/** Loads a child group. */
	async getChildGroup(group_id: string): Promise<Group> {
		return new Group(await this.#core.child(group_id));
	}

	/** Loads a connected group that this group is a member of. */
	async getConnectedGroup(group_id: string): Promise<Group> {
		return new Group(await this.#core.connected(group_id));
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
	async prepareCreateChildGroup(sign = false): Promise<[string, string]> {
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
	async acceptJoinRequest(user_id: string, user_type: 0 | 1 | 2 | 3 | 4 = 0, rank?: number): Promise<void> {
		const is_rank = rank === undefined && user_type !== 0 && user_type !== 2;
		return this.#core.acceptJoinRequest(user_id, is_rank ? 0 : user_type, is_rank ? user_type : rank);
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

	/** Requests to join that were sent in the name of this group. */
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

	/** Makes a new generation of group keys. Older contents stay readable. */
	async keyRotation(sign = false): Promise<void> {
		return this.#core.rotateKeys(sign);
	}

	/** The body for `POST /api/v1/group/<id>/key_rotation`, for apps that send it from their own backend. */
	async prepareKeyRotation(sign = false): Promise<string> {
		return this.#core.prepareKeyRotation(sign);
	}

	/** Takes over the keys that other members have made. */
	async finishKeyRotation(): Promise<void> {
		return this.#core.finishKeyRotation();
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
	async encrypt(data: Uint8Array, sign = false): Promise<Uint8Array> {
		return this.encryptSync(data, sign);
	}

	/**
	 * Decrypts what a member encrypted. Keys that are missing are fetched.
	 *
	 * @param verify whether the content must be signed by `user_id`
	 */
	async decrypt(data: Uint8Array, verify = false, user_id?: string): Promise<Uint8Array> {
		return this.#core.decrypt(data, signer(verify, user_id));
	}

	/** As {@link encrypt}, to base64. */
	async encryptString(data: string, sign = false): Promise<string> {
		return this.encryptStringSync(data, sign);
	}

	/** As {@link decrypt}, from base64. */
	async decryptString(data: string, verify = false, user_id?: string): Promise<string> {
		return this.#core.decryptString(data, signer(verify, user_id));
	}

	/** As {@link encrypt}, with the head apart. */
	async encryptRaw(data: Uint8Array, sign = false): Promise<CryptoRawOutput> {
		return this.encryptRawSync(data, sign);
	}

	/** As {@link decrypt}, of what {@link encryptRaw} returned; signatures are not looked at. */
	async decryptRaw(head: string, data: Uint8Array): Promise<Uint8Array> {
		return this.#core.decryptRaw(head, data);
	}

	/** As {@link encrypt}. */
	encryptSync(data: Uint8Array, sign = false): Uint8Array {
		return this.#core.encrypt(data, sign);
	}

	/** As {@link encryptString}. */
	encryptStringSync(data: string, sign = false): string {
		return this.#core.encryptString(data, sign);
	}

	/** As {@link decrypt}, with the keys that are loaded, and without looking at signatures. */
	decryptSync(data: Uint8Array): Uint8Array {
		return this.#core.decryptSync(data);
	}

	/** As {@link decryptString}, with the keys that are loaded, and without looking at signatures. */
	decryptStringSync(data: string): string {
		return this.#core.decryptStringSync(data);
	}

	/** As {@link encryptRaw}. */
	encryptRawSync(data: Uint8Array, sign = false): CryptoRawOutput {
		const raw = this.#core.encryptRaw(data, sign);
		return {head: raw.head(), data: raw.payload()};
	}
}
