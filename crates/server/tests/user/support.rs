//! A server in this process, and clients that do their cryptography for real.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock};

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair};
use base64ct::{Base64, Base64UrlUnpadded, Encoding as _};
use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::{HeaderMap, Method, Request};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use keyfold_crypto::device::{register_device, register_user};
use keyfold_crypto::login::{Login, StoredLogin};
use keyfold_crypto::password::Cost;
use keyfold_crypto::{Suite, UserKeys};
use keyfold_protocol::app::{AppOptions, FileOptions, GroupOptions};
use keyfold_protocol::encoding::{DeviceIdentifier, SecretText};
use keyfold_protocol::user::{
    DeviceKeys, DeviceRegister, DoneLoginOutput, LoginKeys, OtpInput, PrepareLoginOutput, RegisterInput,
    RegisterOutput, VerifyLogin,
};
use keyfold_server::app::{CreatedApp, NewApp};
use keyfold_server::clock::{Clock as _, ShiftedClock};
use keyfold_server::db::ToParam;
use keyfold_server::{Config, DatabaseConfig, RootKey, RunningServer, Server};
use keyfold_testkit::postgres::{Database, fresh_database};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

pub(crate) const PASSWORD: &str = "correct horse battery staple";

/// Runs each test once on SQLite and once on PostgreSQL.
macro_rules! on_both_databases {
    ($($(#[$attribute:meta])* async fn $name:ident($world:ident: World) $body:block)*) => {
        $($(#[$attribute])* async fn $name($world: World) $body)*

        mod sqlite {
            use $crate::support::{Engine, World};
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                super::$name(World::start(Engine::Sqlite).await).await;
            })*
        }

        mod postgres {
            use $crate::support::{Engine, World};
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                super::$name(World::start(Engine::Postgres).await).await;
            })*
        }
    };
}
pub(crate) use on_both_databases;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Engine {
    Sqlite,
    Postgres,
}

/// A server and one of its apps.
#[derive(Clone)]
pub(crate) struct World {
    inner: Arc<Running>,
    pub(crate) app: Arc<CreatedApp>,
}

struct Running {
    server: RunningServer,
    http: Client<HttpConnector, Full<Bytes>>,
    clock: ShiftedClock,
    config: Config,
    // Dropped after the server.
    _storage: Storage,
}

enum Storage {
    Folder { _folder: tempfile::TempDir },
    Database { _database: Database },
    Shared { _owner: Arc<Running> },
}

impl World {
    pub(crate) async fn start(engine: Engine) -> Self {
        Self::start_with(engine, |_| {}).await
    }

    pub(crate) async fn start_with(engine: Engine, configure: impl FnOnce(&mut Config)) -> Self {
        let (database, storage) = match engine {
            Engine::Sqlite => {
                let folder = tempfile::tempdir().unwrap();
                let path = folder.path().join("keyfold.db");
                (DatabaseConfig::Sqlite { path }, Storage::Folder { _folder: folder })
            }
            Engine::Postgres => {
                let database = fresh_database();
                let config = DatabaseConfig::postgres(database.url(), 6);
                (config, Storage::Database { _database: database })
            }
        };
        let clock = ShiftedClock::default();
        let root_key = RootKey::new(1, &[7; 32]).unwrap();
        let mut config = Config::new("127.0.0.1:0".parse().unwrap(), database, root_key);
        config.clock = Arc::new(clock.clone());
        configure(&mut config);
        let server = Server::start(config.clone()).await.unwrap();
        // A connection is closed after a refusal that left the body unread: the next request must not get that one.
        let http = Client::builder(TokioExecutor::new()).pool_max_idle_per_host(0).build_http();
        let app = create_app(&server, AppOptions::lax()).await;
        let inner = Running { server, http, clock, config, _storage: storage };
        Self { inner: Arc::new(inner), app: Arc::new(app) }
    }

    /// A second server on the same database, as after a restart.
    pub(crate) async fn restarted(&self, configure: impl FnOnce(&mut Config)) -> Self {
        let mut config = self.config();
        configure(&mut config);
        let inner = Running {
            server: Server::start(config.clone()).await.unwrap(),
            http: self.inner.http.clone(),
            clock: self.inner.clock.clone(),
            config,
            _storage: Storage::Shared { _owner: self.inner.clone() },
        };
        Self { inner: Arc::new(inner), app: self.app.clone() }
    }

