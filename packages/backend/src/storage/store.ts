/** Where an app keeps the parts of its users' files: a folder, a bucket, a database. */
export interface PartStore {
	/**
	 * Stores a part. It is encrypted, and has at most 5 MiB.
	 *
	 * @param part_id a UUID: safe as a file name
	 */
	put(part_id: string, content: Uint8Array<ArrayBuffer>): Promise<void>;

	/** The content of a part, or `undefined` if there is none. */
	get(part_id: string): Promise<Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array<ArrayBuffer>> | undefined>;

	/** Deletes parts. Those that are not there any more are no failure: the server repeats a message that got no answer. */
	delete(part_ids: string[]): Promise<void>;
}

/** Whether a text is an id of a part: a UUID in lower case. */
export function isPartId(text: unknown): text is string {
	return typeof text === "string" && /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(text);
}
