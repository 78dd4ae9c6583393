//! A server in this process, talked to over real HTTP, with users who hold real keys.
//!
//! Users are written into the database as a registration would do it; their access tokens are signed with the app's own key, as an
//! app's backend may do it. Deriving passwords for hundreds of users would take minutes and test nothing here.

use std::collections::HashMap;
use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair};
use base64ct::{Base64, Base64UrlUnpadded, Encoding as _};
use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::{Method, Request};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use keyfold_crypto::member::MemberKeys;
use keyfold_crypto::rotation::{self, PendingKey};
use keyfold_crypto::{GroupKeys, PrivateKey, PublicKey, Suite, Verification, group};
use keyfold_protocol::app::{AppOptions, FileOptions, GroupOptions};
use keyfold_protocol::group::{
    AccessBy, GroupCreateOutput, GroupData, GroupKey, KeyRotationPending, KeyRotationStartOutput,
    NewMemberKey, NewMemberOutput,
};
use keyfold_protocol::id::{AppId, DeviceId, GroupId, KeyId, UserId};
use keyfold_protocol::user::PublicKeyData;
use keyfold_server::app::{CreatedApp, NewApp};
use keyfold_server::clock::ShiftedClock;
use keyfold_server::db::params;
use keyfold_server::random::{opaque_id, ordered_id};
use keyfold_server::{AppState, Config, DatabaseConfig, RootKey, RunningServer, Server, StorageConfig};
use keyfold_testkit::postgres::{Database, fresh_database};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

/// Runs each of the named functions as a test on SQLite and as one on PostgreSQL.
macro_rules! on_both_databases {
    ($($name:ident),+ $(,)?) => {
        mod sqlite {
            use $crate::support::{Engine, World};
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                super::$name(World::start(Engine::Sqlite).await).await;
            })+
        }

        mod postgres {
            use $crate::support::{Engine, World};
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                super::$name(World::start(Engine::Postgres).await).await;
            })+
        }
    };
}
pub(crate) use on_both_databases;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Engine {
    Sqlite,
    Postgres,
}

/// A server and one app.
#[derive(Clone)]
pub(crate) struct World {
    inner: Arc<Running>,
    pub(crate) app: Arc<CreatedApp>,
}

struct Running {
    address: SocketAddr,
    /// To start another one beside it.
    config: Option<Config>,
    /// `None` for a server of another process.
    state: Option<AppState>,
    server: Mutex<Option<RunningServer>>,
    http: Client<HttpConnector, Full<Bytes>>,
    clock: ShiftedClock,
    // Dropped after the server.
    _storage: Storage,
}

enum Storage {
    OfTheTest,
    Folder { _folder: tempfile::TempDir },
    Database { _database: Database },
}

impl World {
    pub(crate) async fn start(engine: Engine) -> Self {
        Self::start_with(engine, |_| {}).await
    }

    pub(crate) async fn start_with(engine: Engine, configure: impl FnOnce(&mut Config)) -> Self {
        let (database, storage) = match engine {
            Engine::Sqlite => {
                let folder = tempfile::tempdir().unwrap();
                (
                    DatabaseConfig::Sqlite { path: folder.path().join("keyfold.db") },
                    Storage::Folder { _folder: folder },
                )
            }
            Engine::Postgres => {
                let database = fresh_database();
                let config = DatabaseConfig::postgres(database.url(), 6);
                (config, Storage::Database { _database: database })
            }
        };
        let root_key_folder = tempfile::tempdir().unwrap();
        let mut config = config(database, root_key_folder.path());
        configure(&mut config);
        Self::start_server(config, storage, None).await
    }

    /// A server with a new app or one that is there already.
    pub(crate) async fn start_at(place: &Place, app: Option<Arc<CreatedApp>>) -> Self {
        let mut config = config(place.database(), &place.folder);
        config.storage = StorageConfig::folder(place.folder.join("files"));
        Self::start_server(config, Storage::OfTheTest, app).await
    }

