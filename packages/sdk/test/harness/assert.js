// Assertions for tests that run in Node and in pages alike.

/**
 * @param {unknown} actual
 * @param {unknown} expected
 * @param {string} [what]
 */
export function equal(actual, expected, what = "value") {
	if (!same(actual, expected)) {
		throw new Error(`${what}: expected ${show(expected)}, got ${show(actual)}`);
	}
}

/**
 * @param {unknown} condition
 * @param {string} what
 * @returns {asserts condition}
 */
export function ok(condition, what) {
	if (!condition) {
		throw new Error(`expected: ${what}`);
	}
}

/**
 * Waits for a promise to be rejected, and returns the reason.
 *
 * @param {Promise<unknown>} promise
 * @param {string} [what]
 * @returns {Promise<unknown>}
 */
export async function rejected(promise, what = "the call") {
	let value;
	try {
		value = await promise;
	} catch (error) {
		return error;
	}
	throw new Error(`${what} was expected to fail, but returned ${show(value)}`);
}

/**
 * @param {unknown} a
 * @param {unknown} b
 * @returns {boolean}
 */
function same(a, b) {
	if (Object.is(a, b)) {
		return true;
	}
	if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) {
		return false;
	}
	if (a instanceof Uint8Array && b instanceof Uint8Array) {
		// Before the classes are compared: in Node, bytes come as `Buffer`s. And by far faster than member by member.
		return a.length === b.length && a.every((byte, place) => byte === b[place]);
	}
	if (Object.getPrototypeOf(a)?.constructor?.name !== Object.getPrototypeOf(b)?.constructor?.name) {
		return false;
	}
	if (a instanceof Map && b instanceof Map) {
		return same([...a], [...b]);
	}
	if (a instanceof ArrayBuffer && b instanceof ArrayBuffer) {
		return same(new Uint8Array(a), new Uint8Array(b));
	}
	const [left, right] = [Object.entries(a), Object.entries(b)];
	const other = new Map(right);
	return left.length === right.length && left.every(([name, value]) => other.has(name) && same(value, other.get(name)));
}

/** @param {unknown} value */
function show(value) {
	if (value instanceof Uint8Array && value.length > 100) {
		return `${value.length} bytes`;
	}
	if (value instanceof Map) {
		return `Map(${JSON.stringify([...value])})`;
	}
	try {
		return JSON.stringify(value) ?? String(value);
	} catch {
		return String(value);
	}
}
