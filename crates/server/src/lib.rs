//! The Keyfold server: stores public and encrypted keys, decides who may do what, and never sees a clear key.
//!
//! ```no_run
//! # async fn start() -> Result<(), Box<dyn std::error::Error>> {
//! use keyfold_server::{Config, DatabaseConfig, RootKey, Server};
//! let root_key = RootKey::load_or_create("root.key".as_ref())?;
//! let database = DatabaseConfig::Sqlite { path: "keyfold.db".into() };
//! let server = Server::start(Config::new("127.0.0.1:3002".parse()?, database, root_key)).await?;
//! println!("http://{}", server.address());
//! # Ok(()) }
//! ```
//!
//! # The way of a request
//!
//! router ([`routing`](self)) → extractors ([`extract`]) → handler (`routes.rs` of a domain) → rules (the other files of the domain, one
//! transaction per request) → SQL (`store.rs`) → typed answer ([`reply`]) → envelope. Nothing goes back up.
//!
//! A domain (`app`, `user`, `group`, …) is a folder with the same three rooms: `routes.rs`, the rules, one file per flow, and `store.rs`.
//!
//! # How to add an endpoint
//!
//! 1. **Types**: request and response belong to `keyfold-protocol`. Their fields check themselves while they are parsed.
//! 2. **Endpoint**: in the list `endpoints()` of the domain's routes, `put("/things/{id}", handler, "What it does, in a line")` with `get`, `post`,
//!    `put`, `patch`, `delete` from [`endpoint`], and `.refuses(&[…])` with the codes of its own rules. A new domain's list is one line in
//!    `routing::endpoints`. Then `cargo xtask openapi` writes the document of the API anew.
//! 3. **Handler**: a few lines. Its arguments are what it demands, checked from left to right ([`extract`]): `State(state)`, `AppToken`,
//!    [`Jwt`](extract::Jwt) (or [`ExpiredJwt`](extract::ExpiredJwt)), `Allow<gate::…>`, `Path(…)`, and last `Body(input)`. It returns
//!    [`ApiResult<T>`](reply::ApiResult): `Ok(Reply(value))`, or `Ok(done())` for the text `Success`; `T` and the type of the body derive
//!    `JsonSchema`. `jwt.require_fresh()?` is its first line where a recent login is needed. An extractor of your own implements `Demand`.
//! 4. **Rule**: `async fn rename(tx: &mut Tx, jwt: &Jwt, input: &Input) -> Result<T, ApiError>`, called as
//!    `state.db.write((jwt, input), |tx, (jwt, input)| Box::pin(rename(tx, jwt, input))).await` ([`db`] says what a transaction may do). Refuse with
//!    `return Err(ErrorCode::….into())`.
//! 5. **Store**: functions on `&mut Tx` with the SQL, `params![…]`, and a closure that reads the columns in order
//!    (`|row| Ok(Thing { id: row.col()?, time: row.col()? })`). New tables are a new file in `migrations/`, listed in `db/migration.rs`.
//! 6. **Test**: `tests/<domain>/<area>.rs`, real HTTP against a server in the test's process, on both databases by the
//!    `on_both_databases!` macro of the domain's `support.rs`.
//!
//! Time comes from `state.now()`, randomness and ids from [`random`], hashes from [`hash`], secrets at rest go through
//! `state.root_key.seal(…)`, attempts that could be repeated by an attacker through `state.throttle`.

pub mod app;
mod background;
mod captcha;
pub mod clock;
pub mod config;
pub mod customer;
pub mod db;
pub mod endpoint;
pub mod error;
pub mod extract;
mod file;
pub mod group;
pub mod hash;
pub mod installation;
mod jobs;
pub mod jwt;
mod keyring;
pub mod mail;
pub mod openapi;
mod playground;
pub mod random;
pub mod reply;
mod request_body;
pub mod retention;
mod root_key;
mod routing;
mod server;
mod state;
pub mod storage;
mod sym_key;
pub mod telemetry;
mod throttle;
mod user;
mod write_timeout;

pub use captcha::Captcha;
pub use config::{ClientAddressSource, Config, Limits};
pub use db::DatabaseConfig;
pub use file::archive;
pub use playground::Playground;
pub use root_key::{Purpose, ROOT_KEY_BYTES, RootKey, RootKeyError};
pub use server::{RunningServer, Server, StartError};
pub use state::{AppState, Shared};
pub use storage::{CallbackConfig, Quota, StorageBackend, StorageConfig};
pub use throttle::{Bucket, Throttle};
