//! The table of all settings, and what the server makes of them.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use keyfold_protocol::encoding::SecretText;
use keyfold_server::config::{Rate, ThrottleLimits};
use keyfold_server::db::{PostgresConfig, TlsMode};
use keyfold_server::group::limits::GroupLimits;
use keyfold_server::{
    CallbackConfig, ClientAddressSource, Config, DatabaseConfig, Limits, Quota, RootKey, StorageBackend,
    StorageConfig,
};

use super::sources::Sources;
use super::value::{BucketOptions, LogFilter, LogFormat, StorageKind, Value};

/// One setting, as the table describes it.
pub(crate) struct Setting {
    pub(crate) section: &'static str,
    pub(crate) key: &'static str,
    /// As it would stand in the environment; empty for none.
    pub(crate) default: &'static str,
    pub(crate) help: &'static str,
    pub(crate) secret: bool,
    /// Whether its value is a number, a truth value or anything else, which stands in quotes in the file.
    pub(crate) bare: bool,
}

impl Setting {
    /// `section.key`: its name in messages.
    pub(crate) fn path(&self) -> String {
        format!("{}.{}", self.section, self.key)
    }

    /// Its variable: `KEYFOLD_SECTION_KEY`; those of the section `server` go without the section.
    pub(crate) fn variable(&self) -> String {
        match self.section {
            "server" => format!("KEYFOLD_{}", self.key.to_uppercase()),
            section => format!("KEYFOLD_{}_{}", section.to_uppercase(), self.key.to_uppercase()),
        }
    }

    /// Its option on the command line: `section-key`; those of the section `server` go without the section.
    pub(crate) fn flag(&self) -> String {
        let key = self.key.replace('_', "-");
        match self.section {
            "server" => key,
            section => format!("{}-{key}", section.replace('_', "-")),
        }
    }
}

