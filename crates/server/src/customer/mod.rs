//! Customers: the owners of apps. Their accounts, their groups, and what they may do with an app.
//!
//! A customer is a user of the installation's own app (`root_app`) with a profile; login, sessions and second factor are those of users, under
//! other paths and without an app token. The identifier of a customer's one device is its e-mail address, in lower case.
//!
//! | module | content |
//! |---|---|
//! | `root_app` | the app whose users the customers are, and the arguments of handlers that stand for it |
//! | `registration`, `invitation`, `email`, `password`, `deletion`, `profile` | the life of an account |
//! | `proof` | tokens that were mailed, and prove an address |
//! | `group` | groups of customers that own apps together |
//! | `app_access` | who may do what with an app |
//! | [`Administration`] | what the operator does by hand, above all where there is no mail server |
//! | `routes`, `store` | HTTP, SQL |

mod administration;
pub(crate) mod app_access;
mod deletion;
mod email;
pub(crate) mod group;
mod invitation;
mod password;
mod profile;
mod proof;
mod registration;
pub(crate) mod root_app;
mod routes;
mod store;

pub use administration::{Administration, ListedCustomer};
pub(crate) use routes::endpoints;

pub use keyfold_protocol::customer::CustomerRegistration;

use crate::captcha::Captcha;

/// Who may become a customer, and at what price.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct CustomerConfig {
    /// Who may register.
    pub registration: CustomerRegistration,
    /// What has to be solved first.
    pub captcha: Captcha,
    /// Whether customers become members of groups only by accepting an invitation. If not, whoever has been told the id of a customer may add
    /// it at once, as clients of earlier servers expect.
    pub group_consent: bool,
}
