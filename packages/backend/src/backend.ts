import {ActingUser} from "./api/acting.js";
import {Files} from "./api/files.js";
import {Groups} from "./api/groups.js";
import {Users} from "./api/users.js";
import {BackendError} from "./error.js";
import {type Call, Sender, type SenderOptions} from "./http/sender.js";

/** Settings of a {@link Backend}. */
export interface BackendOptions extends SenderOptions {
	/** Secret token of the app, base64. It belongs on servers only. */
	secret_token: string;
}

/**
 * A Keyfold server, as the app's own server sees it. Cheap; one for the whole program is enough.
 *
 * Everything fails with a {@link BackendError}.
 */
export class Backend {
	readonly #sender: Sender;

	/** Accounts of the app. */
	readonly users: Users;

	/** Groups of the app. */
	readonly groups: Groups;

	/** Parts of files that the app stores itself. */
	readonly files: Files;

	constructor({secret_token, ...options}: BackendOptions) {
		this.#sender = new Sender(options, secret_token);
		this.users = new Users(this.#sender);
		this.groups = new Groups(this.#sender);
		this.files = new Files(this.#sender);
	}

	/** Calls on behalf of the user whose access token this is. Sends nothing, and checks nothing: the server does. */
	withJwt(jwt: string): ActingUser {
		return new ActingUser(this.#sender, jwt);
	}

	/**
	 * Any request to the server, for endpoints that have no function here. The caller answers for the path: a value in it
	 * that comes from a user can lead to another endpoint, with the secret token.
	 *
	 * @param call `path` is what follows `/api/v1`
	 * @returns the `result` of the answer, unchecked
	 */
	async request(call: Call): Promise<unknown> {
		if (!/^(\/[A-Za-z0-9_-]+)+$/.test(call.path)) {
			throw new BackendError("invalid_argument", "`path` must be a path without query, empty or relative parts");
		}
		return this.#sender.send(call);
	}
}
