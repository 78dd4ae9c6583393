//! Group keys and the members' encrypted copies of them.

use keyfold_protocol::encoding::{AlgorithmId, Base64Text, KeyText};
use keyfold_protocol::group::{GroupKey, HmacKey, NewMemberKey, SortableKey};
use keyfold_protocol::id::{GroupId, KeyId, MemberId, UserId};

use super::lists::Cursor;
use crate::db::{DbError, Param, Row, Tx, params};

/// One generation of keys to be written.
pub(in crate::group) struct NewGeneration<'a> {
    pub(in crate::group) id: &'a KeyId,
    pub(in crate::group) group: &'a GroupId,
    pub(in crate::group) created_at: u64,
    pub(in crate::group) group_key_alg: &'a AlgorithmId,
    pub(in crate::group) keypair_encrypt_alg: &'a AlgorithmId,
    pub(in crate::group) public_key: &'a KeyText,
    pub(in crate::group) encrypted_private_key: &'a Base64Text,
    pub(in crate::group) signed_by_user_id: Option<&'a UserId>,
    pub(in crate::group) signed_by_user_sign_key_id: Option<&'a KeyId>,
    pub(in crate::group) group_key_sig: Option<&'a KeyText>,
    pub(in crate::group) sign_pair: Option<SignPair<'a>>,
    pub(in crate::group) rotation: Option<RotationPart<'a>>,
}

/// The sign key pair of a user group.
pub(in crate::group) struct SignPair<'a> {
    pub(in crate::group) encrypted_sign_key: &'a Base64Text,
    pub(in crate::group) verify_key: &'a KeyText,
    pub(in crate::group) keypair_sign_alg: &'a AlgorithmId,
    pub(in crate::group) public_key_sig: Option<&'a KeyText>,
}

/// What makes a generation reachable from the one before.
pub(in crate::group) struct RotationPart<'a> {
    pub(in crate::group) previous_key: &'a KeyId,
    pub(in crate::group) ephemeral_alg: &'a AlgorithmId,
    pub(in crate::group) encrypted_group_key_by_ephemeral: &'a Base64Text,
    pub(in crate::group) encrypted_ephemeral_key: &'a Base64Text,
}

/// A member's copy of a group key.
pub(in crate::group) struct Copy<'a> {
    pub(in crate::group) key: &'a KeyId,
    pub(in crate::group) public_key_id: &'a KeyId,
    pub(in crate::group) alg: &'a AlgorithmId,
    pub(in crate::group) encrypted_group_key: &'a Base64Text,
}

impl<'a> From<&'a NewMemberKey> for Copy<'a> {
    fn from(key: &'a NewMemberKey) -> Self {
        Self {
            key: &key.key_id,
            public_key_id: &key.user_public_key_id,
            alg: &key.encrypted_alg,
            encrypted_group_key: &key.encrypted_group_key,
        }
    }
}

pub(in crate::group) async fn insert(tx: &mut Tx, new: &NewGeneration<'_>) -> Result<(), DbError> {
    let sign = new.sign_pair.as_ref();
    let rotation = new.rotation.as_ref();
    tx.execute(
        "INSERT INTO group_keys (id, group_id, created_at, previous_key_id, group_key_alg, keypair_encrypt_alg,
            keypair_sign_alg, ephemeral_alg, signed_by_user_id, signed_by_user_sign_key_id, public_key,
            encrypted_private_key, verify_key, encrypted_sign_key, public_key_sig, group_key_sig,
            encrypted_group_key_by_ephemeral, encrypted_ephemeral_key)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)",
        params![
            new.id,
            new.group,
            new.created_at,
            rotation.map(|part| part.previous_key),
            new.group_key_alg,
            new.keypair_encrypt_alg,
            sign.map(|pair| pair.keypair_sign_alg),
            rotation.map(|part| part.ephemeral_alg),
            new.signed_by_user_id,
            new.signed_by_user_sign_key_id,
            new.public_key,
            new.encrypted_private_key,
            sign.map(|pair| pair.verify_key),
            sign.map(|pair| pair.encrypted_sign_key),
            sign.and_then(|pair| pair.public_key_sig),
            new.group_key_sig,
            rotation.map(|part| part.encrypted_group_key_by_ephemeral),
            rotation.map(|part| part.encrypted_ephemeral_key),
        ],
    )
    .await
    .map(drop)
}

/// What to do with a copy that the member has already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::group) enum IfPresent {
    Keep,
    Replace,
}