macro_rules! settings {
    ($($(#[doc = $about:literal])* $section:ident: $Section:ident {
        $($(#[doc = $help:literal])* $key:ident: $type:ty = $default:literal;)*
    })*) => {
        $(
            $(#[doc = $about])*
            pub(crate) struct $Section {
                $($(#[doc = $help])* pub(crate) $key: $type,)*
            }

            impl $Section {
                fn read(sources: &mut Sources) -> Option<Self> {
                    // All of them first: every problem is to be reported.
                    $(let $key = sources.value::<$type>(stringify!($section), stringify!($key));)*
                    Some(Self { $($key: $key?,)* })
                }
            }
        )*

        /// All settings by section.
        pub(crate) struct Settings {
            $($(#[doc = $about])* pub(crate) $section: $Section,)*
        }

        impl Settings {
            /// The table.
            pub(crate) const ALL: &'static [Setting] = &[$($(Setting {
                section: stringify!($section),
                key: stringify!($key),
                default: $default,
                help: concat!($($help),*),
                secret: <$type as Value>::SECRET,
                bare: <$type as Value>::BARE,
            },)*)*];

            /// What each section is about.
            pub(crate) const SECTIONS: &'static [(&'static str, &'static str)] =
                &[$((stringify!($section), concat!($($about),*)),)*];

            pub(super) fn read(sources: &mut Sources) -> Option<Self> {
                $(let $section = $Section::read(sources);)*
                Some(Self { $($section: $section?,)* })
            }
        }
    };
}

settings! {
    /// The server itself. Variables and options of this section go without its name: `KEYFOLD_LISTEN`, `--listen`.
    server: ServerSection {
        /// Address to listen on; port 0 takes a free one.
        listen: SocketAddr = "127.0.0.1:3002";
        /// Folder of the embedded database and the root key; made with mode 0700 if missing.
        data: PathBuf = "./keyfold-data";
        /// The root key's file, if not `root.key` in the data folder; made with mode 0600 on the first start.
        root_key_file: Option<PathBuf> = "";
        /// Number of reverse proxies of yours in front: the client's address is then taken from X-Forwarded-For.
        trusted_proxies: usize = "0";
        /// What to log, as a level (error, warn, info, debug, trace) or as `target=level` pairs, separated by commas.
        log: LogFilter = "info";
        /// Form of the log: text, json, or auto: text on a terminal, JSON elsewhere.
        log_format: LogFormat = "auto";
    }

    /// Where the data is: a file in the data folder, or a PostgreSQL server.
    database: DatabaseSection {
        /// PostgreSQL instead of the embedded database: postgres://user:password@host:port/database
        url: Option<SecretText> = "";
        /// Most connections to PostgreSQL.
        connections: usize = "16";
        /// Encryption of the connections to PostgreSQL: disable, prefer, require, or verify-full, which alone checks who the server is. Empty leaves it to the sslmode in the URL.
        tls: Option<TlsMode> = "";
        /// PEM file with the certificates that verify-full trusts, instead of the system's.
        root_certificate: Option<PathBuf> = "";
        /// How long a single statement may run on PostgreSQL.
        statement_timeout: Duration = "30s";
    }

    /// Where the contents of files lie that apps store on this server. The clients have encrypted them.
    storage: StorageSection {
        /// disabled, folder, bucket, or auto: a folder beside the embedded database, disabled with PostgreSQL.
        backend: StorageKind = "auto";
        /// The folder, if not `files` in the data folder. Several servers must share one.
        folder: Option<PathBuf> = "";
        /// The bucket: s3://bucket/prefix, gs://bucket/prefix or az://container/prefix
        bucket_url: Option<String> = "";
        /// Access to the bucket, pairs separated by commas or line breaks, in the provider's own words: aws_region=eu-central-1,aws_access_key_id=…
        bucket_options: BucketOptions = "";
        /// Most files of an app; empty for no limit.
        quota_files: Option<u64> = "";
        /// Most bytes of an app; empty for no limit.
        quota_bytes: Option<u64> = "";
        /// Time from the head of an upload to its end.
        upload_timeout: Duration = "15m";
        /// Time that a client may send or take nothing in the middle of an upload or download.
        idle_timeout: Duration = "30s";
        /// Uploads to a bucket that are held in memory at the same time, 5 MiB each at most.
        buffered_uploads: usize = "16";
        /// Time for one message to an app that stores its files itself.
        callback_timeout: Duration = "10s";
        /// Times that such a message is sent before it is given up.
        callback_attempts: u32 = "20";
        /// Whether such messages may go to addresses that are not public, and without TLS.
        callback_private_targets: bool = "false";
    }

    /// Bounds on time and resources.
    limits: LimitsSection {
        /// Open connections of clients; more wait to be accepted.
        connections: usize = "10000";
        /// Time a client has to send the head of a request, and a connection may be idle.
        header_timeout: Duration = "30s";
        /// Time from the head of a request to its answer.
        request_timeout: Duration = "30s";
        /// Time that running requests have to end when the server is told to stop.
        shutdown_timeout: Duration = "10s";
        /// A session ends when it was not refreshed for this long.
        session_idle: Duration = "180d";
        /// A session ends this long after the login, used or not.
        session_lifetime: Duration = "400d";
        /// Sessions of a device; a further login ends the oldest.
        sessions_per_device: u32 = "50";
        /// Devices of a user.
        devices_per_user: u32 = "200";
        /// Levels of child groups below a root group.
        group_depth: u32 = "32";
        /// Members of a group.
        group_members: u32 = "250000";
        /// Direct children of a group.
        group_children: u32 = "10000";
        /// Pending invitations of a group, and, counted apart, pending join requests.
        group_pending: u32 = "10000";
        /// How long the remaining keys of a new member may be uploaded.
        group_key_session: Duration = "1h";
    }

    /// Requests that are let through before 429 is answered: how many at once, and how many in the long run.
    throttle: ThrottleSection {
        /// Failed logins (password, one-time code, recovery key) per device.
        failed_logins: Rate = "10 + 2/min";
        /// Failed logins per address, over all devices.
        failed_logins_per_address: Rate = "100 + 30/min";
        /// Availability questions and salts per address.
        lookups_per_address: Rate = "300 + 300/min";
        /// Registrations per address and app. The app's backend is exempt.
        registrations_per_address: Rate = "60 + 30/min";
    }
}

/// The configuration of a server.
#[allow(
    clippy::needless_update,
    reason = "what the server gains has its default until it has a line in the table"
)]
pub(crate) fn build(settings: &Settings, database: DatabaseConfig, root_key: RootKey) -> Config {
    let mut config = Config::new(settings.server.listen, database, root_key);
    if settings.server.trusted_proxies > 0 {
        config.client_address = ClientAddressSource::Forwarded { proxies: settings.server.trusted_proxies };
    }
    config.storage = storage(settings, config.storage.backend);
    let limits = &settings.limits;
    config.limits = Limits {
        connections: limits.connections,
        header_timeout: limits.header_timeout,
        request_timeout: limits.request_timeout,
        shutdown_timeout: limits.shutdown_timeout,
        session_idle: limits.session_idle,
        session_lifetime: limits.session_lifetime,
        sessions_per_device: limits.sessions_per_device,
        devices_per_user: limits.devices_per_user,
        groups: GroupLimits {
            depth: limits.group_depth,
            members: limits.group_members,
            children: limits.group_children,
            pending: limits.group_pending,
            key_session_ms: u64::try_from(limits.group_key_session.as_millis()).unwrap_or(u64::MAX),
            ..GroupLimits::default()
        },
        throttle: ThrottleLimits {
            failed_logins: settings.throttle.failed_logins,
            failed_logins_per_address: settings.throttle.failed_logins_per_address,
            lookups_per_address: settings.throttle.lookups_per_address,
            registrations_per_address: settings.throttle.registrations_per_address,
            ..ThrottleLimits::default()
        },
        ..Limits::default()
    };
    config
}

fn storage(settings: &Settings, usual: StorageBackend) -> StorageConfig {
    let section = &settings.storage;
    let folder = || section.folder.clone().unwrap_or_else(|| settings.server.data.join("files"));
    let backend = match (section.backend, &section.bucket_url, usual) {
        (StorageKind::Disabled, _, _) | (StorageKind::Auto, _, StorageBackend::Disabled) => {
            StorageBackend::Disabled
        }
        (StorageKind::Bucket, Some(url), _) => {
            StorageBackend::Bucket { url: url.clone(), options: section.bucket_options.0.clone() }
        }
        // Without a URL a bucket has been refused by `Settings::check`.
        (StorageKind::Auto | StorageKind::Folder | StorageKind::Bucket, _, _) => {
            StorageBackend::Folder { path: folder() }
        }
    };
    let mut config = StorageConfig::new(backend);
    config.quota = Quota { files: section.quota_files, bytes: section.quota_bytes };
    config.upload_timeout = section.upload_timeout;
    config.idle_timeout = section.idle_timeout;
    config.buffered_uploads = section.buffered_uploads;
    config.callbacks = CallbackConfig {
        timeout: section.callback_timeout,
        attempts: section.callback_attempts,
        allow_private_targets: section.callback_private_targets,
    };
    config
}

impl Settings {
    /// What is wrong with settings that are good one by one.
    pub(super) fn contradiction(&self) -> Option<&'static str> {
        (self.storage.backend == StorageKind::Bucket && self.storage.bucket_url.is_none())
            .then_some("storage.backend is bucket, but storage.bucket_url is empty")
    }

    /// The database that was asked for.
    pub(crate) fn database(&self) -> DatabaseConfig {
        match &self.database.url {
            Some(url) => {
                let mut config = PostgresConfig::new(url.expose(), self.database.connections);
                config.tls = self.database.tls;
                config.root_certificate.clone_from(&self.database.root_certificate);
                config.statement_timeout = Some(self.database.statement_timeout);
                DatabaseConfig::Postgres(config)
            }
            None => DatabaseConfig::Sqlite { path: self.server.data.join("keyfold.db") },
        }
    }

    /// The root key file that was asked for.
    pub(crate) fn root_key_file(&self) -> PathBuf {
        self.server.root_key_file.clone().unwrap_or_else(|| self.server.data.join("root.key"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::configuration::Flags;

    /// A default that stands in two places must be the same in both.
    #[test]
    fn the_defaults_are_those_of_the_library() {
        let mut sources = Sources::of(Flags::default(), Vec::new());
        let settings = Settings::read(&mut sources).unwrap();
        let root_key = RootKey::new(1, &[0; 32]).unwrap();
        let built = build(&settings, settings.database(), root_key);
        assert_eq!(format!("{:?}", built.limits), format!("{:?}", Limits::default()));
        assert_eq!(built.client_address, ClientAddressSource::Peer);
    }

    #[test]
    fn no_two_settings_share_a_variable_or_an_option() {
        let mut names: Vec<_> = Settings::ALL
            .iter()
            .flat_map(|setting| {
                let names = [setting.variable(), setting.flag()];
                let file =
                    setting.secret.then(|| [format!("{}_FILE", names[0]), format!("{}-file", names[1])]);
                names.into_iter().chain(file.into_iter().flatten())
            })
            .collect();
        let count = names.len();
        names.sort();
        names.dedup();
        assert_eq!(names.len(), count);
    }
}
