//! Groups of customers that own apps together: groups of the installation's own app, without keys, with a name and a description.

use keyfold_protocol::customer::app::AppItem;
use keyfold_protocol::customer::group::{
    CustomerGroupInput, CustomerGroupInvitation, CustomerGroupInvited, CustomerGroupItem,
    CustomerGroupMembers, CustomerGroupView,
};
use keyfold_protocol::error::ErrorCode;
use keyfold_protocol::group::GroupCreateOutput;
use keyfold_protocol::id::{GroupId, MemberId, UserId};

use super::profile;
use super::root_app::root_app_id;
use super::store::{apps, groups};
use crate::app::{self, Owner};
use crate::db::Tx;
use crate::error::ApiError;
use crate::group::access::{Caller, RANK_ADMIN, RANK_MEMBER, RANK_USER_MANAGER};
use crate::group::admission::Grant;
use crate::group::invite::{self, Consent, Invited};
use crate::group::limits::GroupLimits;
use crate::group::list::Cursor;
use crate::group::{answer, create, delete, list};

/// Longest name in bytes.
const MAX_NAME_BYTES: usize = 256;

/// Longest description in bytes.
const MAX_DESCRIPTION_BYTES: usize = 4_096;

/// A new group; its creator gets rank 0.
///
/// # Errors
/// 422/11, 400/62, 400/61 before the address is validated.
pub(super) async fn create(
    tx: &mut Tx,
    customer: &UserId,
    input: &CustomerGroupInput,
    now: u64,
) -> Result<GroupCreateOutput, ApiError> {
    check(input)?;
    profile::require_validated(tx, customer).await?;
    let created = create::root(tx, &root_app_id(), customer, None, now).await?;
    groups::insert(tx, &created.group_id, input).await?;
    Ok(created)
}

/// A page of the groups of a customer, oldest first.
pub(super) async fn list(
    tx: &mut Tx,
    customer: &UserId,
    after: &Cursor,
) -> Result<Vec<CustomerGroupItem>, ApiError> {
    Ok(groups::list(tx, customer, after).await?)
}

/// The group with the first page of its apps.
///
/// # Errors
/// 400/310.
pub(super) async fn show(tx: &mut Tx, caller: &Caller) -> Result<CustomerGroupView, ApiError> {
    let access = caller.enter(tx).await?;
    let data = groups::find(tx, &caller.group, &caller.user).await?.ok_or(ErrorCode::GroupAccess)?;
    let apps = apps::of_group(tx, &access.group.id, &Cursor { time: 0, id: String::new() }).await?;
    Ok(CustomerGroupView { data, apps })
}

/// A page of the group's apps, oldest first.
///
/// # Errors
/// 400/310.
pub(super) async fn list_apps(
    tx: &mut Tx,
    caller: &Caller,
    after: &Cursor,
) -> Result<Vec<AppItem>, ApiError> {
    let access = caller.enter(tx).await?;
    Ok(apps::of_group(tx, &access.group.id, after).await?)
}

/// A page of the members without the caller, and who they are.
///
/// # Errors
/// 400/310.
pub(super) async fn list_members(
    tx: &mut Tx,
    caller: &Caller,
    after: &Cursor,
) -> Result<CustomerGroupMembers, ApiError> {
    let group_member = list::members(tx, caller, after).await?;
    let customer_data = groups::persons(tx, &caller.group, &caller.user, after).await?;
    Ok(CustomerGroupMembers { group_member, customer_data })
}

/// Replaces name and description.
///
/// # Errors
/// 422/11, 400/310, 400/301 above rank 1.
pub(super) async fn update(tx: &mut Tx, caller: &Caller, input: &CustomerGroupInput) -> Result<(), ApiError> {
    check(input)?;
    caller.enter_for_update(tx).await?.require_rank(RANK_ADMIN)?;
    Ok(groups::update(tx, &caller.group, input).await?)
}

