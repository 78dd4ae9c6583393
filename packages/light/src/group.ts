import {incomplete, list, members, path, text} from "./api.js";
import {KeyfoldError, codes} from "./error.js";
import {groupName} from "./records.js";
import type {Session} from "./session.js";
import type {
	GroupChildrenListItem,
	GroupInformation,
	GroupInviteListItem,
	GroupJoinReqListItem,
	GroupList,
	GroupUserListItem,
} from "./types.js";

/** Milliseconds after which the server is asked whether the own rank has changed. */
const CHECK_AFTER = 300_000;

/** A group as it is kept and shared by all handles to it. */
export interface GroupState {
	data: GroupInformation;
	/** The group in whose name the user acts. */
	acting_as?: string;
	last_check: number;
}

/** Weakest ranks that may do something. */
const ADMIN = 1;
const USER_MANAGER = 2;

/**
 * A group, as one of its members sees it.
 *
 * Lists come in pages of 50: hand in the last item of a page to get the next one. What the own rank does not allow fails with
 * `client_201` before anything is sent.
 */
export class Group {
	readonly #session: Session;

	readonly #state: GroupState;

	readonly #signal: AbortSignal | undefined;

	/** @internal */
	constructor(session: Session, state: GroupState, signal?: AbortSignal) {
		this.#session = session;
		this.#state = state;
		this.#signal = signal;
	}

