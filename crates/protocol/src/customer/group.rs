//! Groups of customers that own apps together.

use serde::{Deserialize, Serialize};

use super::app::AppItem;
use crate::group::GroupUserListItem;
use crate::id::{GroupId, UserId};

/// Name and description: body of `POST /customer/group` and `PUT /customer/group/:group_id/update`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct CustomerGroupInput {
    /// Name.
    pub name: Option<String>,
    /// Description.
    pub des: Option<String>,
}

/// A group in a list of groups.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct CustomerGroupItem {
    /// The group.
    pub id: GroupId,
    /// When it was made.
    pub time: u64,
    /// Rank of the caller.
    pub rank: i32,
    /// Name.
    pub group_name: Option<String>,
    /// Description.
    pub des: Option<String>,
}

/// Answer of `GET /customer/group/:group_id`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct CustomerGroupView {
    /// The group.
    pub data: CustomerGroupItem,
    /// The first page of its apps.
    pub apps: Vec<AppItem>,
}

/// Body of `PUT /customer/group/:group_id/invite/:invited_user`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct CustomerGroupInviteInput {
    /// Rank, 1 to 4; missing means [`crate::RANK_DEFAULT`].
    pub rank: Option<i32>,
    /// Whether the customer is asked first, and becomes a member by accepting. Ours; a server may ask in any case.
    #[serde(default)]
    pub ask: bool,
}

/// An invitation that waits for an answer: an item of `GET /customer/group/invites/:last_fetched_time/:last_id`. Ours.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct CustomerGroupInvitation {
    /// The group.
    pub group_id: GroupId,
    /// When the invitation was made.
    pub time: u64,
    /// The rank that comes with it.
    pub rank: i32,
    /// Name.
    pub group_name: Option<String>,
    /// Description.
    pub des: Option<String>,
}

/// Who was invited and has not answered: an item of `GET /customer/group/:group_id/invite/:last_fetched_time/:last_id`. Ours.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct CustomerGroupInvited {
    /// The customer. Who that is, the group learns when it accepts.
    pub user_id: UserId,
    /// When the invitation was made.
    pub time: u64,
    /// The rank that comes with it.
    pub rank: i32,
}

/// Who a member is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct CustomerPerson {
    /// The customer.
    pub id: UserId,
    /// First name.
    pub first_name: String,
    /// Family name.
    pub name: String,
    /// Address.
    pub email: String,
}

/// A page of members.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct CustomerGroupMembers {
    /// The memberships.
    pub group_member: Vec<GroupUserListItem>,
    /// The people, in any order.
    pub customer_data: Vec<CustomerPerson>,
}
