//! The keys that sign and verify an app's access tokens.
//!
//! The newest signs, all verify: keys are changed by adding one, waiting until the tokens of the old one have expired, and deleting it.

use keyfold_protocol::encoding::SecretText;
use keyfold_protocol::error::ErrorCode;
use keyfold_protocol::id::{AppId, JwtKeyId};

use super::{JwtKey, store};
use crate::db::Tx;
use crate::error::ApiError;
use crate::jwt::GeneratedKey;
use crate::random;
use crate::root_key::{Purpose, RootKey};

/// Most keys of an app.
pub const MAX_JWT_KEYS: usize = 10;

/// A key for access tokens that was made a moment ago.
#[derive(Debug, Clone)]
pub struct CreatedJwtKey {
    /// What tokens name as `kid`.
    pub id: JwtKeyId,
    /// Private key (PKCS#8, base64) with which the app's backend may sign access tokens itself.
    pub sign_key: SecretText,
    /// Public key (uncompressed P-384 point, base64) to check access tokens.
    pub verify_key: String,
}

/// A key for access tokens in a list.
#[derive(Debug, Clone)]
pub struct ListedJwtKey {
    /// What tokens name as `kid`.
    pub id: JwtKeyId,
    /// Milliseconds since 1970.
    pub created_at: u64,
    /// Private key (PKCS#8, base64), when it was asked for.
    pub sign_key: Option<SecretText>,
    /// Public key (uncompressed P-384 point, base64).
    pub verify_key: String,
}

/// Whether a list shows private keys. Whoever has one is every user of the app: only those who may manage the keys get them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PrivateKeys {
    /// With them.
    Shown,
    /// Without.
    Hidden,
}

/// A new key, to be added.
pub(crate) struct PreparedJwtKey {
    pub(crate) created: CreatedJwtKey,
    pub(super) row: JwtKey,
}

impl PreparedJwtKey {
    /// Makes a key pair: what needs no database, and should not hold up others that do.
    pub(crate) fn generate(root_key: &RootKey) -> Result<Self, ApiError> {
        let key = GeneratedKey::generate()?;
        let id = JwtKeyId::from(random::ordered_id());
        let created = CreatedJwtKey {
            id: id.clone(),
            sign_key: key.private_key_text(),
            verify_key: key.public_key_text(),
        };
        let sealed_private_key = root_key.seal(Purpose::JwtPrivateKey, id.as_str(), &key.private_key)?;
        Ok(Self { created, row: JwtKey { id, public_key: key.public_key, sealed_private_key } })
    }
}

/// Adds a key, which signs from now on.
///
/// # Errors
/// 401/202 for an unknown app, 400/203 when it has [`MAX_JWT_KEYS`].
pub(crate) async fn add(
    tx: &mut Tx,
    app: &AppId,
    key: &PreparedJwtKey,
    now: u64,
) -> Result<CreatedJwtKey, ApiError> {
    store::apps::lock(tx, app).await?;
    let keys = store::jwt_keys::count(tx, app).await?;
    if keys.number >= u64::try_from(MAX_JWT_KEYS).unwrap_or(u64::MAX) {
        let text =
            "No access to this action: the app has the most keys there can be. Delete an old one first";
        return Err(ApiError::with_message(ErrorCode::NoAccess, text));
    }
    // Newer than all others even when the clock was set back, or within the same millisecond: the newest signs.
    let time = keys.newest.map_or(now, |newest| now.max(newest.saturating_add(1)));
    store::jwt_keys::insert(tx, app, &key.row, time).await?;
    store::revision::count_up(tx).await?;
    Ok(key.created.clone())
}

/// All keys, newest first.
///
/// # Errors
/// When the database fails, or a stored key does not open under the root key (400/10001).
pub(crate) async fn list(
    tx: &mut Tx,
    app: &AppId,
    root_key: &RootKey,
    private_keys: PrivateKeys,
) -> Result<Vec<ListedJwtKey>, ApiError> {
    let rows = store::jwt_keys::list(tx, app).await?;
    rows.into_iter()
        .map(|row| {
            let sign_key = match private_keys {
                PrivateKeys::Hidden => None,
                PrivateKeys::Shown => {
                    let id = row.key.id.as_str();
                    let opened = root_key.open(Purpose::JwtPrivateKey, id, &row.key.sealed_private_key)?;
                    Some(crate::jwt::private_key_text(&opened))
                }
            };
            Ok(ListedJwtKey {
                id: row.key.id,
                created_at: row.created_at,
                sign_key,
                verify_key: crate::jwt::public_key_text(&row.key.public_key),
            })
        })
        .collect()
}

/// Deletes a key, and with it the validity of every token that it has signed. One that is not there is not an error.
///
/// # Errors
/// 401/202 for an unknown app, 400/203 for the last key: without one nobody could log in.
pub(crate) async fn delete(tx: &mut Tx, app: &AppId, key: &JwtKeyId) -> Result<(), ApiError> {
    // The lock makes one of two who delete the last two keys wait, and see.
    store::apps::lock(tx, app).await?;
    if !store::jwt_keys::delete(tx, app, key).await? {
        return Ok(());
    }
    if store::jwt_keys::count(tx, app).await?.number == 0 {
        let text = "No access to this action: this is the only key of the app. Add another one first";
        return Err(ApiError::with_message(ErrorCode::NoAccess, text));
    }
    Ok(store::revision::count_up(tx).await?)
}