/// Stores copies of keys of `group`; ids of keys that are not the group's are passed over, so check them first
/// ([`count_of_group`]).
pub(in crate::group) async fn insert_copies(
    tx: &mut Tx,
    group: &GroupId,
    member: &MemberId,
    now: u64,
    copies: &[self::Copy<'_>],
    if_present: IfPresent,
) -> Result<u64, DbError> {
    // The time of the key comes from its row: it is the cursor of the member's list.
    const KEEP: &str = "INSERT INTO group_member_keys (key_id, member_id, group_id, key_created_at, created_at,
            public_key_id, encrypted_group_key_alg, encrypted_group_key)
         SELECT k.id, $3, k.group_id, k.created_at, $4, $5, $6, $7 FROM group_keys k WHERE k.id = $1 AND k.group_id = $2
         ON CONFLICT (key_id, member_id) DO NOTHING";
    const REPLACE: &str = "INSERT INTO group_member_keys (key_id, member_id, group_id, key_created_at, created_at,
            public_key_id, encrypted_group_key_alg, encrypted_group_key)
         SELECT k.id, $3, k.group_id, k.created_at, $4, $5, $6, $7 FROM group_keys k WHERE k.id = $1 AND k.group_id = $2
         ON CONFLICT (key_id, member_id) DO UPDATE SET created_at = excluded.created_at,
            public_key_id = excluded.public_key_id, encrypted_group_key_alg = excluded.encrypted_group_key_alg,
            encrypted_group_key = excluded.encrypted_group_key";
    let rows: Vec<Vec<Param<'_>>> = copies
        .iter()
        .map(|copy| {
            params![copy.key, group, member, now, copy.public_key_id, copy.alg, copy.encrypted_group_key]
                .to_vec()
        })
        .collect();
    let sql = match if_present {
        IfPresent::Keep => KEEP,
        IfPresent::Replace => REPLACE,
    };
    tx.execute_many(sql, &rows).await
}

/// Whether the member holds a copy of this key of the group.
pub(in crate::group) async fn is_held(
    tx: &mut Tx,
    group: &GroupId,
    member: &MemberId,
    key: &KeyId,
) -> Result<bool, DbError> {
    let sql = "SELECT 1 FROM group_member_keys WHERE key_id = $1 AND member_id = $2 AND group_id = $3";
    Ok(tx.query_opt(sql, params![key, member, group], |row| row.col::<i64>()).await?.is_some())
}

/// Whether the member holds any key of the group.
pub(in crate::group) async fn holds_any(
    tx: &mut Tx,
    group: &GroupId,
    member: &MemberId,
) -> Result<bool, DbError> {
    let sql = "SELECT 1 FROM group_member_keys WHERE group_id = $1 AND member_id = $2 LIMIT 1";
    Ok(tx.query_opt(sql, params![group, member], |row| row.col::<i64>()).await?.is_some())
}

/// When the newest key of the group was made.
pub(in crate::group) async fn newest_time(tx: &mut Tx, group: &GroupId) -> Result<Option<u64>, DbError> {
    let sql = "SELECT created_at FROM group_keys WHERE group_id = $1 ORDER BY created_at DESC LIMIT 1";
    tx.query_opt(sql, params![group], |row| row.col()).await
}

macro_rules! select_keys {
    ($condition:literal) => {
        concat!(
            "SELECT m.encrypted_group_key, k.group_key_alg, k.id, k.encrypted_private_key, k.public_key, k.keypair_encrypt_alg,
                m.public_key_id, k.created_at, k.signed_by_user_id, k.signed_by_user_sign_key_id, k.group_key_sig,
                k.encrypted_sign_key, k.verify_key, k.keypair_sign_alg, k.public_key_sig
             FROM group_member_keys m JOIN group_keys k ON k.id = m.key_id
             WHERE m.group_id = $1 AND m.member_id = $2 AND ",
            $condition
        )
    };
}

/// A page of the member's keys, newest first.
pub(in crate::group) async fn page(
    tx: &mut Tx,
    group: &GroupId,
    member: &MemberId,
    after: &Cursor,
    limit: u32,
) -> Result<Vec<GroupKey>, DbError> {
    const SQL: &str = select_keys!(
        "m.key_created_at <= $3 AND (m.key_created_at < $3 OR m.key_id > $4)
             ORDER BY m.key_created_at DESC, m.key_id LIMIT $5"
    );
    tx.query(SQL, params![group, member, after.newest_first(), after.id(), limit], group_key).await
}

/// One of the member's keys.
pub(in crate::group) async fn find(
    tx: &mut Tx,
    group: &GroupId,
    member: &MemberId,
    key: &KeyId,
) -> Result<Option<GroupKey>, DbError> {
    const SQL: &str = select_keys!("m.key_id = $3");
    tx.query_opt(SQL, params![group, member, key], group_key).await
}

