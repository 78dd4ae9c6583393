// An endpoint of the app's own server, which uses the SDK there.
import {session} from "../../src/session.js";

export async function POST(request) {
	return Response.json(await session(await request.json()));
}
