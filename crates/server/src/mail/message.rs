//! What mails say, as text and as HTML.
//!
//! Nothing in them was written by whoever asked for them: a name from a form would be a way to mail advertisements to strangers.

use keyfold_protocol::customer::EmailAddress;
use keyfold_protocol::encoding::SecretText;
use lettre::Message;
use lettre::message::{Mailbox, MultiPart};

use super::{MailConfig, MailConfigError};

/// A mail to a customer.
#[derive(Debug, Clone)]
pub(crate) enum Mail {
    /// Proves the address of a new account.
    Validation(SecretText),
    /// Proves the address that an account wants to change to.
    NewAddress(SecretText),
    /// Tells the old address that the account has another one now.
    AddressChanged,
    /// Lets the owner of the address set another password.
    PasswordReset(SecretText),
    /// Tells that the password was reset.
    PasswordChanged,
    /// Invites to register.
    Invitation(SecretText),
}

/// What a mail is for, as stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum MailKind {
    Validation,
    NewAddress,
    AddressChanged,
    PasswordReset,
    PasswordChanged,
    Invitation,
}

/// What all mails of a server have in common.
pub(super) struct Letterhead {
    sender: Mailbox,
    public_url: String,
}

/// A mail as people read it.
#[derive(Debug, Clone)]
pub(super) struct Composed {
    pub(super) subject: &'static str,
    pub(super) text: String,
    pub(super) html: String,
}

impl Mail {
    pub(super) fn kind(&self) -> MailKind {
        match self {
            Self::Validation(_) => MailKind::Validation,
            Self::NewAddress(_) => MailKind::NewAddress,
            Self::AddressChanged => MailKind::AddressChanged,
            Self::PasswordReset(_) => MailKind::PasswordReset,
            Self::PasswordChanged => MailKind::PasswordChanged,
            Self::Invitation(_) => MailKind::Invitation,
        }
    }

    /// The token, or nothing.
    pub(super) fn carried(&self) -> &str {
        match self {
            Self::Validation(token)
            | Self::NewAddress(token)
            | Self::PasswordReset(token)
            | Self::Invitation(token) => token.expose(),
            Self::AddressChanged | Self::PasswordChanged => "",
        }
    }

    pub(super) fn restore(kind: MailKind, carried: &str) -> Self {
        let token = || SecretText::new(carried);
        match kind {
            MailKind::Validation => Self::Validation(token()),
            MailKind::NewAddress => Self::NewAddress(token()),
            MailKind::AddressChanged => Self::AddressChanged,
            MailKind::PasswordReset => Self::PasswordReset(token()),
            MailKind::PasswordChanged => Self::PasswordChanged,
            MailKind::Invitation => Self::Invitation(token()),
        }
    }
}

impl Letterhead {
    pub(super) fn new(config: &MailConfig) -> Result<Self, MailConfigError> {
        let sender = config.sender.parse().map_err(|_| MailConfigError::Sender)?;
        let public_url = config.public_url.trim_end_matches('/').to_owned();
        let is_url = ["https://", "http://"].iter().any(|scheme| public_url.starts_with(scheme));
        if is_url { Ok(Self { sender, public_url }) } else { Err(MailConfigError::PublicUrl) }
    }

    /// Writes the mail.
    pub(super) fn compose(&self, mail: &Mail) -> Composed {
        let dashboard = format!("{}/dashboard/customer", self.public_url);
        match mail {
            Mail::Validation(token) => compose(
                "Confirm your e-mail address",
                "Somebody, probably you, has registered an account with this address. Confirm that it is yours:",
                Some((&format!("{dashboard}/validation/register/?token="), token)),
                "The link works once, for an hour. If you have not registered, do nothing.",
            ),
            Mail::NewAddress(token) => compose(
                "Confirm your new e-mail address",
                "An account wants to use this address from now on. Confirm that it is yours:",
                Some((&format!("{dashboard}/validation/register/?token="), token)),
                "The link works once, for an hour. If this is not your account, do nothing.",
            ),
            Mail::AddressChanged => compose(
                "Your account has a new e-mail address",
                "From now on your account is used with another e-mail address, and this one no longer works for it.",
                None,
                "If that was not you, tell the operator of this server at once.",
            ),
            Mail::PasswordReset(token) => compose(
                "Set a new password",
                "Somebody, probably you, has asked for a new password for your account. Set it here:",
                Some((&format!("{dashboard}/validation/pw_reset/?token="), token)),
                "The link works once, for an hour. If you have not asked for it, do nothing: your password stays.",
            ),
            Mail::PasswordChanged => compose(
                "Your password was changed",
                "The password of your account was set anew, and every session has ended.",
                None,
                "If that was not you, tell the operator of this server at once.",
            ),
            Mail::Invitation(token) => compose(
                "You are invited",
                "You are invited to register an account with this address:",
                Some((&format!("{dashboard}/register/?invitation="), token)),
                "The invitation works once, for a week.",
            ),
        }
    }

