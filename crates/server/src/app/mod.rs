//! Apps: the tenants of a server. Each has a public and a secret token, options, and keys for its access tokens.

pub(crate) mod routes;
mod seed;
mod store;

use std::sync::Arc;
use std::time::{Duration, Instant};

use base64ct::{Base64, Base64Unpadded, Encoding};
use keyfold_protocol::app::{AppOptions, FileOptions, GroupOptions, TokenClass};
use keyfold_protocol::encoding::SecretText;
use keyfold_protocol::error::ErrorCode;
use keyfold_protocol::id::{AppId, JwtKeyId};
use quick_cache::sync::Cache;

use crate::db::Db;
use crate::error::ApiError;
use crate::hash::{Hash, sha256};
use crate::jwt::GeneratedKey;
use crate::random;
use crate::root_key::{Purpose, RootKey};

pub use seed::{DEVELOPMENT_PUBLIC_TOKEN, DEVELOPMENT_SECRET_TOKEN, seed_development_app};

/// Random bytes of a public token.
pub const PUBLIC_TOKEN_BYTES: usize = 30;

/// Random bytes of a secret token.
pub const SECRET_TOKEN_BYTES: usize = 50;

/// Keys of an app that count, newest first: the first signs, all verify.
pub(crate) const MAX_JWT_KEYS: usize = 10;

/// How long a change by another process may go unnoticed.
const CACHE_TIME: Duration = Duration::from_secs(2);

const CACHED_APPS: usize = 1_024;

/// An app as requests see it.
#[derive(Debug)]
pub struct App {
    /// Its id.
    pub id: AppId,
    /// Who may call what.
    pub options: AppOptions,
    /// Where files are stored.
    pub file_options: FileOptions,
    /// Limits of its groups.
    pub group_options: GroupOptions,
    /// Keys for access tokens, newest first.
    pub(crate) jwt_keys: Vec<JwtKey>,
    pub(crate) public_token_hash: Hash,
    pub(crate) secret_token_hash: Hash,
    pub(crate) disabled: bool,
}

/// A stored key for access tokens.
#[derive(Debug)]
pub(crate) struct JwtKey {
    pub(crate) id: JwtKeyId,
    pub(crate) public_key: Vec<u8>,
    pub(crate) sealed_private_key: Vec<u8>,
}

/// What [`create`] is told.
#[derive(Debug, Clone)]
pub struct NewApp {
    /// Name for people.
    pub name: String,
    /// Who may call what.
    pub options: AppOptions,
    /// Where files are stored.
    pub file_options: FileOptions,
    /// Limits of its groups.
    pub group_options: GroupOptions,
}

/// What is shown once after [`create`]: only hashes of the tokens are kept.
#[derive(Debug)]
pub struct CreatedApp {
    /// The new app.
    pub id: AppId,
    /// Token for clients.
    pub public_token: SecretText,
    /// Token for the app's backend.
    pub secret_token: SecretText,
    /// Key id of the access tokens.
    pub jwt_key_id: JwtKeyId,
    /// Private key (PKCS#8, base64) with which the app's backend may sign access tokens itself.
    pub jwt_sign_key: SecretText,
    /// Public key (uncompressed P-384 point, base64) to check access tokens.
    pub jwt_verify_key: String,
}

/// An app as its operator lists it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedApp {
    /// Its id.
    pub id: AppId,
    /// Name for people.
    pub name: String,
    /// Milliseconds since 1970.
    pub created_at: u64,
    /// Whether its tokens are refused.
    pub disabled: bool,
}

/// Every app, oldest first.
///
/// # Errors
/// When the database fails.
pub async fn list(db: &Db) -> Result<Vec<ListedApp>, ApiError> {
    db.read((), |tx, ()| Box::pin(async move { Ok(store::list(tx).await?) })).await
}

