//! The envelope around every answer: `{"status":true,"result":…}` or
//! `{"status":false,"err_msg":"…","err_code":…}`.

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::ErrorCode;
use crate::json::Node;

/// A success, for any serializer. `result` must not be a falsy JSON value: JavaScript clients reject those.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Success<'a, T: ?Sized> {
    status: bool,
    result: &'a T,
}

impl<'a, T: ?Sized> Success<'a, T> {
    /// Around a result.
    #[must_use]
    pub fn new(result: &'a T) -> Self {
        Self { status: true, result }
    }
}

/// Renders a [`Success`].
///
/// # Errors
/// When `result` cannot be written as JSON (code 10).
pub fn success<T: Serialize + ?Sized>(result: &T) -> Result<Vec<u8>, serde_json::Error> {
    serde_json::to_vec(&Success::new(result))
}

/// Renders a failure. An empty `message` is replaced by the documented one.
#[must_use]
pub fn failure(code: ErrorCode, message: &str) -> Vec<u8> {
    #[derive(Serialize)]
    struct Failure<'a> {
        status: bool,
        err_msg: &'a str,
        err_code: u32,
    }
    let err_msg = if message.is_empty() { code.message() } else { message };
    // Three plain members: writing them to memory cannot fail.
    serde_json::to_vec(&Failure { status: false, err_msg, err_code: code.number() }).unwrap_or_default()
}

/// What a client makes of an answer that holds no result.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EnvelopeError {
    /// The server refused: error `server_<code>`.
    #[error("server error {code}: {message}")]
    Server {
        /// The number of the error, see [`ErrorCode`].
        code: u32,
        /// The server's text.
        message: String,
    },
    /// Not JSON, or not an envelope: `client_101`.
    #[error("the answer of the server is not readable: {0}")]
    Malformed(String),
    /// An envelope without the members that its status asks for: `client_102`.
    #[error("the answer of the server lacks a member")]
    Incomplete,
}

impl EnvelopeError {
    /// The stable code: `server_<number>`, `client_101` or `client_102`.
    #[must_use]
    pub fn code(&self) -> String {
        match self {
            Self::Server { code, .. } => format!("server_{code}"),
            Self::Malformed(_) => "client_101".to_owned(),
            Self::Incomplete => "client_102".to_owned(),
        }
    }
}

/// Opens an envelope. Only its content counts, never the HTTP status.
///
/// # Errors
/// [`EnvelopeError`]; a failure without a code or a text, and a success without a result, count as incomplete.
///
/// ```
/// use keyfold_protocol::envelope;
/// let id: String = envelope::open(br#"{"status":true,"result":"abc"}"#)?;
/// assert_eq!(id, "abc");
/// let refused = envelope::open::<String>(br#"{"status":false,"err_msg":"taken","err_code":101}"#);
/// assert_eq!(refused.unwrap_err().code(), "server_101");
/// # Ok::<(), envelope::EnvelopeError>(())
/// ```
pub fn open<T: DeserializeOwned>(answer: &[u8]) -> Result<T, EnvelopeError> {
    result(answer)?.read().map_err(malformed)
}

/// The result in an answer, not read yet: what [`open`] does as far as it is the same for all types of results.
///
/// # Errors
/// As [`open`].
pub fn result(answer: &[u8]) -> Result<Node<'_>, EnvelopeError> {
    let Node::Object(members) = Node::parse(answer).map_err(malformed)? else {
        return Err(EnvelopeError::Malformed("an object is expected".to_owned()));
    };
    let (mut status, mut result, mut message, mut code) = (None, None, None, None);
    for (name, value) in members {
        let place = match name.text() {
            Some("status") => &mut status,
            Some("result") => &mut result,
            Some("err_msg") => &mut message,
            Some("err_code") => &mut code,
            _ => continue,
        };
        if place.replace(value).is_some() {
            return Err(EnvelopeError::Malformed("a member is there twice".to_owned()));
        }
    }
    let Some(status) = status else {
        return Err(EnvelopeError::Malformed("missing field `status`".to_owned()));
    };
    let status: bool = status.read().map_err(malformed)?;
    let message: Option<String> = message.unwrap_or(Node::Null).read().map_err(malformed)?;
    let code: Option<u32> = code.unwrap_or(Node::Null).read().map_err(malformed)?;
    match (status, result.unwrap_or(Node::Null), code, message) {
        (true, Node::Null, ..) => Err(EnvelopeError::Incomplete),
        (true, result, ..) => Ok(result),
        (false, _, Some(code), Some(message)) => Err(EnvelopeError::Server { code, message }),
        (false, ..) => Err(EnvelopeError::Incomplete),
    }
}

#[expect(clippy::needless_pass_by_value, reason = "an argument of `map_err`")]
fn malformed(error: serde_json::Error) -> EnvelopeError {
    EnvelopeError::Malformed(error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unused_members_are_omitted() {
        assert_eq!(success("Success").unwrap(), br#"{"status":true,"result":"Success"}"#);
        assert_eq!(
            failure(ErrorCode::IdentifierTaken, "taken"),
            br#"{"status":false,"err_msg":"taken","err_code":101}"#
        );
    }

    #[test]
    fn a_failure_never_has_an_empty_text() {
        let answer = failure(ErrorCode::NotFound, "");
        assert!(
            matches!(open::<String>(&answer), Err(EnvelopeError::Server { code: 404, message }) if !message.is_empty())
        );
    }

    #[test]
    fn malformed_answers_are_told_apart() {
        for (answer, code) in [
            ("", "client_101"),
            ("<html>", "client_101"),
            ("[]", "client_101"),
            (r#"{"result":"x"}"#, "client_101"),
            (r#"{"status":"true","result":"x"}"#, "client_101"),
            (r#"{"status":true,"result":5}"#, "client_101"),
            (r#"{"status":true,"result":"x","result":"y"}"#, "client_101"),
            (r#"{"status":false,"status":true,"result":"x"}"#, "client_101"),
            (r#"{"status":true}"#, "client_102"),
            (r#"{"status":true,"result":null}"#, "client_102"),
            (r#"{"status":false}"#, "client_102"),
            (r#"{"status":false,"err_code":5}"#, "client_102"),
            (r#"{"status":false,"err_msg":"x"}"#, "client_102"),
            (r#"{"status":false,"err_msg":"x","err_code":112}"#, "server_112"),
        ] {
            assert_eq!(open::<String>(answer.as_bytes()).unwrap_err().code(), code, "{answer}");
        }
    }

    #[test]
    fn an_empty_list_is_a_result() {
        assert_eq!(open::<Vec<String>>(br#"{"status":true,"result":[]}"#), Ok(Vec::new()));
    }
}
