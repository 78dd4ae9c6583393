//! Rows of customers.

use keyfold_protocol::customer::{CustomerData, EmailAddress};
use keyfold_protocol::id::UserId;

use crate::db::{Column, DbError, FromColumn, Row, Tx, params};

/// A customer with its profile.
#[derive(Debug)]
pub(in crate::customer) struct CustomerRow {
    pub(in crate::customer) id: UserId,
    pub(in crate::customer) email: EmailAddress,
    /// The address to change to.
    pub(in crate::customer) pending_email: Option<EmailAddress>,
    pub(in crate::customer) data: CustomerData,
    pub(in crate::customer) created_at: u64,
    pub(in crate::customer) validated_at: Option<u64>,
    pub(in crate::customer) email_sent_at: u64,
    pub(in crate::customer) email_status: i32,
    pub(in crate::customer) email_error: Option<String>,
    pub(in crate::customer) second_factor: bool,
}

/// The columns of [`CustomerRow`], in its order.
macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT id, email, pending_email, name, first_name, company, created_at, validated_at, email_sent_at,
                email_status, email_error, (SELECT CASE WHEN u.sealed_otp_secret IS NULL THEN 0 ELSE 1 END
                    FROM users u WHERE u.id = customers.id) FROM customers ",
            $rest
        )
    };
}

pub(in crate::customer) async fn insert(
    tx: &mut Tx,
    id: &UserId,
    email: &EmailAddress,
    data: &CustomerData,
    validated_at: Option<u64>,
    now: u64,
) -> Result<(), DbError> {
    tx.execute(
        "INSERT INTO customers (id, email, name, first_name, company, validated_at, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
        params![id, email.as_str(), data.name, data.first_name, data.company, validated_at, now],
    )
    .await
    .map(drop)
}

pub(in crate::customer) async fn find(tx: &mut Tx, id: &UserId) -> Result<Option<CustomerRow>, DbError> {
    tx.query_opt(select!("WHERE id = $1"), params![id], customer).await
}

pub(in crate::customer) async fn find_by_email(
    tx: &mut Tx,
    email: &EmailAddress,
) -> Result<Option<CustomerRow>, DbError> {
    tx.query_opt(select!("WHERE email = $1"), params![email.as_str()], customer).await
}

/// The customer whose confirmed address it is.
pub(in crate::customer) async fn find_validated(
    tx: &mut Tx,
    email: &EmailAddress,
) -> Result<Option<UserId>, DbError> {
    let sql = "SELECT id FROM customers WHERE email = $1 AND validated_at IS NOT NULL";
    tx.query_opt(sql, params![email.as_str()], |row| row.col()).await
}

/// A page in the order of registration.
pub(in crate::customer) async fn list(
    tx: &mut Tx,
    after_time: u64,
    after_id: &str,
    size: u32,
) -> Result<Vec<CustomerRow>, DbError> {
    let sql = select!("WHERE (created_at, id) > ($1, $2) ORDER BY created_at, id LIMIT $3");
    tx.query(sql, params![after_time, after_id, size], customer).await
}

/// Keeps the account until the transaction ends.
pub(in crate::customer) async fn hold(tx: &mut Tx, id: &UserId) -> Result<(), DbError> {
    let sql = "SELECT 1 FROM customers WHERE id = $1 FOR SHARE";
    tx.query_opt(sql, params![id], |row| row.col::<i32>()).await.map(drop)
}

/// Makes those who [`hold`] the account wait until the transaction ends.
pub(in crate::customer) async fn lock(tx: &mut Tx, id: &UserId) -> Result<(), DbError> {
    let sql = "SELECT 1 FROM customers WHERE id = $1 FOR UPDATE";
    tx.query_opt(sql, params![id], |row| row.col::<i32>()).await.map(drop)
}

/// False when there is no such customer.
pub(in crate::customer) async fn set_data(
    tx: &mut Tx,
    id: &UserId,
    data: &CustomerData,
) -> Result<bool, DbError> {
    let sql = "UPDATE customers SET name = $2, first_name = $3, company = $4 WHERE id = $1";
    Ok(tx.execute(sql, params![id, data.name, data.first_name, data.company]).await? == 1)
}

pub(in crate::customer) async fn set_pending(
    tx: &mut Tx,
    id: &UserId,
    email: Option<&EmailAddress>,
) -> Result<(), DbError> {
    let sql = "UPDATE customers SET pending_email = $2 WHERE id = $1";
    tx.execute(sql, params![id, email.map(EmailAddress::as_str)]).await.map(drop)
}

pub(in crate::customer) async fn set_validated(tx: &mut Tx, id: &UserId, now: u64) -> Result<(), DbError> {
    let sql = "UPDATE customers SET validated_at = $2 WHERE id = $1 AND validated_at IS NULL";
    tx.execute(sql, params![id, now]).await.map(drop)
}

/// Makes an address that was confirmed that of the account.
pub(in crate::customer) async fn move_to(
    tx: &mut Tx,
    id: &UserId,
    email: &EmailAddress,
    now: u64,
) -> Result<(), DbError> {
    let sql = "UPDATE customers SET email = $2, pending_email = NULL, validated_at = $3 WHERE id = $1";
    tx.execute(sql, params![id, email.as_str(), now]).await.map(drop)
}

/// Removes what the log holds of a customer.
pub(in crate::customer) async fn forget_log(tx: &mut Tx, id: &UserId) -> Result<(), DbError> {
    tx.execute("DELETE FROM action_log WHERE subject_id = $1", params![id]).await.map(drop)
}

fn customer(row: &Row<'_>) -> Result<CustomerRow, DbError> {
    Ok(CustomerRow {
        id: row.col()?,
        email: row.col::<Address>()?.0,
        pending_email: row.col::<Option<Address>>()?.map(|address| address.0),
        data: CustomerData { name: row.col()?, first_name: row.col()?, company: row.col()? },
        created_at: row.col()?,
        validated_at: row.col()?,
        email_sent_at: row.col()?,
        email_status: row.col()?,
        email_error: row.col()?,
        second_factor: row.col()?,
    })
}

/// An address in a column.
pub(super) struct Address(pub(super) EmailAddress);

impl FromColumn for Address {
    const EXPECTED: &'static str = "an e-mail address";

    fn from_column(column: Column<'_>) -> Option<Self> {
        String::from_column(column).map(|text| Self(EmailAddress::from_checked(text)))
    }
}
