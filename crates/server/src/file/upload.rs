//! Parts whose contents this server stores.

use std::num::NonZeroU64;
use std::time::{Duration, Instant};

use axum::body::Body;
use bytes::Bytes;
use http_body_util::BodyExt as _;
use keyfold_protocol::app::FILE_STORAGE_SERVER;
use keyfold_protocol::error::ErrorCode;
use keyfold_protocol::file::{MAX_PART_BYTES, UPLOAD_SESSION_MS};
use keyfold_protocol::id::{AppId, FileId, FilePartId, UploadSessionId, UserId};
use keyfold_protocol::session::CLOCK_LEEWAY_SECONDS;

use super::{delivery, store, usage};
use crate::app::App;
use crate::db::Tx;
use crate::error::ApiError;
use crate::random;
use crate::state::AppState;
use crate::storage::{Quota, StorageConfig, StorageError, Upload};

/// How much longer than the longest upload a content without part is kept.
const LOOSE_MARGIN: Duration = Duration::from_secs(60 * 60);

/// A part as its address names it.
#[derive(Debug, Clone)]
pub(crate) struct NewPart {
    pub(crate) app: AppId,
    pub(crate) user: UserId,
    pub(crate) session: UploadSessionId,
    pub(crate) sequence: i32,
    pub(crate) is_last: bool,
}

/// What the address of a part says of it, as text.
pub(crate) struct Address {
    pub(crate) session: UploadSessionId,
    pub(crate) sequence: String,
    pub(crate) end: String,
}

impl Address {
    /// # Errors
    /// 400/520 when the app does not store its files in this way, 400/12, 400/523 for a negative sequence.
    pub(crate) fn parse(self, app: &App, user: UserId, storage: i32) -> Result<NewPart, ApiError> {
        if app.file_options.file_storage != storage {
            return Err(ErrorCode::FileStorageMode.into());
        }
        let sequence: i32 = self.sequence.parse().map_err(|_| ErrorCode::FileParameter)?;
        let is_last = match self.end.as_str() {
            "true" => true,
            "false" => false,
            _ => return Err(ErrorCode::FileParameter.into()),
        };
        // Lists of parts begin after 0: what stood before would be listed twice.
        if sequence < 0 {
            return Err(ErrorCode::FileSequence.into());
        }
        Ok(NewPart { app: app.id.clone(), user, session: self.session, sequence, is_last })
    }
}

/// Takes the content of a part. It is stored for good, and its row is in the database, when this returns.
///
/// The token may have expired since the upload began, but not before.
///
/// # Errors
/// 400/520, 400/12, 400/523, 400/510, 400/511, 400/522, 401/30, 400/502, 400/500, 400/23.
pub(crate) async fn part(
    state: &AppState,
    app: &App,
    user: UserId,
    token_expires_at: u64,
    address: Address,
    body: Body,
) -> Result<(), ApiError> {
    if !state.storage_limits.is_enabled() {
        return Err(ErrorCode::FileStorageMode.into());
    }
    let part = address.parse(app, user, FILE_STORAGE_SERVER)?;
    let id = FilePartId::from(random::ordered_id());
    let quota = state.storage_limits.quota;
    let question = (part.clone(), token_expires_at, quota, state.now());
    let question = state.db.read(question, |tx, (part, expires_at, quota, now)| {
        Box::pin(async move {
            let session = open_session(tx, part, *now).await?;
            if expires_at.saturating_add(CLOCK_LEEWAY_SECONDS) < session.created_at / 1_000 {
                return Err(ApiError::with_message(
                    ErrorCode::JwtInvalid,
                    "Wrong jwt: expired before the upload",
                ));
            }
            usage::check_bytes(tx, &part.app, quota).await
        })
    });
    question.await?;

    // The name is in the table before the content is in its place: that takes no time while the bytes arrive.
    let (announced, received) = tokio::join!(announce(state, &id), receive(state, &id, body));
    let size = match (announced, received) {
        (Ok(()), Ok((upload, size))) => match upload.finish().await {
            Ok(()) => size,
            Err(error) => {
                forget(state, id).await;
                return Err(ApiError::caused_by(ErrorCode::FileWrite, error));
            }
        },
        (Err(error), _) => return Err(error),
        (Ok(()), Err(error)) => {
            forget(state, id).await;
            return Err(error);
        }
    };
    let stored = Stored { part, id: id.clone(), size, quota, now: state.now() };
    let recorded = state.db.write(stored, |tx, stored| Box::pin(record(tx, stored))).await;
    if recorded.is_err() {
        forget(state, id).await;
    }
    recorded
}

async fn announce(state: &AppState, id: &FilePartId) -> Result<(), ApiError> {
    let keep = state.storage_limits.upload_timeout.saturating_add(LOOSE_MARGIN);
    let remove_at = state.now().saturating_add(u64::try_from(keep.as_millis()).unwrap_or(u64::MAX));
    state
        .db
        .write((id.clone(), remove_at), |tx, (id, remove_at)| {
            Box::pin(async move { Ok(store::loose_blobs::insert(tx, id, *remove_at).await?) })
        })
        .await
}

/// The content becomes no part: it may go at once. When even that cannot be written down, it goes when its time is over.
async fn forget(state: &AppState, id: FilePartId) {
    let forgotten = state.db.write((id, state.now()), |tx, (id, now)| {
        Box::pin(async move { Ok(store::loose_blobs::remove_from(tx, id, *now).await?) })
    });
    if let Err(error) = forgotten.await {
        tracing::warn!(%error, "cannot give up the content of an upload early");
    }
}

