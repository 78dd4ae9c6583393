// How Node has it; see `platform_types.ts`.

import type {Buffer} from "node:buffer";

import type {ProgressCallback} from "./file/options.js";
import type {SymKey} from "./sym_key.js";
import type {FileMetaInformation} from "./types.js";

/** Bytes as they come out: `Uint8Array` in browsers, `Buffer` in Node. What goes in may be any `Uint8Array`. */
export type Bytes = Buffer;

/** A number that keeps the order of what it stands for, from 0 to 4294967294. A `bigint` in browsers, a `number` in Node. */
export type SortableNumber = number;

/** Parameters of `downloadFile`: the file comes into a folder, under its own name or a similar one that is free. */
export type DownloadFile = [directory: string, file_id: string, verify_key?: string | null, progress?: ProgressCallback];

/** What it returns. */
export type DownloadedFile = [meta: FileMetaInformation, key: SymKey];

/**
 * The other form of `downloadFile`: what comes is an address. Two texts are a folder and a file, unless the second looks like a verify key,
 * which is JSON or, for none, empty.
 */
export type OtherDownloadFile =
	| [file_id: string, verify_key?: "" | `{${string}` | null, progress?: ProgressCallback]
	| [file_id: string, verify_key: string, progress: ProgressCallback];

/** What that returns. */
export type OtherDownloadedFile = [url: string, meta: FileMetaInformation, key: SymKey];
