//! The endpoints of files and stored keys of an older server, in memory: it keeps a part twice that is sent twice, knows no empty list of parts,
//! and can be told to fail. Every other request goes to the real server.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use keyfold::transport::{Method, Request, Response};
use keyfold::{BoxFuture, HttpTransport, Transport, TransportError, TransportErrorKind};
use serde_json::{Value, json};

/// Where an app keeps its parts itself.
pub(crate) const OWN_STORAGE: &str = "https://parts.example/files";

const PAGE: usize = 500;

#[derive(Clone)]
pub(crate) struct FileModel {
    inner: HttpTransport,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    files: HashMap<String, StoredFile>,
    keys: Vec<Value>,
    faults: Vec<(String, Fault)>,
    log: Vec<Sent>,
    ids: u32,
}

struct StoredFile {
    meta: Value,
    open: bool,
    parts: Vec<Part>,
}

struct Part {
    id: String,
    sequence: i64,
    external: bool,
    content: Vec<u8>,
}

/// A request that came here.
#[derive(Clone, Debug)]
pub(crate) struct Sent {
    /// Method and path.
    pub(crate) what: String,
    pub(crate) authorized: bool,
    pub(crate) bytes: usize,
}

/// What happens to the next request whose path contains a text.
pub(crate) enum Fault {
    RequestLost,
    AnswerLost,
    Busy,
    /// The bytes of the answer are changed on the way.
    Damaged,
    Truncated,
}

impl FileModel {
    pub(crate) fn new() -> Self {
        Self { inner: HttpTransport::new().unwrap(), state: Arc::default() }
    }

    /// The next request with `path` in its path meets `fault`; each fault once, in this order.
    pub(crate) fn fault(&self, path: &str, fault: Fault) {
        self.state.lock().unwrap().faults.push((path.to_owned(), fault));
    }

    /// Requests since the last time, those with `path` in their path.
    pub(crate) fn take_log(&self, path: &str) -> Vec<Sent> {
        let log = std::mem::take(&mut self.state.lock().unwrap().log);
        log.into_iter().filter(|sent| sent.what.contains(path)).collect()
    }

    /// Sequence numbers of the parts that are there.
    pub(crate) fn sequences(&self, file: &str) -> Vec<i64> {
        self.state.lock().unwrap().files[file].parts.iter().map(|part| part.sequence).collect()
    }

    pub(crate) fn put_part(&self, file: &str, sequence: i64, content: Vec<u8>) {
        self.state.lock().unwrap().put_part(file, sequence, false, content);
    }

    pub(crate) fn remove_last_part(&self, file: &str) {
        self.state.lock().unwrap().files.get_mut(file).unwrap().parts.pop();
    }

    pub(crate) fn has(&self, file: &str) -> bool {
        self.state.lock().unwrap().files.contains_key(file)
    }

    fn answer(&self, request: &Request, path: &str) -> Result<Response, TransportErrorKind> {
        let mut state = self.state.lock().unwrap();
        let what = format!("{} {path}", request.method.as_str());
        let authorized = request.header("authorization").is_some();
        assert!(request.header("x-sentc-app-token").is_some());
        state.log.push(Sent { what, authorized, bytes: request.body.len() });
        let fault = state.faults.iter().position(|(pattern, _)| path.contains(pattern));
        match fault.map(|index| state.faults.remove(index).1) {
            None => Ok(state.act(request, path)),
            Some(Fault::RequestLost) => Err(TransportErrorKind::Interrupted),
            Some(Fault::Busy) => Ok(refusal(429, 429)),
            Some(Fault::AnswerLost) => {
                state.act(request, path);
                Err(TransportErrorKind::Timeout)
            }
            Some(Fault::Damaged) => {
                let mut answer = state.act(request, path);
                *answer.body.last_mut().unwrap() ^= 1;
                Ok(answer)
            }
            Some(Fault::Truncated) => {
                let mut answer = state.act(request, path);
                answer.body.truncate(answer.body.len() / 2);
                Ok(answer)
            }
        }
    }
}

impl Transport for FileModel {
    fn send(&self, request: Request) -> BoxFuture<'_, Result<Response, TransportError>> {
        Box::pin(async move {
            let path = match request.url.strip_prefix(OWN_STORAGE) {
                Some(path) => Some(format!("own{path}")),
                None => request.url.split_once("/api/v1/").map(|(_, path)| path.to_owned()),
            };
            match path {
                Some(path)
                    if path.split('/').any(|segment| ["file", "own", "sym_key"].contains(&segment)) =>
                {
                    self.answer(&request, &path).map_err(TransportError::new)
                }
                _ => self.inner.send(request).await,
            }
        })
    }
}

