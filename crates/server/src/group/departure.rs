//! What a user or a group leaves behind that ceases to exist: memberships, keys, invitations, and of a group also its content.
//!
//! To everybody else it is gone with the transaction that ends it: the row of the user is deleted, a group and all groups below it are
//! marked, and no access check, list or answer knows them any more. The rows that only they led to may be hundreds of thousands. The first of
//! them go with the request, which is all there is in most cases; a job removes the others, step by step, so that nobody has to wait for them.

use keyfold_protocol::id::{AppId, GroupId, MemberId, UserId};

use super::access::RANK_ADMIN;
use super::{member, store};
use crate::db::Tx;
use crate::error::ApiError;
use crate::file;
use crate::jobs::{self, Handler, HandlerFuture, JobError, Lease};
use crate::state::AppState;

/// Name in the table of jobs.
const KIND: &str = "departure";

/// Rows that one transaction removes.
const STEP: u64 = 1_000;

/// Who ceased to exist.
#[derive(Debug, Clone)]
enum Departed {
    User(UserId),
    /// A group with everything below it.
    Group(GroupId),
}

/// Removes what a user leaves in groups whose row was deleted in this transaction.
pub(crate) async fn of_user(tx: &mut Tx, user: &UserId, now: u64) -> Result<(), ApiError> {
    begin(tx, &Departed::User(user.clone()), now).await
}

/// Ends a group and all groups below it, with their files.
pub(super) async fn of_group(tx: &mut Tx, app: &AppId, group: &GroupId, now: u64) -> Result<(), ApiError> {
    let tree = store::groups::mark_deleted(tx, group).await?;
    file::deletion::delete_all_of_groups(tx, app, &tree, now).await?;
    begin(tx, &Departed::Group(group.clone()), now).await
}

/// The first step, and a job if there are more.
async fn begin(tx: &mut Tx, departed: &Departed, now: u64) -> Result<(), ApiError> {
    if step(tx, departed).await? {
        return Ok(());
    }
    Ok(jobs::enqueue(tx, KIND, departed.id(), departed.name(), now).await?)
}

/// True when nothing is left.
async fn step(tx: &mut Tx, departed: &Departed) -> Result<bool, ApiError> {
    let mut budget = STEP;
    match departed {
        Departed::User(user) => leave_everything(tx, &MemberId::from(user), &mut budget).await,
        Departed::Group(root) => {
            // The deepest first: a row of a group takes those below it along, and everything in them.
            for group in store::groups::deleted_tree(tx, root, STEP).await? {
                let is_empty = leave_everything(tx, &MemberId::from(&group), &mut budget).await?
                    && store::groups::empty(tx, &group, &mut budget).await?;
                if !is_empty {
                    return Ok(false);
                }
                store::groups::delete(tx, &group).await?;
                budget = budget.saturating_sub(1);
            }
            Ok(!store::groups::exists(tx, root).await?)
        }
    }
}

/// Ends the memberships of somebody who ceased to exist. A group that loses its last admin with it gets its strongest, longest-standing
/// member as one. False when the budget did not suffice.
async fn leave_everything(tx: &mut Tx, member: &MemberId, budget: &mut u64) -> Result<bool, ApiError> {
    for (group, rank) in store::members::memberships(tx, member, *budget).await? {
        store::groups::lock(tx, &group).await?;
        member::remove(tx, &group, member).await?;
        if rank <= RANK_ADMIN && !store::members::has_other_admin(tx, &group, member).await? {
            member::promote_strongest(tx, &group).await?;
        }
        *budget = budget.saturating_sub(1);
    }
    Ok(*budget > 0 && store::members::delete_traces(tx, member, budget).await?)
}

impl Departed {
    fn id(&self) -> &str {
        match self {
            Self::User(id) => id.as_str(),
            Self::Group(id) => id.as_str(),
        }
    }

    fn name(&self) -> &'static str {
        match self {
            Self::User(_) => "user",
            Self::Group(_) => "group",
        }
    }

    fn of_job(lease: &Lease) -> Result<Self, JobError> {
        match lease.payload() {
            "user" => Ok(Self::User(UserId::from(lease.subject()))),
            "group" => Ok(Self::Group(GroupId::from(lease.subject()))),
            other => Err(JobError::broken(format!("neither user nor group: {other}"))),
        }
    }
}

/// Runs the jobs.
pub(crate) struct DepartureHandler {
    state: AppState,
}

impl DepartureHandler {
    pub(crate) fn new(state: AppState) -> Self {
        Self { state }
    }
}

impl Handler for DepartureHandler {
    fn kind(&self) -> &'static str {
        KIND
    }

    fn run<'a>(&'a self, lease: &'a mut Lease) -> HandlerFuture<'a> {
        Box::pin(async move {
            let departed = Departed::of_job(lease)?;
            loop {
                let renewal = lease.renewal(self.state.now());
                let data = (departed.clone(), renewal.clone());
                let done = self.state.db.write(data, |tx, (departed, renewal)| {
                    Box::pin(async move {
                        if !jobs::renew(tx, renewal).await? {
                            return Ok(None);
                        }
                        step(tx, departed).await.map(Some)
                    })
                });
                let done = done.await?.ok_or(JobError::LeaseLost)?;
                lease.renewed(renewal);
                if done {
                    return Ok(());
                }
            }
        })
    }
}
