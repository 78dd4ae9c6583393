//! The table of all settings, and what the server makes of them.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use keyfold_protocol::customer::{CaptchaKind, CustomerRegistration};
use keyfold_protocol::encoding::SecretText;
use keyfold_server::clock::SystemClock;
use keyfold_server::config::{Rate, ThrottleLimits};
use keyfold_server::customer::CustomerConfig;
use keyfold_server::db::{PostgresConfig, TlsMode};
use keyfold_server::group::limits::GroupLimits;
use keyfold_server::mail::{MailConfig, MailTransport, SmtpConfig, SmtpSecurity};
use keyfold_server::{
    CallbackConfig, Captcha, ClientAddressSource, Config, DatabaseConfig, Limits, Quota, RootKey,
    StorageBackend, StorageConfig,
};

use super::sources::Sources;
use super::value::{BucketOptions, LogFilter, LogFormat, MailKind, StorageKind, Value};

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
        /// Where people reach this server: links in mails begin with it.
        public_url: String = "http://localhost:3002";
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
        /// Time that a client may send nothing in the middle of an upload, or take nothing of an answer.
        idle_timeout: Duration = "30s";
        /// Uploads to a bucket that are held in memory at the same time, 5 MiB each at most.
        buffered_uploads: usize = "16";
        /// Bytes per second below which, on average, one of these uploads is broken off. 0 for no such bound.
        slowest_buffered_upload: u64 = "8192";
        /// Time for one message to an app that stores its files itself.
        callback_timeout: Duration = "10s";
        /// Times that such a message is sent before it is given up.
        callback_attempts: u32 = "20";
        /// Whether such messages may go to addresses that are not public, and without TLS.
        callback_private_targets: bool = "false";
    }

    /// The people who own apps.
    customers: CustomersSection {
        /// Who may register: open (everybody), invitation (who got one by `keyfold customer invite`), closed (nobody).
        registration: CustomerRegistration = "open";
        /// What has to be solved to register and to ask for a new password: image, proof_of_work, or off, for servers that strangers cannot reach.
        captcha: CaptchaKind = "image";
        /// Zero bits of the proof of work, 1 to 40; each one doubles the work. 18 take a browser some seconds.
        proof_of_work_bits: u32 = "18";
        /// Whether customers become members of a group only by accepting an invitation. If not, who has been told the id of a customer adds it at once, as earlier clients expect.
        group_consent: bool = "false";
    }

    /// Mails to customers. Without them the operator confirms addresses and resets passwords: `keyfold customer --help`.
    mail: MailSection {
        /// How mails leave: none, smtp, folder (one .eml file per mail), or log, with serve --dev only, because mails hold tokens.
        transport: MailKind = "none";
        /// Sender: `Name <address>` or an address.
        from: String = "Keyfold <keyfold@localhost.localdomain>";
        /// The mail server, by the name that is in its certificate.
        smtp_host: Option<String> = "";
        /// Its port, if not the usual one: 465 with tls, 587 with starttls, 25 with plaintext.
        smtp_port: Option<u16> = "";
        /// Encryption: tls from the first byte, starttls, or plaintext, for a relay on the same machine.
        smtp_security: SmtpSecurity = "tls";
        /// User name, if the mail server wants one.
        smtp_user: Option<String> = "";
        /// Password of that user.
        smtp_password: Option<SecretText> = "";
        /// How long the mail server may take to answer.
        smtp_timeout: Duration = "20s";
        /// Where the transport folder puts mails; it must exist.
        folder: Option<PathBuf> = "";
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
        /// How often to look for background work that nobody announced: that of servers that died, and what is to be tried again.
        job_interval: Duration = "2s";
        /// A session ends when it was not refreshed for this long.
        session_idle: Duration = "180d";
        /// A session ends this long after the login, used or not.
        session_lifetime: Duration = "400d";
        /// Sessions of a device; a further login ends the oldest.
        sessions_per_device: u32 = "50";
        /// Devices of a user.
        devices_per_user: u32 = "200";
        /// Symmetric keys that the server keeps for a user.
        stored_keys_per_user: u32 = "50000";
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
        /// How long a member may take to finish a key rotation.
        group_rotation_expiry: Duration = "400d";
    }

    /// Requests that are let through before 429 is answered: how many at once, and how many in the long run.
    throttle: ThrottleSection {
        /// Servers on the same database. Each lets its part through of what it counts by itself: all but the failed logins per device.
        servers: u32 = "1";
        /// Failed logins (password, one-time code, recovery key) per device.
        failed_logins: Rate = "10 + 2/min";
        /// Failed logins per address, over all devices.
        failed_logins_per_address: Rate = "100 + 30/min";
        /// Availability questions and salts per address.
        lookups_per_address: Rate = "300 + 300/min";
        /// Registrations per address and app. The app's backend is exempt.
        registrations_per_address: Rate = "60 + 30/min";
        /// Invitations and join requests per user. The app's backend is exempt.
        approaches_per_user: Rate = "500 + 60/min";
        /// Captchas per address.
        captchas_per_address: Rate = "60 + 30/min";
        /// Mails that somebody at an address has sent.
        mails_per_address: Rate = "20 + 5/min";
        /// Mails to a recipient.
        mails_per_recipient: Rate = "5 + 1/min";
    }
}

