//! Contents of files: parts up and down, whole files, and what they cost the server's memory.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use serde_json::Value;

use super::{Actor, Stage};
use crate::arguments::Extent;
use crate::bound::file::{self, Flush};
use crate::bound::{Bench, Measurement};
use crate::closed_loop::{Measured, Worker};
use crate::connection::{Connection, Head, text_member};
use crate::report::{Memory, Row, Transfer};

/// Bytes of a part: what clients cut files into.
const PART: usize = 4 << 20;

/// Parts of a whole file: 1 GiB.
const WHOLE: usize = 256;

/// Clients that fetch one part at the same time.
const PARALLEL: usize = 64;

/// Parts that downloads are spread over.
const SPREAD: usize = 32;

/// Single parts, for one client and for many.
pub(super) fn parts(stage: &Stage<'_>) -> Result<Vec<Row>> {
    let mut rows = Vec::new();
    let stored = Arc::new(upload_file(stage, scaled(stage, SPREAD))?);
    let mut counts = vec![1, stage.options.connections];
    counts.dedup();
    for clients in counts {
        let content = content();
        let (measured, memory) = watch_memory(stage, || {
            stage.run_on(clients, &|actor| Ok(Box::new(Uploads::new(actor, content.clone()))))
        })?;
        let bounds = bounds(stage, |bench| {
            Ok(vec![
                file::upload(bench, &content, clients, Flush::Each)?,
                file::upload(bench, &content, clients, Flush::Never)?,
            ])
        })?;
        rows.push(row(&format!("file part 4 MiB up, {}", clients_text(clients)), &measured, bounds, memory));
    }
    let mut counts = vec![1, stage.options.connections];
    counts.dedup();
    for clients in counts {
        let (measured, memory) =
            watch_memory(stage, || stage.run_on(clients, &|actor| Ok(downloads(actor, stored.clone()))))?;
        let bounds = bounds(stage, |bench| Ok(vec![file::download(bench, PART, clients)?]))?;
        rows.push(row(
            &format!("file part 4 MiB down, {}", clients_text(clients)),
            &measured,
            bounds,
            memory,
        ));
    }
    Ok(rows)
}

/// Many clients that fetch the same part.
pub(super) fn same_part(stage: &Stage<'_>) -> Result<Vec<Row>> {
    let stored = Arc::new(upload_file(stage, 1)?);
    let clients = scaled(stage, PARALLEL);
    let (measured, memory) =
        watch_memory(stage, || stage.run_on(clients, &|actor| Ok(downloads(actor, stored.clone()))))?;
    let bounds = bounds(stage, |bench| Ok(vec![file::download(bench, PART, clients)?]))?;
    Ok(vec![row(&format!("the same part down, {clients} clients"), &measured, bounds, memory)])
}

/// One large file, part after part.
pub(super) fn whole(stage: &Stage<'_>) -> Result<Vec<Row>> {
    let count = scaled(stage, WHOLE);
    let started = Instant::now();
    let (stored, memory_up) = watch_memory(stage, || upload_file(stage, count))?;
    let up = Transfer { bytes: PART * count, elapsed: started.elapsed() };
    let started = Instant::now();
    let ((), memory_down) = watch_memory(stage, || download_file(stage, &stored))?;
    let down = Transfer { bytes: PART * count, elapsed: started.elapsed() };
    let up_bounds = bounds(stage, |bench| {
        Ok(vec![file::copy(bench, PART, count, Flush::Each)?, file::copy(bench, PART, count, Flush::Once)?])
    })?;
    let down_bounds = bounds(stage, |bench| {
        Ok(vec![file::download(bench, PART, 1)?, file::copy(bench, PART, count, Flush::Once)?])
    })?;
    let name = |way: &str| format!("file of {} MiB {way}, one client", (PART * count) >> 20);
    Ok(vec![
        Row::of_transfer(&name("up"), up, up_bounds, memory_up),
        Row::of_transfer(&name("down"), down, down_bounds, memory_down),
    ])
}

/// A number of parts or clients; a smoke test has no time for many.
fn scaled(stage: &Stage<'_>, full: usize) -> usize {
    match stage.options.extent {
        Extent::Time(_) => full,
        Extent::Requests(_) => full.min(4),
    }
}

fn row(name: &str, measured: &Measured, bounds: Vec<Measurement>, memory: Option<Memory>) -> Row {
    Row::of_transfers(name, measured, PART, bounds, memory)
}

fn clients_text(clients: usize) -> String {
    if clients == 1 { "1 client".to_owned() } else { format!("{clients} clients") }
}

fn bounds(
    stage: &Stage<'_>,
    measure: impl FnOnce(&Bench<'_>) -> Result<Vec<Measurement>>,
) -> Result<Vec<Measurement>> {
    stage.bench.as_ref().map_or(Ok(Vec::new()), measure)
}

/// Bytes that do not compress, as ciphertext does not.
fn content() -> Arc<[u8]> {
    let mut state = 0x0123_4567_89ab_cdef_u64;
    let words = std::iter::repeat_with(|| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()
    });
    words.flatten().take(PART).collect()
}

