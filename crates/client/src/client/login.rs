//! Login, with and without a second factor.

use std::fmt;
use std::sync::Arc;

use keyfold_crypto::login as derivation;
use keyfold_crypto::password::Cost;
use keyfold_protocol::encoding::{DeviceIdentifier, SecretText};
use keyfold_protocol::error::ErrorCode;
use keyfold_protocol::user::{
    DeviceKeys, DoneLoginOutput, LoginKeys, PrepareLoginOutput, VerifyLogin, VerifyLoginLight,
};
use zeroize::Zeroizing;

use super::registration::parse_credentials;
use super::{Client, registration};
use crate::api::Call;
use crate::error::Error;
use crate::platform::offload;
use crate::session::Session;
use crate::stored::StoredUser;
use crate::user::{Mfa, User};

/// How a login ended.
#[derive(Debug)]
pub enum Login {
    /// The user is logged in.
    User(User),
    /// The user has a second factor; the login waits for it.
    Mfa(PendingMfa),
}

/// A login that waits for a second factor.
///
/// A wrong code leaves it as it is, so that the user can try again. As good as the password: keep it in memory.
#[derive(Clone)]
pub struct PendingMfa {
    client: Client,
    attempt: Arc<Attempt>,
}

/// A [`PendingMfa`] as texts, for apps that cannot keep the object until the code is there.
pub struct StoredMfaLogin {
    /// Identifier of the device.
    pub device_identifier: String,
    /// The key that opens the master key, exported.
    pub master_key: Zeroizing<String>,
    /// The key that authenticates to the server, base64.
    pub auth_key: Zeroizing<String>,
    /// Algorithm of the password derivation.
    pub algorithm: String,
}

/// What a password turned into, and for which device.
pub(crate) struct Attempt {
    pub(crate) identifier: DeviceIdentifier,
    login: keyfold_crypto::Login,
    algorithm: String,
}

/// An [`Attempt`] that the server has accepted, as far as the device keys.
pub(crate) struct Accepted {
    pub(crate) attempt: Arc<Attempt>,
    pub(crate) keys: Box<LoginKeys>,
}

/// How far a password alone leads.
pub(crate) enum FirstFactor {
    Accepted(Accepted),
    SecondFactorNeeded(Arc<Attempt>),
}

impl Client {
    /// Logs in on the device with this identifier. The password does not leave this machine.
    ///
    /// Afterwards this user is the one whom [`restore`](Self::restore) returns. Others stay logged in.
    ///
    /// # Errors
    /// `server_112`: wrong password. `server_100`: no such identifier. `client_400`: the server tried to pass off a
    /// foreign key as the device's.
    #[cfg_attr(not(target_family = "wasm"), tracing::instrument(level = "debug", skip_all))]
    pub async fn login(&self, identifier: &str, password: &str) -> Result<Login, Error> {
        let pending = match self.first_factor(identifier, password).await? {
            FirstFactor::Accepted(accepted) => {
                return self.begin_session(accepted, false).await.map(Login::User);
            }
            FirstFactor::SecondFactorNeeded(attempt) => attempt,
        };
        Ok(Login::Mfa(PendingMfa { client: self.clone(), attempt: pending }))
    }

    /// Logs in a user of an app that has no second factors.
    ///
    /// # Errors
    /// [`Error::MfaRequired`] (`client_10000`) if the user has one all the same, else as [`login`](Self::login).
    pub async fn login_forced(&self, identifier: &str, password: &str) -> Result<User, Error> {
        match self.login(identifier, password).await? {
            Login::User(user) => Ok(user),
            Login::Mfa(_) => Err(Error::MfaRequired),
        }
    }

    /// Goes on with a login that was [exported](PendingMfa::export).
    ///
    /// # Errors
    /// `client_116`, `client_6`, `client_1`: the texts are not those of an export.
    pub fn restore_mfa_login(&self, stored: &StoredMfaLogin) -> Result<PendingMfa, Error> {
        let identifier = registration::parse_identifier(&stored.device_identifier)?;
        let login = keyfold_crypto::Login::restore(
            &identifier,
            &stored.master_key,
            &stored.auth_key,
            &stored.algorithm,
        )?;
        let attempt = Attempt { identifier, login, algorithm: stored.algorithm.clone() };
        Ok(PendingMfa { client: self.clone(), attempt: Arc::new(attempt) })
    }

