/** The form in which errors have always been described: two texts, the first of which programs match on. */
export interface SentcError {
	/** Stable code, for example `"server_112"` (the server refused) or `"client_14"` (decryption failed). */
	status: string;
	/** What went wrong, in English. For people, not for programs. */
	error_message: string;
}

/**
 * Every failure of this package.
 *
 * The text of the error is the JSON of a {@link SentcError}, so that `JSON.parse(error)` and `JSON.parse(error.message)`
 * work as well as reading the properties.
 */
export class KeyfoldError extends Error implements SentcError {
	/** Stable code, see {@link SentcError.status}. */
	readonly code: string;

	/** The same as {@link code}. */
	readonly status: string;

	readonly error_message: string;

	constructor(code: string, text: string, options?: ErrorOptions) {
		super(JSON.stringify({status: code, error_message: text} satisfies SentcError), options);
		this.code = code;
		this.status = code;
		this.error_message = text;
	}

	override get name(): string {
		return "KeyfoldError";
	}

	/** The JSON text alone: this is what `JSON.parse(error)` reads. */
	override toString(): string {
		return this.message;
	}
}

/** Codes of failures that arise on the JavaScript side; all others come from the core. */
export const codes = {
	/** `client_420`: a key store could not be opened, read or written. */
	storage: "client_420",
	/** `client_422`: nobody is logged in on this store. */
	notLoggedIn: "client_422",
	/** `client_424`: settings that cannot work. */
	configuration: "client_424",
	/** `client_1000`: no answer from the server. */
	network: "client_1000",
	/** `client_10000`: the user has a second factor. */
	mfaRequired: "client_10000",
	/** `client_480`: a call that needs `init` came before it. */
	notInitialised: "client_480",
	/** `client_481`: the WebAssembly module could not be loaded. */
	moduleNotLoaded: "client_481",
} as const;
