import type {WasmSource} from "./platform/interface.js";
import type {Bytes} from "./platform_types.js";
import type {StorageOptions} from "./storage/interface.js";
import type {SymKey} from "./sym_key.js";

/** How access tokens are renewed. */
export const REFRESH_ENDPOINT = {
	/** `GET` of an endpoint of the app's own backend, with cookies; the answer's body is the new token. */
	cookie: 0,
	/** A function of the app. */
	cookie_fn: 1,
	/** By the SDK, with the refresh token that it keeps. The default. */
	api: 2,
} as const;

/** One of {@link REFRESH_ENDPOINT}. */
export type REFRESH_ENDPOINT = (typeof REFRESH_ENDPOINT)[keyof typeof REFRESH_ENDPOINT];

/** Settings of the renewal of access tokens. */
export interface RefreshOptions {
	endpoint: REFRESH_ENDPOINT;
	/** For {@link REFRESH_ENDPOINT}`.cookie`. */
	endpoint_url?: string;
	/** For {@link REFRESH_ENDPOINT}`.cookie_fn`: gets the old access token, resolves to the new one. */
	endpoint_fn?: (old_jwt: string) => Promise<string>;
}

/**
 * How much has to break before a key is worthless: `classical` falls to a large quantum computer, `post-quantum` rests on a lattice
 * problem alone, `hybrid` falls only if both fall.
 */
export type Strength = "classical" | "post-quantum" | "hybrid";

/** Settings of `init`. */
export interface SentcOptions {
	/** Public token of the app, base64. */
	app_token: string;
	/** Origin of the server, without a slash at the end. Default: `https://api.sentc.com`. */
	base_url?: string;
	/** Address prefix of an own storage for parts of files. Default: `<base_url>/api/v1/file/part`. */
	file_part_url?: string;
	refresh?: RefreshOptions;
	storage?: StorageOptions;
	/**
	 * How much work it is to derive keys from new passwords. `legacy` is for apps whose users also log in with earlier SDKs up to
	 * version 0.15, which know no other: accounts and passwords that are made with it open there. Logins here work with both.
	 * Default: `current`, which takes more work to guess.
	 */
	password_cost?: "current" | "legacy";
	/** Insists that public keys of users are signed by their users, and group keys by those who made them. Default: false. */
	require_signatures?: boolean;
	/** The weakest keys of others to encrypt to, and to trust signatures of. Default: `hybrid`, the strongest. */
	minimum_algorithm?: Strength;
	/** Where the WebAssembly module is, if not beside this package's JavaScript. */
	wasm_path?: WasmSource | Promise<WasmSource>;
}

/** Id of a user. */
export type UserId = string;

/** What a user needs to continue a login with a second factor. Holds key material: keep it in memory only. */
export interface UserMfaLogin {
	deviceIdentifier: string;
	mfa_master_key: string;
	mfa_auth_key: string;
	/** Algorithm of the password derivation. */
	mfa_algorithm?: string;
}

/** A fresh TOTP secret. */
export interface OtpRegister {
	/** Base32. */
	secret: string;
	/** How codes are made: `totp_sha256`. */
	alg: string;
	/** Six recovery keys, each good for one login. */
	recover: string[];
}

/** Recovery keys that are left. */
export interface OtpRecoveryKeysOutput {
	keys: string[];
}

/** A device in the list of a user's devices. Times are milliseconds since 1970. */
export interface UserDeviceList {
	device_id: string;
	time: number;
	/** Base64 of the SHA-256 of the identifier: the server keeps no more of it. */
	device_identifier: string;
}

/** A group that invites. */
export interface GroupInviteListItem {
	group_id: string;
	time: number;
}

/** A group in the list of a user's or a group's groups. */
export interface GroupList {
	group_id: string;
	time: number;
	joined_time: number;
	rank: number;
	parent?: string;
}

/** A child group. */
export interface GroupChildrenListItem {
	group_id: string;
	time: number;
	parent?: string;
}

/** A member of a group. */
export interface GroupUserListItem {
	user_id: string;
	/** 0 creator, 1 admin, 2 user manager, 3 and 4 without rights over others. */
	rank: number;
	joined_time: number;
	/** 0 for a user, 2 for a group. */
	user_type: number;
}

