//! The ways out.

use std::path::{Path, PathBuf};

use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Tls, TlsParameters};
use lettre::{AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor};

use super::config::{MailConfigError, MailTransport, SmtpConfig, SmtpSecurity};
use super::message::Composed;

/// A way out that is ready.
pub(super) enum Transport {
    Smtp(Box<AsyncSmtpTransport<Tokio1Executor>>),
    Folder(PathBuf),
    Log,
}

/// Why a mail did not leave.
#[derive(Debug, thiserror::Error)]
pub(super) enum SendError {
    /// It never will: the mail server has said so.
    #[error("{0}")]
    Refused(String),
    /// It may next time.
    #[error("{0}")]
    Later(String),
}

impl Transport {
    pub(super) fn new(config: &MailTransport, development: bool) -> Result<Option<Self>, MailConfigError> {
        match config {
            MailTransport::None => Ok(None),
            MailTransport::Smtp(smtp) => Ok(Some(Self::Smtp(Box::new(connect(smtp)?)))),
            MailTransport::Folder(folder) if folder.is_dir() => Ok(Some(Self::Folder(folder.clone()))),
            MailTransport::Folder(folder) => Err(MailConfigError::Folder(folder.display().to_string())),
            MailTransport::Log if development => Ok(Some(Self::Log)),
            MailTransport::Log => Err(MailConfigError::LogOutsideOfDevelopment),
        }
    }

    /// False when there is nothing to connect to.
    pub(super) async fn probe(&self) -> Result<bool, String> {
        match self {
            Self::Smtp(smtp) => match smtp.test_connection().await {
                Ok(true) => Ok(true),
                Ok(false) => Err("the mail server does not answer as one".to_owned()),
                Err(error) => Err(describe(&error)),
            },
            Self::Folder(_) | Self::Log => Ok(false),
        }
    }

    pub(super) async fn send(
        &self,
        id: &str,
        message: Message,
        composed: &Composed,
    ) -> Result<(), SendError> {
        match self {
            Self::Smtp(smtp) => match smtp.send(message).await {
                Ok(_) => Ok(()),
                Err(error) if error.is_permanent() => Err(SendError::Refused(error.to_string())),
                Err(error) => Err(SendError::Later(describe(&error))),
            },
            Self::Folder(folder) => {
                let (folder, id, content) = (folder.clone(), id.to_owned(), message.formatted());
                let written = tokio::task::spawn_blocking(move || write(&folder, &id, &content));
                let written = written.await.map_err(|error| SendError::Later(error.to_string()))?;
                written.map_err(|error| SendError::Later(error.to_string()))
            }
            Self::Log => {
                tracing::info!(subject = composed.subject, text = composed.text, "mail");
                Ok(())
            }
        }
    }
}

/// No connection is made yet: a mail server that is down must not keep this one from starting.
fn connect(config: &SmtpConfig) -> Result<AsyncSmtpTransport<Tokio1Executor>, MailConfigError> {
    let parameters =
        || TlsParameters::new(config.host.clone()).map_err(|error| MailConfigError::Tls(error.to_string()));
    let (tls, port) = match config.security {
        SmtpSecurity::Tls => (Tls::Wrapper(parameters()?), 465),
        SmtpSecurity::StartTls => (Tls::Required(parameters()?), 587),
        SmtpSecurity::Plaintext if config.credentials.is_some() => {
            return Err(MailConfigError::PasswordInClear);
        }
        SmtpSecurity::Plaintext => (Tls::None, 25),
    };
    let mut builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(config.host.as_str())
        .port(config.port.unwrap_or(port))
        .tls(tls)
        .timeout(Some(config.timeout));
    if let Some((user, password)) = &config.credentials {
        builder = builder.credentials(Credentials::new(user.clone(), password.expose().to_owned()));
    }
    Ok(builder.build())
}

/// Under another name first: whoever watches the folder never sees half a mail.
fn write(folder: &Path, id: &str, content: &[u8]) -> std::io::Result<()> {
    use std::io::Write;
    use std::os::unix::fs::OpenOptionsExt;
    let (draft, path) = (folder.join(format!(".{id}.eml")), folder.join(format!("{id}.eml")));
    let mut file =
        std::fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&draft)?;
    file.write_all(content)?;
    file.sync_all()?;
    std::fs::rename(draft, path)
}

/// The error with its causes: the outermost one alone says "connection error".
fn describe(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(deeper) = cause {
        text.push_str(": ");
        text.push_str(&deeper.to_string());
        cause = deeper.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use keyfold_protocol::encoding::SecretText;

    use super::*;

    #[test]
    fn a_password_never_travels_in_clear() {
        let mut smtp = SmtpConfig::new("mail.example.com");
        smtp.security = SmtpSecurity::Plaintext;
        smtp.credentials = Some(("user".into(), SecretText::new("password")));
        assert_eq!(connect(&smtp).err(), Some(MailConfigError::PasswordInClear));
        smtp.security = SmtpSecurity::StartTls;
        assert!(connect(&smtp).is_ok());
    }

    #[test]
    fn tokens_are_not_logged_outside_of_the_development_profile() {
        assert!(matches!(Transport::new(&MailTransport::Log, true), Ok(Some(Transport::Log))));
        let refused = Transport::new(&MailTransport::Log, false).err();
        assert_eq!(refused, Some(MailConfigError::LogOutsideOfDevelopment));
    }
}
