//! File endpoints.

use axum::body::Body as HttpBody;
use axum::extract::{Request, State};
use axum::http::Response;
use keyfold_protocol::app::FILE_STORAGE_OWN;
use keyfold_protocol::error::ErrorCode;
use keyfold_protocol::file::{
    FailedDelivery, FileMeta, FileNameUpdate, FilePart, FilePartRegisterOutput, FileRegisterInput,
    FileRegisterOutput, FileUsage,
};
use keyfold_protocol::id::{FileId, FilePartId, GroupId, UploadSessionId, UserId};

use super::access::Reader;
use super::upload::Address;
use super::{change, delivery, download, external, fetch, register, upload, usage};
use crate::endpoint::{Endpoint, delete, get, patch, post, put};
use crate::error::ApiError;
use crate::extract::{AccessGroup, Allow, AppToken, Body, Headers, Jwt, OptionalJwt, Path, UploadJwt, gate};
use crate::group::access::Caller;
use crate::reply::{ApiResult, Reply, done};
use crate::state::AppState;

/// The route of uploads. They take longer than other requests may.
pub(crate) const UPLOAD_ROUTE: &str = "/api/v1/file/part/{id}/{sequence}/{end}";

pub(crate) fn endpoints() -> Vec<Endpoint> {
    [files(), files_of_groups(), parts(), own_storage()].into_iter().flatten().collect()
}

/// The file is not there, or not for the caller.
const FILE: &[ErrorCode] = &[ErrorCode::FileNotFound, ErrorCode::FileAccess];

/// What a registration refuses.
const REGISTRATION: &[ErrorCode] = &[ErrorCode::FileQuota, ErrorCode::UserNotFound];

/// What the upload and the registration of a part refuse.
const PART: &[ErrorCode] = &[
    ErrorCode::FileStorageMode,
    ErrorCode::FileParameter,
    ErrorCode::FileSequence,
    ErrorCode::UploadSessionNotFound,
    ErrorCode::UploadSessionExpired,
];

fn files() -> Vec<Endpoint> {
    vec![
        post("/file", create, "Registers a file for everybody or for a user")
            .refuses(FILE)
            .refuses(REGISTRATION),
        put("/file/{file_id}", rename, "Changes the name of a file; its owner alone").refuses(FILE),
        delete("/file/{file_id}", remove, "Deletes a file; its owner alone").refuses(FILE),
        get("/file/{file_id}", show, "Returns a file with the first page of its parts")
            .refuses(FILE)
            .refuses(&[ErrorCode::JwtMissing]),
        get(
            "/file/{file_id}/part_fetch/{last_sequence}",
            list_parts,
            "Lists the parts of a file, 500 after the last sequence that is known",
        )
        .refuses(FILE)
        .refuses(&[ErrorCode::FileParameter, ErrorCode::JwtMissing]),
    ]
}

fn files_of_groups() -> Vec<Endpoint> {
    vec![
        post("/group/{group_id}/file", create_in_group, "Registers a file for a group")
            .refuses(FILE)
            .refuses(REGISTRATION),
        get("/group/{group_id}/file/{file_id}", show_in_group, "Returns a file of a group").refuses(FILE),
        delete(
            "/group/{group_id}/file/{file_id}",
            remove_in_group,
            "Deletes a file of a group; its owner, or rank 3",
        )
        .refuses(FILE),
    ]
}

fn parts() -> Vec<Endpoint> {
    vec![
        post("/file/part/{id}/{sequence}/{end}", upload_part, "Uploads a part of a file, at most 5 MiB")
            .refuses(PART)
            .refuses(&[
                ErrorCode::FileQuota,
                ErrorCode::FilePartTooBig,
                ErrorCode::FileOpen,
                ErrorCode::FileWrite,
            ]),
        get("/file/part/{id}", download_part, "Returns the content of a part").refuses(&[
            ErrorCode::FileOpen,
            ErrorCode::FileAccess,
            ErrorCode::JwtMissing,
        ]),
    ]
}

fn own_storage() -> Vec<Endpoint> {
    vec![
        patch(
            "/file/part/{id}/{sequence}/{end}/{user_id}",
            register_part,
            "Registers a part that the app stores itself",
        )
        .refuses(PART),
        delete("/file/part/{id}", forget_part, "Forgets a part that the app stores itself")
            .refuses(&[ErrorCode::FileStorageMode]),
        get("/file/usage", show_usage, "Returns how much the app has stored, and may store"),
        get(
            "/file/callback/key",
            callback_key,
            "Returns the key that signs messages to an app's own storage",
        ),
        get(
            "/file/callback/failed/{time}/{id}",
            failed_callbacks,
            "Lists the messages to the app's own storage that were given up, 50 after the last one that is known",
        ),
        post("/file/callback/{id}", retry_callback, "Sends a message again that was given up"),
    ]
}

