//! Endpoints of stored keys.

use axum::extract::State;
use keyfold_protocol::error::ErrorCode;
use keyfold_protocol::file::{StoredKey, StoredKeyInput, StoredKeyOutput};
use keyfold_protocol::id::{KeyId, StoredKeyId};

use crate::endpoint::{Endpoint, delete, get, post};
use crate::error::ApiError;
use crate::extract::{Allow, AppToken, Body, Jwt, OptionalJwt, Path, gate};
use crate::random;
use crate::reply::{ApiResult, Reply, done};
use crate::state::AppState;

pub(crate) fn endpoints() -> Vec<Endpoint> {
    vec![
        post("/keys/sym_key", create, "Stores an encrypted symmetric key").refuses(&[ErrorCode::FileQuota]),
        delete("/keys/sym_key/{id}", remove, "Deletes a stored key of the user, if there is one"),
        get("/keys/sym_key/{id}", show, "Returns a stored key")
            .refuses(&[ErrorCode::StoredKeyNotFound, ErrorCode::JwtMissing]),
        get(
            "/keys/sym_key/master_key/{master_key_id}/{time}/{id}",
            list,
            "Lists the keys stored under a master key, newest first, 50 after the last one that is known",
        )
        .refuses(&[ErrorCode::JwtMissing]),
    ]
}

/// `POST /keys/sym_key`: anybody who is logged in.
async fn create(
    State(state): State<AppState>,
    jwt: Jwt,
    _: Allow<gate::KeyRegister>,
    Body(input): Body<StoredKeyInput>,
) -> ApiResult<StoredKeyOutput> {
    let key_id = StoredKeyId::from(random::ordered_id());
    let creator =
        super::Creator { app: jwt.app_id, user: jwt.user_id, limit: state.limits.stored_keys_per_user };
    let data = (key_id.clone(), creator, input, state.now());
    let work = state
        .db
        .write(data, |tx, (id, creator, input, now)| Box::pin(super::insert(tx, id, creator, input, *now)));
    work.await?;
    Ok(Reply(StoredKeyOutput { key_id }))
}

/// `DELETE /keys/sym_key/:id`: its creator.
async fn remove(
    State(state): State<AppState>,
    jwt: Jwt,
    _: Allow<gate::KeyRegister>,
    Path(key): Path<StoredKeyId>,
) -> ApiResult<&'static str> {
    let work = state.db.write((jwt, key), |tx, (jwt, key)| {
        Box::pin(async move { Ok(super::delete(tx, key, &jwt.app_id, &jwt.user_id).await?) })
    });
    work.await?;
    Ok(done())
}

/// `GET /keys/sym_key/:id`: who knows the id.
async fn show(
    State(state): State<AppState>,
    app: AppToken,
    jwt: OptionalJwt,
    _: Allow<gate::KeyGet>,
    Path(key): Path<StoredKeyId>,
) -> ApiResult<StoredKey> {
    check_reader(&app, &jwt)?;
    let work = state.db.read((app.app.id.clone(), key), |tx, (app, key)| {
        Box::pin(async move { Ok(super::find(tx, app, key).await?) })
    });
    Ok(Reply(work.await?.ok_or(ErrorCode::StoredKeyNotFound)?))
}

/// `GET /keys/sym_key/master_key/:id/:time/:id`: who knows the id of the master key.
async fn list(
    State(state): State<AppState>,
    app: AppToken,
    jwt: OptionalJwt,
    _: Allow<gate::KeyGet>,
    Path((master_key, time, id)): Path<(KeyId, u64, String)>,
) -> ApiResult<Vec<StoredKey>> {
    check_reader(&app, &jwt)?;
    let data = (app.app.id.clone(), master_key, time, id);
    let work = state.db.read(data, |tx, (app, master_key, time, id)| {
        Box::pin(async move { Ok(super::list(tx, app, master_key, *time, id).await?) })
    });
    Ok(Reply(work.await?))
}

/// Passes everybody, unless the app wants to know who asks.
fn check_reader(app: &AppToken, jwt: &OptionalJwt) -> Result<(), ApiError> {
    if app.app.file_options.require_jwt && jwt.0.is_none() {
        Err(ErrorCode::JwtMissing.into())
    } else {
        Ok(())
    }
}
