import {type CallOptions, type Sender, path} from "../http/sender.js";

/** Where a part of a file belongs. The app's clients send the first three in the path of an upload. */
export interface PartPlace {
	session_id: string;
	/** From 1. */
	sequence: number;
	/** Whether it is the last one. */
	end: boolean;
	/** Who uploads: the owner of the file. */
	user_id: string;
}

/** Parts of files that the app stores itself. `server_520`: the app does not. */
export class Files {
	readonly #sender: Sender;

	/** @internal */
	constructor(sender: Sender) {
		this.#sender = sender;
	}

	/**
	 * Registers a part.
	 *
	 * @returns the id under which its content must be stored
	 */
	async registerPart({session_id, sequence, end, user_id}: PartPlace, options?: CallOptions): Promise<string> {
		const place = path`/file/part/${session_id}/${sequence}/${end}/${user_id}`;
		return (await this.#sender.send<{part_id: string}>({...options, method: "PATCH", path: place})).part_id;
	}

	/** Makes the server forget a part, for example because its content could not be stored. Unknown parts are no failure. */
	async forgetPart(part_id: string, options?: CallOptions): Promise<void> {
		await this.#sender.send({...options, method: "DELETE", path: path`/file/part/${part_id}`});
	}
}
