import {platform} from "#platform";

import * as core from "../../wasm/keyfold_wasm.js";
import type {Environment} from "../environment.js";
import {KeyfoldError, codes} from "../error.js";
import {handle_server_response} from "../http.js";
import {SymKey} from "../sym_key.js";
import type {FileCreateOutput, FileMetaInformation, FilePrepareCreateOutput, PartListItem} from "../types.js";
import {StoredFile} from "./download.js";
import type {DownloadOptions, ProgressCallback, TransferProgress, UploadOptions} from "./options.js";
import {type FileInput, type WritableFileHandle, contentOf} from "./source.js";
import {isCancelled, partsOf} from "./transfer.js";
import {Upload} from "./upload.js";

/** What users and groups have in common of the core. */
interface Owner {
	resumeUpload(text: string): core.Upload;
	file(file_id: string): Promise<core.StoredFile>;
	openFile(info: string, key: core.SymmetricKey): core.StoredFile;
	deleteFile(file_id: string): Promise<void>;
}

/** The parameters of `createFile`, in all their forms, behind the input. */
export type CreateParameters = [
	name_or_sign_or_options?: string | boolean | UploadOptions | undefined,
	...rest: (string | boolean | ProgressCallback | undefined)[],
];

/** The parameters of `downloadFile`, in both forms. */
export type DownloadParameters = (string | ProgressCallback | null | undefined)[];

/** What a file access knows of its client and its user. */
interface Surroundings extends Pick<Environment, "base_url" | "app_token" | "sessions"> {
	signKey: () => string;
	/** The parts of a file behind the one with this number, a page of them. */
	parts: (file_id: string, last_sequence: number) => Promise<PartListItem[]>;
}

/** As many parts of a file are listed at once. */
const PARTS_PAGE = 500;

/** Files of a user or of a group. */
export class FileAccess {
	readonly #owner: Owner;

	readonly #prepare: (name: string | undefined, to: string | undefined, sign: boolean) => Promise<core.PreparedFile>;

	readonly #environment: Surroundings;

	constructor(
		owner: Owner,
		prepare: (name: string | undefined, to: string | undefined, sign: boolean) => Promise<core.PreparedFile>,
		environment: Surroundings,
	) {
		this.#owner = owner;
		this.#prepare = prepare;
		this.#environment = environment;
	}

	/** Registers and uploads. What fails for another reason than the network leaves nothing on the server. */
	async create(input: FileInput, options: UploadOptions): Promise<FileCreateOutput> {
		const content = await contentOf(input);
		try {
			const name = options.name ?? content.name;
			const prepared = await this.#prepare(name, recipient(options.reply_id), options.sign ?? false);
			const {master_key_id, encrypted_file_name} = registration(prepared);
			const upload = new Upload(await prepared.register());
			try {
				await upload.sendContent(content, options);
			} catch (error) {
				if (isCancelled(error) || !isNetwork(error)) {
					// The failure that is told is the one of the upload.
					await upload.abort().catch(() => {});
				}
				throw error;
			}
			return {file_id: upload.file_id, master_key_id, encrypted_file_name};
		} finally {
			// Where it could not be registered: an upload closes it itself.
			await content.close();
		}
	}

	/** Registers a file whose content is sent step by step. */
	async begin(options: UploadOptions): Promise<Upload> {
		const prepared = await this.#prepare(options.name, recipient(options.reply_id), options.sign ?? false);
		return new Upload(await prepared.register());
	}