	/** The same group, whose requests end with `client_433` when the signal comes. */
	withSignal(signal: AbortSignal): Group {
		return new Group(this.#session, this.#state, signal);
	}

	/** What is known about the group, at this moment. */
	get data(): GroupInformation {
		return {...this.#state.data};
	}

	/** Asks the server for the own rank. */
	async groupUpdateCheck(): Promise<void> {
		await check(this.#session, this.#state, this.#signal);
	}

	/** Deletes the group with all its children. Needs rank 0 or 1. */
	async deleteGroup(): Promise<void> {
		this.#require(ADMIN);
		await this.#call("DELETE", []);
		await forget(this.#session, this.#state);
	}

	// Groups below and beside this one

	/** The child groups; not the children of children. */
	async getChildren(last_item?: GroupChildrenListItem | null): Promise<GroupChildrenListItem[]> {
		return this.#page("children", last_item?.time, last_item?.group_id);
	}

	/** Loads a child group. */
	async getChildGroup(group_id: string): Promise<Group> {
		return this.#load(group_id, this.#state.acting_as);
	}

	/** Loads a connected group that this group is a member of. */
	async getConnectedGroup(group_id: string): Promise<Group> {
		return this.#load(group_id, this.#state.data.group_id);
	}

	/** Makes a child group: all members of this group have access to it. Resolves to its id. Needs rank 0 or 1. */
	async createChildGroup(): Promise<string> {
		this.#require(ADMIN);
		return text(await this.#call("POST", ["child", "light"]), "group_id");
	}

	/** Makes a connected group with this group as its first member. Resolves to its id. Needs rank 0 or 1. */
	async createConnectedGroup(): Promise<string> {
		this.#require(ADMIN);
		return text(await this.#call("POST", ["connected", "light"]), "group_id");
	}

	// Members

	/** The other members, in the order in which they joined. */
	async getMember(last_item?: GroupUserListItem | null): Promise<GroupUserListItem[]> {
		return this.#page("member", last_item?.joined_time, last_item?.user_id);
	}

	/** Stops invitations and requests to join, or allows them again. Needs rank 0 or 1. */
	async stopInvites(): Promise<void> {
		this.#require(ADMIN);
		await this.#call("PATCH", ["change_invite"]);
	}

	/**
	 * Invites a user, who may accept or decline. Needs rank 0, 1 or 2.
	 *
	 * @param rank 1 to 4; by default 4, a member without rights over others
	 */
	async invite(user_id: string, rank?: number): Promise<void> {
		await this.#add("invite", user_id, rank);
	}

	/**
	 * Makes a user a member at once, without asking. Needs rank 0, 1 or 2.
	 *
	 * @param rank as for {@link invite}
	 */
	async inviteAuto(user_id: string, rank?: number): Promise<void> {
		await this.#add("invite_auto", user_id, rank);
	}

	/** Invites a group into this connected group. Needs rank 0, 1 or 2. */
	async inviteGroup(group_id: string, rank?: number): Promise<void> {
		await this.#add("invite_group", group_id, rank);
	}

	/** Makes a group a member of this connected group at once. Needs rank 0, 1 or 2. */
	async inviteGroupAuto(group_id: string, rank?: number): Promise<void> {
		await this.#add("invite_group_auto", group_id, rank);
	}

	/** Requests to join. Needs rank 0, 1 or 2. */
	async getJoinRequests(last_item?: GroupJoinReqListItem | null): Promise<GroupJoinReqListItem[]> {
		this.#require(USER_MANAGER);
		return this.#page("join_req", last_item?.time, last_item?.user_id);
	}

	/**
	 * Accepts a request to join, of a user or of a group. Needs rank 0, 1 or 2.
	 *
	 * @param rank 1 to 4; by default 4
	 */
	async acceptJoinRequest(user_id: string, rank?: number): Promise<void> {
		await this.#add("join_req", user_id, rank);
	}

	/** Declines a request to join. Needs rank 0, 1 or 2. */
	async rejectJoinRequest(user_id: string): Promise<void> {
		this.#require(USER_MANAGER);
		await this.#call("DELETE", ["join_req", user_id]);
	}

	/** The body for `PUT /api/v1/group/<id>/change_rank`, for apps that send it from their own backend. */
	prepareUpdateRank(user_id: string, rank: number): string {
		checkRank(rank);
		this.#require(ADMIN);
		return JSON.stringify({changed_user_id: user_id, new_rank: rank});
	}

	/** Changes the rank of a member to 1, 2, 3 or 4. Needs rank 0 or 1. */
	async updateRank(user_id: string, rank: number): Promise<void> {
		await this.#call("PUT", ["change_rank"], this.prepareUpdateRank(user_id, rank));
		if (user_id === (this.#state.acting_as ?? this.#session.state.user_id)) {
			this.#state.data.rank = rank;
			await keep(this.#session, this.#state);
		}
	}

	/** Removes a member. Needs rank 0, 1 or 2. */
	async kickUser(user_id: string): Promise<void> {
		this.#require(USER_MANAGER);
		await this.#call("DELETE", ["kick", user_id]);
	}

	/** Leaves the group. The last member with rank 0 or 1 cannot. */
	async leave(): Promise<void> {
		await this.#call("DELETE", ["leave"]);
		await forget(this.#session, this.#state);
	}

	// The group as a member of connected groups

	/** The connected groups that this group is a member of. */
	async getGroups(last_item?: GroupList | null): Promise<GroupList[]> {
		return this.#page("all", last_item?.time, last_item?.group_id);
	}

	/** Invitations that wait for this group. */
	async getGroupInvites(last_item?: GroupInviteListItem | null): Promise<GroupInviteListItem[]> {
		return this.#page("invite", last_item?.time, last_item?.group_id);
	}

	/** Accepts an invitation in the name of this group. Needs rank 0 or 1. */
	async acceptGroupInvite(group_id: string): Promise<void> {
		this.#require(ADMIN);
		await this.#call("PATCH", ["invite", group_id]);
	}

	/** Declines an invitation in the name of this group. Needs rank 0 or 1. */
	async rejectGroupInvite(group_id: string): Promise<void> {
		this.#require(ADMIN);
		await this.#call("DELETE", ["invite", group_id]);
	}

	/** Asks to join a connected group in the name of this group. Needs rank 0 or 1. */
	async groupJoinRequest(group_id: string): Promise<void> {
		this.#require(ADMIN);
		await this.#call("PATCH", ["join_req", group_id]);
	}

	/** Requests to join that were sent in the name of this group. Needs rank 0 or 1. */
	async sentJoinReq(last_item?: GroupInviteListItem | null): Promise<GroupInviteListItem[]> {
		this.#require(ADMIN);
		return this.#page("joins", last_item?.time, last_item?.group_id);
	}

	/** Takes a request to join back. Needs rank 0 or 1. */
	async deleteJoinReq(group_id: string): Promise<void> {
		this.#require(ADMIN);
		await this.#call("DELETE", ["joins", group_id]);
	}

	async #add(action: string, member: string, rank: number | undefined): Promise<void> {
		this.#require(USER_MANAGER);
		if (rank !== undefined) {
			checkRank(rank);
		}
		await this.#call("PUT", [action, member, "light"], JSON.stringify({rank: rank ?? null}));
	}

	async #load(group_id: string, acting_as: string | undefined): Promise<Group> {
		return new Group(this.#session, await loadGroup(this.#session, group_id, acting_as, this.#signal), this.#signal);
	}

	async #page<T>(name: string, time: number | undefined, id: string | undefined): Promise<T[]> {
		return list(await this.#call("GET", [name, String(time ?? 0), id ?? "none"]));
	}

	async #call(
		method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE",
		segments: string[],
		body?: string,
	): Promise<unknown> {
		const {data, acting_as} = this.#state;
		return this.#session.call({
			method,
			path: path("group", data.group_id, ...segments),
			acting_as,
			signal: this.#signal,
			...(body !== undefined && {body}),
		});
	}

	/** The server refuses what the rank does not allow; asking it is not necessary to know that. */
	#require(weakest: number): void {
		if (this.#state.data.rank > weakest) {
			throw new KeyfoldError(codes.rankInsufficient, "the rank in the group does not allow this");
		}
	}
}

/**
 * A group from the store, and from the server if it is not there. After five minutes the server is asked for the own rank.
 *
 * @internal
 */
export async function loadGroup(
	session: Session,
	group_id: string,
	acting_as: string | undefined,
	signal: AbortSignal | undefined,
): Promise<GroupState> {
	const {records} = session.environment;
	const known = await records.read<GroupState>(groupName(acting_as ?? session.state.user_id, group_id));
	if (known?.data?.group_id !== group_id || typeof known.last_check !== "number") {
		return fetched(session, group_id, acting_as, signal);
	}
	const age = Date.now() - known.last_check;
	if (age >= 0 && age < CHECK_AFTER) {
		return known;
	}
	try {
		await check(session, known, signal);
	} catch (error) {
		const code = error instanceof KeyfoldError ? error.code : undefined;
		if (code === "server_310") {
			await forget(session, known);
		}
		// Without a network an app goes on with what it has.
		if (code !== codes.network) {
			throw error;
		}
	}
	return known;
}

async function fetched(
	session: Session,
	group_id: string,
	acting_as: string | undefined,
	signal: AbortSignal | undefined,
): Promise<GroupState> {
	const answer = await session.call({method: "GET", path: path("group", group_id, "light"), acting_as, signal});
	const data = described(answer);
	if (data.group_id !== group_id) {
		throw incomplete();
	}
	const state = {data, last_check: Date.now(), ...(acting_as !== undefined && {acting_as})};
	await keep(session, state);
	return state;
}

function described(answer: unknown): GroupInformation {
	const {parent_group_id, rank, created_time, joined_time, access_by, is_connected_group} = members(answer);
	if (typeof rank !== "number") {
		throw incomplete();
	}
	const {Parent, GroupAsUser, GroupAsUserAsParent} = members(access_by);
	const {parent, group_as_user} = members(GroupAsUserAsParent);
	const [through_parent, through_member] = [Parent ?? parent, GroupAsUser ?? group_as_user];
	return {
		group_id: text(answer, "group_id"),
		...(typeof parent_group_id === "string" && {parent_group_id}),
		from_parent: through_parent !== undefined,
		rank,
		create_time: String(created_time),
		joined_time: String(joined_time),
		...(typeof through_parent === "string" && {access_by_parent_group: through_parent}),
		...(typeof through_member === "string" && {access_by_group_as_member: through_member}),
		is_connected_group: is_connected_group === true,
	};
}

async function check(session: Session, state: GroupState, signal: AbortSignal | undefined): Promise<void> {
	const {data, acting_as} = state;
	const answer = await session.call({
		method: "GET",
		path: path("group", data.group_id, "update_check_light"),
		acting_as,
		signal,
	});
	const {rank} = members(answer);
	if (typeof rank !== "number") {
		throw incomplete();
	}
	data.rank = rank;
	state.last_check = Date.now();
	await keep(session, state);
}

async function keep(session: Session, state: GroupState): Promise<void> {
	const name = nameOf(session, state);
	await session.environment.records.write(name, state);
	const {groups} = session.state;
	if (!groups.includes(name)) {
		await session.change({groups: [...groups, name]});
	}
}

async function forget(session: Session, state: GroupState): Promise<void> {
	const name = nameOf(session, state);
	await session.environment.records.delete(name);
	await session.change({groups: session.state.groups.filter((kept) => kept !== name)});
}

function nameOf(session: Session, {data, acting_as}: GroupState): string {
	return groupName(acting_as ?? session.state.user_id, data.group_id);
}

function checkRank(rank: number): void {
	if (!Number.isInteger(rank) || rank < 1 || rank > 4) {
		throw new KeyfoldError(codes.invalidRank, "the rank must be 1 to 4");
	}
}