    /// Another app on the same server.
    pub(crate) async fn another_app(&self, options: AppOptions) -> Self {
        let app = create_app(&self.inner.server, options).await;
        Self { inner: self.inner.clone(), app: Arc::new(app) }
    }

    /// The same server as the clients of an app see it that exists already.
    #[allow(dead_code, reason = "some test programs make apps themselves")]
    pub(crate) fn with_app(&self, app: CreatedApp) -> Self {
        Self { inner: self.inner.clone(), app: Arc::new(app) }
    }

    pub(crate) fn server(&self) -> &RunningServer {
        &self.inner.server
    }

    /// What the server was started with.
    pub(crate) fn config(&self) -> Config {
        self.inner.config.clone()
    }

    pub(crate) fn advance_seconds(&self, seconds: u64) {
        self.inner.clock.advance(seconds * 1_000);
    }

    pub(crate) fn now_seconds(&self) -> u64 {
        self.inner.clock.now() / 1_000
    }

    /// A request with the public token.
    pub(crate) async fn call(
        &self,
        method: Method,
        path: &str,
        jwt: Option<&str>,
        body: &impl Serialize,
    ) -> Answer {
        self.call_with(self.app.public_token.expose(), method, path, jwt, body).await
    }

    /// A request of the app's backend.
    pub(crate) async fn backend(&self, method: Method, path: &str, body: &impl Serialize) -> Answer {
        self.call_with(self.app.secret_token.expose(), method, path, None, body).await
    }

    pub(crate) async fn call_with(
        &self,
        token: &str,
        method: Method,
        path: &str,
        jwt: Option<&str>,
        body: &impl Serialize,
    ) -> Answer {
        let mut headers = vec![("x-sentc-app-token", token.to_owned())];
        if let Some(jwt) = jwt {
            headers.push(("authorization", format!("Bearer {jwt}")));
        }
        let body = match serde_json::to_value(body).unwrap() {
            Value::Null => Vec::new(),
            value => value.to_string().into_bytes(),
        };
        self.raw(method, &format!("/api/v1/{path}"), &headers, body).await
    }

