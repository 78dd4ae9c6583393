import {platform} from "#platform";

import type {Group} from "../group.js";
import type {StorageInterface} from "../storage/interface.js";
import {MemoryStorage} from "../storage/memory.js";
import {Turns} from "../storage/turns.js";
import type {SymKey} from "../sym_key.js";
import type {FileMetaInformation, PartListItem} from "../types.js";
import type {User} from "../user.js";
import type {ProgressCallback} from "./options.js";

/** Downloads of this page take turns where no others share its store for parts. */
const turns = new Turns();

/** Fetches files. `downloadFile` of users and groups does all of it in one call. */
export class Downloader {
	/** Set it to stop the download that is under way, after the part that is being fetched. */
	static cancel_download = false;

	static #storage: Promise<StorageInterface> | undefined;

	readonly #user: User;

	readonly #group: {id: string; through: string | undefined} | undefined;

	/**
	 * @param group_id fetches files of a group
	 * @param group_as_member the group through which the user has access to it
	 */
	constructor(_base_url: string, _app_token: string, user: User, group_id?: string, group_as_member?: string) {
		this.#user = user;
		this.#group = group_id === undefined || group_id === "" ? undefined : {id: group_id, through: group_as_member};
	}

	/** The store in which parts wait until all are there. */
	static getStorage(): Promise<StorageInterface> {
		Downloader.#storage ??= platform.partsStorage().catch((error: unknown) => {
			Downloader.#storage = undefined;
			throw error;
		});
		return Downloader.#storage;
	}

	/** Opens that store beforehand. */
	static async init(): Promise<void> {
		await Downloader.getStorage();
	}

	/** Removes all parts, also those that a page left behind which was closed in the middle. Waits until running downloads have ended. */
	static async reset(): Promise<void> {
		await Downloader.alone((store) => store.cleanStorage());
	}

	/**
	 * Runs `work` while nobody else uses that store: neither this page nor another tab or worker.
	 *
	 * @internal
	 */
	static async alone(work: (store: StorageInterface) => Promise<void>, signal?: AbortSignal): Promise<void> {
		const store = await Downloader.getStorage();
		if (platform.partsLock === undefined || store instanceof MemoryStorage) {
			await turns.take(() => work(store));
		} else {
			await platform.partsLock(() => work(store), signal);
		}
	}

	/** The description of a file, and its content key. */
	async downloadFileMetaInformation(file_id: string, verify_key?: string | null): Promise<[FileMetaInformation, SymKey]> {
		return (await this.#owner()).downloadFileMetaInfo(file_id, verify_key);
	}

	/** The parts behind `last_item`, or the first ones. */
	async downloadFilePartList(file_id: string, last_item?: PartListItem | null): Promise<PartListItem[]> {
		return this.#user.fileParts(file_id, last_item?.sequence ?? 0, this.#group?.through);
	}

	/** The content of a file, as an address. */
	async downloadFileParts(
		meta: FileMetaInformation,
		content_key: SymKey,
		progress?: ProgressCallback,
		verify_key?: string | null,
	): Promise<string> {
		return (await this.#owner()).downloadFileWithMetaInfo(content_key, meta, verify_key, progress);
	}

	async #owner(): Promise<User | Group> {
		return this.#group === undefined ? this.#user : this.#user.getGroup(this.#group.id, this.#group.through);
	}
}
