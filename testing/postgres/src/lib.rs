//! A throw-away PostgreSQL cluster for tests.
//!
//! [`Cluster::start`] makes a cluster in a temporary folder, starts it on a free loopback port and answers when it
//! accepts connections. It goes away with the process that started it, even when that process is killed: a small
//! shell supervisor waits on a pipe whose other end only this process holds (see `supervisor.sh`).
//!
//! PostgreSQL refuses to run as root, so root starts it as the user `postgres` (which Debian's package creates) or, where
//! there is none, as `nobody`.
//!
//! The crate has no dependencies because `cargo xtask` builds it before anything else.

use std::collections::hash_map::RandomState;
use std::ffi::OsString;
use std::fmt;
use std::fs;
use std::hash::{BuildHasher, Hasher};
use std::io::{self, BufRead, BufReader, Read};
use std::net::TcpListener;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};

/// Environment variable that names a running server for the tests to use: a URL with a user who may create databases,
/// for example `postgres://keyfold:secret@127.0.0.1:5432/postgres`.
pub const URL_VARIABLE: &str = "KEYFOLD_TEST_POSTGRES_URL";

/// What the cluster promises when the machine loses power.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Durability {
    /// Nothing: no `fsync`, no full-page writes. Right for tests, several times faster.
    Volatile,
    /// What PostgreSQL promises by default. Right for measuring.
    Durable,
}

/// A running PostgreSQL cluster. Dropping it stops the server and removes its files.
#[derive(Debug)]
pub struct Cluster {
    url: String,
    supervisor: Child,
    /// Closing it tells the supervisor to clean up.
    lifeline: Option<ChildStdin>,
}

/// Why there is no cluster.
#[derive(Debug)]
#[non_exhaustive]
pub enum StartError {
    /// No `initdb`, `pg_ctl` and `postgres` in one folder of `/usr/lib/postgresql/*/bin` or `PATH`.
    NotInstalled,
    /// The operating system refused a folder, a port or a process.
    Io(io::Error),
    /// The programs ran and failed; the text is the end of their log.
    Failed(String),
}

impl Cluster {
    /// Creates and starts a cluster; returns when it accepts connections (about two seconds).
    ///
    /// # Errors
    ///
    /// See [`StartError`].
    pub fn start(durability: Durability) -> Result<Self, StartError> {
        let programs = find_programs().ok_or(StartError::NotInstalled)?;
        // Another process may take the free port before PostgreSQL binds it: then a second try finds another one.
        let mut attempts_left = 3;
        loop {
            attempts_left -= 1;
            match Self::start_once(&programs, durability) {
                Err(StartError::Failed(_)) if attempts_left > 0 => {}
                outcome => return outcome,
            }
        }
    }

    /// URL of the cluster's administrative database, for a user who may create databases.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    fn start_once(programs: &Path, durability: Durability) -> Result<Self, StartError> {
        let folder = std::env::temp_dir().join(format!("keyfold-postgres-{}", random_word()));
        let password = format!("{}{}", random_word(), random_word());
        fs::create_dir(&folder)?;
        fs::set_permissions(&folder, fs::Permissions::from_mode(0o700))?;
        fs::write(folder.join("password"), &password)?;

        let port = TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port();
        let settings = match durability {
            Durability::Volatile => "-c fsync=off -c full_page_writes=off -c synchronous_commit=off",
            Durability::Durable => "",
        };
        let mut command = Command::new("sh");
        command
            .args(["-c", include_str!("supervisor.sh"), "keyfold-postgres"])
            .args([programs.as_os_str(), folder.as_os_str()])
            .arg(port.to_string())
            .arg(format!("-c max_connections=400 {settings}"))
            .env("LC_ALL", "C")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .process_group(0);
        // The owner of a file made just now is the user this process runs as.
        if fs::metadata(&folder)?.uid() == 0 {
            let (uid, gid) = unprivileged_user();
            chown(folder.join("password"), Some(uid), Some(gid))?;
            chown(&folder, Some(uid), Some(gid))?;
            command.uid(uid).gid(gid);
        }

        let mut supervisor = command.spawn()?;
        let lifeline = supervisor.stdin.take();
        let mut output = BufReader::new(supervisor.stdout.take().ok_or(io::ErrorKind::BrokenPipe)?);
        let mut answer = String::new();
        output.read_line(&mut answer)?;
        if answer == "ready\n" {
            let url = format!("postgres://keyfold:{password}@127.0.0.1:{port}/postgres");
            return Ok(Self { url, supervisor, lifeline });
        }
        output.read_to_string(&mut answer)?;
        supervisor.wait()?;
        Err(StartError::Failed(answer))
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        drop(self.lifeline.take());
        // Nothing useful can be done about a supervisor that cannot be waited for: it cleans up on its own.
        let _ = self.supervisor.wait();
    }
}

impl fmt::Display for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotInstalled => write!(
                f,
                "PostgreSQL's server programs are missing: install them (Debian: apt-get install postgresql) \
                 or set {URL_VARIABLE} to a running server"
            ),
            Self::Io(error) => write!(f, "cannot start PostgreSQL: {error}"),
            Self::Failed(log) => write!(f, "PostgreSQL did not start:\n{log}"),
        }
    }
}

impl std::error::Error for StartError {}

impl From<io::Error> for StartError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl From<io::ErrorKind> for StartError {
    fn from(kind: io::ErrorKind) -> Self {
        Self::Io(kind.into())
    }
}

/// Whether PostgreSQL's server programs are on this machine.
#[must_use]
pub fn is_installed() -> bool {
    find_programs().is_some()
}

/// The folder that holds `initdb`, `pg_ctl` and `postgres`: the newest of Debian's, else the first in `PATH`.
fn find_programs() -> Option<PathBuf> {
    let mut debian: Vec<(u32, PathBuf)> = fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| Some((entry.file_name().to_str()?.parse().ok()?, entry.path().join("bin"))))
        .collect();
    debian.sort_by(|a, b| b.cmp(a));
    let path: OsString = std::env::var_os("PATH").unwrap_or_default();
    debian
        .into_iter()
        .map(|(_, folder)| folder)
        .chain(std::env::split_paths(&path))
        .find(|folder| ["initdb", "pg_ctl", "postgres"].iter().all(|program| folder.join(program).is_file()))
}

/// User and group id of `postgres`, else of `nobody`.
fn unprivileged_user() -> (u32, u32) {
    let users = fs::read_to_string("/etc/passwd").unwrap_or_default();
    let ids_of = |name: &str| {
        users.lines().find_map(|line| {
            let mut fields = line.split(':');
            (fields.next() == Some(name)).then_some(())?;
            Some((fields.nth(1)?.parse().ok()?, fields.next()?.parse().ok()?))
        })
    };
    ids_of("postgres").or_else(|| ids_of("nobody")).unwrap_or((65534, 65534))
}

/// 64 bits from the operating system, in hexadecimal. (`RandomState` is seeded by it.)
fn random_word() -> String {
    let mut hasher = RandomState::new().build_hasher();
    hasher.write_u32(std::process::id());
    format!("{:016x}", hasher.finish())
}