fn group_key(row: &Row<'_>) -> Result<GroupKey, DbError> {
    let encrypted_group_key = row.col()?;
    let group_key_alg = row.col()?;
    let id: KeyId = row.col()?;
    let encrypted_private_group_key = row.col()?;
    let public_group_key = row.col()?;
    let keypair_encrypt_alg = row.col()?;
    Ok(GroupKey {
        encrypted_group_key,
        group_key_alg,
        encrypted_private_group_key,
        public_group_key,
        keypair_encrypt_alg,
        user_public_key_id: row.col()?,
        time: row.col()?,
        signed_by_user_id: row.col()?,
        signed_by_user_sign_key_id: row.col()?,
        group_key_sig: row.col()?,
        encrypted_sign_key: row.col()?,
        verify_key: row.col()?,
        keypair_sign_alg: row.col()?,
        public_key_sig: row.col()?,
        // All three parts of a generation share one id, and clients expect it everywhere.
        key_pair_id: id.clone(),
        keypair_sign_id: Some(id.clone()),
        public_key_sig_key_id: Some(id.clone()),
        group_key_id: id,
    })
}

/// Deletes a member's copies of all keys of the group.
pub(in crate::group) async fn delete_copies(
    tx: &mut Tx,
    group: &GroupId,
    member: &MemberId,
) -> Result<(), DbError> {
    let sql = "DELETE FROM group_member_keys WHERE group_id = $1 AND member_id = $2";
    tx.execute(sql, params![group, member]).await.map(drop)
}

/// A searchable or sortable key to be written.
pub(in crate::group) struct NewAuxiliaryKey<'a> {
    pub(in crate::group) group: &'a GroupId,
    pub(in crate::group) created_at: u64,
    pub(in crate::group) encryption_key: &'a KeyId,
    pub(in crate::group) alg: &'a AlgorithmId,
    pub(in crate::group) encrypted_key: &'a Base64Text,
}

pub(in crate::group) async fn insert_hmac(tx: &mut Tx, new: &NewAuxiliaryKey<'_>) -> Result<(), DbError> {
    let sql = "INSERT INTO group_hmac_keys (id, group_id, created_at, encryption_key_id, alg, encrypted_key)
         VALUES ($1, $2, $3, $4, $5, $6)";
    insert_auxiliary(tx, sql, new).await
}

pub(in crate::group) async fn insert_sortable(tx: &mut Tx, new: &NewAuxiliaryKey<'_>) -> Result<(), DbError> {
    let sql =
        "INSERT INTO group_sortable_keys (id, group_id, created_at, encryption_key_id, alg, encrypted_key)
         VALUES ($1, $2, $3, $4, $5, $6)";
    insert_auxiliary(tx, sql, new).await
}

async fn insert_auxiliary(tx: &mut Tx, sql: &'static str, new: &NewAuxiliaryKey<'_>) -> Result<(), DbError> {
    let id = crate::random::ordered_id();
    let parameters = params![id, new.group, new.created_at, new.encryption_key, new.alg, new.encrypted_key];
    tx.execute(sql, parameters).await.map(drop)
}

/// The newest searchable keys of the group.
pub(in crate::group) async fn hmac_keys(
    tx: &mut Tx,
    group: &GroupId,
    limit: u32,
) -> Result<Vec<HmacKey>, DbError> {
    tx.query(
        "SELECT id, encrypted_key, alg, encryption_key_id, created_at FROM group_hmac_keys
         WHERE group_id = $1 ORDER BY created_at DESC, id LIMIT $2",
        params![group, limit],
        |row| {
            Ok(HmacKey {
                id: row.col()?,
                encrypted_hmac_key: row.col()?,
                encrypted_hmac_alg: row.col()?,
                encrypted_hmac_encryption_key_id: row.col()?,
                time: row.col()?,
            })
        },
    )
    .await
}

/// The newest sortable keys of the group.
pub(in crate::group) async fn sortable_keys(
    tx: &mut Tx,
    group: &GroupId,
    limit: u32,
) -> Result<Vec<SortableKey>, DbError> {
    tx.query(
        "SELECT id, encrypted_key, alg, encryption_key_id, created_at FROM group_sortable_keys
         WHERE group_id = $1 ORDER BY created_at DESC, id LIMIT $2",
        params![group, limit],
        |row| {
            Ok(SortableKey {
                id: row.col()?,
                encrypted_sortable_key: row.col()?,
                encrypted_sortable_alg: row.col()?,
                encrypted_sortable_encryption_key_id: row.col()?,
                time: row.col()?,
            })
        },
    )
    .await
}