impl State {
    fn act(&mut self, request: &Request, path: &str) -> Response {
        let segments: Vec<&str> = path.split('/').collect();
        match (request.method, segments.as_slice()) {
            (Method::Post, ["file"] | ["group", _, "file"]) => self.register(&request.body),
            (Method::Get, ["file", "part", id] | ["own", id]) => self.content(id),
            (Method::Post, ["file", "part", session, sequence, end]) => {
                self.upload(session, sequence, *end == "true", false, &request.body)
            }
            (Method::Post, ["own", session, sequence, end]) => {
                self.upload(session, sequence, *end == "true", true, &request.body)
            }
            (Method::Get, ["file", file, "part_fetch", after]) => {
                match self.list(file, after.parse().unwrap()) {
                    list if list.is_empty() => refusal(400, 512),
                    list => success(&json!(list)),
                }
            }
            (Method::Get, ["file", file] | ["group", _, "file", file]) => match self.list(file, 0) {
                list if list.is_empty() => refusal(400, 512),
                list => {
                    let mut meta = self.files[*file].meta.clone();
                    meta["part_list"] = json!(list);
                    success(&meta)
                }
            },
            (Method::Put, ["file", file]) => {
                let body: Value = serde_json::from_slice(&request.body).unwrap();
                let stored = self.files.get_mut(*file).unwrap();
                stored.meta["encrypted_file_name"] = body["encrypted_file_name"].clone();
                success(&json!("Success"))
            }
            (Method::Delete, ["file", file] | ["group", _, "file", file]) => match self.files.remove(*file) {
                Some(_) => success(&json!("Success")),
                None => refusal(400, 512),
            },
            (Method::Post, ["keys", "sym_key"]) => {
                let mut key: Value = serde_json::from_slice(&request.body).unwrap();
                key["key_id"] = json!(self.id("k"));
                key["time"] = json!(self.ids);
                self.keys.push(key.clone());
                success(&json!({ "key_id": key["key_id"] }))
            }
            (Method::Get, ["keys", "sym_key", id]) => {
                let key = self.keys.iter().find(|key| key["key_id"] == *id);
                key.map_or_else(|| refusal(400, 400), success)
            }
            (Method::Get, ["keys", "sym_key", "master_key", master, ..]) => {
                let under = self.keys.iter().filter(|key| key["master_key_id"] == *master);
                success(&json!(under.collect::<Vec<_>>()))
            }
            (Method::Delete, ["keys", "sym_key", id]) => {
                self.keys.retain(|key| key["key_id"] != *id);
                success(&json!("Success"))
            }
            _ => refusal(404, 404),
        }
    }

    fn id(&mut self, kind: &str) -> String {
        self.ids += 1;
        format!("{kind}-{}", self.ids)
    }

    fn register(&mut self, body: &[u8]) -> Response {
        let file = self.id("f");
        let mut meta: Value = serde_json::from_slice(body).unwrap();
        meta["file_id"] = json!(file);
        meta["owner"] = json!("owner");
        meta["belongs_to"] = meta["belongs_to_id"].take();
        self.files.insert(file.clone(), StoredFile { meta, open: true, parts: Vec::new() });
        success(&json!({ "session_id": format!("session-{file}"), "file_id": file }))
    }

    fn upload(&mut self, session: &str, sequence: &str, end: bool, own: bool, body: &[u8]) -> Response {
        let file = session.strip_prefix("session-").unwrap();
        if !self.files.get(file).is_some_and(|file| file.open) {
            return refusal(400, 510);
        }
        self.put_part(file, sequence.parse().unwrap(), own, body.to_vec());
        self.files.get_mut(file).unwrap().open = !end;
        success(&json!("Success"))
    }

    fn put_part(&mut self, file: &str, sequence: i64, external: bool, content: Vec<u8>) {
        let id = self.id("p");
        let parts = &mut self.files.get_mut(file).unwrap().parts;
        parts.push(Part { id, sequence, external, content });
        parts.sort_by_key(|part| part.sequence);
    }

    fn list(&self, file: &str, after: i64) -> Vec<Value> {
        let Some(file) = self.files.get(file) else { return Vec::new() };
        let behind = file.parts.iter().filter(|part| part.sequence > after);
        let item = |part: &Part| json!({ "part_id": part.id, "sequence": part.sequence, "extern_storage": part.external });
        behind.take(PAGE).map(item).collect()
    }

    fn content(&self, id: &str) -> Response {
        let mut parts = self.files.values().flat_map(|file| &file.parts);
        parts
            .find(|part| part.id == id)
            .map_or_else(|| refusal(400, 500), |part| Response::new(200, part.content.clone()))
    }
}

fn success(result: &Value) -> Response {
    Response::new(200, json!({ "status": true, "result": result }).to_string())
}

fn refusal(status: u16, code: u32) -> Response {
    Response::new(status, json!({ "status": false, "err_msg": "no", "err_code": code }).to_string())
}
