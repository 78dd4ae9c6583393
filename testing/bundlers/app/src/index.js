// An app with a page and a worker, both of which use the SDK.
import {session} from "./session.js";

/** @param {import("keyfold").SentcOptions} options */
function sessionInWorker(options) {
	const worker = new Worker(new URL("./worker.js", import.meta.url), {type: "module"});
	return new Promise((resolve, reject) => {
		worker.onmessage = ({data}) => resolve(data);
		worker.onerror = (event) => reject(new Error(event.message));
		worker.postMessage(options);
	});
}

Object.assign(globalThis, {session, sessionInWorker});
