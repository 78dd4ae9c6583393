import {BackendError, isServerError} from "../error.js";
import {type CallOptions, type Sender, path} from "../http/sender.js";
import {ActingGroup} from "./acting_group.js";
import {Listing, START} from "./listing.js";
import type {
	ConfirmDevice,
	ConfirmDeviceLight,
	Device,
	FileMeta,
	FilePart,
	FileRegister,
	FileRegistered,
	GroupAccess,
	GroupCreate,
	GroupItem,
	Invitation,
	NewMemberKey,
	Prepared,
	RefreshOutput,
	TokenOwner,
} from "./types.js";

const PAGE = 50;
const PARTS_PAGE = 500;

/** Calls on behalf of a user, with the access token that the user's client has sent along. */
export class ActingUser {
	readonly #sender: Sender;
	readonly #jwt: string;

	/** @internal */
	constructor(sender: Sender, jwt: string) {
		this.#sender = sender;
		this.#jwt = jwt;
	}

	/** Whose the token is. Asks the server, which also knows of sessions that were ended. */
	async tokenOwner(options?: CallOptions): Promise<TokenOwner> {
		return this.#sender.send({...options, jwt: this.#jwt, method: "GET", path: path`/user/jwt`});
	}

	/** A new access token. The old one may have expired. `server_114`: the refresh token is not of this device, or has ended. */
	async refresh(refresh_token: string, options?: CallOptions): Promise<RefreshOutput> {
		return this.#sender.send({...options, jwt: this.#jwt, method: "PUT", path: path`/refresh`, body: {refresh_token}});
	}

	/** Ends the session. The access token may have expired. Known to Keyfold servers only. */
	async logOut(options?: CallOptions): Promise<void> {
		await this.#sender.send({...options, jwt: this.#jwt, method: "DELETE", path: path`/user/session`});
	}

	/** Deletes the user. Needs a fresh token: `server_113`. */
	async delete(options?: CallOptions): Promise<void> {
		await this.#sender.send({...options, jwt: this.#jwt, method: "DELETE", path: path`/user`});
	}

	/** The user's devices, oldest first. */
	devices(options: CallOptions = {}): Listing<Device> {
		return new Listing(PAGE, options, (after, options) => {
			const [time, id] = after === undefined ? START : [after.time, after.device_id];
			return this.#sender.send({...options, jwt: this.#jwt, method: "GET", path: path`/user/device/${time}/${id}`});
		});
	}

	/** Deletes a device. Needs a fresh token: `server_113`. */
	async deleteDevice(device_id: string, options?: CallOptions): Promise<void> {
		await this.#sender.send({...options, jwt: this.#jwt, method: "DELETE", path: path`/user/device/${device_id}`});
	}

