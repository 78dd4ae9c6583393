//! Requests with bytes, and apps that have a storage.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::{HeaderMap, Method, Request};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use keyfold_protocol::app::FileOptions;
use keyfold_protocol::file::{FileMeta, FileRegisterOutput, FileUsage};
use keyfold_protocol::id::GroupId;
use keyfold_server::app::Administration;
use keyfold_server::{Config, StorageConfig};
use serde_json::{Value, json};

use crate::support::{Engine, User, World};

/// Runs each of the named functions as a test on SQLite and as one on PostgreSQL.
macro_rules! on_both_databases {
    ($($name:ident),+ $(,)?) => {
        mod sqlite {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                super::$name($crate::api::Files::start($crate::support::Engine::Sqlite).await).await;
            })+
        }

        mod postgres {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                super::$name($crate::api::Files::start($crate::support::Engine::Postgres).await).await;
            })+
        }
    };
}
pub(crate) use on_both_databases;

/// A server with a storage, and an app that uses it.
#[derive(Clone)]
pub(crate) struct Files {
    pub(crate) world: World,
    http: Client<HttpConnector, Full<Bytes>>,
    storage: PathBuf,
    _folder: Option<Arc<tempfile::TempDir>>,
}

/// What came back, as bytes.
#[derive(Debug)]
pub(crate) struct Raw {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) bytes: Bytes,
}

impl Raw {
    #[track_caller]
    pub(crate) fn refused(&self, status: u16, code: u32) {
        let body: Value = serde_json::from_slice(&self.bytes).unwrap();
        assert_eq!((self.status, &body["err_code"]), (status, &json!(code)), "{body}");
    }

    #[track_caller]
    pub(crate) fn done(&self) {
        assert_eq!(
            (self.status, &self.bytes[..]),
            (200, &br#"{"status":true,"result":"Success"}"#[..]),
            "{:?}",
            self.bytes
        );
    }

    #[track_caller]
    pub(crate) fn ok(&self) -> Value {
        let body: Value = serde_json::from_slice(&self.bytes).unwrap();
        assert_eq!((self.status, &body["status"]), (200, &json!(true)), "{body}");
        body["result"].clone()
    }
}

impl Files {
    pub(crate) async fn start(engine: Engine) -> Self {
        Self::start_with(engine, |_| {}).await
    }

    pub(crate) async fn start_with(engine: Engine, configure: impl FnOnce(&mut Config)) -> Self {
        let folder = Arc::new(tempfile::tempdir().unwrap());
        let world = World::start_with(engine, |config| {
            config.storage = StorageConfig::folder(folder.path().join("files"));
            configure(config);
        })
        .await;
        let storage = folder.path().join("files");
        let files = Self { _folder: Some(folder), ..Self::of(world, storage) };
        files.set_options(FileOptions::server_storage()).await;
        files
    }

    /// A server whose storage is in a folder of the test.
    pub(crate) fn of(world: World, storage: PathBuf) -> Self {
        // A connection is closed after a refusal that left the body unread: the next request must not get that one.
        let http = Client::builder(TokioExecutor::new()).pool_max_idle_per_host(0).build_http();
        Self { world, http, storage, _folder: None }
    }

    /// Another app on the same server.
    pub(crate) async fn another_app(&self) -> Self {
        let other = Self { world: self.world.another_app().await, ..self.clone() };
        other.set_options(FileOptions::server_storage()).await;
        other
    }

    pub(crate) async fn set_options(&self, options: FileOptions) {
        self.operator().set_file_options(&self.world.app.id, options).await.unwrap();
    }

    pub(crate) fn operator(&self) -> Administration<'_> {
        let state = self.world.state();
        Administration::new(&state.db, &state.root_key, state.now())
    }

    pub(crate) async fn raw(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: impl Into<Bytes>,
    ) -> Raw {
        self.try_raw(method, path, headers, body).await.unwrap()
    }

