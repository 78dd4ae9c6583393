// What goes over the wire, under the names that it has there. Times are milliseconds since 1970.

/** JSON that a client prepared, as text or parsed. The server checks it. */
export type Prepared<T extends object> = string | T;

/** A device's master key, encrypted. */
export interface MasterKey {
	master_key_alg: string;
	encrypted_master_key: string;
	encrypted_master_key_alg: string;
}

/** What a device derives from its password, and the keys under it. */
export interface KeyDerivedData {
	derived_alg: string;
	client_random_value: string;
	hashed_authentication_key: string;
	public_key: string;
	encrypted_private_key: string;
	keypair_encrypt_alg: string;
	verify_key: string;
	encrypted_sign_key: string;
	keypair_sign_alg: string;
}

/** A new device. */
export interface DeviceRegister {
	master_key: MasterKey;
	derived: KeyDerivedData;
	device_identifier: string;
}

/** Keys of a new group: what `user.prepareGroupCreate()` returns. */
export interface GroupCreate {
	encrypted_group_key: string;
	group_key_alg: string;
	encrypted_group_key_alg: string;
	encrypted_private_group_key: string;
	public_group_key: string;
	keypair_encrypt_alg: string;
	creator_public_key_id: string;
	encrypted_hmac_key: string;
	encrypted_hmac_alg: string;
	encrypted_sortable_key: string;
	encrypted_sortable_alg: string;
	signed_by_user_id?: string | null;
	signed_by_user_sign_key_id?: string | null;
	group_key_sig?: string | null;
	encrypted_sign_key?: string | null;
	verify_key?: string | null;
	keypair_sign_alg?: string | null;
	public_key_sig?: string | null;
}

/** A new account: what `Sentc.prepareRegister()` returns. */
export interface RegisterInput {
	device: DeviceRegister;
	group: GroupCreate;
}

/** A registered account. */
export interface RegisterOutput {
	user_id: string;
	device_id: string;
	/** As it was sent. */
	device_identifier: string;
}

/** A device that waits to be added to an account. */
export interface PreparedDevice {
	device_id: string;
	/** Whoever has it can adopt the device. */
	token: string;
	device_identifier: string;
	public_key_string: string;
	keypair_encrypt_alg: string;
}

/** A group key for a new member. */
export interface NewMemberKey {
	encrypted_group_key: string;
	alg: string;
	encrypted_alg: string;
	key_id: string;
	user_public_key_id: string;
}

/** Keys and rank of a new member: what `group.prepareKeysForNewMember()` returns. */
export interface NewMemberKeys {
	keys: NewMemberKey[];
	rank?: number | null;
	/** Whether more keys follow. */
	key_session: boolean;
}

/** An invitation was made, or a join request accepted. */
export interface NewMemberOutput {
	/** For the keys that did not fit into one request. */
	session_id?: string;
	/** For people. */
	message: string;
}

/** Confirmation of a device by another one: what `user.prepareRegisterDevice()` returns as `input`. */
export interface ConfirmDevice {
	user_keys: NewMemberKeys;
	token: string;
}

/** The same for an account without keys. */
export interface ConfirmDeviceLight {
	user_group: {rank?: number | null};
	token: string;
}

/** A generation of a group's (or user's) keys, encrypted for a member. */
export interface GroupKey {
	group_key_id: string;
	key_pair_id: string;
	encrypted_group_key: string;
	group_key_alg: string;
	encrypted_private_group_key: string;
	public_group_key: string;
	keypair_encrypt_alg: string;
	user_public_key_id: string;
	time: number;
	signed_by_user_id?: string;
	signed_by_user_sign_key_id?: string;
	group_key_sig?: string;
	encrypted_sign_key?: string;
	verify_key?: string;
	keypair_sign_alg?: string;
	keypair_sign_id?: string;
	public_key_sig?: string;
	public_key_sig_key_id?: string;
}

/** A key for searchable hashes, encrypted by a group key. */
export interface HmacKey {
	id: string;
	encrypted_hmac_key: string;
	encrypted_hmac_alg: string;
	encrypted_hmac_encryption_key_id: string;
	time: number;
}

/** A device's keys, encrypted. */
export interface ForcedDeviceKeys {
	device_id: string;
	user_id: string;
	user_group_id: string;
	encrypted_master_key: string;
	encrypted_private_key: string;
	public_key_string: string;
	keypair_encrypt_alg: string;
	encrypted_sign_key: string;
	verify_key_string: string;
	keypair_sign_alg: string;
}

/** A new session of a user without keys. */
export interface SessionLight {
	/** Access token. Fresh: it allows what needs a login. */
	jwt: string;
	refresh_token: string;
}

/** A new session. */
export interface Session extends SessionLight {
	/** The newest page of the user's keys. */
	user_keys: GroupKey[];
	hmac_keys: HmacKey[];
}

/** A login without password. */
export interface ForcedLogin {
	device_keys: ForcedDeviceKeys;
	verify: Session;
}

