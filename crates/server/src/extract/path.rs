//! Parts of the path, as they are: not percent-decoded, not normalised.

use axum::extract::{FromRequestParts, MatchedPath};
use axum::http::request::Parts;
use keyfold_protocol::error::ErrorCode;
use keyfold_protocol::id::{
    DeviceId, FileId, FilePartId, GroupId, KeyId, KeySessionId, MemberId, StoredKeyId, UploadSessionId,
    UserId,
};

use crate::endpoint::{Demand, Operation, Segment};
use crate::error::ApiError;
use crate::state::AppState;

/// The parameters of the route, in order: `Path(id)` of one, `Path((time, id))` of two, and so on.
///
/// Text is taken as it is. A number ([`u64`]) that is none is 400/13.
pub struct Path<T>(pub T);

/// Something that a segment of the path can be.
pub trait FromSegment: Sized {
    /// What it has to be.
    const SEGMENT: Segment = Segment::Text;

    /// Reads it.
    ///
    /// # Errors
    /// The documented code for a segment of the wrong form.
    fn from_segment(segment: &str) -> Result<Self, ApiError>;
}

/// The segments of `path` that stand where `template` has a `{parameter}`.
fn parameters<'a>(template: &'a str, path: &'a str) -> impl Iterator<Item = &'a str> {
    template.split('/').zip(path.split('/')).filter(|(name, _)| name.starts_with('{')).map(|(_, value)| value)
}

fn next<'a, T: FromSegment>(segments: &mut impl Iterator<Item = &'a str>) -> Result<T, ApiError> {
    T::from_segment(segments.next().ok_or(ErrorCode::ParameterMissing)?)
}

macro_rules! from_path {
    ($(($($name:ident),+) => $target:ty),* $(,)?) => {$(
        impl<$($name: FromSegment),+> FromRequestParts<AppState> for Path<$target> {
            type Rejection = ApiError;

            async fn from_request_parts(parts: &mut Parts, _: &AppState) -> Result<Self, ApiError> {
                let template = parts.extensions.get::<MatchedPath>().ok_or(ErrorCode::ParameterMissing)?;
                let mut segments = parameters(template.as_str(), parts.uri.path());
                Ok(Self(<$target>::from(($(next::<$name>(&mut segments)?),+))))
            }
        }

        impl<$($name: FromSegment),+> Demand for Path<$target> {
            fn describe(operation: &mut Operation) {
                for (position, segment) in [$($name::SEGMENT),+].into_iter().enumerate() {
                    operation.narrow(position, segment);
                }
            }
        }
    )*};
}

from_path! {
    (A, B) => (A, B),
    (A, B, C) => (A, B, C),
    (A, B, C, D) => (A, B, C, D),
}

impl<A: FromSegment> FromRequestParts<AppState> for Path<A> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &AppState) -> Result<Self, ApiError> {
        let template = parts.extensions.get::<MatchedPath>().ok_or(ErrorCode::ParameterMissing)?;
        next(&mut parameters(template.as_str(), parts.uri.path())).map(Self)
    }
}

impl<A: FromSegment> Demand for Path<A> {
    fn describe(operation: &mut Operation) {
        operation.narrow(0, A::SEGMENT);
    }
}

impl FromSegment for u64 {
    const SEGMENT: Segment = Segment::Number;

    fn from_segment(segment: &str) -> Result<Self, ApiError> {
        segment.parse().map_err(|_| ErrorCode::NumberExpected.into())
    }
}

macro_rules! texts {
    ($($text:ty),*) => {$(
        impl FromSegment for $text {
            fn from_segment(segment: &str) -> Result<Self, ApiError> {
                Ok(Self::from(segment))
            }
        }
    )*};
}

texts!(
    String,
    UserId,
    DeviceId,
    GroupId,
    KeyId,
    KeySessionId,
    MemberId,
    FileId,
    FilePartId,
    StoredKeyId,
    UploadSessionId
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn segments_are_taken_raw() {
        let found: Vec<_> =
            parameters("/api/v1/user/{a}/public_key/{b}", "/api/v1/user/a%20b/public_key/%zz").collect();
        assert_eq!(found, ["a%20b", "%zz"]);
    }
}