/** Someone who asks to join a group. */
export interface GroupJoinReqListItem {
	user_id: string;
	time: number;
	/** 0 for a user, 2 for a group. */
	user_type: number;
}

/** Newest public key of a user. */
export interface UserPublicKeyData {
	/** Exported form: JSON with PEM, algorithm, id and signature. */
	public_key: string;
	public_key_id: string;
	/** Verify key with which the public key's signature can be checked. */
	public_key_sig_key_id?: string;
	/** Whether `verifyUserPublicKey` has checked that signature. */
	verified: boolean;
}

/** Newest public key of a group. */
export interface GroupPublicKeyData {
	key: string;
	id: string;
}

/** The key pairs of a device, or of one generation of a user. The private and the sign key are secret. */
export interface UserDeviceKeyData {
	private_key: string;
	/** In the internal form. */
	public_key: string;
	sign_key: string;
	verify_key: string;
	/** JSON with PEM, algorithm, id and signature. */
	exported_public_key: string;
	exported_verify_key: string;
}

/** One generation of a user's keys. */
export interface UserKeyData extends UserDeviceKeyData {
	/** Secret. */
	group_key: string;
	/** Id of the generation: of the group key, the key pair and the verify key alike. */
	group_key_id: string;
	/** Milliseconds since 1970. */
	time: number;
	/** Verify key with which the public key's signature can be checked. */
	exported_public_key_sig_key_id?: string;
}

/** What is known about a user and the session, at one moment. */
export interface UserData {
	user_id: UserId;
	device_id: string;
	/** Whether the account has a second factor. */
	mfa: boolean;
	/** Id of the newest generation of the user's keys: of the group key, the key pair and the verify key alike. */
	newest_key_id: string;
	/** The access token, which may have run out: `user.getJwt()` renews it. */
	jwt: string;
	/** For the app's own backend, where that renews access tokens; empty if it is not known here. */
	refresh_token: string;
	/** The keys of the device, in text form. */
	device: UserDeviceKeyData;
	/** The generations of keys that are loaded, newest first. */
	user_keys: UserKeyData[];
	/** Place in {@link user_keys} by id. */
	key_map: Map<string, number>;
	/** The user's own search keys, in text form. */
	hmac_keys: string[];
}

/** One generation of a group's keys. The group key and the private key are secret. */
export interface GroupKey {
	private_group_key: string;
	/** In the internal form. */
	public_group_key: string;
	/** JSON with PEM, algorithm and id. */
	exported_public_key: string;
	group_key: string;
	/** Milliseconds since 1970. */
	time: string;
	group_key_id: string;
}

/** What is known about a group, at one moment. Times are milliseconds since 1970, as text. */
export interface GroupData {
	group_id: string;
	parent_group_id?: string;
	/** Whether access comes from a parent group. */
	from_parent: boolean;
	/** Own rank: 0 creator, 1 admin, 2 user manager, 3 and 4 without rights over others. */
	rank: number;
	/** Whether a key rotation waits to be finished by this member. */
	key_update: boolean;
	create_time: string;
	joined_time: string;
	/** The generations of keys that are loaded, newest first. */
	keys: GroupKey[];
	/** Place in {@link keys} by id. */
	key_map: Map<string, number>;
	/** Id of the key that encrypts. */
	newest_key_id: string;
	/** The parent group through which access comes. */
	access_by_parent_group: string | undefined;
	/** The member group through which access comes. */
	access_by_group_as_member?: string;
	/** Whether groups can be members. */
	is_connected_group: boolean;
	/** Keys that make texts searchable, in text form, newest first. */
	hmac_keys: string[];
	/** Keys that keep the order of what they encrypt, in text form, newest first. */
	sortable_keys: string[];
	/** When the server was last asked whether the group has changed, in milliseconds since 1970. */
	last_check_time: number;
}

/** {@link UserData} without what takes time to put together. */
export type UserInformation = Omit<UserData, "device" | "user_keys" | "key_map" | "hmac_keys">;

/** {@link GroupData} without what takes time to put together. */
export type GroupInformation = Omit<GroupData, "keys" | "key_map" | "hmac_keys" | "sortable_keys">;