/// Reads the body to its end. A body that breaks off, or that is too large, becomes nothing.
async fn receive(state: &AppState, id: &FilePartId, mut body: Body) -> Result<(Upload, u64), ApiError> {
    let unavailable = |error: StorageError| ApiError::caused_by(ErrorCode::FileOpen, error);
    let expected = axum::body::HttpBody::size_hint(&body);
    if expected.lower() > limit() {
        return Err(ErrorCode::FilePartTooBig.into());
    }
    let mut upload = state.storage.begin(id).await.map_err(unavailable)?;
    let patience = Patience::of(&state.storage_limits, &upload);
    let mut size = 0_u64;
    loop {
        let frame = tokio::time::timeout(patience.after(size), body.frame()).await;
        let bytes: Bytes = match frame {
            Err(_) => return Err(broken_off()),
            Ok(None) => break,
            Ok(Some(Err(_))) => return Err(broken_off()),
            Ok(Some(Ok(frame))) => match frame.into_data() {
                Ok(bytes) => bytes,
                // Trailers.
                Err(_) => continue,
            },
        };
        size = size.saturating_add(u64::try_from(bytes.len()).unwrap_or(u64::MAX));
        if size > limit() {
            return Err(ErrorCode::FilePartTooBig.into());
        }
        upload.write(bytes).await.map_err(|error| ApiError::caused_by(ErrorCode::FileWrite, error))?;
    }
    // A body of a declared length that ends early is an error above; this holds whatever the transport thinks of it.
    if expected.exact().is_some_and(|exact| exact != size) {
        return Err(broken_off());
    }
    Ok((upload, size))
}

/// How long to wait for the next bytes of an upload.
struct Patience {
    idle: Duration,
    /// Bytes per second that it has to reach.
    slowest: Option<NonZeroU64>,
    start: Instant,
}

impl Patience {
    fn of(limits: &StorageConfig, upload: &Upload) -> Self {
        let slowest = NonZeroU64::new(limits.slowest_buffered_upload).filter(|_| upload.is_buffered());
        Self { idle: limits.idle_timeout, slowest, start: Instant::now() }
    }

    fn after(&self, bytes: u64) -> Duration {
        let Some(slowest) = self.slowest else { return self.idle };
        // What has arrived has bought this much time.
        let bought = Duration::from_micros(bytes.saturating_mul(1_000_000) / slowest);
        self.idle.min(self.idle.saturating_add(bought).saturating_sub(self.start.elapsed()))
    }
}

fn broken_off() -> ApiError {
    ApiError::with_message(ErrorCode::FileWrite, "The file part did not arrive whole")
}

fn limit() -> u64 {
    u64::try_from(MAX_PART_BYTES).unwrap_or(u64::MAX)
}

/// The upload session of a part, on a file that is still there and belongs to the user.
///
/// # Errors
/// 400/510, 400/511.
pub(super) async fn open_session(
    tx: &mut Tx,
    part: &NewPart,
    now: u64,
) -> Result<store::sessions::Session, ApiError> {
    let session = store::sessions::find(tx, &part.session, &part.app, &part.user).await?;
    let session = session.ok_or(ErrorCode::UploadSessionNotFound)?;
    // It is kept for as long again: whoever comes late is to be told why.
    if now.saturating_sub(session.created_at) > UPLOAD_SESSION_MS {
        return Err(ErrorCode::UploadSessionExpired.into());
    }
    Ok(session)
}

struct Stored {
    part: NewPart,
    id: FilePartId,
    size: u64,
    quota: Quota,
    now: u64,
}

async fn record(tx: &mut Tx, stored: &Stored) -> Result<(), ApiError> {
    let Stored { part, id, size, quota, now } = stored;
    store::sessions::lock(tx, &part.session).await?;
    let session = open_session(tx, part, *now).await?;
    if !store::loose_blobs::take(tx, id).await? {
        return Err(ApiError::caused_by(
            ErrorCode::FileWrite,
            "the upload took so long that its content was removed",
        ));
    }
    let replaced = insert(tx, part, &session.file, id, false, *size, *now).await?;
    usage::add_bytes(tx, &part.app, *size, replaced, quota).await
}

/// Makes a stored content a part of its file, in the place of one that was uploaded under the same sequence; the bytes of that one.
///
/// # Errors
/// 400/523 when the last part comes while others are missing, or when there are parts after it.
pub(super) async fn insert(
    tx: &mut Tx,
    part: &NewPart,
    file: &FileId,
    id: &FilePartId,
    is_external: bool,
    size: u64,
    now: u64,
) -> Result<u64, ApiError> {
    let mut replaced = 0;
    if let Some(old) = store::parts::remove_at(tx, file, part.sequence).await? {
        if old.is_external {
            delivery::enqueue(tx, &part.app, std::slice::from_ref(&old.id), now).await?;
        } else {
            store::loose_blobs::insert(tx, &old.id, now).await?;
        }
        replaced = old.bytes;
    }
    store::parts::insert(tx, id, file, part.sequence, is_external, size).await?;
    if part.is_last {
        let span = store::parts::span(tx, file).await?;
        if !span.is_whole() || span.last != i64::from(part.sequence) {
            return Err(ErrorCode::FileSequence.into());
        }
        store::files::complete(tx, file, now).await?;
        store::sessions::delete_of_file(tx, file).await?;
    }
    Ok(replaced)
}