    /// Derives the keys from the password and shows the server one of them.
    ///
    /// Two generations of derivation costs share one name, and the server cannot tell which one an account was made with:
    /// a wrong authentication key is all it sees. So a refused derivation with the costs of this client is followed by one
    /// with those of the other generation.
    pub(crate) async fn first_factor(&self, identifier: &str, password: &str) -> Result<FirstFactor, Error> {
        let (identifier, password) = parse_credentials(identifier, password)?;
        let body = keyfold_crypto::Login::start(&identifier);
        let prepared: PrepareLoginOutput =
            self.0.api.call(Call::post(&["prepare_login"]).json(&body), None).await?;
        self.refuse_weaker_derivation(&identifier, &prepared).await?;
        let mut refused = None;
        for cost in self.costs() {
            let attempt = Arc::new(derive(&identifier, &password, &prepared, cost).await?);
            let call = Call::post(&["done_login"]).json(&attempt.login.done_login());
            match self.0.api.call(call, None).await {
                Ok(DoneLoginOutput::Direct(keys)) => {
                    return Ok(FirstFactor::Accepted(Accepted { attempt, keys }));
                }
                Ok(DoneLoginOutput::Otp) => return Ok(FirstFactor::SecondFactorNeeded(attempt)),
                Err(error) if error.is_server(ErrorCode::WrongPassword) => {
                    refused.get_or_insert(error);
                }
                Err(error) => return Err(error),
            }
        }
        Err(refused.unwrap_or(Error::AnswerIncomplete))
    }

    /// Shows the server the second factor.
    pub(crate) async fn second_factor(
        &self,
        attempt: Arc<Attempt>,
        factor: Mfa<'_>,
    ) -> Result<Accepted, Error> {
        let (endpoint, token) = match factor {
            Mfa::None => return Err(Error::MfaRequired),
            Mfa::Totp(code) => ("validate_mfa", code),
            Mfa::RecoveryKey(key) => ("validate_recovery_otp", key),
        };
        let body = attempt.login.second_factor(SecretText::new(token));
        let keys = self.0.api.call(Call::post(&[endpoint]).json(&body), None).await?;
        Ok(Accepted { attempt, keys: Box::new(keys) })
    }

    /// Proves the possession of the device keys: the last request of every login.
    pub(crate) async fn prove(
        &self,
        accepted: Accepted,
    ) -> Result<(keyfold_crypto::Device, VerifyLogin, Arc<Attempt>), Error> {
        let Accepted { attempt, keys } = accepted;
        // Half a millisecond: not worth another thread.
        let device = attempt.login.open_device(&keys.device_keys)?;
        let challenge = device.solve_challenge(&keys.challenge)?;
        let body = attempt.login.verify_login(challenge);
        let verified = if self.0.light {
            let call = Call::post(&["verify_login_light"]).json(&body);
            let VerifyLoginLight { jwt, refresh_token } = self.0.api.call(call, None).await?;
            VerifyLogin { user_keys: Vec::new(), hmac_keys: Vec::new(), jwt, refresh_token }
        } else {
            self.0.api.call(Call::post(&["verify_login"]).json(&body), None).await?
        };
        Ok((device, verified, attempt))
    }

    /// The costs that accounts may have been made with, the likeliest first.
    fn costs(&self) -> impl Iterator<Item = Cost> {
        let own = self.0.suite.password_cost();
        std::iter::once(own).chain(Cost::ALL.into_iter().filter(move |cost| *cost != own))
    }

