//! The end of a customer, with everything that nobody else could reach afterwards.

use keyfold_protocol::id::UserId;

use super::root_app::root_app_id;
use super::{group, store};
use crate::app::{self, Owner};
use crate::db::Tx;
use crate::error::ApiError;
use crate::user;

/// Deletes the account, its own apps, and the groups of which it was the only member with their apps. Groups with other members stay; one that
/// loses its last admin gets its strongest member as one.
///
/// # Errors
/// 400/100 when it is gone already.
pub(super) async fn delete(tx: &mut Tx, customer: &UserId, now: u64) -> Result<(), ApiError> {
    // Nobody gives the customer an app, or makes one, while this goes on.
    store::customers::lock(tx, customer).await?;
    for lonely in store::groups::with_no_other_member(tx, customer).await? {
        group::delete_with_apps(tx, &lonely, now).await?;
    }
    app::deletion::delete_all_of_owner(tx, &Owner::Customer(customer.clone()), now).await?;
    user::deletion::delete(tx, &root_app_id(), customer, now).await?;
    // Nobody is left to whom it would mean something.
    Ok(store::customers::forget_log(tx, customer).await?)
}
