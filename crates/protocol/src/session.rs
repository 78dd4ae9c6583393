//! Access tokens.

use serde::{Deserialize, Serialize};

use crate::id::{DeviceId, UserId};

/// Lifetime of an access token in seconds.
pub const ACCESS_TOKEN_SECONDS: u64 = 300;

/// Seconds that a server's clock may differ when it checks `exp`.
pub const CLOCK_LEEWAY_SECONDS: u64 = 60;

/// Claims of an access token (a JWT signed with ES384, RFC 7519).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claims {
    /// Who: the user.
    pub aud: UserId,
    /// On which device.
    pub sub: DeviceId,
    /// Issued at, seconds since 1970.
    pub iat: u64,
    /// Valid until, seconds since 1970.
    pub exp: u64,
    /// True right after a login with the password, false after a refresh.
    pub fresh: bool,
    /// Session that the token belongs to. Ours: other servers do not send it, other clients ignore it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sid: Option<String>,
}
