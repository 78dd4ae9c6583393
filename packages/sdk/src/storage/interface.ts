/** Where an app keeps keys and sessions between page loads or program runs. */
export interface StorageInterface {
	/** Opens the store. Called once, by whoever made it. */
	init(): Promise<InitReturn>;

	/** The stored parts, one behind the other, as a URL that `fetch` and links accept. Revoke it when done. */
	getDownloadUrl(): Promise<string>;

	/** Removes everything. */
	cleanStorage(): Promise<void>;

	/** Appends a part of a file. */
	storePart(chunk: ArrayBuffer): Promise<void>;

	/** Removes an item; nothing happens if there is none. */
	delete(key: string): Promise<void>;

	/** The item, or `undefined`. */
	getItem<T>(key: string): Promise<T | undefined>;

	/** Stores anything that the structured clone algorithm can copy, replacing what was there. */
	set<T>(key: string, item: T): Promise<unknown>;
}

/** Whether a store could be opened. */
export interface InitReturn {
	status: boolean;
	/** Why not. */
	err?: string;
	/** What will not work, when a lesser store takes its place. */
	warn?: string;
}

/** Told when the preferred store is not available. */
export type ResCallBack = (result: {err?: string; warn?: string}) => void;

/** How an app chooses its store. */
export interface StorageOptions {
	/** Uses the platform's own store and reports trouble with it here instead of on the console. */
	default_storage?: {errCallBack: ResCallBack};
	/** Hands in a store of the app's own, which must already be open. */
	getStorage?: () => Promise<StorageInterface>;
}
