import * as core from "../wasm/keyfold_wasm.js";
import {envelopeHead, parsedHead} from "./content.js";
import {KeyfoldError, codes} from "./error.js";
import type {GroupData, GroupKey} from "./types.js";
import type {User} from "./user.js";

/** What encrypts and decrypts the contents of a group: the core, or the keys in data that an app has put together. */
export interface Contents {
	/** Id of the newest key, one more use of which is counted where keys are kept. */
	useNewestKey(): string;
	loadedKey(key_id: string): core.SymmetricKey;
	loadKey(key_id: string): Promise<core.SymmetricKey>;
	encrypt(data: Uint8Array, sign: boolean): Uint8Array;
	encryptRaw(data: Uint8Array, sign: boolean): core.RawContent;
	decrypt(content: Uint8Array, signer?: string): Promise<Uint8Array>;
	decryptRaw(head: string, payload: Uint8Array, verify_key?: string | null): Promise<Uint8Array>;
	decryptSync(content: Uint8Array, verify_key?: string | null): Uint8Array;
	decryptRawSync(head: string, payload: Uint8Array, verify_key?: string | null): Uint8Array;
}

/** The contents of a group of which only some data is known. No key is fetched. */
export class KnownKeys implements Contents {
	readonly #data: Partial<GroupData>;

	readonly #user: User | null;

	constructor(data: Partial<GroupData>, user: User | null) {
		this.#data = data;
		this.#user = user;
	}

	useNewestKey(): string {
		return this.#data.newest_key_id ?? this.#generations[0]?.group_key_id ?? "";
	}

	loadedKey(key_id: string): core.SymmetricKey {
		return this.#key(key_id);
	}

	async loadKey(key_id: string): Promise<core.SymmetricKey> {
		return this.#key(key_id);
	}

	encrypt(data: Uint8Array, sign: boolean): Uint8Array {
		return this.#newestKey().encrypt(data, this.#signKey(sign));
	}

	encryptRaw(data: Uint8Array, sign: boolean): core.RawContent {
		return this.#newestKey().encryptRaw(data, this.#signKey(sign));
	}

	async decrypt(content: Uint8Array, signer?: string): Promise<Uint8Array> {
		return this.decryptSync(content, signer && (await this.#verifyKey(signer, content)));
	}

	async decryptRaw(head: string, payload: Uint8Array, verify_key?: string | null): Promise<Uint8Array> {
		return this.decryptRawSync(head, payload, verify_key);
	}

	decryptSync(content: Uint8Array, verify_key?: string | null): Uint8Array {
		return this.#key(envelopeHead(content).id).decrypt(content, verify_key);
	}

	decryptRawSync(head: string, payload: Uint8Array, verify_key?: string | null): Uint8Array {
		return this.#key(parsedHead(head).id).decryptRaw(head, payload, verify_key);
	}

	#newestKey(): core.SymmetricKey {
		return this.#key(this.useNewestKey());
	}

	get #generations(): GroupKey[] {
		return this.#data.keys ?? [];
	}

	#key(key_id: string): core.SymmetricKey {
		const place = this.#data.key_map?.get(key_id);
		const mapped = place === undefined ? undefined : this.#generations[place];
		const key = mapped?.group_key_id === key_id ? mapped : this.#generations.find(({group_key_id}) => group_key_id === key_id);
		if (key === undefined) {
			throw new KeyfoldError(codes.keyNotLoaded, `the group key ${key_id} is not among those that are known`);
		}
		return core.SymmetricKey.import(key.group_key);
	}

	#signKey(sign: boolean): string | undefined {
		return sign ? this.#signer.getNewestSignKey() : undefined;
	}

	async #verifyKey(signer: string, content: Uint8Array): Promise<string> {
		const {sign} = envelopeHead(content);
		if (sign === undefined) {
			throw new KeyfoldError(codes.unsigned, "the content is not signed");
		}
		return this.#signer.verifyKeyOf(signer, sign.id);
	}

	get #signer(): User {
		if (this.#user === null) {
			throw new KeyfoldError(codes.keyNotLoaded, "this group was made without a user, whose keys sign and verify");
		}
		return this.#user;
	}
}
