// Makes `dist/` from `src/` and from `wasm/`, where `cargo xtask wasm` puts the core and its glue.
//
//   dist/esm/browser.js    ES module for browsers, workers and bundlers
//   dist/esm/inline.js     the same with the core inside, for places that cannot load files
//   dist/esm/node.js       ES module for Node
//   dist/cjs/node.js       CommonJS for Node
//   dist/node/             declarations of the ES module for Node; the others lie beside what they declare
//   dist/keyfold.min.js    plain script; also under the name that existing pages load
//   dist/keyfold.wasm      the core, a file of its own for all of them

import {execFileSync} from "node:child_process";
import {copyFileSync, cpSync, existsSync, readFileSync, renameSync, rmSync, statSync, writeFileSync} from "node:fs";
import {dirname, join} from "node:path";
import {fileURLToPath} from "node:url";
import {gzipSync} from "node:zlib";

import {build} from "esbuild";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const dist = join(root, "dist");
const wasm = join(root, "wasm", "keyfold_wasm_bg.wasm");

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
		outfile: "dist/keyfold.min.js",
	}),
]);
copyFileSync(wasm, join(dist, "keyfold.wasm"));
copyFileSync(join(dist, "keyfold.min.js"), join(dist, "sentc.min.js"));
for (const licence of ["LICENSE-APACHE", "LICENSE-MIT"]) {
	copyFileSync(join(root, "../..", licence), join(dist, licence));
}

const tsc = join(root, "node_modules", "typescript", "bin", "tsc");
execFileSync(process.execPath, [tsc, "-p", "tsconfig.json", "--emitDeclarationOnly", "--outDir", "dist/esm"], {
	cwd: root,
	stdio: "inherit",
});
// The declarations for Node are the same but for one file: once for ES modules, and once in a folder whose package.json says that they
// describe CommonJS.
for (const folder of ["node", "cjs"]) {
	cpSync(join(dist, "esm"), join(dist, folder), {recursive: true, filter: (path) => !/\.(js|map)$/.test(path)});
	renameSync(join(dist, folder, "platform_types.node.d.ts"), join(dist, folder, "platform_types.d.ts"));
}
for (const name of ["index.node.d.ts", "platform_types.node.d.ts"]) {
	rmSync(join(dist, "esm", name));
}
writeFileSync(join(dist, "cjs", "package.json"), `${JSON.stringify({type: "commonjs"})}\n`);

const size = (/** @type {string} */ file) => {
	const gzipped = gzipSync(readFileSync(join(dist, file)), {level: 9}).length;
	console.log(`${file}: ${kilobytes(statSync(join(dist, file)).size)}, ${kilobytes(gzipped)} gzipped`);
};
size("keyfold.wasm");
size("keyfold.min.js");

/** @param {number} bytes */
function kilobytes(bytes) {
	return `${(bytes / 1000).toFixed(1)} kB`;
}
