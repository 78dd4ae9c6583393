/** Name of a file that has none, or none that can be used. */
const UNNAMED = "file";

/** Longest name in bytes: what common file systems take, with room for a number. */
const LONGEST = 200;

/** A name that stays in its folder. Whoever uploaded the file chose the name. */
export function safeName(name: string | undefined): string {
	const last = (name ?? "").split(/[/\\:]/).at(-1) ?? "";
	// Control characters, and what Windows takes off at the end.
	let plain = last.replace(/\p{Cc}/gu, "").trim().replace(/\.+$/, "");
	while (new TextEncoder().encode(plain).length > LONGEST) {
		plain = [...plain].slice(0, -1).join("");
	}
	return plain === "" ? UNNAMED : plain;
}

/** `name(1).ending`: the number stands in front of the ending. */
export function numbered(name: string, number: number): string {
	if (number === 0) {
		return name;
	}
	const dot = name.lastIndexOf(".");
	return dot > 0 ? `${name.slice(0, dot)}(${number})${name.slice(dot)}` : `${name}(${number})`;
}
