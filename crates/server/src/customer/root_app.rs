//! The installation's own app: its users are the customers.
//!
//! It is made at the first start, with keys and tokens of this installation alone. Nobody has its tokens, so that its users can be reached by
//! the endpoints of customers and by no others; those endpoints read no app token.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use keyfold_protocol::app::{AppOptions, FileOptions, GroupOptions, TokenClass};
use keyfold_protocol::customer::ROOT_APP_ID;
use keyfold_protocol::error::ErrorCode;
use keyfold_protocol::id::AppId;

use crate::app::{AppTokens, NewApp, Owner, PreparedApp, exists};
use crate::db::Db;
use crate::endpoint::{Demand, Identity, Operation, Segment};
use crate::error::ApiError;
use crate::extract::{AppToken, ExpiredJwt, Jwt, describe_access_token};
use crate::group::access::Caller;
use crate::root_key::RootKey;
use crate::state::AppState;

/// Its id.
pub(crate) fn root_app_id() -> AppId {
    AppId::from(ROOT_APP_ID)
}

/// Makes the app where it is missing.
///
/// # Errors
/// When the database fails.
pub(crate) async fn ensure(db: &Db, root_key: &RootKey, now: u64) -> Result<(), ApiError> {
    if is_there(db).await? {
        return Ok(());
    }
    let new = NewApp {
        name: "Customers".into(),
        options: AppOptions::closed(),
        file_options: FileOptions::none(),
        group_options: GroupOptions::default(),
    };
    // The tokens are forgotten here and now.
    let app =
        PreparedApp::with_tokens(root_key, root_app_id(), new, Owner::Operator, &AppTokens::generate()?)?;
    let inserted = db.write((app, now), |tx, (app, now)| Box::pin(app.insert(tx, *now))).await;
    match inserted {
        // Another server on the same database was faster.
        Err(error) if error.is_constraint() && is_there(db).await? => Ok(()),
        outcome => outcome.map(drop),
    }
}

async fn is_there(db: &Db) -> Result<bool, ApiError> {
    db.read(root_app_id(), |tx, id| Box::pin(exists(tx, id))).await
}

/// The installation's own app, in the place of an [`AppToken`]. Every other argument of the handler finds it instead of a token.
#[derive(Debug, Clone)]
pub(crate) struct RootApp(pub(crate) AppToken);

/// A customer who is logged in: [`Jwt`] of the installation's own app.
#[derive(Debug, Clone)]
pub(crate) struct Customer(pub(crate) Jwt);

/// [`ExpiredJwt`] of the installation's own app.
#[derive(Debug, Clone)]
pub(crate) struct ExpiredCustomer(pub(crate) ExpiredJwt);

/// A customer who is logged in, and the group of customers in the path.
#[derive(Debug, Clone)]
pub(crate) struct GroupCaller(pub(crate) Caller);

impl FromRequestParts<AppState> for RootApp {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, ApiError> {
        let app = state.apps.find_by_id(&state.db, &root_app_id()).await?;
        if app.disabled {
            return Err(ErrorCode::AppDisabled.into());
        }
        let token = AppToken { app, class: TokenClass::Public };
        parts.extensions.insert(token.clone());
        Ok(Self(token))
    }
}

impl FromRequestParts<AppState> for Customer {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, ApiError> {
        RootApp::from_request_parts(parts, state).await?;
        Jwt::from_request_parts(parts, state).await.map(Self)
    }
}

impl FromRequestParts<AppState> for ExpiredCustomer {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, ApiError> {
        RootApp::from_request_parts(parts, state).await?;
        ExpiredJwt::from_request_parts(parts, state).await.map(Self)
    }
}

impl FromRequestParts<AppState> for GroupCaller {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, ApiError> {
        RootApp::from_request_parts(parts, state).await?;
        let caller = Caller::from_request_parts(parts, state).await?;
        // Said before the body is looked at; the rule asks again in its own transaction.
        let enter = state.db.read(caller.clone(), |tx, caller| Box::pin(caller.enter(tx)));
        enter.await?;
        Ok(Self(caller))
    }
}

/// Nothing is asked of the caller.
impl Demand for RootApp {
    fn describe(operation: &mut Operation) {
        operation.can_refuse(&[ErrorCode::AppDisabled, ErrorCode::AppNotFound]);
    }
}

impl Demand for Customer {
    fn describe(operation: &mut Operation) {
        RootApp::describe(operation);
        describe_access_token(operation, Identity::Customer);
    }
}

impl Demand for ExpiredCustomer {
    fn describe(operation: &mut Operation) {
        RootApp::describe(operation);
        describe_access_token(operation, Identity::ExpiredCustomer);
    }
}

impl Demand for GroupCaller {
    fn describe(operation: &mut Operation) {
        Customer::describe(operation);
        operation.needs(Identity::CustomerMember);
        operation.narrow(0, Segment::Uuid);
        operation.can_refuse(&[ErrorCode::GroupAccess]);
    }
}
