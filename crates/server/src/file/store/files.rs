//! Rows of files.

use keyfold_protocol::encoding::OpaqueText;
use keyfold_protocol::file::{BelongsToType, FileMeta, FilePart, FileRegisterInput};
use keyfold_protocol::id::{AppId, FileId, GroupId, UserId};

use crate::db::{DbError, Row, Tx, params};
use crate::file::{Audience, File};

const EVERYBODY: i64 = 0;
const GROUP: i64 = 1;
const USER: i64 = 2;

/// Keeps the app and one of its users from being deleted until the transaction ends; `None` when either is gone.
pub(in crate::file) async fn hold_app_and_user(
    tx: &mut Tx,
    app: &AppId,
    user: &UserId,
) -> Result<Option<()>, DbError> {
    let sql = "SELECT 1 FROM apps WHERE id = $1 AND deleted_at IS NULL FOR SHARE";
    if tx.query_opt(sql, params![app], |row| row.col::<i64>()).await?.is_none() {
        return Ok(None);
    }
    let sql = "SELECT 1 FROM users WHERE id = $1 AND app_id = $2 FOR SHARE";
    Ok(tx.query_opt(sql, params![user, app], |row| row.col::<i64>()).await?.map(drop))
}

/// Keeps a group from being deleted until the transaction ends.
pub(in crate::file) async fn hold_group(tx: &mut Tx, group: &GroupId) -> Result<(), DbError> {
    // A deletion of a group above removes this row too, and waits for it.
    let sql = "SELECT 1 FROM groups WHERE id = $1 FOR SHARE";
    tx.query_opt(sql, params![group], |row| row.col::<i64>()).await.map(drop)
}

pub(in crate::file) async fn insert(
    tx: &mut Tx,
    id: &FileId,
    app: &AppId,
    owner: &UserId,
    audience: &Audience,
    input: &FileRegisterInput,
    now: u64,
) -> Result<(), DbError> {
    let (kind, target) = match audience {
        Audience::Everybody => (EVERYBODY, None),
        Audience::Group(group) => (GROUP, Some(group.as_str())),
        Audience::User(user) => (USER, Some(user.as_str())),
    };
    tx.execute(
        "INSERT INTO files (id, app_id, owner_id, target_kind, target_id, created_at, master_key_id, encrypted_key_alg,
            encrypted_file_name, encrypted_key)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        params![
            id,
            app,
            owner,
            kind,
            target,
            now,
            input.master_key_id,
            input.encrypted_key_alg,
            input.encrypted_file_name,
            input.encrypted_key,
        ],
    )
    .await
    .map(drop)
}

/// A file of the app that was not deleted.
pub(in crate::file) async fn find(tx: &mut Tx, app: &AppId, id: &FileId) -> Result<Option<File>, DbError> {
    let sql = "SELECT id, owner_id, target_kind, target_id, completed_at FROM files
        WHERE id = $1 AND app_id = $2 AND deleted_at IS NULL";
    tx.query_opt(sql, params![id, app], file).await
}

/// The same, locked until the transaction ends.
pub(in crate::file) async fn find_for_update(
    tx: &mut Tx,
    app: &AppId,
    id: &FileId,
) -> Result<Option<File>, DbError> {
    let sql = "SELECT id, owner_id, target_kind, target_id, completed_at FROM files
        WHERE id = $1 AND app_id = $2 AND deleted_at IS NULL FOR UPDATE";
    tx.query_opt(sql, params![id, app], file).await
}

/// Reads the columns `id, owner_id, target_kind, target_id, completed_at`.
pub(super) fn file(row: &Row<'_>) -> Result<File, DbError> {
    let id = row.col()?;
    let owner = row.col()?;
    let audience = match (row.col::<i64>()?, row.col::<Option<String>>()?) {
        (GROUP, Some(group)) => Audience::Group(GroupId::from(group)),
        (USER, Some(user)) => Audience::User(UserId::from(user)),
        _ => Audience::Everybody,
    };
    Ok(File { id, owner, audience, is_complete: row.col::<Option<u64>>()?.is_some() })
}

pub(in crate::file) async fn meta(
    tx: &mut Tx,
    id: &FileId,
    part_list: Vec<FilePart>,
) -> Result<Option<FileMeta>, DbError> {
    let sql = "SELECT id, master_key_id, owner_id, target_id, target_kind, encrypted_key, encrypted_key_alg, created_at,
        encrypted_file_name FROM files WHERE id = $1";
    let mut part_list = Some(part_list);
    tx.query_opt(sql, params![id], |row| {
        Ok(FileMeta {
            file_id: row.col()?,
            master_key_id: row.col()?,
            owner: row.col()?,
            belongs_to: row.col()?,
            belongs_to_type: match row.col::<i64>()? {
                GROUP => BelongsToType::Group,
                USER => BelongsToType::User,
                _ => BelongsToType::None,
            },
            encrypted_key: row.col()?,
            encrypted_key_alg: row.col()?,
            time: row.col()?,
            encrypted_file_name: row.col()?,
            part_list: part_list.take().unwrap_or_default(),
        })
    })
    .await
}

pub(in crate::file) async fn rename(
    tx: &mut Tx,
    id: &FileId,
    name: Option<&OpaqueText>,
) -> Result<(), DbError> {
    tx.execute("UPDATE files SET encrypted_file_name = $2 WHERE id = $1", params![id, name]).await.map(drop)
}

/// Its last part has arrived.
pub(in crate::file) async fn complete(tx: &mut Tx, id: &FileId, now: u64) -> Result<(), DbError> {
    tx.execute("UPDATE files SET completed_at = $2 WHERE id = $1", params![id, now]).await.map(drop)
}

pub(in crate::file) async fn mark_deleted(tx: &mut Tx, id: &FileId, now: u64) -> Result<(), DbError> {
    let sql = "UPDATE files SET deleted_at = $2 WHERE id = $1 AND deleted_at IS NULL";
    tx.execute(sql, params![id, now]).await.map(drop)
}

/// Removes rows of deleted files that have no parts any more; their number.
pub(in crate::file) async fn remove_empty_deleted(
    tx: &mut Tx,
    app: &AppId,
    limit: u32,
) -> Result<u64, DbError> {
    tx.execute(
        "DELETE FROM files WHERE id IN (
            SELECT f.id FROM files f WHERE f.app_id = $1 AND f.deleted_at IS NOT NULL
                AND NOT EXISTS (SELECT 1 FROM file_parts p WHERE p.file_id = f.id)
            ORDER BY f.id LIMIT $2)",
        params![app, limit],
    )
    .await
}

/// Removes what is kept of an app for the sake of its files, when the app, its files and its messages are gone.
pub(in crate::file) async fn forget_app(tx: &mut Tx, app: &AppId) -> Result<(), DbError> {
    const STATEMENTS: [&str; 2] = [
        "DELETE FROM app_file_options WHERE app_id = $1
            AND NOT EXISTS (SELECT 1 FROM apps WHERE id = $1 AND deleted_at IS NULL)
            AND NOT EXISTS (SELECT 1 FROM files WHERE app_id = $1 AND deleted_at IS NOT NULL)
            AND NOT EXISTS (SELECT 1 FROM storage_deliveries WHERE app_id = $1 AND failed_at IS NULL)",
        "DELETE FROM app_file_usage WHERE app_id = $1
            AND NOT EXISTS (SELECT 1 FROM app_file_options WHERE app_id = $1)",
    ];
    for sql in STATEMENTS {
        tx.execute(sql, params![app]).await?;
    }
    Ok(())
}
