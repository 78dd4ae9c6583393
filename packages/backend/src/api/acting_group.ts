import {type Call, type CallOptions, type Sender, path} from "../http/sender.js";
import {Listing, START} from "./listing.js";
import type {
	ChangeRank,
	ChildGroup,
	FileMeta,
	FileRegister,
	FileRegistered,
	GroupAccess,
	GroupCreate,
	GroupItem,
	Guest,
	Invitation,
	JoinRequest,
	KeyRotation,
	Member,
	NewMemberKey,
	NewMemberKeys,
	NewMemberOutput,
	Prepared,
} from "./types.js";

const PAGE = 50;

/**
 * How someone becomes a member: `ask` lets the invited decide, `auto` does not. `force` is `auto` without the rules on
 * which groups can be members of which; it needs the secret token.
 */
export type Manner = "ask" | "auto" | "force";

/** Calls on a group, on behalf of a user. */
export class ActingGroup {
	readonly #sender: Sender;
	readonly #jwt: string;
	readonly #through: string | undefined;

	/** Id of the group. */
	readonly id: string;

	/** @internal */
	constructor(sender: Sender, jwt: string, id: string, through: string | undefined) {
		this.#sender = sender;
		this.#jwt = jwt;
		this.id = id;
		this.#through = through;
	}

	/** Rank and way of access. `server_310`: none, or no such group. */
	async access(options?: CallOptions): Promise<GroupAccess> {
		return this.#send({...options, method: "GET", path: path`/light`});
	}

	/** Deletes the group and all groups below it. */
	async delete(options?: CallOptions): Promise<void> {
		await this.#send({...options, method: "DELETE", path: ""});
	}

	/**
	 * Creates a group below this one.
	 *
	 * @param keys the first of what `group.prepareCreateChildGroup()` returned in the client
	 * @returns its id
	 */
	async createChild(keys: Prepared<GroupCreate>, options?: CallOptions): Promise<string> {
		return this.#create({...options, method: "POST", path: path`/child`, body: keys});
	}

	/** Creates a group without keys below this one. */
	async createChildLight(options?: CallOptions): Promise<string> {
		return this.#create({...options, method: "POST", path: path`/child/light`});
	}

	/**
	 * Creates a connected group, with this group as its first member.
	 *
	 * @param keys the first of what `group.prepareCreateChildGroup()` returned in the client
	 */
	async createConnected(keys: Prepared<GroupCreate>, options?: CallOptions): Promise<string> {
		return this.#create({...options, method: "POST", path: path`/connected`, body: keys});
	}

	/** Creates a connected group without keys. */
	async createConnectedLight(options?: CallOptions): Promise<string> {
		return this.#create({...options, method: "POST", path: path`/connected/light`});
	}

	/** Its members, users and groups, apart from the one that asks; who joined first comes first. */
	members(options: CallOptions = {}): Listing<Member> {
		return this.#list("member", options, ({joined_time, user_id}) => [joined_time, user_id]);
	}

	/** The groups below it. */
	children(options: CallOptions = {}): Listing<ChildGroup> {
		return this.#list("children", options, ({time, group_id}) => [time, group_id]);
	}

	/** The connected groups of which it is a member. */
	groups(options: CallOptions = {}): Listing<GroupItem> {
		return this.#list("all", options, ({time, group_id}) => [time, group_id]);
	}

	/** Invitations that the group has received. */
	invitations(options: CallOptions = {}): Listing<Invitation> {
		return this.#list("invite", options, ({time, group_id}) => [time, group_id]);
	}

	/** Join requests that the group has sent. */
	sentJoinRequests(options: CallOptions = {}): Listing<Invitation> {
		return this.#list("joins", options, ({time, group_id}) => [time, group_id]);
	}

	/** Who asks to join the group. */
	joinRequests(options: CallOptions = {}): Listing<JoinRequest> {
		return this.#list("join_req", options, ({time, user_id}) => [time, user_id]);
	}

	/**
	 * Invites a user or a group.
	 *
	 * @param keys what `group.prepareKeysForNewMember()` returned in the client
	 */
	async invite(
		guest: Guest,
		keys: Prepared<NewMemberKeys>,
		manner: Manner = "ask",
		options?: CallOptions,
	): Promise<NewMemberOutput> {
		return this.#send({...options, method: "PUT", path: invitePath(guest, manner), body: keys});
	}

	/** Invites a user or a group to a group without keys. Default rank: 4. */
	async inviteLight(guest: Guest, rank?: number, manner: Manner = "ask", options?: CallOptions): Promise<void> {
		await this.#send({...options, method: "PUT", path: `${invitePath(guest, manner)}/light`, body: {rank}});
	}

