import {readFile} from "node:fs/promises";
import {createServer} from "node:http";
import {extname, join, normalize} from "node:path";
import {fileURLToPath} from "node:url";

/** All packages: the tests share the assertions of the full SDK's. */
const ROOT = fileURLToPath(new URL("../../../", import.meta.url));

/** @type {Record<string, string>} */
const TYPES = {
	".html": "text/html; charset=utf-8",
	".js": "text/javascript; charset=utf-8",
	".wasm": "application/wasm",
};

/**
 * Serves the files of the packages on a free port: this one's under `/light/`.
 *
 * @returns {Promise<{origin: string, stop: () => Promise<void>}>}
 */
export async function servePages() {
	const server = createServer(async (request, response) => {
		const path = normalize(decodeURIComponent(new URL(request.url ?? "/", "http://localhost").pathname));
		try {
			const content = await readFile(join(ROOT, path));
			response.writeHead(200, {"content-type": TYPES[extname(path)] ?? "application/octet-stream"});
			response.end(content);
		} catch {
			response.writeHead(404).end();
		}
	});
	await new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(undefined)));
	const address = server.address();
	if (address === null || typeof address === "string") {
		throw new Error("a TCP server has an address");
	}
	return {
		origin: `http://127.0.0.1:${address.port}`,
		stop: async () => {
			server.closeAllConnections();
			await new Promise((resolve) => server.close(resolve));
		},
	};
}
