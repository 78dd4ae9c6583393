// Makes the reference of the packages' APIs from their declarations, as apps get them: one folder with HTML for each package.
//
//   node reference.js [<folder>]   writes it (to target/reference)
//   node reference.js --check      writes nothing; fails when something public is not described, or a link leads nowhere

import {mkdirSync, writeFileSync} from "node:fs";
import {dirname, join, resolve} from "node:path";
import {fileURLToPath} from "node:url";

import {Application} from "typedoc";

const root = resolve(dirname(fileURLToPath(import.meta.url)), "../..");

/**
 * Each package with the declarations of its entry, what it is for, and what of it needs no description: the meaning is that of the
 * language, of Node or of a standard.
 */
const PACKAGES = [
	{
		name: "keyfold",
		entry: "sdk/dist/node/index.node.d.ts",
		about: "accounts, groups, encryption",
		plain: ["KeyfoldError.name"],
	},
	{
		name: "keyfold-light",
		entry: "light/dist/esm/types/light/src/index.node.d.ts",
		about: "accounts and groups",
		plain: ["KeyfoldError.name"],
	},
	{
		name: "keyfold-backend",
		entry: "backend/dist/esm/index.d.ts",
		about: "for an app's own server",
		plain: [
			"BackendError.name",
			"Listing.[asyncIterator]",
			"RequestHeaders.__type.get",
			...["setHeader", "write", "end", "once", "removeListener"].map((method) => `NodeResponse.${method}`),
		],
	},
];

const [parameter] = process.argv.slice(2);
const check = parameter === "--check";
const out = resolve(check || parameter === undefined ? join(root, "target/reference") : parameter);

let complaints = 0;
for (const {name, entry, plain} of PACKAGES) {
	const declarations = join(root, "packages", entry);
	const app = await Application.bootstrap({
		name,
		entryPoints: [declarations],
		tsconfig: join(root, "xtask/javascript/tsconfig.json"),
		readme: join(root, "packages", entry.split("/", 1)[0] ?? "", "README.md"),
		skipErrorChecking: true,
		excludeExternals: true,
		excludePrivate: true,
		excludeProtected: true,
		excludeInternal: true,
		disableSources: true,
		githubPages: false,
		hideGenerator: true,
		logLevel: "Warn",
		requiredToBeDocumented: ["Class", "Enum", "Function", "Interface", "Method", "Accessor", "TypeAlias", "Variable"],
		intentionallyNotDocumented: plain,
		validation: {notExported: false, invalidLink: true, notDocumented: true},
	});
	const project = await app.convert();
	if (project === undefined) {
		process.exit(1);
	}
	app.validate(project);
	complaints += app.logger.errorCount + app.logger.warningCount;
	if (!check) {
		await app.generateDocs(project, join(out, name));
	}
}

if (check) {
	process.exitCode = complaints === 0 ? 0 : 1;
} else {
	const links = PACKAGES.map(({name, about}) => `<li><a href="${name}/index.html">${name}</a>: ${about}</li>`);
	mkdirSync(out, {recursive: true});
	const head = `<!doctype html><html lang="en"><meta charset="utf-8"><title>Keyfold: reference</title>`;
	writeFileSync(join(out, "index.html"), `${head}<h1>Keyfold: reference</h1><ul>${links.join("")}</ul></html>\n`);
	console.log(`the reference is in ${join(out, "index.html")}`);
}