/// Runs `work` and watches what memory the servers take meanwhile.
fn watch_memory<T>(stage: &Stage<'_>, work: impl FnOnce() -> Result<T>) -> Result<(T, Option<Memory>)> {
    let before = stage.resident_bytes();
    let stop = AtomicBool::new(false);
    let (done, peak) = std::thread::scope(|scope| {
        let watching = scope.spawn(|| {
            let mut peak = before;
            while !stop.load(Ordering::Relaxed) {
                peak = peak.max(stage.resident_bytes());
                std::thread::sleep(Duration::from_millis(5));
            }
            peak
        });
        let done = work();
        stop.store(true, Ordering::Relaxed);
        (done, watching.join().ok().context("the thread that watches the memory panicked"))
    });
    let memory = before.zip(peak?).map(|(before, peak)| Memory { before, peak });
    Ok((done?, memory))
}

/// A file on the server.
struct Stored {
    owner: u32,
    parts: Vec<String>,
}

/// Uploads a file of `count` parts through the API, one after the other, and asks for their names.
fn upload_file(stage: &Stage<'_>, count: usize) -> Result<Stored> {
    let mut connection = Connection::open(*stage.addresses.first().context("no server")?)?;
    let actor = stage.actor(0);
    let owner = 0;
    let (file, session) = register(&actor, &mut connection, owner)?;
    let content = content();
    for sequence in 1..=count {
        upload(&actor, &mut connection, owner, &session, sequence, sequence == count, &content)?;
    }
    let jwt = Some(actor.world.jwt(owner));
    let head = Head {
        method: "GET",
        path: &format!("file/{file}"),
        app_token: &actor.world.app_token,
        jwt,
        client: None,
    };
    let answer: Value = serde_json::from_slice(connection.call(&head, &[])?)?;
    let list = answer["result"]["part_list"].as_array().context("a file without parts")?;
    let parts = list.iter().filter_map(|part| part["part_id"].as_str().map(str::to_owned)).collect();
    Ok(Stored { owner, parts })
}

/// Fetches all parts, one after the other.
fn download_file(stage: &Stage<'_>, stored: &Stored) -> Result<()> {
    let mut connection = Connection::open(*stage.addresses.first().context("no server")?)?;
    let actor = stage.actor(0);
    stored.parts.iter().try_for_each(|part| download(&actor, &mut connection, stored.owner, part))
}

struct Uploads {
    actor: Actor,
    content: Arc<[u8]>,
    /// Registered with the first part.
    session: Option<String>,
    sequence: usize,
}

impl Uploads {
    fn new(actor: Actor, content: Arc<[u8]>) -> Self {
        Self { actor, content, session: None, sequence: 0 }
    }
}

impl Worker for Uploads {
    fn operate(&mut self, connection: &mut Connection) -> Result<()> {
        let owner = self.actor.connection;
        let session = match self.session.take() {
            Some(session) => session,
            None => register(&self.actor, connection, owner)?.1,
        };
        self.sequence += 1;
        upload(&self.actor, connection, owner, &session, self.sequence, false, &self.content)?;
        self.session = Some(session);
        Ok(())
    }
}

fn downloads(mut actor: Actor, stored: Arc<Stored>) -> Box<dyn Worker> {
    Box::new(move |connection: &mut Connection| {
        let count = u32::try_from(stored.parts.len())?;
        let index = usize::try_from(actor.pick(count))?;
        let part = stored.parts.get(index).context("a file without parts")?;
        download(&actor, connection, stored.owner, part)
    })
}

/// The file and the permission to upload its parts.
fn register(actor: &Actor, connection: &mut Connection, owner: u32) -> Result<(String, String)> {
    let body = serde_json::json!({
        "encrypted_key": actor.world.templates.encrypted_group_key,
        "encrypted_key_alg": actor.world.templates.group.group_key_alg,
        "master_key_id": crate::data::ids::user_key(owner),
        "belongs_to_id": null,
        "belongs_to_type": "None",
        "encrypted_file_name": null,
    });
    let jwt = Some(actor.world.jwt(owner));
    let head = Head { method: "POST", path: "file", app_token: &actor.world.app_token, jwt, client: None };
    let answer = connection.call(&head, body.to_string().as_bytes())?;
    Ok((text_member(answer, "file_id")?.to_owned(), text_member(answer, "session_id")?.to_owned()))
}

fn upload(
    actor: &Actor,
    connection: &mut Connection,
    owner: u32,
    session: &str,
    sequence: usize,
    is_last: bool,
    content: &[u8],
) -> Result<()> {
    let path = format!("file/part/{session}/{sequence}/{is_last}");
    let jwt = Some(actor.world.jwt(owner));
    let head = Head { method: "POST", path: &path, app_token: &actor.world.app_token, jwt, client: None };
    connection.call(&head, content).map(drop)
}

fn download(actor: &Actor, connection: &mut Connection, owner: u32, part: &str) -> Result<()> {
    let path = format!("file/part/{part}");
    let jwt = Some(actor.world.jwt(owner));
    let head = Head { method: "GET", path: &path, app_token: &actor.world.app_token, jwt, client: None };
    let length = connection.download(&head)?;
    anyhow::ensure!(length == PART, "a part came with {length} bytes");
    Ok(())
}
