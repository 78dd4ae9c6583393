//! The command line.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Result, bail};
use lexopt::prelude::*;

pub(crate) const HELP: &str = "\
Measures a Keyfold server under load

Usage: keyfold-load [options]

Options:
  --report               Everything that docs/performance.md shows, in tables: both engines, few and much data, several servers
  --engine <name>        sqlite (default) or postgres (a throw-away cluster, or the server KEYFOLD_TEST_POSTGRES_URL names)
  --scenario <names>     Only these, separated by commas (see below)
  --seconds <n>          Time for each scenario (3)
  --requests <n>         Instead of --seconds: so many operations on each connection
  --connections <n>      Clients at the same time (8)
  --servers <n>          Server processes on one PostgreSQL database (1)
  --data-factor <n>      Fills the database with n times the data before (1)
  --members <a,b,…>      Sizes of the groups whose keys are rotated (100,1000,10000)
  --large                A group of 100,000 members as well
  --program <file>       The server program (`keyfold` beside this program); `self` is the server library in this program
  --folder <folder>      Where the data goes (a temporary folder): names the disk that is measured
  --no-bounds            Leaves out what the machine could do at best
  --json                 Prints JSON instead of a table
  --help                 This text
";

pub(crate) enum Command {
    Help,
    Measure(Options),
    Report(Options),
    /// Hidden: a server of the linked library, in a process of its own.
    Serve(ServeArguments),
    /// Hidden: the bare HTTP server that bounds are measured on.
    BareHttp(PathBuf),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Engine {
    Sqlite,
    Postgres,
}

impl Engine {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Sqlite => "SQLite",
            Self::Postgres => "PostgreSQL",
        }
    }
}

/// When a scenario ends.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Extent {
    Time(Duration),
    /// Operations on each connection.
    Requests(u32),
}

#[derive(Debug, Clone)]
pub(crate) struct Options {
    pub(crate) engine: Engine,
    /// Empty: all.
    pub(crate) scenarios: Vec<String>,
    pub(crate) extent: Extent,
    pub(crate) connections: usize,
    pub(crate) servers: usize,
    pub(crate) data_factor: u32,
    /// Sizes of the groups whose keys are rotated.
    pub(crate) rotated: Vec<u32>,
    pub(crate) program: Program,
    pub(crate) folder: Option<PathBuf>,
    pub(crate) bounds: bool,
    pub(crate) json: bool,
}

#[derive(Debug, Clone)]
pub(crate) enum Program {
    /// `keyfold` beside this program.
    Beside,
    /// The server library that is linked into this program.
    Linked,
    File(PathBuf),
}

pub(crate) struct ServeArguments {
    pub(crate) data: PathBuf,
    pub(crate) database_url: Option<String>,
}

pub(crate) fn parse() -> Result<Command> {
    let mut parser = lexopt::Parser::from_env();
    let mut options = Options {
        engine: Engine::Sqlite,
        scenarios: Vec::new(),
        extent: Extent::Time(Duration::from_secs(3)),
        connections: 8,
        servers: 1,
        data_factor: 1,
        rotated: vec![100, 1_000, 10_000],
        program: Program::Beside,
        folder: None,
        bounds: true,
        json: false,
    };
    let mut report = false;
    while let Some(argument) = parser.next()? {
        match argument {
            Short('h') | Long("help") => return Ok(Command::Help),
            Value(value) if value == "serve" => return parse_serve(&mut parser),
            Value(value) if value == "bare-http" => return Ok(Command::BareHttp(parser.value()?.into())),
            Long("report") => report = true,
            Long("engine") => {
                options.engine = match parser.value()?.string()?.as_str() {
                    "sqlite" => Engine::Sqlite,
                    "postgres" => Engine::Postgres,
                    other => bail!(wrong(format!("there is no engine `{other}`: sqlite or postgres"))),
                }
            }
            Long("scenario") => {
                for name in parser.value()?.string()?.split(',') {
                    if !crate::scenario::ALL.iter().any(|scenario| scenario.name == name) {
                        bail!(wrong(format!("there is no scenario `{name}`")));
                    }
                    options.scenarios.push(name.to_owned());
                }
            }
            Long("seconds") => {
                options.extent = Extent::Time(Duration::from_secs_f64(parser.value()?.parse()?));
            }
            Long("requests") => options.extent = Extent::Requests(parser.value()?.parse()?),
            Long("connections") => options.connections = parser.value()?.parse::<usize>()?.max(1),
            Long("servers") => options.servers = parser.value()?.parse::<usize>()?.max(1),
            Long("data-factor") => options.data_factor = parser.value()?.parse::<u32>()?.max(1),
            Long("members") => {
                let sizes = parser.value()?.string()?;
                options.rotated = sizes.split(',').map(str::parse).collect::<Result<_, _>>()?;
            }
            Long("large") => options.rotated.push(100_000),
            Long("program") => {
                let program = parser.value()?;
                options.program =
                    if program == "self" { Program::Linked } else { Program::File(program.into()) };
            }
            Long("folder") => options.folder = Some(parser.value()?.into()),
            Long("no-bounds") => options.bounds = false,
            Long("json") => options.json = true,
            other => return Err(other.unexpected().into()),
        }
    }
    if options.servers > 1 && options.engine == Engine::Sqlite && !report {
        bail!(wrong("several servers need --engine postgres".to_owned()));
    }
    Ok(if report { Command::Report(options) } else { Command::Measure(options) })
}

fn parse_serve(parser: &mut lexopt::Parser) -> Result<Command> {
    let (mut data, mut database_url) = (PathBuf::from("."), None);
    while let Some(argument) = parser.next()? {
        match argument {
            Long("data") => data = parser.value()?.into(),
            Long("database-url") => database_url = Some(parser.value()?.string()?),
            // What the real program is told besides; the linked one is always set up that way.
            Long("listen" | "trusted-proxies" | "log-format" | "storage-backend" | "storage-folder") => {
                drop(parser.value()?);
            }
            other => return Err(other.unexpected().into()),
        }
    }
    Ok(Command::Serve(ServeArguments { data, database_url }))
}

fn wrong(text: String) -> lexopt::Error {
    lexopt::Error::Custom(text.into())
}
