//! Parts whose contents the app stores itself: its backend registers them, and is told when they may go.

use keyfold_protocol::app::FILE_STORAGE_OWN;
use keyfold_protocol::error::ErrorCode;
use keyfold_protocol::file::FilePartRegisterOutput;
use keyfold_protocol::id::{AppId, FilePartId};

use super::{store, upload};
use crate::app::App;
use crate::db::Tx;
use crate::error::ApiError;
use crate::random;

/// Registers a part; the name under which the app has to store its content.
///
/// # Errors
/// 400/510, 400/511, 400/523.
pub(crate) async fn register(
    tx: &mut Tx,
    part: &upload::NewPart,
    now: u64,
) -> Result<FilePartRegisterOutput, ApiError> {
    store::sessions::lock(tx, &part.session).await?;
    let session = upload::open_session(tx, part, now).await?;
    let part_id = FilePartId::from(random::ordered_id());
    upload::insert(tx, part, &session.file, &part_id, true, 0, now).await?;
    Ok(FilePartRegisterOutput { part_id })
}

/// Passes apps that store their files themselves.
///
/// # Errors
/// 400/520.
pub(crate) fn check_mode(app: &App) -> Result<(), ApiError> {
    if app.file_options.file_storage == FILE_STORAGE_OWN {
        Ok(())
    } else {
        Err(ErrorCode::FileStorageMode.into())
    }
}

/// Forgets a part, if there is one. The app knows already: it is not told again.
///
/// # Errors
/// When the database fails.
pub(crate) async fn forget(tx: &mut Tx, app: &AppId, part: &FilePartId) -> Result<(), ApiError> {
    Ok(store::parts::remove_external(tx, app, part).await?)
}
