import {fileURLToPath} from "node:url";

import {defineConfig} from "eslint/config";
import tseslint from "typescript-eslint";

const root = fileURLToPath(new URL("../../", import.meta.url));

export default defineConfig(
	{ignores: ["**/dist/", "**/wasm/", "**/node_modules/"]},
	{
		// What is published, and the playground: with all that the types tell.
		files: ["packages/*/src/**/*.ts"],
		extends: [tseslint.configs.strictTypeChecked, tseslint.configs.stylisticTypeChecked],
		languageOptions: {parserOptions: {projectService: true, tsconfigRootDir: root}},
		rules: {
			"@typescript-eslint/explicit-module-boundary-types": "error",
			"@typescript-eslint/no-explicit-any": "error",
			"@typescript-eslint/no-unused-vars": ["error", {argsIgnorePattern: "^_", varsIgnorePattern: "^_"}],
			"@typescript-eslint/no-confusing-void-expression": ["error", {ignoreArrowShorthand: true}],
			"@typescript-eslint/no-empty-function": ["error", {allow: ["arrowFunctions", "private-constructors"]}],
			"@typescript-eslint/no-misused-promises": ["error", {checksVoidReturn: {properties: false}}],
			"@typescript-eslint/restrict-template-expressions": ["error", {allowNumber: true}],
			eqeqeq: "error",
			"no-console": ["error", {allow: ["warn"]}],
			// A class with static members, and overloads with the words that describe each, are the API that apps know.
			"@typescript-eslint/no-extraneous-class": "off",
			"@typescript-eslint/unified-signatures": "off",
			"@typescript-eslint/no-unnecessary-type-parameters": "off",
			// Objects of functions are taken apart, and texts into their characters.
			"@typescript-eslint/unbound-method": "off",
			"@typescript-eslint/no-misused-spread": "off",
			// Matters of taste.
			"@typescript-eslint/non-nullable-type-assertion-style": "off",
			"@typescript-eslint/no-unnecessary-boolean-literal-compare": "off",
			// What must be a promise is `async`, so that it never throws at once.
			"@typescript-eslint/require-await": "off",
			// The types of browsers promise what workers, old browsers and apps without types do not keep.
			"@typescript-eslint/no-unnecessary-condition": "off",
			"@typescript-eslint/consistent-indexed-object-style": "off",
		},
	},
	{
		// Build scripts and tests are JavaScript; the compiler checks their types by their comments.
		files: ["packages/*/{scripts,test}/**/*.js", "testing/bundlers/**/*.js"],
		extends: [tseslint.configs.base],
		rules: {
			eqeqeq: "error",
			"no-debugger": "error",
			"no-var": "error",
			"prefer-const": ["error", {ignoreReadBeforeAssign: true}],
		},
	},
);
