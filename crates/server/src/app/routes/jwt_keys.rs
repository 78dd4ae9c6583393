//! The keys for an app's access tokens, in the hands of its owners.

use axum::extract::State;
use keyfold_protocol::customer::app::{JwtData, JwtRegister};
use keyfold_protocol::encoding::SecretText;
use keyfold_protocol::error::ErrorCode;
use keyfold_protocol::id::JwtKeyId;

use crate::app::jwt_keys::{self, PreparedJwtKey};
use crate::app::{PrivateKeys, change};
use crate::customer::app_access::{AppCaller, AppRight};
use crate::endpoint::{Endpoint, delete, get, patch};
use crate::extract::Path;
use crate::jwt::ALGORITHM;
use crate::reply::{ApiResult, Reply, done};
use crate::state::AppState;

pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![
        patch(
            "/customer/app/{id}/new_jwt_keys",
            add,
            "Adds a key for access tokens, which signs from now on; rank 0 to 2",
        )
        .refuses(&[ErrorCode::NoAccess, ErrorCode::JwtCreate]),
        get(
            "/customer/app/{id}/jwt",
            list,
            "Lists the keys for access tokens, newest first; sign keys for rank 0 to 2",
        ),
        delete("/customer/app/{id}/jwt/{jwt_id}", remove, "Deletes a key for access tokens; rank 0 to 2")
            .refuses(&[ErrorCode::NoAccess]),
    ]
}

/// `PATCH /customer/app/:app_id/new_jwt_keys`: a key that signs from now on.
async fn add(State(state): State<AppState>, caller: AppCaller) -> ApiResult<JwtRegister> {
    let app_id = caller.app.clone();
    let work = (caller, PreparedJwtKey::generate(&state.root_key)?, state.now());
    let added = change(&state.db, work, |tx, (caller, key, now)| {
        Box::pin(async move {
            caller.require(tx, AppRight::Manage).await?;
            jwt_keys::add(tx, &caller.app, key, *now).await
        })
    });
    let key = added.await?;
    Ok(Reply(JwtRegister {
        app_id,
        jwt_id: key.id,
        jwt_verify_key: key.verify_key,
        jwt_sign_key: key.sign_key,
        jwt_alg: ALGORITHM.to_owned(),
    }))
}

/// `GET /customer/app/:app_id/jwt`: all keys, newest first. Sign keys only for those who may manage them: who has one can be any user of the
/// app.
async fn list(State(state): State<AppState>, caller: AppCaller) -> ApiResult<Vec<JwtData>> {
    let work = (caller, state.root_key.clone());
    let keys = state.db.read(work, |tx, (caller, root_key)| {
        Box::pin(async move {
            let private_keys = match caller.may(tx, AppRight::Manage).await? {
                true => PrivateKeys::Shown,
                false => PrivateKeys::Hidden,
            };
            jwt_keys::list(tx, &caller.app, root_key, private_keys).await
        })
    });
    let keys = keys.await?.into_iter().map(|key| JwtData {
        jwt_key_id: key.id,
        jwt_alg: ALGORITHM.to_owned(),
        time: key.created_at,
        sign_key: key.sign_key.unwrap_or_else(|| SecretText::new("")),
        verify_key: key.verify_key,
    });
    Ok(Reply(keys.collect()))
}

/// `DELETE /customer/app/:app_id/jwt/:jwt_id`: what the key has signed is refused when this returns.
async fn remove(
    State(state): State<AppState>,
    caller: AppCaller,
    Path((_, key)): Path<(String, String)>,
) -> ApiResult<&'static str> {
    let removed = change(&state.db, (caller, JwtKeyId::from(key)), |tx, (caller, key)| {
        Box::pin(async move {
            caller.require(tx, AppRight::Manage).await?;
            jwt_keys::delete(tx, &caller.app, key).await
        })
    });
    removed.await?;
    Ok(done())
}