	/**
	 * Adds a prepared device to the account.
	 *
	 * @param input `input` of what `user.prepareRegisterDevice()` returned in the client
	 * @returns a session for {@link uploadDeviceKeys}, if there are more keys than fit into one request
	 */
	async confirmDevice(input: Prepared<ConfirmDevice>, options?: CallOptions): Promise<string | undefined> {
		const call = {...options, jwt: this.#jwt, method: "PUT", path: path`/user/done_register_device`, body: input} as const;
		return (await this.#sender.send<{session_id?: string}>(call)).session_id;
	}

	/** Adds a prepared device to an account without keys. */
	async confirmDeviceLight(input: Prepared<ConfirmDeviceLight>, options?: CallOptions): Promise<void> {
		const place = path`/user/done_register_device_light`;
		await this.#sender.send({...options, jwt: this.#jwt, method: "PUT", path: place, body: input});
	}

	/** Uploads more keys for a device that was just added. */
	async uploadDeviceKeys(session_id: string, keys: Prepared<NewMemberKey[]>, options?: CallOptions): Promise<void> {
		const place = path`/user/user_keys/session/${session_id}`;
		await this.#sender.send({...options, jwt: this.#jwt, method: "PUT", path: place, body: keys});
	}

	/**
	 * Creates a group.
	 *
	 * @param keys what `user.prepareGroupCreate()` returned in the client
	 * @returns its id
	 */
	async createGroup(keys: Prepared<GroupCreate>, options?: CallOptions): Promise<string> {
		const call = {...options, jwt: this.#jwt, method: "POST", path: path`/group`, body: keys} as const;
		return (await this.#sender.send<{group_id: string}>(call)).group_id;
	}

	/** Creates a group without keys. */
	async createGroupLight(options?: CallOptions): Promise<string> {
		const call = {...options, jwt: this.#jwt, method: "POST", path: path`/group/light`} as const;
		return (await this.#sender.send<{group_id: string}>(call)).group_id;
	}

	/**
	 * A group, for calls on it. Sends nothing.
	 *
	 * @param through the group of the user that is a member of the (connected) group, where the user is none
	 */
	group(group_id: string, through?: string): ActingGroup {
		return new ActingGroup(this.#sender, this.#jwt, group_id, through);
	}

	/**
	 * Whether the user belongs to a group, directly or through other groups, and with which rank.
	 *
	 * @returns `undefined` if the group is none of the user's, or does not exist
	 */
	async groupAccess(group_id: string, options: CallOptions & {through?: string} = {}): Promise<GroupAccess | undefined> {
		const {through, ...call} = options;
		try {
			return await this.group(group_id, through).access(call);
		} catch (error) {
			if (isServerError(error, NO_ACCESS)) {
				return undefined;
			}
			throw error;
		}
	}

	/**
	 * The same as {@link groupAccess}, for code that goes on only with access.
	 *
	 * @param rank the weakest rank that is good enough; by default every member is. Lower numbers are stronger.
	 * @throws {@link BackendError} with `server_310` without access, with `rank_insufficient` with a weaker rank
	 */
	async requireGroupAccess(
		group_id: string,
		options: CallOptions & {through?: string; rank?: number} = {},
	): Promise<GroupAccess> {
		const {through, rank = WEAKEST_RANK, ...call} = options;
		const access = await this.group(group_id, through).access(call);
		if (access.rank > rank) {
			throw new BackendError("rank_insufficient", `the user has rank ${access.rank}, and ${rank} is asked for`);
		}
		return access;
	}

	/** Groups that the user is a direct member of, oldest first. */
	groups(options: CallOptions = {}): Listing<GroupItem> {
		return new Listing(PAGE, options, (after, options) => {
			const [time, id] = after === undefined ? START : [after.time, after.group_id];
			return this.#sender.send({...options, jwt: this.#jwt, method: "GET", path: path`/group/all/${time}/${id}`});
		});
	}

	/** Invitations that the user can accept. */
	invitations(options: CallOptions = {}): Listing<Invitation> {
		return this.#invitations("invite", options);
	}

	/** Join requests that the user has sent. */
	joinRequests(options: CallOptions = {}): Listing<Invitation> {
		return this.#invitations("joins", options);
	}

	/**
	 * Registers a file.
	 *
	 * @param input what `user.prepareRegisterFile()` returned in the client
	 */
	async registerFile(input: Prepared<FileRegister>, options?: CallOptions): Promise<FileRegistered> {
		return this.#sender.send({...options, jwt: this.#jwt, method: "POST", path: path`/file`, body: input});
	}

	/** A file that belongs to the user or to nobody. `server_512`: there is none. */
	async file(file_id: string, options?: CallOptions): Promise<FileMeta> {
		return this.#sender.send({...options, jwt: this.#jwt, method: "GET", path: path`/file/${file_id}`});
	}

	/** The parts of a file, in sequence. */
	fileParts(file_id: string, options: CallOptions = {}): Listing<FilePart> {
		return new Listing(PARTS_PAGE, options, async (after, options) => {
			const place = path`/file/${file_id}/part_fetch/${after?.sequence ?? 0}`;
			try {
				return await this.#sender.send<FilePart[]>({...options, jwt: this.#jwt, method: "GET", path: place});
			} catch (error) {
				// A full page was the last one.
				if (after !== undefined && isServerError(error, NO_FILE)) {
					return [];
				}
				throw error;
			}
		});
	}

	/** Renames a file of the user. No name takes it away. */
	async renameFile(file_id: string, encrypted_file_name?: string, options?: CallOptions): Promise<void> {
		const body = {encrypted_file_name};
		await this.#sender.send({...options, jwt: this.#jwt, method: "PUT", path: path`/file/${file_id}`, body});
	}

	/** Deletes a file of the user. */
	async deleteFile(file_id: string, options?: CallOptions): Promise<void> {
		await this.#sender.send({...options, jwt: this.#jwt, method: "DELETE", path: path`/file/${file_id}`});
	}

	#invitations(list: "invite" | "joins", options: CallOptions): Listing<Invitation> {
		return new Listing(PAGE, options, (after, options) => {
			const [time, id] = after === undefined ? START : [after.time, after.group_id];
			return this.#sender.send({...options, jwt: this.#jwt, method: "GET", path: path`/group/${list}/${time}/${id}`});
		});
	}
}

const NO_ACCESS = 310;
const NO_FILE = 512;
const WEAKEST_RANK = 4;
