//! Server processes: started, watched, ended.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use keyfold_server::{ClientAddressSource, Config, DatabaseConfig, RootKey, Server, StorageConfig};

use crate::arguments::{Program, ServeArguments};

/// A program that listens on a free port. Dropped, it is killed.
pub(crate) struct Process {
    child: Child,
    pub(crate) address: SocketAddr,
}

impl Process {
    /// Starts a server on the data in `folder`.
    pub(crate) fn start(program: &Program, folder: &Path, database_url: Option<&str>) -> Result<Self> {
        let this = std::env::current_exe()?;
        let file = match program {
            Program::Beside => this.with_file_name("keyfold"),
            Program::Linked => this,
            Program::File(file) => file.clone(),
        };
        if !file.is_file() {
            bail!("there is no {}: build it with `cargo build --release -p keyfold-cli`", file.display());
        }
        let mut command = Command::new(file.canonicalize()?);
        // The settings are those below: no file and no variable that somebody has made for another server.
        command.current_dir(folder);
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("KEYFOLD_") {
                command.env_remove(name);
            }
        }
        // Behind a proxy, so that each simulated client can have an address of its own and the throttle stays as it is in production.
        command.args(["serve", "--listen", "127.0.0.1:0", "--trusted-proxies", "1", "--log-format", "json"]);
        command.arg("--data").arg(folder);
        // PostgreSQL has no folder beside it where files would lie by themselves.
        command.args(["--storage-backend", "folder", "--storage-folder"]).arg(folder.join("files"));
        if let Some(url) = database_url {
            command.args(["--database-url", url]);
        }
        Self::spawn(&mut command)
    }

    /// Starts a program and waits for the line with its address.
    pub(crate) fn spawn(command: &mut Command) -> Result<Self> {
        let name = command.get_program().to_string_lossy().into_owned();
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .with_context(|| format!("cannot start {name}"))?;
        let mut lines = BufReader::new(child.stderr.take().context("no pipe")?).lines();
        let mut seen = Vec::new();
        while let Some(line) = lines.next().transpose()? {
            if line.contains("listening")
                && let Some(address) = loopback_address(&line)
            {
                // Whoever does not read a pipe blocks its writer sooner or later.
                std::thread::spawn(move || lines.map_while(Result::ok).for_each(|line| eprintln!("{line}")));
                return Ok(Self { child, address });
            }
            seen.push(line);
        }
        let _ = child.wait();
        bail!("{name} did not start:\n{}", seen.join("\n"))
    }

    /// Resident memory in bytes, where the system tells.
    pub(crate) fn resident_bytes(&self) -> Option<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).ok()?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
        line.trim().trim_end_matches(" kB").parse::<u64>().ok()?.checked_mul(1_024)
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It has nothing to finish: its data is thrown away.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The first `127.0.0.1:port` of a line.
fn loopback_address(line: &str) -> Option<SocketAddr> {
    let text = line.get(line.find("127.0.0.1:")?..)?;
    let end = text.find(|character: char| !matches!(character, '0'..='9' | '.' | ':')).unwrap_or(text.len());
    text.get(..end)?.parse().ok()
}

/// Reads the processor time of the servers and of the database server.
#[derive(Debug, Clone, Default)]
pub(crate) struct CpuClock {
    pub(crate) servers: Vec<u32>,
    /// The PostgreSQL process whose children do the work.
    pub(crate) postmaster: Option<u32>,
}

#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct CpuTimes {
    pub(crate) server: Duration,
    pub(crate) database: Duration,
}

impl CpuClock {
    pub(crate) fn now(&self) -> CpuTimes {
        let server = self.servers.iter().filter_map(|id| Stat::of(*id)).map(|stat| stat.own).sum();
        let database = self.postmaster.map_or(Duration::ZERO, cpu_of_family);
        CpuTimes { server, database }
    }
}

/// The parent of a process, where the system tells.
pub(crate) fn parent(id: u32) -> Option<u32> {
    Some(Stat::of(id)?.parent)
}

/// Of a process, its living children, and those that have ended.
fn cpu_of_family(id: u32) -> Duration {
    let children = std::fs::read_dir("/proc").into_iter().flatten().flatten().filter_map(|entry| {
        let stat = Stat::of(entry.file_name().to_str()?.parse().ok()?)?;
        (stat.parent == id).then_some(stat.own)
    });
    let living: Duration = children.sum();
    living + Stat::of(id).map_or(Duration::ZERO, |stat| stat.own + stat.ended_children)
}

struct Stat {
    parent: u32,
    own: Duration,
    ended_children: Duration,
}

impl Stat {
    fn of(id: u32) -> Option<Self> {
        let text = std::fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
        // The name in parentheses may hold anything; what counts follows the last one.
        let fields: Vec<&str> = text.get(text.rfind(')')?..)?.split(' ').collect();
        let number = |index: usize| fields.get(index)?.parse::<u64>().ok();
        // Linux counts for programs in hundredths of a second, whatever it counts in itself.
        let time = |user: usize, system: usize| {
            Some(Duration::from_millis(number(user)?.checked_add(number(system)?)?.checked_mul(10)?))
        };
        Some(Self { parent: number(2)?.try_into().ok()?, own: time(12, 13)?, ended_children: time(14, 15)? })
    }
}

/// The body of the hidden `serve`: the server library in a process of its own, until it is killed.
pub(crate) fn serve_linked(arguments: ServeArguments) -> Result<()> {
    let runtime = tokio::runtime::Runtime::new()?;
    runtime.block_on(async {
        let database = match arguments.database_url {
            Some(url) => DatabaseConfig::postgres(url, 16),
            None => DatabaseConfig::Sqlite { path: arguments.data.join("keyfold.db") },
        };
        let root_key = RootKey::load_or_create(&arguments.data.join("root.key"))?;
        let mut config = Config::new("127.0.0.1:0".parse()?, database, root_key);
        config.client_address = ClientAddressSource::Forwarded { proxies: 1 };
        config.storage = StorageConfig::folder(arguments.data.join("files"));
        let server = Server::start(config).await?;
        eprintln!("listening on {}", server.address());
        server.run_until(std::future::pending()).await;
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_is_found_in_any_line() {
        let address = Some("127.0.0.1:4711".parse().unwrap());
        assert_eq!(loopback_address(r#"{"message":"listening","address":"127.0.0.1:4711"}"#), address);
        assert_eq!(loopback_address("listening on 127.0.0.1:4711"), address);
        assert_eq!(loopback_address("listening"), None);
    }
}
