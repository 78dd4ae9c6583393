//! The public key of a group, for everybody who has a token of the app.

use keyfold_protocol::error::ErrorCode;
use keyfold_protocol::id::{AppId, GroupId};
use keyfold_protocol::user::PublicKeyData;

use super::store;
use crate::db::Tx;
use crate::error::ApiError;
use crate::keyring;

/// The newest public key.
///
/// # Errors
/// 400/304 for a group that is unknown in this app or has no keys.
pub(crate) async fn newest(tx: &mut Tx, app: &AppId, group: &GroupId) -> Result<PublicKeyData, ApiError> {
    store::groups::find(tx, app, group).await?.ok_or(ErrorCode::PublicKeyNotFound)?;
    keyring::newest_public_key(tx, group).await?.ok_or_else(|| ErrorCode::PublicKeyNotFound.into())
}
