//! Whom a group counts as its members.

use keyfold_protocol::group::{MEMBER_GROUP, MEMBER_PARENT, MEMBER_USER};
use keyfold_protocol::id::MemberId;

use crate::db::{Column, FromColumn, Param, ToParam};

/// What a member is; `user_type` on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum MemberKind {
    /// A user; in the group of one user, a device.
    User,
    /// The parent group, on behalf of all its members.
    Parent,
    /// Another group, on behalf of all its members.
    Group,
}

/// A member, or somebody who may become one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Principal {
    pub(crate) id: MemberId,
    pub(crate) kind: MemberKind,
}

impl Principal {
    pub(crate) fn user(id: impl Into<MemberId>) -> Self {
        Self { id: id.into(), kind: MemberKind::User }
    }

    pub(crate) fn parent(id: impl Into<MemberId>) -> Self {
        Self { id: id.into(), kind: MemberKind::Parent }
    }

    pub(crate) fn group(id: impl Into<MemberId>) -> Self {
        Self { id: id.into(), kind: MemberKind::Group }
    }
}

impl MemberKind {
    /// The number on the wire and in the database.
    pub(crate) fn number(self) -> i32 {
        match self {
            Self::User => MEMBER_USER,
            Self::Parent => MEMBER_PARENT,
            Self::Group => MEMBER_GROUP,
        }
    }
}

impl ToParam for MemberKind {
    fn to_param(&self) -> Param<'_> {
        Param::Int(self.number().into())
    }
}

impl FromColumn for MemberKind {
    const EXPECTED: &'static str = "a kind of member (0, 1 or 2)";

    fn from_column(column: Column<'_>) -> Option<Self> {
        match i32::from_column(column)? {
            MEMBER_USER => Some(Self::User),
            MEMBER_PARENT => Some(Self::Parent),
            MEMBER_GROUP => Some(Self::Group),
            _ => None,
        }
    }
}
