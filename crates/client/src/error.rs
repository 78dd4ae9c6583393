//! Everything that can go wrong, in one type.

use std::borrow::Cow;
use std::sync::Arc;

use keyfold_protocol::envelope::EnvelopeError;
use keyfold_protocol::error::ErrorCode;
use keyfold_protocol::id::{KeyId, UserId};

use crate::platform::Cause;
use crate::storage::StorageError;
use crate::transport::{TransportError, TransportErrorKind};

/// Failure of a call of this crate.
///
/// Apps match on the variant or on [`code`](Error::code), which is the same text in every language that Keyfold speaks.
/// Cheap to clone.
///
/// ```
/// # use keyfold::Error;
/// fn explain(error: &Error) -> &'static str {
///     if error.is_network() {
///         "You seem to be offline."
///     } else if error.is_wrong_password() {
///         "Wrong name or password."
///     } else {
///         "That did not work."
///     }
/// }
/// ```
// Every function of this crate hands it on, most of them several times: no variant is larger than a pointer, which in WebAssembly makes
// a tenth of the program.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// `server_<number>`: the server refused. [`ErrorCode`] lists what the numbers mean.
    #[error(transparent)]
    Server(Box<Refusal>),
    /// `client_1000`: no answer from the server. Nothing is known about the password or the session.
    #[error("the server could not be reached")]
    Network(#[source] Arc<TransportError>),
    /// `client_101`: an answer that is no Keyfold answer, for example a proxy's error page.
    #[error(transparent)]
    AnswerUnreadable(Box<UnreadableAnswer>),
    /// `client_102`: an answer that lacks something the operation needs.
    #[error("the answer of the server is incomplete")]
    AnswerIncomplete,
    /// A cryptographic operation failed; has the code of its cause, such as `client_14` for a wrong key.
    #[error(transparent)]
    Crypto(#[from] keyfold_crypto::Error),
    /// `client_100`: a value could not be written as JSON.
    #[error("JSON could not be written")]
    JsonWrite(#[source] Arc<serde_json::Error>),
    /// `client_200`: a rank outside of 1 to 4.
    #[error("the rank must be 1 to 4")]
    InvalidRank,
    /// `client_201`: the own rank in the group does not allow this.
    #[error("the rank in the group does not allow this")]
    RankInsufficient,
    /// `client_1100`: the server handed out something that is no access token.
    #[error("the access token is malformed")]
    TokenMalformed,
    /// `client_1101`: an access token for another user or device than the one that is logged in.
    #[error("the access token belongs to someone else")]
    TokenForeign,
    /// `client_10000`: the user has a second factor, and a code or a recovery key is needed.
    #[error("a second factor is needed")]
    MfaRequired,
    /// `client_420`: the storage failed.
    #[error("the storage failed")]
    Storage(#[source] Arc<StorageError>),
    /// `client_421`: what the storage returned was not written by this crate, or is damaged.
    #[error(transparent)]
    StoredDataUnreadable(Box<UnreadableRecord>),
    /// `client_422`: nobody is logged in under this identifier on this device.
    #[error("this user is not logged in here")]
    NotLoggedIn,
    /// `client_423`: the app's own way to renew access tokens failed.
    #[error("the access token could not be renewed")]
    Refresh(#[source] Arc<Cause>),
    /// `client_424`: the client was built with settings that cannot work.
    #[error("invalid configuration: {0}")]
    Configuration(Box<Cow<'static, str>>),
    /// `client_425`: an id with characters that no id has. Nothing was sent.
    #[error("this is not an id")]
    InvalidId,
    /// `client_426`: a key that is needed is not loaded, and the call does not fetch.
    #[error("the key {0} is not loaded")]
    KeyNotLoaded(Box<KeyId>),
    /// `client_427`: an identifier or a password is empty.
    #[error("identifier and password must not be empty, and the identifier not longer than 1024 bytes")]
    EmptyCredentials,
    /// `client_428`: the group has no keys for this member: it is a light group, or it must be invited again.
    #[error("the group has no keys for this member")]
    NoGroupKeys,
    /// `client_430`: the new member got the first 50 keys only, because the server did not take the others. Invite it
    /// again with [`Group::re_invite`](crate::Group::re_invite).
    #[error("the server did not take all keys of the new member")]
    KeysIncomplete,
    /// `client_431`: additional data only exists for groups.
    #[error("additional data cannot be bound to what is encrypted to a user")]
    AadUnsupported,
    /// `client_432`: the answers of the server describe groups that are their own ancestors.
    #[error("the group is its own ancestor")]
    GroupLoop,
    /// `client_433`: the app has cancelled the transfer of a file.
    #[error("the transfer was cancelled")]
    Cancelled,
    /// `client_434`: what the app reads a file from, or writes it to, failed.
    #[error("the file could not be read or written on this side")]
    LocalFile(#[source] Arc<Cause>),
    /// `client_435`: an interrupted transfer is to go on with another file than it began with.
    #[error("this is not the file with which the transfer began")]
    OtherFile,
    /// `client_436`: the name of a file is longer than the server takes.
    #[error("the name of the file is too long")]
    NameTooLong,
    /// `client_437`: a user whose verify key was verified has a new one, which nobody has verified or accepted. See
    /// [`Client::known_verify_keys`](crate::Client::known_verify_keys).
    #[error(transparent)]
    VerifyKeyChanged(Box<ChangedVerifyKey>),
    /// `client_429`: work on another thread ended without a result.
    #[error("the background work was lost")]
    WorkLost,
}

/// What the server says when it refuses.
#[derive(Debug, Clone, thiserror::Error)]
#[error("the server refused: {message} ({number})")]
#[non_exhaustive]
pub struct Refusal {
    /// Number of the error.
    pub number: u32,
    /// HTTP status of the answer.
    pub status: u16,
    /// The server's text, for people.
    pub message: String,
}

/// An answer that is no Keyfold answer.
#[derive(Debug, Clone, thiserror::Error)]
#[error("the answer of the server (HTTP {status}) is not readable: {reason}")]
#[non_exhaustive]
pub struct UnreadableAnswer {
    /// HTTP status of the answer.
    pub status: u16,
    /// What the parser says.
    pub reason: String,
}

/// Stored data that was not written by this crate, or is damaged.
#[derive(Debug, Clone, thiserror::Error)]
#[error("the stored {what} is not readable")]
#[non_exhaustive]
pub struct UnreadableRecord {
    /// What was to be read.
    pub what: &'static str,
    /// Why not.
    #[source]
    pub cause: Option<Arc<serde_json::Error>>,
}

/// A verify key that came in the place of a verified one.
#[derive(Debug, Clone, thiserror::Error)]
#[error("user {user_id} has the new verify key {key_id}, which is not verified")]
#[non_exhaustive]
pub struct ChangedVerifyKey {
    /// Whose key.
    pub user_id: UserId,
    /// The new key.
    pub key_id: KeyId,
}

impl Error {
    /// The code under which apps know this error: `server_<number>` or `client_<number>`.
    #[must_use]
    pub fn code(&self) -> Cow<'static, str> {
        Cow::Borrowed(match self {
            Self::Server(refusal) => return Cow::Owned(format!("server_{}", refusal.number)),
            Self::Crypto(error) => error.code(),
            Self::Network(_) => "client_1000",
            Self::AnswerUnreadable(_) => "client_101",
            Self::AnswerIncomplete => "client_102",
            Self::JsonWrite(_) => "client_100",
            Self::InvalidRank => "client_200",
            Self::RankInsufficient => "client_201",
            Self::TokenMalformed => "client_1100",
            Self::TokenForeign => "client_1101",
            Self::MfaRequired => "client_10000",
            Self::Storage(_) => "client_420",
            Self::StoredDataUnreadable(_) => "client_421",
            Self::NotLoggedIn => "client_422",
            Self::Refresh(_) => "client_423",
            Self::Configuration(_) => "client_424",
            Self::InvalidId => "client_425",
            Self::KeyNotLoaded(_) => "client_426",
            Self::EmptyCredentials => "client_427",
            Self::NoGroupKeys => "client_428",
            Self::WorkLost => "client_429",
            Self::KeysIncomplete => "client_430",
            Self::AadUnsupported => "client_431",
            Self::GroupLoop => "client_432",
            Self::Cancelled => "client_433",
            Self::LocalFile(_) => "client_434",
            Self::OtherFile => "client_435",
            Self::NameTooLong => "client_436",
            Self::VerifyKeyChanged(_) => "client_437",
        })
    }

    /// Tells failures apart that share a [`code`](Self::code), for example `wrong_verify_key`. `None` where the code says it all.
    #[must_use]
    pub fn kind(&self) -> Option<&'static str> {
        match self {
            Self::Crypto(error) => error.kind(),
            _ => None,
        }
    }

    /// Whether the server could not be reached or its answer was lost: trying again later makes sense.
    #[must_use]
    pub fn is_network(&self) -> bool {
        matches!(self, Self::Network(_))
    }

    /// Whether the server is known not to have acted on the request that failed.
    #[must_use]
    pub fn is_unsent(&self) -> bool {
        matches!(self, Self::Network(cause)
            if matches!(cause.kind(), TransportErrorKind::Connect | TransportErrorKind::Request))
    }

    /// Whether the password (or the identifier, see [`ErrorCode::LoginUserNotFound`]) was wrong.
    #[must_use]
    pub fn is_wrong_password(&self) -> bool {
        self.is_server(ErrorCode::WrongPassword) || self.is_server(ErrorCode::LoginUserNotFound)
    }

    /// Whether the session is over and the user has to log in again.
    #[must_use]
    pub fn is_session_over(&self) -> bool {
        self.is_server(ErrorCode::RefreshTokenNotFound)
            || self.is_server(ErrorCode::JwtInvalid)
            || self.is_server(ErrorCode::JwtMissing)
            || self.is_server(ErrorCode::JwtMalformed)
            || self.is_server(ErrorCode::JwtKeyUnknown)
    }

    /// Whether the server answered with exactly this error.
    #[must_use]
    pub fn is_server(&self, code: ErrorCode) -> bool {
        matches!(self, Self::Server(refusal)
            if refusal.number == code.number() && refusal.status == code.http_status())
    }

    /// The JSON text that language bindings throw: `{"status": "client_14", "error_message": "…"}`, properly escaped.
    #[must_use]
    pub fn to_json(&self) -> String {
        // Text as JSON text cannot fail to be written.
        let message = serde_json::to_string(&self.to_string()).unwrap_or_else(|_| "\"\"".to_owned());
        format!("{{\"status\": \"{}\", \"error_message\": {message}}}", self.code())
    }

    /// Whether the same request may well succeed a moment later: trouble of the network, of a proxy, or of a server that is
    /// busy.
    pub(crate) fn is_passing(&self) -> bool {
        match self {
            Self::Network(cause) => {
                !matches!(cause.kind(), TransportErrorKind::Request | TransportErrorKind::TooLarge)
            }
            Self::Server(refusal) => is_passing(refusal.status),
            // Damaged on the way, or somebody else's page.
            Self::AnswerUnreadable(answer) => answer.status < 300 || is_passing(answer.status),
            _ => false,
        }
    }

    pub(crate) fn local_file(cause: impl Into<Cause>) -> Self {
        Self::LocalFile(Arc::new(cause.into()))
    }

    pub(crate) fn from_answer(status: u16, error: EnvelopeError) -> Self {
        match error {
            EnvelopeError::Server { code, message } => Self::refused(code, status, message),
            EnvelopeError::Incomplete => Self::AnswerIncomplete,
            EnvelopeError::Malformed(reason) => Self::unreadable_answer(status, reason),
            other => Self::unreadable_answer(status, other.to_string()),
        }
    }

    pub(crate) fn unreadable_answer(status: u16, reason: String) -> Self {
        Self::AnswerUnreadable(Box::new(UnreadableAnswer { status, reason }))
    }

    /// Stored data of which `what` is the name.
    #[must_use]
    pub fn unreadable_record(what: &'static str, cause: Option<serde_json::Error>) -> Self {
        Self::StoredDataUnreadable(Box::new(UnreadableRecord { what, cause: cause.map(Arc::new) }))
    }

    pub(crate) fn configuration(reason: impl Into<Cow<'static, str>>) -> Self {
        Self::Configuration(Box::new(reason.into()))
    }

    pub(crate) fn key_not_loaded(id: &str) -> Self {
        Self::KeyNotLoaded(Box::new(KeyId::new(id)))
    }

    pub(crate) fn verify_key_changed(user_id: UserId, key_id: KeyId) -> Self {
        Self::VerifyKeyChanged(Box::new(ChangedVerifyKey { user_id, key_id }))
    }

    fn refused(number: u32, status: u16, message: String) -> Self {
        Self::Server(Box::new(Refusal { number, status, message }))
    }
}

fn is_passing(status: u16) -> bool {
    matches!(status, 408 | 425 | 429) || status >= 500
}

impl From<TransportError> for Error {
    fn from(error: TransportError) -> Self {
        Self::Network(Arc::new(error))
    }
}

impl From<StorageError> for Error {
    fn from(error: StorageError) -> Self {
        Self::Storage(Arc::new(error))
    }
}

#[cfg(test)]
mod tests {
    use std::error::Error as _;

    use super::*;

    fn server(code: ErrorCode) -> Error {
        Error::refused(code.number(), code.http_status(), code.message().to_owned())
    }

    #[test]
    fn an_error_is_no_burden() {
        assert!(size_of::<Error>() <= 2 * size_of::<usize>());
    }

    #[test]
    fn network_trouble_and_a_wrong_password_are_told_apart() {
        let offline = Error::from(TransportError::new(TransportErrorKind::Connect));
        assert!(offline.is_network() && offline.is_unsent() && !offline.is_wrong_password());
        let wrong = server(ErrorCode::WrongPassword);
        assert!(wrong.is_wrong_password() && !wrong.is_network());
        assert_eq!((offline.code().as_ref(), wrong.code().as_ref()), ("client_1000", "server_112"));
    }

    #[test]
    fn an_unknown_user_is_not_an_unknown_identifier() {
        assert!(server(ErrorCode::LoginUserNotFound).is_wrong_password());
        assert!(!server(ErrorCode::UserNotFound).is_wrong_password());
    }

    #[test]
    fn the_json_form_escapes_the_text_of_the_server() {
        let error = Error::refused(7, 400, "a \"quoted\"\nword".to_owned());
        let json: serde_json::Value = serde_json::from_str(&error.to_json()).unwrap();
        assert_eq!(json["status"], "server_7");
        assert_eq!(json["error_message"], "the server refused: a \"quoted\"\nword (7)");
    }

    #[test]
    fn the_cause_of_network_trouble_can_be_reached() {
        let cause = TransportError::with_cause(TransportErrorKind::Timeout, "deadline");
        let error = Error::from(cause);
        assert_eq!(error.source().unwrap().to_string(), "the server did not answer in time");
        assert_eq!(error.source().unwrap().source().unwrap().to_string(), "deadline");
    }
}
