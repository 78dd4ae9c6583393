//! What is forgotten when its time is over: challenges, ended sessions, devices nobody confirmed, key sessions, rotations
//! nobody finished, the action log.
//!
//! Rules never rely on it. They look at the time themselves; this only keeps the tables small.

use std::time::Duration;

use crate::db::{Tx, params};
use crate::error::ApiError;
use crate::file;
use crate::state::AppState;

/// Time between two runs.
const INTERVAL: Duration = Duration::from_secs(60);

/// Rows per statement: a large backlog must not keep other writers waiting.
const BATCH: u32 = 500;

/// How long the action log is kept. The monthly limit of key rotations looks back for at most 31 days.
const ACTION_LOG: Duration = Duration::from_secs(400 * 24 * 60 * 60);

/// How long an expired captcha is still recognised as one.
const LATE_ANSWER: Duration = Duration::from_secs(60 * 60);

/// How long a mail may wait whose job is gone.
const UNSENT_MAIL: Duration = Duration::from_secs(2 * 24 * 60 * 60);

/// Deletes what has expired; the number of rows.
///
/// # Errors
/// When the database fails.
pub async fn forget_expired(state: &AppState) -> Result<u64, ApiError> {
    let now = state.now();
    let before = |age: Duration| now.saturating_sub(u64::try_from(age.as_millis()).unwrap_or(u64::MAX));
    let expired: [(&'static str, u64); 11] = [
        (
            "DELETE FROM login_challenges WHERE (device_id, challenge_hash) IN (
                SELECT device_id, challenge_hash FROM login_challenges WHERE expires_at <= $1 LIMIT $2)",
            now,
        ),
        (
            "DELETE FROM pending_devices WHERE id IN (SELECT id FROM pending_devices WHERE expires_at <= $1 LIMIT $2)",
            now,
        ),
        (
            "DELETE FROM key_sessions WHERE id IN (SELECT id FROM key_sessions WHERE expires_at <= $1 LIMIT $2)",
            now,
        ),
        (
            "DELETE FROM sessions WHERE id IN (SELECT id FROM sessions WHERE last_used_at <= $1 LIMIT $2)",
            before(state.limits.session_idle),
        ),
        (
            "DELETE FROM sessions WHERE id IN (SELECT id FROM sessions WHERE created_at <= $1 LIMIT $2)",
            before(state.limits.session_lifetime),
        ),
        (
            "DELETE FROM pending_key_rotations WHERE (key_id, member_id) IN (
                SELECT key_id, member_id FROM pending_key_rotations WHERE key_created_at <= $1 LIMIT $2)",
            now.saturating_sub(state.limits.groups.rotation_expiry_ms),
        ),
        (
            "DELETE FROM captchas WHERE id IN (SELECT id FROM captchas WHERE expires_at <= $1 LIMIT $2)",
            // An answer that comes late is told so, for a while.
            before(LATE_ANSWER),
        ),
        (
            "DELETE FROM customer_tokens WHERE token_hash IN (
                SELECT token_hash FROM customer_tokens WHERE expires_at <= $1 LIMIT $2)",
            now,
        ),
        (
            "DELETE FROM customer_invitations WHERE email IN (
                SELECT email FROM customer_invitations WHERE expires_at <= $1 LIMIT $2)",
            now,
        ),
        (
            // Its job has given up long ago.
            "DELETE FROM outgoing_mails WHERE id IN (SELECT id FROM outgoing_mails WHERE created_at <= $1 LIMIT $2)",
            before(UNSENT_MAIL),
        ),
        (
            "DELETE FROM action_log WHERE id IN (SELECT id FROM action_log WHERE created_at <= $1 LIMIT $2)",
            before(ACTION_LOG),
        ),
    ];
    let mut total = file::janitor::tidy(state).await?;
    for (sql, limit) in expired {
        loop {
            let deleted =
                state.db.write((sql, limit), |tx, (sql, limit)| Box::pin(delete(tx, sql, *limit))).await?;
            total = total.saturating_add(deleted);
            if deleted < u64::from(BATCH) {
                break;
            }
        }
    }
    Ok(total)
}

/// Runs for as long as the server does.
pub(crate) async fn forget_expired_regularly(state: AppState) {
    loop {
        tokio::time::sleep(INTERVAL).await;
        match forget_expired(&state).await {
            Ok(rows) => tracing::debug!(rows, "forgot what has expired"),
            Err(error) => tracing::warn!(%error, "could not delete what has expired"),
        }
    }
}

async fn delete(tx: &mut Tx, sql: &'static str, limit: u64) -> Result<u64, ApiError> {
    Ok(tx.execute(sql, params![limit, BATCH]).await?)
}