    /// A server of another process.
    pub(crate) fn elsewhere(address: SocketAddr, app: Arc<CreatedApp>) -> Self {
        // A connection is closed after a refusal that left the body unread: the next request must not get that one.
        let http = Client::builder(TokioExecutor::new()).pool_max_idle_per_host(0).build_http();
        let (state, server) = (None, Mutex::new(None));
        let (clock, _storage) = (ShiftedClock::default(), Storage::OfTheTest);
        Self { inner: Arc::new(Running { address, config: None, state, server, http, clock, _storage }), app }
    }

    async fn start_server(mut config: Config, storage: Storage, app: Option<Arc<CreatedApp>>) -> Self {
        let clock = ShiftedClock::default();
        config.clock = Arc::new(clock.clone());
        let server = Server::start(config.clone()).await.unwrap();
        let http = Client::builder(TokioExecutor::new()).pool_max_idle_per_host(0).build_http();
        let state = server.state().clone();
        let app = match app {
            Some(app) => app,
            None => Arc::new(new_app(&state, GroupOptions::default(), AppOptions::lax()).await),
        };
        let running = Running {
            address: server.address(),
            config: Some(config),
            state: Some(state),
            server: Mutex::new(Some(server)),
            http,
            clock,
            _storage: storage,
        };
        Self { inner: Arc::new(running), app }
    }

    /// Another server on the same database.
    pub(crate) async fn beside(&self) -> Self {
        let config = self.inner.config.clone().unwrap();
        Self::start_server(config, Storage::OfTheTest, Some(self.app.clone())).await
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.inner.address
    }

    pub(crate) async fn shutdown(self) {
        let server = self.inner.server.lock().unwrap().take().unwrap();
        server.shutdown().await;
    }

    /// Another app on the same server.
    pub(crate) async fn another_app(&self) -> Self {
        self.another_app_with(GroupOptions::default(), AppOptions::lax()).await
    }

    pub(crate) async fn another_app_with(&self, groups: GroupOptions, options: AppOptions) -> Self {
        let app = new_app(self.state(), groups, options).await;
        Self { inner: self.inner.clone(), app: Arc::new(app) }
    }

    pub(crate) fn state(&self) -> &AppState {
        self.inner.state.as_ref().unwrap()
    }

    pub(crate) fn clock(&self) -> &ShiftedClock {
        &self.inner.clock
    }

    pub(crate) async fn user(&self) -> User {
        User::register(self).await
    }

    pub(crate) async fn users<const N: usize>(&self) -> [User; N] {
        let mut users = Vec::new();
        for _ in 0..N {
            users.push(self.user().await);
        }
        users.try_into().map_err(drop).unwrap()
    }

    /// Runs one statement on the database.
    pub(crate) async fn execute(&self, sql: &'static str, parameters: Vec<String>) -> u64 {
        self.state()
            .db
            .write(parameters, move |tx, parameters| {
                Box::pin(async move {
                    let parameters: Vec<_> =
                        parameters.iter().map(keyfold_server::db::ToParam::to_param).collect();
                    Ok(tx.execute(sql, &parameters).await?)
                })
            })
            .await
            .unwrap()
    }

    /// Runs a query that counts.
    pub(crate) async fn count(&self, sql: &'static str, parameters: &[&str]) -> i64 {
        let parameters: Vec<String> = parameters.iter().map(|&parameter| parameter.to_owned()).collect();
        self.state()
            .db
            .read(parameters, move |tx, parameters| {
                Box::pin(async move {
                    let parameters: Vec<_> =
                        parameters.iter().map(keyfold_server::db::ToParam::to_param).collect();
                    Ok(tx.query_opt(sql, &parameters, |row| row.col::<i64>()).await?.unwrap_or(-1))
                })
            })
            .await
            .unwrap()
    }

    /// Id of the public key that the server has of a user.
    pub(crate) async fn public_key_id_of(&self, user: &User) -> String {
        let group = user.user_group.clone();
        self.state()
            .db
            .read(group, |tx, group| {
                Box::pin(async move {
                    let sql = "SELECT current_key_id FROM groups WHERE id = $1";
                    Ok(tx.query_opt(sql, params![group], |row| row.col()).await?.unwrap())
                })
            })
            .await
            .unwrap()
    }

