//! New apps.

use keyfold_protocol::app::{AppOptions, FileOptions, GroupOptions};
use keyfold_protocol::encoding::SecretText;
use keyfold_protocol::id::{AppId, JwtKeyId};

use super::jwt_keys::PreparedJwtKey;
use super::{App, AppTokens, Owner, settings, store};
use crate::db::{Db, Tx};
use crate::error::ApiError;
use crate::file;
use crate::random;
use crate::root_key::RootKey;

/// What an app is made from.
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

/// What is shown once after an app was created: only hashes of the tokens are kept.
#[derive(Debug, Clone)]
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

/// An app with its tokens and its first key, to be inserted.
pub struct PreparedApp {
    app: App,
    name: String,
    owner: Owner,
    created: CreatedApp,
    root_key: RootKey,
}

/// Creates an app of the operator, with new tokens and one key for access tokens.
///
/// # Errors
/// 400/203 for options that make no sense.
pub async fn create(db: &Db, root_key: &RootKey, now: u64, new: NewApp) -> Result<CreatedApp, ApiError> {
    let prepared = PreparedApp::generate(root_key, new, Owner::Operator)?;
    db.write((prepared, now), |tx, (prepared, now)| Box::pin(prepared.insert(tx, *now))).await
}

impl PreparedApp {
    /// Makes tokens and a key pair: what needs no database, and should not hold up others that do.
    ///
    /// # Errors
    /// 400/203 for options that make no sense.
    pub fn generate(root_key: &RootKey, new: NewApp, owner: Owner) -> Result<Self, ApiError> {
        Self::with_tokens(root_key, AppId::from(random::ordered_id()), new, owner, &AppTokens::generate()?)
    }

    /// With an id and tokens that are given.
    pub(crate) fn with_tokens(
        root_key: &RootKey,
        id: AppId,
        new: NewApp,
        owner: Owner,
        tokens: &AppTokens,
    ) -> Result<Self, ApiError> {
        settings::check_group_options(&new.group_options)?;
        file::options::check(&new.file_options)?;
        let key = PreparedJwtKey::generate(root_key)?;
        let created = CreatedApp {
            id: id.clone(),
            public_token: tokens.public.clone(),
            secret_token: tokens.secret.clone(),
            jwt_key_id: key.created.id.clone(),
            jwt_sign_key: key.created.sign_key.clone(),
            jwt_verify_key: key.created.verify_key.clone(),
        };
        let app = App {
            id,
            options: new.options,
            file_options: new.file_options,
            group_options: new.group_options,
            jwt_keys: vec![key.row],
            public_token_hash: tokens.public_hash,
            secret_token_hash: tokens.secret_hash,
            disabled: false,
        };
        Ok(Self { app, name: new.name, owner, created, root_key: root_key.clone() })
    }

    /// Inserts it. Nobody can have asked for it before: servers need not be told.
    ///
    /// # Errors
    /// When the database fails.
    pub(crate) async fn insert(&self, tx: &mut Tx, now: u64) -> Result<CreatedApp, ApiError> {
        store::apps::insert(tx, &self.app, &self.name, &self.owner, now).await?;
        file::options::write(tx, &self.root_key, &self.app.id, &self.app.file_options).await?;
        for key in &self.app.jwt_keys {
            store::jwt_keys::insert(tx, &self.app.id, key, now).await?;
        }
        Ok(self.created.clone())
    }
}
