// Compiled, not run: where the types of Node differ from those of browsers. Written as for the earlier package.

import {open} from "node:fs/promises";

import type {Bytes, CryptoRawOutput, FileCreateOutput, FileMetaInformation, Group, SortableNumber, SymKey, User} from "keyfold";

export async function files(owner: User | Group, file_id: string, verify_key: string): Promise<void> {
	const [meta, key] = await owner.downloadFile("folder", file_id);
	const both: [FileMetaInformation, SymKey] = [meta, key];
	const verified: [FileMetaInformation, SymKey] = await owner.downloadFile("folder", file_id, verify_key);
	const told: [FileMetaInformation, SymKey] = await owner.downloadFile("folder", file_id, verify_key, (done) => console.log(done));
	const [url]: [string, FileMetaInformation, SymKey] = await owner.downloadFile(file_id);
	const unverified: [string, FileMetaInformation, SymKey] = await owner.downloadFile(file_id, "");
	const address: [string, FileMetaInformation, SymKey] = await owner.downloadFile(file_id, verify_key, (done) => console.log(done));
	console.log(both, verified, told, url, unverified, address);
}

/** As apps name what a method takes and returns. */
export type Downloaded = Awaited<ReturnType<Group["downloadFile"]>>;
export const downloaded = ([{file_name}, key]: Downloaded): string => file_name + key.key_id;
export const parameters: Parameters<User["downloadFile"]> = ["folder", "file id", "verify key"];

export async function handles(group: Group, user: User, key: SymKey, meta: FileMetaInformation): Promise<void> {
	const handle = await open("file");
	const of_group: FileCreateOutput = await group.createFile(handle, "name", true, (done) => console.log(done));
	const of_user: FileCreateOutput = await user.createFile(handle, "name", true, "reply id", (done) => console.log(done));
	const of_path: FileCreateOutput = await user.createFileWithPath("path", true, "reply id");
	await group.uploadFile(handle, 5, key, "session", true);
	await user.downloadFileWithMetaInfo(handle, key, meta, "verify key");
	console.log(of_group, of_user, of_path);
}

export function sorted(group: Group): boolean {
	const number: number = group.encryptSortableRawNumber(1);
	const [word, alg, key_id]: [number, string, string] = group.encryptSortableString("word");
	const named: SortableNumber = group.encryptSortableRawString("word");
	// @ts-expect-error that is the browsers'
	const other: bigint = group.encryptSortableNumber(1)[0];
	return number + 1 > word && named > other && alg === key_id;
}

export async function bytes(group: Group, user: User, key: SymKey): Promise<string[]> {
	const raw: CryptoRawOutput = await group.encryptRaw(new Uint8Array());
	const small: Bytes = group.encryptSync(Buffer.from("text"));
	const all: Buffer[] = [small, raw.data, await user.decrypt(small), key.decrypt(small), await group.decryptRaw(raw.head, raw.data)];
	return all.map((part) => part.toString("base64"));
}
