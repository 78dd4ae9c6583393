//! Apps in the hands of the operator.

use keyfold_protocol::app::{AppOptions, FileOptions, GroupOptions};
use keyfold_protocol::id::{AppId, JwtKeyId};

use super::jwt_keys::{self, PreparedJwtKey};
use super::{
    AppDetails, AppTokens, CreatedApp, CreatedJwtKey, ListedApp, ListedJwtKey, NewApp, Owner, Page,
    PreparedApp, PrivateKeys, change, deletion, listing, settings, tokens,
};
use crate::db::Db;
use crate::error::ApiError;
use crate::file;
use crate::root_key::RootKey;
use crate::storage::Quota;

/// Everything that can be done with apps, for someone whose rights need no check: the operator on the command line. May be used while servers run
/// on the database; what it changes is in force everywhere when it returns.
pub struct Administration<'a> {
    db: &'a Db,
    root_key: &'a RootKey,
    now: u64,
}

impl<'a> Administration<'a> {
    /// On a database, with the root key that its secrets are encrypted under. `now` in milliseconds since 1970.
    #[must_use]
    pub fn new(db: &'a Db, root_key: &'a RootKey, now: u64) -> Self {
        Self { db, root_key, now }
    }

    /// Creates an app.
    ///
    /// # Errors
    /// 400/203 for options that make no sense.
    pub async fn create(&self, new: NewApp, owner: Owner) -> Result<CreatedApp, ApiError> {
        let prepared = PreparedApp::generate(self.root_key, new, owner)?;
        let work = (prepared, self.now);
        self.db.write(work, |tx, (prepared, now)| Box::pin(prepared.insert(tx, *now))).await
    }