/** A login without password, of a user without keys. */
export interface ForcedLoginLight {
	device_keys: ForcedDeviceKeys;
	verify: SessionLight;
}

/** A renewed access token. */
export interface RefreshOutput {
	user_id: string;
	device_id: string;
	jwt: string;
}

/** Whose an access token is. */
export interface TokenOwner {
	/** The user. */
	id: string;
	device_id: string;
}

/** A device in the list of a user's devices. */
export interface Device {
	device_id: string;
	time: number;
	/** Base64 of the SHA-256 of the identifier: the server keeps no more of it. */
	device_identifier: string;
}

/** A public key of a user or a group. */
export interface PublicKey {
	public_key_id: string;
	public_key: string;
	public_key_alg: string;
	public_key_sig: string | null;
	public_key_sig_key_id: string | null;
}

/** A verify key of a user. */
export interface VerifyKey {
	verify_key_id: string;
	verify_key: string;
	verify_key_alg: string;
}

/** 0 creator, 1 admin, 2 user manager, 3 and 4 without rights over others. */
export type Rank = 0 | 1 | 2 | 3 | 4;

/** What a member is: 0 a user, 1 the parent group, 2 another group. */
export type MemberKind = 0 | 1 | 2;

/** A member of a group. */
export interface Member {
	/** Id of the user or of the group. */
	user_id: string;
	rank: Rank;
	joined_time: number;
	user_type: MemberKind;
}

/** Someone who asks to join. */
export interface JoinRequest {
	/** Id of the user or of the group. */
	user_id: string;
	time: number;
	user_type: MemberKind;
}

/** An invitation that was received, or a join request that was sent. */
export interface Invitation {
	group_id: string;
	time: number;
}

/** A group in the list of a user's or a group's groups. */
export interface GroupItem {
	group_id: string;
	time: number;
	joined_time: number;
	rank: Rank;
	parent: string | null;
}

/** A child group. */
export interface ChildGroup {
	group_id: string;
	time: number;
	parent: string | null;
}

/** How a user reaches a group, as the server says it. */
export type AccessBy =
	| "User"
	| {Parent: string}
	| {GroupAsUser: string}
	| {GroupAsUserAsParent: {parent: string; group_as_user: string}};

/** What a user may know of a group. */
export interface GroupAccess {
	group_id: string;
	parent_group_id: string | null;
	/** The user's own rank. */
	rank: Rank;
	created_time: number;
	joined_time: number;
	access_by: AccessBy;
	/** Whether groups can be members. */
	is_connected_group: boolean;
}

/** New keys of a group: what `group.prepareKeyRotation()` returns. */
export interface KeyRotation {
	encrypted_group_key_by_user: string;
	group_key_alg: string;
	encrypted_group_key_alg: string;
	encrypted_private_group_key: string;
	public_group_key: string;
	keypair_encrypt_alg: string;
	encrypted_group_key_by_ephemeral: string;
	ephemeral_alg: string;
	encrypted_ephemeral_key: string;
	previous_group_key_id: string;
	invoker_public_key_id: string;
	signed_by_user_id?: string | null;
	signed_by_user_sign_key_id?: string | null;
	group_key_sig?: string | null;
}

/** A change of rank: what `group.prepareUpdateRank()` returns. */
export interface ChangeRank {
	changed_user_id: string;
	new_rank: number;
}

/** Whom to invite. */
export type Guest = {user_id: string} | {group_id: string};

/** What a file belongs to. */
export type BelongsToType = "None" | "Group" | "User";

/** A new file: what `prepareRegisterFile()` returns. */
export interface FileRegister {
	encrypted_key: string;
	encrypted_key_alg: string;
	master_key_id: string;
	belongs_to_id?: string | null;
	belongs_to_type: BelongsToType;
	encrypted_file_name?: string | null;
}

/** A registered file. */
export interface FileRegistered {
	file_id: string;
	/** Permission to upload the parts, for a day. */
	session_id: string;
}

/** A part of a file. */
export interface FilePart {
	part_id: string;
	/** Its place among the parts, from 1. */
	sequence: number;
	/** Whether its content is in the app's own storage. */
	extern_storage: boolean;
}

/** A file. */
export interface FileMeta {
	file_id: string;
	master_key_id: string;
	/** The user who registered it. */
	owner: string;
	belongs_to: string | null;
	belongs_to_type: BelongsToType;
	encrypted_key: string;
	encrypted_key_alg: string;
	time?: number;
	encrypted_file_name: string | null;
	/** The first 500 parts. */
	part_list: FilePart[];
}

/** How much an app has stored, and how much it may store. */
export interface FileUsage {
	files: number;
	/** Of the parts that the server stores. */
	bytes: number;
	/** `null` for no limit. */
	max_files: number | null;
	/** `null` for no limit. */
	max_bytes: number | null;
}

/** A message to the app's own storage that could not be delivered. */
export interface FailedDelivery {
	delivery_id: string;
	/** When its parts were deleted. */
	time: number;
	/** How often it was sent. */
	attempts: number;
	/** What went wrong last. */
	error: string;
	part_ids: string[];
}
