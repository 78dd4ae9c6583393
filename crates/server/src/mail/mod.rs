//! Mails to customers: what they say, and how they leave.
//!
//! A rule writes a mail as a row and a job in its own transaction ([`post`]): it is sent if and only if the change that asked for it is
//! committed, after the request was answered, and again when the mail server could not be reached. What a mail carries (a token) is encrypted
//! under the root key while it waits.
//!
//! A server without a mail server never pretends to have sent something: [`Mailer::require`] refuses, and the operator does by hand what a mail
//! would have done.

mod config;
mod delivery;
mod development;
mod message;
mod store;
mod transport;

pub use config::{MailConfig, MailConfigError, MailTransport, SmtpConfig, SmtpSecurity};
pub use development::DevelopmentMail;

pub(crate) use delivery::MailHandler;
pub(crate) use development::endpoints;
pub(crate) use message::{Mail, MailKind};

use keyfold_protocol::customer::EmailAddress;
use keyfold_protocol::error::ErrorCode;
use keyfold_protocol::id::UserId;

use crate::db::Tx;
use crate::error::ApiError;
use crate::random;
use crate::root_key::{Purpose, RootKey};
use development::Mailbox;
use message::Letterhead;
use transport::Transport;

/// Sends the mails of a server.
pub struct Mailer {
    transport: Option<Transport>,
    letterhead: Letterhead,
    /// What was sent, in the development profile.
    development: Option<Mailbox>,
}

impl Mailer {
    /// Prepares the way out. In the development profile mails are kept in memory, too, and no mail server is needed.
    ///
    /// # Errors
    /// When the configuration makes no sense.
    pub(crate) fn new(config: &MailConfig, development: bool) -> Result<Self, MailConfigError> {
        Ok(Self {
            transport: Transport::new(&config.transport, development)?,
            letterhead: Letterhead::new(config)?,
            development: development.then(Mailbox::default),
        })
    }

    /// Whether mails can be sent at all.
    #[must_use]
    pub fn is_available(&self) -> bool {
        self.transport.is_some() || self.development.is_some()
    }

    /// For what cannot go on without a mail.
    ///
    /// # Errors
    /// 400/50 when this server sends none.
    pub(crate) fn require(&self) -> Result<(), ApiError> {
        if self.is_available() {
            return Ok(());
        }
        let text = "This server sends no mails. Its operator can do by hand what the mail would have done";
        Err(ApiError::with_message(ErrorCode::MailSend, text))
    }
}

/// A mail that is about to be posted: encrypted, and named.
pub(crate) struct Envelope {
    id: String,
    customer: Option<UserId>,
    kind: MailKind,
    recipient: EmailAddress,
    sealed: Vec<u8>,
}

impl Envelope {
    /// Encrypts what the mail carries.
    ///
    /// # Errors
    /// 400/10001.
    pub(crate) fn seal(
        root_key: &RootKey,
        customer: Option<&UserId>,
        recipient: &EmailAddress,
        mail: &Mail,
    ) -> Result<Self, ApiError> {
        let id = random::ordered_id();
        let sealed = root_key.seal(Purpose::Mail, &id, mail.carried().as_bytes())?;
        Ok(Self { id, customer: customer.cloned(), kind: mail.kind(), recipient: recipient.clone(), sealed })
    }
}

/// Hands a mail to the workers, who are to be woken after the commit.
///
/// # Errors
/// When the database fails.
pub(crate) async fn post(tx: &mut Tx, mail: &Envelope, now: u64) -> Result<(), ApiError> {
    store::insert(tx, mail, now).await?;
    delivery::enqueue(tx, &mail.id, now).await
}
