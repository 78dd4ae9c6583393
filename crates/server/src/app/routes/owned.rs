//! The life of an app in the hands of its owners: list, creation, tokens, owner, reset, deletion.

use axum::extract::State;
use keyfold_protocol::customer::app::{
    AppDetails, AppItem, AppOwnerInput, AppRegisterInput, AppRegisterOutput, AppTokens, AppUpdateInput,
    JwtRegister,
};
use keyfold_protocol::error::ErrorCode;
use keyfold_protocol::id::{GroupId, UserId};

use crate::app::{self, CreatedApp, NewApp, PreparedApp, change, deletion, settings, tokens};
use crate::customer::app_access::{self, AppCaller, AppRight};
use crate::customer::root_app::Customer;
use crate::endpoint::{Endpoint, delete, get, patch, post, put};
use crate::error::ApiError;
use crate::extract::{Body, Path};
use crate::file;
use crate::group::Id;
use crate::group::list::Cursor;
use crate::jwt::ALGORITHM;
use crate::reply::{ApiResult, Reply, done};
use crate::state::AppState;

/// Longest name of an app in bytes.
const MAX_NAME_BYTES: usize = 256;

pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![
        get(
            "/customer/apps/{last_fetched_time}/{last_app_id}",
            list,
            "Lists the apps of the customer and of its groups, oldest first",
        ),
        post("/customer/app", create, "Makes an app of the customer; needs a validated address").refuses(&[
            ErrorCode::CustomerNotFound,
            ErrorCode::EmailNotValidated,
            ErrorCode::NoAccess,
        ]),
        post(
            "/customer/app/{id}",
            create_in_group,
            "Makes an app of the group; needs a validated address and rank 0 or 1",
        )
        .refuses(&[
            ErrorCode::CustomerNotFound,
            ErrorCode::EmailNotValidated,
            ErrorCode::GroupAccess,
            ErrorCode::RankInsufficient,
            ErrorCode::NoAccess,
        ]),
        get("/customer/app/{id}", show, "Returns name and options; the token of callbacks for rank 0 to 2"),
        put("/customer/app/{id}", rename, "Renames an app; rank 0 to 2").refuses(&[ErrorCode::NoAccess]),
        delete("/customer/app/{id}", remove, "Deletes an app with everything in it; rank 0 or 1")
            .refuses(&[ErrorCode::NoAccess]),
        delete("/customer/app/{id}/reset", reset, "Deletes the users and groups of an app; rank 0 or 1")
            .refuses(&[ErrorCode::NoAccess]),
        put(
            "/customer/app/{id}/owner",
            give,
            "Gives an app to a group, or back to the caller. Other servers do not have it",
        )
        .refuses(&[
            ErrorCode::CustomerNotFound,
            ErrorCode::EmailNotValidated,
            ErrorCode::GroupAccess,
            ErrorCode::RankInsufficient,
            ErrorCode::NoAccess,
        ]),
        patch("/customer/app/{id}/token_renew", renew_tokens, "Replaces both tokens at once; rank 0 to 2")
            .refuses(&[ErrorCode::NoAccess, ErrorCode::ChallengeCreate]),
    ]
}

/// `GET /customer/apps/:time/:app_id`: the customer's own apps, and those of its groups.
async fn list(
    State(state): State<AppState>,
    Customer(jwt): Customer,
    Path((time, id)): Path<(u64, String)>,
) -> ApiResult<Vec<AppItem>> {
    let page = (jwt.user_id, Cursor { time, id });
    state
        .db
        .read(page, |tx, (customer, after)| Box::pin(app_access::list(tx, customer, after)))
        .await
        .map(Reply)
}

/// `POST /customer/app`: an app of the customer.
async fn create(
    State(state): State<AppState>,
    Customer(jwt): Customer,
    Body(input): Body<AppRegisterInput>,
) -> ApiResult<AppRegisterOutput> {
    insert(&state, jwt.user_id, None, input).await
}

/// `POST /customer/app/:group_id`: an app of a group.
async fn create_in_group(
    State(state): State<AppState>,
    Customer(jwt): Customer,
    Path(Id(group)): Path<Id<GroupId>>,
    Body(input): Body<AppRegisterInput>,
) -> ApiResult<AppRegisterOutput> {
    insert(&state, jwt.user_id, Some(group), input).await
}

/// Checks in the documented order: address, group, options.
async fn insert(
    state: &AppState,
    customer: UserId,
    group: Option<GroupId>,
    input: AppRegisterInput,
) -> ApiResult<AppRegisterOutput> {
    let allowed = state.db.write((customer.clone(), group.clone()), |tx, (customer, group)| {
        Box::pin(app_access::new_owner(tx, customer, group.as_ref()))
    });
    let owner = allowed.await?;
    let new = NewApp {
        name: checked_name(input.identifier)?,
        options: input.options,
        file_options: input.file_options,
        group_options: input.group_options,
    };
    file::options::check_here(&new.file_options, &state.storage_limits)?;
    let prepared = PreparedApp::generate(&state.root_key, new, owner)?;
    let work = (customer, group, prepared, state.now());
    let created = state.db.write(work, |tx, (customer, group, prepared, now)| {
        Box::pin(async move {
            // Once more: the owner has to be there when the app is.
            app_access::new_owner(tx, customer, group.as_ref()).await?;
            prepared.insert(tx, *now).await
        })
    });
    created.await.map(|created| Reply(output(created)))
}

