// Makes `dist/`: the page, its style, its script with the SDK in it, and the WebAssembly beside them. The development server serves
// that folder as it is, under `/playground`.

import {copyFileSync, existsSync, mkdirSync, rmSync} from "node:fs";
import {dirname, join} from "node:path";
import {fileURLToPath} from "node:url";

import {build} from "esbuild";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const dist = join(root, "dist");
const wasm = join(root, "../sdk/dist/keyfold.wasm");

if (!existsSync(wasm)) {
	console.error(`${wasm} is missing: run \`npm run build\` in packages/sdk first`);
	process.exit(1);
}

rmSync(dist, {recursive: true, force: true});
mkdirSync(dist);
await build({
	absWorkingDir: root,
	entryPoints: ["src/playground.ts"],
	bundle: true,
	format: "esm",
	platform: "browser",
	target: "es2022",
	minify: true,
	outfile: "dist/playground.js",
	logLevel: "warning",
});
for (const name of ["index.html", "playground.css"]) {
	copyFileSync(join(root, "src", name), join(dist, name));
}
copyFileSync(wasm, join(dist, "keyfold.wasm"));
