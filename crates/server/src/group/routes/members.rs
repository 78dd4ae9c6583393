//! Leave, kick, change ranks, open and close for invitations.

use axum::extract::State;
use keyfold_protocol::group::ChangeRankInput;
use keyfold_protocol::id::{GroupId, MemberId};

use super::entry::Id;
use crate::error::ApiError;
use crate::extract::{Allow, Body, Path, gate};
use crate::group::access::Caller;
use crate::group::member;
use crate::reply::{Reply, done};
use crate::state::AppState;

type Done = Result<Reply<&'static str>, ApiError>;

/// `DELETE /group/:id/leave`: any member.
pub(super) async fn leave(State(state): State<AppState>, caller: Caller, _: Allow<gate::GroupLeave>) -> Done {
    state.db.write(caller, |tx, caller| Box::pin(member::leave(tx, caller))).await?;
    Ok(done())
}

/// `DELETE /group/:id/kick/:principal`: rank 2 or stronger.
pub(super) async fn kick(
    State(state): State<AppState>,
    caller: Caller,
    _: Allow<gate::GroupUserDelete>,
    Path((_, Id(target))): Path<(GroupId, Id<MemberId>)>,
) -> Done {
    state
        .db
        .write((caller, target), |tx, (caller, target)| Box::pin(member::kick(tx, caller, target)))
        .await?;
    Ok(done())
}

/// `PUT /group/:id/change_rank`: rank 1 or stronger.
pub(super) async fn change_rank(
    State(state): State<AppState>,
    caller: Caller,
    _: Allow<gate::GroupChangeRank>,
    Body(input): Body<ChangeRankInput>,
) -> Done {
    state
        .db
        .write((caller, input), |tx, (caller, input)| Box::pin(member::change_rank(tx, caller, input)))
        .await?;
    Ok(done())
}

/// `PATCH /group/:id/change_invite`: rank 1 or stronger; calling it twice changes nothing.
pub(super) async fn toggle_invites(
    State(state): State<AppState>,
    caller: Caller,
    _: Allow<gate::GroupInviteStop>,
) -> Done {
    state.db.write(caller, |tx, caller| Box::pin(member::toggle_invites(tx, caller))).await?;
    Ok(done())
}
