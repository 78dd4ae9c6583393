//! Groups, their keys, members, invitations and key rotation.

use serde::{Deserialize, Serialize};

use crate::encoding::{AlgorithmId, Base64Text, KeyText};
use crate::id::{GroupAuxKeyId, GroupId, KeyId, KeySessionId, MemberId, UserId};

/// `user_type` of a member that is a user (in a user group: a device).
pub const MEMBER_USER: i32 = 0;
/// `user_type` of a member that is the parent group.
pub const MEMBER_PARENT: i32 = 1;
/// `user_type` of a member that is another group.
pub const MEMBER_GROUP: i32 = 2;

/// Keys of a new group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct GroupCreate {
    /// The group key, encrypted to the creator's public key.
    pub encrypted_group_key: Base64Text,
    /// Algorithm of the group key.
    pub group_key_alg: AlgorithmId,
    /// Algorithm of the creator's public key.
    pub encrypted_group_key_alg: AlgorithmId,
    /// Private key of the group under the group key.
    pub encrypted_private_group_key: Base64Text,
    /// Public key of the group.
    pub public_group_key: KeyText,
    /// Algorithm of the key pair.
    pub keypair_encrypt_alg: AlgorithmId,
    /// Id of the creator's public key. A server overwrites it for user groups.
    pub creator_public_key_id: KeyId,
    /// Searchable key under the group key.
    pub encrypted_hmac_key: Base64Text,
    /// Algorithm of the searchable key.
    pub encrypted_hmac_alg: AlgorithmId,
    /// Sortable key under the group key; empty in a suite that has none.
    pub encrypted_sortable_key: Base64Text,
    /// Algorithm of the sortable key.
    pub encrypted_sortable_alg: AlgorithmId,
    /// Who signed the group key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub signed_by_user_id: Option<UserId>,
    /// With which key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub signed_by_user_sign_key_id: Option<KeyId>,
    /// The signature over the raw group key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group_key_sig: Option<KeyText>,
    /// User groups only: sign key under the group key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub encrypted_sign_key: Option<Base64Text>,
    /// User groups only: verify key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub verify_key: Option<KeyText>,
    /// User groups only: algorithm of the sign key pair.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub keypair_sign_alg: Option<AlgorithmId>,
    /// User groups only: signature of the public key by the sign key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub public_key_sig: Option<KeyText>,
}

/// Answer of every group creation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct GroupCreateOutput {
    /// The new group.
    pub group_id: GroupId,
}

/// One generation of group keys, for one member.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct GroupKey {
    /// The group key, encrypted to a public key of the member.
    pub encrypted_group_key: Base64Text,
    /// Algorithm of the group key.
    pub group_key_alg: AlgorithmId,
    /// Id of this generation.
    pub group_key_id: KeyId,
    /// Private key of the group under the group key.
    pub encrypted_private_group_key: Base64Text,
    /// Public key of the group.
    pub public_group_key: KeyText,
    /// Algorithm of the key pair.
    pub keypair_encrypt_alg: AlgorithmId,
    /// Id of the key pair; the same as `group_key_id`.
    pub key_pair_id: KeyId,
    /// Which public key of the member `encrypted_group_key` was encrypted to.
    pub user_public_key_id: KeyId,
    /// When this generation was made.
    pub time: u64,
    /// Who signed the group key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub signed_by_user_id: Option<UserId>,
    /// With which key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub signed_by_user_sign_key_id: Option<KeyId>,
    /// The signature over the raw group key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group_key_sig: Option<KeyText>,
    /// User groups only: sign key under the group key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub encrypted_sign_key: Option<Base64Text>,
    /// User groups only: verify key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub verify_key: Option<KeyText>,
    /// User groups only: algorithm of the sign key pair.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub keypair_sign_alg: Option<AlgorithmId>,
    /// User groups only: id of the sign key pair; the same as `group_key_id`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub keypair_sign_id: Option<KeyId>,
    /// User groups only: signature of the public key by the sign key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub public_key_sig: Option<KeyText>,
    /// User groups only: id of the verify key for that signature.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub public_key_sig_key_id: Option<KeyId>,
}

/// Searchable key of a group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct HmacKey {
    /// Its id.
    pub id: GroupAuxKeyId,
    /// The key under a group key.
    pub encrypted_hmac_key: Base64Text,
    /// Its algorithm.
    pub encrypted_hmac_alg: AlgorithmId,
    /// Which group key.
    pub encrypted_hmac_encryption_key_id: KeyId,
    /// When it was made.
    pub time: u64,
}

