/** Lets writes take turns: one takes longer than another, but the last one asked for must win. */
export class Turns {
	#last: Promise<unknown> = Promise.resolve();

	/** Runs `write` when all earlier ones have ended. */
	async take(write: () => Promise<unknown>): Promise<void> {
		const turn = this.#last.then(write);
		// Whoever comes next does not care how this one ended.
		this.#last = turn.catch(() => undefined);
		await turn;
	}

	/** Waits until everything that was asked for so far is written. */
	async ended(): Promise<void> {
		await this.#last;
	}
}
