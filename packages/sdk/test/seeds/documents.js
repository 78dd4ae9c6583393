// The two documents that describe the API this package keeps to, and the code in them.
//
// They are no part of the project: `KEYFOLD_SEEDS` names their folder, which otherwise lies beside the project.

import {existsSync, readFileSync, readdirSync} from "node:fs";
import {join} from "node:path";
import {fileURLToPath} from "node:url";

const FOLDER = process.env["KEYFOLD_SEEDS"] ?? fileURLToPath(new URL("../../../../../shared/seeds", import.meta.url));

/**
 * The documents by their titles, as lines; `undefined` where they are not at hand.
 *
 * @returns {Map<string, string[]> | undefined}
 */
export function readDocuments() {
	if (!existsSync(FOLDER)) {
		return undefined;
	}
	const texts = readdirSync(FOLDER).map((file) => readFileSync(join(FOLDER, file), "utf8").split("\n"));
	return new Map(texts.map((lines) => [(lines[0] ?? "").trim(), lines]));
}

/** What begins like a statement, closes something, or is indented as no prose is. */
const CODE = [
	/^\s*(import|const|let|var|await|async|function|if|else|for|return|interface|type|export|throw|try)\b.*[;:{(=,"']/,
	/^\s*(run|user|sentc|Sentc|group)\b[.(]/,
	/^\s*\/\//,
	/^\s*[{}()<\]]/,
	/^\s*"\w+": /,
	/^(\t| {3,})\S/,
	/[;{]$/,
];

/**
 * The lines (counted from 1) that look like code and stand in none of `blocks`.
 *
 * @param {string[]} lines
 * @param {{lines: [number, number]}[]} blocks
 */
export function linesOutside(lines, blocks) {
	return lines.flatMap((line, index) => {
		const number = index + 1;
		const covered = blocks.some(({lines: [first, last]}) => first <= number && number <= last);
		return !covered && CODE.some((form) => form.test(line)) ? [`${number}: ${line}`] : [];
	});
}

/**
 * The text of a block as it stands in the document.
 *
 * @param {string[]} lines
 * @param {[number, number]} range
 */
export function textOf(lines, [first, last]) {
	return lines.slice(first - 1, last).join("\n");
}
