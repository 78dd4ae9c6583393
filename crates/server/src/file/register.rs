//! New files.

use keyfold_protocol::error::ErrorCode;
use keyfold_protocol::file::{BelongsToType, FileRegisterInput, FileRegisterOutput};
use keyfold_protocol::id::{AppId, FileId, UploadSessionId, UserId};

use super::{Audience, store, usage};
use crate::db::Tx;
use crate::error::ApiError;
use crate::group::access::Caller;
use crate::random;
use crate::storage::Quota;

/// Registers a file by its plain address: for everybody or for a user. One for a user who is not named is for its owner alone.
///
/// A group is refused here: the file would be for everybody, whatever its owner thinks.
///
/// # Errors
/// 400/521 for a group, 400/512 for an unknown receiver, 400/522.
pub(crate) async fn plain(
    tx: &mut Tx,
    app: &AppId,
    owner: &UserId,
    input: &FileRegisterInput,
    quota: &Quota,
    now: u64,
) -> Result<FileRegisterOutput, ApiError> {
    store::files::hold_app_and_user(tx, app, owner).await?.ok_or(ErrorCode::UserNotFound)?;
    let audience = match input.belongs_to_type {
        BelongsToType::Group => return Err(ErrorCode::FileAccess.into()),
        BelongsToType::None => Audience::Everybody,
        BelongsToType::User => receiver(tx, app, owner, input).await?,
    };
    insert(tx, app, owner, &audience, input, quota, now).await
}

/// Registers a file through a group: for the group in the path, for everybody or for a user.
///
/// # Errors
/// 400/310, 400/512 for an unknown receiver, 400/522.
pub(crate) async fn in_group(
    tx: &mut Tx,
    caller: &Caller,
    input: &FileRegisterInput,
    quota: &Quota,
    now: u64,
) -> Result<FileRegisterOutput, ApiError> {
    store::files::hold_app_and_user(tx, &caller.app, &caller.user).await?.ok_or(ErrorCode::UserNotFound)?;
    // Whoever deletes the group looks for its files, and must not miss this one.
    store::files::hold_group(tx, &caller.group).await?;
    caller.enter(tx).await?;
    let audience = match input.belongs_to_type {
        BelongsToType::Group => Audience::Group(caller.group.clone()),
        BelongsToType::None => Audience::Everybody,
        BelongsToType::User => receiver(tx, &caller.app, &caller.user, input).await?,
    };
    insert(tx, &caller.app, &caller.user, &audience, input, quota, now).await
}

async fn receiver(
    tx: &mut Tx,
    app: &AppId,
    owner: &UserId,
    input: &FileRegisterInput,
) -> Result<Audience, ApiError> {
    let Some(id) = &input.belongs_to_id else {
        return Ok(Audience::User(owner.clone()));
    };
    let user = UserId::from(id.as_str());
    if user != *owner {
        let found = store::files::hold_app_and_user(tx, app, &user).await?;
        found.ok_or_else(|| ApiError::with_message(ErrorCode::FileNotFound, "User not found"))?;
    }
    Ok(Audience::User(user))
}

async fn insert(
    tx: &mut Tx,
    app: &AppId,
    owner: &UserId,
    audience: &Audience,
    input: &FileRegisterInput,
    quota: &Quota,
    now: u64,
) -> Result<FileRegisterOutput, ApiError> {
    let file_id = FileId::from(random::ordered_id());
    let session_id = UploadSessionId::from(random::ordered_id());
    store::files::insert(tx, &file_id, app, owner, audience, input, now).await?;
    store::sessions::insert(tx, &session_id, &file_id, now).await?;
    usage::add_file(tx, app, quota).await?;
    Ok(FileRegisterOutput { file_id, session_id })
}
