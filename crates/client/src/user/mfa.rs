//! The second factor.

use keyfold_protocol::user::{OtpRecoveryKeys, OtpRegister};

use super::User;
use crate::api::{self, Call};
use crate::error::Error;

/// A second factor, for calls that need a fresh login.
#[derive(Clone, Copy, Default)]
pub enum Mfa<'a> {
    /// The user has none.
    #[default]
    None,
    /// The code that the authenticator app shows.
    Totp(&'a str),
    /// One of the recovery keys; used up by it.
    RecoveryKey(&'a str),
}

impl std::fmt::Debug for Mfa<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::None => "None",
            Self::Totp(_) => "Totp(redacted)",
            Self::RecoveryKey(_) => "RecoveryKey(redacted)",
        })
    }
}

/// A new second factor: what the user has to put away.
#[derive(Debug)]
pub struct OtpSecret {
    raw: OtpRegister,
}

impl OtpSecret {
    /// The secret for the authenticator app, base32.
    #[must_use]
    pub fn secret(&self) -> &str {
        self.raw.secret.expose()
    }

    /// Name of the algorithm.
    #[must_use]
    pub fn algorithm(&self) -> &str {
        &self.raw.alg
    }

    /// Six keys, each of which replaces a code once.
    #[must_use]
    pub fn recovery_keys(&self) -> Vec<&str> {
        self.raw.recover.iter().map(|key| key.expose()).collect()
    }

    /// The address that authenticator apps scan as a QR code. `issuer` is the name of the app, `account` that of the
    /// user. As secret as the secret.
    #[must_use]
    pub fn url(&self, issuer: &str, account: &str) -> String {
        let (issuer, account) = (percent_encode(issuer), percent_encode(account));
        let secret = self.secret();
        format!("otpauth://totp/{issuer}:{account}?secret={secret}&algorithm=SHA256&issuer={issuer}")
    }
}

impl User {
    /// Gives the account a second factor, for all its devices. Active at once.
    ///
    /// If the answer is lost, the server is asked once more: what it made first, nobody would ever know.
    ///
    /// # Errors
    /// `server_112`: wrong password. [`Error::MfaRequired`] if there is one already and `mfa` is [`Mfa::None`]. After an error of
    /// the network ([`Error::is_network`]) both answers may be lost: if the account asks for a second factor then, the app's
    /// backend can take it away.
    pub async fn register_otp(&self, password: &str, mfa: Mfa<'_>) -> Result<OtpSecret, Error> {
        self.replace_otp("register_otp", password, mfa).await
    }

    /// Replaces the second factor and the recovery keys by new ones, as [`register_otp`](Self::register_otp).
    ///
    /// # Errors
    /// `server_112`: wrong password. `server_902`, `server_901`: wrong code or recovery key. [`Error::MfaRequired`].
    pub async fn reset_otp(&self, password: &str, mfa: Mfa<'_>) -> Result<OtpSecret, Error> {
        self.replace_otp("reset_otp", password, mfa).await
    }

    /// Removes the second factor.
    ///
    /// # Errors
    /// As [`reset_otp`](Self::reset_otp).
    pub async fn disable_otp(&self, password: &str, mfa: Mfa<'_>) -> Result<(), Error> {
        let call = Call::patch(&["user", "disable_otp"]);
        self.fresh_act(call, password, mfa).await?;
        self.remember_mfa(false).await;
        Ok(())
    }

    async fn replace_otp(&self, endpoint: &str, password: &str, mfa: Mfa<'_>) -> Result<OtpSecret, Error> {
        let token = self.fresh_login(password, mfa).await?.token;
        let call = Call::patch(&["user", endpoint]);
        let api = self.0.session.api();
        let mut again = true;
        let raw = loop {
            let answer = api.exchange(&call, Some(&token)).await.and_then(|answer| api::opened(&answer));
            match answer {
                // The token is good for another one, which takes the place of the first. A later login would need the first.
                Err(error) if again && !matches!(error, Error::Server(_)) => again = false,
                answer => break answer?,
            }
        };
        self.remember_mfa(true).await;
        Ok(OtpSecret { raw })
    }

    /// What the server has done is done whether or not it can be stored: a full disk must not take the secret away.
    async fn remember_mfa(&self, mfa: bool) {
        if let Err(error) = self.change(|account| account.mfa = mfa).await {
            tracing::warn!(%error, "the change of the second factor could not be stored");
        }
    }

    /// The recovery keys that are left.
    ///
    /// # Errors
    /// As [`reset_otp`](Self::reset_otp).
    pub async fn otp_recovery_keys(&self, password: &str, mfa: Mfa<'_>) -> Result<Vec<String>, Error> {
        let call = Call::get(&["user", "otp_recovery_keys"]);
        let left: OtpRecoveryKeys = self.fresh_call(call, password, mfa).await?;
        Ok(left.keys.iter().map(|key| key.expose().to_owned()).collect())
    }
}

/// RFC 3986: everything but the unreserved characters.
fn percent_encode(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use keyfold_protocol::encoding::SecretText;

    use super::*;

    #[test]
    fn the_url_escapes_issuer_and_account() {
        let raw = OtpRegister {
            secret: SecretText::new("ABC"),
            alg: "SHA256".into(),
            recover: vec![SecretText::new("r1")],
        };
        let secret = OtpSecret { raw };
        assert_eq!(
            secret.url("My App", "a:b@c&d"),
            "otpauth://totp/My%20App:a%3Ab%40c%26d?secret=ABC&algorithm=SHA256&issuer=My%20App"
        );
        assert_eq!(secret.recovery_keys(), ["r1"]);
        assert!(!format!("{secret:?}").contains("ABC"));
    }
}
