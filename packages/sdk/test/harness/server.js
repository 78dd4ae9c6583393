import {spawn} from "node:child_process";
import {once} from "node:events";
import {mkdtemp, rm} from "node:fs/promises";
import {tmpdir} from "node:os";
import {join} from "node:path";
import {createInterface} from "node:readline";

export {APP_TOKEN, SECRET_TOKEN} from "./tokens.js";

/**
 * Starts the `keyfold` program that `KEYFOLD_PROGRAM` names, with an empty database and on a free port.
 *
 * @param {string[]} options further ones of `keyfold serve --dev`
 * @returns {Promise<{base_url: string, data: string, stop: () => Promise<void>}>} `data` is the folder of its database
 */
export async function startServer(...options) {
	const program = process.env["KEYFOLD_PROGRAM"];
	if (program === undefined) {
		throw new Error("KEYFOLD_PROGRAM must name the built `keyfold` program (`cargo xtask test --only javascript` sets it)");
	}
	const folder = await mkdtemp(join(tmpdir(), "keyfold-sdk-test-"));
	const data = join(folder, "data");
	const server = spawn(program, ["serve", "--dev", "--listen", "127.0.0.1:0", "--data", data, ...options], {
		cwd: folder,
		stdio: ["ignore", "pipe", "pipe"],
	});
	const ended = once(server, "exit");
	const stop = async () => {
		server.kill("SIGTERM");
		await ended;
		await rm(folder, {recursive: true, force: true});
	};
	try {
		return {base_url: await announcedAddress(server), data, stop};
	} catch (error) {
		await stop();
		throw error;
	}
}

/**
 * The server prints its address when everything is ready; its log goes to the other output.
 *
 * @param {import("node:child_process").ChildProcessByStdio<null, import("node:stream").Readable, import("node:stream").Readable>} server
 * @returns {Promise<string>}
 */
function announcedAddress(server) {
	/** @type {string[]} */
	const lines = [];
	return new Promise((resolve, reject) => {
		// Both are read to the end, so that the server never waits for room in a pipe.
		createInterface({input: server.stderr}).on("line", (line) => lines.push(line));
		createInterface({input: server.stdout}).on("line", (line) => {
			lines.push(line);
			const address = /http:\/\/127\.0\.0\.1:[1-9]\d*/.exec(line);
			if (address !== null) {
				resolve(address[0]);
			}
		});
		server.once("error", reject);
		server.once("exit", (code) => {
			reject(new Error(`the server ended with code ${code} before it announced an address:\n${lines.join("\n")}`));
		});
	});
}
