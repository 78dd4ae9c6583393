export {KeyfoldError, type SentcError} from "../../sdk/src/error.js";

/** Codes of failures that arise on this side; those of the server are `server_<number>`. */
export const codes = {
	/** `client_101`: an answer that is none of a Keyfold server, for example a proxy's error page. */
	answerUnreadable: "client_101",
	/** `client_102`: an answer that lacks something. */
	answerIncomplete: "client_102",
	/** `client_200`: a rank outside of 1 to 4. */
	invalidRank: "client_200",
	/** `client_201`: the own rank in the group does not allow this. */
	rankInsufficient: "client_201",
	/** `client_422`: nobody is logged in on this store. */
	notLoggedIn: "client_422",
	/** `client_423`: the app's own way to renew access tokens failed. */
	refreshFailed: "client_423",
	/** `client_424`: settings or parameters that cannot work. */
	configuration: "client_424",
	/** `client_425`: an id with characters that no id has. Nothing was sent. */
	invalidId: "client_425",
	/** `client_427`: an identifier or a password is empty. */
	emptyCredentials: "client_427",
	/** `client_433`: the app's `AbortSignal` has ended the call. Whether the server acted on it is unknown. */
	cancelled: "client_433",
	/** `client_480`: a call that needs `init` came before it. */
	notInitialised: "client_480",
	/** `client_481`: the WebAssembly module could not be loaded. */
	moduleNotLoaded: "client_481",
	/** `client_1000`: no answer from the server. */
	network: "client_1000",
	/** `client_1100`: what should be an access token is none. */
	tokenMalformed: "client_1100",
	/** `client_1101`: an access token of someone else. */
	tokenForeign: "client_1101",
	/** `client_10000`: the user has a second factor, which is needed here. */
	mfaRequired: "client_10000",
} as const;
