//! One run: fill a database, start servers, go through the scenarios.

use std::sync::Arc;
use std::sync::atomic::AtomicU32;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};

use crate::arguments::{Engine, Extent, Options};
use crate::bound::{self, Bench};
use crate::data::World;
use crate::process::{CpuClock, Process};
use crate::report::{Row, comparison, json, markdown};
use crate::scenario::{self, Stage};
use crate::storage::Storage;

/// Measures what the options say and prints it.
pub(crate) fn measure(options: &Options) -> Result<()> {
    let rows = rows(options)?;
    println!("{}", if options.json { json(&rows) } else { markdown(&rows) });
    Ok(())
}

/// Everything that `docs/performance.md` shows.
pub(crate) fn report(options: &Options) -> Result<()> {
    let started = Instant::now();
    let section = |title: &str, options: &Options| -> Result<Vec<Row>> {
        eprintln!("==> {title}");
        let rows = rows(options)?;
        println!("\n### {title}\n\n{}", markdown(&rows));
        Ok(rows)
    };
    let compare = |names: (&str, &str), first: &[Row], second: &[Row]| {
        println!("\n### {} beside {}\n\n{}", names.1, names.0, comparison(names, first, second));
    };
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    println!(
        "{cores} cores, shared by the servers, the databases and the load generator; {} connections",
        options.connections
    );
    let all = Options {
        json: false,
        scenarios: Vec::new(),
        servers: 1,
        data_factor: 1,
        rotated: vec![100, 1_000, 10_000, 100_000],
        ..options.clone()
    };
    let only = |names: &[&str], options: Options| Options {
        scenarios: names.iter().map(|&name| name.to_owned()).collect(),
        ..options
    };
    let sqlite = section("SQLite", &Options { engine: Engine::Sqlite, ..all.clone() })?;
    let postgres = section("PostgreSQL", &Options { engine: Engine::Postgres, ..all.clone() })?;
    compare(("SQLite", "PostgreSQL"), &sqlite, &postgres);
    let much = section(
        "SQLite with 100 times the data",
        &Options {
            engine: Engine::Sqlite,
            data_factor: 100,
            bounds: false,
            rotated: vec![100, 1_000],
            ..all.clone()
        },
    )?;
    compare(("SQLite", "SQLite with 100 times the data"), &sqlite, &much);
    let several = only(
        &["register", "login", "refresh", "fetch-1", "access", "mixed"],
        Options { engine: Engine::Postgres, servers: 2, bounds: false, rotated: vec![1_000], ..all },
    );
    let several = section("PostgreSQL with two server processes", &several)?;
    compare(("one process", "two processes"), &postgres, &several);
    println!("measured in {} seconds", started.elapsed().as_secs());
    Ok(())
}

fn rows(options: &Options) -> Result<Vec<Row>> {
    let started = Instant::now();
    let storage = Storage::create(options)?;
    let world = Arc::new(World::prepare(&storage, options)?);
    eprintln!("    {} is filled after {:.1} s", options.engine.name(), started.elapsed().as_secs_f64());
    let servers: Vec<Process> = (0..options.servers)
        .map(|_| Process::start(&options.program, storage.folder(), storage.url()))
        .collect::<Result<_>>()?;
    let bare = bound::http::start(&storage.bare_folder()?)?;
    let bench = options.bounds.then(|| Bench {
        bare: &bare,
        storage: &storage,
        templates: &world.templates,
        connections: options.connections,
        time: match options.extent {
            Extent::Time(time) => (time / 4).max(Duration::from_millis(200)),
            Extent::Requests(_) => Duration::from_millis(20),
        },
    });
    let stage = Stage {
        options,
        world: world.clone(),
        servers: &servers,
        addresses: servers.iter().map(|server| server.address).collect(),
        cpu: CpuClock { servers: servers.iter().map(Process::id).collect(), postmaster: world.postmaster },
        bench,
        serial: Arc::new(AtomicU32::new(0)),
    };
    let mut rows = vec![Row::of_memory("memory, idle", stage.resident_bytes())];
    for scenario in scenario::ALL {
        if options.scenarios.is_empty() || options.scenarios.iter().any(|name| name == scenario.name) {
            eprintln!("    {}", scenario.name);
            rows.extend((scenario.run)(&stage).with_context(|| scenario.name.to_owned())?);
        }
    }
    rows.push(Row::of_memory("memory, after all of it", stage.resident_bytes()));
    Ok(rows)
}
