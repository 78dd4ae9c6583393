//! A running server.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;

use axum::body::Body;
use axum::http::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, oneshot};
use tokio::task::JoinHandle;
use tower::Service as _;

use crate::app::AppCache;
use crate::app::deletion::DeletionHandler;
use crate::config::{Config, Limits};
use crate::customer::root_app;
use crate::db::{Db, DbError};
use crate::extract::Peer;
use crate::file::deletion_job::FileDeletionHandler;
use crate::file::delivery::DeliveryHandler;
use crate::group::departure::DepartureHandler;
use crate::group::rotation_job::RotationHandler;
use crate::installation::{self, InstallationError};
use crate::jobs::{Wake, Workers};
use crate::jwt::JwtCache;
use crate::mail::{MailConfigError, MailHandler, Mailer};
use crate::request_body::RequestBody;
use crate::retention::forget_expired_regularly;
use crate::routing;
use crate::state::{AppState, Shared};
use crate::storage::{Storage, StorageError};
use crate::telemetry::Telemetry;
use crate::throttle::Throttle;
use crate::write_timeout::WriteTimeout;

/// A server that has not been started.
pub struct Server;

/// A server that answers requests. Dropped, it goes on; see [`RunningServer::shutdown`].
pub struct RunningServer {
    address: SocketAddr,
    state: AppState,
    stop: oneshot::Sender<()>,
    accepting: JoinHandle<()>,
    workers: Workers,
    retention: JoinHandle<()>,
}

/// Why a server did not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// The database cannot be opened.
    #[error("database: {0}")]
    Database(#[from] DbError),
    /// The root key is wrong, or the installation cannot be read.
    #[error(transparent)]
    Installation(#[from] InstallationError),
    /// Mails cannot be sent like this.
    #[error("mail: {0}")]
    Mail(#[from] MailConfigError),
    /// The storage of files cannot be opened.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// The address cannot be listened on.
    #[error("cannot listen on {address}: {cause}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// What the system says.
        cause: std::io::Error,
    },
}

impl Server {
    /// Opens the database, brings it up to date, checks the root key and begins to answer.
    ///
    /// # Errors
    /// [`StartError`]; nothing runs then.
    pub async fn start(config: Config) -> Result<RunningServer, StartError> {
        let db = Db::open(&config.database).await?;
        let lookup_secret = installation::open(&db, &config.root_key).await?;
        root_app::ensure(&db, &config.root_key, config.clock.now()).await.map_err(InstallationError::from)?;
        let mailer = Mailer::new(&config.mail, config.development)?;
        let callback_key = installation::callback_key(&db, &config.root_key).await?;
        let storage = Storage::open(&config.storage).await?;
        let listen_error = |cause| StartError::Listen { address: config.listen, cause };
        let listener = TcpListener::bind(config.listen).await.map_err(listen_error)?;
        let address = listener.local_addr().map_err(listen_error)?;
        let state = AppState::new(Shared {
            db,
            clock: config.clock,
            root_key: config.root_key,
            lookup_secret,
            limits: Limits { throttle: config.limits.throttle.divided_by(config.servers), ..config.limits },
            development: config.development,
            playground: config.playground.filter(|_| config.development),
            client_address: config.client_address,
            apps: AppCache::new(),
            jwts: JwtCache::new(),
            throttle: Throttle::new(!config.development),
            customers: config.customers,
            mailer,
            storage,
            storage_limits: config.storage,
            callback_key: callback_key.clone(),
            jobs: Wake::default(),
            telemetry: Telemetry::new(),
        });
        let workers = Workers::start(
            state.clone(),
            vec![
                Arc::new(RotationHandler::new(state.clone())),
                Arc::new(DepartureHandler::new(state.clone())),
                Arc::new(DeletionHandler::new(state.clone())),
                Arc::new(MailHandler::new(state.clone())),
                Arc::new(FileDeletionHandler::new(state.clone())),
                Arc::new(DeliveryHandler::new(state.clone(), callback_key)),
            ],
        );
        let (stop, stopped) = oneshot::channel();
        let accepting = tokio::spawn(accept(listener, state.clone(), stopped));
        tracing::info!(%address, database = state.db.dialect().name(), "listening");
        let retention = tokio::spawn(forget_expired_regularly(state.clone()));
        Ok(RunningServer { address, state, stop, accepting, workers, retention })
    }
}

impl RunningServer {
    /// The address it listens on.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What its requests share.
    #[must_use]
    pub fn state(&self) -> &AppState {
        &self.state
    }

    /// Accepts no more connections, lets the running requests end, writes what is queued and closes the database.
    pub async fn shutdown(self) {
        // Fails when the server has ended already.
        let _ = self.stop.send(());
        let _ = self.accepting.await;
        self.retention.abort();
        self.workers.stop().await;
        self.state.db.close().await;
    }

    /// Runs until `signal` is ready, then shuts down.
    pub async fn run_until(self, signal: impl Future<Output = ()>) {
        signal.await;
        self.shutdown().await;
    }
}

async fn accept(listener: TcpListener, state: AppState, mut stopped: oneshot::Receiver<()>) {
    let router = routing::router(state.clone());
    let graceful = GracefulShutdown::new();
    let slots = Arc::new(Semaphore::new(state.limits.connections));
    let mut builder = http1::Builder::new();
    builder.timer(TokioTimer::new()).header_read_timeout(state.limits.header_timeout).keep_alive(true);
    loop {
        let next = async {
            // A slot first: the backlog of the system holds back whoever is too many.
            let slot = slots.clone().acquire_owned().await;
            (slot, listener.accept().await)
        };
        let (slot, stream, peer) = tokio::select! {
            _ = &mut stopped => break,
            next = next => match next {
                (Ok(slot), Ok((stream, peer))) => (slot, stream, peer),
                (_, Err(error)) => {
                    // Out of file handles and the like: passes when connections end.
                    tracing::warn!(%error, "cannot accept a connection");
                    tokio::time::sleep(std::time::Duration::from_millis(50)).await;
                    continue;
                }
                (Err(_), _) => break,
            },
        };
        prepare(&stream);
        let router = router.clone();
        let service = service_fn(move |request: Request<Incoming>| {
            let mut router = router.clone();
            let (head, incoming) = request.into_parts();
            let body = RequestBody::new(incoming, &head.headers);
            let mut request = Request::from_parts(head, Body::new(body));
            request.extensions_mut().insert(Peer(peer.ip()));
            async move { Ok::<_, Infallible>(router.call(request).await.unwrap_or_else(|never| match never {})) }
        });
        let stream = WriteTimeout::new(stream, state.storage_limits.idle_timeout);
        let connection = graceful.watch(builder.serve_connection(TokioIo::new(stream), service));
        let connections = state.telemetry.connections.clone();
        connections.inc();
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(%error, "connection ended");
            }
            connections.dec();
            drop(slot);
        });
    }
    drop(listener);
    if tokio::time::timeout(state.limits.shutdown_timeout, graceful.shutdown()).await.is_err() {
        tracing::warn!("some requests did not end in time");
    }
}

/// Small answers must not wait for the acknowledgement of earlier ones.
fn prepare(stream: &TcpStream) {
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "cannot set TCP_NODELAY");
    }
}
