import {BackendError} from "../error.js";
import {type Sender, path} from "../http/sender.js";
import {type KeySet, type ParsedKey, importKeys} from "./key_set.js";

/** When keys are fetched. In milliseconds. */
export interface KeyCacheOptions {
	/** Age at which keys are fetched again: at the latest then a deleted key counts no more. Default: 10 minutes. */
	max_age?: number;
	/** How much longer the old keys serve while they cannot be fetched. Default: 1 hour. */
	max_stale?: number;
	/** Shortest time between two fetches, whoever asks for whatever key; after a failed one two seconds do. Default: 30 seconds. */
	cooldown?: number;
}

const MINUTE = 60_000;
const RETRY = 2_000;

/**
 * The keys of an app, fetched when they are needed.
 *
 * Tokens come from anybody, and so do the `kid`s in them. However many unknown ones arrive, the server is asked at most once per
 * `cooldown`, and never twice at the same time.
 */
export class FetchedKeys {
	readonly #sender: Sender;
	readonly #now: () => number;
	readonly #max_age: number;
	readonly #max_stale: number;
	readonly #cooldown: number;
	#keys: KeySet | undefined;
	#fetched_at = Number.NEGATIVE_INFINITY;
	#tried_at = Number.NEGATIVE_INFINITY;
	#failure: unknown;
	#fetching: Promise<void> | undefined;

	constructor(sender: Sender, now: () => number, options: KeyCacheOptions = {}) {
		const {max_age = 10 * MINUTE, max_stale = 60 * MINUTE, cooldown = MINUTE / 2} = options;
		this.#sender = sender;
		this.#now = now;
		this.#max_age = max_age;
		this.#max_stale = max_stale;
		this.#cooldown = cooldown;
	}

	/** The key of this id, or `undefined` if the app has none. */
	async find(kid: string): Promise<ParsedKey | undefined> {
		if (this.#age() >= this.#max_age) {
			await this.#fetch();
		} else if (this.#keys?.get(kid) === undefined) {
			// Perhaps a key that was added since.
			await this.#fetch();
		}
		if (this.#keys === undefined || this.#age() >= this.#max_age + this.#max_stale) {
			throw new BackendError("keys_unavailable", "the keys that check access tokens cannot be fetched", {
				cause: this.#failure,
			});
		}
		return this.#keys.get(kid);
	}

	#age(): number {
		return this.#now() - this.#fetched_at;
	}

	#pause(): number {
		return this.#failure === undefined ? this.#cooldown : Math.min(RETRY, this.#cooldown);
	}

	#fetch(): Promise<void> {
		if (this.#fetching === undefined && this.#now() - this.#tried_at >= this.#pause()) {
			this.#tried_at = this.#now();
			this.#fetching = this.#load().finally(() => {
				this.#fetching = undefined;
			});
		}
		return this.#fetching ?? Promise.resolve();
	}

	/** Never rejects: what is known already may still do. */
	async #load(): Promise<void> {
		const started = this.#now();
		try {
			this.#keys = await importKeys(await this.#sender.sendBare({method: "GET", path: path`/app/jwks`}));
			this.#fetched_at = started;
			this.#failure = undefined;
		} catch (error) {
			this.#failure = error;
		}
	}
}