/**
 * How group keys are checked when they are opened. A signature that is wrong is refused on every level (`client_31`), and so is a
 * verify key that another one is known for.
 *
 * - `0`, `1`: a key may be unsigned. One whose signer cannot be looked up, for whatever reason, counts as unsigned.
 * - `2`: a key may be unsigned, or signed by an account that is deleted; any other failure of the lookup is an error.
 * - `3`: all keys are signed, by users who exist (`client_401`, `server_100`).
 */
export type VerifyLevel = 0 | 1 | 2 | 3;

/** A generated key that the server keeps for the app. */
export interface StoredKeyListItem {
	key_id: string;
	/** The key under which it is encrypted. */
	master_key_id: string;
	encrypted_key_string: string;
	alg: string;
	time: number;
}

/** Who signed a content, and how. */
export interface SignHead {
	/** Id of the verify key. */
	id: string;
	alg: string;
}

/** Head of an encrypted content. */
export interface CryptoHead {
	/** Id of the key that decrypts. */
	id: string;
	sign: SignHead | undefined;
}

/** Encrypted content with its head kept apart. */
export interface CryptoRawOutput {
	/** JSON of a {@link CryptoHead}. */
	head: string;
	data: Bytes;
}

/** How a request to join is accepted. */
export interface AcceptOptions {
	/** 0 for a user, 2 for a group, as in the request. Default: 0. */
	user_type?: 0 | 2;
	/** 1 to 4. Default: 4. */
	rank?: number;
}

/** A stored part of a file. */
export interface PartListItem {
	part_id: string;
	sequence: number;
	/** Whether it lies in the app's own storage. */
	extern_storage: boolean;
}

/** What a file belongs to. */
export type BelongsToType = "Group" | "User" | "None";

/** A file as the server describes it. */
export interface FileMetaInformation {
	file_id: string;
	master_key_id: string;
	/** The same as `master_key_id`. */
	key_id?: string;
	/** Who uploaded it, as the server says. */
	owner?: string;
	belongs_to?: string;
	belongs_to_type: BelongsToType;
	/** Milliseconds since 1970; 0 if the server does not say. */
	time?: number;
	encrypted_key: string;
	encrypted_key_alg: string;
	part_list: PartListItem[];
	file_name?: string;
	encrypted_file_name?: string;
}

/** A file as it comes from the server, without its decrypted name. */
export type FileMetaFetched = Omit<FileMetaInformation, "file_name">;

/** Where an upload gets its content from, piece by piece; `undefined` at the end. */
export interface PartSource {
	/** The next bytes, as many as there are at hand; `undefined` at the end. */
	next(): Promise<Uint8Array | undefined>;
}

/** A file that is about to be registered by the app's own backend. */
export interface FilePrepareCreateOutput {
	/** The body of the registration. */
	server_input: string;
	master_key_id: string;
	encrypted_file_name: string;
	/** The content key. */
	key: SymKey;
}

/** A file that was registered and uploaded. */
export interface FileCreateOutput {
	file_id: string;
	master_key_id: string;
	encrypted_file_name: string;
}

/** Keys of a group as the server sends them. */
export interface GroupOutDataKeys {
	key_data: string;
	private_key_id: string;
	signed_by_user_id?: string;
	signed_by_user_sign_key_id?: string;
}

/** A search key of a group as the server sends it. */
export interface GroupOutDataHmacKeys {
	group_key_id: string;
	key_data: string;
}

/** A sort key of a group as the server sends it. */
export interface GroupOutDataSortableKeys {
	group_key_id: string;
	key_data: string;
}

/** A key rotation of which this member has not taken the new key yet. */
export interface GroupKeyRotationOut {
	pre_group_key_id: string;
	new_group_key_id: string;
	encrypted_eph_key_key_id: string;
	server_output: string;
	signed_by_user_id?: string;
	signed_by_user_sign_key_id?: string;
}

/** What finishes a key rotation. */
export interface KeyRotationInput {
	error?: string;
	encrypted_ephemeral_key_by_group_key_and_public_key: string;
	encrypted_group_key_by_ephemeral: string;
	ephemeral_alg: string;
	previous_group_key_id: string;
	encrypted_eph_key_key_id: string;
}

/** Answer to the start of a key rotation. */
export interface KeyRotationStartServerOutput {
	group_id: string;
	key_id: string;
}

/** Answer to the question whether a group has changed. */
export interface GroupDataCheckUpdateServerOutput {
	key_update: boolean;
	rank: number;
}
