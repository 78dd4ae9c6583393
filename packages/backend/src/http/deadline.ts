import {BackendError} from "../error.js";

/** A time limit and the caller's own signal in one. */
export class Deadline {
	readonly #controller = new AbortController();
	readonly #timer: ReturnType<typeof setTimeout>;
	readonly #callers: AbortSignal | undefined;
	#passed = false;

	readonly #abort = (): void => {
		this.#controller.abort(this.#callers?.reason);
	};

	/** @param timeout in milliseconds */
	constructor(timeout: number, callers?: AbortSignal) {
		this.#callers = callers;
		this.#timer = setTimeout(() => {
			this.#passed = true;
			this.#controller.abort();
		}, timeout);
		if (callers?.aborted) {
			this.#abort();
		} else {
			callers?.addEventListener("abort", this.#abort, {once: true});
		}
	}

	/** Fires when either does. */
	get signal(): AbortSignal {
		return this.#controller.signal;
	}

	/** Why the signal fired, if it did. */
	reason(): BackendError | undefined {
		if (this.#callers?.aborted) {
			return new BackendError("aborted", "the call was aborted", {cause: this.#callers.reason});
		}
		return this.#passed ? new BackendError("timeout", "the server did not answer in time") : undefined;
	}

	/** Lets go of the timer and of the caller's signal. */
	clear(): void {
		clearTimeout(this.#timer);
		this.#callers?.removeEventListener("abort", this.#abort);
	}
}
