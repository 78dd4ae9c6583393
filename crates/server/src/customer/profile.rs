//! What people tell about themselves.

use keyfold_protocol::customer::{CustomerData, CustomerDataOutput};
use keyfold_protocol::error::ErrorCode;
use keyfold_protocol::id::UserId;

use super::store::customers::{self, CustomerRow};
use crate::db::Tx;
use crate::error::ApiError;

/// Longest name in bytes.
const MAX_NAME_BYTES: usize = 256;

/// The profile.
///
/// # Errors
/// 400/62.
pub(super) async fn show(tx: &mut Tx, customer: &UserId) -> Result<CustomerDataOutput, ApiError> {
    Ok(find(tx, customer).await?.into())
}

/// Replaces names and company.
///
/// # Errors
/// 422/11, 400/62.
pub(super) async fn update(tx: &mut Tx, customer: &UserId, data: &CustomerData) -> Result<(), ApiError> {
    check(data)?;
    if customers::set_data(tx, customer, data).await? {
        Ok(())
    } else {
        Err(ErrorCode::CustomerNotFound.into())
    }
}

/// Passes customers whose address is theirs, and keeps the account from being deleted until the transaction ends.
///
/// # Errors
/// 400/62, 400/61.
pub(crate) async fn require_validated(tx: &mut Tx, customer: &UserId) -> Result<(), ApiError> {
    customers::hold(tx, customer).await?;
    match find(tx, customer).await?.validated_at {
        Some(_) => Ok(()),
        None => Err(ErrorCode::EmailNotValidated.into()),
    }
}

pub(super) async fn find(tx: &mut Tx, customer: &UserId) -> Result<CustomerRow, ApiError> {
    customers::find(tx, customer).await?.ok_or_else(|| ErrorCode::CustomerNotFound.into())
}

/// # Errors
/// 422/11 for overlong names.
pub(super) fn check(data: &CustomerData) -> Result<(), ApiError> {
    let company = data.company.as_deref().unwrap_or("");
    if [data.name.as_str(), data.first_name.as_str(), company].iter().all(|text| text.len() <= MAX_NAME_BYTES)
    {
        return Ok(());
    }
    let text = format!("Wrong input: a name is longer than {MAX_NAME_BYTES} bytes");
    Err(ApiError::with_message(ErrorCode::Input, text))
}

impl From<CustomerRow> for CustomerDataOutput {
    fn from(row: CustomerRow) -> Self {
        Self {
            validate_email: row.validated_at.is_some(),
            email: row.email.as_str().to_owned(),
            email_send: row.email_sent_at,
            email_status: row.email_status,
            name: row.data.name,
            first_name: row.data.first_name,
            company: row.data.company,
        }
    }
}