/// Sortable key of a group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SortableKey {
    /// Its id.
    pub id: GroupAuxKeyId,
    /// The key under a group key.
    pub encrypted_sortable_key: Base64Text,
    /// Its algorithm.
    pub encrypted_sortable_alg: AlgorithmId,
    /// Which group key.
    pub encrypted_sortable_encryption_key_id: KeyId,
    /// When it was made.
    pub time: u64,
}

/// How a caller reaches a group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum AccessBy {
    /// As a direct member.
    User,
    /// As a member of this ancestor.
    Parent(GroupId),
    /// Through this member group.
    GroupAsUser(GroupId),
    /// Through a member group of an ancestor.
    GroupAsUserAsParent {
        /// The ancestor of which the member group is a member.
        parent: GroupId,
        /// The member group.
        group_as_user: GroupId,
    },
}

/// Answer of `GET /group/:id`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct GroupData {
    /// The group.
    pub group_id: GroupId,
    /// Its direct parent, `null` for a root group.
    pub parent_group_id: Option<GroupId>,
    /// First page of keys, newest first.
    pub keys: Vec<GroupKey>,
    /// Searchable keys, newest first.
    pub hmac_keys: Vec<HmacKey>,
    /// Sortable keys, newest first.
    pub sortable_keys: Vec<SortableKey>,
    /// Whether a key rotation waits to be finished.
    pub key_update: bool,
    /// Effective rank of the caller.
    pub rank: i32,
    /// When the group was made.
    pub created_time: u64,
    /// When the membership began that gives access.
    pub joined_time: u64,
    /// How the caller reaches the group.
    pub access_by: AccessBy,
    /// Whether other groups may be members.
    pub is_connected_group: bool,
}

/// Answer of `GET /group/:id/light`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct GroupLightData {
    /// The group.
    pub group_id: GroupId,
    /// Its direct parent, `null` for a root group.
    pub parent_group_id: Option<GroupId>,
    /// Effective rank of the caller.
    pub rank: i32,
    /// When the group was made.
    pub created_time: u64,
    /// When the membership began that gives access.
    pub joined_time: u64,
    /// How the caller reaches the group.
    pub access_by: AccessBy,
    /// Whether other groups may be members.
    pub is_connected_group: bool,
}

/// Answer of `GET /group/:id/update_check`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct UpdateCheck {
    /// Whether a key rotation waits to be finished.
    pub key_update: bool,
    /// Effective rank of the caller.
    pub rank: i32,
}

/// Answer of `GET /group/:id/update_check_light`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct UpdateCheckLight {
    /// Effective rank of the caller.
    pub rank: i32,
}

/// One group key for a new member.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct NewMemberKey {
    /// The group key, encrypted to a public key of the new member.
    pub encrypted_group_key: Base64Text,
    /// Algorithm of the group key.
    pub alg: AlgorithmId,
    /// Algorithm of the public key.
    pub encrypted_alg: AlgorithmId,
    /// Which group key.
    pub key_id: KeyId,
    /// Which public key.
    pub user_public_key_id: KeyId,
}

/// Keys and rank of a new member.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct NewMemberKeys {
    /// 1 to [`crate::MAX_KEYS_PER_UPLOAD`] keys.
    pub keys: Vec<NewMemberKey>,
    /// Rank; missing means [`crate::RANK_DEFAULT`].
    pub rank: Option<i32>,
    /// Whether more keys follow.
    pub key_session: bool,
}

/// Rank of a new member without keys.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct NewMemberLight {
    /// Rank; missing means [`crate::RANK_DEFAULT`].
    pub rank: Option<i32>,
}

/// Answer of an invitation or an accepted join request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct NewMemberOutput {
    /// Session for the remaining keys.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session_id: Option<KeySessionId>,
    /// Text for people.
    pub message: String,
}

