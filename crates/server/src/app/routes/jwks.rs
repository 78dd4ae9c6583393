//! The public keys of an app.

use axum::http::HeaderValue;
use axum::response::{IntoResponse, Response};
use keyfold_protocol::error::ErrorCode;
use serde::Serialize;

use crate::endpoint::{Endpoint, get};
use crate::error::ApiError;
use crate::extract::AppToken;
use crate::jwt::Jwk;

pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![
        get(
            "/app/jwks",
            jwks,
            "Returns the keys with which access tokens of the app can be checked (RFC 7517)",
        )
        .answers("application/jwk-set+json"),
    ]
}

/// A JSON Web Key Set (RFC 7517 section 5). Not in the envelope: it is read by JWT libraries.
#[derive(Serialize)]
struct JwkSet {
    keys: Vec<Jwk>,
}

/// `GET /app/jwks`: the public keys with which access tokens of the app can be checked.
async fn jwks(AppToken { app, .. }: AppToken) -> Result<Response, ApiError> {
    let keys = app.jwt_keys.iter().filter_map(|key| Jwk::of(&key.id, &key.public_key)).collect();
    let json = serde_json::to_vec(&JwkSet { keys })
        .map_err(|error| ApiError::caused_by(ErrorCode::Serialize, error))?;
    let content_type = HeaderValue::from_static("application/jwk-set+json");
    Ok(([(axum::http::header::CONTENT_TYPE, content_type)], json).into_response())
}