    async fn begin_session(&self, accepted: Accepted, mfa: bool) -> Result<User, Error> {
        let (device, verified, attempt) = self.prove(accepted).await?;
        let VerifyLogin { user_keys, hmac_keys, jwt, refresh_token } = verified;
        let session = Session::new(
            self.environment(),
            device.user_id.clone(),
            device.device_id.clone(),
            jwt,
            refresh_token,
        )?;
        let identifier = attempt.identifier.as_str();
        let mut stored = StoredUser::new(identifier, &attempt.algorithm, mfa, &device, user_keys, hmac_keys)?;
        // What an earlier login has stored is still there, and has to go at the next logout.
        if let Ok(Some(earlier)) = self.stored_user(identifier).await {
            stored.groups = earlier.groups;
        }
        let user = User::open(self.clone(), session, device, stored).await?;
        user.store_login().await?;
        Ok(user)
    }

    /// A server dictates salt and algorithm. Who has logged in before does not accept a weaker one.
    async fn refuse_weaker_derivation(
        &self,
        identifier: &DeviceIdentifier,
        prepared: &PrepareLoginOutput,
    ) -> Result<(), Error> {
        // What cannot be read is about to be replaced by this login.
        if let Ok(Some(stored)) = self.stored_user(identifier.as_str()).await {
            derivation::accept_derivation(prepared, stored.derivation())?;
        }
        Ok(())
    }
}

impl Attempt {
    /// Makes the body of a password change.
    pub(crate) async fn change_password(
        self: Arc<Self>,
        new_password: &str,
        keys: DeviceKeys,
        cost: Cost,
    ) -> Result<keyfold_protocol::user::ChangePasswordInput, Error> {
        let new_password = Zeroizing::new(new_password.to_owned());
        let body = offload(move || self.login.change_password_with_cost(&new_password, &keys, cost)).await;
        Ok(body.ok_or(Error::WorkLost)??)
    }
}

impl PendingMfa {
    /// Finishes the login with the code that the authenticator app shows.
    ///
    /// # Errors
    /// `server_902`: wrong or used code.
    pub async fn with_totp(&self, code: &str) -> Result<User, Error> {
        self.finish(Mfa::Totp(code)).await
    }

    /// Finishes the login with one of the recovery keys, which is used up by it.
    ///
    /// # Errors
    /// `server_901`: no such recovery key.
    pub async fn with_recovery_key(&self, key: &str) -> Result<User, Error> {
        self.finish(Mfa::RecoveryKey(key)).await
    }

    /// Identifier of the device.
    #[must_use]
    pub fn device_identifier(&self) -> &str {
        self.attempt.identifier.as_str()
    }

    /// The login as texts; [`Client::restore_mfa_login`] takes them.
    #[must_use]
    pub fn export(&self) -> StoredMfaLogin {
        let stored = self.attempt.login.export();
        StoredMfaLogin {
            device_identifier: self.attempt.identifier.as_str().to_owned(),
            master_key: Zeroizing::new(stored.encryption_key.into_exposed()),
            auth_key: Zeroizing::new(stored.auth_key.into_exposed()),
            algorithm: stored.algorithm.to_owned(),
        }
    }

    async fn finish(&self, factor: Mfa<'_>) -> Result<User, Error> {
        let accepted = self.client.second_factor(Arc::clone(&self.attempt), factor).await?;
        self.client.begin_session(accepted, true).await
    }
}

impl fmt::Debug for PendingMfa {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PendingMfa")
    }
}

impl fmt::Debug for StoredMfaLogin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("StoredMfaLogin(redacted)")
    }
}

async fn derive(
    identifier: &DeviceIdentifier,
    password: &Zeroizing<String>,
    prepared: &PrepareLoginOutput,
    cost: Cost,
) -> Result<Attempt, Error> {
    let (identifier, password, prepared) = (identifier.clone(), password.clone(), prepared.clone());
    let derived = offload(move || {
        let login = keyfold_crypto::Login::derive(&password, &identifier, &prepared, cost)?;
        let algorithm = prepared.derived_encryption_key_alg.into_string();
        Ok::<_, keyfold_crypto::Error>(Attempt { identifier, login, algorithm })
    });
    Ok(derived.await.ok_or(Error::WorkLost)??)
}