    /// All apps, oldest first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn list(&self) -> Result<Vec<ListedApp>, ApiError> {
        listing::list(self.db).await
    }

    /// A page of the apps of one owner, oldest first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn list_of_owner(&self, owner: Owner, page: Page) -> Result<Vec<ListedApp>, ApiError> {
        self.db
            .read((owner, page), |tx, (owner, page)| Box::pin(listing::list_of_owner(tx, owner, page)))
            .await
    }

    /// One app with its settings, the token for its own storage among them.
    ///
    /// # Errors
    /// 401/202 for an unknown app.
    pub async fn show(&self, app: &AppId) -> Result<AppDetails, ApiError> {
        let work = (app.clone(), self.root_key.clone());
        self.db
            .read(work, |tx, (app, root_key)| {
                Box::pin(async move {
                    let mut details = listing::show(tx, app).await?;
                    details.file_options = file::options::read(tx, root_key, app).await?;
                    Ok(details)
                })
            })
            .await
    }

    /// Renames an app.
    ///
    /// # Errors
    /// 401/202 for an unknown app.
    pub async fn rename(&self, app: &AppId, name: &str) -> Result<(), ApiError> {
        let work = (app.clone(), name.to_owned());
        self.db.write(work, |tx, (app, name)| Box::pin(settings::rename(tx, app, name))).await
    }

    /// Replaces who may call what.
    ///
    /// # Errors
    /// 401/202 for an unknown app.
    pub async fn set_options(&self, app: &AppId, options: AppOptions) -> Result<(), ApiError> {
        let work = (app.clone(), options);
        change(self.db, work, |tx, (app, options)| Box::pin(settings::set_options(tx, app, options))).await
    }

    /// Replaces the limits of groups.
    ///
    /// # Errors
    /// 401/202 for an unknown app, 400/203 for a limit that makes no sense.
    pub async fn set_group_options(&self, app: &AppId, options: GroupOptions) -> Result<(), ApiError> {
        let work = (app.clone(), options);
        change(self.db, work, |tx, (app, options)| Box::pin(settings::set_group_options(tx, app, options)))
            .await
    }

    /// Replaces where files are stored.
    ///
    /// # Errors
    /// 401/202 for an unknown app, 400/203 for options that make no sense.
    pub async fn set_file_options(&self, app: &AppId, options: FileOptions) -> Result<(), ApiError> {
        let work = (app.clone(), options, self.root_key.clone());
        change(self.db, work, |tx, (app, options, root_key)| {
            Box::pin(settings::set_file_options(tx, root_key, app, options))
        })
        .await
    }

    /// Gives an app limits of its own for what it stores on this server; `None` for those of the server.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn set_file_quota(&self, app: &AppId, quota: Quota) -> Result<(), ApiError> {
        let work = (app.clone(), quota);
        self.db.write(work, |tx, (app, quota)| Box::pin(file::usage::set_quota(tx, app, quota))).await
    }

    /// Refuses all requests of an app, or answers them again.
    ///
    /// # Errors
    /// 401/202 for an unknown app.
    pub async fn set_disabled(&self, app: &AppId, disabled: bool) -> Result<(), ApiError> {
        let work = (app.clone(), disabled.then_some(self.now));
        change(self.db, work, |tx, (app, at)| Box::pin(settings::set_disabled(tx, app, *at))).await
    }

    /// Replaces both tokens. The old ones are refused when this returns.
    ///
    /// # Errors
    /// 401/202 for an unknown app.
    pub async fn renew_tokens(&self, app: &AppId) -> Result<AppTokens, ApiError> {
        let renewed = AppTokens::generate()?;
        let work = (app.clone(), renewed.clone());
        change(self.db, work, |tx, (app, new)| Box::pin(tokens::renew(tx, app, new))).await?;
        Ok(renewed)
    }

    /// The keys for access tokens, newest first.
    ///
    /// # Errors
    /// 401/202 for an unknown app.
    pub async fn jwt_keys(
        &self,
        app: &AppId,
        private_keys: PrivateKeys,
    ) -> Result<Vec<ListedJwtKey>, ApiError> {
        let work = (app.clone(), self.root_key.clone(), private_keys);
        self.db
            .read(work, |tx, (app, root_key, private_keys)| {
                Box::pin(async move {
                    listing::show(tx, app).await?;
                    jwt_keys::list(tx, app, root_key, *private_keys).await
                })
            })
            .await
    }

    /// Adds a key for access tokens, which signs from now on.
    ///
    /// # Errors
    /// 401/202 for an unknown app, 400/203 when it has the most keys there can be.
    pub async fn add_jwt_key(&self, app: &AppId) -> Result<CreatedJwtKey, ApiError> {
        let work = (app.clone(), PreparedJwtKey::generate(self.root_key)?, self.now);
        change(self.db, work, |tx, (app, key, now)| Box::pin(jwt_keys::add(tx, app, key, *now))).await
    }

    /// Deletes a key for access tokens. What it has signed is refused when this returns.
    ///
    /// # Errors
    /// 401/202 for an unknown app, 400/203 for its only key.
    pub async fn delete_jwt_key(&self, app: &AppId, key: &JwtKeyId) -> Result<(), ApiError> {
        let work = (app.clone(), key.clone());
        change(self.db, work, |tx, (app, key)| Box::pin(jwt_keys::delete(tx, app, key))).await
    }

    /// Deletes what users have made inside of an app.
    ///
    /// # Errors
    /// 401/202 for an unknown app.
    pub async fn reset(&self, app: &AppId) -> Result<(), ApiError> {
        let work = (app.clone(), self.now);
        change(self.db, work, |tx, (app, now)| Box::pin(deletion::reset(tx, app, *now))).await?;
        deletion::remove_rows(self.db, app).await
    }

    /// Deletes an app with all that is in it.
    ///
    /// # Errors
    /// 401/202 for an unknown app.
    pub async fn delete(&self, app: &AppId) -> Result<(), ApiError> {
        let work = (app.clone(), self.now);
        change(self.db, work, |tx, (app, now)| Box::pin(deletion::delete(tx, app, *now))).await?;
        deletion::remove_rows(self.db, app).await
    }

    /// Deletes all apps of an owner; their number. A server removes their rows.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn delete_all_of_owner(&self, owner: Owner) -> Result<u64, ApiError> {
        let work = (owner, self.now);
        change(self.db, work, |tx, (owner, now)| Box::pin(deletion::delete_all_of_owner(tx, owner, *now)))
            .await
    }
}
