"use client";

// Rendered on the server first: there the import alone must do no harm.
import {useEffect} from "react";

import {session} from "../src/session.js";

function sessionInWorker(options) {
	const worker = new Worker(new URL("../src/worker.js", import.meta.url), {type: "module"});
	return new Promise((resolve, reject) => {
		worker.onmessage = ({data}) => resolve(data);
		worker.onerror = (event) => reject(new Error(event.message));
		worker.postMessage(options);
	});
}

export default function Page() {
	useEffect(() => {
		Object.assign(globalThis, {session, sessionInWorker});
	}, []);
	return <h1>An app</h1>;
}