    /// The job of a rotation as it stands in the table while a worker holds it.
    pub(crate) async fn restore_job(&self, key: &KeyId, lease_until: u64) {
        let data = (key.clone(), lease_until);
        let work = self.state().db.write(data, |tx, (key, lease_until)| {
            Box::pin(async move {
                tx.execute(
                    "INSERT INTO jobs (id, kind, subject, payload, created_at, run_at, attempts, lease_until)
                     VALUES ($1, 'key rotation', $2, '{\"log_entry\":null}', 1, 1, 1, $3)",
                    params![ordered_id(), key, lease_until],
                )
                .await?;
                Ok(())
            })
        });
        work.await.unwrap();
    }

    /// Waits until no job is left.
    pub(crate) async fn jobs_done(&self) {
        self.until(async || self.count("SELECT count(*) FROM jobs", &[]).await == 0).await;
    }

    /// The same for much work.
    pub(crate) async fn jobs_done_within(&self, time: Duration) {
        until_within(time, async || self.count("SELECT count(*) FROM jobs", &[]).await == 0).await;
    }

    /// Waits for a condition, for at most a minute.
    pub(crate) async fn until(&self, condition: impl AsyncFnMut() -> bool) {
        until_within(Duration::from_secs(60), condition).await;
    }

    /// A request with the public app token.
    pub(crate) async fn call(
        &self,
        method: Method,
        path: &str,
        jwt: Option<&str>,
        via: Option<&GroupId>,
        body: &Value,
    ) -> Answer {
        self.call_as(self.app.public_token.expose(), method, path, jwt, via, body).await
    }

    /// A request of the app's backend.
    pub(crate) async fn backend(&self, method: Method, path: &str, body: &Value) -> Answer {
        self.call_as(self.app.secret_token.expose(), method, path, None, None, body).await
    }

    pub(crate) async fn call_as(
        &self,
        token: &str,
        method: Method,
        path: &str,
        jwt: Option<&str>,
        via: Option<&GroupId>,
        body: &Value,
    ) -> Answer {
        let uri = format!("http://{}/api/v1/{path}", self.inner.address);
        let mut request = Request::builder().method(method).uri(uri).header("x-sentc-app-token", token);
        if let Some(jwt) = jwt {
            request = request.header("authorization", format!("Bearer {jwt}"));
        }
        if let Some(via) = via {
            request = request.header("x-sentc-group-access-id", via.as_str());
        }
        let body = if body.is_null() { Bytes::new() } else { serde_json::to_vec(body).unwrap().into() };
        let response = self.inner.http.request(request.body(Full::new(body)).unwrap()).await.unwrap();
        let status = response.status().as_u16();
        let bytes = response.into_body().collect().await.unwrap().to_bytes();
        Answer { status, body: serde_json::from_slice(&bytes).unwrap() }
    }

    /// The value of a metric; 0 while there is none.
    pub(crate) async fn metric(&self, name: &str) -> u64 {
        let uri = format!("http://{}/metrics", self.inner.address);
        let request = Request::builder().uri(uri).body(Full::default()).unwrap();
        let response = self.inner.http.request(request).await.unwrap();
        let text = response.into_body().collect().await.unwrap().to_bytes();
        let text = std::str::from_utf8(&text).unwrap();
        let value = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' ')?.parse().ok());
        value.unwrap_or(0)
    }

    pub(crate) async fn public_key_of_group(&self, id: &GroupId) -> PublicKey {
        let answer = self
            .call(Method::GET, &format!("group/{}/public_key", id.as_str()), None, None, &Value::Null)
            .await;
        let data: PublicKeyData = answer.ok();
        PublicKey::parse(data.public_key_id.as_str(), data.public_key_alg.as_str(), data.public_key.as_str())
            .unwrap()
    }
}

