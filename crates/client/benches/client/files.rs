//! A large file, beside what carries it: the disk, the cipher, and the server.

use std::io::Write;
use std::time::{Duration, Instant};

use keyfold::transport::Bytes;
use keyfold::{FileId, Group};

use crate::Outcome;
use crate::effort::rate;
use crate::memory::{MARKS, Memory};
use crate::pattern::{Pattern, first_bytes};
use crate::server::Server;

const PART: usize = 4 << 20;
/// How often everything is done; the best counts.
const ROUNDS: u32 = 2;

pub(crate) async fn measure_all(server: &Server, size: u64) -> Outcome<()> {
    let group = server.group(&format!("files of {size}")).await?;
    let memory = Memory::new(server.process_id(), size);
    let mut marks = Vec::new();
    let (mut up, mut bare_up) = (Duration::MAX, Duration::MAX);
    let (mut down, mut bare_down) = (Duration::MAX, Duration::MAX);
    for _ in 0..ROUNDS {
        marks.clear();
        let begin = Instant::now();
        let file = group.new_file().on_progress(memory.listener()?);
        let id = file.upload_reader(Pattern::of_size(size)).await?;
        up = up.min(begin.elapsed());
        marks.push(memory.row("up"));
        let begin = Instant::now();
        let download = group.file(&id).await?.download().expect_size(size);
        download.on_progress(memory.listener()?).to_writer(Pattern::of_size(size)).await?;
        down = down.min(begin.elapsed());
        marks.push(memory.row("down"));
        group.delete_file(&id).await?;

        let (bare_sending, bare_receiving) = bare_transfer(server, &group, size).await?;
        bare_up = bare_up.min(bare_sending);
        bare_down = bare_down.min(bare_receiving);
    }
    let ciphers = encryption(&group)?;
    let disk = disk(size)?;
    println!(
        "\n| a file of {} MiB | SDK | the server alone | encryption alone | the disk alone |",
        size >> 20
    );
    println!("|---|---:|---:|---:|---:|");
    for (name, ours, bare) in [("up", up, bare_up), ("down", down, bare_down)] {
        let (ours, bare) = (rate(size as f64, ours), rate(size as f64, bare));
        let share = ours / bare * 100.0;
        println!(
            "| {name} | {ours:.0} MB/s | {bare:.0} MB/s ({share:.0} %) | {ciphers:.0} MB/s | {disk:.0} MB/s |"
        );
    }
    println!("\n| resident memory, SDK (server), MB |{} most |", memory.head());
    println!("|---|{}---:|", "---:|".repeat(MARKS.len()));
    marks.iter().for_each(|row| println!("{row}"));
    Ok(())
}

/// The same number of bytes in the same parts, without encryption.
async fn bare_transfer(server: &Server, group: &Group, size: u64) -> Outcome<(Duration, Duration)> {
    let upload = group.new_file().begin().await?;
    let http = reqwest::Client::new();
    let jwt = format!("Bearer {}", group.user().jwt().await?.expose());
    let part = Bytes::from(first_bytes(PART));
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

/// Megabytes per second.
fn encryption(group: &Group) -> Outcome<f64> {
    const TIMES: usize = 64;
    let part = vec![7; PART];
    let begin = Instant::now();
    for _ in 0..TIMES {
        group.encrypt(&part)?;
    }
    Ok(rate((TIMES * PART) as f64, begin.elapsed()))
}

/// Megabytes per second of what a server has to do at least that loses nothing it has acknowledged.
fn disk(size: u64) -> Outcome<f64> {
    let (folder, part) = (tempfile::tempdir()?, first_bytes(PART));
    let parts = size.div_ceil(u64::try_from(PART)?).min(128);
    let begin = Instant::now();
    for number in 0..parts {
        let mut file = std::fs::File::create(folder.path().join(number.to_string()))?;
        file.write_all(&part)?;
        file.sync_data()?;
    }
    Ok(rate(parts as f64 * PART as f64, begin.elapsed()))
}
