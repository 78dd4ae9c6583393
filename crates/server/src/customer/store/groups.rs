//! Rows of groups of customers.

use keyfold_protocol::customer::CUSTOMER_PAGE_SIZE;
use keyfold_protocol::customer::group::{
    CustomerGroupInput, CustomerGroupInvitation, CustomerGroupInvited, CustomerGroupItem, CustomerPerson,
};
use keyfold_protocol::id::{GroupId, UserId};

use crate::db::{DbError, Row, Tx, params};
use crate::keyring::{Cursor, PAGE};

pub(in crate::customer) async fn insert(
    tx: &mut Tx,
    group: &GroupId,
    input: &CustomerGroupInput,
) -> Result<(), DbError> {
    let sql = "INSERT INTO customer_groups (group_id, name, description) VALUES ($1, $2, $3)";
    tx.execute(sql, params![group, input.name, input.des]).await.map(drop)
}

pub(in crate::customer) async fn update(
    tx: &mut Tx,
    group: &GroupId,
    input: &CustomerGroupInput,
) -> Result<(), DbError> {
    let sql = "UPDATE customer_groups SET name = $2, description = $3 WHERE group_id = $1";
    tx.execute(sql, params![group, input.name, input.des]).await.map(drop)
}

/// A page of the groups of a customer, oldest first.
pub(in crate::customer) async fn list(
    tx: &mut Tx,
    customer: &UserId,
    after: &Cursor,
) -> Result<Vec<CustomerGroupItem>, DbError> {
    tx.query(
        "SELECT g.group_id, m.group_created_at, m.member_rank, g.name, g.description
         FROM group_members m JOIN customer_groups g ON g.group_id = m.group_id
         JOIN groups d ON d.id = m.group_id AND d.kind = 0
         WHERE m.member_id = $1 AND m.member_kind = 0 AND (m.group_created_at, m.group_id) > ($2, $3)
         ORDER BY m.group_created_at, m.group_id LIMIT $4",
        params![customer, after.time, after.id, u32::try_from(CUSTOMER_PAGE_SIZE).unwrap_or(u32::MAX)],
        item,
    )
    .await
}

/// A page of the invitations of a customer, oldest first.
pub(in crate::customer) async fn invitations(
    tx: &mut Tx,
    customer: &UserId,
    after: &Cursor,
) -> Result<Vec<CustomerGroupInvitation>, DbError> {
    tx.query(
        "SELECT g.group_id, i.created_at, i.member_rank, g.name, g.description
         FROM group_invites i JOIN customer_groups g ON g.group_id = i.group_id
         JOIN groups d ON d.id = i.group_id AND d.kind = 0
         WHERE i.member_id = $1 AND i.kind = 0 AND i.member_kind = 0 AND (i.created_at, i.group_id) > ($2, $3)
         ORDER BY i.created_at, i.group_id LIMIT $4",
        params![customer, after.time, after.id, u32::try_from(CUSTOMER_PAGE_SIZE).unwrap_or(u32::MAX)],
        |row| {
            Ok(CustomerGroupInvitation {
                group_id: row.col()?,
                time: row.col()?,
                rank: row.col()?,
                group_name: row.col()?,
                des: row.col()?,
            })
        },
    )
    .await
}

/// A page of the invitations that a group has made, oldest first.
pub(in crate::customer) async fn invited(
    tx: &mut Tx,
    group: &GroupId,
    after: &Cursor,
) -> Result<Vec<CustomerGroupInvited>, DbError> {
    tx.query(
        "SELECT member_id, created_at, member_rank FROM group_invites
         WHERE group_id = $1 AND kind = 0 AND (created_at, member_id) > ($2, $3)
         ORDER BY created_at, member_id LIMIT $4",
        params![group, after.time, after.id, PAGE],
        |row| Ok(CustomerGroupInvited { user_id: row.col()?, time: row.col()?, rank: row.col()? }),
    )
    .await
}

/// A group as one of its members sees it.
pub(in crate::customer) async fn find(
    tx: &mut Tx,
    group: &GroupId,
    member: &UserId,
) -> Result<Option<CustomerGroupItem>, DbError> {
    tx.query_opt(
        "SELECT g.group_id, m.group_created_at, m.member_rank, g.name, g.description
         FROM customer_groups g JOIN group_members m ON m.group_id = g.group_id
         WHERE g.group_id = $1 AND m.member_id = $2 AND m.member_kind = 0",
        params![group, member],
        item,
    )
    .await
}

/// Who the members on a page are: the same page as that of the memberships.
pub(in crate::customer) async fn persons(
    tx: &mut Tx,
    group: &GroupId,
    except: &UserId,
    after: &Cursor,
) -> Result<Vec<CustomerPerson>, DbError> {
    tx.query(
        "SELECT c.id, c.first_name, c.name, c.email
         FROM group_members m JOIN customers c ON c.id = m.member_id
         WHERE m.group_id = $1 AND m.member_id <> $2 AND (m.joined_at, m.member_id) > ($3, $4)
         ORDER BY m.joined_at, m.member_id LIMIT $5",
        params![group, except, after.time, after.id, PAGE],
        |row| {
            Ok(CustomerPerson { id: row.col()?, first_name: row.col()?, name: row.col()?, email: row.col()? })
        },
    )
    .await
}

/// The groups that nobody could reach without the customer. They are locked: nobody accepts an invitation of theirs, and nobody is added,
/// until the transaction ends. Whoever did so while this waited for the lock has changed the number of members, which is looked at again.
pub(in crate::customer) async fn with_no_other_member(
    tx: &mut Tx,
    customer: &UserId,
) -> Result<Vec<GroupId>, DbError> {
    tx.query(
        "SELECT id FROM groups WHERE kind = 0 AND member_count <= 1 AND id IN (
            SELECT m.group_id FROM group_members m JOIN customer_groups g ON g.group_id = m.group_id
            WHERE m.member_id = $1)
         ORDER BY id FOR UPDATE",
        params![customer],
        |row| row.col(),
    )
    .await
}

fn item(row: &Row<'_>) -> Result<CustomerGroupItem, DbError> {
    Ok(CustomerGroupItem {
        id: row.col()?,
        time: row.col()?,
        rank: row.col()?,
        group_name: row.col()?,
        des: row.col()?,
    })
}
