//! The end of a user.

use keyfold_protocol::error::ErrorCode;
use keyfold_protocol::id::{AppId, UserId};

use super::store::{self, Action};
use crate::db::Tx;
use crate::error::ApiError;
use crate::extract::Jwt;
use crate::{file, group};

/// [`delete`] at the wish of the user.
///
/// # Errors
/// 400/100.
pub(super) async fn delete_own(tx: &mut Tx, jwt: &Jwt, now: u64) -> Result<(), ApiError> {
    delete(tx, &jwt.app_id, &jwt.user_id, now).await?;
    Ok(store::users::log(tx, &jwt.app_id, jwt.user_id.as_str(), Action::DeleteUser, 1, now).await?)
}

/// Deletes a user with everything that belonged to it: devices, sessions, second factor, user group, and the files that nobody else can
/// use. Memberships, keys and invitations in other groups go with it, those of a user in very many groups by a job.
///
/// # Errors
/// 400/100.
pub(crate) async fn delete(tx: &mut Tx, app: &AppId, user: &UserId, now: u64) -> Result<(), ApiError> {
    store::users::lock(tx, app, user).await?.ok_or(ErrorCode::UserNotFound)?;
    file::deletion::delete_all_of_user(tx, app, user, now).await?;
    store::users::delete(tx, user).await?;
    group::departure::of_user(tx, user, now).await
}