/// Where the servers of a test live that are killed and started again.
pub(crate) struct Place {
    pub(crate) folder: PathBuf,
    /// URL of a PostgreSQL database; else the database is in the folder.
    url: Option<String>,
    // Both are of the test itself, not of the servers in other processes.
    _owned: Option<(tempfile::TempDir, Option<Database>)>,
}

impl Place {
    const FOLDER: &str = "KEYFOLD_CRASH_TEST_FOLDER";
    const URL: &str = "KEYFOLD_CRASH_TEST_URL";

    pub(crate) fn new(engine: Engine) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let database = (engine == Engine::Postgres).then(fresh_database);
        Self {
            folder: folder.path().to_owned(),
            url: database.as_ref().map(|database| database.url().to_owned()),
            _owned: Some((folder, database)),
        }
    }

    /// The same place in a process that [`Place::spawn`] started.
    fn of_the_parent() -> Option<Self> {
        let folder = std::env::var_os(Self::FOLDER)?.into();
        Some(Self { folder, url: std::env::var(Self::URL).ok(), _owned: None })
    }

    fn database(&self) -> DatabaseConfig {
        match &self.url {
            Some(url) => DatabaseConfig::postgres(url.as_str(), 6),
            None => DatabaseConfig::Sqlite { path: self.folder.join("keyfold.db") },
        }
    }

    /// A server in a process of its own, and its address: this program, started again for one function alone.
    pub(crate) fn spawn(&self) -> (Child, SocketAddr) {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["--exact", "support::serve_until_killed", "--ignored", "--nocapture"]);
        command.env(Self::FOLDER, &self.folder).stdout(Stdio::piped());
        if let Some(url) = &self.url {
            command.env(Self::URL, url);
        }
        let mut server = command.spawn().unwrap();
        let lines = BufReader::new(server.stdout.take().unwrap()).lines();
        let address =
            lines.map_while(Result::ok).find_map(|line| line.strip_prefix("listening ").map(str::to_owned));
        (server, address.unwrap().parse().unwrap())
    }
}

#[test]
#[ignore = "serves the tests that kill a server, which start it in a process of its own"]
fn serve_until_killed() {
    let Some(place) = Place::of_the_parent() else { return };
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let world = World::start_at(&place, None).await;
        println!("\nlistening {}", world.address());
        std::future::pending::<()>().await;
    });
}

fn config(database: DatabaseConfig, folder: &Path) -> Config {
    let root_key = RootKey::load_or_create(&folder.join("root.key")).unwrap();
    Config::new("127.0.0.1:0".parse().unwrap(), database, root_key)
}

async fn new_app(state: &AppState, group_options: GroupOptions, options: AppOptions) -> CreatedApp {
    let new = NewApp { name: "test".into(), options, file_options: FileOptions::none(), group_options };
    keyfold_server::app::create(&state.db, &state.root_key, state.now(), new).await.unwrap()
}

