import {equal, ok} from "../harness/assert.js";

/**
 * What every store must do, by the name of the behaviour.
 *
 * @type {Record<string, (open: () => Promise<import("../../dist/esm/index.js").StorageInterface>) => Promise<void>>}
 */
export const suite = {
	async "an item that was never set is undefined"(open) {
		const store = await open();
		equal(await store.getItem("missing"), undefined);
	},

	async "an item is read back as it was set"(open) {
		const store = await open();
		const items = [
			"",
			"a text with \u{1f511}, \0 and a\nline break",
			0,
			false,
			null,
			["list", {nested: undefined}],
			{text: "a", number: 1.5, __type: "Map", value: "looks like a tag"},
			new Map([["key", {index: 1}]]),
			new Uint8Array([0, 1, 255]),
			new Uint8Array([1, 2]).buffer,
			12345678901234567890n,
		];
		for (const item of items) {
			await store.set("item", item);
			equal(await store.getItem("item"), item);
		}
	},

	async "a long item is read back whole, and a shorter one replaces it whole"(open) {
		const store = await open();
		const long = "0123456789abcdef".repeat(65_536);
		await store.set("item", long);
		equal(await store.getItem("item"), long);
		await store.set("item", "short");
		equal(await store.getItem("item"), "short");
	},

	async "changing an object after it was stored changes nothing in the store"(open) {
		const store = await open();
		const item = {list: ["a"]};
		await store.set("item", item);
		item.list.push("b");
		equal(await store.getItem("item"), {list: ["a"]});
		const read = /** @type {{list: string[]}} */ (await store.getItem("item"));
		read.list.push("c");
		equal(await store.getItem("item"), {list: ["a"]});
	},

	async "names are told apart letter by letter, whatever they look like"(open) {
		const store = await open();
		const names = ["user", "User", "../user", "/user", "user/", "user.", "C:\\user", "u%73er", "\u00fcser", "u\u0308ser", " ", "", "__proto__", "1"];
		names.push("x".repeat(2000));
		for (const name of names) {
			await store.set(name, `item of ${name}`);
		}
		for (const name of names) {
			equal(await store.getItem(name), `item of ${name}`);
		}
	},

	async "a deleted item is gone, and deleting it again is no error"(open) {
		const store = await open();
		await store.set("item", "a");
		await store.set("other", "b");
		await store.delete("item");
		await store.delete("item");
		equal(await store.getItem("item"), undefined);
		equal(await store.getItem("other"), "b");
	},

	async "items set at the same time are all there"(open) {
		const store = await open();
		const numbers = Array.from({length: 50}, (_, index) => index);
		await Promise.all(numbers.map((number) => store.set(`item ${number}`, number)));
		equal(await Promise.all(numbers.map((number) => store.getItem(`item ${number}`))), numbers);
	},

	async "of texts that are set one right after the other the last one stays"(open) {
		const store = await open();
		const texts = ["x".repeat(1_000_000), "short", "y".repeat(500_000), "last"];
		await Promise.all(texts.map((text) => store.set("item", text)));
		equal(await store.getItem("item"), "last");
	},

	async "parts come back in their order, whole, and without the items"(open) {
		const store = await open();
		await store.set("item", "not a part");
		await store.storePart(new Uint8Array([1, 2, 3]).buffer);
		await store.storePart(new Uint8Array([]).buffer);
		await store.storePart(new Uint8Array(100_000).fill(7).buffer);
		const url = await store.getDownloadUrl();
		const whole = new Uint8Array(await (await fetch(url)).arrayBuffer());
		URL.revokeObjectURL(url);
		equal(whole.length, 100_003);
		equal([...whole.subarray(0, 4)], [1, 2, 3, 7]);
	},

	async "cleaning removes items and parts, and the store goes on working"(open) {
		const store = await open();
		await store.set("item", "a");
		await store.storePart(new Uint8Array([1]).buffer);
		await store.cleanStorage();
		equal(await store.getItem("item"), undefined);
		const url = await store.getDownloadUrl();
		equal((await (await fetch(url)).arrayBuffer()).byteLength, 0);
		URL.revokeObjectURL(url);
		await store.set("item", "b");
		equal(await store.getItem("item"), "b");
	},

	async "two stores do not see each other's items"(open) {
		const [one, other] = [await open(), await open()];
		await one.set("item", "a");
		equal(await other.getItem("item"), undefined);
		ok((await one.getItem("item")) === "a", "the first store still has it");
	},
};
