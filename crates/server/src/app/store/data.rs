//! Everything that users have made inside of an app.

use keyfold_protocol::id::AppId;

use crate::db::{DbError, Tx, params};

/// Groups whose rows one round of [`delete_some`] looks at.
const GROUPS: u32 = 100;

/// Removes at most a few thousand rows; false when nothing is left.
///
/// Groups end from the youngest on, so that none takes children with it, and each only when its own rows are gone: no statement deletes more than
/// the limit, whatever the size of a group.
pub(crate) async fn delete_some(tx: &mut Tx, app: &AppId, limit: u32) -> Result<bool, DbError> {
    const OF_GROUPS: [&str; 5] = [
        "DELETE FROM pending_key_rotations WHERE (key_id, member_id) IN (
            SELECT p.key_id, p.member_id FROM group_keys k JOIN pending_key_rotations p ON p.key_id = k.id WHERE k.group_id IN (
                SELECT id FROM groups WHERE app_id = $1 ORDER BY id DESC LIMIT $3) LIMIT $2)",
        "DELETE FROM group_member_keys WHERE (member_id, key_id) IN (
            SELECT member_id, key_id FROM group_member_keys WHERE group_id IN (
                SELECT id FROM groups WHERE app_id = $1 ORDER BY id DESC LIMIT $3) LIMIT $2)",
        "DELETE FROM group_members WHERE (group_id, member_id) IN (
            SELECT group_id, member_id FROM group_members WHERE group_id IN (
                SELECT id FROM groups WHERE app_id = $1 ORDER BY id DESC LIMIT $3) LIMIT $2)",
        "DELETE FROM group_invites WHERE (group_id, member_id, kind) IN (
            SELECT group_id, member_id, kind FROM group_invites WHERE group_id IN (
                SELECT id FROM groups WHERE app_id = $1 ORDER BY id DESC LIMIT $3) LIMIT $2)",
        "DELETE FROM group_keys WHERE id IN (
            SELECT id FROM group_keys WHERE group_id IN (
                SELECT id FROM groups WHERE app_id = $1 ORDER BY id DESC LIMIT $3) LIMIT $2)",
    ];
    const OF_APP: [&str; 4] = [
        "DELETE FROM stored_keys WHERE id IN (SELECT id FROM stored_keys WHERE app_id = $1 LIMIT $2)",
        "DELETE FROM users WHERE id IN (SELECT id FROM users WHERE app_id = $1 LIMIT $2)",
        "DELETE FROM pending_devices WHERE id IN (SELECT id FROM pending_devices WHERE app_id = $1 LIMIT $2)",
        "DELETE FROM action_log WHERE id IN (SELECT id FROM action_log WHERE app_id = $1 LIMIT $2)",
    ];
    for sql in OF_GROUPS {
        if tx.execute(sql, params![app, limit, GROUPS]).await? > 0 {
            return Ok(true);
        }
    }
    let groups =
        "DELETE FROM groups WHERE id IN (SELECT id FROM groups WHERE app_id = $1 ORDER BY id DESC LIMIT $2)";
    if tx.execute(groups, params![app, GROUPS]).await? > 0 {
        return Ok(true);
    }
    // A user brings its devices, and these their sessions.
    let limit = limit.div_ceil(20);
    for sql in OF_APP {
        if tx.execute(sql, params![app, limit]).await? > 0 {
            return Ok(true);
        }
    }
    Ok(false)
}
