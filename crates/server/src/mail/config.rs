//! What a server needs to know to send mails.

use std::path::PathBuf;
use std::time::Duration;

use keyfold_protocol::encoding::SecretText;

use super::Mailer;

/// How mails look and leave. The default sends none.
#[derive(Debug, Clone)]
pub struct MailConfig {
    /// The way out.
    pub transport: MailTransport,
    /// From whom: `Name <address>` or an address.
    pub sender: String,
    /// What links in mails begin with, without a slash at its end: where people reach this server.
    pub public_url: String,
}

/// The way out for mails.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub enum MailTransport {
    /// None: this server sends no mails.
    #[default]
    None,
    /// A mail server.
    Smtp(SmtpConfig),
    /// One file per mail (`<id>.eml`, RFC 5322) in a folder.
    Folder(PathBuf),
    /// The log, tokens included. Only in the development profile.
    Log,
}

/// A mail server that takes mails for the world.
#[derive(Debug, Clone)]
pub struct SmtpConfig {
    /// Its name, which its certificate must hold.
    pub host: String,
    /// Port; `None` for the usual one (465 with TLS, 587 with STARTTLS, 25 without).
    pub port: Option<u16>,
    /// Encryption.
    pub security: SmtpSecurity,
    /// User and password, if it wants them.
    pub credentials: Option<(String, SecretText)>,
    /// How long it may take to answer.
    pub timeout: Duration,
}

/// Encryption on the way to the mail server.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum SmtpSecurity {
    /// TLS from the first byte (RFC 8314).
    #[default]
    Tls,
    /// STARTTLS, and nothing without it.
    StartTls,
    /// None. For a relay on the same machine; takes no password.
    Plaintext,
}

/// Why mails cannot be sent with a configuration.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MailConfigError {
    /// The sender is no mailbox.
    #[error("the sender of mails is neither \"Name <address>\" nor an address")]
    Sender,
    /// The URL is none.
    #[error("the public URL does not begin with https:// or http://")]
    PublicUrl,
    /// The encryption could not be set up.
    #[error("mail server: {0}")]
    Tls(String),
    /// A password would travel in clear.
    #[error("the password of the mail server must not be sent without TLS")]
    PasswordInClear,
    /// The folder is none.
    #[error("the folder for mails, {0}, is not there")]
    Folder(String),
    /// Tokens would stand in the log.
    #[error("mails can be written to the log in the development profile only: they hold tokens")]
    LogOutsideOfDevelopment,
}

impl MailConfig {
    /// Whether mails could be sent with it, without connecting. `development` is the profile.
    ///
    /// # Errors
    /// [`MailConfigError`].
    pub fn check(&self, development: bool) -> Result<(), MailConfigError> {
        Mailer::new(self, development).map(drop)
    }

    /// Connects to the mail server as for a mail, and logs in. Other transports need no connection: `false`.
    ///
    /// # Errors
    /// What the mail server, or the way there, says.
    pub async fn probe(&self) -> Result<bool, String> {
        let mailer = Mailer::new(self, false).map_err(|error| error.to_string())?;
        match &mailer.transport {
            Some(transport) => transport.probe().await,
            None => Ok(false),
        }
    }
}

impl SmtpConfig {
    /// TLS, the usual port, no password, 20 seconds.
    #[must_use]
    pub fn new(host: impl Into<String>) -> Self {
        Self {
            host: host.into(),
            port: None,
            security: SmtpSecurity::default(),
            credentials: None,
            timeout: Duration::from_secs(20),
        }
    }
}

impl Default for MailConfig {
    fn default() -> Self {
        Self {
            transport: MailTransport::None,
            sender: "Keyfold <keyfold@localhost.localdomain>".into(),
            public_url: "http://localhost:3002".into(),
        }
    }
}
