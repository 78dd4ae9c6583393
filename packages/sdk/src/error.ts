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

	/**
	 * Tells failures apart that share a code: `"ciphertext_too_short"`, `"malformed_envelope"` and `"plaintext_not_utf8"` are all
	 * `client_10`; `"password_hash"` and `"wrong_verify_key"` are both `client_20`. Everywhere else the same as {@link code}.
	 */
	readonly kind: string;

	constructor(code: string, text: string, kind?: string, options?: ErrorOptions) {
		super(JSON.stringify({status: code, error_message: text} satisfies SentcError), options);
		this.code = code;
		this.status = code;
		this.error_message = text;
		this.kind = kind ?? code;
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
	/** `client_10`: a content that is none. */
	malformed: "client_10",
	/** `client_14`: decryption failed. */
	decryption: "client_14",
	/** `client_61`: a number that cannot be sorted. */
	sortableRange: "client_61",
	/** `client_101`: an answer of the server cannot be read. */
	answerUnreadable: "client_101",
	/** `client_401`: a signature is demanded and there is none. */
	unsigned: "client_401",
	/** `client_426`: a key is not loaded. */
	keyNotLoaded: "client_426",
	/** `client_433`: a transfer was cancelled. */
	cancelled: "client_433",
	/** `client_434`: a local file could not be read or written. */
	localFile: "client_434",
	/** `client_420`: a key store could not be opened, read or written. */
	storage: "client_420",
	/** `client_422`: nobody is logged in on this store. */
	notLoggedIn: "client_422",
	/** `client_424`: settings that cannot work. */
	configuration: "client_424",
	/** `client_1000`: no answer from the server. */
	network: "client_1000",
	/** `client_1101`: an access token of somebody else. */
	tokenForeign: "client_1101",
	/** `client_10000`: the user has a second factor. */
	mfaRequired: "client_10000",
	/** `client_480`: a call that needs `init` came before it. */
	notInitialised: "client_480",
	/** `client_481`: the WebAssembly module could not be loaded. */
	moduleNotLoaded: "client_481",
} as const;
