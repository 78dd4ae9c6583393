//! Contents of parts on their way out.

use std::ops::Range;

use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, Response, StatusCode, header};
use futures_util::StreamExt as _;
use keyfold_protocol::error::ErrorCode;
use keyfold_protocol::id::FilePartId;

use super::access::Reader;
use super::store;
use crate::db::Tx;
use crate::error::ApiError;
use crate::state::AppState;

/// The content of a part, or the range of it that was asked for (RFC 9110 section 14), as it is stored.
///
/// # Errors
/// 400/500 for a part that does not exist in this app, whose file was deleted or is not complete, or whose content is not here; 400/521, 401/31.
pub(crate) async fn part(
    state: &AppState,
    reader: Reader,
    id: FilePartId,
    headers: &HeaderMap,
) -> Result<Response<Body>, ApiError> {
    let size =
        state.db.read((reader, id.clone()), |tx, (reader, id)| Box::pin(check(tx, reader, id))).await?;
    let tag = HeaderValue::try_from(format!("\"{id}\""))
        .map_err(|error| ApiError::caused_by(ErrorCode::FileOpen, error))?;
    if headers.get(header::IF_NONE_MATCH).is_some_and(|known| known == tag) {
        return Ok(respond(StatusCode::NOT_MODIFIED, tag, Body::empty()));
    }
    let range = match wanted(headers, &tag, size) {
        Wanted::Whole => None,
        Wanted::Range(range) => Some(range),
        Wanted::Nothing => {
            let mut response = respond(StatusCode::RANGE_NOT_SATISFIABLE, tag, Body::empty());
            if let Ok(value) = HeaderValue::try_from(format!("bytes */{size}")) {
                response.headers_mut().insert(header::CONTENT_RANGE, value);
            }
            return Ok(response);
        }
    };
    let is_partial = range.is_some();
    let content = state
        .storage
        .read(&id, range)
        .await
        .map_err(|error| ApiError::caused_by(ErrorCode::FileOpen, error))?;
    let length = content.range.end.saturating_sub(content.range.start);
    let body = Body::from_stream(content.stream.inspect(|chunk| {
        if let Err(error) = chunk {
            tracing::warn!(%error, "a download broke off");
        }
    }));
    let status = if is_partial { StatusCode::PARTIAL_CONTENT } else { StatusCode::OK };
    let mut response = respond(status, tag, body);
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_LENGTH, HeaderValue::from(length));
    if is_partial {
        let last = content.range.end.saturating_sub(1);
        let value = format!("bytes {}-{last}/{}", content.range.start, content.size);
        if let Ok(value) = HeaderValue::try_from(value) {
            headers.insert(header::CONTENT_RANGE, value);
        }
    }
    Ok(response)
}

/// The size of a part that the reader may have.
async fn check(tx: &mut Tx, reader: &Reader, id: &FilePartId) -> Result<u64, ApiError> {
    let found = store::parts::find(tx, &reader.app, id).await?.ok_or(ErrorCode::FileOpen)?;
    reader.check_parts(tx, &found.file).await?;
    if found.is_external || (!found.file.is_complete && !reader.is_owner(&found.file)) {
        return Err(ErrorCode::FileOpen.into());
    }
    Ok(found.bytes)
}

fn respond(status: StatusCode, tag: HeaderValue, body: Body) -> Response<Body> {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/octet-stream"));
    headers.insert(header::ETAG, tag);
    headers.insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    // A part never changes: another content is another part. Nobody but the one who asked may keep it.
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, max-age=31536000, immutable"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}

#[derive(Debug, PartialEq, Eq)]
enum Wanted {
    Whole,
    Range(Range<u64>),
    /// A range that begins after the end.
    Nothing,
}

/// One range of bytes. Whatever else is asked for is answered with the whole, as the standard allows.
fn wanted(headers: &HeaderMap, tag: &HeaderValue, size: u64) -> Wanted {
    if headers.get(header::IF_RANGE).is_some_and(|expected| expected != tag) {
        return Wanted::Whole;
    }
    let header = headers.get(header::RANGE).and_then(|value| value.to_str().ok());
    let bounds =
        header.and_then(|value| value.strip_prefix("bytes=")).and_then(|value| value.split_once('-'));
    let Some((first, last)) = bounds else {
        return Wanted::Whole;
    };
    let range = match (first.parse::<u64>(), last.parse::<u64>()) {
        (Ok(first), Ok(last)) if first <= last => first..last.saturating_add(1).min(size),
        (Ok(first), Err(_)) if last.is_empty() => first..size,
        (Err(_), Ok(suffix)) if first.is_empty() => size.saturating_sub(suffix)..size,
        _ => return Wanted::Whole,
    };
    if range.start < range.end { Wanted::Range(range) } else { Wanted::Nothing }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_range_is_understood_and_everything_else_is_the_whole() {
        let tag = HeaderValue::from_static("\"part\"");
        let ask = |range: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::RANGE, HeaderValue::try_from(range).unwrap());
            wanted(&headers, &tag, 10)
        };
        assert_eq!(ask("bytes=0-3"), Wanted::Range(0..4));
        assert_eq!(ask("bytes=4-"), Wanted::Range(4..10));
        assert_eq!(ask("bytes=4-99"), Wanted::Range(4..10));
        assert_eq!(ask("bytes=-3"), Wanted::Range(7..10));
        assert_eq!(ask("bytes=-99"), Wanted::Range(0..10));
        assert_eq!(ask("bytes=10-"), Wanted::Nothing);
        assert_eq!(ask("bytes=-0"), Wanted::Nothing);
        for whole in ["bytes=5-4", "bytes=0-1,3-4", "bytes=", "bytes=a-b", "lines=0-1", "bytes=-"] {
            assert_eq!(ask(whole), Wanted::Whole, "{whole}");
        }
    }
}
