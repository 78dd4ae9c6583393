//! Who calls, taken from the request: [`Caller`] as an argument of a handler.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use keyfold_protocol::app::TokenClass;
use keyfold_protocol::error::ErrorCode;
use keyfold_protocol::id::{AppId, GroupId, UserId, is_uuid};

use crate::endpoint::{Demand, Identity, Operation, Segment};
use crate::error::ApiError;
use crate::extract::{AccessGroup, AppToken, FromSegment, Jwt, Path};
use crate::group::access::Caller;
use crate::state::AppState;
use crate::throttle::Bucket;

impl FromRequestParts<AppState> for Caller {
    type Rejection = ApiError;

    /// 400/1 for a group in the path or in the header that is no UUID, after the refusals of [`Jwt`].
    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, ApiError> {
        let jwt = Jwt::from_request_parts(parts, state).await?;
        let Path(Id(group)) = Path::<Id<GroupId>>::from_request_parts(parts, state).await?;
        let AccessGroup(via) = AccessGroup::from_request_parts(parts, state).await?;
        Ok(Self { app: jwt.app_id, user: jwt.user_id, group, via })
    }
}

/// The caller of an endpoint for backends: acts as the user in the path.
pub(super) struct ForcedCaller(pub(super) Caller);

impl FromRequestParts<AppState> for ForcedCaller {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, ApiError> {
        let AppToken { app, .. } = AppToken::from_request_parts(parts, state).await?;
        let Path((Id(user), Id(group))) =
            Path::<(Id<UserId>, Id<GroupId>)>::from_request_parts(parts, state).await?;
        let app: AppId = app.id.clone();
        let AccessGroup(via) = AccessGroup::from_request_parts(parts, state).await?;
        Ok(Self(Caller { app, user, group, via }))
    }
}

/// Counts an invitation or a join request against the user's limit. The app's own backend is not counted.
pub(crate) struct Approach;

impl FromRequestParts<AppState> for Approach {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, ApiError> {
        let AppToken { class, .. } = AppToken::from_request_parts(parts, state).await?;
        if class == TokenClass::Public {
            let jwt = Jwt::from_request_parts(parts, state).await?;
            let rate = state.limits.throttle.approaches_per_user;
            state.throttle.take(Bucket::Approach(&jwt.user_id), rate, state.now())?;
        }
        Ok(Self)
    }
}

impl Demand for Approach {
    fn describe(operation: &mut Operation) {
        operation.can_refuse(&[ErrorCode::TooManyRequests]);
    }
}

/// An id in the path that the server must have made: anything but a UUID is 400/1.
#[derive(Debug, Clone)]
pub(crate) struct Id<T>(pub(crate) T);

impl Demand for Caller {
    fn describe(operation: &mut Operation) {
        Jwt::describe(operation);
        operation.needs(Identity::Member);
        operation.narrow(0, Segment::Uuid);
        describe_access(operation);
    }
}

impl Demand for ForcedCaller {
    fn describe(operation: &mut Operation) {
        AppToken::describe(operation);
        operation.needs(Identity::ActingUser);
        operation.narrow(0, Segment::Uuid);
        operation.narrow(1, Segment::Uuid);
        operation.can_refuse(&[ErrorCode::UserNotFound]);
        describe_access(operation);
    }
}

fn describe_access(operation: &mut Operation) {
    operation.takes_access_group = true;
    operation.can_refuse(&[ErrorCode::GroupAccess]);
}

impl<T: for<'a> From<&'a str>> FromSegment for Id<T> {
    const SEGMENT: Segment = Segment::Uuid;

    fn from_segment(segment: &str) -> Result<Self, ApiError> {
        if is_uuid(segment) { Ok(Self(T::from(segment))) } else { Err(ErrorCode::IdFormat.into()) }
    }
}