/// The configuration of a server. Every field is named: what the server gains has to get a line in the table.
pub(crate) fn build(settings: &Settings, database: DatabaseConfig, root_key: RootKey) -> Config {
    let server = &settings.server;
    let client_address = match server.trusted_proxies {
        0 => ClientAddressSource::Peer,
        proxies => ClientAddressSource::Forwarded { proxies },
    };
    Config {
        listen: server.listen,
        storage: settings.storage(),
        database,
        root_key,
        // `serve --dev` and what belongs to it; no file should say so.
        development: false,
        playground: None,
        client_address,
        servers: settings.throttle.servers,
        limits: limits(settings),
        customers: customers(&settings.customers),
        mail: mail(settings),
        clock: Arc::new(SystemClock),
    }
}

fn limits(settings: &Settings) -> Limits {
    let (limits, throttle) = (&settings.limits, &settings.throttle);
    let milliseconds = |time: Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
    Limits {
        connections: limits.connections,
        header_timeout: limits.header_timeout,
        request_timeout: limits.request_timeout,
        shutdown_timeout: limits.shutdown_timeout,
        job_interval: limits.job_interval,
        session_idle: limits.session_idle,
        session_lifetime: limits.session_lifetime,
        sessions_per_device: limits.sessions_per_device,
        devices_per_user: limits.devices_per_user,
        stored_keys_per_user: limits.stored_keys_per_user,
        groups: GroupLimits {
            depth: limits.group_depth,
            members: limits.group_members,
            children: limits.group_children,
            pending: limits.group_pending,
            key_session_ms: milliseconds(limits.group_key_session),
            rotation_expiry_ms: milliseconds(limits.group_rotation_expiry),
        },
        throttle: ThrottleLimits {
            failed_logins: throttle.failed_logins,
            failed_logins_per_address: throttle.failed_logins_per_address,
            lookups_per_address: throttle.lookups_per_address,
            registrations_per_address: throttle.registrations_per_address,
            approaches_per_user: throttle.approaches_per_user,
            captchas_per_address: throttle.captchas_per_address,
            mails_per_address: throttle.mails_per_address,
            mails_per_recipient: throttle.mails_per_recipient,
        },
    }
}

fn customers(section: &CustomersSection) -> CustomerConfig {
    let captcha = match section.captcha {
        CaptchaKind::Image => Captcha::Image,
        CaptchaKind::ProofOfWork => Captcha::ProofOfWork { zero_bits: section.proof_of_work_bits },
        CaptchaKind::Off => Captcha::Off,
    };
    CustomerConfig { registration: section.registration, captcha, group_consent: section.group_consent }
}

