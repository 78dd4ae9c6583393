//! What every request can reach.

use std::sync::Arc;

use keyfold_protocol::id::AppId;

use crate::app::{App, AppCache};
use crate::clock::Clock;
use crate::config::{ClientAddressSource, Limits};
use crate::customer::CustomerConfig;
use crate::db::Db;
use crate::error::ApiError;
use crate::file::delivery::CallbackKey;
use crate::jobs::Wake;
use crate::jwt::JwtCache;
use crate::mail::Mailer;
use crate::playground::Playground;
use crate::root_key::RootKey;
use crate::storage::{Storage, StorageConfig};
use crate::telemetry::Telemetry;
use crate::throttle::Throttle;

/// Shared by all requests; cheap to clone.
#[derive(Clone)]
pub struct AppState {
    inner: Arc<Shared>,
}

/// The parts of [`AppState`], which dereferences to it.
#[non_exhaustive]
pub struct Shared {
    /// The database.
    pub db: Db,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Key for secrets at rest.
    pub root_key: RootKey,
    /// Secret from which the salts of unknown identifiers are made.
    pub(crate) lookup_secret: crate::installation::LookupSecret,
    /// Bounds on time and resources.
    pub limits: Limits,
    /// Relaxed rules for test suites.
    pub development: bool,
    /// The page at `/playground`.
    pub(crate) playground: Option<Playground>,
    /// Who a request comes from.
    pub client_address: ClientAddressSource,
    /// Apps by token and id.
    pub(crate) apps: AppCache,
    /// Verified access tokens and parsed signing keys.
    pub(crate) jwts: JwtCache,
    /// Counters of attempts.
    pub(crate) throttle: Throttle,
    /// Who may become a customer.
    pub(crate) customers: CustomerConfig,
    /// Sends mails.
    pub(crate) mailer: Mailer,
    /// Contents of file parts.
    pub(crate) storage: Storage,
    /// How much may be stored, and how long it may take.
    pub(crate) storage_limits: StorageConfig,
    /// Signs messages to apps that store their files themselves.
    pub(crate) callback_key: CallbackKey,
    /// Announces work that outlives its request.
    pub(crate) jobs: Wake,
    /// Metrics.
    pub telemetry: Telemetry,
}

impl AppState {
    pub(crate) fn new(shared: Shared) -> Self {
        Self { inner: Arc::new(shared) }
    }

    /// An app by its id, disabled or not, as it is at the beginning of the request.
    ///
    /// # Errors
    /// 401/202 when there is none.
    pub async fn app(&self, id: &AppId) -> Result<Arc<App>, ApiError> {
        self.inner.apps.find_by_id(&self.inner.db, id).await
    }

    /// Milliseconds since 1970.
    #[must_use]
    pub fn now(&self) -> u64 {
        self.inner.clock.now()
    }
}

impl std::ops::Deref for AppState {
    type Target = Shared;

    fn deref(&self) -> &Shared {
        &self.inner
    }
}
