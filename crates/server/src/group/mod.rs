//! Groups: members, keys, hierarchy, invitations, key rotation.
//!
//! # Who acts, and how a request is decided
//!
//! A handler builds a [`access::Caller`] from the request (app, user, target group, and the group the user acts for) and runs
//! **one** transaction. Its first statement resolves the access ([`access::Access`]): there is no cache of memberships, so that
//! a kick, a change of rank or a deletion holds for the next request on every server. A transaction that writes first locks the
//! row of the group ([`access::Caller::enter_for_update`]); everything that decides about members of one group therefore happens one after the
//! other, and a check cannot be overtaken by the change it guards against.
//!
//! # Principals
//!
//! Keys are stored once per *principal*: a user, the parent group (for everybody who reaches a child through its parent), or a
//! member group of a connected group. See [`principal::MemberKind`].
//!
//! | module | content |
//! |---|---|
//! | [`access`] | through what, and with which rank, a caller reaches a group |
//! | [`principal`], [`limits`] | what a member is, and how many there may be |
//! | [`create`], [`fetch`], [`delete`], [`public_key`] | life and content of a group |
//! | [`list`] | pages of members, children, groups, invitations and join requests |
//! | [`invite`], [`answer`], [`join`], [`key_session`] | how members come in; [`admission`] is what they have in common |
//! | [`member`] | how they leave, are removed or change rank |
//! | [`departure`] | what users and groups leave behind that cease to exist |
//! | [`rotation`], [`rotation_job`] | new keys, and the job that hands them to every member |
//! | `routes` | HTTP |
//! | `store` | SQL |

pub(crate) mod access;
pub(crate) mod admission;
pub(crate) mod answer;
pub(crate) mod create;
pub(crate) mod delete;
pub(crate) mod departure;
pub(crate) mod fetch;
pub(crate) mod invite;
pub(crate) mod join;
pub(crate) mod key_session;
pub mod limits;
pub(crate) mod list;
pub(crate) mod member;
pub(crate) mod month;
pub(crate) mod principal;
pub(crate) mod public_key;
pub(crate) mod rotation;
pub(crate) mod rotation_job;
mod routes;
mod store;

pub(crate) use routes::{Approach, Id, endpoints};
pub(crate) use store::groups::user_exists;
