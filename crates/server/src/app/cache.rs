//! Apps that requests ask for again and again, remembered without ever being out of date.
//!
//! The demand: **a request that begins after a change was acknowledged sees the change**, whichever process made it: this server, another one on
//! the same PostgreSQL, or the command line on the same SQLite file. Asking the database on every request would meet it, for a round trip each.
//! Instead both sides keep to a deadline:
//!
//! - every change of an app counts up one revision, in its own transaction (`store::revision`);
//! - a server reads the revision at most [`VALIDITY`] after the time *at which it last began to read it*, before it trusts anything that it
//!   remembers; what was loaded at another revision is loaded anew;
//! - whoever changes an app acknowledges it only when [`PROPAGATION`](super::PROPAGATION), which is longer, has passed since the commit
//!   ([`change`](super::change())).
//!
//! When a change is acknowledged, every reading of the revision from before its commit has run out, in every process. No clocks are compared,
//! only durations of the monotonic clock. The price is one read of one row per server and [`VALIDITY`], whatever the number of requests and
//! apps, and a change that takes a moment longer. Notifications (`LISTEN`) would arrive sooner as a rule, and too late in the cases that matter;
//! SQLite's `data_version` changes with every write to anything.

use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

use keyfold_protocol::app::TokenClass;
use keyfold_protocol::error::ErrorCode;
use keyfold_protocol::id::AppId;
use quick_cache::sync::Cache;

use super::{App, store};
use crate::db::{Db, Tx};
use crate::error::ApiError;
use crate::hash::Hash;

/// How long a reading of the revision may be relied on.
pub(super) const VALIDITY: Duration = Duration::from_millis(50);

const CACHED_APPS: usize = 1_024;

/// Apps by token hash and by id. Unknown ones are not remembered: an attacker could fill memory with them, and an outage would turn into a
/// refusal.
pub(crate) struct AppCache {
    apps: Cache<Name, Known>,
    reading: RwLock<Option<Reading>>,
}

#[derive(Clone, PartialEq, Eq, Hash)]
enum Name {
    Token(Hash),
    Id(AppId),
}

#[derive(Clone)]
struct Known {
    app: Arc<App>,
    revision: i64,
}

/// The revision at some moment after `begun`.
#[derive(Clone, Copy)]
struct Reading {
    revision: i64,
    begun: Instant,
}

impl AppCache {
    pub(crate) fn new() -> Self {
        Self { apps: Cache::new(CACHED_APPS), reading: RwLock::new(None) }
    }

    /// The app that a token belongs to, and which of its tokens it is.
    ///
    /// # Errors
    /// 401/200 for an unknown token, 401/204 for a disabled app.
    pub(crate) async fn find(&self, db: &Db, hash: Hash) -> Result<(Arc<App>, TokenClass), ApiError> {
        let app =
            self.remembered_or_loaded(db, Name::Token(hash)).await?.ok_or(ErrorCode::AppTokenMissing)?;
        if app.disabled {
            return Err(ErrorCode::AppDisabled.into());
        }
        let class = if hash == app.public_token_hash { TokenClass::Public } else { TokenClass::Secret };
        Ok((app, class))
    }

    /// An app by its id, disabled or not.
    ///
    /// # Errors
    /// 401/202 when there is none.
    pub(crate) async fn find_by_id(&self, db: &Db, id: &AppId) -> Result<Arc<App>, ApiError> {
        Ok(self.remembered_or_loaded(db, Name::Id(id.clone())).await?.ok_or(ErrorCode::AppNotFound)?)
    }

    async fn remembered_or_loaded(&self, db: &Db, name: Name) -> Result<Option<Arc<App>>, ApiError> {
        if let Some(known) = self.apps.get(&name)
            && known.revision == self.revision(db).await?
        {
            return Ok(Some(known.app));
        }
        let begun = Instant::now();
        let (found, revision) = db.read(name.clone(), |tx, name| Box::pin(load(tx, name))).await?;
        self.remember(Reading { revision, begun });
        let Some(app) = found.map(Arc::new) else {
            self.apps.remove(&name);
            return Ok(None);
        };
        self.apps.insert(name, Known { app: app.clone(), revision });
        Ok(Some(app))
    }

    async fn revision(&self, db: &Db) -> Result<i64, ApiError> {
        let last = *self.reading.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(reading) = last.filter(|reading| reading.begun.elapsed() < VALIDITY) {
            return Ok(reading.revision);
        }
        let begun = Instant::now();
        let revision = db
            .read_single((), |tx, ()| Box::pin(async move { Ok(store::revision::read(tx).await?) }))
            .await?;
        self.remember(Reading { revision, begun });
        Ok(revision)
    }

    /// Of two readings at the same time either may stay: each is true for as long as it says.
    fn remember(&self, reading: Reading) {
        *self.reading.write().unwrap_or_else(PoisonError::into_inner) = Some(reading);
    }
}

/// On one snapshot: the revision belongs to what was read.
async fn load(tx: &mut Tx, name: &Name) -> Result<(Option<App>, i64), ApiError> {
    let revision = store::revision::read(tx).await?;
    let app = match name {
        Name::Token(hash) => store::apps::find_by_token(tx, hash).await?,
        Name::Id(id) => store::apps::find_by_id(tx, id).await?,
    };
    Ok((app, revision))
}

#[cfg(test)]
mod tests {
    use keyfold_protocol::app::{AppOptions, FileOptions, GroupOptions};

    use super::*;
    use crate::app::NewApp;
    use crate::db::DatabaseConfig;
    use crate::hash::sha256;
    use crate::root_key::RootKey;

    async fn database() -> (tempfile::TempDir, Db) {
        let folder = tempfile::tempdir().unwrap();
        let db = Db::open(&DatabaseConfig::Sqlite { path: folder.path().join("test.db") }).await.unwrap();
        (folder, db)
    }

    #[tokio::test]
    async fn an_app_is_parsed_once_and_no_more_are_remembered_than_there_is_room_for() {
        let (_folder, db) = database().await;
        let root_key = RootKey::new(1, &[7; 32]).unwrap();
        let new = NewApp {
            name: "test".into(),
            options: AppOptions::lax(),
            file_options: FileOptions::none(),
            group_options: GroupOptions::default(),
        };
        let created = crate::app::create(&db, &root_key, 1, new).await.unwrap();
        let cache = AppCache::new();
        let hash = crate::app::hash_token(created.public_token.expose()).unwrap();
        let (first, _) = cache.find(&db, hash).await.unwrap();
        let (second, _) = cache.find(&db, hash).await.unwrap();
        assert!(Arc::ptr_eq(&first, &second), "the same app was read again");
        for number in 0..4 * CACHED_APPS {
            let name = Name::Id(AppId::from(number.to_string()));
            cache.apps.insert(name, Known { app: first.clone(), revision: 1 });
        }
        assert!(cache.apps.len() <= CACHED_APPS, "{} apps", cache.apps.len());
    }

    #[tokio::test]
    async fn tokens_of_no_app_are_not_remembered() {
        let (_folder, db) = database().await;
        let cache = AppCache::new();
        for number in 0..100_u32 {
            let error = cache.find(&db, sha256(&number.to_be_bytes())).await.err().unwrap();
            assert_eq!(error.code(), ErrorCode::AppTokenMissing);
        }
        assert_eq!(cache.apps.len(), 0);
    }
}
