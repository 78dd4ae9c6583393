//! Who may do what with an app: its owner everything, the members of the group that owns it according to their rank.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use keyfold_protocol::customer::app::AppItem;
use keyfold_protocol::error::ErrorCode;
use keyfold_protocol::id::{AppId, GroupId, UserId};

use super::profile;
use super::root_app::{Customer, root_app_id};
use super::store::apps;
use crate::app::Owner;
use crate::db::Tx;
use crate::endpoint::{Demand, Identity, Operation, Segment};
use crate::error::ApiError;
use crate::extract::Path;
use crate::group::Id;
use crate::group::access::{Caller, RANK_ADMIN, RANK_USER_MANAGER};
use crate::group::list::Cursor;
use crate::state::AppState;

/// A customer who is logged in and may see the app in the path.
///
/// Handlers that change something ask for the rank with [`AppCaller::require`] in the transaction of the change: who was removed from the group
/// a moment ago changes nothing.
#[derive(Debug, Clone)]
pub(crate) struct AppCaller {
    pub(crate) customer: UserId,
    pub(crate) app: AppId,
}

/// What a rank is needed for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum AppRight {
    /// To read options and verifying keys.
    See,
    /// To rename, set options, renew tokens and manage keys, and to see what is secret.
    Manage,
    /// To reset, delete and give away.
    Own,
}

impl AppCaller {
    /// # Errors
    /// 401/200 for an app that the customer has nothing to do with, 400/203 when the rank does not suffice.
    pub(crate) async fn require(&self, tx: &mut Tx, right: AppRight) -> Result<(), ApiError> {
        if self.may(tx, right).await? { Ok(()) } else { Err(ErrorCode::NoAccess.into()) }
    }

    /// Whether the rank suffices.
    ///
    /// # Errors
    /// 401/200.
    pub(crate) async fn may(&self, tx: &mut Tx, right: AppRight) -> Result<bool, ApiError> {
        let rank = apps::rank(tx, &self.app, &self.customer).await?.ok_or(ErrorCode::AppTokenMissing)?;
        Ok(match right {
            AppRight::See => true,
            AppRight::Manage => rank <= RANK_USER_MANAGER,
            AppRight::Own => rank <= RANK_ADMIN,
        })
    }

    /// Gives the app to a group that the customer administrates, or to the customer.
    ///
    /// # Errors
    /// 401/200, 400/203 above rank 1 in the group that owns it, 400/61, 400/310, 400/301 above rank 1 in the new one.
    pub(crate) async fn give(&self, tx: &mut Tx, group: Option<&GroupId>) -> Result<(), ApiError> {
        self.require(tx, AppRight::Own).await?;
        let owner = new_owner(tx, &self.customer, group).await?;
        crate::app::settings::set_owner(tx, &self.app, &owner).await
    }
}

/// Who owns an app that the customer is about to make or get: the customer, or a group that it administrates. The owner stays until the
/// transaction ends.
///
/// # Errors
/// 400/62, 400/61, 400/310, 400/301 above rank 1.
pub(crate) async fn new_owner(
    tx: &mut Tx,
    customer: &UserId,
    group: Option<&GroupId>,
) -> Result<Owner, ApiError> {
    profile::require_validated(tx, customer).await?;
    match group {
        None => Ok(Owner::Customer(customer.clone())),
        Some(group) => owner_group(tx, customer, group).await,
    }
}

/// A page of the apps of a customer and of its groups, oldest first.
///
/// # Errors
/// When the database fails.
pub(crate) async fn list(tx: &mut Tx, customer: &UserId, after: &Cursor) -> Result<Vec<AppItem>, ApiError> {
    Ok(apps::of_customer(tx, customer, after).await?)
}

/// What a list shows of an app.
///
/// # Errors
/// 401/200.
pub(crate) async fn item(tx: &mut Tx, app: &AppId) -> Result<AppItem, ApiError> {
    apps::find(tx, app).await?.ok_or_else(|| ErrorCode::AppTokenMissing.into())
}

/// A group as the owner of an app, for one who administrates it. It cannot be deleted until the transaction ends.
///
/// # Errors
/// 400/310, 400/301 above rank 1.
async fn owner_group(tx: &mut Tx, customer: &UserId, group: &GroupId) -> Result<Owner, ApiError> {
    let caller = Caller { app: root_app_id(), user: customer.clone(), group: group.clone(), via: None };
    caller.enter_for_update(tx).await?.require_rank(RANK_ADMIN)?;
    Ok(Owner::Group(group.clone()))
}

impl FromRequestParts<AppState> for AppCaller {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, ApiError> {
        let Customer(jwt) = Customer::from_request_parts(parts, state).await?;
        // The first parameter of the path.
        let Path(Id(id)) = Path::<Id<AppId>>::from_request_parts(parts, state).await?;
        let caller = Self { customer: jwt.user_id, app: id };
        let see = state.db.read(caller, |tx, caller| {
            Box::pin(async move {
                caller.require(tx, AppRight::See).await?;
                Ok(caller.clone())
            })
        });
        see.await
    }
}

impl Demand for AppCaller {
    fn describe(operation: &mut Operation) {
        Customer::describe(operation);
        operation.needs(Identity::AppOwner);
        operation.narrow(0, Segment::Uuid);
        // The app in the path is told from one that does not exist by nobody.
        operation.can_refuse(&[ErrorCode::AppTokenMissing]);
    }
}
