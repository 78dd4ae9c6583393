//! Keys on their way to a client.

use keyfold_protocol::PAGE_SIZE;
use keyfold_protocol::encoding::KeyText;
use keyfold_protocol::group::{GroupKey, HmacKey, SortableKey};
use keyfold_protocol::id::{GroupId, KeyId, MemberId};
use keyfold_protocol::user::{PublicKeyData, VerifyKeyData};

use crate::db::{DbError, Row, Tx, params};

/// Where a page begins: after the item of this time and id. Time 0 is the first page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Cursor {
    pub(crate) time: u64,
    pub(crate) id: String,
}

impl Cursor {
    /// The time to compare with in a list whose first item is the newest: the first page begins in the far future.
    pub(crate) fn newest_first(&self) -> u64 {
        if self.time == 0 { u64::MAX } else { self.time }
    }
}

/// Items on a page of any list.
pub(crate) const PAGE: i64 = PAGE_SIZE as i64;

/// The columns of [`group_key`], in its order.
macro_rules! group_key_columns {
    () => {
        "SELECT m.encrypted_group_key, k.group_key_alg, k.id, k.encrypted_private_key, k.public_key, k.keypair_encrypt_alg,
            m.public_key_id, k.created_at, k.signed_by_user_id, k.signed_by_user_sign_key_id, k.group_key_sig,
            k.encrypted_sign_key, k.verify_key, k.keypair_sign_alg, k.public_key_sig
         FROM group_member_keys m JOIN group_keys k ON k.id = m.key_id "
    };
}

/// A page of a member's keys, newest first.
pub(crate) async fn keys(
    tx: &mut Tx,
    group: &GroupId,
    member: &MemberId,
    after: Option<&Cursor>,
) -> Result<Vec<GroupKey>, DbError> {
    match after.filter(|cursor| cursor.time > 0) {
        None => {
            tx.query(
                concat!(
                    group_key_columns!(),
                    "WHERE m.group_id = $1 AND m.member_id = $2 ORDER BY m.key_created_at DESC, m.key_id LIMIT $3"
                ),
                params![group, member, PAGE],
                group_key,
            )
            .await
        }
        Some(cursor) => {
            tx.query(
                concat!(
                    group_key_columns!(),
                    "WHERE m.group_id = $1 AND m.member_id = $2 AND m.key_created_at <= $4
                        AND (m.key_created_at < $4 OR m.key_id > $5)
                     ORDER BY m.key_created_at DESC, m.key_id LIMIT $3"
                ),
                params![group, member, PAGE, cursor.time, cursor.id],
                group_key,
            )
            .await
        }
    }
}

/// One key of a member.
pub(crate) async fn key(
    tx: &mut Tx,
    group: &GroupId,
    member: &MemberId,
    key: &KeyId,
) -> Result<Option<GroupKey>, DbError> {
    tx.query_opt(
        concat!(group_key_columns!(), "WHERE m.key_id = $3 AND m.member_id = $2 AND m.group_id = $1"),
        params![group, member, key],
        group_key,
    )
    .await
}

