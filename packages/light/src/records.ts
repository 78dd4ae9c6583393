import type {StorageInterface} from "../../sdk/src/storage/interface.js";
import type {UserDeviceKeyData} from "./types.js";

/** A session as it is kept between page loads. */
export interface StoredSession {
	identifier: string;
	user_id: string;
	device_id: string;
	device: UserDeviceKeyData;
	mfa: boolean;
	/** Algorithm of the password derivation: a later login accepts none that is weaker. */
	algorithm: string;
	jwt: string;
	/** When the token arrived, by the clock of this machine. */
	received_at: number;
	/** Missing where the app's backend keeps it. */
	refresh_token?: string;
	/** Names of the records of groups, which go when the user logs out. */
	groups: string[];
}

const ACTUAL_USER = "actual_user";

/** Reads and writes what is kept, as JSON: stores encrypt texts where they can. */
export class Records {
	readonly #storage: StorageInterface;

	constructor(storage: StorageInterface) {
		this.#storage = storage;
	}

	/** Identifier of the device that logged in last. */
	async actualUser(): Promise<string | undefined> {
		return this.#storage.getItem<string>(ACTUAL_USER);
	}

	async setActualUser(identifier: string): Promise<void> {
		await this.#storage.set(ACTUAL_USER, identifier);
	}

	async deleteActualUser(): Promise<void> {
		await this.#storage.delete(ACTUAL_USER);
	}

	/** The session of a device; `undefined` also for what another program has written. */
	async session(identifier: string): Promise<StoredSession | undefined> {
		const session = await this.read<Partial<StoredSession>>(sessionName(identifier));
		const {user_id, device_id, device, jwt, received_at, groups} = session ?? {};
		const complete =
			typeof user_id === "string" &&
			typeof device_id === "string" &&
			typeof device === "object" &&
			typeof jwt === "string" &&
			typeof received_at === "number" &&
			Array.isArray(groups);
		return complete ? (session as StoredSession) : undefined;
	}

	async setSession(session: StoredSession): Promise<void> {
		await this.write(sessionName(session.identifier), session);
	}

	async deleteSession(identifier: string): Promise<void> {
		await this.delete(sessionName(identifier));
	}

	async read<T>(name: string): Promise<T | undefined> {
		const text = await this.#storage.getItem<unknown>(name);
		if (typeof text !== "string") {
			return undefined;
		}
		try {
			return JSON.parse(text) as T;
		} catch {
			return undefined;
		}
	}

	async write(name: string, value: object): Promise<void> {
		await this.#storage.set(name, JSON.stringify(value));
	}

	async delete(name: string): Promise<void> {
		await this.#storage.delete(name);
	}
}

/** `owner` is the user, or the group through which the group is reached. */
export function groupName(owner: string, group_id: string): string {
	return `group_data_user_${owner}_id_${group_id}`;
}

function sessionName(identifier: string): string {
	return `user_data_id_${identifier}`;
}
