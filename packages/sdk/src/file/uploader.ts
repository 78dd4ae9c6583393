import {KeyfoldError, codes} from "../error.js";
import type {SymKey} from "../sym_key.js";
import type {User} from "../user.js";
import type {ProgressCallback} from "./options.js";
import type {FileInput} from "./source.js";

/** Uploads the content of a file that is registered. `createFile` of users and groups does all of it in one call. */
export class Uploader {
	/** Set it to stop the upload that is under way, after the part that is being sent. */
	static cancel_upload = false;

	readonly #user: User;

	readonly #group: {id: string; through: string | undefined} | undefined;

	readonly #callback: ProgressCallback | undefined;

	/**
	 * @param group_id uploads for a group
	 * @param group_as_member the group through which the user has access to it
	 * @param _chunk_size is not looked at: parts have 4 MiB, so that another program can go on with the upload
	 */
	constructor(
		_base_url: string,
		_app_token: string,
		user: User,
		group_id?: string,
		_other_user_id?: string,
		upload_callback?: ProgressCallback,
		group_as_member?: string,
		_chunk_size?: number,
	) {
		this.#user = user;
		this.#group = group_id === undefined || group_id === "" ? undefined : {id: group_id, through: group_as_member};
		this.#callback = upload_callback;
	}

	/** Sends the content for a session that the registration returned. */
	async uploadFile(file: FileInput, content_key: SymKey, session_id: string, sign = false): Promise<void> {
		if (session_id === "") {
			throw new KeyfoldError(codes.configuration, "the registration returns the id of the session");
		}
		const owner =
			this.#group === undefined ? this.#user : await this.#user.getGroup(this.#group.id, this.#group.through);
		return owner.uploadFile(file, content_key, session_id, sign, this.#callback);
	}
}
