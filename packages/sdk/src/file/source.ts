import {KeyfoldError, codes} from "../error.js";
import type {PartSource} from "../types.js";

/** As much is read at once of what can be cut at will: a part of an upload. */
const PIECE = 4 * 1024 * 1024;

/** What of a file of Node's `fs/promises` is used. */
export interface FileHandleLike {
	/** Reads bytes into a buffer; at a position, or where the last reading ended. */
	read(
		buffer: Uint8Array,
		offset: number,
		length: number,
		position: number | null,
	): Promise<{bytesRead: number}>;
	/** Asks for the size, in bytes. */
	stat(): Promise<{size: number}>;
}

/** What of a file of Node's `fs/promises` that is open for writing is used. */
export interface WritableFileHandle {
	/** Writes bytes of a buffer; at a position, or where the last writing ended. */
	write(buffer: Uint8Array, offset: number, length: number, position: number | null): Promise<{bytesWritten: number}>;
}

/** What can be uploaded. */
export type FileInput =
	| Blob
	| ArrayBuffer
	| Uint8Array
	| FileHandleLike
	| ReadableStream<Uint8Array>
	| AsyncIterable<Uint8Array>;

/** The content of an upload, to be read once. */
export interface Content {
	source: PartSource;
	/** Bytes, if that is known beforehand. */
	size: number | undefined;
	/** The name that the input brings with it. */
	name: string | undefined;
	/** Lets go of the input, also of one that was not read to its end. It does not fail. */
	close(): Promise<void>;
}

/** Opens an input for reading from its beginning. */
export async function contentOf(input: FileInput): Promise<Content> {
	if (input instanceof Blob) {
		const name = "name" in input && typeof input.name === "string" ? input.name : undefined;
		return {source: blobSource(input), size: input.size, name, close: nothing};
	}
	if (input instanceof Uint8Array || input instanceof ArrayBuffer) {
		const bytes = input instanceof ArrayBuffer ? new Uint8Array(input) : input;
		return {source: once(bytes), size: bytes.length, name: undefined, close: nothing};
	}
	if ("stat" in input) {
		// Whoever has opened it closes it.
		return {source: handleSource(input), size: (await input.stat()).size, name: undefined, close: nothing};
	}
	// Before iterators, which streams have in some places: a reader can cancel a stream that it is waiting for.
	if ("getReader" in input) {
		return {...readContent((input as ReadableStream<Uint8Array>).getReader()), size: undefined, name: undefined};
	}
	if (Symbol.asyncIterator in input) {
		return {...iteratedContent(input[Symbol.asyncIterator]()), size: undefined, name: undefined};
	}
	throw new KeyfoldError(codes.configuration, "this cannot be uploaded: a Blob, bytes, a stream or an open file can");
}

function blobSource(blob: Blob): PartSource {
	let position = 0;
	return {
		async next() {
			if (position >= blob.size) {
				return undefined;
			}
			const piece = blob.slice(position, position + PIECE);
			position += piece.size;
			return new Uint8Array(await piece.arrayBuffer());
		},
	};
}

function handleSource(handle: FileHandleLike): PartSource {
	let position = 0;
	return {
		async next() {
			const buffer = new Uint8Array(PIECE);
			const {bytesRead} = await handle.read(buffer, 0, buffer.length, position);
			position += bytesRead;
			return bytesRead === 0 ? undefined : buffer.subarray(0, bytesRead);
		},
	};
}

function once(bytes: Uint8Array): PartSource {
	let position = 0;
	return {
		async next() {
			if (position >= bytes.length) {
				return undefined;
			}
			const piece = bytes.subarray(position, position + PIECE);
			position += piece.length;
			return piece;
		},
	};
}

function iteratedContent(iterator: AsyncIterator<Uint8Array>): Pick<Content, "source" | "close"> {
	// As in a `for await`: `return` is for those that have neither ended nor failed.
	let open = true;
	let reading = false;
	const source: PartSource = {
		async next() {
			reading = true;
			try {
				const step: IteratorResult<Uint8Array, unknown> = await iterator.next();
				if (step.done !== true) {
					return step.value;
				}
				open = false;
				return undefined;
			} catch (error) {
				open = false;
				throw error;
			} finally {
				reading = false;
			}
		},
	};
	const close = async (): Promise<void> => {
		if (open) {
			open = false;
			const returned = (async () => iterator.return?.())().then(nothing, nothing);
			// A generator takes it when it has its next piece, for which a stopped upload does not wait.
			await (reading ? undefined : returned);
		}
	};
	return {source, close};
}

function readContent(reader: ReadableStreamDefaultReader<Uint8Array>): Pick<Content, "source" | "close"> {
	const source: PartSource = {
		async next() {
			const {done, value} = await reader.read();
			return done ? undefined : value;
		},
	};
	const close = async (): Promise<void> => {
		// The stream may have failed, which the upload has told.
		await reader.cancel().catch(nothing);
		reader.releaseLock();
	};
	return {source, close};
}

function nothing(): Promise<void> {
	return Promise.resolve();
}
