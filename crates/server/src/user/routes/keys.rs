//! Public keys of users, their own keys, and the rotation of those.

use axum::Router;
use axum::extract::State;
use keyfold_protocol::group::{
    GroupKey, KeyRotationDone, KeyRotationPending, KeyRotationStart, KeyRotationStartOutput,
};
use keyfold_protocol::id::{KeyId, UserId};
use keyfold_protocol::user::{PublicKeyData, VerifyKeyData};

use crate::extract::{Allow, AppToken, Body, Jwt, Path, gate};
use crate::keyring::Cursor;
use crate::reply::{ApiResult, Reply, done};
use crate::routing::{get, post, put};
use crate::state::AppState;
use crate::user::{lookup, rotation};

pub(super) fn router() -> Router<AppState> {
    Router::new()
        .route("/api/v1/user/{user_id}/public_key", get(newest_public_key))
        .route("/api/v1/user/{user_id}/public_key/{key_id}", get(public_key))
        .route("/api/v1/user/{user_id}/verify_key/{key_id}", get(verify_key))
        .route("/api/v1/user/user_keys/keys/{last_fetched_time}/{last_id}", get(own_keys))
        .route("/api/v1/user/user_keys/key/{key_id}", get(own_key))
        .route("/api/v1/user/user_keys/rotation", post(start_rotation).merge(get(pending_rotations)))
        .route("/api/v1/user/user_keys/rotation/{key_id}", put(finish_rotation))
}

/// `GET /user/:id/public_key`: the newest.
async fn newest_public_key(
    State(state): State<AppState>,
    AppToken { app, .. }: AppToken,
    _: Allow<gate::UserPublicData>,
    Path(user): Path<UserId>,
) -> ApiResult<PublicKeyData> {
    lookup::public_key(&state, &app.id, user, None).await.map(Reply)
}

/// `GET /user/:id/public_key/:key`.
async fn public_key(
    State(state): State<AppState>,
    AppToken { app, .. }: AppToken,
    _: Allow<gate::UserPublicData>,
    Path((user, key)): Path<(UserId, KeyId)>,
) -> ApiResult<PublicKeyData> {
    lookup::public_key(&state, &app.id, user, Some(key)).await.map(Reply)
}

/// `GET /user/:id/verify_key/:key`.
async fn verify_key(
    State(state): State<AppState>,
    AppToken { app, .. }: AppToken,
    _: Allow<gate::UserPublicData>,
    Path((user, key)): Path<(UserId, KeyId)>,
) -> ApiResult<VerifyKeyData> {
    lookup::verify_key(&state, &app.id, user, key).await.map(Reply)
}

/// `GET /user/user_keys/keys/:time/:id`: a page of the keys for the device of the token.
async fn own_keys(
    State(state): State<AppState>,
    jwt: Jwt,
    _: Allow<gate::UserDoneLogin>,
    Path((time, id)): Path<(u64, String)>,
) -> ApiResult<Vec<GroupKey>> {
    lookup::own_keys(&state, jwt, Cursor { time, id }).await.map(Reply)
}

/// `GET /user/user_keys/key/:id`.
async fn own_key(
    State(state): State<AppState>,
    jwt: Jwt,
    _: Allow<gate::UserDoneLogin>,
    Path(key): Path<KeyId>,
) -> ApiResult<GroupKey> {
    lookup::own_key(&state, jwt, key).await.map(Reply)
}

/// `POST /user/user_keys/rotation`: new user keys.
async fn start_rotation(
    State(state): State<AppState>,
    AppToken { app, .. }: AppToken,
    jwt: Jwt,
    _: Allow<gate::UserKeyUpdate>,
    Body(input): Body<KeyRotationStart>,
) -> ApiResult<KeyRotationStartOutput> {
    rotation::start(&state, jwt, &app.group_options, input).await.map(Reply)
}

/// `GET /user/user_keys/rotation`: what the device has to take over.
async fn pending_rotations(
    State(state): State<AppState>,
    jwt: Jwt,
    _: Allow<gate::UserKeyUpdate>,
) -> ApiResult<Vec<KeyRotationPending>> {
    rotation::pending(&state, jwt).await.map(Reply)
}

/// `PUT /user/user_keys/rotation/:key`: takes it over.
async fn finish_rotation(
    State(state): State<AppState>,
    jwt: Jwt,
    _: Allow<gate::UserKeyUpdate>,
    Path(key): Path<KeyId>,
    Body(input): Body<KeyRotationDone>,
) -> ApiResult<&'static str> {
    rotation::finish(&state, jwt, key, input).await?;
    Ok(done())
}