/// `GET /customer/app/:app_id`: options and name. The token of callbacks only for those who may set it.
async fn show(State(state): State<AppState>, caller: AppCaller) -> ApiResult<AppDetails> {
    let details = state.db.read((caller, state.root_key.clone()), |tx, (caller, root_key)| {
        Box::pin(async move {
            let sees_secrets = caller.may(tx, AppRight::Manage).await?;
            let details = app_access::item(tx, &caller.app).await?;
            let app = app::listing::show(tx, &caller.app).await?;
            let mut file_options = file::options::read(tx, root_key, &caller.app).await?;
            if !sees_secrets {
                file_options.auth_token = None;
            }
            let file_options = file_options.into();
            Ok(AppDetails { options: app.options, file_options, group_options: app.group_options, details })
        })
    });
    details.await.map(Reply)
}

/// `PUT /customer/app/:app_id`: another name.
async fn rename(
    State(state): State<AppState>,
    caller: AppCaller,
    Body(input): Body<AppUpdateInput>,
) -> ApiResult<&'static str> {
    let work = (caller, checked_name(input.identifier)?);
    let renamed = state.db.write(work, |tx, (caller, name)| {
        Box::pin(async move {
            caller.require(tx, AppRight::Manage).await?;
            settings::rename(tx, &caller.app, name).await
        })
    });
    renamed.await?;
    Ok(done())
}

/// `DELETE /customer/app/:app_id`: with everything in it.
async fn remove(State(state): State<AppState>, caller: AppCaller) -> ApiResult<&'static str> {
    let work = (caller, state.now());
    let deleted = change(&state.db, work, |tx, (caller, now)| {
        Box::pin(async move {
            caller.require(tx, AppRight::Own).await?;
            deletion::delete(tx, &caller.app, *now).await
        })
    });
    deleted.await?;
    state.jobs.wake();
    Ok(done())
}

/// `DELETE /customer/app/:app_id/reset`: users, groups and content go; tokens, keys and options stay. A large app is disabled until all is gone.
async fn reset(State(state): State<AppState>, caller: AppCaller) -> ApiResult<&'static str> {
    let reset = change(&state.db, (caller, state.now()), |tx, (caller, now)| {
        Box::pin(async move {
            caller.require(tx, AppRight::Own).await?;
            deletion::reset(tx, &caller.app, *now).await
        })
    });
    reset.await?;
    state.jobs.wake();
    Ok(done())
}

/// `PUT /customer/app/:app_id/owner`: to a group, or to the caller. An addition to the protocol.
async fn give(
    State(state): State<AppState>,
    caller: AppCaller,
    Body(input): Body<AppOwnerInput>,
) -> ApiResult<&'static str> {
    if input.group_id.as_ref().is_some_and(|group| !group.is_uuid()) {
        return Err(ErrorCode::IdFormat.into());
    }
    let work = (caller, input.group_id);
    let given = state.db.write(work, |tx, (caller, group)| Box::pin(caller.give(tx, group.as_ref())));
    given.await?;
    Ok(done())
}

/// `PATCH /customer/app/:app_id/token_renew`: the old tokens are refused when this returns.
async fn renew_tokens(State(state): State<AppState>, caller: AppCaller) -> ApiResult<AppTokens> {
    let new = app::AppTokens::generate()?;
    let output = AppTokens { secret_token: new.secret.clone(), public_token: new.public.clone() };
    let renewed = change(&state.db, (caller, new), |tx, (caller, new)| {
        Box::pin(async move {
            caller.require(tx, AppRight::Manage).await?;
            tokens::renew(tx, &caller.app, new).await
        })
    });
    renewed.await?;
    Ok(Reply(output))
}

/// # Errors
/// 422/11 for an overlong name.
fn checked_name(name: Option<String>) -> Result<String, ApiError> {
    let name = name.unwrap_or_default();
    if name.len() <= MAX_NAME_BYTES {
        return Ok(name);
    }
    let text = format!("Wrong input: the name is longer than {MAX_NAME_BYTES} bytes");
    Err(ApiError::with_message(ErrorCode::Input, text))
}

fn output(created: CreatedApp) -> AppRegisterOutput {
    AppRegisterOutput {
        jwt_data: JwtRegister {
            app_id: created.id.clone(),
            jwt_id: created.jwt_key_id,
            jwt_verify_key: created.jwt_verify_key,
            jwt_sign_key: created.jwt_sign_key,
            jwt_alg: ALGORITHM.to_owned(),
        },
        app_id: created.id,
        secret_token: created.secret_token,
        public_token: created.public_token,
    }
}
