//! What the SDK costs an app: accounts, groups and contents beside the cryptography they are made of, and a large file with the
//! memory that it takes.
//!
//! ```text
//! cargo bench -p keyfold --bench client                    # everything, with a file of 2 GiB
//! cargo bench -p keyfold --bench client -- --mebibytes 64
//! ```
//!
//! The server is this program once more, as a process of its own on the same machine, with SQLite. Contents are made and compared
//! in memory, so that no other disk access is in the figures than the server's.

#![allow(
    clippy::print_stdout,
    clippy::indexing_slicing,
    clippy::unit_arg,
    reason = "a program that prints a table for people"
)]

use std::error::Error;
use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::pin::Pin;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use futures_util::io::{AsyncRead, AsyncWrite};
use keyfold::crypto::password::{self, Cost, DerivedKeys};
use keyfold::crypto::{PrivateKey, Suite};
use keyfold::protocol::encoding::ClientRandomValue;
use keyfold::{Client, FileId, Group, User};
use keyfold_testkit::{Engine, TestServer};

type Outcome<T> = Result<T, Box<dyn Error>>;

const PART: usize = 4 << 20;
const PASSWORD: &str = "correct horse battery staple";

fn main() -> Outcome<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if arguments.iter().any(|argument| argument == "--serve") {
        return serve();
    }
    if !arguments.iter().any(|argument| argument == "--bench") {
        println!("run with: cargo bench -p keyfold --bench client");
        return Ok(());
    }
    let mebibytes = arguments.iter().skip_while(|argument| *argument != "--mebibytes").nth(1);
    let mebibytes: u64 = mebibytes.map_or(Ok(2048), |number| number.parse())?;
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(async {
        let server = Server::start()?;
        accounts(&server).await?;
        groups(&server).await?;
        large_file(&server, mebibytes << 20).await
    })
}

/// Prints where the server is, and runs until its input ends.
fn serve() -> Outcome<()> {
    let server = TestServer::start(Engine::Sqlite);
    println!("{} {}", server.url(), server.public_token());
    std::io::stdin().read_to_end(&mut Vec::new())?;
    Ok(())
}

struct Server {
    process: Child,
    url: String,
    token: String,
}

impl Server {
    fn start() -> Outcome<Self> {
        let mut process = Command::new(std::env::current_exe()?)
            .arg("--serve")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let mut line = String::new();
        BufReader::new(process.stdout.take().ok_or("no output")?).read_line(&mut line)?;
        let (url, token) = line.trim().split_once(' ').ok_or("the server did not start")?;
        Ok(Self { process, url: url.to_owned(), token: token.to_owned() })
    }

    fn client(&self) -> Outcome<Client> {
        Ok(Client::builder(&self.token).base_url(&self.url).build()?)
    }

    async fn user(&self, name: &str) -> Outcome<User> {
        let client = self.client()?;
        client.register(name, PASSWORD).await?;
        Ok(client.login_forced(name, PASSWORD).await?)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // The end of its input tells it to stop, in order.
        drop(self.process.stdin.take());
        let _ = self.process.wait();
    }
}

async fn accounts(server: &Server) -> Outcome<()> {
    const TIMES: u32 = 40;
    println!("accounts                      wall clock    processor time of this process");
    let client = server.client()?;
    let argon2 = measure(TIMES, async |_| {
        let salt = password::salt(&ClientRandomValue::new([7; 16]), "");
        DerivedKeys::derive(PASSWORD, &salt, "ARGON-2-SHA256", Cost::CURRENT).map(drop).map_err(Into::into)
    })
    .await?;
    print_row("one Argon2id", argon2, None);
    let prepared = measure(TIMES, async |_| Ok(drop(client.prepare_register("name", PASSWORD)?))).await?;
    print_row("make a registration", prepared, Some(argon2));
    let registered =
        measure(TIMES, async |n| Ok(drop(client.register(&format!("user {n}"), PASSWORD).await?))).await?;
    print_row("register", registered, Some(argon2));
    let logged_in =
        measure(TIMES, async |n| Ok(drop(client.login_forced(&format!("user {n}"), PASSWORD).await?)))
            .await?;
    print_row("log in", logged_in, Some(argon2));
    Ok(())
}

