import {isServerError} from "../error.js";
import {type CallOptions, type Sender, path} from "../http/sender.js";
import type {Guest, GroupCreate, Member, NewMemberKeys, NewMemberOutput, Prepared, PublicKey} from "./types.js";

/** Options of calls that act as a user on a group. */
export interface GroupCallOptions extends CallOptions {
	/** The group of the user that is a member of the (connected) group, where the user is none. */
	through?: string;
}

/**
 * Groups of the app, with the secret token in place of a user's access token.
 *
 * Calls that take an `acting_user` have that user's rank and limits.
 */
export class Groups {
	readonly #sender: Sender;

	/** @internal */
	constructor(sender: Sender) {
		this.#sender = sender;
	}

	/** Deletes a group and all groups below it. `server_310`: there is no such group. */
	async delete(group_id: string, options?: CallOptions): Promise<void> {
		await this.#sender.send({...options, method: "DELETE", path: path`/group/forced/${group_id}`});
	}

	/** A direct member of the group (a user or a group), or `undefined`. Members of parent groups are not looked for. */
	async member(group_id: string, member_id: string, options?: CallOptions): Promise<Member | undefined> {
		try {
			const call = {...options, method: "GET", path: path`/group/forced/${group_id}/user/${member_id}`} as const;
			return await this.#sender.send<Member>(call);
		} catch (error) {
			if (isServerError(error, NOT_A_MEMBER)) {
				return undefined;
			}
			throw error;
		}
	}

	/** The newest public key of the group. */
	async publicKey(group_id: string, options?: CallOptions): Promise<PublicKey> {
		return this.#sender.send({...options, method: "GET", path: path`/group/${group_id}/public_key`});
	}

	/**
	 * Creates a group.
	 *
	 * @param keys what `user.prepareGroupCreate()` returned in the client
	 * @returns its id
	 */
	async create(acting_user: string, keys: Prepared<GroupCreate>, options?: CallOptions): Promise<string> {
		return this.#create(path`/group/forced/${acting_user}`, keys, options);
	}

	/** Creates a group without keys. */
	async createLight(acting_user: string, options?: CallOptions): Promise<string> {
		return this.#create(path`/group/forced/${acting_user}/light`, undefined, options);
	}

	/**
	 * Creates a group below another one.
	 *
	 * @param keys the first of what `group.prepareCreateChildGroup()` returned in the client
	 */
	async createChild(
		acting_user: string,
		parent_id: string,
		keys: Prepared<GroupCreate>,
		options?: GroupCallOptions,
	): Promise<string> {
		return this.#create(path`/group/forced/${acting_user}/${parent_id}/child`, keys, options);
	}

	/** Creates a group without keys below another one. */
	async createChildLight(acting_user: string, parent_id: string, options?: GroupCallOptions): Promise<string> {
		return this.#create(path`/group/forced/${acting_user}/${parent_id}/child/light`, undefined, options);
	}

	/**
	 * Creates a connected group, with this group as its first member.
	 *
	 * @param keys the first of what `group.prepareCreateChildGroup()` returned in the client
	 */
	async createConnected(
		acting_user: string,
		group_id: string,
		keys: Prepared<GroupCreate>,
		options?: GroupCallOptions,
	): Promise<string> {
		return this.#create(path`/group/forced/${acting_user}/${group_id}/connected`, keys, options);
	}

	/** Creates a connected group without keys. */
	async createConnectedLight(acting_user: string, group_id: string, options?: GroupCallOptions): Promise<string> {
		return this.#create(path`/group/forced/${acting_user}/${group_id}/connected/light`, undefined, options);
	}

	/**
	 * Makes a user or a group a member, without asking it.
	 *
	 * @param keys what `group.prepareKeysForNewMember()` returned in the client
	 */
	async invite(
		acting_user: string,
		group_id: string,
		guest: Guest,
		keys: Prepared<NewMemberKeys>,
		options?: GroupCallOptions,
	): Promise<NewMemberOutput> {
		const [id, kind] = "user_id" in guest ? [guest.user_id, ""] : [guest.group_id, "/group"];
		const invite = path`/group/forced/${acting_user}/${group_id}/invite_auto/${id}`;
		return this.#sender.send({...options, method: "POST", path: invite + kind, body: keys});
	}

	/** Makes a user or a group a member of a group without keys. Default rank: 4. */
	async inviteLight(
		acting_user: string,
		group_id: string,
		guest: Guest,
		rank?: number,
		options?: GroupCallOptions,
	): Promise<void> {
		const [id, kind] = "user_id" in guest ? [guest.user_id, "/light"] : [guest.group_id, "/group_light"];
		const invite = path`/group/forced/${acting_user}/${group_id}/invite_auto/${id}`;
		await this.#sender.send({...options, method: "POST", path: invite + kind, body: {rank}});
	}

	/** Removes a member. */
	async kick(acting_user: string, group_id: string, member_id: string, options?: GroupCallOptions): Promise<void> {
		const kick = path`/group/forced/${acting_user}/${group_id}/kick/${member_id}`;
		await this.#sender.send({...options, method: "DELETE", path: kick});
	}

	async #create(path: string, keys: Prepared<GroupCreate> | undefined, options?: GroupCallOptions): Promise<string> {
		const call = {...options, method: "POST", path, ...(keys !== undefined && {body: keys})} as const;
		return (await this.#sender.send<{group_id: string}>(call)).group_id;
	}
}

const NOT_A_MEMBER = 300;
