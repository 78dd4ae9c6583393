// What differs between browsers and Node in the types of the API: this is how browsers have it. For Node the build puts the declarations
// of `platform_types.node.ts` in the place of these, so both export the same names.

import type {ProgressCallback} from "./file/options.js";
import type {SymKey} from "./sym_key.js";
import type {FileMetaInformation} from "./types.js";

/** Bytes as they come out: `Uint8Array` in browsers, `Buffer` in Node. What goes in may be any `Uint8Array`. */
export type Bytes = Uint8Array;

/** A number that keeps the order of what it stands for, from 0 to 4294967294. A `bigint` in browsers, a `number` in Node. */
export type SortableNumber = bigint;

/** Parameters of `downloadFile`: what comes is an address. */
export type DownloadFile = [file_id: string, verify_key?: string | null, progress?: ProgressCallback];

/** What it returns. */
export type DownloadedFile = [url: string, meta: FileMetaInformation, key: SymKey];

/** The other form of `downloadFile`: browsers have none. */
export type OtherDownloadFile = [nothing: never];

/** What that returns. */
export type OtherDownloadedFile = never;
