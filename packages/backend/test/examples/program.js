import {mkdtemp, readFile, rm, writeFile} from "node:fs/promises";
import {join} from "node:path";
import {fileURLToPath, pathToFileURL} from "node:url";

/**
 * The programs whose code a page shows, in pieces: all blocks of JavaScript with the same words behind `js`, one after the other.
 *
 * @param {URL} page
 * @returns {Promise<Map<string, string>>} by those words; none for most blocks
 */
export async function programsOf(page) {
	const text = await readFile(page, "utf8");
	/** @type {Map<string, string>} */
	const programs = new Map();
	for (const [, name = "", code = ""] of text.matchAll(/^```js ?(.*)\n([\s\S]*?)^```$/gm)) {
		programs.set(name, (programs.get(name) ?? "") + code);
	}
	return programs;
}

/**
 * Runs a program as a module of this package.
 *
 * @param {string} code
 * @param {Record<string, string>} replacements addresses that the page names, and those that they stand for
 * @param {string[]} names what to hand out of the program's own names
 * @returns {Promise<Record<string, unknown>>}
 */
export async function run(code, replacements, names = []) {
	let text = code;
	for (const [from, to] of Object.entries(replacements)) {
		text = text.replaceAll(from, to);
	}
	if (names.length > 0) {
		text += `export {${names.join(", ")}};\n`;
	}
	// Inside the package, so that its imports are found.
	const folder = await mkdtemp(fileURLToPath(new URL("run-", import.meta.url)));
	try {
		const file = join(folder, "program.js");
		await writeFile(file, text);
		return await import(pathToFileURL(file).href);
	} finally {
		await rm(folder, {recursive: true});
	}
}
