//! An authenticator app.

use std::time::SystemTime;

use totp_rs::{Algorithm, Builder, Secret};

/// The code that an authenticator shows now. `secret` is base32.
///
/// # Panics
/// If the secret is no base32.
#[must_use]
pub fn totp(secret: &str) -> String {
    let totp = Builder::new()
        .with_algorithm(Algorithm::SHA256)
        .with_digits(6)
        .with_step_duration(30)
        .with_secret(Secret::try_from_base32(secret).expect("a base32 secret"))
        .build()
        .expect("parameters that every authenticator knows");
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).expect("a clock after 1970");
    totp.generate(now.as_secs()).to_string()
}