/// `POST /file`: anybody who is logged in.
async fn create(
    State(state): State<AppState>,
    jwt: Jwt,
    _: Allow<gate::FileRegister>,
    Body(input): Body<FileRegisterInput>,
) -> ApiResult<FileRegisterOutput> {
    let data = (jwt, input, state.storage_limits.quota, state.now());
    let work = state.db.write(data, |tx, (jwt, input, quota, now)| {
        Box::pin(register::plain(tx, &jwt.app_id, &jwt.user_id, input, quota, *now))
    });
    Ok(Reply(work.await?))
}

/// `POST /group/:id/file`: any member.
async fn create_in_group(
    State(state): State<AppState>,
    caller: Caller,
    _: Allow<gate::FileRegister>,
    Body(input): Body<FileRegisterInput>,
) -> ApiResult<FileRegisterOutput> {
    let data = (caller, input, state.storage_limits.quota, state.now());
    let work = state.db.write(data, |tx, (caller, input, quota, now)| {
        Box::pin(register::in_group(tx, caller, input, quota, *now))
    });
    Ok(Reply(work.await?))
}

/// `PUT /file/:id`: its owner, whoever the file is for.
async fn rename(
    State(state): State<AppState>,
    jwt: Jwt,
    _: Allow<gate::FileRegister>,
    Path(file): Path<FileId>,
    Body(update): Body<FileNameUpdate>,
) -> ApiResult<&'static str> {
    let work = state.db.write((jwt, file, update), |tx, (jwt, file, update)| {
        Box::pin(change::rename(tx, &jwt.app_id, &jwt.user_id, file, update))
    });
    work.await?;
    Ok(done())
}

/// `DELETE /file/:id`: its owner.
async fn remove(
    State(state): State<AppState>,
    jwt: Jwt,
    _: Allow<gate::FileDelete>,
    Path(file): Path<FileId>,
) -> ApiResult<&'static str> {
    let work = state.db.write((jwt, file, state.now()), |tx, (jwt, file, now)| {
        Box::pin(change::delete(tx, &jwt.app_id, &jwt.user_id, file, *now))
    });
    work.await?;
    state.jobs.wake();
    Ok(done())
}

/// `DELETE /group/:id/file/:id`: its owner, or a member of rank 3 or stronger.
async fn remove_in_group(
    State(state): State<AppState>,
    caller: Caller,
    _: Allow<gate::FileDelete>,
    Path((_, file)): Path<(GroupId, FileId)>,
) -> ApiResult<&'static str> {
    let work = state.db.write((caller, file, state.now()), |tx, (caller, file, now)| {
        Box::pin(change::delete_in_group(tx, caller, file, *now))
    });
    work.await?;
    state.jobs.wake();
    Ok(done())
}

/// `GET /file/:id`: everybody, or the user it is for.
async fn show(
    State(state): State<AppState>,
    app: AppToken,
    jwt: OptionalJwt,
    _: Allow<gate::FileGet>,
    Path(file): Path<FileId>,
) -> ApiResult<FileMeta> {
    let data = (reader(&app, jwt, None), file);
    let work = state.db.read(data, |tx, (reader, file)| Box::pin(fetch::plain(tx, reader, file)));
    Ok(Reply(work.await?))
}

/// `GET /group/:id/file/:id`: any member.
async fn show_in_group(
    State(state): State<AppState>,
    caller: Caller,
    _: Allow<gate::FileGet>,
    Path((_, file)): Path<(GroupId, FileId)>,
) -> ApiResult<FileMeta> {
    let work =
        state.db.read((caller, file), |tx, (caller, file)| Box::pin(fetch::in_group(tx, caller, file)));
    Ok(Reply(work.await?))
}

/// `GET /file/:id/part_fetch/:last_sequence`: who knows the file.
async fn list_parts(
    State(state): State<AppState>,
    app: AppToken,
    jwt: OptionalJwt,
    _: Allow<gate::FileGet>,
    AccessGroup(via): AccessGroup,
    Path((file, last_sequence)): Path<(FileId, String)>,
) -> ApiResult<Vec<FilePart>> {
    let last_sequence: i32 = last_sequence.parse().map_err(|_| ErrorCode::FileParameter)?;
    let data = (reader(&app, jwt, via), file, last_sequence);
    let work = state.db.read(data, |tx, (reader, file, last_sequence)| {
        Box::pin(fetch::parts(tx, reader, file, *last_sequence))
    });
    Ok(Reply(work.await?))
}

