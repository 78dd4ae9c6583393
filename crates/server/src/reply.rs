//! Typed answers.

use axum::body::Body;
use axum::http::{HeaderValue, Response, header};
use axum::response::IntoResponse;
use keyfold_protocol::envelope::Success;
use keyfold_protocol::error::ErrorCode;
use serde::Serialize;

use crate::error::ApiError;

/// What a handler returns.
pub type ApiResult<T> = Result<Reply<T>, ApiError>;

/// A success with its value, in the envelope.
pub struct Reply<T>(pub T);

/// The answer of an endpoint that has nothing to return: the text `Success`.
#[must_use]
pub fn done() -> Reply<&'static str> {
    Reply(keyfold_protocol::SUCCESS)
}

impl<T: Serialize> IntoResponse for Reply<T> {
    fn into_response(self) -> Response<Body> {
        // Answers with many keys are long texts: this serializer looks for characters to escape with SIMD.
        match sonic_rs::to_vec(&Success::new(&self.0)) {
            Ok(json) => {
                let mut response = Response::new(Body::from(json));
                response
                    .headers_mut()
                    .insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
                response
            }
            Err(error) => ApiError::caused_by(ErrorCode::Serialize, error).into_response(),
        }
    }
}
