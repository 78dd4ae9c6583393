//! Password, identifier, and the end of an account.

use std::sync::Arc;

use futures_util::FutureExt;
use keyfold_protocol::encoding::{DeviceIdentifier, SecretText};
use keyfold_protocol::user::{DeviceKeys, UserIdentifier};
use serde::de::DeserializeOwned;
use zeroize::Zeroizing;

use super::{Mfa, User};
use crate::api::{self, Call};
use crate::client::{Accepted, Attempt, FirstFactor};
use crate::error::Error;
use crate::lock::lock;
use crate::platform::{BoxFuture, offload};
use crate::records;
use crate::transport::Response;

impl User {
    /// Changes the password of this device. The keys stay, and this user stays logged in, in a session that is new: the server
    /// ends the device's others.
    ///
    /// Where the app's own backend renews access tokens ([`Refresh::endpoint`](crate::Refresh::endpoint),
    /// [`Refresh::function`](crate::Refresh::function)), what it keeps is worthless from then on: hand it
    /// [`refresh_token`](Self::refresh_token) again, as after a login. Without that the server refuses its next renewal
    /// (`server_114`), which this client reports as `client_423`.
    ///
    /// # Errors
    /// `server_112`: the old password is wrong. [`Error::MfaRequired`].
    #[cfg_attr(not(target_family = "wasm"), tracing::instrument(level = "debug", skip_all))]
    pub async fn change_password(
        &self,
        old_password: &str,
        new_password: &str,
        mfa: Mfa<'_>,
    ) -> Result<(), Error> {
        if new_password.is_empty() {
            return Err(Error::EmptyCredentials);
        }
        let fresh = self.fresh_login(old_password, mfa).await?;
        let cost = self.0.client.0.suite.password_cost();
        let body = fresh.attempt.change_password(new_password, fresh.device_keys, cost).await?;
        let call = Call::put(&["user", "update_pw"]).json(&body);
        self.0.session.api().act(call, Some(&fresh.token)).await?;
        self.0.session.replace(fresh.token, fresh.refresh_token).await
    }

    /// Gives this device a new password without knowing the old one. Possible because the device's keys are open.
    ///
    /// # Errors
    /// [`Error::EmptyCredentials`] and those of the request.
    #[cfg_attr(not(target_family = "wasm"), tracing::instrument(level = "debug", skip_all))]
    pub async fn reset_password(&self, new_password: &str) -> Result<(), Error> {
        if new_password.is_empty() {
            return Err(Error::EmptyCredentials);
        }
        let new_password = Zeroizing::new(new_password.to_owned());
        let device = Arc::clone(&self.0.device);
        let suite = self.0.client.0.suite;
        let body = offload(move || device.reset_password(&new_password, &suite)).await;
        let call = Call::put(&["user", "reset_pw"]).json(&body.ok_or(Error::WorkLost)??);
        self.0.session.act(call).await?;
        Ok(())
    }

    /// Changes the identifier of this device, here and on the server.
    ///
    /// # Errors
    /// `server_101`: it is taken. Those of the storage: the server has the new one already, and the same call again stores it
    /// here, too.
    pub async fn update_identifier(&self, new: &str) -> Result<(), Error> {
        let body = UserIdentifier {
            user_identifier: DeviceIdentifier::parse(new).map_err(|_| Error::EmptyCredentials)?,
        };
        self.0.session.act(Call::put(&["user"]).json(&body)).await?;
        let old = self.identifier();
        if old == new {
            return Ok(());
        }
        let stored = self.store_identifier(&old, new).await;
        if stored.is_err() {
            // The storage still has the old one: with the same call again, the new one takes its place there.
            lock(&self.0.account).identifier = old;
            self.0.snapshots.changed();
        }
        stored
    }

    async fn store_identifier(&self, old: &str, new: &str) -> Result<(), Error> {
        let records = &self.0.client.0.records;
        self.change(|account| account.identifier = new.to_owned()).await?;
        if records.actual_user().await.unwrap_or_default().as_deref() == Some(old) {
            records.set_actual_user(new).await?;
        }
        records.delete(&records::user_key(old)).await
    }

    /// Deletes the account with all its devices, and logs out.
    ///
    /// # Errors
    /// `server_112`: wrong password. [`Error::MfaRequired`].
    #[cfg_attr(not(target_family = "wasm"), tracing::instrument(level = "debug", skip_all))]
    pub async fn delete(&self, password: &str, mfa: Mfa<'_>) -> Result<(), Error> {
        self.fresh_act(Call::delete(&["user"]), password, mfa).await?;
        self.log_out().await
    }

    /// Sends `call` with the token of a login that is made for it. The session of the user stays as it is.
    pub(crate) fn fresh_call<'a, T: DeserializeOwned>(
        &'a self,
        call: Call,
        password: &'a str,
        mfa: Mfa<'a>,
    ) -> impl Future<Output = Result<T, Error>> + use<'a, T> {
        self.fresh_answer(call, password, mfa).map(|answer| api::opened(&answer?))
    }

    /// The same for a call whose result says no more than that it was done.
    pub(crate) fn fresh_act<'a>(
        &'a self,
        call: Call,
        password: &'a str,
        mfa: Mfa<'a>,
    ) -> impl Future<Output = Result<(), Error>> + use<'a> {
        self.fresh_answer(call, password, mfa).map(|answer| api::accepted(&answer?))
    }

    fn fresh_answer<'a>(
        &'a self,
        call: Call,
        password: &'a str,
        mfa: Mfa<'a>,
    ) -> BoxFuture<'a, Result<Response, Error>> {
        Box::pin(async move {
            call.check()?;
            let fresh = self.fresh_login(password, mfa).await?;
            self.0.session.api().exchange(&call, Some(&fresh.token)).await
        })
    }

    pub(super) async fn fresh_login(&self, password: &str, mfa: Mfa<'_>) -> Result<FreshLogin, Error> {
        let client = &self.0.client;
        let accepted: Accepted = match client.first_factor(&self.identifier(), password).await? {
            FirstFactor::Accepted(accepted) => accepted,
            FirstFactor::SecondFactorNeeded(attempt) => client.second_factor(attempt, mfa).await?,
        };
        let device_keys = accepted.keys.device_keys.clone();
        // Another account under this identifier must not be changed in the name of this one.
        if device_keys.user_id != *self.id() || device_keys.device_id != *self.device_id() {
            return Err(Error::TokenForeign);
        }
        let (_, verified, attempt) = client.prove(accepted).await?;
        Ok(FreshLogin { token: verified.jwt, refresh_token: verified.refresh_token, attempt, device_keys })
    }
}

pub(super) struct FreshLogin {
    pub(super) token: SecretText,
    refresh_token: SecretText,
    attempt: Arc<Attempt>,
    device_keys: DeviceKeys,
}
