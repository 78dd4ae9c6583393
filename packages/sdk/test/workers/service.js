// A service worker in which the package does its work. It answers messages.

import * as keyfold from "/dist/esm/browser.js";
import {walk} from "/test/walk/walk.js";

addEventListener("install", () => /** @type {any} */ (globalThis).skipWaiting());
addEventListener("activate", (event) => /** @type {any} */ (event).waitUntil(/** @type {any} */ (globalThis).clients.claim()));
addEventListener("message", (event) => {
	const answer = async () => {
		try {
			await walk(keyfold, event.data);
			return "done";
		} catch (error) {
			return String(error);
		}
	};
	/** @type {any} */ (event).waitUntil(answer().then((outcome) => event.ports[0]?.postMessage(outcome)));
});