async fn until_within(time: Duration, mut condition: impl AsyncFnMut() -> bool) {
    let deadline = std::time::Instant::now() + time;
    while !condition().await {
        assert!(std::time::Instant::now() < deadline, "waited for {time:?} in vain");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// `group/<id><rest>`
pub(crate) fn at(group: &GroupId, rest: &str) -> String {
    format!("group/{}{rest}", group.as_str())
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: Value,
}

impl Answer {
    #[track_caller]
    pub(crate) fn ok<T: DeserializeOwned>(self) -> T {
        assert_eq!((self.status, &self.body["status"]), (200, &json!(true)), "{}", self.body);
        serde_json::from_value(self.body["result"].clone()).unwrap()
    }

    #[track_caller]
    pub(crate) fn done(self) {
        assert_eq!(self.ok::<String>(), "Success");
    }

    #[track_caller]
    pub(crate) fn refused(self, status: u16, code: u32) {
        assert_eq!((self.status, &self.body["err_code"]), (status, &json!(code)), "{}", self.body);
        assert_eq!(self.body["status"], json!(false));
        assert!(!self.body["err_msg"].as_str().unwrap().is_empty());
    }
}

/// A user with one device.
#[derive(Clone)]
pub(crate) struct User {
    pub(crate) world: World,
    pub(crate) id: UserId,
    pub(crate) device: DeviceId,
    pub(crate) user_group: GroupId,
    pub(crate) jwt: String,
    pub(crate) keys: Arc<UserKeys>,
}

pub(crate) struct UserKeys {
    pub(crate) public: PublicKey,
    /// By id; a user whose keys were rotated has several.
    private: HashMap<String, PrivateKey>,
}

/// A user, perhaps on behalf of a group.
#[derive(Clone)]
pub(crate) struct Actor<'a> {
    pub(crate) user: &'a User,
    pub(crate) via: Option<GroupId>,
}

impl User {
    async fn register(world: &World) -> Self {
        let key_id = ordered_id();
        let (private, public) = PrivateKey::generate(&Suite::STD, &key_id).unwrap();
        let user = Self::insert(world, &key_id, public.algorithm(), &public.to_server_form()).await;
        Self { keys: Arc::new(UserKeys { public, private: [(key_id, private)].into() }), ..user }
    }

    /// A user whose public key is the given text.
    pub(crate) async fn with_public_key(world: &World, alg: &str, public_key: &str) -> Self {
        Self::insert(world, &ordered_id(), alg, public_key).await
    }

    async fn insert(world: &World, key_id: &str, alg: &str, public_key: &str) -> Self {
        let (id, device, user_group) = (opaque_id(), ordered_id(), ordered_id());
        let rows = UserRows {
            app: world.app.id.clone(),
            id: id.clone(),
            device: device.clone(),
            group: user_group.clone(),
            key: key_id.to_owned(),
            alg: alg.to_owned(),
            public_key: public_key.to_owned(),
        };
        world.state().db.write(rows, |tx, rows| Box::pin(insert_user_rows(tx, rows))).await.unwrap();
        let (unused_private, unused) = PrivateKey::generate(&Suite::STD, key_id).unwrap();
        Self {
            jwt: world.sign_jwt(&id, &device, 300),
            world: world.clone(),
            id: UserId::from(id),
            device: DeviceId::from(device),
            user_group: GroupId::from(user_group),
            keys: Arc::new(UserKeys {
                public: unused,
                private: [(key_id.to_owned(), unused_private)].into(),
            }),
        }
    }

    pub(crate) fn actor(&self) -> Actor<'_> {
        Actor { user: self, via: None }
    }

    /// Acts for a group.
    pub(crate) fn via(&self, group: &GroupId) -> Actor<'_> {
        Actor { user: self, via: Some(group.clone()) }
    }

    pub(crate) fn id(&self) -> &str {
        self.id.as_str()
    }

    /// The same user at another server.
    pub(crate) fn at(&self, world: &World) -> Self {
        Self { world: world.clone(), ..self.clone() }
    }

    /// The same user with another token.
    pub(crate) fn with_jwt(&self, jwt: String) -> Self {
        Self { jwt, ..self.clone() }
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.actor().call(Method::GET, path, &Value::Null).await
    }

    pub(crate) async fn post(&self, path: &str, body: &(impl Serialize + ?Sized)) -> Answer {
        self.actor().call(Method::POST, path, body).await
    }

    pub(crate) async fn put(&self, path: &str, body: &(impl Serialize + ?Sized)) -> Answer {
        self.actor().call(Method::PUT, path, body).await
    }

    pub(crate) async fn patch(&self, path: &str) -> Answer {
        self.actor().call(Method::PATCH, path, &Value::Null).await
    }

    pub(crate) async fn delete(&self, path: &str) -> Answer {
        self.actor().call(Method::DELETE, path, &Value::Null).await
    }

    pub(crate) async fn create_group(&self) -> GroupId {
        let (body, _) = group::create(&self.keys.public, None, &Suite::STD).unwrap();
        self.post("group", &body).await.ok::<GroupCreateOutput>().group_id
    }

    pub(crate) async fn create_child(&self, parent: &GroupId) -> GroupId {
        self.actor().create_below(parent, "child").await
    }

    pub(crate) async fn create_connected(&self, source: &GroupId) -> GroupId {
        self.actor().create_below(source, "connected").await
    }

    /// Makes `guest` a member with all keys that this user has.
    pub(crate) async fn add(&self, group: &GroupId, guest: &User, rank: i32) {
        let body = self.keys_for(group, &guest.keys.public, Some(rank)).await;
        let path = format!("group/{}/invite_auto/{}", group.as_str(), guest.id());
        self.put(&path, &body).await.ok::<NewMemberOutput>();
    }

    /// The first page of the user's keys of a group, for somebody else.
    pub(crate) async fn keys_for(&self, group: &GroupId, public: &PublicKey, rank: Option<i32>) -> Value {
        self.actor().keys_for(group, public, rank).await
    }

    pub(crate) async fn open(&self, group: &GroupId) -> Opened {
        self.actor().open(group).await
    }

    pub(crate) async fn rotate(&self, group: &GroupId) -> KeyId {
        self.actor().rotate(group).await
    }

    /// A group without keys.
    pub(crate) async fn create_light(&self) -> GroupId {
        self.post("group/light", &Value::Null).await.ok::<GroupCreateOutput>().group_id
    }

    /// Makes `guest` a member of a group without keys.
    pub(crate) async fn add_light(&self, group: &GroupId, guest: &User, rank: i32) {
        let path = at(group, &format!("/invite_auto/{}/light", guest.id()));
        self.put(&path, &json!({"rank": rank})).await.done();
    }

    pub(crate) async fn rank_in(&self, group: &GroupId) -> i64 {
        self.actor().rank_in(group).await
    }

    pub(crate) async fn has_update(&self, group: &GroupId) -> bool {
        self.actor().has_update(group).await
    }
}

