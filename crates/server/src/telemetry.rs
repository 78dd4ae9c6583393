//! Metrics and the log of requests.
//!
//! Neither holds tokens, identifiers or ids: a request is named by its route template (`/api/v1/user/{user_id}/public_key`).

use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::{Duration, Instant};

use axum::body::Body;
use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderName, HeaderValue, Method, Response, header};
use axum::middleware::Next;
use keyfold_protocol::error::ErrorCode;
use prometheus_client::encoding::{EncodeLabelSet, text};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::Registry;

use crate::db::DbLoad;
use crate::error::{ApiError, Failure};
use crate::jobs::{self, Backlog};
use crate::reply::Reply;
use crate::state::AppState;

static REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The metrics of one server.
#[derive(Clone)]
pub struct Telemetry {
    registry: Arc<Registry>,
    requests: Family<RequestLabels, Counter<u64, AtomicU64>>,
    durations: Family<RouteLabels, Histogram>,
    /// Open client connections.
    pub connections: Gauge,
    /// Work that outlives its request.
    pub(crate) jobs: JobMetrics,
    backlog: BacklogMetrics,
    database: DatabaseMetrics,
}

/// What waits in the table of jobs, of all servers together. Read when somebody asks.
#[derive(Clone, Default)]
struct BacklogMetrics {
    waiting: Family<KindLabel, Gauge>,
    oldest: Family<KindLabel, Gauge<f64, AtomicU64>>,
    stuck: Family<KindLabel, Gauge>,
}

