//! Rows of users, devices, sessions and second factors.

pub(super) mod devices;
pub(super) mod failures;
pub(super) mod pending_devices;
pub(super) mod second_factors;
pub(super) mod sessions;
pub(super) mod users;

/// What happened, as kept in the action log. Renewals of tokens are left out: there are too many of them to be worth a row.
#[derive(Debug, Clone, Copy)]
pub(super) enum Action {
    Login,
    ChangePassword,
    ResetPassword,
    DeleteUser,
    RotateKeys,
}

impl Action {
    fn number(self) -> i64 {
        match self {
            Self::Login => 0,
            Self::ChangePassword => 2,
            Self::ResetPassword => 3,
            Self::DeleteUser => 4,
            Self::RotateKeys => 6,
        }
    }
}
