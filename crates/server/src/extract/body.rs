//! A JSON body.

use axum::extract::{FromRequest, Request};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use keyfold_protocol::MAX_BODY_BYTES;
use keyfold_protocol::error::ErrorCode;
use schemars::JsonSchema;
use serde::de::DeserializeOwned;

use crate::endpoint::{Content, Demand, Operation, SchemaOf};
use crate::error::ApiError;
use crate::state::AppState;

/// A body of at most 256 KiB, read as JSON whatever its content type says. 413/12 when it is larger, 422/11 when it cannot be read as
/// a `T`: what the reader says of it goes to the log, and to the client in the development profile alone, since it may repeat what was sent.
pub struct Body<T>(pub T);

impl<T: DeserializeOwned> FromRequest<AppState> for Body<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &AppState) -> Result<Self, ApiError> {
        let body = Limited::new(request.into_body(), MAX_BODY_BYTES).collect().await.map_err(|error| {
            if error.is::<LengthLimitError>() {
                ApiError::from(ErrorCode::BodyTooBig)
            } else {
                ApiError::with_message(ErrorCode::Input, "Wrong input: the body did not arrive")
            }
        })?;
        serde_json::from_slice(&body.to_bytes()).map(Self).map_err(|error| {
            if state.development {
                ApiError::with_message(ErrorCode::Input, format!("Wrong input: {error}"))
            } else {
                ApiError::caused_by(ErrorCode::Input, error)
            }
        })
    }
}

impl<T: JsonSchema> Demand for Body<T> {
    fn describe(operation: &mut Operation) {
        operation.body = Content::Json(SchemaOf::of::<T>());
        operation.can_refuse(&[ErrorCode::BodyTooBig, ErrorCode::Input]);
    }
}