    /// `None` when the server is gone.
    pub(crate) async fn try_raw(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: impl Into<Bytes>,
    ) -> Option<Raw> {
        let uri = format!("http://{}/api/v1/{path}", self.world.address());
        let mut request = Request::builder().method(method).uri(uri);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if !headers.iter().any(|(name, _)| *name == "x-sentc-app-token") {
            request = request.header("x-sentc-app-token", self.world.app.public_token.expose());
        }
        let response = self.http.request(request.body(Full::new(body.into())).unwrap()).await.ok()?;
        let (parts, body) = response.into_parts();
        let bytes = body.collect().await.ok()?.to_bytes();
        Some(Raw { status: parts.status.as_u16(), headers: parts.headers, bytes })
    }

    /// A request of the app's backend.
    pub(crate) async fn backend(&self, method: Method, path: &str) -> Raw {
        let token = self.world.app.secret_token.expose();
        self.raw(method, path, &[("x-sentc-app-token", token)], Bytes::new()).await
    }

    /// A file for everybody.
    pub(crate) async fn register(&self, owner: &User) -> FileRegisterOutput {
        owner.post("file", &register_body("None", None)).await.ok()
    }

    pub(crate) async fn register_in(&self, owner: &User, group: &GroupId) -> FileRegisterOutput {
        owner.post(&format!("group/{group}/file"), &register_body("Group", None)).await.ok()
    }

    pub(crate) async fn upload(
        &self,
        owner: &User,
        session: &str,
        sequence: i64,
        end: bool,
        bytes: impl Into<Bytes>,
    ) -> Raw {
        let bearer = format!("Bearer {}", owner.jwt);
        let path = format!("file/part/{session}/{sequence}/{end}");
        self.raw(Method::POST, &path, &[("authorization", &bearer)], bytes).await
    }

    /// A file for everybody with one part for each content.
    pub(crate) async fn file(&self, owner: &User, contents: &[&[u8]]) -> String {
        let file = self.register(owner).await;
        self.fill(owner, &file, contents).await;
        file.file_id.into_string()
    }

    pub(crate) async fn fill(&self, owner: &User, file: &FileRegisterOutput, contents: &[&[u8]]) {
        for (index, content) in contents.iter().enumerate() {
            let (sequence, is_last) = (i64::try_from(index + 1).unwrap(), index + 1 == contents.len());
            let content = Bytes::copy_from_slice(content);
            self.upload(owner, file.session_id.as_str(), sequence, is_last, content).await.done();
        }
    }

    pub(crate) async fn download(&self, part: &str, jwt: Option<&str>) -> Raw {
        let bearer = jwt.map(|jwt| format!("Bearer {jwt}"));
        let headers: Vec<_> = bearer.iter().map(|bearer| ("authorization", bearer.as_str())).collect();
        self.raw(Method::GET, &format!("file/part/{part}"), &headers, Bytes::new()).await
    }

    pub(crate) async fn get(&self, path: &str) -> Raw {
        self.raw(Method::GET, path, &[], Bytes::new()).await
    }

    /// Ids of the parts of a file.
    pub(crate) async fn parts(&self, file: &str) -> Vec<String> {
        let meta: FileMeta = serde_json::from_value(self.get(&format!("file/{file}")).await.ok()).unwrap();
        meta.part_list.into_iter().map(|part| part.part_id.into_string()).collect()
    }

    pub(crate) async fn usage(&self) -> FileUsage {
        serde_json::from_value(self.backend(Method::GET, "file/usage").await.ok()).unwrap()
    }

    /// Runs what runs every minute.
    pub(crate) async fn tidy(&self) {
        keyfold_server::retention::forget_expired(self.world.state()).await.unwrap();
    }

    pub(crate) fn storage(&self) -> &Path {
        &self.storage
    }

    /// Stored contents.
    pub(crate) fn stored(&self) -> usize {
        contents(self.storage()).len()
    }
}

/// The files below a folder.
pub(crate) fn contents(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten() {
        let path = entry.unwrap().path();
        if path.is_dir() { found.extend(contents(&path)) } else { found.push(path) }
    }
    found
}

pub(crate) fn register_body(belongs_to_type: &str, belongs_to_id: Option<&str>) -> Value {
    json!({
        "encrypted_key": "{\"alg\":\"AES-GCM-256\"}",
        "encrypted_key_alg": "AES-GCM-256",
        "master_key_id": "0190a6a4-3b1c-7cde-8f01-23456789abcd",
        "belongs_to_id": belongs_to_id,
        "belongs_to_type": belongs_to_type,
        "encrypted_file_name": "name",
    })
}