    pub(crate) async fn raw(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, String)],
        body: Vec<u8>,
    ) -> Answer {
        let mut request =
            Request::builder().method(method).uri(format!("http://{}{path}", self.server().address()));
        for (name, value) in headers {
            request = request.header(*name, value);
        }
        let response = self.inner.http.request(request.body(Full::new(body.into())).unwrap()).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = body.collect().await.unwrap().to_bytes();
        Answer { status: parts.status.as_u16(), headers: parts.headers, bytes }
    }

    /// A user with one device.
    pub(crate) async fn register(&self, identifier: &str) -> RegisterOutput {
        self.call(Method::POST, "register", None, &register_body(identifier)).await.ok()
    }

    /// A user that is logged in.
    pub(crate) async fn new_user(&self, identifier: &str) -> Session {
        self.register(identifier).await;
        self.login(identifier).await
    }

    /// The whole login with the usual password.
    pub(crate) async fn login(&self, identifier: &str) -> Session {
        self.try_login(identifier, PASSWORD).await.unwrap()
    }

    /// The whole login; the refusal of whichever step refuses.
    pub(crate) async fn try_login(&self, identifier: &str, password: &str) -> Result<Session, Answer> {
        let login = self.derive(identifier, password).await;
        let answer = self.call(Method::POST, "done_login", None, &login.done_login()).await;
        if answer.status != 200 {
            return Err(answer);
        }
        match answer.ok() {
            DoneLoginOutput::Direct(keys) => self.verify(login, &keys).await,
            DoneLoginOutput::Otp => panic!("a second factor is needed"),
        }
    }

    /// The login with a one-time code or recovery key.
    pub(crate) async fn try_second_factor(
        &self,
        identifier: &str,
        path: &str,
        token: &str,
    ) -> Result<Session, Answer> {
        let login = self.derive(identifier, PASSWORD).await;
        let body: OtpInput = login.second_factor(SecretText::new(token));
        let answer = self.call(Method::POST, path, None, &body).await;
        if answer.status != 200 {
            return Err(answer);
        }
        let keys: LoginKeys = answer.ok();
        self.verify(login, &keys).await
    }

    /// The first step of a login and the derivation of the keys.
    pub(crate) async fn derive(&self, identifier: &str, password: &str) -> Login {
        let identifier = name(identifier);
        let salt: PrepareLoginOutput =
            self.call(Method::POST, "prepare_login", None, &Login::start(&identifier)).await.ok();
        derive_once(password, &identifier, &salt)
    }

    /// The last step of a login.
    pub(crate) async fn verify(&self, login: Login, keys: &LoginKeys) -> Result<Session, Answer> {
        let device = login.open_device(&keys.device_keys).unwrap();
        let challenge = device.solve_challenge(&keys.challenge).unwrap();
        let answer = self.call(Method::POST, "verify_login", None, &login.verify_login(challenge)).await;
        if answer.status != 200 {
            return Err(answer);
        }
        let verified: VerifyLogin = answer.ok();
        Ok(Session {
            world: self.clone(),
            user_keys: verified
                .user_keys
                .iter()
                .map(|key| UserKeys::open(key, &device.private_key).unwrap())
                .collect(),
            jwt: verified.jwt.expose().to_owned(),
            refresh_token: verified.refresh_token.expose().to_owned(),
            device_keys: keys.device_keys.clone(),
            device,
            login,
        })
    }

    /// Runs one statement on the database; the number of rows it changed.
    pub(crate) async fn execute(&self, sql: &'static str) -> u64 {
        let db = &self.server().state().db;
        db.write((), move |tx, ()| Box::pin(async move { Ok(tx.execute(sql, &[]).await?) })).await.unwrap()
    }

    /// Runs a query that counts.
    pub(crate) async fn count(&self, sql: &'static str, parameters: &[&str]) -> i64 {
        let parameters: Vec<String> = parameters.iter().map(|&text| text.to_owned()).collect();
        let db = &self.server().state().db;
        db.read(parameters, move |tx, parameters| {
            Box::pin(async move {
                let parameters: Vec<_> = parameters.iter().map(ToParam::to_param).collect();
                Ok(tx.query_opt(sql, &parameters, |row| row.col::<i64>()).await?.unwrap_or(-1))
            })
        })
        .await
        .unwrap()
    }

    /// An access token as the app's own backend would sign it.
    pub(crate) fn sign(&self, header: &Value, claims: &Value) -> String {
        let encode = |value: &Value| Base64UrlUnpadded::encode_string(value.to_string().as_bytes());
        let signed = format!("{}.{}", encode(header), encode(claims));
        let key = Base64::decode_vec(self.app.jwt_sign_key.expose()).unwrap();
        let key = EcdsaKeyPair::from_pkcs8(&ECDSA_P384_SHA384_FIXED_SIGNING, &key).unwrap();
        let signature = key.sign(&SystemRandom::new(), signed.as_bytes()).unwrap();
        format!("{signed}.{}", Base64UrlUnpadded::encode_string(signature.as_ref()))
    }

    /// A good header for [`World::sign`].
    pub(crate) fn jwt_header(&self) -> Value {
        json!({"typ": "JWT", "alg": "ES384", "kid": self.app.jwt_key_id.as_str()})
    }
}

async fn create_app(server: &RunningServer, options: AppOptions) -> CreatedApp {
    let state = server.state();
    let new = NewApp {
        name: "test".into(),
        options,
        file_options: FileOptions::none(),
        group_options: GroupOptions::default(),
    };
    keyfold_server::app::create(&state.db, &state.root_key, state.now(), new).await.unwrap()
}

/// A device that is logged in.
pub(crate) struct Session {
    pub(crate) world: World,
    pub(crate) jwt: String,
    pub(crate) refresh_token: String,
    pub(crate) device: keyfold_crypto::Device,
    pub(crate) device_keys: DeviceKeys,
    /// Newest first.
    pub(crate) user_keys: Vec<UserKeys>,
    pub(crate) login: Login,
}

