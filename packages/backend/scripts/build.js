// Makes `dist/` from `src/`.
//
//   dist/esm/index.js    ES module
//   dist/cjs/index.js    CommonJS

import {execFileSync} from "node:child_process";
import {copyFileSync, cpSync, mkdirSync, rmSync, writeFileSync} from "node:fs";
import {dirname, join} from "node:path";
import {fileURLToPath} from "node:url";

import {build} from "esbuild";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const dist = join(root, "dist");

/** @type {import("esbuild").BuildOptions} */
const shared = {
	absWorkingDir: root,
	entryPoints: ["src/index.ts"],
	bundle: true,
	// Neither Node's modules nor the browser's: the package runs wherever there are `fetch` and WebCrypto.
	platform: "neutral",
	target: "es2022",
	sourcemap: true,
	logLevel: "warning",
};

rmSync(dist, {recursive: true, force: true});
await Promise.all([
	build({...shared, format: "esm", outfile: "dist/esm/index.js"}),
	build({...shared, format: "cjs", outfile: "dist/cjs/index.js"}),
]);
for (const licence of ["LICENSE-APACHE", "LICENSE-MIT"]) {
	copyFileSync(join(root, "../..", licence), join(dist, licence));
}

const tsc = join(root, "node_modules", "typescript", "bin", "tsc");
execFileSync(process.execPath, [tsc, "-p", "tsconfig.json", "--emitDeclarationOnly", "--outDir", "dist/esm"], {
	cwd: root,
	stdio: "inherit",
});
// The same declarations once more, in a folder whose package.json says that they describe CommonJS.
cpSync(join(dist, "esm"), join(dist, "cjs"), {recursive: true, filter: (path) => !/\.(js|map)$/.test(path)});
mkdirSync(join(dist, "cjs"), {recursive: true});
writeFileSync(join(dist, "cjs", "package.json"), `${JSON.stringify({type: "commonjs"})}\n`);