/// A group as a client holds it.
pub(crate) struct Opened {
    pub(crate) data: GroupData,
    /// Newest first.
    pub(crate) keys: Vec<GroupKeys>,
}

impl Opened {
    pub(crate) fn ids(&self) -> Vec<String> {
        self.keys.iter().map(|key| key.id().to_owned()).collect()
    }

    pub(crate) fn encrypt(&self, text: &str) -> String {
        self.keys[0].key.encrypt_text(text, "", None).unwrap()
    }

    /// What any of the keys can read.
    pub(crate) fn decrypt(&self, envelope: &str) -> Option<String> {
        let head = keyfold_crypto::Head::of_text(envelope).unwrap();
        let key = self.keys.iter().find(|key| key.id() == head.id)?;
        key.key.decrypt_text(envelope, "", Verification::Ignore).ok()
    }
}

impl Actor<'_> {
    pub(crate) async fn call(&self, method: Method, path: &str, body: &(impl Serialize + ?Sized)) -> Answer {
        let body = serde_json::to_value(body).unwrap();
        self.user.world.call(method, path, Some(&self.user.jwt), self.via.as_ref(), &body).await
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.call(Method::GET, path, &Value::Null).await
    }

    pub(crate) async fn rank_in(&self, group: &GroupId) -> i64 {
        self.get(&at(group, "/update_check")).await.ok::<Value>()["rank"].as_i64().unwrap()
    }

    pub(crate) async fn has_update(&self, group: &GroupId) -> bool {
        self.get(&at(group, "/update_check")).await.ok::<Value>()["key_update"].as_bool().unwrap()
    }

    pub(crate) async fn access_by(&self, group: &GroupId) -> Value {
        self.get(&at(group, "/light")).await.ok::<Value>()["access_by"].clone()
    }

    pub(crate) async fn create_below(&self, source: &GroupId, what: &str) -> GroupId {
        let public = self.user.world.public_key_of_group(source).await;
        let (body, _) = group::create(&public, None, &Suite::STD).unwrap();
        let path = format!("group/{}/{what}", source.as_str());
        self.call(Method::POST, &path, &body).await.ok::<GroupCreateOutput>().group_id
    }

    pub(crate) async fn keys_for(&self, group: &GroupId, public: &PublicKey, rank: Option<i32>) -> Value {
        let opened = self.open(group).await;
        let keys = MemberKeys::encrypt(opened.keys.iter().map(|keys| &keys.key), public, rank).unwrap();
        serde_json::to_value(keys.first).unwrap()
    }

    /// Every key, encrypted for somebody else.
    pub(crate) async fn all_keys_for(&self, group: &GroupId, public: &PublicKey) -> Vec<NewMemberKey> {
        let opened = self.open(group).await;
        let keys = MemberKeys::encrypt(opened.keys.iter().map(|keys| &keys.key), public, None).unwrap();
        std::iter::once(keys.first.keys).chain(keys.rest).flatten().collect()
    }

    /// Fetches a group with all its keys, opens them, and finishes the rotations that wait.
    pub(crate) async fn open(&self, group: &GroupId) -> Opened {
        let mut data: GroupData = self.get(&format!("group/{}", group.as_str())).await.ok();
        let own = self.private_keys(&data).await;
        while data.keys.len().is_multiple_of(50)
            && let Some(last) = data.keys.last()
        {
            let path = format!("group/{}/keys/{}/{}", group.as_str(), last.time, last.group_key_id.as_str());
            let page: Vec<GroupKey> = self.get(&path).await.ok();
            if page.is_empty() {
                break;
            }
            data.keys.extend(page);
        }
        let mut keys: Vec<_> = data.keys.iter().map(|key| own.open(key)).collect();
        if data.key_update {
            let pending: Vec<KeyRotationPending> =
                self.get(&format!("group/{}/key_rotation", group.as_str())).await.ok();
            let order = rotation::order(&pending, |id| keys.iter().any(|key| key.id() == id.as_str()));
            for index in order {
                let item = &pending[index];
                let previous =
                    keys.iter().find(|key| key.id() == item.previous_group_key_id.as_str()).unwrap();
                let private = own.get(item.encrypted_eph_key_key_id.as_str());
                let accepted = PendingKey::open(item, private, &previous.key).unwrap();
                let key_id = item.new_group_key_id.as_str();
                let path = format!("group/{}/key_rotation/{key_id}", group.as_str());
                self.call(Method::PUT, &path, &accepted.accept(&own.newest).unwrap()).await.done();
                let key: GroupKey = self.get(&format!("group/{}/key/{key_id}", group.as_str())).await.ok();
                keys.push(own.open(&key));
            }
            keys.sort_by_key(|key| std::cmp::Reverse(key.time));
        }
        Opened { data, keys }
    }

    /// The private keys with which the keys of the group are opened.
    async fn private_keys(&self, data: &GroupData) -> Own {
        let group = match &data.access_by {
            AccessBy::User => {
                let private = self.user.keys.private.iter();
                let private = private.map(|(id, key)| {
                    (id.clone(), PrivateKey::import(key.export().unwrap().expose()).unwrap())
                });
                return Own { newest: self.user.keys.public.clone(), private: private.collect() };
            }
            AccessBy::GroupAsUser(via) => Box::pin(self.user.actor().open(via)).await,
            AccessBy::Parent(_) | AccessBy::GroupAsUserAsParent { .. } => {
                let parent = data.parent_group_id.clone().unwrap();
                Box::pin(self.open(&parent)).await
            }
        };
        Own {
            newest: group.keys[0].public_key().unwrap().clone(),
            private: group
                .keys
                .iter()
                .map(|keys| {
                    let export = keys.private_key().unwrap().export().unwrap();
                    (keys.id().to_owned(), PrivateKey::import(export.expose()).unwrap())
                })
                .collect(),
        }
    }

    /// Starts a rotation and returns the id of the new key.
    pub(crate) async fn rotate(&self, group: &GroupId) -> KeyId {
        let opened = self.open(group).await;
        let own = self.private_keys(&opened.data).await;
        let body = rotation::start(&opened.keys[0].key, &own.newest, None, &Suite::STD).unwrap();
        let path = format!("group/{}/key_rotation", group.as_str());
        self.call(Method::POST, &path, &body).await.ok::<KeyRotationStartOutput>().key_id
    }

    pub(crate) async fn rotation_body(&self, group: &GroupId) -> Value {
        let opened = self.open(group).await;
        let own = self.private_keys(&opened.data).await;
        serde_json::to_value(rotation::start(&opened.keys[0].key, &own.newest, None, &Suite::STD).unwrap())
            .unwrap()
    }
}

