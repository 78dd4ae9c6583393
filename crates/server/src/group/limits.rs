//! How large groups may become. Beyond a limit the answer is 400/322.

use keyfold_protocol::error::ErrorCode;

use crate::error::ApiError;

/// Bounds of groups, so that no single group can make the work of a request, or the tables, grow without end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GroupLimits {
    /// Levels of child groups below a root group. An access check walks at most this far.
    pub depth: u32,
    /// Direct members of a group, its parent and member groups included.
    pub members: u32,
    /// Direct children of a group.
    pub children: u32,
    /// Pending invitations of a group, and, counted apart, pending join requests.
    pub pending: u32,
    /// How long the remaining keys of a new member may be uploaded, in milliseconds.
    pub key_session_ms: u64,
    /// How long a member may take to finish a rotation, in milliseconds. What is not finished by then never will be (its data are of no
    /// use, or the member is gone) and would tell clients for ever that there is something to do. A member that comes back later gets
    /// its keys by another invitation.
    pub rotation_expiry_ms: u64,
}

impl Default for GroupLimits {
    fn default() -> Self {
        Self {
            depth: 32,
            members: 250_000,
            children: 10_000,
            pending: 10_000,
            key_session_ms: 60 * 60 * 1_000,
            // As long as a session lives: whoever is logged in finishes in time.
            rotation_expiry_ms: 400 * 24 * 60 * 60 * 1_000,
        }
    }
}

/// Which limit was reached; the text of the answer says so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Limit {
    Depth,
    Members,
    Children,
    Invitations,
    JoinRequests,
}

impl From<Limit> for ApiError {
    fn from(limit: Limit) -> Self {
        let text = match limit {
            Limit::Depth => "The group has no room for a further level of child groups",
            Limit::Members => "The group has no room for further members",
            Limit::Children => "The group has no room for further child groups",
            Limit::Invitations => "Too many invitations of this group are pending",
            Limit::JoinRequests => "Too many join requests to this group are pending",
        };
        Self::with_message(ErrorCode::GroupLimit, text)
    }
}