	resume(text: string): Upload {
		return new Upload(this.#owner.resumeUpload(text));
	}

	async createFromPath(path: string, options: UploadOptions): Promise<FileCreateOutput> {
		const {handle, name, close} = await platform.openFile(path);
		try {
			return await this.create(handle, {name, ...options});
		} finally {
			await close();
		}
	}

	async prepare(name: string | undefined, to: string | undefined): Promise<FilePrepareCreateOutput> {
		const prepared = await this.#prepare(name, recipient(to), false);
		const {master_key_id, encrypted_file_name} = registration(prepared);
		return {
			server_input: prepared.body,
			master_key_id,
			encrypted_file_name,
			key: this.#key(prepared.key, master_key_id),
		};
	}

	done(server_output: string): [file_id: string, session_id: string] {
		const {file_id, session_id} = handle_server_response<{file_id: string; session_id: string}>(server_output);
		this.#environment.sessions.set(session_id, file_id);
		return [file_id, session_id];
	}

	async upload(
		input: FileInput,
		key: SymKey,
		session_id: string,
		sign: boolean,
		callback: ProgressCallback | undefined,
	): Promise<void> {
		const {sessions} = this.#environment;
		const upload = this.resume(
			JSON.stringify({
				// Empty where another program has read the answer to the registration: then a lost answer ends the upload.
				file_id: sessions.get(session_id) ?? "",
				session_id,
				signed: sign,
				key: key.key,
				parts: 0,
				bytes: 0,
				unconfirmed: null,
				done: false,
			}),
		);
		await upload.send(input, {onProgress: inParts(callback)});
		if (upload.done) {
			sessions.delete(session_id);
		}
	}

	async open(file_id: string): Promise<StoredFile> {
		return this.#stored(await this.#owner.file(file_id));
	}

	reopen(key: SymKey, meta: FileMetaInformation): StoredFile {
		const info = JSON.stringify({owner: "", ...meta});
		return this.#stored(this.#owner.openFile(info, core.SymmetricKey.import(key.key)));
	}

	/** How many parts a file has, of which a description names the first ones. `undefined` if that cannot be found out. */
	async countParts({file_id, part_list}: FileMetaInformation): Promise<number | undefined> {
		let count = part_list.length;
		let last = part_list.at(-1)?.sequence ?? 0;
		try {
			for (let more = count >= PARTS_PAGE; more; ) {
				const page = await this.#environment.parts(file_id, last);
				const next = page.at(-1)?.sequence ?? last;
				// A list that does not move would go round for ever.
				more = page.length >= PARTS_PAGE && next > last;
				last = next;
				count += page.length;
			}
		} catch (error) {
			// Some servers have no empty page. What else is wrong, the download itself will tell.
			return error instanceof KeyfoldError && error.code === "server_512" ? count : undefined;
		}
		return count;
	}

	async delete(file_id: string): Promise<void> {
		return this.#owner.deleteFile(file_id);
	}

	/** The sign key is exported when a content is to be signed, not for every file that is read. */
	#stored(file: core.StoredFile): StoredFile {
		const {base_url, app_token, signKey} = this.#environment;
		return new StoredFile(file, base_url, app_token, signKey);
	}

	#key(key: string, master_key_id: string): SymKey {
		const {base_url, app_token, signKey} = this.#environment;
		return new SymKey(base_url, app_token, key, "non_register", master_key_id, signKey);
	}
}

/** `createFile(input, sign, …)`, `createFile(input, name, sign, …)` and `createFile(input, options)`, told apart. */
export function uploadOptions(parameters: CreateParameters, with_recipient: boolean): UploadOptions {
	const [first, ...rest] = parameters;
	if (typeof first === "object") {
		return first;
	}
	const [sign, ...others] = typeof first === "string" ? rest : [first, ...rest];
	const [reply_id, callback] = with_recipient ? others : [undefined, others[0]];
	return {
		...(typeof first === "string" && {name: first}),
		...(typeof reply_id === "string" && {reply_id}),
		sign: sign === true,
		onProgress: inParts(typeof callback === "function" ? callback : undefined),
	};
}

/** The parameters of `uploadFile`, in both forms, behind the input. */
export type UploadParameters = (SymKey | string | number | boolean | ProgressCallback | undefined)[];

/** `uploadFile(input, key, session_id, …)` and `uploadFile(input, size, key, session_id, …)`, told apart. */
export function withoutSize(
	parameters: UploadParameters,
): [SymKey, string, boolean, ProgressCallback | undefined] {
	const [key, session_id, sign, callback] = typeof parameters[0] === "number" ? parameters.slice(1) : parameters;
	if (!(key instanceof SymKey) || typeof session_id !== "string") {
		throw new KeyfoldError(codes.configuration, "an upload needs the content key and the session of the registration");
	}
	return [key, session_id, sign === true, typeof callback === "function" ? callback : undefined];
}