/// Creates an app with new tokens and one key for access tokens.
///
/// # Errors
/// When the database fails.
pub async fn create(db: &Db, root_key: &RootKey, now: u64, new: NewApp) -> Result<CreatedApp, ApiError> {
    let public = random::bytes::<PUBLIC_TOKEN_BYTES>()?;
    let secret = random::bytes::<SECRET_TOKEN_BYTES>()?;
    let tokens = Tokens {
        public: SecretText::new(Base64::encode_string(public.as_ref())),
        secret: SecretText::new(Base64::encode_string(secret.as_ref())),
        public_hash: sha256(public.as_ref()),
        secret_hash: sha256(secret.as_ref()),
    };
    create_with_tokens(db, root_key, now, new, tokens).await
}

/// A token as sent, hashed for the comparison with what is stored.
///
/// # Errors
/// 401/201 when it is no base64.
pub(crate) fn hash_token(token: &str) -> Result<Hash, ApiError> {
    let unpadded = token.trim_end_matches('=');
    let bytes = Base64Unpadded::decode_vec(unpadded).map_err(|_| ErrorCode::AppTokenFormat)?;
    Ok(sha256(&bytes))
}

struct Tokens {
    public: SecretText,
    secret: SecretText,
    public_hash: Hash,
    secret_hash: Hash,
}

async fn create_with_tokens(
    db: &Db,
    root_key: &RootKey,
    now: u64,
    new: NewApp,
    tokens: Tokens,
) -> Result<CreatedApp, ApiError> {
    let id = AppId::from(random::ordered_id());
    let key = GeneratedKey::generate()?;
    let key_id = JwtKeyId::from(random::ordered_id());
    let created = CreatedApp {
        id: id.clone(),
        public_token: tokens.public.clone(),
        secret_token: tokens.secret.clone(),
        jwt_key_id: key_id.clone(),
        jwt_sign_key: key.private_key_text(),
        jwt_verify_key: key.public_key_text(),
    };
    let jwt_key = JwtKey {
        sealed_private_key: root_key.seal(Purpose::JwtPrivateKey, key_id.as_str(), &key.private_key)?,
        public_key: key.public_key,
        id: key_id,
    };
    let app = App {
        id,
        options: new.options,
        file_options: new.file_options,
        group_options: new.group_options,
        jwt_keys: vec![jwt_key],
        public_token_hash: tokens.public_hash,
        secret_token_hash: tokens.secret_hash,
        disabled: false,
    };
    db.write((app, new.name, now), |tx, (app, name, now)| Box::pin(store::insert(tx, app, name, *now)))
        .await?;
    Ok(created)
}

/// Apps by token hash, for a moment. Unknown tokens are not remembered: an attacker could fill memory with them, and an outage would
/// turn into a refusal.
pub(crate) struct AppCache {
    apps: Cache<Hash, Known>,
}

#[derive(Clone)]
struct Known {
    app: Arc<App>,
    until: Instant,
}

impl AppCache {
    pub(crate) fn new() -> Self {
        Self { apps: Cache::new(CACHED_APPS) }
    }

    /// The app that a token belongs to, and which of its tokens it is.
    ///
    /// # Errors
    /// 401/200 for an unknown token, 401/204 for a disabled app.
    pub(crate) async fn find(&self, db: &Db, hash: Hash) -> Result<(Arc<App>, TokenClass), ApiError> {
        let app = match self.apps.get(&hash) {
            Some(known) if known.until > Instant::now() => known.app,
            _ => {
                let app = db.read(hash, |tx, hash| Box::pin(store::find_by_token(tx, hash))).await?;
                let app = Arc::new(app.ok_or(ErrorCode::AppTokenMissing)?);
                let until = Instant::now().checked_add(CACHE_TIME).unwrap_or_else(Instant::now);
                self.apps.insert(hash, Known { app: app.clone(), until });
                app
            }
        };
        if app.disabled {
            return Err(ErrorCode::AppDisabled.into());
        }
        let class = if hash == app.public_token_hash { TokenClass::Public } else { TokenClass::Secret };
        Ok((app, class))
    }
}