/// Body of a key rotation start.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct KeyRotationStart {
    /// The new group key, encrypted to the invoker's public key.
    pub encrypted_group_key_by_user: Base64Text,
    /// Algorithm of the new group key.
    pub group_key_alg: AlgorithmId,
    /// Algorithm of the invoker's public key.
    pub encrypted_group_key_alg: AlgorithmId,
    /// New private key under the new group key.
    pub encrypted_private_group_key: Base64Text,
    /// New public key.
    pub public_group_key: KeyText,
    /// Algorithm of the new key pair.
    pub keypair_encrypt_alg: AlgorithmId,
    /// The new group key under the ephemeral key.
    pub encrypted_group_key_by_ephemeral: Base64Text,
    /// Algorithm of the ephemeral key.
    pub ephemeral_alg: AlgorithmId,
    /// The ephemeral key under the previous group key.
    pub encrypted_ephemeral_key: Base64Text,
    /// The previous group key.
    pub previous_group_key_id: KeyId,
    /// Id of the invoker's public key.
    pub invoker_public_key_id: KeyId,
    /// Who signed the new group key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub signed_by_user_id: Option<UserId>,
    /// With which key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub signed_by_user_sign_key_id: Option<KeyId>,
    /// The signature over the raw new group key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group_key_sig: Option<KeyText>,
    /// User groups only: sign key under the new group key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub encrypted_sign_key: Option<Base64Text>,
    /// User groups only: verify key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub verify_key: Option<KeyText>,
    /// User groups only: algorithm of the sign key pair.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub keypair_sign_alg: Option<AlgorithmId>,
    /// User groups only: signature of the public key by the sign key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub public_key_sig: Option<KeyText>,
}

/// Answer of a key rotation start.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct KeyRotationStartOutput {
    /// The group.
    pub group_id: GroupId,
    /// The new key.
    pub key_id: KeyId,
}

/// A rotation that waits for a member.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct KeyRotationPending {
    /// Why the server could not encrypt for this member; `null` when it could.
    pub error: Option<String>,
    /// The encrypted ephemeral key, encrypted once more to a public key of the member.
    pub encrypted_ephemeral_key_by_group_key_and_public_key: Base64Text,
    /// The new group key under the ephemeral key.
    pub encrypted_group_key_by_ephemeral: Base64Text,
    /// Algorithm of the ephemeral key.
    pub ephemeral_alg: AlgorithmId,
    /// Which public key of the member.
    pub encrypted_eph_key_key_id: KeyId,
    /// The previous group key.
    pub previous_group_key_id: KeyId,
    /// When the new key was made.
    pub time: u64,
    /// The new key.
    pub new_group_key_id: KeyId,
    /// Who signed the new group key. With the next two a member can check the signature before it accepts the key. Ours: other
    /// servers do not send them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub signed_by_user_id: Option<UserId>,
    /// With which key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub signed_by_user_sign_key_id: Option<KeyId>,
    /// The signature over the raw new group key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group_key_sig: Option<KeyText>,
}

/// Body of a key rotation finish.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct KeyRotationDone {
    /// The new group key, encrypted to the member's newest public key.
    pub encrypted_new_group_key: Base64Text,
    /// Id of that public key.
    pub public_key_id: KeyId,
    /// Its algorithm.
    pub encrypted_alg: AlgorithmId,
}

/// A member in the list of members.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct GroupUserListItem {
    /// The member.
    pub user_id: MemberId,
    /// Its rank.
    pub rank: i32,
    /// When it joined.
    pub joined_time: u64,
    /// [`MEMBER_USER`], [`MEMBER_PARENT`] or [`MEMBER_GROUP`].
    pub user_type: i32,
}

/// A join request in the list of a group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct GroupJoinReqItem {
    /// Who asks.
    pub user_id: MemberId,
    /// Since when.
    pub time: u64,
    /// [`MEMBER_USER`] or [`MEMBER_GROUP`].
    pub user_type: i32,
}

/// A received invitation or a sent join request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct GroupInviteItem {
    /// The group.
    pub group_id: GroupId,
    /// Since when.
    pub time: u64,
}

/// A group in the list of groups.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ListGroupItem {
    /// The group.
    pub group_id: GroupId,
    /// When it was made.
    pub time: u64,
    /// When the caller joined.
    pub joined_time: u64,
    /// Rank of the caller.
    pub rank: i32,
    /// Its parent, `null` for a root group.
    pub parent: Option<GroupId>,
}

/// A child group in the list of children.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct GroupChildItem {
    /// The child.
    pub group_id: GroupId,
    /// When it was made.
    pub time: u64,
    /// Its parent.
    pub parent: Option<GroupId>,
}

/// Body of `PUT /group/:id/change_rank`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ChangeRankInput {
    /// Whose rank.
    pub changed_user_id: MemberId,
    /// The new rank, 1 to 4.
    pub new_rank: i32,
}