/// The connections to the database. Read when somebody asks.
#[derive(Clone, Default)]
struct DatabaseMetrics {
    up: Gauge,
    connections: Gauge,
    idle: Gauge,
    waiting: Gauge,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct KindLabel {
    kind: String,
}

/// What the workers do.
#[derive(Clone, Default)]
pub(crate) struct JobMetrics {
    /// Jobs that are worked on.
    pub(crate) running: Gauge,
    /// Jobs that were finished.
    pub(crate) done: Counter<u64, AtomicU64>,
    /// Attempts that failed and will be repeated.
    pub(crate) failed: Counter<u64, AtomicU64>,
    /// Members that got their share of a key rotation.
    pub(crate) rotation_shares: Counter<u64, AtomicU64>,
    /// Members whose public key was of no use in a key rotation.
    pub(crate) rotation_failures: Counter<u64, AtomicU64>,
    /// Parts of deleted files whose contents were deleted here.
    pub(crate) parts_deleted: Counter<u64, AtomicU64>,
    /// Messages that an app's own storage has taken.
    pub(crate) deliveries_sent: Counter<u64, AtomicU64>,
    /// Attempts to send one that failed.
    pub(crate) deliveries_failed: Counter<u64, AtomicU64>,
    /// Messages that were given up.
    pub(crate) deliveries_dead: Counter<u64, AtomicU64>,
    /// Messages that were given up and that nobody has had sent again, on all servers.
    pub(crate) deliveries_waiting: Gauge,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RequestLabels {
    method: &'static str,
    route: String,
    status: u32,
    code: u32,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RouteLabels {
    method: &'static str,
    route: String,
}

impl Telemetry {
    pub(crate) fn new() -> Self {
        let mut registry = Registry::with_prefix("keyfold");
        let requests = Family::default();
        registry.register("http_requests", "Answered requests", requests.clone());
        let durations = Family::new_with_constructor(duration_histogram as fn() -> Histogram);
        registry.register(
            "http_request_duration_seconds",
            "Time from request head to answer",
            durations.clone(),
        );
        let connections = Gauge::default();
        registry.register("http_connections", "Open client connections", connections.clone());
        let jobs = JobMetrics::default();
        jobs.register(&mut registry);
        let backlog = BacklogMetrics::default();
        backlog.register(&mut registry);
        let database = DatabaseMetrics::default();
        database.register(&mut registry);
        Self { registry: Arc::new(registry), requests, durations, connections, jobs, backlog, database }
    }

    fn observe(&self, method: &'static str, route: &str, status: u16, code: u32, started: Instant) {
        let route = route.to_owned();
        self.durations
            .get_or_create(&RouteLabels { method, route: route.clone() })
            .observe(started.elapsed().as_secs_f64());
        self.requests.get_or_create(&RequestLabels { method, route, status: status.into(), code }).inc();
    }
}

/// From 0.25 ms to 4 s.
fn duration_histogram() -> Histogram {
    Histogram::new(exponential_buckets(0.000_25, 2.0, 15))
}

impl JobMetrics {
    fn register(&self, registry: &mut Registry) {
        registry.register("jobs_running", "Jobs that are worked on", self.running.clone());
        registry.register("jobs_done", "Finished jobs", self.done.clone());
        registry.register("jobs_failed", "Attempts that failed and will be repeated", self.failed.clone());
        let shares = "Members that got their share of a key rotation";
        registry.register("key_rotation_shares", shares, self.rotation_shares.clone());
        let failures = "Members whose public key was of no use in a key rotation";
        registry.register("key_rotation_failures", failures, self.rotation_failures.clone());
        let parts = "Parts of deleted files whose contents were deleted here";
        registry.register("file_parts_deleted", parts, self.parts_deleted.clone());
        let sent = "Messages that an app's own storage has taken";
        registry.register("storage_deliveries_sent", sent, self.deliveries_sent.clone());
        let failed = "Failed attempts to send a message to an app's own storage";
        registry.register("storage_deliveries_failed", failed, self.deliveries_failed.clone());
        let dead = "Messages to an app's own storage that were given up";
        registry.register("storage_deliveries_given_up", dead, self.deliveries_dead.clone());
        let waiting = "Messages that were given up and not sent again, as of a minute ago";
        registry.register("storage_deliveries_dead", waiting, self.deliveries_waiting.clone());
    }
}

impl BacklogMetrics {
    fn register(&self, registry: &mut Registry) {
        registry.register("jobs_waiting", "Jobs in the table, of all servers", self.waiting.clone());
        let oldest = "Time since the oldest job of this kind was due";
        registry.register("jobs_oldest_due_seconds", oldest, self.oldest.clone());
        let stuck = "Jobs that have failed ten times or more and are still tried";
        registry.register("jobs_stuck", stuck, self.stuck.clone());
    }

    fn set(&self, backlog: Vec<Backlog>, now: u64) {
        // Kinds without jobs disappear.
        self.waiting.clear();
        self.oldest.clear();
        self.stuck.clear();
        for Backlog { kind, number, oldest_due, stuck } in backlog {
            let label = KindLabel { kind };
            self.waiting.get_or_create(&label).set(number);
            self.stuck.get_or_create(&label).set(stuck);
            let age = Duration::from_millis(now.saturating_sub(oldest_due));
            self.oldest.get_or_create(&label).set(age.as_secs_f64());
        }
    }
}

impl DatabaseMetrics {
    fn register(&self, registry: &mut Registry) {
        registry.register("database_up", "Whether the database answered just now", self.up.clone());
        registry.register(
            "database_connections",
            "Open connections to the database",
            self.connections.clone(),
        );
        registry.register("database_connections_idle", "Those that nobody uses", self.idle.clone());
        let waiting = "Transactions that wait for the writer (SQLite) or a connection (PostgreSQL)";
        registry.register("database_waiting", waiting, self.waiting.clone());
    }

    fn set(&self, up: bool, load: DbLoad) {
        let number = |number: usize| i64::try_from(number).unwrap_or(i64::MAX);
        self.up.set(up.into());
        self.connections.set(number(load.connections));
        self.idle.set(number(load.idle));
        self.waiting.set(number(load.waiting));
    }
}

/// `GET /metrics`: Prometheus text format.
pub(crate) async fn metrics(State(state): State<AppState>) -> Response<Body> {
    let load = state.db.load();
    let backlog = state.db.read((), |tx, ()| Box::pin(async move { Ok(jobs::backlog(tx).await?) })).await;
    // Without the database there is all the more reason to answer.
    state.telemetry.database.set(backlog.is_ok(), load);
    match backlog {
        Ok(backlog) => state.telemetry.backlog.set(backlog, state.now()),
        Err(error) => tracing::warn!(%error, "cannot read the backlog of jobs"),
    }
    let mut out = String::new();
    if text::encode(&mut out, &state.telemetry.registry).is_err() {
        out.clear();
    }
    let mut response = Response::new(Body::from(out));
    response.headers_mut().insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/openmetrics-text; version=1.0.0; charset=utf-8"),
    );
    response
}

/// `GET /health`: whether the server and its database answer.
pub(crate) async fn health(State(state): State<AppState>) -> Result<Reply<&'static str>, ApiError> {
    state.db.ping().await?;
    Ok(Reply("ok"))
}

/// Around every request: counts it, logs it, gives it an id.
pub(crate) async fn observe(State(state): State<AppState>, request: Request, next: Next) -> Response<Body> {
    let started = Instant::now();
    let method = known_method(request.method());
    // A request that matched nothing has no template, and its path is chosen by the client: one label for all of them.
    let matched = request.extensions().get::<MatchedPath>().cloned();
    let route = matched.as_ref().map_or("unmatched", MatchedPath::as_str);
    let mut response = next.run(request).await;
    let status = response.status().as_u16();
    let failure = response.extensions_mut().remove::<Failure>();
    let code = failure.as_ref().map_or(0, |failure| failure.code.number());
    state.telemetry.observe(method, route, status, code, started);
    let id = crate::random::ordered_id();
    let microseconds = u64::try_from(started.elapsed().as_micros()).unwrap_or(u64::MAX);
    match failure.and_then(|failure| failure.cause) {
        // The fault of whoever sent it.
        Some(cause) if code == ErrorCode::Input.number() => {
            tracing::debug!(request_id = %id, method, route, status, code, microseconds, cause, "request refused");
        }
        Some(cause) => {
            tracing::error!(request_id = %id, method, route, status, code, microseconds, cause, "request failed");
        }
        None => tracing::debug!(request_id = %id, method, route, status, code, microseconds, "request"),
    }
    if let Ok(id) = HeaderValue::try_from(id) {
        response.headers_mut().insert(REQUEST_ID.clone(), id);
    }
    response
}

fn known_method(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::DELETE => "DELETE",
        Method::PATCH => "PATCH",
        Method::OPTIONS => "OPTIONS",
        Method::HEAD => "HEAD",
        _ => "other",
    }
}
