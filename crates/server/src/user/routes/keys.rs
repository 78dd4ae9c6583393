//! Public keys of users, their own keys, and the rotation of those.

use axum::extract::State;
use keyfold_protocol::error::ErrorCode;
use keyfold_protocol::group::{
    GroupKey, KeyRotationDone, KeyRotationPending, KeyRotationStart, KeyRotationStartOutput,
};
use keyfold_protocol::id::{KeyId, UserId};
use keyfold_protocol::user::{PublicKeyData, VerifyKeyData};

use crate::endpoint::{Endpoint, get, post, put};
use crate::extract::{Allow, AppToken, Body, Jwt, Path, gate};
use crate::keyring::Cursor;
use crate::reply::{ApiResult, Reply, done};
use crate::state::AppState;
use crate::user::{lookup, rotation};

pub(super) fn endpoints() -> Vec<Endpoint> {
    const USER: &[ErrorCode] = &[ErrorCode::UserNotFound];
    vec![
        get("/user/{user_id}/public_key", newest_public_key, "Returns the newest public key of a user")
            .refuses(USER),
        get("/user/{user_id}/public_key/{key_id}", public_key, "Returns a public key of a user")
            .refuses(USER),
        get("/user/{user_id}/verify_key/{key_id}", verify_key, "Returns a verify key of a user")
            .refuses(USER),
        get(
            "/user/user_keys/keys/{last_fetched_time}/{last_id}",
            own_keys,
            "Lists the user keys for this device, newest first, 50 after the last one that is known",
        ),
        get("/user/user_keys/key/{key_id}", own_key, "Returns a user key for this device")
            .refuses(&[ErrorCode::GroupKeyNotFound]),
        post("/user/user_keys/rotation", start_rotation, "Starts a rotation of the user keys").refuses(&[
            ErrorCode::UserKeysMissing,
            ErrorCode::RotationKeyNotFound,
            ErrorCode::RotationLimit,
        ]),
        get(
            "/user/user_keys/rotation",
            pending_rotations,
            "Lists the rotations that this device has to finish",
        ),
        put("/user/user_keys/rotation/{key_id}", finish_rotation, "Finishes a rotation on this device"),
    ]
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
