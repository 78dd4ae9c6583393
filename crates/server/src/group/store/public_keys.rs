//! Public keys of those whom keys are encrypted for.

use keyfold_protocol::encoding::{AlgorithmId, KeyText};
use keyfold_protocol::id::KeyId;

use crate::db::{DbError, Tx, params};
use crate::group::principal::{MemberKind, Principal};

/// The public half of a key pair.
pub(in crate::group) struct PublicKey {
    pub(in crate::group) id: KeyId,
    pub(in crate::group) alg: AlgorithmId,
    pub(in crate::group) key: KeyText,
}

/// Whether `key` is a public key of the principal, the newest or an older one: clients keep public keys for a while.
pub(in crate::group) async fn belongs_to(
    tx: &mut Tx,
    principal: &Principal,
    key: &KeyId,
) -> Result<bool, DbError> {
    let sql = match principal.kind {
        MemberKind::User => {
            "SELECT 1 FROM users u JOIN group_keys k ON k.group_id = u.group_id WHERE u.id = $1 AND k.id = $2"
        }
        MemberKind::Parent | MemberKind::Group => "SELECT 1 FROM group_keys WHERE group_id = $1 AND id = $2",
    };
    Ok(tx.query_opt(sql, params![principal.id, key], |row| row.col::<i64>()).await?.is_some())
}

/// The newest public key of a principal; `None` when it has none or is gone.
pub(in crate::group) async fn newest_of(
    tx: &mut Tx,
    principal: &Principal,
) -> Result<Option<PublicKey>, DbError> {
    let sql = match principal.kind {
        MemberKind::User => {
            "SELECT k.id, k.keypair_encrypt_alg, k.public_key
             FROM users u JOIN groups g ON g.id = u.group_id JOIN group_keys k ON k.id = g.current_key_id
             WHERE u.id = $1"
        }
        MemberKind::Parent | MemberKind::Group => {
            "SELECT k.id, k.keypair_encrypt_alg, k.public_key
             FROM groups g JOIN group_keys k ON k.id = g.current_key_id WHERE g.id = $1"
        }
    };
    let parameters = params![principal.id];
    tx.query_opt(sql, parameters, |row| Ok(PublicKey { id: row.col()?, alg: row.col()?, key: row.col()? }))
        .await
}
