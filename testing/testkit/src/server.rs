//! Servers in the process of the test: on a free port, with an empty database and one app.

use std::net::{Ipv4Addr, SocketAddr};
use std::thread::JoinHandle;

use keyfold_protocol::app::{AppOptions, FileOptions, GroupOptions};
use keyfold_server::app::{self, Administration, CreatedApp, NewApp};
use keyfold_server::{AppState, Config, DatabaseConfig, RootKey, Server, StorageConfig};
use tempfile::TempDir;
use tokio::sync::oneshot;

use crate::postgres::{Database, fresh_database};

/// Where a server keeps its data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    /// A file of its own.
    Sqlite,
    /// A database of its own on the test server.
    Postgres,
}

/// A running server with one app, whose endpoints are all open to the public token. It stops when it is dropped.
///
/// It runs on threads of its own, so that it can be used from a test with or without a runtime.
pub struct TestServer {
    address: SocketAddr,
    app: CreatedApp,
    running: Option<Running>,
    config: Config,
    // Declared after the server: they go away after it.
    _database: Option<Database>,
    _folder: TempDir,
}

struct Running {
    state: AppState,
    stop: oneshot::Sender<()>,
    thread: JoinHandle<()>,
}

impl TestServer {
    /// Starts a server in the development profile, without rate limits.
    ///
    /// # Panics
    /// If it does not start.
    #[must_use]
    pub fn start(engine: Engine) -> Self {
        Self::start_with(engine, |_| {})
    }

    /// As [`TestServer::start`], after `change` has had its way with the configuration.
    ///
    /// # Panics
    /// If it does not start.
    #[must_use]
    pub fn start_with(engine: Engine, change: impl FnOnce(&mut Config)) -> Self {
        let folder = tempfile::tempdir().expect("a folder for the server");
        let database = (engine == Engine::Postgres).then(fresh_database);
        let database_config = match &database {
            Some(database) => DatabaseConfig::postgres(database.url(), 4),
            None => DatabaseConfig::Sqlite { path: folder.path().join("keyfold.db") },
        };
        let root_key = RootKey::load_or_create(&folder.path().join("root.key")).expect("a root key");
        let mut config = Config::new(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), database_config, root_key);
        config.development = true;
        config.storage = StorageConfig::folder(folder.path().join("files"));
        change(&mut config);

        let (running, (address, app)) = Running::start(&config, async |server| {
            let state = server.state();
            let app = app::create(&state.db, &state.root_key, state.now(), open_app()).await;
            (server.address(), app.expect("the app is created"))
        });
        Self { address, app, running: Some(running), config, _database: database, _folder: folder }
    }

    /// `http://127.0.0.1:<port>`
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The address it listens on.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The token of the app's clients.
    #[must_use]
    pub fn public_token(&self) -> &str {
        self.app.public_token.expose()
    }

    /// The token of the app's backend.
    #[must_use]
    pub fn secret_token(&self) -> &str {
        self.app.secret_token.expose()
    }

    /// The app, with its keys for access tokens.
    #[must_use]
    pub fn app(&self) -> &CreatedApp {
        &self.app
    }

    /// What the server's requests share: its database, its clock.
    ///
    /// # Panics
    /// Never while the server runs, which it does between all calls.
    #[must_use]
    pub fn state(&self) -> &AppState {
        &self.running.as_ref().expect("the server runs until the drop").state
    }

    /// Replaces where the files of the app are stored.
    ///
    /// # Panics
    /// If the options make no sense.
    pub async fn set_file_options(&self, options: FileOptions) {
        let state = self.state();
        let operator = Administration::new(&state.db, &state.root_key, state.now());
        operator.set_file_options(&self.app.id, options).await.expect("options of an app");
    }

    /// Stops the server and starts another one on the same data, at the same address.
    ///
    /// # Panics
    /// If it does not start again.
    pub fn restart(&mut self) {
        self.stop();
        self.config.listen = self.address;
        let (running, ()) = Running::start(&self.config, async |_| ());
        self.running = Some(running);
    }

    fn stop(&mut self) {
        if let Some(running) = self.running.take() {
            // Fails when the server has ended already.
            let _ = running.stop.send(());
            let ended = running.thread.join();
            assert!(ended.is_ok() || std::thread::panicking(), "the server panicked");
        }
    }
}

impl Drop for TestServer {
    fn drop(&mut self) {
        self.stop();
    }
}

impl Running {
    /// Starts a server on a runtime and a thread of its own, and runs `first` there.
    fn start<T: Send + 'static>(
        config: &Config,
        first: impl AsyncFnOnce(&keyfold_server::RunningServer) -> T + Send + 'static,
    ) -> (Self, T) {
        let config = config.clone();
        let (stop, stopped) = oneshot::channel();
        let (started, start) = std::sync::mpsc::channel();
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_multi_thread()
                .worker_threads(2)
                .enable_all()
                .build()
                .expect("a runtime for the server");
            runtime.block_on(async move {
                let server =
                    Server::start(config).await.unwrap_or_else(|error| panic!("the server: {error}"));
                let value = first(&server).await;
                started.send((server.state().clone(), value)).expect("the test waits for its server");
                // Either way the test wants the server to end.
                server.run_until(async { drop(stopped.await) }).await;
            });
        });
        let (state, value) = start.recv().expect("the server starts");
        (Self { state, stop, thread }, value)
    }
}

/// Runs a test's future on a runtime of its own.
///
/// # Panics
/// If the system gives no threads.
pub fn block_on<T>(test: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    runtime.expect("a runtime for the test").block_on(test)
}

/// Makes two tests of each `async fn(&TestServer)`: one on SQLite, one on PostgreSQL.
///
/// ```
/// use keyfold_testkit::{TestServer, on_both_engines};
///
/// async fn the_server_has_an_address(server: &TestServer) {
///     assert!(server.url().starts_with("http://127.0.0.1:"));
/// }
///
/// on_both_engines!(the_server_has_an_address);
/// ```
#[macro_export]
macro_rules! on_both_engines {
    ($($test:ident),+ $(,)?) => {
        mod on_sqlite {
            $(
                #[test]
                fn $test() {
                    $crate::block_on(super::$test(&$crate::TestServer::start($crate::Engine::Sqlite)));
                }
            )+
        }
        mod on_postgres {
            $(
                #[test]
                fn $test() {
                    $crate::block_on(super::$test(&$crate::TestServer::start($crate::Engine::Postgres)));
                }
            )+
        }
    };
}

fn open_app() -> NewApp {
    NewApp {
        name: "Test".into(),
        options: AppOptions::lax(),
        file_options: FileOptions::server_storage(),
        group_options: GroupOptions::default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn answers_with_its_one_app(server: &TestServer) {
        let apps = app::list(&server.state().db).await.unwrap();
        assert_eq!(apps.len(), 1);
        tokio::net::TcpStream::connect(server.address()).await.unwrap();
    }

    on_both_engines!(answers_with_its_one_app);

    #[test]
    fn a_restarted_server_has_the_same_address_and_data() {
        for engine in [Engine::Sqlite, Engine::Postgres] {
            let mut server = TestServer::start(engine);
            let address = server.address();
            server.restart();
            assert_eq!(server.address(), address);
            block_on(answers_with_its_one_app(&server));
        }
    }
}
