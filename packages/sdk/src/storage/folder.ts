import {createHash, randomUUID} from "node:crypto";
import {appendFile, mkdir, readdir, readFile, rename, rm, writeFile} from "node:fs/promises";
import {join} from "node:path";

import {decode, encode} from "./clone.js";
import type {InitReturn, StorageInterface} from "./interface.js";
import {Turns} from "./turns.js";

const OWNER_ONLY_FOLDER = 0o700;
const OWNER_ONLY_FILE = 0o600;

/** File of the parts. */
const PARTS = "parts";

/** File of an item, complete or not. */
const ITEM = /^[0-9a-f]{64}\.json(\.|$)/;

/**
 * Keeps items as files in a folder, readable by their owner alone (Node).
 *
 * A file is named after the hash of its item's name: names hold what users typed, and must neither lead out of the
 * folder nor collide where the file system ignores case. It is replaced as a whole, so that a crash leaves the old or the
 * new item.
 */
export class FolderStorage implements StorageInterface {
	readonly #folder: string;

	readonly #writes = new Turns();

	/** @param folder made if it does not exist */
	constructor(folder: string) {
		this.#folder = folder;
	}

	async init(): Promise<InitReturn> {
		try {
			await mkdir(this.#folder, {recursive: true, mode: OWNER_ONLY_FOLDER});
			return {status: true};
		} catch (error) {
			return {
				status: false,
				err: error instanceof Error ? error.message : String(error),
				warn: "The folder for keys is not available: the login ends with this program.",
			};
		}
	}

	async getDownloadUrl(): Promise<string> {
		await this.#writes.ended();
		return URL.createObjectURL(new Blob([(await present(readFile(this.#parts))) ?? ""]));
	}

	async cleanStorage(): Promise<void> {
		return this.#writes.take(async () => {
			for (const name of await readdir(this.#folder)) {
				// Whatever else lies in the folder is not ours.
				if (name === PARTS || ITEM.test(name)) {
					await rm(join(this.#folder, name), {force: true});
				}
			}
		});
	}

	async storePart(chunk: ArrayBuffer): Promise<void> {
		const part = new Uint8Array(chunk.slice(0));
		return this.#writes.take(() => appendFile(this.#parts, part, {mode: OWNER_ONLY_FILE}));
	}

	async delete(key: string): Promise<void> {
		return this.#writes.take(() => rm(this.#file(key), {force: true}));
	}

	async getItem<T>(key: string): Promise<T | undefined> {
		await this.#writes.ended();
		const text = await present(readFile(this.#file(key), "utf8"));
		return text === undefined ? undefined : (decode(text) as T);
	}

	async set<T>(key: string, item: T): Promise<void> {
		const file = this.#file(key);
		const text = encode(item);
		return this.#writes.take(() => replace(file, text));
	}

	get #parts(): string {
		return join(this.#folder, PARTS);
	}

	#file(key: string): string {
		return join(this.#folder, `${createHash("sha256").update(key).digest("hex")}.json`);
	}
}

async function replace(file: string, text: string): Promise<void> {
	const unfinished = `${file}.${randomUUID()}`;
	try {
		await writeFile(unfinished, text, {mode: OWNER_ONLY_FILE, flush: true});
		await rename(unfinished, file);
	} catch (error) {
		await rm(unfinished, {force: true});
		throw error;
	}
}

/** What was read, or `undefined` if there is no such file. */
async function present<T>(reading: Promise<T>): Promise<T | undefined> {
	try {
		return await reading;
	} catch (error) {
		if (error instanceof Error && "code" in error && error.code === "ENOENT") {
			return undefined;
		}
		throw error;
	}
}
