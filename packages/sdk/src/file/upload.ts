import type * as core from "../../wasm/keyfold_wasm.js";
import type {PartSource} from "../types.js";
import type {UploadOptions} from "./options.js";
import {type Content, type FileInput, contentOf} from "./source.js";
import {Transfer} from "./transfer.js";
import {Uploader} from "./uploader.js";

/**
 * An upload that has begun, and that can go on after an error, also in another program run: see {@link Upload.export}.
 *
 * The server accepts parts for 24 hours.
 */
export class Upload {
	readonly #core: core.Upload;

	/** The file's id. Others can read the file once the upload is done. */
	readonly file_id: string;

	/** @internal */
	constructor(upload: core.Upload) {
		this.#core = upload;
		this.file_id = upload.fileId;
	}

	/** Whether the whole file is through. */
	get done(): boolean {
		return this.#core.isDone;
	}

	/** What it takes to go on later, with `resumeUpload` of the same user or group. As secret as the file. */
	export(): string {
		return this.#core.export();
	}

	/**
	 * Sends the content from its beginning. What is through already is skipped.
	 *
	 * The static flag `Uploader.cancel_upload` stops it after a part, without an error.
	 */
	async send(input: FileInput, options: Pick<UploadOptions, "signal" | "onProgress"> = {}): Promise<void> {
		return this.sendContent(await contentOf(input), options);
	}

	/**
	 * The same with an input that is open. Afterwards it is closed.
	 *
	 * @internal
	 */
	async sendContent({source, size, close}: Content, options: Pick<UploadOptions, "signal" | "onProgress">): Promise<void> {
		let transfer: Transfer | undefined;
		try {
			transfer = new Transfer(options);
			await this.#send(source, size, transfer);
		} finally {
			transfer?.end();
			await close();
		}
	}

	/** Gives up: deletes the file and what is through of it. */
	async abort(): Promise<void> {
		return this.#core.abort();
	}

	async #send(source: PartSource, size: number | undefined, transfer: Transfer): Promise<void> {
		Uploader.cancel_upload = false;
		const report = (bytes: number): void => {
			transfer.report(bytes, size);
			if (Uploader.cancel_upload) {
				Uploader.cancel_upload = false;
				transfer.flag();
			}
		};
		try {
			await this.#core.send(source, report, transfer.cancellation);
		} catch (error) {
			if (!transfer.flagged) {
				throw error;
			}
		}
	}
}
