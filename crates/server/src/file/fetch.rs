//! What a file is, and which parts it has.

use keyfold_protocol::error::ErrorCode;
use keyfold_protocol::file::{FileMeta, FilePart};
use keyfold_protocol::id::FileId;

use super::access::{Reader, check_in_group};
use super::{File, store};
use crate::db::Tx;
use crate::error::ApiError;
use crate::group::access::Caller;

/// A file by its plain address, with its first parts.
///
/// # Errors
/// 400/512, 400/521, 401/31.
pub(crate) async fn plain(tx: &mut Tx, reader: &Reader, id: &FileId) -> Result<FileMeta, ApiError> {
    let file = store::files::find(tx, &reader.app, id).await?.ok_or(ErrorCode::FileNotFound)?;
    reader.check_plain(&file)?;
    meta(tx, &file).await
}

/// A file through a group.
///
/// # Errors
/// 400/310, 400/512, 400/521.
pub(crate) async fn in_group(tx: &mut Tx, caller: &Caller, id: &FileId) -> Result<FileMeta, ApiError> {
    caller.enter(tx).await?;
    let file = store::files::find(tx, &caller.app, id).await?.ok_or(ErrorCode::FileNotFound)?;
    check_in_group(&file, &caller.group, &caller.user)?;
    meta(tx, &file).await
}

/// The parts after a sequence, or the first ones. An empty page for a file that exists: a client that has read exactly full pages asks for one
/// more.
///
/// # Errors
/// 400/512, 400/521, 401/31.
pub(crate) async fn parts(
    tx: &mut Tx,
    reader: &Reader,
    id: &FileId,
    last_sequence: i32,
) -> Result<Vec<FilePart>, ApiError> {
    let file = store::files::find(tx, &reader.app, id).await?.ok_or(ErrorCode::FileNotFound)?;
    reader.check_parts(tx, &file).await?;
    let parts = store::parts::page(tx, id, last_sequence).await?;
    // Its owner may see what has arrived, to go on with an upload.
    if !file.is_complete && !reader.is_owner(&file) && store::parts::exist(tx, id).await? {
        return Err(incomplete());
    }
    Ok(parts)
}

async fn meta(tx: &mut Tx, file: &File) -> Result<FileMeta, ApiError> {
    let part_list = store::parts::page(tx, &file.id, 0).await?;
    // Whoever saw half of a file could not know. A file without parts is an empty one: clients upload none for it.
    if !file.is_complete && !part_list.is_empty() {
        return Err(incomplete());
    }
    Ok(store::files::meta(tx, &file.id, part_list).await?.ok_or(ErrorCode::FileNotFound)?)
}

fn incomplete() -> ApiError {
    ApiError::with_message(ErrorCode::FileNotFound, "The upload of this file is not complete")
}
