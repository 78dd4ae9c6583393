//! The members' encrypted copies of group keys, as far as only groups of users need it; the rest is in `keyring`.

use keyfold_protocol::group::NewMemberKey;
use keyfold_protocol::id::{GroupId, KeyId, MemberId};

use crate::db::{DbError, Param, Tx, params};

/// Stores copies of keys of `group` in place of those that the member has of the same generations, and returns how many were
/// written. Keys of other groups are passed over: a smaller number than that of the copies means that there was one.
pub(in crate::group) async fn replace_copies(
    tx: &mut Tx,
    group: &GroupId,
    member: &MemberId,
    keys: &[NewMemberKey],
    now: u64,
) -> Result<u64, DbError> {
    // The time of the key comes from its row: it is the cursor of the member's list.
    const SQL: &str =
        "INSERT INTO group_member_keys (key_id, member_id, group_id, key_created_at, created_at, public_key_id,
            encrypted_group_key_alg, encrypted_group_key)
         SELECT k.id, $3, k.group_id, k.created_at, $4, $5, $6, $7 FROM group_keys k WHERE k.id = $1 AND k.group_id = $2
         ON CONFLICT (member_id, key_id) DO UPDATE SET created_at = excluded.created_at,
            public_key_id = excluded.public_key_id, encrypted_group_key_alg = excluded.encrypted_group_key_alg,
            encrypted_group_key = excluded.encrypted_group_key";
    let rows: Vec<Vec<Param<'_>>> = keys
        .iter()
        .map(|key| {
            params![
                key.key_id,
                group,
                member,
                now,
                key.user_public_key_id,
                key.encrypted_alg,
                key.encrypted_group_key
            ]
            .to_vec()
        })
        .collect();
    tx.execute_many(SQL, &rows).await
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

/// Deletes a member's copies of all keys of the group.
pub(in crate::group) async fn delete_copies(
    tx: &mut Tx,
    group: &GroupId,
    member: &MemberId,
) -> Result<(), DbError> {
    let sql = "DELETE FROM group_member_keys WHERE group_id = $1 AND member_id = $2";
    tx.execute(sql, params![group, member]).await.map(drop)
}

/// Whether a completed rotation has made a key that is newer than all keys of the member.
pub(in crate::group) async fn lacks_completed(
    tx: &mut Tx,
    group: &GroupId,
    member: &MemberId,
) -> Result<bool, DbError> {
    let sql = "SELECT 1 FROM group_keys k
         WHERE k.group_id = $1 AND k.encrypted_ephemeral_key IS NULL
            AND NOT EXISTS (SELECT 1 FROM group_member_keys c
                WHERE c.group_id = $1 AND c.member_id = $2 AND c.key_created_at >= k.created_at)
         LIMIT 1";
    Ok(tx.query_opt(sql, params![group, member], |row| row.col::<i64>()).await?.is_some())
}
