//! Customers: the owners of apps, their accounts and groups.
//!
//! A *customer* is a user of the installation's own app ([`ROOT_APP_ID`]) with a profile. The identifier of its device is its
//! e-mail address. Bodies of login, second factor and refresh are those of users ([`crate::user`]).

mod address;
pub mod app;
pub mod group;

use serde::{Deserialize, Serialize};

pub use address::{EmailAddress, InvalidAddress, MAX_ADDRESS_BYTES};

use crate::encoding::SecretText;
use crate::id::UserId;
use crate::user::DeviceRegister;

/// Id of the app whose users are the customers.
pub const ROOT_APP_ID: &str = "sentc_int";

/// Items on a page of apps or customer groups.
pub const CUSTOMER_PAGE_SIZE: usize = 20;

/// What a captcha demands. Ours: other servers know images only and send no such member.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum CaptchaKind {
    /// The characters of an image.
    #[default]
    Image,
    /// A number for which `SHA-256(captcha_id ‖ ":" ‖ number)` begins with [`CaptchaOutput::zero_bits`] zero bits; the number is
    /// written in decimal.
    ProofOfWork,
    /// Nothing: any input will do, or none.
    Off,
}

/// Answer of `GET /customer/captcha`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct CaptchaOutput {
    /// Goes back with the solution.
    pub captcha_id: String,
    /// The image, base64 of a PNG file; empty when there is none.
    pub png: String,
    /// What is to be solved.
    #[serde(default)]
    pub kind: CaptchaKind,
    /// How hard a proof of work is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub zero_bits: Option<u32>,
}

/// A solved captcha.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct CaptchaInput {
    /// Exactly the characters of the image, or the number.
    pub captcha_solution: String,
    /// Which one.
    pub captcha_id: String,
}

/// What people tell about themselves: body of `PUT /customer/data`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct CustomerData {
    /// Family name.
    pub name: String,
    /// First name.
    pub first_name: String,
    /// Company.
    pub company: Option<String>,
}

/// Body of `POST /customer/register`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct CustomerRegisterInput {
    /// Who.
    pub customer_data: CustomerData,
    /// E-mail address. Checked by the registration itself, which has a code of its own for a malformed one.
    pub email: String,
    /// The device. Its identifier must be the e-mail address.
    pub register_data: DeviceRegister,
    /// Missing only where captchas are off.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub captcha_input: Option<CaptchaInput>,
    /// Where registration is by invitation: the token of the invitation. Ours.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub invitation: Option<SecretText>,
}

/// Answer of `POST /customer/register`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct CustomerRegisterOutput {
    /// The new customer.
    pub customer_id: UserId,
}

/// Profile of a customer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct CustomerDataOutput {
    /// Whether the owner of the address has confirmed it.
    pub validate_email: bool,
    /// The address.
    pub email: String,
    /// When the last mail was sent, milliseconds since 1970; 0 for never.
    pub email_send: u64,
    /// What became of it: 0 not sent yet, 1 sent, 2 it could not be built, 3 the mail server refused it, 4 something else.
    pub email_status: i32,
    /// Family name.
    pub name: String,
    /// First name.
    pub first_name: String,
    /// Company.
    pub company: Option<String>,
}

/// Session of a customer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct CustomerTokens {
    /// Access token.
    pub jwt: SecretText,
    /// Refresh token.
    pub refresh_token: SecretText,
}

/// Answer of `POST /customer/verify_login`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct CustomerLogin {
    /// The session.
    pub verify: CustomerTokens,
    /// The profile.
    pub email_data: CustomerDataOutput,
}

/// Body of `POST /customer/register_validation`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ValidateEmailInput {
    /// The token from the mail.
    pub token: SecretText,
}

/// Body of `PUT /customer`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct UpdateEmailInput {
    /// The address to change to.
    pub new_email: String,
}

/// Body of `PUT /customer/password_reset`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct AskPasswordResetInput {
    /// Address of the account.
    pub email: String,
    /// Missing only where captchas are off.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub captcha_input: Option<CaptchaInput>,
}

/// Body of `PUT /customer/password_reset_validation`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PasswordResetInput {
    /// The token from the mail.
    pub token: SecretText,
    /// The new device; its identifier is not looked at.
    pub reset_password_data: DeviceRegister,
}

/// Who may register as a customer.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum CustomerRegistration {
    /// Nobody.
    Closed,
    /// Everybody.
    #[default]
    Open,
    /// Who holds an invitation.
    Invitation,
}

/// Answer of `GET /customer/info`: what a registration form has to know. Ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct CustomerInfo {
    /// Who may register.
    pub registration: CustomerRegistration,
    /// What a captcha demands.
    pub captcha: CaptchaKind,
    /// Whether this server sends mails. Without, addresses are validated and passwords reset by its operator.
    pub mail: bool,
}
