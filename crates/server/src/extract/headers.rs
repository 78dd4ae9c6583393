//! Headers that a handler reads itself.

use axum::extract::FromRequestParts;
use axum::http::HeaderMap;
use axum::http::request::Parts;
use keyfold_protocol::GROUP_ACCESS_HEADER;
use keyfold_protocol::error::ErrorCode;
use keyfold_protocol::id::{GroupId, is_uuid};

use crate::endpoint::{Demand, Operation};
use crate::error::ApiError;
use crate::state::AppState;

/// The group that the caller acts for, if it names one. 400/1 for what is no UUID.
#[derive(Debug, Clone)]
pub struct AccessGroup(pub Option<GroupId>);

impl FromRequestParts<AppState> for AccessGroup {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &AppState) -> Result<Self, ApiError> {
        // What is no text is ignored.
        let Some(id) = parts.headers.get(GROUP_ACCESS_HEADER).and_then(|value| value.to_str().ok()) else {
            return Ok(Self(None));
        };
        if is_uuid(id) { Ok(Self(Some(GroupId::from(id)))) } else { Err(ErrorCode::IdFormat.into()) }
    }
}

impl Demand for AccessGroup {
    fn describe(operation: &mut Operation) {
        operation.takes_access_group = true;
        operation.can_refuse(&[ErrorCode::IdFormat]);
    }
}

/// All headers of the request: for the rules of HTTP itself, such as ranges.
#[derive(Debug, Clone)]
pub struct Headers(pub HeaderMap);

impl FromRequestParts<AppState> for Headers {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &AppState) -> Result<Self, ApiError> {
        Ok(Self(parts.headers.clone()))
    }
}

impl Demand for Headers {
    fn describe(_: &mut Operation) {}
}
