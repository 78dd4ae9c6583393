//! New groups and new keys for members.

use keyfold_protocol::group::{GroupCreate, NewMemberKey};
use keyfold_protocol::id::{AppId, GroupId, KeyId, MemberId, UserId};

use crate::db::{DbError, ToParam, Tx, params};
use crate::random;

/// A group and its first member.
pub(crate) struct NewGroup<'a> {
    pub(crate) id: &'a GroupId,
    pub(crate) app_id: &'a AppId,
    /// [`KIND_GROUP`](super::KIND_GROUP) or [`KIND_USER`](super::KIND_USER).
    pub(crate) kind: i64,
    /// The user whose devices it holds; only for [`KIND_USER`](super::KIND_USER).
    pub(crate) user_id: Option<&'a UserId>,
    pub(crate) parent_id: Option<&'a GroupId>,
    pub(crate) is_connected: bool,
    /// Levels above it.
    pub(crate) depth: u32,
    /// The member of rank 0.
    pub(crate) creator: &'a MemberId,
    /// `MEMBER_USER`, `MEMBER_PARENT` or `MEMBER_GROUP`.
    pub(crate) creator_kind: i32,
    /// Id of the first generation of keys; `None` for a group without keys.
    pub(crate) key_id: Option<&'a KeyId>,
    pub(crate) now: u64,
}

pub(crate) async fn insert_group(tx: &mut Tx, group: &NewGroup<'_>) -> Result<(), DbError> {
    tx.execute(
        "INSERT INTO groups (id, app_id, kind, user_id, parent_id, is_connected, accepts_invites, created_at, current_key_id,
            depth, member_count)
         VALUES ($1, $2, $3, $4, $5, $6, 1, $7, $8, $9, 1)",
        params![
            group.id,
            group.app_id,
            group.kind,
            group.user_id,
            group.parent_id,
            group.is_connected,
            group.now,
            group.key_id,
            group.depth,
        ],
    )
    .await?;
    tx.execute(
        "INSERT INTO group_members (group_id, member_id, member_kind, member_rank, joined_at, group_created_at)
         VALUES ($1, $2, $3, 0, $4, $4)",
        params![group.id, group.creator, group.creator_kind, group.now],
    )
    .await
    .map(drop)
}

/// The first generation of a group that [`insert_group`] has inserted with the same `key_id`, its searchable and sortable key, and
/// the creator's copy of the group key.
pub(crate) async fn insert_first_keys(
    tx: &mut Tx,
    group: &NewGroup<'_>,
    key_id: &KeyId,
    keys: &GroupCreate,
    creator_public_key: &KeyId,
) -> Result<(), DbError> {
    tx.execute(
        "INSERT INTO group_keys (id, group_id, created_at, group_key_alg, keypair_encrypt_alg, keypair_sign_alg,
            signed_by_user_id, signed_by_user_sign_key_id, public_key, encrypted_private_key, verify_key, encrypted_sign_key,
            public_key_sig, group_key_sig)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)",
        params![
            key_id,
            group.id,
            group.now,
            keys.group_key_alg,
            keys.keypair_encrypt_alg,
            keys.keypair_sign_alg,
            keys.signed_by_user_id,
            keys.signed_by_user_sign_key_id,
            keys.public_group_key,
            keys.encrypted_private_group_key,
            keys.verify_key,
            keys.encrypted_sign_key,
            keys.public_key_sig,
            keys.group_key_sig,
        ],
    )
    .await?;
    tx.execute(
        "INSERT INTO group_hmac_keys (id, group_id, created_at, encryption_key_id, alg, encrypted_key)
         VALUES ($1, $2, $3, $4, $5, $6)",
        params![
            random::ordered_id(),
            group.id,
            group.now,
            key_id,
            keys.encrypted_hmac_alg,
            keys.encrypted_hmac_key,
        ],
    )
    .await?;
    tx.execute(
        "INSERT INTO group_sortable_keys (id, group_id, created_at, encryption_key_id, alg, encrypted_key)
         VALUES ($1, $2, $3, $4, $5, $6)",
        params![
            random::ordered_id(),
            group.id,
            group.now,
            key_id,
            keys.encrypted_sortable_alg,
            keys.encrypted_sortable_key,
        ],
    )
    .await?;
    tx.execute(
        "INSERT INTO group_member_keys (key_id, member_id, group_id, key_created_at, created_at, public_key_id,
            encrypted_group_key_alg, encrypted_group_key)
         VALUES ($1, $2, $3, $4, $4, $5, $6, $7)",
        params![
            key_id,
            group.creator,
            group.id,
            group.now,
            creator_public_key,
            keys.encrypted_group_key_alg,
            keys.encrypted_group_key,
        ],
    )
    .await
    .map(drop)
}

/// Stores copies of group keys for a member. Keys that the member has already, and ids that are no key of this group, are left out.
pub(crate) async fn insert_member_keys(
    tx: &mut Tx,
    group: &GroupId,
    member: &MemberId,
    keys: &[NewMemberKey],
    now: u64,
) -> Result<u64, DbError> {
    let rows: Vec<_> = keys
        .iter()
        .map(|key| {
            vec![
                key.key_id.to_param(),
                member.to_param(),
                group.to_param(),
                now.to_param(),
                key.user_public_key_id.to_param(),
                key.encrypted_alg.to_param(),
                key.encrypted_group_key.to_param(),
            ]
        })
        .collect();
    tx.execute_many(
        "INSERT INTO group_member_keys (key_id, member_id, group_id, key_created_at, created_at, public_key_id,
            encrypted_group_key_alg, encrypted_group_key)
         SELECT k.id, $2, k.group_id, k.created_at, $4, $5, $6, $7 FROM group_keys k WHERE k.id = $1 AND k.group_id = $3
         ON CONFLICT DO NOTHING",
        &rows,
    )
    .await
}