impl Session {
    pub(crate) fn user_id(&self) -> &str {
        self.device.user_id.as_str()
    }

    pub(crate) fn device_id(&self) -> &str {
        self.device.device_id.as_str()
    }

    pub(crate) async fn call(&self, method: Method, path: &str, body: &impl Serialize) -> Answer {
        self.world.call(method, path, Some(&self.jwt), body).await
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.call(Method::GET, path, &Value::Null).await
    }

    pub(crate) async fn delete(&self, path: &str) -> Answer {
        self.call(Method::DELETE, path, &Value::Null).await
    }

    pub(crate) async fn refresh(&self) -> Answer {
        self.call(Method::PUT, "refresh", &json!({"refresh_token": self.refresh_token})).await
    }

    /// A token of the same session that is not fresh.
    pub(crate) async fn refreshed_jwt(&self) -> String {
        self.refresh().await.ok::<Value>()["jwt"].as_str().unwrap().to_owned()
    }

    /// Whether the token is accepted.
    pub(crate) async fn is_alive(&self) -> bool {
        let answer = self.get("user/user_keys/keys/0/none").await;
        if answer.status != 200 {
            answer.refused(401, 31);
            return false;
        }
        true
    }
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) bytes: Bytes,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.bytes).unwrap_or(Value::Null)
    }

    #[track_caller]
    pub(crate) fn ok<T: DeserializeOwned>(self) -> T {
        let json = self.json();
        assert_eq!((self.status, &json["status"]), (200, &json!(true)), "{json}");
        serde_json::from_value(json["result"].clone()).unwrap()
    }

    #[track_caller]
    pub(crate) fn done(self) {
        assert_eq!(self.ok::<String>(), "Success");
    }

    /// Status and code of a refusal.
    pub(crate) fn refusal(&self) -> (u16, u64) {
        (self.status, self.json()["err_code"].as_u64().unwrap_or(0))
    }

    #[track_caller]
    pub(crate) fn refused(&self, status: u16, code: u64) {
        let json = self.json();
        assert_eq!(self.refusal(), (status, code), "{json}");
        assert_eq!(json["status"], json!(false));
        assert!(!json["err_msg"].as_str().unwrap().is_empty());
        assert!(json.get("result").is_none());
    }
}

pub(crate) fn name(identifier: &str) -> DeviceIdentifier {
    DeviceIdentifier::parse(identifier).unwrap()
}

/// A derivation takes tens of milliseconds, and most tests do the same one.
pub(crate) fn derive_once(password: &str, identifier: &DeviceIdentifier, salt: &PrepareLoginOutput) -> Login {
    type Known = HashMap<(String, [u8; 32]), StoredLogin>;
    static KNOWN: OnceLock<Mutex<Known>> = OnceLock::new();
    let key = (password.to_owned(), *salt.salt_string.as_bytes());
    let restore = |stored: &StoredLogin| {
        Login::restore(identifier, stored.encryption_key.expose(), stored.auth_key.expose(), stored.algorithm)
            .unwrap()
    };
    let known = KNOWN.get_or_init(Mutex::default);
    if let Some(stored) = known.lock().unwrap().get(&key) {
        return restore(stored);
    }
    let login = Login::derive(password, identifier, salt, Cost::CURRENT).unwrap();
    known.lock().unwrap().insert(key, login.export());
    login
}

/// A registration under the usual password. The keys are the same for all users: making them is not what is tested.
pub(crate) fn register_body(identifier: &str) -> RegisterInput {
    static TEMPLATE: OnceLock<RegisterInput> = OnceLock::new();
    let template = TEMPLATE.get_or_init(|| register_user(&name("template"), PASSWORD, &Suite::STD).unwrap());
    let mut body = template.clone();
    body.device.device_identifier = name(identifier);
    body
}

/// A device under the usual password.
pub(crate) fn device_body(identifier: &str) -> DeviceRegister {
    static TEMPLATE: OnceLock<DeviceRegister> = OnceLock::new();
    let template =
        TEMPLATE.get_or_init(|| register_device(&name("template"), PASSWORD, &Suite::STD).unwrap());
    let mut body = template.clone();
    body.device_identifier = name(identifier);
    body
}