async fn groups(server: &Server) -> Outcome<()> {
    println!("\ngroups                        wall clock    processor time of this process");
    let user = server.user("groups").await?;
    let created = measure(200, async |_| Ok(drop(user.create_group().await?))).await?;
    print_row("create a group", created, None);

    let group = user.group(&user.create_group().await?).await?;
    for _ in 1..50 {
        group.rotate_keys().await?;
    }
    let (private, public) = PrivateKey::generate(&Suite::default(), "id")?;
    let sealed = public.encrypt(&[7; 32])?;
    let bare = measure(20, async |_| {
        for _ in 0..50 {
            private.decrypt(&sealed)?;
        }
        Ok(())
    })
    .await?;
    print_row("50 hybrid decryptions", bare, None);
    let mut clients = Vec::new();
    for _ in 0..20 {
        clients.push(server.client()?.login_forced("groups", PASSWORD).await?);
    }
    let opened = measure(20, async |n| Ok(drop(clients[n].group(group.id()).await?))).await?;
    print_row("open a group of 50 keys", opened, Some(bare));

    println!("\ncontents                      time for one  throughput");
    for (name, size, times) in [("4 MiB", PART, 200), ("1 KiB", 1024, 100_000)] {
        let data = vec![7; size];
        let sealed = group.encrypt(&data)?;
        let encrypted = measure(times, async |_| Ok(drop(group.encrypt(&data)?))).await?;
        print_throughput(&format!("encrypt {name}"), encrypted, size);
        let decrypted = measure(times, async |_| Ok(drop(group.decrypt_sync(&sealed)?))).await?;
        print_throughput(&format!("decrypt {name}"), decrypted, size);
    }
    Ok(())
}

/// Time for one of them, by the clock and of the processor.
#[derive(Clone, Copy)]
struct Effort {
    clock: Duration,
    processor: Duration,
}

async fn measure(times: u32, mut work: impl AsyncFnMut(usize) -> Outcome<()>) -> Outcome<Effort> {
    let (begin, processor) = (Instant::now(), processor_time()?);
    for number in 0..times {
        work(usize::try_from(number)?).await?;
    }
    Ok(Effort { clock: begin.elapsed() / times, processor: (processor_time()? - processor) / times })
}

fn print_row(name: &str, cost: Effort, beside: Option<Effort>) {
    let share = beside.map(|beside| {
        let more = cost.processor.as_secs_f64() / beside.processor.as_secs_f64() - 1.0;
        format!("({:+.0} %)", more * 100.0)
    });
    println!(
        "{name:<28} {:>9.2} ms  {:>9.2} ms {}",
        millis(cost.clock),
        millis(cost.processor),
        share.unwrap_or_default()
    );
}

fn print_throughput(name: &str, cost: Effort, size: usize) {
    println!("{name:<28} {:>9.4} ms  {:>9.0} MB/s", millis(cost.clock), rate(size as f64, cost.clock));
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

fn rate(bytes: f64, time: Duration) -> f64 {
    bytes / time.as_secs_f64() / 1e6
}

async fn large_file(server: &Server, size: u64) -> Outcome<()> {
    println!("\na file of {} MiB", size >> 20);
    let user = server.user("files").await?;
    let group = user.group(&user.create_group().await?).await?;
    let memory = Memory::new(server.process.id(), size);

    let begin = Instant::now();
    let file = group.new_file().on_progress(memory.listener());
    let id = file.upload_reader(Pattern { at: 0, end: size }).await?;
    let up = begin.elapsed();
    memory.print("upload");
    let begin = Instant::now();
    let mut download = group.file(&id).await?.download().expect_size(size).on_progress(memory.listener());
    download.to_writer(Pattern { at: 0, end: size }).await?;
    let down = begin.elapsed();
    memory.print("download");
    group.delete_file(&id).await?;

    let (bare_up, bare_down) = bare_transfer(server, &group, size).await?;
    let sealing = Instant::now();
    let part = vec![7; PART];
    for _ in 0..64 {
        group.encrypt(&part)?;
    }
    let sealing = rate((64 * PART) as f64, sealing.elapsed());
    let bytes = size as f64;
    println!("\n             SDK          the server alone");
    for (name, ours, bare) in [("up", up, bare_up), ("down", down, bare_down)] {
        let (ours, bare) = (rate(bytes, ours), rate(bytes, bare));
        println!("{name:<10} {ours:>5.0} MB/s    {bare:>5.0} MB/s   ({:.0} %)", ours / bare * 100.0);
    }
    println!("encryption alone: {sealing:.0} MB/s");
    Ok(())
}

/// The same number of bytes in the same parts, without encryption.
async fn bare_transfer(server: &Server, group: &Group, size: u64) -> Outcome<(Duration, Duration)> {
    let upload = group.new_file().begin().await?;
    let http = reqwest::Client::new();
    let jwt = format!("Bearer {}", group.user().jwt().await?.expose());
    let part = bytes_of(0, PART);
    let parts = size.div_ceil(u64::try_from(PART)?);
    let begin = Instant::now();
    for sequence in 1..=parts {
        let address = format!("{}/{sequence}/{}", upload.session_id(), sequence == parts);
        let request = http.post(format!("{}/api/v1/file/part/{address}", server.url));
        let request = request.header("x-sentc-app-token", &server.token).header("authorization", &jwt);
        request.body(part.clone()).send().await?.error_for_status()?.bytes().await?;
    }
    let up = begin.elapsed();
    let ids = part_ids(group, upload.file_id()).await?;
    let begin = Instant::now();
    for id in ids.iter().cycle().take(usize::try_from(parts)?) {
        let request = http.get(format!("{}/api/v1/file/part/{id}", server.url));
        let request = request.header("x-sentc-app-token", &server.token).header("authorization", &jwt);
        let mut answer = request.send().await?.error_for_status()?;
        let mut length = 0;
        while let Some(chunk) = answer.chunk().await? {
            length += chunk.len();
        }
        assert_eq!(length, PART);
    }
    let down = begin.elapsed();
    upload.abort().await?;
    Ok((up, down))
}

/// Of the first page of parts.
async fn part_ids(group: &Group, file: &FileId) -> Outcome<Vec<String>> {
    let file = group.file(file).await?;
    Ok(file.info().part_list.iter().map(|part| part.part_id.as_str().to_owned()).collect())
}

/// Memory of both processes at some points of a transfer.
struct Memory {
    server: u32,
    marks: Arc<Vec<(u64, AtomicU64, AtomicU64)>>,
    highest: Arc<AtomicU64>,
    lock: Arc<Mutex<()>>,
}

impl Memory {
    fn new(server: u32, size: u64) -> Self {
        let marks = [1, 5, 25, 50, 75, 100]
            .map(|percent| (size / 100 * percent, AtomicU64::default(), AtomicU64::default()));
        Self { server, marks: Arc::new(marks.into()), highest: Arc::default(), lock: Arc::default() }
    }

    fn listener(&self) -> impl Fn(keyfold::Progress) + Send + Sync + 'static {
        for (_, client, server) in self.marks.iter() {
            client.store(0, Ordering::SeqCst);
            server.store(0, Ordering::SeqCst);
        }
        self.highest.store(0, Ordering::SeqCst);
        let (server, marks, highest) = (self.server, Arc::clone(&self.marks), Arc::clone(&self.highest));
        let lock = Arc::clone(&self.lock);
        move |progress| {
            let _one = lock.lock();
            let ours = resident(std::process::id());
            highest.fetch_max(ours, Ordering::SeqCst);
            for (at, client, theirs) in marks.iter() {
                if progress.bytes >= *at && client.load(Ordering::SeqCst) == 0 {
                    client.store(ours, Ordering::SeqCst);
                    theirs.store(resident(server), Ordering::SeqCst);
                }
            }
        }
    }

    fn print(&self, what: &str) {
        println!("{what:<10} resident memory in MB: SDK (server)");
        for (at, client, server) in self.marks.iter() {
            let (client, server) = (client.load(Ordering::SeqCst), server.load(Ordering::SeqCst));
            println!("  at {:>6} MiB  {:>6.1} ({:.1})", at >> 20, client as f64 / 1e6, server as f64 / 1e6);
        }
        println!("  highest        {:>6.1}", self.highest.load(Ordering::SeqCst) as f64 / 1e6);
    }
}

