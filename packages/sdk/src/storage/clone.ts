/**
 * JSON for values that JSON cannot say: a `Map`, bytes, big integers and `undefined` become objects with the member
 * `__type`. An object that has a member of that name by itself is written as a list of its members.
 */

interface Tagged {
	__type: "Map" | "Uint8Array" | "ArrayBuffer" | "BigInt" | "undefined" | "Object";
	value?: unknown;
}

/** The text of a value. */
export function encode(value: unknown): string {
	return JSON.stringify(toJson(value));
}

/** The value of a text that {@link encode} wrote. */
export function decode(text: string): unknown {
	return fromJson(JSON.parse(text) as unknown);
}

function toJson(value: unknown): unknown {
	if (value === undefined) {
		return {__type: "undefined"} satisfies Tagged;
	}
	if (typeof value === "bigint") {
		return {__type: "BigInt", value: value.toString()} satisfies Tagged;
	}
	if (value === null || typeof value !== "object") {
		return value;
	}
	if (Array.isArray(value)) {
		return value.map(toJson);
	}
	if (value instanceof Map) {
		return {__type: "Map", value: [...value].map(([key, item]) => [toJson(key), toJson(item)])} satisfies Tagged;
	}
	if (value instanceof Uint8Array) {
		return {__type: "Uint8Array", value: Buffer.from(value).toString("base64")} satisfies Tagged;
	}
	if (value instanceof ArrayBuffer) {
		return {__type: "ArrayBuffer", value: Buffer.from(value).toString("base64")} satisfies Tagged;
	}
	const members = Object.entries(value).map(([name, member]): [string, unknown] => [name, toJson(member)]);
	if ("__type" in value) {
		return {__type: "Object", value: members} satisfies Tagged;
	}
	return Object.fromEntries(members);
}

function fromJson(value: unknown): unknown {
	if (Array.isArray(value)) {
		return value.map(fromJson);
	}
	if (value === null || typeof value !== "object") {
		return value;
	}
	if ("__type" in value) {
		return fromTagged(value as Tagged);
	}
	return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, fromJson(member)]));
}

function fromTagged(tagged: Tagged): unknown {
	switch (tagged.__type) {
		case "undefined":
			return undefined;
		case "BigInt":
			return BigInt(tagged.value as string);
		case "Map":
			return new Map(fromJson(tagged.value) as [unknown, unknown][]);
		case "Object":
			return Object.fromEntries(fromJson(tagged.value) as [string, unknown][]);
		case "Uint8Array":
			return new Uint8Array(Buffer.from(tagged.value as string, "base64"));
		case "ArrayBuffer":
			return new Uint8Array(Buffer.from(tagged.value as string, "base64")).buffer;
	}
}
