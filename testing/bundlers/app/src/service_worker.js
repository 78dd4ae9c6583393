import {session} from "./session.js";

addEventListener("message", (event) => {
	const {data, source, waitUntil} = /** @type {any} */ (event);
	waitUntil.call(event, session(data).catch(String).then((outcome) => source.postMessage(outcome)));
});
