//! The public key of a group, for everybody who has a token of the app.

use keyfold_protocol::error::ErrorCode;
use keyfold_protocol::id::{AppId, GroupId};
use keyfold_protocol::user::PublicKeyData;

use super::store;
use crate::db::Tx;
use crate::error::ApiError;

/// The newest public key.
///
/// # Errors
/// 400/304 for a group that is unknown in this app or has no keys.
pub(crate) async fn newest(tx: &mut Tx, app: &AppId, group: &GroupId) -> Result<PublicKeyData, ApiError> {
    let found = store::public_keys::newest(tx, app, group).await?.ok_or(ErrorCode::PublicKeyNotFound)?;
    Ok(PublicKeyData {
        public_key_id: found.id,
        public_key: found.key,
        public_key_alg: found.alg,
        public_key_sig: None,
        public_key_sig_key_id: None,
    })
}
