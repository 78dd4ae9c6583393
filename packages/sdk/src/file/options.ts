/** How far a transfer is. */
export interface TransferProgress {
	/** Bytes that are through. */
	bytes: number;
	/** All bytes, if that is known. */
	total?: number;
}

/** Settings of a transfer. */
export interface TransferOptions {
	/** Stops the transfer: it fails with `client_433`. */
	signal?: AbortSignal;
	/** Called after each part of 4 MiB. */
	onProgress?: (progress: TransferProgress) => void;
}

/** Settings of an upload. */
export interface UploadOptions extends TransferOptions {
	/** Name of the file, which is encrypted; by default that of a `File`. */
	name?: string;
	/** Whether to sign each part with the user's newest sign key. */
	sign?: boolean;
	/** Uploads of a user: for whom the file is; by default for the user alone. */
	reply_id?: string;
}

/** Settings of a download. */
export interface DownloadOptions extends TransferOptions {
	/** The exported verify key with which each part must be signed. */
	verify_key?: string | null;
	/** Id of the user who must have signed each part. */
	signed_by?: string;
}

/** Called with how much of a transfer is through, up to 1. */
export type ProgressCallback = (progress?: number) => void;
