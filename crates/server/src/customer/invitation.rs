//! Invitations to register, where registration is not open to everybody.

use keyfold_protocol::customer::EmailAddress;

use super::proof::NewToken;
use super::store::invitations;
use crate::db::Tx;
use crate::error::ApiError;

/// How long an invitation can be used.
const LIFETIME_MS: u64 = 7 * 24 * 60 * 60 * 1_000;

/// Invites an address, in place of an earlier invitation.
///
/// # Errors
/// When the database fails.
pub(super) async fn invite(
    tx: &mut Tx,
    address: &EmailAddress,
    token: &NewToken,
    now: u64,
) -> Result<(), ApiError> {
    Ok(invitations::replace(tx, address, &token.hash, now.saturating_add(LIFETIME_MS)).await?)
}
