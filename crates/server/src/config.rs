//! What a server needs to be told. Built by the caller; nothing here reads the environment.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use crate::clock::{Clock, SystemClock};
use crate::customer::CustomerConfig;
use crate::db::DatabaseConfig;
use crate::group::limits::GroupLimits;
use crate::mail::MailConfig;
use crate::playground::Playground;
use crate::root_key::RootKey;
use crate::storage::{StorageBackend, StorageConfig};

/// Everything a server is started with.
#[derive(Clone)]
pub struct Config {
    /// Address to listen on. Port 0 takes a free one.
    pub listen: SocketAddr,
    /// Where the data is.
    pub database: DatabaseConfig,
    /// Key under which secrets are encrypted at rest.
    pub root_key: RootKey,
    /// Relaxes what stands in the way of test suites: rate limits, and that a one-time code works only once.
    pub development: bool,
    /// A page to try things out on, at `/playground`. Only the development profile answers it.
    pub playground: Option<Playground>,
    /// Who a request comes from, for throttling.
    pub client_address: ClientAddressSource,
    /// Where the contents of files lie.
    pub storage: StorageConfig,
    /// Servers on the same database. Each takes its part of the limits that it counts by itself; failed logins are counted together
    /// in any case.
    pub servers: u32,
    /// Bounds on time and resources.
    pub limits: Limits,
    /// Who may become a customer.
    pub customers: CustomerConfig,
    /// How mails look and leave.
    pub mail: MailConfig,
    /// The time.
    pub clock: Arc<dyn Clock>,
}

/// Where the address of a client is taken from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ClientAddressSource {
    /// The peer of the connection: no proxy in front.
    Peer,
    /// The entry of `X-Forwarded-For` that is `proxies` from its end: that many proxies of ours stand in front. Entries further
    /// to the left can be forged by the client.
    Forwarded {
        /// Number of proxies, at least 1.
        proxies: usize,
    },
}

/// Bounds on time and resources. The default suits a small machine.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Open connections; more wait to be accepted.
    pub connections: usize,
    /// Time a client has to send the head of a request, and a connection may be idle.
    pub header_timeout: Duration,
    /// Time from the head of a request to its answer, the body included.
    pub request_timeout: Duration,
    /// Time that running requests have to end when the server shuts down.
    pub shutdown_timeout: Duration,
    /// How often to look for jobs that nobody announced: those of other servers that died, and those that are to be tried again.
    pub job_interval: Duration,
    /// A session ends when it was not refreshed for this long.
    pub session_idle: Duration,
    /// A session ends this long after the login, used or not.
    pub session_lifetime: Duration,
    /// Sessions of a device; a further login ends the oldest.
    pub sessions_per_device: u32,
    /// Devices of a user.
    pub devices_per_user: u32,
    /// Symmetric keys that the server keeps for a user.
    pub stored_keys_per_user: u32,
    /// Sizes of groups.
    pub groups: GroupLimits,
    /// Throttling.
    pub throttle: ThrottleLimits,
}

/// Requests that are let through before 429 is answered. Each is a bucket that holds `burst` and refills with
/// `per_minute`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// How many at once.
    pub burst: u32,
    /// How many per minute in the long run.
    pub per_minute: u32,
}

/// Rates of what an attacker would repeat.
#[derive(Debug, Clone)]
pub struct ThrottleLimits {
    /// Failed logins (password, one-time code, recovery key) per device.
    pub failed_logins: Rate,
    /// Failed logins per address, over all devices.
    pub failed_logins_per_address: Rate,
    /// Availability questions and salts per address.
    pub lookups_per_address: Rate,
    /// Registrations and device registrations per address and app. The secret token is exempt.
    pub registrations_per_address: Rate,
    /// Invitations and join requests per user. The secret token is exempt.
    pub approaches_per_user: Rate,
    /// Captchas per address.
    pub captchas_per_address: Rate,
    /// Mails that somebody at an address has sent.
    pub mails_per_address: Rate,
    /// Mails to a recipient.
    pub mails_per_recipient: Rate,
}

impl ThrottleLimits {
    /// One server's part of what is counted by each server alone. Never less than one.
    #[must_use]
    pub fn divided_by(self, servers: u32) -> Self {
        let part = |rate: Rate| Rate {
            burst: rate.burst.checked_div(servers).unwrap_or(rate.burst).max(1),
            per_minute: rate.per_minute.checked_div(servers).unwrap_or(rate.per_minute).max(1),
        };
        Self {
            failed_logins: self.failed_logins,
            failed_logins_per_address: part(self.failed_logins_per_address),
            lookups_per_address: part(self.lookups_per_address),
            registrations_per_address: part(self.registrations_per_address),
            approaches_per_user: part(self.approaches_per_user),
            captchas_per_address: part(self.captchas_per_address),
            mails_per_address: part(self.mails_per_address),
            mails_per_recipient: part(self.mails_per_recipient),
        }
    }
}

impl Config {
    /// A server without proxy, with default limits and the machine's clock. Contents of files lie in the folder `files` beside the embedded
    /// database; with PostgreSQL there is no such place, and no storage.
    #[must_use]
    pub fn new(listen: SocketAddr, database: DatabaseConfig, root_key: RootKey) -> Self {
        let storage = match &database {
            DatabaseConfig::Sqlite { path } => StorageConfig::folder(path.with_file_name("files")),
            DatabaseConfig::Postgres { .. } => StorageConfig::new(StorageBackend::Disabled),
        };
        Self {
            listen,
            database,
            storage,
            root_key,
            development: false,
            playground: None,
            client_address: ClientAddressSource::Peer,
            servers: 1,
            limits: Limits::default(),
            customers: CustomerConfig::default(),
            mail: MailConfig::default(),
            clock: Arc::new(SystemClock),
        }
    }
}

impl Default for Limits {
    fn default() -> Self {
        const DAY: u64 = 24 * 60 * 60;
        Self {
            connections: 10_000,
            header_timeout: Duration::from_secs(30),
            request_timeout: Duration::from_secs(30),
            shutdown_timeout: Duration::from_secs(10),
            job_interval: Duration::from_secs(2),
            session_idle: Duration::from_secs(180 * DAY),
            session_lifetime: Duration::from_secs(400 * DAY),
            sessions_per_device: 50,
            devices_per_user: 200,
            stored_keys_per_user: 50_000,
            groups: GroupLimits::default(),
            throttle: ThrottleLimits::default(),
        }
    }
}

impl Default for ThrottleLimits {
    fn default() -> Self {
        Self {
            failed_logins: Rate { burst: 10, per_minute: 2 },
            failed_logins_per_address: Rate { burst: 100, per_minute: 30 },
            lookups_per_address: Rate { burst: 300, per_minute: 300 },
            registrations_per_address: Rate { burst: 60, per_minute: 30 },
            approaches_per_user: Rate { burst: 500, per_minute: 60 },
            captchas_per_address: Rate { burst: 60, per_minute: 30 },
            mails_per_address: Rate { burst: 20, per_minute: 5 },
            mails_per_recipient: Rate { burst: 5, per_minute: 1 },
        }
    }
}
