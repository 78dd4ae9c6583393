import {describe, test} from "node:test";

import {MemoryStorage} from "keyfold";

import {suite} from "./suite.js";

describe("a store in memory", () => {
	for (const [behaviour, run] of Object.entries(suite)) {
		test(behaviour, () => run(open));
	}
});

async function open() {
	const store = new MemoryStorage();
	await store.init();
	return store;
}