/// Makes another customer a member, at once or when it accepts.
///
/// # Errors
/// 400/310, 400/301 for a rank outside of 1 to 4 or stronger than the own one, and above rank 2, 400/100 for an unknown customer, 400/302, 200/302
/// for who was asked already, 400/322.
pub(super) async fn invite(
    tx: &mut Tx,
    caller: &Caller,
    customer: &UserId,
    rank: Option<i32>,
    consent: Consent,
    limits: &GroupLimits,
    now: u64,
) -> Result<(), ApiError> {
    if rank.is_some_and(|rank| rank > RANK_MEMBER) {
        caller.enter(tx).await?;
        return Err(ErrorCode::RankInsufficient.into());
    }
    let invited = Invited::User(customer.clone());
    invite::invite(tx, caller, &invited, &Grant::Light { rank }, consent, limits, now).await?;
    Ok(())
}

/// A page of the invitations that wait for the customer, oldest first.
pub(super) async fn invitations(
    tx: &mut Tx,
    customer: &UserId,
    after: &Cursor,
) -> Result<Vec<CustomerGroupInvitation>, ApiError> {
    Ok(groups::invitations(tx, customer, after).await?)
}

/// The customer becomes a member.
///
/// # Errors
/// 400/307 without an invitation, 400/322.
pub(super) async fn accept(
    tx: &mut Tx,
    customer: &UserId,
    group: &GroupId,
    limits: &GroupLimits,
    now: u64,
) -> Result<(), ApiError> {
    answer::accept(tx, &root_app_id(), group, &MemberId::from(customer), limits, now).await
}

/// The customer does not become a member.
///
/// # Errors
/// 400/307 without an invitation.
pub(super) async fn reject(tx: &mut Tx, customer: &UserId, group: &GroupId) -> Result<(), ApiError> {
    answer::reject(tx, &root_app_id(), group, &MemberId::from(customer)).await
}

/// A page of those who were invited and have not answered, oldest first.
///
/// # Errors
/// 400/310, 400/301 above rank 2.
pub(super) async fn invited(
    tx: &mut Tx,
    caller: &Caller,
    after: &Cursor,
) -> Result<Vec<CustomerGroupInvited>, ApiError> {
    caller.enter(tx).await?.require_rank(RANK_USER_MANAGER)?;
    Ok(groups::invited(tx, &caller.group, after).await?)
}

/// Takes an invitation back: whoever made it may have lost its rank since, or the group.
///
/// # Errors
/// 400/310, 400/301 above rank 2, 400/307 without an invitation.
pub(super) async fn withdraw(tx: &mut Tx, caller: &Caller, customer: &UserId) -> Result<(), ApiError> {
    caller.enter_for_update(tx).await?.require_rank(RANK_USER_MANAGER)?;
    answer::reject(tx, &root_app_id(), &caller.group, &MemberId::from(customer)).await
}

/// Deletes the group with its apps, at the wish of an admin.
///
/// # Errors
/// 400/310, 400/301 above rank 1.
pub(super) async fn delete(tx: &mut Tx, caller: &Caller, now: u64) -> Result<(), ApiError> {
    caller.enter_for_update(tx).await?.require_rank(RANK_ADMIN)?;
    delete_with_apps(tx, &caller.group, now).await
}

/// Deletes the group and its apps.
///
/// # Errors
/// 400/310 when it is gone already.
pub(super) async fn delete_with_apps(tx: &mut Tx, group: &GroupId, now: u64) -> Result<(), ApiError> {
    app::deletion::delete_all_of_owner(tx, &Owner::Group(group.clone()), now).await?;
    delete::delete_by_force(tx, &root_app_id(), group, now).await
}

fn check(input: &CustomerGroupInput) -> Result<(), ApiError> {
    let fits = |text: &Option<String>, max| text.as_ref().is_none_or(|text| text.len() <= max);
    if fits(&input.name, MAX_NAME_BYTES) && fits(&input.des, MAX_DESCRIPTION_BYTES) {
        return Ok(());
    }
    Err(ApiError::with_message(ErrorCode::Input, "Wrong input: the name or the description is too long"))
}