	/**
	 * Gives a member the keys again, for example after a reset of its account.
	 *
	 * @param manner `force` needs the secret token and is for groups only
	 */
	async inviteAgain(
		guest: Guest,
		keys: Prepared<NewMemberKeys>,
		manner: "auto" | "force" = "auto",
		options?: CallOptions,
	): Promise<NewMemberOutput> {
		const force = manner === "force" ? "_force" : "";
		const place = "user_id" in guest ? path`/re_invite/${guest.user_id}` : `/re_invite_group${force}${path`/${guest.group_id}`}`;
		return this.#send({...options, method: "PUT", path: place, body: keys});
	}

	/** Uploads more keys for a guest, with the `session_id` of the invitation. */
	async uploadKeys(session_id: string, keys: Prepared<NewMemberKey[]>, options?: CallOptions): Promise<void> {
		await this.#send({...options, method: "PUT", path: path`/invite/session/${session_id}`, body: keys});
	}

	/**
	 * Lets someone in who asked.
	 *
	 * @param keys what `group.prepareKeysForNewMember()` returned in the client
	 */
	async acceptJoinRequest(id: string, keys: Prepared<NewMemberKeys>, options?: CallOptions): Promise<NewMemberOutput> {
		return this.#send({...options, method: "PUT", path: path`/join_req/${id}`, body: keys});
	}

	/** Lets someone into a group without keys who asked. Default rank: 4. */
	async acceptJoinRequestLight(id: string, rank?: number, options?: CallOptions): Promise<void> {
		await this.#send({...options, method: "PUT", path: path`/join_req/${id}/light`, body: {rank}});
	}

	/** Turns down someone who asked. */
	async rejectJoinRequest(id: string, options?: CallOptions): Promise<void> {
		await this.#send({...options, method: "DELETE", path: path`/join_req/${id}`});
	}

	/** Closes the group for invitations and join requests, or opens it again. */
	async toggleInvites(options?: CallOptions): Promise<void> {
		await this.#send({...options, method: "PATCH", path: path`/change_invite`});
	}

	/**
	 * Changes the rank of a member.
	 *
	 * @param change what `group.prepareUpdateRank()` returned in the client, or your own
	 */
	async changeRank(change: Prepared<ChangeRank>, options?: CallOptions): Promise<void> {
		await this.#send({...options, method: "PUT", path: path`/change_rank`, body: change});
	}

	/** Removes a member. */
	async kick(member_id: string, options?: CallOptions): Promise<void> {
		await this.#send({...options, method: "DELETE", path: path`/kick/${member_id}`});
	}

	/** Lets the user (or the group through which the user reaches this one) leave. */
	async leave(options?: CallOptions): Promise<void> {
		await this.#send({...options, method: "DELETE", path: path`/leave`});
	}

	/**
	 * Starts a key rotation.
	 *
	 * @param rotation what `group.prepareKeyRotation()` returned in the client, which then calls `group.finishKeyRotation()`
	 * @returns id of the new key
	 */
	async rotateKeys(rotation: Prepared<KeyRotation>, options?: CallOptions): Promise<string> {
		const call = {...options, method: "POST", path: path`/key_rotation`, body: rotation} as const;
		return (await this.#send<{key_id: string}>(call)).key_id;
	}

	/**
	 * Registers a file of the group.
	 *
	 * @param input what `group.prepareRegisterFile()` returned in the client
	 */
	async registerFile(input: Prepared<FileRegister>, options?: CallOptions): Promise<FileRegistered> {
		return this.#send({...options, method: "POST", path: path`/file`, body: input});
	}

	/** A file of the group. `server_512`: there is none. */
	async file(file_id: string, options?: CallOptions): Promise<FileMeta> {
		return this.#send({...options, method: "GET", path: path`/file/${file_id}`});
	}

	/** Deletes a file of the group: one's own, or with rank 3 or stronger anybody's. */
	async deleteFile(file_id: string, options?: CallOptions): Promise<void> {
		await this.#send({...options, method: "DELETE", path: path`/file/${file_id}`});
	}

	async #create(call: Call): Promise<string> {
		return (await this.#send<{group_id: string}>(call)).group_id;
	}

	#list<T>(list: string, options: CallOptions, place: (item: T) => [number, string]): Listing<T> {
		return new Listing(PAGE, options, (after, options) => {
			const [time, id] = after === undefined ? START : place(after);
			return this.#send({...options, method: "GET", path: path`/${list}/${time}/${id}`});
		});
	}

	#send<T>(call: Call): Promise<T> {
		return this.#sender.send({
			...call,
			path: path`/group/${this.id}` + call.path,
			jwt: this.#jwt,
			...(this.#through !== undefined && {through: this.#through}),
		});
	}
}

const MANNERS = {
	user: {ask: "invite", auto: "invite_auto", force: "invite_auto"},
	group: {ask: "invite_group", auto: "invite_group_auto", force: "invite_group_auto_force"},
} as const;

function invitePath(guest: Guest, manner: Manner): string {
	return "user_id" in guest
		? path`/${MANNERS.user[manner]}/${guest.user_id}`
		: path`/${MANNERS.group[manner]}/${guest.group_id}`;
}
