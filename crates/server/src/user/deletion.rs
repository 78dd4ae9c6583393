//! The end of a user.

use keyfold_protocol::error::ErrorCode;
use keyfold_protocol::id::{AppId, MemberId, UserId};

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

/// Deletes a user with everything that belonged to it: devices, sessions, second factor, user group, and the memberships, keys and
/// invitations in other groups, and the files that nobody else can use.
///
/// # Errors
/// 400/100.
pub(super) async fn delete(tx: &mut Tx, app: &AppId, user: &UserId, now: u64) -> Result<(), ApiError> {
    store::users::lock(tx, app, user).await?.ok_or(ErrorCode::UserNotFound)?;
    group::member::forget(tx, &MemberId::from(user)).await?;
    file::deletion::delete_all_of_user(tx, app, user, now).await?;
    Ok(store::users::delete(tx, user).await?)
}
