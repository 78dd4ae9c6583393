import assert from "node:assert/strict";
import {after, before, describe, test} from "node:test";
import {fileURLToPath} from "node:url";

import {startChromium} from "../../../sdk/test/harness/chromium.js";
import {startServer} from "../../../sdk/test/harness/server.js";

const DIST = fileURLToPath(new URL("../../dist/", import.meta.url));

/** As long as a busy machine takes for two registrations. */
const PATIENCE = 60_000;

describe("the playground, as the development server serves it", () => {
	/** @type {Awaited<ReturnType<typeof startServer>>} */
	let server;
	/** @type {Awaited<ReturnType<typeof startChromium>>} */
	let browser;

	before(async () => {
		[server, browser] = await Promise.all([startServer("--playground", DIST), startChromium()]);
	});
	after(async () => {
		await browser?.close();
		await server?.stop();
	});

	/** The page, in a context of its own. @param {"light" | "dark"} [colorScheme] */
	async function open(colorScheme = "light") {
		const context = await browser.newContext({colorScheme});
		const page = await context.newPage();
		page.setDefaultTimeout(PATIENCE);
		/** @type {string[]} */
		const complaints = [];
		page.on("pageerror", (error) => complaints.push(String(error)));
		page.on("console", (message) => complaints.push(message.text()));
		/** Everything that leaves the page. @type {string[]} */
		const sent = [];
		page.on("request", (request) => sent.push(request.url(), request.postDataBuffer()?.toString("latin1") ?? ""));
		await page.goto(`${server.base_url}/playground`);
		return {context, page, complaints, sent, alice: page.locator("#alice"), bob: page.locator("#bob")};
	}

	/** Two people in a group. @param {Awaited<ReturnType<typeof open>>} opened */
	async function meet({alice, bob}) {
		await alice.getByRole("button", {name: "Register and log in"}).click();
		await bob.getByRole("button", {name: "Register and log in"}).click();
		await alice.getByRole("button", {name: "Make a group"}).click();
		await bob.getByRole("button", {name: "Accept the invitation"}).click();
		await bob.getByLabel("A text from Bob").waitFor();
	}

	/** @param {Awaited<ReturnType<typeof open>>["alice"]} panel @param {string} label @param {string} text */
	async function write(panel, label, text) {
		await panel.getByLabel(label).fill(text);
		await panel.getByLabel(label).press("Enter");
	}

	test("two people meet and write to each other; what they write never leaves the page in clear", async () => {
		const opened = await open();
		const {context, page, alice, bob, complaints, sent} = opened;
		await meet(opened);
		await write(alice, "A text from Alice", "the answer is 42 <b>");
		await bob.getByText("the answer is 42 <b>").waitFor();
		await write(bob, "A text from Bob", "and the question is unknown");
		await alice.getByText("and the question is unknown").waitFor();

		assert.ok(sent.some((text) => text.endsWith("/api/v1/register")));
		assert.ok(sent.every((text) => text === "" || text.startsWith(server.base_url) || !/^https?:/.test(text)));
		for (const secret of ["the answer is 42", "the question", "alice has a good password"]) {
			assert.ok(sent.every((text) => !text.includes(secret)), `sent in clear: ${secret}`);
		}
		const seen = page.locator("#server");
		assert.doesNotMatch(await seen.innerText(), /the answer is 42/);
		await seen.getByText("a text, as an app would store it").first().waitFor();
		const registration = seen.locator("li").last();
		await registration.locator("summary").click();
		assert.match(await registration.innerText(), /encrypted_master_key/);
		assert.match(await page.locator("#sums").innerText(), /^\d+ requests, [\d.]+ kB sent, [\d.]+ kB received$/);
		await page.getByRole("button", {name: "Clear"}).click();
		assert.equal(await seen.locator("li").count(), 0);
		assert.deepEqual(complaints, []);
		await context.close();
	});

	test("files reach the other one under their name, and neither that nor their content is sent in clear", async () => {
		const opened = await open();
		const {context, page, alice, bob, sent} = opened;
		await meet(opened);
		const secret = "meet at noon, by the old mill. ".repeat(200_000);
		const plan = {name: "the plan.txt", mimeType: "text/plain", buffer: Buffer.from(secret)};
		await alice.locator("input[type=file]").setInputFiles(plan);
		const link = bob.getByRole("link", {name: "the plan.txt (6.2 MB)"});
		await link.waitFor();
		const content = await link.evaluate(async (element) => (await fetch(/** @type {HTMLAnchorElement} */ (element).href)).text());
		assert.ok(content === secret, `${content.length} characters came back`);

		const dot = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
		const picture = {name: "dot.png", mimeType: "image/png", buffer: Buffer.from(dot, "base64")};
		await bob.locator("input[type=file]").setInputFiles(picture);
		await alice.getByRole("img", {name: "dot.png"}).waitFor();
		await page.waitForFunction(() => document.querySelector("img")?.naturalWidth === 1);

		for (const clear of ["meet at noon", "the plan", "dot.png", "IHDR"]) {
			assert.ok(sent.every((text) => !text.includes(clear)), `sent in clear: ${clear}`);
		}
		await page.locator("#server").getByText("a file, as an app would store it").first().waitFor();
		await context.close();
	});

	test("after a rotation both use the new key, and what came before stays readable", async () => {
		const opened = await open();
		const {context, alice, bob} = opened;
		await meet(opened);
		const newest = (/** @type {Awaited<ReturnType<typeof open>>["alice"]} */ panel) =>
			panel.locator("dd code").last().getAttribute("title");
		const first = await newest(alice);
		await write(alice, "A text from Alice", "with the first key");
		await bob.getByText("with the first key").waitFor();
		await alice.getByRole("button", {name: "Rotate the keys"}).click();
		await alice.locator(`dd code[title]:not([title="${first}"])`).last().waitFor();
		await write(bob, "A text from Bob", "with the second key");
		await alice.getByText("with the second key").waitFor();
		assert.equal(await newest(alice), await newest(bob));
		assert.notEqual(await newest(alice), first);
		const about = await alice.locator(".messages small").allInnerTexts();
		assert.equal(new Set(about).size, 2, about.join("; "));
		await context.close();
	});

	test("everything can be done with the keyboard alone", async () => {
		const {context, page, alice, bob} = await open();
		/** @param {Awaited<ReturnType<typeof open>>["alice"]} target */
		const tabTo = async (target) => {
			for (let steps = 0; steps < 40; steps += 1) {
				if (await target.evaluate((element) => element === document.activeElement)) {
					return;
				}
				await page.keyboard.press("Tab");
			}
			throw new Error(`the keyboard does not lead to ${target}`);
		};
		await tabTo(alice.getByRole("button", {name: "Register and log in"}));
		await page.keyboard.press("Enter");
		await tabTo(bob.getByRole("button", {name: "Register and log in"}));
		await page.keyboard.press("Enter");
		await alice.getByRole("button", {name: "Make a group"}).waitFor();
		await tabTo(alice.getByRole("button", {name: "Make a group"}));
		await page.keyboard.press("Enter");
		await bob.getByRole("button", {name: "Accept the invitation"}).waitFor();
		await tabTo(bob.getByRole("button", {name: "Accept the invitation"}));
		await page.keyboard.press("Enter");
		await bob.getByLabel("A text from Bob").waitFor();
		await tabTo(bob.getByLabel("A text from Bob"));
		await page.keyboard.type("typed");
		await page.keyboard.press("Enter");
		await alice.getByText("typed").waitFor();

		await tabTo(bob.getByRole("button", {name: "File…"}));
		const picker = bob.locator("input[type=file]");
		// In place of the window in which the system lets choose a file.
		await picker.evaluate((input) => {
			input.addEventListener("click", (event) => {
				event.preventDefault();
				input.setAttribute("data-asked", "");
			});
		});
		await page.keyboard.press("Enter");
		await page.locator("input[type=file][data-asked]").waitFor({state: "attached"});
		await picker.setInputFiles({name: "by keyboard.txt", mimeType: "text/plain", buffer: Buffer.from("content")});
		await alice.getByRole("link", {name: /^by keyboard\.txt/}).waitFor();

		const newest = () => alice.locator("dd code").last().getAttribute("title");
		const first = await newest();
		await tabTo(alice.getByRole("button", {name: "Rotate the keys"}));
		await page.keyboard.press("Enter");
		await alice.locator(`dd code[title]:not([title="${first}"])`).last().waitFor();
		await tabTo(alice.getByLabel("A text from Alice"));
		await page.keyboard.type("under the new key");
		await page.keyboard.press("Enter");
		await bob.getByText("under the new key").waitFor();
		assert.notEqual(await newest(), first);
		await context.close();
	});

	test("what goes wrong is said where it happened", async () => {
		const {context, alice, bob} = await open();
		await alice.getByLabel("Identifier").fill("taken");
		await alice.getByRole("button", {name: "Register and log in"}).click();
		await alice.getByText("Now Bob needs an account.").waitFor();
		await bob.getByLabel("Identifier").fill("taken");
		await bob.getByRole("button", {name: "Register and log in"}).click();
		await bob.getByText("(server_101)").waitFor();
		await bob.getByLabel("Identifier").fill("free");
		await bob.getByRole("button", {name: "Register and log in"}).click();
		await bob.getByRole("button", {name: "Make a group"}).waitFor();
		assert.equal(await bob.locator(".failure").isVisible(), false);
		await context.close();
	});

	test("dark and light follow the system, and a button", async () => {
		for (const scheme of /** @type {const} */ (["light", "dark"])) {
			const {context, page} = await open(scheme);
			const brightness = () =>
				page.evaluate(() => {
					const [red = 0] = getComputedStyle(document.body).backgroundColor.match(/\d+/g)?.map(Number) ?? [];
					return red > 128 ? "light" : "dark";
				});
			assert.equal(await brightness(), scheme);
			await page.getByRole("button", {name: /^Switch to/}).click();
			assert.notEqual(await brightness(), scheme);
			await context.close();
		}
	});

	test("nothing overflows, from a telephone to a wide screen", async () => {
		const opened = await open();
		await meet(opened);
		await write(opened.alice, "A text from Alice", "long".repeat(60));
		await opened.bob.getByText("longlong").waitFor();
		for (const width of [360, 700, 1000, 1600]) {
			await opened.page.setViewportSize({width, height: 800});
			const overflow = await opened.page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
			assert.ok(overflow <= 0, `${overflow} pixels too wide at ${width}`);
		}
		await opened.context.close();
	});
});
