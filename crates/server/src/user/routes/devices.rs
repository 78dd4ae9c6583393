//! `/user/prepare_register_device`, `/user/done_register_device`, `/user/device`, key sessions.

use axum::extract::State;
use keyfold_protocol::error::ErrorCode;
use keyfold_protocol::group::NewMemberKey;
use keyfold_protocol::id::{DeviceId, KeySessionId};
use keyfold_protocol::user::{
    DeviceListItem, DeviceRegister, DoneDeviceInput, DoneDeviceLightInput, DoneDeviceOutput,
    PrepareDeviceOutput,
};

use crate::endpoint::{Endpoint, delete, get, post, put};
use crate::extract::{Allow, AppToken, Body, ClientAddress, Jwt, Path, gate};
use crate::keyring::Cursor;
use crate::reply::{ApiResult, Reply, done};
use crate::state::AppState;
use crate::user::authentication::Origin;
use crate::user::devices;

pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![
        post("/user/prepare_register_device", prepare, "Registers a device that waits for an account")
            .refuses(&[ErrorCode::IdentifierTaken]),
        put(
            "/user/done_register_device",
            confirm,
            "Adds a waiting device to the account, with the user keys",
        )
        .refuses(CONFIRM)
        .refuses(&[ErrorCode::NoKeys, ErrorCode::TooManyKeys, ErrorCode::GroupKeyNotFound]),
        put(
            "/user/done_register_device_light",
            confirm_light,
            "Adds a waiting device to the account, without keys",
        )
        .refuses(CONFIRM),
        put("/user/user_keys/session/{key_session_id}", upload_keys, "Stores further keys for a new device")
            .refuses(&[
                ErrorCode::NoKeys,
                ErrorCode::TooManyKeys,
                ErrorCode::KeySessionNotFound,
                ErrorCode::GroupKeyNotFound,
            ]),
        get(
            "/user/device/{last_fetched_time}/{last_id}",
            list,
            "Lists the user's devices, 50 after the last one that is known",
        ),
        delete("/user/device/{device_id}", remove, "Deletes a device of the user; needs a recent login")
            .refuses(&[ErrorCode::JwtNotFresh, ErrorCode::LastDevice]),
    ]
}

/// What a confirmation refuses.
const CONFIRM: &[ErrorCode] =
    &[ErrorCode::RankInsufficient, ErrorCode::AlreadyMember, ErrorCode::IdentifierTaken, ErrorCode::NoAccess];

/// `POST /user/prepare_register_device`: a device that waits for an account.
async fn prepare(
    State(state): State<AppState>,
    app: AppToken,
    _: Allow<gate::UserDeviceRegister>,
    address: ClientAddress,
    Body(device): Body<DeviceRegister>,
) -> ApiResult<PrepareDeviceOutput> {
    devices::prepare(&state, &Origin::new(&app, address), device).await.map(Reply)
}

/// `PUT /user/done_register_device`: adds it to the account.
async fn confirm(
    State(state): State<AppState>,
    jwt: Jwt,
    _: Allow<gate::UserDeviceRegister>,
    Body(input): Body<DoneDeviceInput>,
) -> ApiResult<DoneDeviceOutput> {
    devices::confirm(&state, jwt, input).await.map(Reply)
}

/// `PUT /user/done_register_device_light`: the same without keys.
async fn confirm_light(
    State(state): State<AppState>,
    jwt: Jwt,
    _: Allow<gate::UserDeviceRegister>,
    Body(input): Body<DoneDeviceLightInput>,
) -> ApiResult<&'static str> {
    devices::confirm_light(&state, jwt, input).await?;
    Ok(done())
}

/// `PUT /user/user_keys/session/:id`: further keys for a new device. No option governs it.
async fn upload_keys(
    State(state): State<AppState>,
    jwt: Jwt,
    Path(session): Path<KeySessionId>,
    Body(keys): Body<Vec<NewMemberKey>>,
) -> ApiResult<&'static str> {
    devices::upload_keys(&state, jwt, session, keys).await?;
    Ok(done())
}

/// `GET /user/device/:time/:id`: a page of the user's devices.
async fn list(
    State(state): State<AppState>,
    jwt: Jwt,
    _: Allow<gate::UserDeviceList>,
    Path((time, id)): Path<(u64, String)>,
) -> ApiResult<Vec<DeviceListItem>> {
    devices::list(&state, jwt, Cursor { time, id }).await.map(Reply)
}

/// `DELETE /user/device/:id`.
async fn remove(
    State(state): State<AppState>,
    jwt: Jwt,
    _: Allow<gate::UserDeviceDelete>,
    Path(device): Path<DeviceId>,
) -> ApiResult<&'static str> {
    jwt.require_fresh()?;
    state.db.write((jwt, device), |tx, (jwt, device)| Box::pin(devices::delete(tx, jwt, device))).await?;
    Ok(done())
}