/// The newest searchable keys of a group.
pub(crate) async fn hmac_keys(tx: &mut Tx, group: &GroupId) -> Result<Vec<HmacKey>, DbError> {
    tx.query(
        "SELECT id, encrypted_key, alg, encryption_key_id, created_at FROM group_hmac_keys
         WHERE group_id = $1 ORDER BY created_at DESC, id LIMIT $2",
        params![group, PAGE],
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

/// The newest sortable keys of a group.
pub(crate) async fn sortable_keys(tx: &mut Tx, group: &GroupId) -> Result<Vec<SortableKey>, DbError> {
    tx.query(
        "SELECT id, encrypted_key, alg, encryption_key_id, created_at FROM group_sortable_keys
         WHERE group_id = $1 ORDER BY created_at DESC, id LIMIT $2",
        params![group, PAGE],
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

/// Whether the member has the key that contents are encrypted with now. True for a group without keys.
pub(crate) async fn has_newest(tx: &mut Tx, group: &GroupId, member: &MemberId) -> Result<bool, DbError> {
    let lacks = tx
        .query_opt(
            "SELECT 1 FROM groups g WHERE g.id = $1 AND g.current_key_id IS NOT NULL AND NOT EXISTS
                (SELECT 1 FROM group_member_keys k WHERE k.key_id = g.current_key_id AND k.member_id = $2)",
            params![group, member],
            |row| row.col::<i64>(),
        )
        .await?;
    Ok(lacks.is_none())
}

/// The public key that things for the group are to be encrypted to now.
pub(crate) async fn newest_public_key(
    tx: &mut Tx,
    group: &GroupId,
) -> Result<Option<PublicKeyData>, DbError> {
    tx.query_opt(
        "SELECT k.id, k.public_key, k.keypair_encrypt_alg, k.public_key_sig
         FROM groups g JOIN group_keys k ON k.id = g.current_key_id WHERE g.id = $1",
        params![group],
        public_key_data,
    )
    .await
}

/// A public key of the group by its id.
pub(crate) async fn public_key(
    tx: &mut Tx,
    group: &GroupId,
    key: &KeyId,
) -> Result<Option<PublicKeyData>, DbError> {
    tx.query_opt(
        "SELECT k.id, k.public_key, k.keypair_encrypt_alg, k.public_key_sig FROM group_keys k
         WHERE k.id = $2 AND k.group_id = $1",
        params![group, key],
        public_key_data,
    )
    .await
}

/// A verify key of the group by its id; only users have them.
pub(crate) async fn verify_key(
    tx: &mut Tx,
    group: &GroupId,
    key: &KeyId,
) -> Result<Option<VerifyKeyData>, DbError> {
    tx.query_opt(
        "SELECT k.id, k.verify_key, k.keypair_sign_alg FROM group_keys k
         WHERE k.id = $2 AND k.group_id = $1 AND k.verify_key IS NOT NULL AND k.keypair_sign_alg IS NOT NULL",
        params![group, key],
        |row| {
            Ok(VerifyKeyData {
                verify_key_id: row.col()?,
                verify_key: row.col()?,
                verify_key_alg: row.col()?,
            })
        },
    )
    .await
}

fn group_key(row: &Row<'_>) -> Result<GroupKey, DbError> {
    let encrypted_group_key = row.col()?;
    let group_key_alg = row.col()?;
    let id: KeyId = row.col()?;
    Ok(GroupKey {
        encrypted_group_key,
        group_key_alg,
        group_key_id: id.clone(),
        key_pair_id: id.clone(),
        // Sent with every key, signed or not: some clients expect it.
        keypair_sign_id: Some(id.clone()),
        public_key_sig_key_id: Some(id),
        encrypted_private_group_key: row.col()?,
        public_group_key: row.col()?,
        keypair_encrypt_alg: row.col()?,
        user_public_key_id: row.col()?,
        time: row.col()?,
        signed_by_user_id: row.col()?,
        signed_by_user_sign_key_id: row.col()?,
        group_key_sig: row.col()?,
        encrypted_sign_key: row.col()?,
        verify_key: row.col()?,
        keypair_sign_alg: row.col()?,
        public_key_sig: row.col()?,
    })
}

fn public_key_data(row: &Row<'_>) -> Result<PublicKeyData, DbError> {
    let public_key_id: KeyId = row.col()?;
    let public_key = row.col()?;
    let public_key_alg = row.col()?;
    let public_key_sig: Option<KeyText> = row.col()?;
    let public_key_sig_key_id = public_key_sig.as_ref().map(|_| public_key_id.clone());
    Ok(PublicKeyData { public_key_id, public_key, public_key_alg, public_key_sig, public_key_sig_key_id })
}