    /// The mail as it travels.
    ///
    /// # Errors
    /// When a header cannot be written.
    pub(super) fn message(
        &self,
        id: &str,
        recipient: &EmailAddress,
        composed: &Composed,
    ) -> Result<Message, String> {
        let to = recipient.as_str().parse().map_err(|error| format!("recipient: {error}"))?;
        // The same for every attempt, so that a mail that arrives twice is seen as one.
        let message_id = format!("<{id}@{}>", self.sender.email.domain());
        Message::builder()
            .from(self.sender.clone())
            .to(Mailbox::new(None, to))
            .subject(composed.subject)
            .message_id(Some(message_id))
            .multipart(MultiPart::alternative_plain_html(composed.text.clone(), composed.html.clone()))
            .map_err(|error| error.to_string())
    }

    pub(super) fn sender(&self) -> String {
        self.sender.to_string()
    }
}

fn compose(
    subject: &'static str,
    opening: &str,
    link: Option<(&str, &SecretText)>,
    closing: &str,
) -> Composed {
    let (link_text, link_html) = match link {
        None => (String::new(), String::new()),
        Some((prefix, token)) => {
            let token = token.expose();
            let url = format!("{prefix}{token}");
            let html = escape(&url);
            (
                format!("{url}\n\nOr enter this token: {token}\n\n"),
                format!(
                    "<p><a href=\"{html}\">{html}</a></p>\n<p>Or enter this token: <code>{}</code></p>\n",
                    escape(token)
                ),
            )
        }
    };
    Composed {
        subject,
        text: format!("{opening}\n\n{link_text}{closing}\n"),
        html: format!(
            "<!doctype html>\n<html lang=\"en\">\n<head><meta charset=\"utf-8\"><title>{subject}</title></head>\n<body>\n\
             <p>{}</p>\n{link_html}<p>{}</p>\n</body>\n</html>\n",
            escape(opening),
            escape(closing)
        ),
    }
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn letterhead() -> Letterhead {
        let config = MailConfig {
            sender: "Keyfold <no-reply@example.com>".into(),
            public_url: "https://keys.example.com/".into(),
            ..MailConfig::default()
        };
        Letterhead::new(&config).unwrap()
    }

    #[test]
    fn links_lead_where_the_dashboard_expects_them() {
        let token = || SecretText::new("abc-_");
        for (mail, link) in [
            (
                Mail::Validation(token()),
                "https://keys.example.com/dashboard/customer/validation/register/?token=abc-_",
            ),
            (
                Mail::NewAddress(token()),
                "https://keys.example.com/dashboard/customer/validation/register/?token=abc-_",
            ),
            (
                Mail::PasswordReset(token()),
                "https://keys.example.com/dashboard/customer/validation/pw_reset/?token=abc-_",
            ),
        ] {
            let composed = letterhead().compose(&mail);
            assert!(composed.text.contains(link), "{}", composed.text);
            assert!(composed.html.contains(&format!("href=\"{link}\"")), "{}", composed.html);
        }
    }

    #[test]
    fn a_mail_has_a_text_and_an_html_part() {
        let composed = letterhead().compose(&Mail::Validation(SecretText::new("abc")));
        let recipient = EmailAddress::parse("ada@example.com").unwrap();
        let message = letterhead().message("id", &recipient, &composed).unwrap();
        let text = String::from_utf8(message.formatted()).unwrap();
        for part in [
            "From: Keyfold <no-reply@example.com>",
            "To: ada@example.com",
            "Subject: Confirm your e-mail address",
            "Message-ID: <id@example.com>",
            "multipart/alternative",
            "text/plain",
            "text/html",
        ] {
            assert!(text.contains(part), "{part} is missing in {text}");
        }
    }

    #[test]
    fn what_a_mail_carries_survives_its_time_in_the_table() {
        let mail = Mail::PasswordReset(SecretText::new("abc"));
        let restored = Mail::restore(mail.kind(), mail.carried());
        assert_eq!((restored.kind(), restored.carried()), (MailKind::PasswordReset, "abc"));
    }

    #[test]
    fn a_configuration_without_sense_is_refused() {
        let sender = MailConfig { sender: "nobody".into(), ..MailConfig::default() };
        assert_eq!(Letterhead::new(&sender).err(), Some(MailConfigError::Sender));
        let url = MailConfig { public_url: "keys.example.com".into(), ..MailConfig::default() };
        assert_eq!(Letterhead::new(&url).err(), Some(MailConfigError::PublicUrl));
    }
}
