//! Contents of files at the bare server, and copied on the disk without any server.

use std::fs::File;
use std::io::{Read as _, Seek as _, Write as _};
use std::time::{Duration, Instant};

use anyhow::Result;

use super::{Bench, Measurement};
use crate::arguments::Extent;
use crate::closed_loop::{Worker, run};
use crate::connection::Connection;
use crate::process::CpuClock;
use crate::report::{Transfer, megabytes};

/// When written parts are flushed to the disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Flush {
    /// Each before the next, or before its answer.
    Each,
    /// All of them after the last.
    Once,
    /// When the system likes.
    Never,
}

/// Parts that downloads are spread over, as many as there are at the measured server.
const SPREAD: usize = 32;

/// Parts sent to the bare server, which writes each into a file of its own.
pub(crate) fn upload(bench: &Bench<'_>, content: &[u8], clients: usize, flush: Flush) -> Result<Measurement> {
    bench.storage.bare_folder()?;
    let way = if flush == Flush::Never { "store-unflushed" } else { "store" };
    let length = content.len();
    let head = move |client: usize, number: usize| {
        format!(
            "POST /{way}/{client}-{number} HTTP/1.1\r\nhost: localhost\r\ncontent-length: {length}\r\n\r\n"
        )
    };
    let measured = exchange(bench, clients, head, content)?;
    clear(bench)?;
    let label = if flush == Flush::Never { "bare HTTP copy, not flushed" } else { "bare HTTP copy, flushed" };
    Ok(Measurement { p50: Some(measured.1), ..rate(label, measured.0 * megabytes(content.len())) })
}

/// Parts fetched from the bare server, which reads them from files.
pub(crate) fn download(bench: &Bench<'_>, part: usize, clients: usize) -> Result<Measurement> {
    let content = vec![b'x'; part];
    let folder = bench.storage.bare_folder()?;
    for number in 0..SPREAD {
        std::fs::write(folder.join(number.to_string()), &content)?;
    }
    let head = |_: usize, number: usize| {
        format!("GET /stored/{} HTTP/1.1\r\nhost: localhost\r\n\r\n", number % SPREAD)
    };
    let measured = exchange(bench, clients, head, &[])?;
    clear(bench)?;
    Ok(Measurement { p50: Some(measured.1), ..rate("bare HTTP from files", measured.0 * megabytes(part)) })
}

/// A file of `count` parts, copied to files of a part each that are flushed one by one, or to one file.
pub(crate) fn copy(bench: &Bench<'_>, part: usize, count: usize, flush: Flush) -> Result<Measurement> {
    let folder = bench.storage.bare_folder()?;
    let mut content = vec![b'x'; part];
    let mut source =
        File::options().read(true).write(true).create(true).truncate(true).open(folder.join("source"))?;
    for _ in 0..count {
        source.write_all(&content)?;
    }
    source.sync_all()?;
    source.rewind()?;
    let started = Instant::now();
    let mut target = File::create(folder.join("copy"))?;
    for number in 0..count {
        source.read_exact(&mut content)?;
        target.write_all(&content)?;
        if flush == Flush::Each {
            target.sync_all()?;
            target = File::create(folder.join(format!("copy-{number}")))?;
        }
    }
    if flush != Flush::Never {
        target.sync_all()?;
    }
    let transfer = Transfer { bytes: part * count, elapsed: started.elapsed() };
    drop((source, target));
    clear(bench)?;
    let label =
        if flush == Flush::Each { "plain copy, each part flushed" } else { "plain copy, flushed once" };
    Ok(rate(label, transfer.megabytes_per_second()))
}

fn rate(label: &str, per_second: f64) -> Measurement {
    Measurement { label: label.to_owned(), per_second, cpu_micros: None, p50: None }
}

/// Requests per second, and how long half of them took at most.
fn exchange(
    bench: &Bench<'_>,
    clients: usize,
    head: impl Fn(usize, usize) -> String + Clone + Send + 'static,
    body: &[u8],
) -> Result<(f64, Duration)> {
    let make = |client: usize| {
        let (head, body) = (head.clone(), body.to_vec());
        let mut number = 0;
        let worker = move |connection: &mut Connection| {
            number += 1;
            let (status, ..) = connection.exchange_long(head(client, number).as_bytes(), &body)?;
            anyhow::ensure!(status == 200, "the bare server answered with {status}");
            Ok(())
        };
        Ok(Box::new(worker) as Box<dyn Worker>)
    };
    let cpu = CpuClock::default();
    let measured = run(&[bench.bare.address], clients, Extent::Time(bench.time), &cpu, &make)?;
    Ok((measured.per_second(), measured.p50))
}

/// What is removed need not be written to the disk beside the next measurement.
fn clear(bench: &Bench<'_>) -> Result<()> {
    Ok(std::fs::remove_dir_all(bench.storage.bare_folder()?)?)
}
