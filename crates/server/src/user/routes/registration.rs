//! `/exists`, `/register`, `/register_light`.

use axum::extract::State;
use keyfold_protocol::error::ErrorCode;
use keyfold_protocol::user::{DeviceRegister, ExistsOutput, RegisterInput, RegisterOutput, UserIdentifier};

use crate::endpoint::{Endpoint, post};
use crate::extract::{Allow, AppToken, Body, ClientAddress, gate};
use crate::reply::{ApiResult, Reply};
use crate::state::AppState;
use crate::user::authentication::Origin;
use crate::user::credentials;
use crate::user::registration::{self, NewUser};

pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![
        post("/exists", exists, "Says whether an identifier is free"),
        post("/register", register, "Registers a user with its first device and its user group")
            .refuses(&[ErrorCode::UserKeysMissing, ErrorCode::IdentifierTaken]),
        post("/register_light", register_light, "Registers a user without user keys")
            .refuses(&[ErrorCode::IdentifierTaken]),
    ]
}

/// `POST /exists`: whether an identifier is free.
async fn exists(
    State(state): State<AppState>,
    app: AppToken,
    _: Allow<gate::UserExists>,
    address: ClientAddress,
    Body(input): Body<UserIdentifier>,
) -> ApiResult<ExistsOutput> {
    Origin::new(&app, address).count_lookup(&state)?;
    registration::availability(&state, &app.app.id, input.user_identifier).await.map(Reply)
}

/// `POST /register`: a user with its first device and user group.
async fn register(
    State(state): State<AppState>,
    app: AppToken,
    _: Allow<gate::UserRegister>,
    address: ClientAddress,
    Body(input): Body<RegisterInput>,
) -> ApiResult<RegisterOutput> {
    credentials::usable_registration(&input)?;
    Origin::new(&app, address).count_registration(&state)?;
    let new = NewUser { app_id: app.app.id.clone(), device: input.device, group: Some(input.group) };
    registration::register(&state, new).await.map(Reply)
}

/// `POST /register_light`: a user without user keys.
async fn register_light(
    State(state): State<AppState>,
    app: AppToken,
    _: Allow<gate::UserRegister>,
    address: ClientAddress,
    Body(device): Body<DeviceRegister>,
) -> ApiResult<RegisterOutput> {
    credentials::usable_device(&device)?;
    Origin::new(&app, address).count_registration(&state)?;
    let new = NewUser { app_id: app.app.id.clone(), device, group: None };
    registration::register(&state, new).await.map(Reply)
}