struct Own {
    newest: PublicKey,
    private: HashMap<String, PrivateKey>,
}

impl Own {
    fn get(&self, id: &str) -> &PrivateKey {
        self.private.get(id).unwrap_or_else(|| panic!("no private key {id}"))
    }

    fn open(&self, key: &GroupKey) -> GroupKeys {
        GroupKeys::open(key, self.get(key.user_public_key_id.as_str()), Verification::Ignore).unwrap()
    }
}

impl World {
    /// An access token that is valid for some seconds.
    pub(crate) fn sign_jwt(&self, user: &str, device: &str, seconds: i64) -> String {
        let now = i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()).unwrap();
        let header = json!({"typ": "JWT", "alg": "ES384", "kid": self.app.jwt_key_id.as_str()});
        let claims = json!({"aud": user, "sub": device, "iat": now, "exp": now + seconds, "fresh": true});
        let encode = |value: Value| Base64UrlUnpadded::encode_string(value.to_string().as_bytes());
        let signed = format!("{}.{}", encode(header), encode(claims));
        let key = Base64::decode_vec(self.app.jwt_sign_key.expose()).unwrap();
        let key = EcdsaKeyPair::from_pkcs8(&ECDSA_P384_SHA384_FIXED_SIGNING, &key).unwrap();
        let signature = key.sign(&SystemRandom::new(), signed.as_bytes()).unwrap();
        format!("{signed}.{}", Base64UrlUnpadded::encode_string(signature.as_ref()))
    }
}