/// `GET /file/part/:id`: who knows the part.
async fn download_part(
    State(state): State<AppState>,
    app: AppToken,
    jwt: OptionalJwt,
    _: Allow<gate::FilePartDownload>,
    AccessGroup(via): AccessGroup,
    Path(part): Path<FilePartId>,
    Headers(headers): Headers,
) -> Result<Response<HttpBody>, ApiError> {
    download::part(&state, reader(&app, jwt, via), part, &headers).await
}

/// `POST /file/part/:session/:sequence/:end`: the user who registered the file.
async fn upload_part(
    State(state): State<AppState>,
    AppToken { app, .. }: AppToken,
    jwt: UploadJwt,
    _: Allow<gate::FilePartUpload>,
    Path((session, sequence, end)): Path<(UploadSessionId, String, String)>,
    request: Request,
) -> ApiResult<&'static str> {
    let address = Address { session, sequence, end };
    upload::part(&state, &app, jwt.user_id, jwt.expires_at, address, request.into_body()).await?;
    Ok(done())
}

/// `PATCH /file/part/:session/:sequence/:end/:user`: the app's backend.
async fn register_part(
    State(state): State<AppState>,
    AppToken { app, .. }: AppToken,
    _: Allow<gate::SecretOnly>,
    Path((session, sequence, end, user)): Path<(UploadSessionId, String, String, UserId)>,
) -> ApiResult<FilePartRegisterOutput> {
    let part = Address { session, sequence, end }.parse(&app, user, FILE_STORAGE_OWN)?;
    let work =
        state.db.write((part, state.now()), |tx, (part, now)| Box::pin(external::register(tx, part, *now)));
    Ok(Reply(work.await?))
}

/// `DELETE /file/part/:id`: the app's backend.
async fn forget_part(
    State(state): State<AppState>,
    AppToken { app, .. }: AppToken,
    _: Allow<gate::SecretOnly>,
    Path(part): Path<FilePartId>,
) -> ApiResult<&'static str> {
    external::check_mode(&app)?;
    let data = (app.id.clone(), part);
    state.db.write(data, |tx, (app, part)| Box::pin(external::forget(tx, app, part))).await?;
    Ok(done())
}

/// `GET /file/usage`: the app's backend.
async fn show_usage(
    State(state): State<AppState>,
    AppToken { app, .. }: AppToken,
    _: Allow<gate::SecretOnly>,
) -> ApiResult<FileUsage> {
    let data = (app.id.clone(), state.storage_limits.quota);
    let work = state.db.read(data, |tx, (app, quota)| Box::pin(usage::usage(tx, app, quota)));
    Ok(Reply(work.await?))
}

/// `GET /file/callback/key`: everybody with a token of the app.
async fn callback_key(State(state): State<AppState>, _: AppToken) -> ApiResult<String> {
    Ok(Reply(state.callback_key.public_key()))
}

/// `GET /file/callback/failed/:time/:id`: the app's backend.
async fn failed_callbacks(
    State(state): State<AppState>,
    AppToken { app, .. }: AppToken,
    _: Allow<gate::SecretOnly>,
    Path((time, id)): Path<(u64, String)>,
) -> ApiResult<Vec<FailedDelivery>> {
    let data = (app.id.clone(), time, id);
    let work =
        state.db.read(data, |tx, (app, time, id)| Box::pin(delivery::failed(tx, app, (*time, id.as_str()))));
    Ok(Reply(work.await?))
}

/// `POST /file/callback/:id`: the app's backend.
async fn retry_callback(
    State(state): State<AppState>,
    AppToken { app, .. }: AppToken,
    _: Allow<gate::SecretOnly>,
    Path(id): Path<String>,
) -> ApiResult<&'static str> {
    let data = (app.id.clone(), id, state.now());
    state.db.write(data, |tx, (app, id, now)| Box::pin(delivery::retry(tx, app, id, *now))).await?;
    state.jobs.wake();
    Ok(done())
}

fn reader(app: &AppToken, OptionalJwt(jwt): OptionalJwt, via: Option<GroupId>) -> Reader {
    Reader {
        app: app.app.id.clone(),
        user: jwt.map(|jwt| jwt.user_id),
        via,
        require_user: app.app.file_options.require_jwt,
    }
}
