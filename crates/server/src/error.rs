//! The one error of the server: a documented code, and for the log what lies behind it.

use std::borrow::Cow;

use axum::body::Body;
use axum::http::{HeaderValue, Response, StatusCode, header};
use axum::response::IntoResponse;
use keyfold_protocol::envelope;
use keyfold_protocol::error::ErrorCode;

use crate::db::DbError;

/// An error on its way to the client.
///
/// Rules return `Err(ErrorCode::….into())`; errors of the database convert by `?`. Only the code and a text for people leave the
/// server; the cause goes to the log.
#[derive(Debug)]
pub struct ApiError {
    code: ErrorCode,
    message: Cow<'static, str>,
    retry_after_seconds: Option<u64>,
    cause: Option<Box<dyn std::error::Error + Send + Sync>>,
    database: Option<Refusal>,
}

/// Errors of the database that rules tell apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Refusal {
    Conflict,
    Constraint,
}

/// Marks a response that should appear in the log as a defect or an outage.
#[derive(Debug, Clone)]
pub(crate) struct Failure {
    pub(crate) code: ErrorCode,
    pub(crate) cause: Option<String>,
}

impl ApiError {
    /// An error with a text of its own instead of the documented one.
    #[must_use]
    pub fn with_message(code: ErrorCode, message: impl Into<Cow<'static, str>>) -> Self {
        Self { message: message.into(), ..code.into() }
    }

    /// An error with a cause for the log.
    #[must_use]
    pub fn caused_by(code: ErrorCode, cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self { cause: Some(cause.into()), ..code.into() }
    }

    /// 429/429, with the time after which it is worth to try again.
    #[must_use]
    pub fn too_many_requests(retry_after_seconds: u64) -> Self {
        Self { retry_after_seconds: Some(retry_after_seconds.max(1)), ..ErrorCode::TooManyRequests.into() }
    }

    /// The documented code.
    #[must_use]
    pub fn code(&self) -> ErrorCode {
        self.code
    }

    /// The database ended the transaction because it collided with another one: it may be run again.
    pub(crate) fn is_conflict(&self) -> bool {
        self.database == Some(Refusal::Conflict)
    }

    /// A unique index or a foreign key forbids the change.
    pub(crate) fn is_constraint(&self) -> bool {
        self.database == Some(Refusal::Constraint)
    }
}

impl From<ErrorCode> for ApiError {
    fn from(code: ErrorCode) -> Self {
        Self {
            code,
            message: Cow::Borrowed(code.message()),
            retry_after_seconds: None,
            cause: None,
            database: None,
        }
    }
}

impl From<DbError> for ApiError {
    fn from(error: DbError) -> Self {
        let code = match &error {
            DbError::Unavailable(_) => ErrorCode::DatabaseUnavailable,
            DbError::Unstorable => {
                return Self::with_message(ErrorCode::Input, "Wrong input: contains a null character");
            }
            DbError::Column { .. } => ErrorCode::DatabaseQuery,
            DbError::Statement(_) | DbError::Constraint(_) => ErrorCode::DatabaseExecute,
            _ => ErrorCode::DatabaseTransaction,
        };
        let database = match &error {
            DbError::Conflict(_) => Some(Refusal::Conflict),
            DbError::Constraint(_) => Some(Refusal::Constraint),
            _ => None,
        };
        Self { database, ..Self::caused_by(code, error) }
    }
}

impl std::fmt::Display for ApiError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} ({})", self.message, self.code.number())?;
        match &self.cause {
            Some(cause) => write!(f, ": {cause}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for ApiError {}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response<Body> {
        let status =
            StatusCode::from_u16(self.code.http_status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = Response::new(Body::from(envelope::failure(self.code, &self.message)));
        *response.status_mut() = status;
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        if let Some(seconds) = self.retry_after_seconds {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        let cause = self.cause.map(|cause| cause.to_string());
        response.extensions_mut().insert(Failure { code: self.code, cause });
        response
    }
}
