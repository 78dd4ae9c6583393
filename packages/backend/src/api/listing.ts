import type {CallOptions} from "../http/sender.js";

/** Fetches a page, from the beginning or behind an item. */
export type FetchPage<T> = (after: T | undefined, options: CallOptions) => Promise<T[]>;

/**
 * A list of the server, fetched page by page as it is walked through.
 *
 * ```ts
 * for await (const member of backend.withJwt(jwt).group(id).members()) { … }
 * ```
 */
export class Listing<T> implements AsyncIterable<T> {
	readonly #fetch: FetchPage<T>;
	readonly #page_size: number;
	readonly #options: CallOptions;

	/** @internal */
	constructor(page_size: number, options: CallOptions, fetch: FetchPage<T>) {
		this.#page_size = page_size;
		this.#options = options;
		this.#fetch = fetch;
	}

	/**
	 * One page. A page with fewer items than others is the last one.
	 *
	 * @param after the last item of the page before
	 */
	async page(after?: T): Promise<T[]> {
		return this.#fetch(after, this.#options);
	}

	/** Every item, or the first `limit` of them. */
	async toArray(limit = Number.POSITIVE_INFINITY): Promise<T[]> {
		const items: T[] = [];
		for await (const item of this) {
			if (items.length >= limit) {
				break;
			}
			items.push(item);
		}
		return items;
	}

	async *[Symbol.asyncIterator](): AsyncGenerator<T, void, undefined> {
		let last: T | undefined;
		for (;;) {
			const page = await this.page(last);
			yield* page;
			last = page.at(-1);
			if (last === undefined || page.length < this.#page_size) {
				return;
			}
		}
	}
}

/** Time and id in the path of the first page. */
export const START: readonly [number, string] = [0, "none"];
