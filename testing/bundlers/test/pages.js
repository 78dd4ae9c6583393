import {readFile} from "node:fs/promises";
import {createServer} from "node:http";
import {extname, join, normalize} from "node:path";

/** @type {Record<string, string>} */
const TYPES = {
	".html": "text/html; charset=utf-8",
	".js": "text/javascript; charset=utf-8",
	".wasm": "application/wasm",
};

const PAGE = `<!doctype html><meta charset="utf-8"><title>An app</title><link rel="icon" href="data:,">`;

/**
 * Serves a folder on a free port, as any web server would, and an empty page at `/empty`.
 *
 * @param {string} folder
 */
export async function serve(folder) {
	const server = createServer(async (request, response) => {
		const path = normalize(decodeURIComponent(new URL(request.url ?? "/", "http://localhost").pathname));
		if (path === "/empty") {
			response.writeHead(200, {"content-type": TYPES[".html"]});
			response.end(PAGE);
			return;
		}
		try {
			const content = await readFile(join(folder, path.endsWith("/") ? `${path}index.html` : path));
			response.writeHead(200, {"content-type": TYPES[extname(path.endsWith("/") ? ".html" : path)] ?? "text/html"});
			response.end(content);
		} catch {
			response.writeHead(404).end();
		}
	});
	await new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(undefined)));
	const address = server.address();
	const port = typeof address === "object" ? address?.port : undefined;
	return {
		origin: `http://127.0.0.1:${port}`,
		stop: async () => {
			server.closeAllConnections();
			await new Promise((resolve) => server.close(resolve));
		},
	};
}