fn mail(settings: &Settings) -> MailConfig {
    let section = &settings.mail;
    // What a transport needs is there: `Settings::contradictions` asks for it.
    let transport = match section.transport {
        MailKind::None => MailTransport::None,
        MailKind::Smtp => MailTransport::Smtp(SmtpConfig {
            host: section.smtp_host.clone().unwrap_or_default(),
            port: section.smtp_port,
            security: section.smtp_security,
            credentials: section.smtp_user.clone().zip(section.smtp_password.clone()),
            timeout: section.smtp_timeout,
        }),
        MailKind::Folder => MailTransport::Folder(section.folder.clone().unwrap_or_default()),
        MailKind::Log => MailTransport::Log,
    };
    MailConfig { transport, sender: section.from.clone(), public_url: settings.server.public_url.clone() }
}

impl Settings {
    /// What is wrong with settings that are good one by one.
    pub(super) fn contradictions(&self) -> Vec<&'static str> {
        let (storage, mail) = (&self.storage, &self.mail);
        let missing = [
            (
                storage.backend == StorageKind::Bucket && storage.bucket_url.is_none(),
                "storage.backend is bucket, but storage.bucket_url is empty",
            ),
            (
                mail.transport == MailKind::Smtp && mail.smtp_host.is_none(),
                "mail.transport is smtp, but mail.smtp_host is empty",
            ),
            (
                mail.transport == MailKind::Folder && mail.folder.is_none(),
                "mail.transport is folder, but mail.folder is empty",
            ),
            (
                mail.smtp_user.is_some() != mail.smtp_password.is_some(),
                "mail.smtp_user and mail.smtp_password need each other",
            ),
            (
                !(1..=40).contains(&self.customers.proof_of_work_bits),
                "customers.proof_of_work_bits is not between 1 and 40",
            ),
            (self.throttle.servers == 0, "throttle.servers is 0: count at least this one"),
            (self.limits.connections == 0, "limits.connections is 0: nobody could reach the server"),
        ];
        missing.into_iter().filter(|(is_wrong, _)| *is_wrong).map(|(_, text)| text).collect()
    }

    /// Where the contents of files were asked to lie.
    pub(crate) fn storage(&self) -> StorageConfig {
        let section = &self.storage;
        let folder = || section.folder.clone().unwrap_or_else(|| self.server.data.join("files"));
        let backend = match (section.backend, &section.bucket_url) {
            (StorageKind::Disabled, _) => StorageBackend::Disabled,
            // Several servers on PostgreSQL need a place that all of them reach: nobody but the operator knows one.
            (StorageKind::Auto, _) if self.database.url.is_some() => StorageBackend::Disabled,
            (StorageKind::Bucket, Some(url)) => {
                StorageBackend::Bucket { url: url.clone(), options: section.bucket_options.0.clone() }
            }
            // Without a URL a bucket has been refused by `contradictions`.
            (StorageKind::Auto | StorageKind::Folder | StorageKind::Bucket, _) => {
                StorageBackend::Folder { path: folder() }
            }
        };
        StorageConfig {
            backend,
            quota: Quota { files: section.quota_files, bytes: section.quota_bytes },
            upload_timeout: section.upload_timeout,
            idle_timeout: section.idle_timeout,
            buffered_uploads: section.buffered_uploads,
            slowest_buffered_upload: section.slowest_buffered_upload,
            callbacks: CallbackConfig {
                timeout: section.callback_timeout,
                attempts: section.callback_attempts,
                allow_private_targets: section.callback_private_targets,
            },
        }
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
        let library = Config::new(settings.server.listen, settings.database(), built.root_key.clone());
        assert_eq!(format!("{:?}", built.mail), format!("{:?}", library.mail));
        assert_eq!((built.customers, built.servers), (library.customers, library.servers));
        assert_eq!(built.storage.callbacks.attempts, library.storage.callbacks.attempts);
        assert_eq!(built.storage.quota, library.storage.quota);
        assert_eq!(settings.contradictions(), Vec::<&str>::new());
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
