import {platform} from "#platform";

import type * as core from "../../wasm/keyfold_wasm.js";
import {KeyfoldError, codes} from "../error.js";
import {SymKey} from "../sym_key.js";
import type {FileMetaInformation} from "../types.js";
import {Downloader} from "./downloader.js";
import type {DownloadOptions} from "./options.js";
import type {WritableFileHandle} from "./source.js";
import {Transfer, isCancelled} from "./transfer.js";

/** A file on the server, with its key opened. */
export class StoredFile {
	readonly #core: core.StoredFile;

	/** The file as the server describes it, with its decrypted name. */
	readonly meta: FileMetaInformation;

	/** The content key. */
	readonly key: SymKey;

	/** @internal */
	constructor(file: core.StoredFile, base_url: string, app_token: string, sign_key: () => string) {
		this.#core = file;
		const info = file.info();
		const {name} = file;
		this.meta = {...info, key_id: info.master_key_id, ...(name !== undefined && {file_name: name})};
		this.key = new SymKey(base_url, app_token, file.key, "non_register", info.master_key_id, sign_key);
	}

	/** Name of the file, if it has one. Whoever uploaded it chose it: it is no path to write to unseen. */
	get name(): string | undefined {
		return this.#core.name;
	}

	/** Its content, part by part, as it is read. */
	stream(options: DownloadOptions = {}): ReadableStream<Uint8Array> {
		const parts = this.parts(options);
		return new ReadableStream<Uint8Array>({
			async pull(controller) {
				const {done, value} = await parts.next();
				if (done === true) {
					controller.close();
				} else {
					controller.enqueue(value);
				}
			},
			async cancel() {
				await parts.return(undefined);
			},
		});
	}

	/** Its content, part by part. */
	async *parts(options: DownloadOptions = {}): AsyncGenerator<Uint8Array, void, undefined> {
		const transfer = new Transfer(options);
		try {
			const report = (bytes: number): void => transfer.report(bytes, undefined);
			const {verify_key, signed_by} = options;
			const download = this.#core.download(verify_key, signed_by, report, transfer.cancellation);
			for (let part = await download.nextPart(); part !== undefined; part = await download.nextPart()) {
				yield platform.bytes(part);
			}
		} finally {
			transfer.end();
		}
	}

	/** Its content in memory. */
	async bytes(options: DownloadOptions = {}): Promise<Uint8Array> {
		return platform.bytes(new Uint8Array(await (await this.blob(options)).arrayBuffer()));
	}

	/** Its content as a `Blob`, which browsers keep on disk when it is large. */
	async blob(options: DownloadOptions = {}): Promise<Blob> {
		const parts: Blob[] = [];
		for await (const part of this.parts(options)) {
			parts.push(new Blob([part as Uint8Array<ArrayBuffer>]));
		}
		return new Blob(parts);
	}

	/**
	 * Its content at an address that links, images and `fetch` take. Revoke it (`URL.revokeObjectURL`) when done.
	 *
	 * The static flag `Downloader.cancel_download` stops it after a part: the address is empty then.
	 */
	async url(options: DownloadOptions = {}): Promise<string> {
		let address = "";
		await Downloader.alone(async (store) => {
			Downloader.cancel_download = false;
			try {
				// A page that was left in the middle of a download has not cleaned up.
				await store.cleanStorage();
				for await (const part of this.parts(options)) {
					// A copy of exactly these bytes: a `Buffer` may share its memory with others.
					await store.storePart(new Uint8Array(part).buffer);
					if (Downloader.cancel_download) {
						Downloader.cancel_download = false;
						return;
					}
				}
				address = await store.getDownloadUrl();
			} finally {
				await store.cleanStorage();
			}
		}, options.signal);
		return address;
	}

	/**
	 * Writes its content into a folder under its own name, made safe; `name(1)` to `name(20)` if there is such a file (Node).
	 *
	 * @returns the path; empty if the static flag `Downloader.cancel_download` stopped it, and what was written stays then
	 */
	async save(directory: string, options: DownloadOptions = {}): Promise<string> {
		Downloader.cancel_download = false;
		const {path, write, close, remove} = await platform.createFile(directory, this.name);
		try {
			for await (const part of this.parts(options)) {
				await write(part);
				if (Downloader.cancel_download) {
					Downloader.cancel_download = false;
					await close();
					return "";
				}
			}
			await close();
			return path;
		} catch (error) {
			await close();
			if (!isCancelled(error)) {
				await remove();
			}
			throw error;
		}
	}

	/**
	 * Writes its content into an open file, where the last writing into it ended (Node).
	 *
	 * If the static flag `Downloader.cancel_download` stops it, what was written stays.
	 */
	async writeTo(file: WritableFileHandle, options: DownloadOptions = {}): Promise<void> {
		Downloader.cancel_download = false;
		for await (const part of this.parts(options)) {
			await written(file, part);
			if (Downloader.cancel_download) {
				Downloader.cancel_download = false;
				return;
			}
		}
	}

	/** Gives the file another name, or takes it away. Only its owner can. */
	async rename(name?: string): Promise<void> {
		return this.#core.rename(name);
	}
}

/** All of a part: one call may write less. */
async function written(file: WritableFileHandle, part: Uint8Array): Promise<void> {
	for (let start = 0; start < part.length; ) {
		try {
			start += (await file.write(part, start, part.length - start, null)).bytesWritten;
		} catch (error) {
			const reason = error instanceof Error ? error.message : String(error);
			throw new KeyfoldError(codes.localFile, `a local file: ${reason}`, undefined, {cause: error});
		}
	}
}
