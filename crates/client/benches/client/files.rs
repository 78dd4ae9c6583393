//! A large file, beside what carries it: the disk, the cipher, and the server.

use std::io::Write;
use std::time::Duration;

use keyfold::transport::Bytes;
use keyfold::{FileId, Group};

use crate::Outcome;
use crate::effort::{Begin, Effort, rate, text};
use crate::memory::{MARKS, Memory};
use crate::pattern::{Pattern, first_bytes};
use crate::server::Server;

const PART: usize = 4 << 20;
/// How often everything is done, in turns; the best counts.
const ROUNDS: u32 = 3;

pub(crate) async fn measure_all(server: &Server, size: u64) -> Outcome<()> {
    let group = server.group(&format!("files of {size}")).await?;
    let memory = Memory::new(server.process_id(), size);
    let mut marks = Vec::new();
    let [mut up, mut bare_up, mut down, mut bare_down] = [Transfer::default(); 4];
    let (mut ciphers, mut disk) = (Duration::MAX, Duration::MAX);
    for _ in 0..ROUNDS {
        marks.clear();
        let begin = Watch::start(server);
        let file = group.new_file().on_progress(memory.listener()?);
        let id = file.upload_reader(Pattern::of_size(size)).await?;
        up.keep_faster(begin.transfer());
        marks.push(memory.row("up"));
        let begin = Watch::start(server);
        let download = group.file(&id).await?.download().expect_size(size);
        download.on_progress(memory.listener()?).to_writer(Pattern::of_size(size)).await?;
        down.keep_faster(begin.transfer());
        marks.push(memory.row("down"));
        group.delete_file(&id).await?;

        let (bare_sending, bare_receiving) = bare_transfer(server, &group, size).await?;
        bare_up.keep_faster(bare_sending);
        bare_down.keep_faster(bare_receiving);
        ciphers = ciphers.min(encryption(&group, size)?);
        disk = disk.min(write_to_disk(size)?);
    }
    let rate = |time| rate(size as f64, time);
    println!(
        "\n| a file of {} MiB | SDK | the server alone | encryption alone | the disk alone |",
        size >> 20
    );
    println!("|---|---:|---:|---:|---:|");
    for (name, ours, bare) in [("up", up, bare_up), ("down", down, bare_down)] {
        let (ours, bare) = (rate(ours.clock), rate(bare.clock));
        let share = ours / bare * 100.0;
        let (ciphers, disk) = (rate(ciphers), rate(disk));
        println!(
            "| {name} | {ours:.0} MB/s | {bare:.0} MB/s ({share:.0} %) | {ciphers:.0} MB/s | {disk:.0} MB/s |"
        );
    }
    println!("\n| for each part of 4 MiB | time | processor, SDK | processor, server |");
    println!("|---|---:|---:|---:|");
    let parts = u32::try_from(size.div_ceil(u64::try_from(PART)?))?;
    for (name, of) in
        [("up", up), ("up, the server alone", bare_up), ("down", down), ("down, the server alone", bare_down)]
    {
        let [clock, client, server] = [of.clock, of.client, of.server].map(|time| text(time / parts));
        println!("| {name} | {clock} | {client} | {server} |");
    }
    println!("\n| resident memory, SDK (server), MB |{} most |", memory.head());
    println!("|---|{}---:|", "---:|".repeat(MARKS.len()));
    marks.iter().for_each(|row| println!("{row}"));
    Ok(())
}

/// What a transfer took, by the clock and of the processor on both sides.
#[derive(Clone, Copy)]
struct Transfer {
    clock: Duration,
    client: Duration,
    server: Duration,
}

impl Default for Transfer {
    fn default() -> Self {
        Self { clock: Duration::MAX, client: Duration::ZERO, server: Duration::ZERO }
    }
}

impl Transfer {
    fn keep_faster(&mut self, other: Self) {
        if other.clock < self.clock {
            *self = other;
        }
    }
}

/// Since when.
struct Watch<'a> {
    begin: Begin,
    server: &'a Server,
    server_time: Duration,
}

impl<'a> Watch<'a> {
    fn start(server: &'a Server) -> Self {
        Self { server_time: server.processor_time(), begin: Begin::now(), server }
    }

    fn transfer(&self) -> Transfer {
        let Effort { clock, processor } = self.begin.effort(1);
        let server = self.server.processor_time().saturating_sub(self.server_time);
        Transfer { clock, client: processor, server }
    }
}

/// The same number of bytes in the same parts, without encryption.
async fn bare_transfer(server: &Server, group: &Group, size: u64) -> Outcome<(Transfer, Transfer)> {
    let upload = group.new_file().begin().await?;
    let http = reqwest::Client::new();
    let jwt = format!("Bearer {}", group.user().jwt().await?.expose());
    let part = Bytes::from(first_bytes(PART));
    let parts = size.div_ceil(u64::try_from(PART)?);
    let begin = Watch::start(server);
    for sequence in 1..=parts {
        let address = format!("{}/{sequence}/{}", upload.session_id(), sequence == parts);
        let request = http.post(format!("{}/api/v1/file/part/{address}", server.url));
        let request = request.header("x-sentc-app-token", &server.token).header("authorization", &jwt);
        request.body(part.clone()).send().await?.error_for_status()?.bytes().await?;
    }
    let up = begin.transfer();
    let ids = part_ids(group, upload.file_id()).await?;
    let begin = Watch::start(server);
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
    let down = begin.transfer();
    upload.abort().await?;
    Ok((up, down))
}

/// Of the first page of parts.
async fn part_ids(group: &Group, file: &FileId) -> Outcome<Vec<String>> {
    let file = group.file(file).await?;
    Ok(file.info().part_list.iter().map(|part| part.part_id.as_str().to_owned()).collect())
}

/// So many bytes, on one core.
fn encryption(group: &Group, size: u64) -> Outcome<Duration> {
    const TIMES: u32 = 64;
    let part = vec![7; PART];
    let begin = Begin::now();
    for _ in 0..TIMES {
        group.encrypt(&part)?;
    }
    Ok(begin.effort(TIMES).clock * u32::try_from(size.div_ceil(u64::try_from(PART)?))?)
}

/// So many bytes, as a server has to do it at least that loses nothing it has acknowledged.
fn write_to_disk(size: u64) -> Outcome<Duration> {
    const MOST: u32 = 128;
    let (folder, part) = (tempfile::tempdir()?, first_bytes(PART));
    let parts = u32::try_from(size.div_ceil(u64::try_from(PART)?))?;
    let begin = Begin::now();
    for number in 0..parts.min(MOST) {
        let mut file = std::fs::File::create(folder.path().join(number.to_string()))?;
        file.write_all(&part)?;
        file.sync_data()?;
    }
    Ok(begin.effort(parts.min(MOST)).clock * parts)
}
