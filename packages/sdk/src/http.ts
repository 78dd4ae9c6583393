import {KeyfoldError, codes} from "./error.js";

/** Methods of requests. */
export const HttpMethod = {
	GET: "GET",
	POST: "POST",
	PUT: "PUT",
	PATCH: "PATCH",
	DELETE: "DELETE",
} as const;

/** One of {@link HttpMethod}. */
export type HttpMethod = (typeof HttpMethod)[keyof typeof HttpMethod];

/** The form of every answer of the server. */
export interface ServerOutput<T> {
	status: boolean;
	err_msg?: string;
	err_code?: number;
	result?: T;
}

/** Sends a request to the server and returns the text of the answer. */
export async function make_req(
	method: HttpMethod,
	url: string,
	app_token: string,
	body?: string,
	jwt?: string,
	group_as_member?: string,
): Promise<string> {
	const headers: Record<string, string> = {"x-sentc-app-token": app_token, "content-type": "application/json"};
	if (jwt !== undefined) {
		headers["authorization"] = `Bearer ${jwt}`;
	}
	if (group_as_member !== undefined && group_as_member !== "") {
		headers["x-sentc-group-access-id"] = group_as_member;
	}
	try {
		const answer = await fetch(url, {method, headers, credentials: "omit", ...(body !== undefined && {body})});
		return await answer.text();
	} catch (error) {
		const reason = error instanceof Error ? error.message : String(error);
		throw new KeyfoldError(codes.network, `no answer from the server: ${reason}`, undefined, {cause: error});
	}
}

/** The result in the text of an answer; throws what the server refused with. */
export function handle_server_response<T>(text: string): T {
	let answer: ServerOutput<T>;
	try {
		answer = JSON.parse(text) as ServerOutput<T>;
	} catch (error) {
		throw new KeyfoldError(codes.answerUnreadable, "the answer of the server is not JSON", undefined, {cause: error});
	}
	const {status, err_code, err_msg, result} = answer;
	if (status === false && err_code !== undefined && err_msg !== undefined) {
		throw new KeyfoldError(`server_${err_code}`, err_msg);
	}
	if (status !== true || result === undefined || result === null) {
		throw new KeyfoldError(codes.answerUnreadable, "the answer of the server is incomplete");
	}
	return result;
}

/** Throws what the server refused with. */
export function handle_general_server_response(text: string): void {
	handle_server_response<unknown>(text);
}

/** The JSON text of an error. */
export function create_error(status: string, message: string): string {
	return JSON.stringify({status, error_message: message});
}
