//! A large file, beside what carries it: the disk, the cipher, and the server.

use std::io::Write;
use std::time::{Duration, Instant};

use keyfold::{FileId, Group};

use crate::Outcome;
use crate::effort::rate;
use crate::memory::Memory;
use crate::pattern::{Pattern, first_bytes};
use crate::server::Server;

const PART: usize = 4 << 20;

pub(crate) async fn measure_all(server: &Server, size: u64) -> Outcome<()> {
    println!("\na file of {} MiB", size >> 20);
    let group = server.group(&format!("files of {size}")).await?;
    let memory = Memory::new(server.process_id(), size);

    let begin = Instant::now();
    let file = group.new_file().on_progress(memory.listener());
    let id = file.upload_reader(Pattern::of_size(size)).await?;
    let up = begin.elapsed();
    memory.print("upload");
    let begin = Instant::now();
    let mut download = group.file(&id).await?.download().expect_size(size).on_progress(memory.listener());
    download.to_writer(Pattern::of_size(size)).await?;
    let down = begin.elapsed();
    memory.print("download");
    group.delete_file(&id).await?;

    let (bare_up, bare_down) = bare_transfer(server, &group, size).await?;
    let bytes = size as f64;
    println!("\n             SDK          the server alone");
    for (name, ours, bare) in [("up", up, bare_up), ("down", down, bare_down)] {
        let (ours, bare) = (rate(bytes, ours), rate(bytes, bare));
        println!("{name:<10} {ours:>5.0} MB/s    {bare:>5.0} MB/s   ({:.0} %)", ours / bare * 100.0);
    }
    println!("encryption alone: {:.0} MB/s", encryption(&group)?);
    println!("the disk alone, each part in a file of its own that is flushed: {:.0} MB/s", disk(size)?);
    Ok(())
}

/// The same number of bytes in the same parts, without encryption.
async fn bare_transfer(server: &Server, group: &Group, size: u64) -> Outcome<(Duration, Duration)> {
    let upload = group.new_file().begin().await?;
    let http = reqwest::Client::new();
    let jwt = format!("Bearer {}", group.user().jwt().await?.expose());
    let part = first_bytes(PART);
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