/// Resident memory of a process in bytes; 0 where the system does not tell.
fn resident(process: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<u64>().ok()).unwrap_or(0) * 1024
}

/// Processor time of this process.
fn processor_time() -> Outcome<Duration> {
    const TICKS_PER_SECOND: f64 = 100.0;
    let stat = fs::read_to_string("/proc/self/stat")?;
    // The name, which may hold anything, ends with the last parenthesis.
    let (_, fields) = stat.rsplit_once(") ").ok_or("no such format")?;
    let fields: Vec<&str> = fields.split(' ').collect();
    let ticks: f64 = fields[11].parse::<f64>()? + fields[12].parse::<f64>()?;
    Ok(Duration::from_secs_f64(ticks / TICKS_PER_SECOND))
}

/// Bytes that can be told from those of any other place, to be read, or compared with what is written.
struct Pattern {
    at: u64,
    end: u64,
}

fn bytes_of(at: u64, length: usize) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(length + 8);
    let mut word = at / 8;
    while bytes.len() < length {
        bytes.extend_from_slice(&word.wrapping_mul(0x9E37_79B9_7F4A_7C15).to_le_bytes());
        word += 1;
    }
    bytes.truncate(length);
    bytes
}

impl AsyncRead for Pattern {
    fn poll_read(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        buffer: &mut [u8],
    ) -> Poll<std::io::Result<usize>> {
        // In steps of whole words.
        let left = usize::try_from(self.end - self.at).unwrap_or(usize::MAX);
        let length = buffer.len().min(left).min(1 << 16);
        let length = if length == left { length } else { length & !7 };
        buffer[..length].copy_from_slice(&bytes_of(self.at, length));
        self.at += u64::try_from(length).unwrap_or(0);
        Poll::Ready(Ok(length))
    }
}

impl AsyncWrite for Pattern {
    fn poll_write(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        buffer: &[u8],
    ) -> Poll<std::io::Result<usize>> {
        let length = if buffer.len() > 1 << 16 { 1 << 16 } else { buffer.len() };
        if buffer[..length] != bytes_of(self.at, length) {
            return Poll::Ready(Err(std::io::Error::other("another content")));
        }
        self.at += u64::try_from(length).unwrap_or(0);
        Poll::Ready(Ok(length))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_close(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}
