import {session} from "./session.js";

addEventListener("message", async ({data}) => {
	postMessage(await session(data).catch(String));
});
