import {type CallOptions, type Sender, path} from "../http/sender.js";
import {Listing, START} from "./listing.js";
import type {FailedDelivery, FileUsage} from "./types.js";

const PAGE = 50;

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

/** Files of the app as a whole, and parts that the app stores itself. */
export class Files {
	readonly #sender: Sender;

	/** @internal */
	constructor(sender: Sender) {
		this.#sender = sender;
	}

	/**
	 * Registers a part that the app stores itself. `server_520`: it does not; `server_510`: no such upload session of this user.
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

	/** How much the app has stored, and may store. Known to Keyfold servers only, as are the calls below. */
	async usage(options?: CallOptions): Promise<FileUsage> {
		return this.#sender.send({...options, method: "GET", path: path`/file/usage`});
	}

	/** The public key with which the server signs its messages to the app's own storage: `whpk_` and base64 of an Ed25519 key. */
	async callbackKey(options?: CallOptions): Promise<string> {
		return this.#sender.send({...options, method: "GET", path: path`/file/callback/key`});
	}

	/** Messages to the app's own storage that the server has given up to deliver. */
	failedDeliveries(options: CallOptions = {}): Listing<FailedDelivery> {
		return new Listing(PAGE, options, (after, options) => {
			const [time, id] = after === undefined ? START : [after.time, after.delivery_id];
			return this.#sender.send({...options, method: "GET", path: path`/file/callback/failed/${time}/${id}`});
		});
	}

	/** Has a message sent again that was given up. */
	async retryDelivery(delivery_id: string, options?: CallOptions): Promise<void> {
		await this.#sender.send({...options, method: "POST", path: path`/file/callback/${delivery_id}`});
	}
}
