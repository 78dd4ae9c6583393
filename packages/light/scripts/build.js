// Makes `dist/` from `src/` and from `wasm/`, where `cargo xtask wasm` puts the core and its glue.
//
//   dist/esm/browser.js        ES module for browsers, workers and bundlers
//   dist/esm/inline.js         the same with the core inside, for places that cannot load files
//   dist/esm/node.js           ES module for Node
//   dist/cjs/node.js           CommonJS for Node
//   dist/keyfold-light.min.js  plain script; also under the names that existing pages load
//   dist/keyfold-light.wasm    the core, a file of its own for all of them

import {execFileSync} from "node:child_process";
import {copyFileSync, cpSync, existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync} from "node:fs";
import {dirname, join} from "node:path";
import {fileURLToPath} from "node:url";
import {gzipSync} from "node:zlib";

import {build} from "esbuild";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const dist = join(root, "dist");
const wasm = join(root, "wasm", "keyfold_wasm_light_bg.wasm");

if (!existsSync(wasm)) {
	console.error(`${wasm} is missing: run \`cargo xtask wasm\` first`);
	process.exit(1);
}

/** @type {import("esbuild").BuildOptions} */
const shared = {
	absWorkingDir: root,
	bundle: true,
	target: "es2022",
	sourcemap: true,
	logLevel: "warning",
};

/** @type {import("esbuild").BuildOptions} */
const browser = {entryPoints: ["src/index.ts"], platform: "browser"};
/** @type {import("esbuild").BuildOptions} */
const node = {entryPoints: ["src/index.node.ts"], platform: "node"};

rmSync(dist, {recursive: true, force: true});
await Promise.all([
	build({...shared, ...browser, format: "esm", outfile: "dist/esm/browser.js"}),
	build({
		...shared,
		...browser,
		format: "esm",
		conditions: ["keyfold-inline"],
		loader: {".wasm": "binary"},
		minify: true,
		outfile: "dist/esm/inline.js",
	}),
	build({...shared, ...node, format: "esm", outfile: "dist/esm/node.js"}),
	build({
		...shared,
		...node,
		format: "cjs",
		outfile: "dist/cjs/node.js",
		banner: {js: 'const import_meta_url = require("node:url").pathToFileURL(__filename).href;'},
		define: {"import.meta.url": "import_meta_url"},
	}),
	build({
		...shared,
		...browser,
		format: "iife",
		globalName: "Sentc",
		conditions: ["keyfold-script"],
		minify: true,
		outfile: "dist/keyfold-light.min.js",
	}),
]);
copyFileSync(wasm, join(dist, "keyfold-light.wasm"));
for (const name of ["sentc.min.js", "sentc-light.min.js"]) {
	copyFileSync(join(dist, "keyfold-light.min.js"), join(dist, name));
}
for (const licence of ["LICENSE-APACHE", "LICENSE-MIT"]) {
	copyFileSync(join(root, "../..", licence), join(dist, licence));
}

const tsc = join(root, "node_modules", "typescript", "bin", "tsc");
execFileSync(process.execPath, [tsc, "-p", "tsconfig.json", "--emitDeclarationOnly", "--outDir", "dist/esm/types"], {
	cwd: root,
	stdio: "inherit",
});
// The same declarations once more, in a folder whose package.json says that they describe CommonJS.
cpSync(join(dist, "esm"), join(dist, "cjs"), {recursive: true, filter: (path) => !/\.(js|map)$/.test(path)});
mkdirSync(join(dist, "cjs"), {recursive: true});
writeFileSync(join(dist, "cjs", "package.json"), `${JSON.stringify({type: "commonjs"})}\n`);

const size = (/** @type {string} */ file) => {
	const gzipped = gzipSync(readFileSync(join(dist, file)), {level: 9}).length;
	console.log(`${file}: ${kilobytes(statSync(join(dist, file)).size)}, ${kilobytes(gzipped)} gzipped`);
};
size("keyfold-light.wasm");
size("keyfold-light.min.js");

/** @param {number} bytes */
function kilobytes(bytes) {
	return `${(bytes / 1000).toFixed(1)} kB`;
}
