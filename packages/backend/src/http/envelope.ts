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
			err_code: outcome.server_code ?? NUMBERS[outcome.code] ?? LOCAL_FAILURE,
		});
	}
	return JSON.stringify({status: true, result: outcome ?? "Success"});
}

/** What the server itself says in such cases. Clients know its numbers only. */
const NUMBERS: Partial<Record<BackendError["code"], number>> = {
	jwt_missing: 31,
	jwt_malformed: 32,
	jwt_algorithm: 30,
	jwt_key_unknown: 35,
	jwt_signature: 30,
	jwt_expired: 30,
	jwt_not_fresh: 113,
	rank_insufficient: 301,
	cookie_missing: 114,
	not_found: 404,
	body_too_large: 12,
	body_malformed: 11,
};

/** The server's own number for a failure that is not the caller's. */
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