pub(crate) struct UserRows {
    pub(crate) app: AppId,
    pub(crate) id: String,
    pub(crate) device: String,
    pub(crate) group: String,
    pub(crate) key: String,
    pub(crate) alg: String,
    pub(crate) public_key: String,
}

/// What a registration writes, as far as groups look at it.
pub(crate) async fn insert_user_rows(
    tx: &mut keyfold_server::db::Tx,
    rows: &UserRows,
) -> Result<(), keyfold_server::error::ApiError> {
    let UserRows { app, id, device, group, key, alg, public_key } = rows;
    let now = 1_u64;
    tx.execute(
        "INSERT INTO users (id, app_id, group_id, created_at) VALUES ($1, $2, $3, $4)",
        params![id, app, group, now],
    )
    .await?;
    tx.execute(
        "INSERT INTO devices (id, app_id, user_id, identifier_hash, created_at, client_random_value,
            hashed_authentication_key, derived_alg, master_key_alg, encrypted_master_key, encrypted_master_key_alg,
            keypair_encrypt_alg, keypair_sign_alg, public_key, encrypted_private_key, verify_key, encrypted_sign_key)
         VALUES ($1, $2, $3, $4, $5, $4, $4, '-', '-', '', '-', $6, '-', $7, '', '-', '')",
        params![device, app, id, device.as_bytes(), now, alg, public_key],
    )
    .await?;
    tx.execute(
        "INSERT INTO groups (id, app_id, kind, user_id, is_connected, accepts_invites, created_at, current_key_id)
         VALUES ($1, $2, 1, $3, 0, 1, $4, $5)",
        params![group, app, id, now, key],
    )
    .await?;
    tx.execute(
        "INSERT INTO group_members (group_id, member_id, member_kind, member_rank, joined_at, group_created_at)
         VALUES ($1, $2, 0, 0, $3, $3)",
        params![group, device, now],
    )
    .await?;
    tx.execute(
        "INSERT INTO group_keys (id, group_id, created_at, group_key_alg, keypair_encrypt_alg, public_key, encrypted_private_key)
         VALUES ($1, $2, $3, '-', $4, $5, '')",
        params![key, group, now, alg, public_key],
    )
    .await?;
    Ok(())
}
