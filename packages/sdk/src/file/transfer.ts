import * as core from "../../wasm/keyfold_wasm.js";
import {KeyfoldError, codes} from "../error.js";
import type {TransferOptions} from "./options.js";

/** Size of the parts of a file, in bytes. */
export const PART_SIZE = 4 * 1024 * 1024;

/** A transfer that its caller can stop: by a signal, or by the flags of `Uploader` and `Downloader`. */
export class Transfer {
	readonly cancellation = new core.Cancellation();

	/** Whether one of the flags stopped it. */
	flagged = false;

	readonly #options: TransferOptions;

	readonly #stop = (): void => this.cancellation.cancel();

	constructor(options: TransferOptions) {
		this.#options = options;
		const {signal} = options;
		if (signal?.aborted === true) {
			throw new KeyfoldError(codes.cancelled, "the transfer was cancelled", undefined, {cause: signal.reason});
		}
		signal?.addEventListener("abort", this.#stop, {once: true});
	}

	/** Stops because of a flag. */
	flag(): void {
		this.flagged = true;
		this.cancellation.cancel();
	}

	/** Tells the caller how far it is. */
	report(bytes: number, total: number | undefined): void {
		this.#options.onProgress?.({bytes, ...(total !== undefined && {total})});
	}

	/** Takes the listener off the signal, which may live long. */
	end(): void {
		this.#options.signal?.removeEventListener("abort", this.#stop);
	}
}

/** Whether a failure is that of a transfer that was stopped. */
export function isCancelled(error: unknown): boolean {
	return error instanceof KeyfoldError && error.code === codes.cancelled;
}

/** Parts of a file of this size. An empty one has a part, too. */
export function partsOf(size: number): number {
	return Math.max(1, Math.ceil(size / PART_SIZE));
}
