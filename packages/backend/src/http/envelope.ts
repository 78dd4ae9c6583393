import {BackendError} from "../error.js";

/**
 * What the server would have answered, for a client whose request the app's backend has sent.
 *
 * The `done…` functions of the client package read it, `Sentc.doneRegister` for example.
 *
 * @param outcome the result of a call, or the {@link BackendError} that it failed with
 * @returns JSON
 */
export function serverOutput(outcome: unknown): string {
	if (outcome instanceof BackendError) {
		return JSON.stringify({
			status: false,
			err_msg: outcome.message || outcome.code,
			err_code: outcome.server_code ?? LOCAL_FAILURE,
		});
	}
	return JSON.stringify({status: true, result: outcome ?? "Success"});
}

/** The server's own number for a failure that is not the caller's. Clients know no other. */
const LOCAL_FAILURE = 10_000;

/** The `result` of an answer. Failures are told by `status`: some of them come with HTTP 200. */
export function parseEnvelope(text: string, http_status: number, retry_after: number | undefined): unknown {
	let envelope: unknown;
	try {
		envelope = JSON.parse(text);
	} catch (error) {
		throw malformed(http_status, error);
	}
	if (!isRecord(envelope)) {
		throw malformed(http_status);
	}
	const {status, result, err_code, err_msg} = envelope;
	if (status === true && result !== undefined) {
		return result;
	}
	if (status === false && typeof err_code === "number" && Number.isSafeInteger(err_code)) {
		const reason = typeof err_msg === "string" && err_msg !== "" ? err_msg : "refused without a reason";
		throw new BackendError(`server_${err_code}`, reason, {
			http_status,
			...(retry_after !== undefined && {retry_after}),
		});
	}
	throw malformed(http_status);
}

function malformed(http_status: number, cause?: unknown): BackendError {
	return new BackendError("malformed_answer", `HTTP ${http_status} without the envelope of a Keyfold server`, {
		http_status,
		cause,
	});
}

/** Whether `value` is an object with members, and no array. */
export function isRecord(value: unknown): value is Record<string, unknown> {
	return typeof value === "object" && value !== null && !Array.isArray(value);
}