/**
 * `downloadFile(file_id, verify_key, callback)` and `downloadFile(directory, file_id, verify_key, callback)`, told apart: a verify
 * key is JSON, or empty for none.
 */
export async function downloaded(
	files: FileAccess,
	parameters: DownloadParameters,
): Promise<[string, FileMetaInformation, SymKey] | [FileMetaInformation, SymKey]> {
	const [directory, second] = parameters;
	const saves = typeof second === "string" && second !== "" && !second.startsWith("{");
	const [file_id, verify_key, callback] = saves ? parameters.slice(1) : parameters;
	if (typeof file_id !== "string" || typeof directory !== "string") {
		throw new KeyfoldError(codes.configuration, "a file has an id");
	}
	const file = await files.open(file_id);
	const {meta, key} = file;
	const options: DownloadOptions = {
		verify_key: typeof verify_key === "string" ? verify_key : null,
		onProgress: await inPartsOf(files, meta, typeof callback === "function" ? callback : undefined),
	};
	if (saves) {
		await file.save(directory, options);
		return [meta, key];
	}
	return [await file.url(options), meta, key];
}

/** The parameters of `downloadFileWithMetaInfo` behind the file, if there is one. */
export type DescribedParameters = [
	key: SymKey,
	meta: FileMetaInformation,
	verify_key?: string | null | undefined,
	progress?: ProgressCallback | undefined,
];

/** `downloadFileWithMetaInfo(key, meta, …)` and `downloadFileWithMetaInfo(file, key, meta, …)`, told apart. */
export async function downloadedAsDescribed(
	files: FileAccess,
	parameters: DescribedParameters | [file: WritableFileHandle, ...DescribedParameters],
): Promise<string | undefined> {
	const [first] = parameters;
	if (first instanceof SymKey) {
		const [file, options] = await described(files, parameters as DescribedParameters);
		return file.url(options);
	}
	const [file, options] = await described(files, parameters.slice(1) as DescribedParameters);
	await file.writeTo(first, options);
	return undefined;
}

async function described(
	files: FileAccess,
	[key, meta, verify_key, progress]: DescribedParameters,
): Promise<[StoredFile, DownloadOptions]> {
	const options = {verify_key: verify_key ?? null, onProgress: await inPartsOf(files, meta, progress)};
	return [files.reopen(key, meta), options];
}

/** Tells how much of an upload is through by parts, as the callbacks of old do. */
function inParts(callback: ProgressCallback | undefined): (progress: TransferProgress) => void {
	let done = 0;
	return ({total}) => {
		done += 1;
		callback?.(fraction(done, total === undefined ? undefined : partsOf(total)));
	};
}

/** The same for a download, where the number of parts is what is known. */
async function inPartsOf(
	files: FileAccess,
	meta: FileMetaInformation,
	callback: ProgressCallback | undefined,
): Promise<() => void> {
	const parts = callback === undefined ? undefined : await files.countParts(meta);
	let done = 0;
	return () => {
		done += 1;
		callback?.(fraction(done, parts));
	};
}

function fraction(done: number, parts: number | undefined): number | undefined {
	return parts === undefined ? undefined : Math.min(1, done / Math.max(1, parts));
}

function registration(prepared: core.PreparedFile): {master_key_id: string; encrypted_file_name: string} {
	const body = JSON.parse(prepared.body) as {master_key_id: string; encrypted_file_name?: string | null};
	return {master_key_id: body.master_key_id, encrypted_file_name: body.encrypted_file_name ?? ""};
}

function recipient(reply_id: string | undefined): string | undefined {
	return reply_id === "" ? undefined : reply_id;
}

function isNetwork(error: unknown): boolean {
	return error instanceof KeyfoldError && error.code === codes.network;
}

