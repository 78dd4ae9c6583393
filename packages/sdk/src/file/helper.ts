/** Reads what a `Blob` or `File` holds. */
export const FileHelper = {
	/** As bytes, or as a `data:` address. */
	fileParse,
};

function fileParse(file: Blob): Promise<ArrayBuffer>;
function fileParse(file: Blob, as_url: false): Promise<ArrayBuffer>;
function fileParse(file: Blob, as_url: true): Promise<string>;
async function fileParse(file: Blob, as_url = false): Promise<ArrayBuffer | string> {
	const bytes = await file.arrayBuffer();
	return as_url ? `data:${file.type};base64,${base64(new Uint8Array(bytes))}` : bytes;
}

/** `btoa` takes characters; a call takes a limited number of parameters. */
function base64(bytes: Uint8Array): string {
	const pieces: string[] = [];
	for (let start = 0; start < bytes.length; start += 0x8000) {
		pieces.push(String.fromCharCode(...bytes.subarray(start, start + 0x8000)));
	}
	return btoa(pieces.join(""));
}
