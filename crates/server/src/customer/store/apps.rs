//! Apps by those who own them.

use keyfold_protocol::customer::CUSTOMER_PAGE_SIZE;
use keyfold_protocol::customer::app::AppItem;
use keyfold_protocol::id::{AppId, GroupId, UserId};

use crate::db::{DbError, Row, Tx, params};
use crate::keyring::Cursor;

/// The rank that a customer has for an app; `None` when it has nothing to do with it. 0 for the owner itself.
pub(in crate::customer) async fn rank(
    tx: &mut Tx,
    app: &AppId,
    customer: &UserId,
) -> Result<Option<i32>, DbError> {
    tx.query_opt(
        "SELECT COALESCE(m.member_rank, 0) FROM apps a
         LEFT JOIN group_members m
            ON a.owner_kind = 1 AND m.group_id = a.owner_id AND m.member_id = $2 AND m.member_kind = 0
         WHERE a.id = $1 AND a.deleted_at IS NULL
            AND ((a.owner_kind = 0 AND a.owner_id = $2) OR m.member_id IS NOT NULL)",
        params![app, customer],
        |row| row.col(),
    )
    .await
}

/// The columns of [`item`], in its order.
macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT a.id, a.name, a.created_at, g.name, COALESCE(a.disabled_at, a.resetting_since) FROM apps a
             LEFT JOIN customer_groups g ON a.owner_kind = 1 AND g.group_id = a.owner_id
             WHERE a.deleted_at IS NULL AND ",
            $rest
        )
    };
}

/// A page of the apps of a customer and of its groups, oldest first.
pub(in crate::customer) async fn of_customer(
    tx: &mut Tx,
    customer: &UserId,
    after: &Cursor,
) -> Result<Vec<AppItem>, DbError> {
    let sql = select!(
        "((a.owner_kind = 0 AND a.owner_id = $1) OR (a.owner_kind = 1 AND a.owner_id IN (
            SELECT group_id FROM group_members WHERE member_id = $1 AND member_kind = 0)))
         AND (a.created_at, a.id) > ($2, $3) ORDER BY a.created_at, a.id LIMIT $4"
    );
    tx.query(sql, params![customer, after.time, after.id, page()], item).await
}

/// A page of the apps of a group, oldest first.
pub(in crate::customer) async fn of_group(
    tx: &mut Tx,
    group: &GroupId,
    after: &Cursor,
) -> Result<Vec<AppItem>, DbError> {
    let sql = select!(
        "a.owner_kind = 1 AND a.owner_id = $1 AND (a.created_at, a.id) > ($2, $3)
         ORDER BY a.created_at, a.id LIMIT $4"
    );
    tx.query(sql, params![group, after.time, after.id, page()], item).await
}

/// One app.
pub(in crate::customer) async fn find(tx: &mut Tx, app: &AppId) -> Result<Option<AppItem>, DbError> {
    tx.query_opt(select!("a.id = $1"), params![app], item).await
}

fn page() -> u32 {
    u32::try_from(CUSTOMER_PAGE_SIZE).unwrap_or(u32::MAX)
}

fn item(row: &Row<'_>) -> Result<AppItem, DbError> {
    let (id, identifier, time, group_name) = (row.col()?, row.col()?, row.col()?, row.col()?);
    let disabled_ts: Option<u64> = row.col()?;
    Ok(AppItem { id, identifier, time, group_name, disabled: disabled_ts.map(|_| 1), disabled_ts })
}
