//! Rows of upload sessions.

use keyfold_protocol::id::{AppId, FileId, UploadSessionId, UserId};

use crate::db::{DbError, Tx, params};

/// An open upload.
pub(in crate::file) struct Session {
    pub(in crate::file) file: FileId,
    pub(in crate::file) created_at: u64,
}

/// An upload that nobody has ended in time.
pub(in crate::file) struct Abandoned {
    pub(in crate::file) session: UploadSessionId,
    pub(in crate::file) file: FileId,
    pub(in crate::file) app: AppId,
    pub(in crate::file) has_parts: bool,
}

pub(in crate::file) async fn insert(
    tx: &mut Tx,
    id: &UploadSessionId,
    file: &FileId,
    now: u64,
) -> Result<(), DbError> {
    let sql = "INSERT INTO upload_sessions (id, file_id, created_at) VALUES ($1, $2, $3)";
    tx.execute(sql, params![id, file, now]).await.map(drop)
}

/// Lets the parts of one upload be recorded one after the other, and not beside a deletion of the file.
pub(in crate::file) async fn lock(tx: &mut Tx, id: &UploadSessionId) -> Result<(), DbError> {
    let sql =
        "SELECT id FROM files WHERE id = (SELECT file_id FROM upload_sessions WHERE id = $1) FOR UPDATE";
    tx.query_opt(sql, params![id], |row| row.col::<FileId>()).await.map(drop)
}

/// The session of a file that belongs to the user and was not deleted.
pub(in crate::file) async fn find(
    tx: &mut Tx,
    id: &UploadSessionId,
    app: &AppId,
    user: &UserId,
) -> Result<Option<Session>, DbError> {
    tx.query_opt(
        "SELECT f.id, s.created_at FROM upload_sessions s JOIN files f ON f.id = s.file_id
         WHERE s.id = $1 AND f.app_id = $2 AND f.owner_id = $3 AND f.deleted_at IS NULL",
        params![id, app, user],
        |row| Ok(Session { file: row.col()?, created_at: row.col()? }),
    )
    .await
}

pub(in crate::file) async fn delete(tx: &mut Tx, id: &UploadSessionId) -> Result<(), DbError> {
    tx.execute("DELETE FROM upload_sessions WHERE id = $1", params![id]).await.map(drop)
}

pub(in crate::file) async fn delete_of_file(tx: &mut Tx, file: &FileId) -> Result<(), DbError> {
    tx.execute("DELETE FROM upload_sessions WHERE file_id = $1", params![file]).await.map(drop)
}

/// Sessions from before a time.
pub(in crate::file) async fn abandoned(
    tx: &mut Tx,
    before: u64,
    limit: u32,
) -> Result<Vec<Abandoned>, DbError> {
    tx.query(
        "SELECT s.id, f.id, f.app_id, EXISTS (SELECT 1 FROM file_parts p WHERE p.file_id = f.id)
         FROM upload_sessions s JOIN files f ON f.id = s.file_id
         WHERE s.created_at <= $1 ORDER BY s.created_at LIMIT $2",
        params![before, limit],
        |row| Ok(Abandoned { session: row.col()?, file: row.col()?, app: row.col()?, has_parts: row.col()? }),
    )
    .await
}
