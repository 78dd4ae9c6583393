// Compiled, not run: where the types of browsers differ from those of Node. Written as for the earlier package.

import type {Bytes, CryptoRawOutput, FileMetaInformation, Group, SortableNumber, SymKey, User} from "keyfold";

export async function files(owner: User | Group, file_id: string, verify_key: string): Promise<void> {
	const [url, meta, key] = await owner.downloadFile(file_id, verify_key);
	const everything: [string, FileMetaInformation, SymKey] = [url, meta, key];
	const [address]: [string, FileMetaInformation, SymKey] = await owner.downloadFile(file_id);
	const unverified: [string, FileMetaInformation, SymKey] = await owner.downloadFile(file_id, "");
	const told: [string, FileMetaInformation, SymKey] = await owner.downloadFile(file_id, verify_key, (progress) => console.log(progress));
	console.log(everything, address, unverified, told);
	// @ts-expect-error there are no folders
	await owner.downloadFile("folder", file_id, verify_key, () => {});
}

/** As apps name what a method takes and returns. */
export type Downloaded = Awaited<ReturnType<Group["downloadFile"]>>;
export const downloaded = ([url, {file_name}, key]: Downloaded): string => url + file_name + key.key_id;
export const parameters: Parameters<User["downloadFile"]> = ["file id", "verify key"];

export function sorted(group: Group): boolean {
	const number: bigint = group.encryptSortableRawNumber(1);
	const [word, alg, key_id]: [bigint, string, string] = group.encryptSortableString("word");
	const named: SortableNumber = group.encryptSortableRawString("word");
	// @ts-expect-error that is Node's
	const other: number = group.encryptSortableNumber(1)[0];
	return number + 1n > word && named > other && alg === key_id;
}

export async function bytes(group: Group, user: User, key: SymKey): Promise<Uint8Array[]> {
	const raw: CryptoRawOutput = await group.encryptRaw(new Uint8Array());
	const small: Bytes = group.encryptSync(new Uint8Array());
	// @ts-expect-error that is Node's
	small.toString("base64");
	return [raw.data, small, await user.decrypt(small), key.decrypt(small), await group.decryptRaw(raw.head, raw.data)];
}
