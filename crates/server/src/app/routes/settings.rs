//! What owners set for an app.

use axum::extract::State;
use keyfold_protocol::app::{AppOptions, FileOptions, GroupOptions};
use keyfold_protocol::error::ErrorCode;

use crate::app::{change, settings};
use crate::customer::app_access::{AppCaller, AppRight};
use crate::endpoint::{Endpoint, put};
use crate::extract::Body;
use crate::file;
use crate::reply::{ApiResult, done};
use crate::state::AppState;

pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![
        put("/customer/app/{id}/options", set_options, "Replaces who may call what; rank 0 to 2")
            .refuses(&[ErrorCode::NoAccess]),
        put(
            "/customer/app/{id}/file_options",
            set_file_options,
            "Replaces where files are stored; rank 0 to 2",
        )
        .refuses(&[ErrorCode::NoAccess]),
        put(
            "/customer/app/{id}/group_options",
            set_group_options,
            "Replaces the limits of groups; rank 0 to 2",
        )
        .refuses(&[ErrorCode::NoAccess]),
    ]
}

/// `PUT /customer/app/:app_id/options`: all of them.
async fn set_options(
    State(state): State<AppState>,
    caller: AppCaller,
    Body(options): Body<AppOptions>,
) -> ApiResult<&'static str> {
    let set = change(&state.db, (caller, options), |tx, (caller, options)| {
        Box::pin(async move {
            caller.require(tx, AppRight::Manage).await?;
            settings::set_options(tx, &caller.app, options).await
        })
    });
    set.await?;
    Ok(done())
}

/// `PUT /customer/app/:app_id/file_options`: all of them.
async fn set_file_options(
    State(state): State<AppState>,
    caller: AppCaller,
    Body(options): Body<FileOptions>,
) -> ApiResult<&'static str> {
    let work = (caller, options, state.root_key.clone(), state.storage_limits.clone());
    let set = change(&state.db, work, |tx, (caller, options, root_key, storage)| {
        Box::pin(async move {
            caller.require(tx, AppRight::Manage).await?;
            file::options::check_here(options, storage)?;
            settings::set_file_options(tx, root_key, &caller.app, options).await
        })
    });
    set.await?;
    Ok(done())
}

/// `PUT /customer/app/:app_id/group_options`: all of them.
async fn set_group_options(
    State(state): State<AppState>,
    caller: AppCaller,
    Body(options): Body<GroupOptions>,
) -> ApiResult<&'static str> {
    let set = change(&state.db, (caller, options), |tx, (caller, options)| {
        Box::pin(async move {
            caller.require(tx, AppRight::Manage).await?;
            settings::set_group_options(tx, &caller.app, options).await
        })
    });
    set.await?;
    Ok(done())
}
