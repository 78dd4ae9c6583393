//! Rows of parts.

use keyfold_protocol::file::{FilePart, PARTS_PAGE};
use keyfold_protocol::id::{AppId, FileId, FilePartId};

use super::files::file;
use crate::db::{DbError, ToParam as _, Tx, params};
use crate::file::File;

/// A part without its file.
pub(in crate::file) struct Part {
    pub(in crate::file) id: FilePartId,
    pub(in crate::file) is_external: bool,
    pub(in crate::file) bytes: u64,
}

/// A part with its file.
pub(in crate::file) struct PartOfFile {
    pub(in crate::file) file: File,
    pub(in crate::file) is_external: bool,
    pub(in crate::file) bytes: u64,
}

/// Which sequences a file has.
pub(in crate::file) struct Span {
    count: i64,
    first: i64,
    pub(in crate::file) last: i64,
}

impl Span {
    /// Whether none is missing. Clients count from 1; who counts from 0 may.
    pub(in crate::file) fn is_whole(&self) -> bool {
        (0..=1).contains(&self.first) && self.last.saturating_sub(self.first).saturating_add(1) == self.count
    }
}

/// A page after a sequence; from the beginning for 0 and less.
pub(in crate::file) async fn page(
    tx: &mut Tx,
    file: &FileId,
    last_sequence: i32,
) -> Result<Vec<FilePart>, DbError> {
    let after = if last_sequence > 0 { last_sequence } else { -1 };
    tx.query(
        "SELECT id, sequence, is_external FROM file_parts WHERE file_id = $1 AND sequence > $2
         ORDER BY sequence LIMIT $3",
        params![file, after, i64::try_from(PARTS_PAGE).unwrap_or(i64::MAX)],
        |row| Ok(FilePart { part_id: row.col()?, sequence: row.col()?, extern_storage: row.col()? }),
    )
    .await
}

pub(in crate::file) async fn exist(tx: &mut Tx, file: &FileId) -> Result<bool, DbError> {
    let sql = "SELECT 1 FROM file_parts WHERE file_id = $1 LIMIT 1";
    Ok(tx.query_opt(sql, params![file], |row| row.col::<i64>()).await?.is_some())
}

/// A part of a file of the app that was not deleted.
pub(in crate::file) async fn find(
    tx: &mut Tx,
    app: &AppId,
    id: &FilePartId,
) -> Result<Option<PartOfFile>, DbError> {
    let sql = "SELECT f.id, f.owner_id, f.target_kind, f.target_id, f.completed_at, p.is_external, p.bytes
        FROM file_parts p JOIN files f ON f.id = p.file_id
        WHERE p.id = $1 AND f.app_id = $2 AND f.deleted_at IS NULL";
    tx.query_opt(sql, params![id, app], |row| {
        Ok(PartOfFile { file: file(row)?, is_external: row.col()?, bytes: row.col()? })
    })
    .await
}

pub(in crate::file) async fn insert(
    tx: &mut Tx,
    id: &FilePartId,
    file: &FileId,
    sequence: i32,
    is_external: bool,
    bytes: u64,
) -> Result<(), DbError> {
    tx.execute(
        "INSERT INTO file_parts (id, file_id, sequence, is_external, bytes) VALUES ($1, $2, $3, $4, $5)",
        params![id, file, sequence, is_external, bytes],
    )
    .await
    .map(drop)
}

/// Removes the part that has a sequence.
pub(in crate::file) async fn remove_at(
    tx: &mut Tx,
    file: &FileId,
    sequence: i32,
) -> Result<Option<Part>, DbError> {
    let sql = "DELETE FROM file_parts WHERE file_id = $1 AND sequence = $2 RETURNING id, is_external, bytes";
    tx.query_opt(sql, params![file, sequence], |row| {
        Ok(Part { id: row.col()?, is_external: row.col()?, bytes: row.col()? })
    })
    .await
}

pub(in crate::file) async fn remove_external(
    tx: &mut Tx,
    app: &AppId,
    id: &FilePartId,
) -> Result<(), DbError> {
    tx.execute(
        "DELETE FROM file_parts WHERE id = $1 AND is_external = 1
            AND file_id IN (SELECT id FROM files WHERE app_id = $2)",
        params![id, app],
    )
    .await
    .map(drop)
}

pub(in crate::file) async fn span(tx: &mut Tx, file: &FileId) -> Result<Span, DbError> {
    let sql = "SELECT COUNT(*), COALESCE(MIN(sequence), -1), COALESCE(MAX(sequence), -1)
        FROM file_parts WHERE file_id = $1";
    let span = tx
        .query_opt(sql, params![file], |row| {
            Ok(Span { count: row.col()?, first: row.col()?, last: row.col()? })
        })
        .await?;
    Ok(span.unwrap_or(Span { count: 0, first: -1, last: -1 }))
}

/// Parts of deleted files of an app.
pub(in crate::file) async fn of_deleted(tx: &mut Tx, app: &AppId, limit: u32) -> Result<Vec<Part>, DbError> {
    tx.query(
        "SELECT p.id, p.is_external, p.bytes FROM files f JOIN file_parts p ON p.file_id = f.id
         WHERE f.app_id = $1 AND f.deleted_at IS NOT NULL ORDER BY f.id, p.sequence LIMIT $2",
        params![app, limit],
        |row| Ok(Part { id: row.col()?, is_external: row.col()?, bytes: row.col()? }),
    )
    .await
}

/// Parts in the storage of this server whose file was not deleted, in the order of their ids.
pub(in crate::file) async fn stored(tx: &mut Tx, after: &str, limit: u32) -> Result<Vec<Part>, DbError> {
    tx.query(
        "SELECT p.id, p.is_external, p.bytes FROM file_parts p JOIN files f ON f.id = p.file_id
         WHERE p.id > $1 AND p.is_external = 0 AND f.deleted_at IS NULL ORDER BY p.id LIMIT $2",
        params![after, limit],
        |row| Ok(Part { id: row.col()?, is_external: row.col()?, bytes: row.col()? }),
    )
    .await
}

/// Whether a part is one of [`stored`].
pub(in crate::file) async fn is_stored(tx: &mut Tx, id: &FilePartId) -> Result<bool, DbError> {
    let sql = "SELECT 1 FROM file_parts p JOIN files f ON f.id = p.file_id
        WHERE p.id = $1 AND p.is_external = 0 AND f.deleted_at IS NULL";
    Ok(tx.query_opt(sql, params![id], |row| row.col::<i64>()).await?.is_some())
}

/// Removes parts; how many of them were still there.
pub(in crate::file) async fn remove(tx: &mut Tx, parts: &[FilePartId]) -> Result<u64, DbError> {
    let rows: Vec<_> = parts.iter().map(|id| vec![id.to_param()]).collect();
    tx.execute_many("DELETE FROM file_parts WHERE id = $1", &rows).await
}
