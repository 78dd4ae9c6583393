//! Rows of mails that wait to be sent, and what became of them.

use keyfold_protocol::customer::EmailAddress;
use keyfold_protocol::id::UserId;

use super::Envelope;
use super::message::MailKind;
use crate::db::{Column, DbError, FromColumn, Param, ToParam, Tx, params};

pub(super) struct MailRow {
    pub(super) customer: Option<UserId>,
    pub(super) kind: MailKind,
    pub(super) recipient: EmailAddress,
    pub(super) created_at: u64,
    pub(super) sealed: Vec<u8>,
}

/// What became of the last mail to a customer; the numbers are those of the protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    Sent,
    NotBuilt,
    NotTaken,
}

pub(super) async fn insert(tx: &mut Tx, mail: &Envelope, now: u64) -> Result<(), DbError> {
    tx.execute(
        "INSERT INTO outgoing_mails (id, customer_id, kind, recipient, created_at, sealed_content)
         VALUES ($1, $2, $3, $4, $5, $6)",
        params![mail.id, mail.customer, mail.kind, mail.recipient.as_str(), now, mail.sealed],
    )
    .await
    .map(drop)
}

pub(super) async fn find(tx: &mut Tx, id: &str) -> Result<Option<MailRow>, DbError> {
    tx.query_opt(
        "SELECT customer_id, kind, recipient, created_at, sealed_content FROM outgoing_mails WHERE id = $1",
        params![id],
        |row| {
            Ok(MailRow {
                customer: row.col()?,
                kind: row.col()?,
                recipient: EmailAddress::from_checked(row.col::<String>()?),
                created_at: row.col()?,
                sealed: row.col()?,
            })
        },
    )
    .await
}

pub(super) async fn delete(tx: &mut Tx, id: &str) -> Result<(), DbError> {
    tx.execute("DELETE FROM outgoing_mails WHERE id = $1", params![id]).await.map(drop)
}

pub(super) async fn record(
    tx: &mut Tx,
    customer: &UserId,
    outcome: Outcome,
    error: Option<&str>,
    now: u64,
) -> Result<(), DbError> {
    let status: i64 = match outcome {
        Outcome::Sent => 1,
        Outcome::NotBuilt => 2,
        Outcome::NotTaken => 3,
    };
    let sent_at = (outcome == Outcome::Sent).then_some(now);
    let sql = "UPDATE customers SET email_status = $2, email_error = $3,
        email_sent_at = COALESCE($4, email_sent_at) WHERE id = $1";
    tx.execute(sql, params![customer, status, error, sent_at]).await.map(drop)
}

const KINDS: [(MailKind, i64); 6] = [
    (MailKind::Validation, 0),
    (MailKind::NewAddress, 1),
    (MailKind::AddressChanged, 2),
    (MailKind::PasswordReset, 3),
    (MailKind::PasswordChanged, 4),
    (MailKind::Invitation, 5),
];

impl ToParam for MailKind {
    fn to_param(&self) -> Param<'_> {
        let number = KINDS.iter().find(|(kind, _)| kind == self).map_or(-1, |(_, number)| *number);
        Param::Int(number)
    }
}

impl FromColumn for MailKind {
    const EXPECTED: &'static str = "a kind of mail (0 to 5)";

    fn from_column(column: Column<'_>) -> Option<Self> {
        let number = i64::from_column(column)?;
        KINDS.iter().find(|(_, known)| *known == number).map(|(kind, _)| *kind)
    }
}
