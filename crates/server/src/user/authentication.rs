//! Whether somebody knows the password of a device.

use std::net::IpAddr;

use keyfold_crypto::server::check_authentication_key;
use keyfold_protocol::app::TokenClass;
use keyfold_protocol::encoding::{DeviceIdentifier, SecretText};
use keyfold_protocol::error::ErrorCode;
use keyfold_protocol::id::{AppId, DeviceId};

use super::identifier_hash;
use super::store::devices::{self, LoginRow, Verifier};
use super::store::failures::{self, Of};
use crate::error::ApiError;
use crate::extract::{AppToken, ClientAddress};
use crate::state::AppState;
use crate::throttle::Bucket;

/// Where an attempt comes from.
#[derive(Debug, Clone)]
pub(crate) struct Origin {
    pub(super) app_id: AppId,
    /// `None` for the app's own backend, behind whose address all its users stand.
    address: Option<IpAddr>,
}

impl Origin {
    pub(crate) fn new(token: &AppToken, ClientAddress(address): ClientAddress) -> Self {
        let address = (token.class == TokenClass::Public).then_some(address);
        Self { app_id: token.app.id.clone(), address }
    }

    /// Counts a question about an identifier.
    ///
    /// # Errors
    /// 429.
    pub(super) fn count_lookup(&self, state: &AppState) -> Result<(), ApiError> {
        let rate = state.limits.throttle.lookups_per_address;
        match self.address {
            Some(address) => state.throttle.take(Bucket::AddressLookup(address), rate, state.now()),
            None => Ok(()),
        }
    }

    /// Counts a registration of a user or device.
    ///
    /// # Errors
    /// 429.
    pub(crate) fn count_registration(&self, state: &AppState) -> Result<(), ApiError> {
        let rate = state.limits.throttle.registrations_per_address;
        match self.address {
            Some(address) => {
                state.throttle.take(Bucket::AddressRegistration(&self.app_id, address), rate, state.now())
            }
            None => Ok(()),
        }
    }

    /// # Errors
    /// 429 after too many failures from this address.
    fn check(&self, state: &AppState) -> Result<(), ApiError> {
        let rate = state.limits.throttle.failed_logins_per_address;
        match self.address {
            Some(address) => state.throttle.check(Bucket::AddressLogin(address), rate, state.now()),
            None => Ok(()),
        }
    }

    pub(super) fn count_failure(&self, state: &AppState) {
        if let Some(address) = self.address {
            let rate = state.limits.throttle.failed_logins_per_address;
            state.throttle.count(Bucket::AddressLogin(address), rate, state.now());
        }
    }
}

/// The device with this identifier, if the authentication key is right.
///
/// # Errors
/// 401/100 for an unknown identifier, 401/111, 401/112, 429.
pub(super) async fn authenticate(
    state: &AppState,
    origin: &Origin,
    identifier: &DeviceIdentifier,
    auth_key: &SecretText,
) -> Result<LoginRow, ApiError> {
    origin.check(state)?;
    let hash = identifier_hash(identifier);
    let row = state.db.read((origin.app_id.clone(), hash), |tx, (app, hash)| {
        Box::pin(async move { Ok(devices::find_login(tx, app, hash).await?) })
    });
    let Some(row) = row.await? else {
        origin.count_failure(state);
        return Err(ErrorCode::LoginUserNotFound.into());
    };
    let verifier = Verifier {
        hashed_authentication_key: row.hashed_authentication_key.clone(),
        failures_full_at: row.failures_full_at,
    };
    check_password(state, origin, &row.device_id, auth_key, &verifier).await?;
    Ok(row)
}

/// Checks an authentication key against what is stored for the device.
///
/// # Errors
/// 401/111, 401/112, 429.
pub(super) async fn check_password(
    state: &AppState,
    origin: &Origin,
    device: &DeviceId,
    auth_key: &SecretText,
    stored: &Verifier,
) -> Result<(), ApiError> {
    let (rate, now) = (state.limits.throttle.failed_logins, state.now());
    state.throttle.check(Bucket::DeviceLogin(device), rate, now)?;
    state.throttle.check_stored(stored.failures_full_at, rate, now)?;
    match check_authentication_key(auth_key.expose(), &stored.hashed_authentication_key) {
        Ok(true) => Ok(()),
        Ok(false) => {
            count_failure(state, origin, device).await?;
            Err(ErrorCode::WrongPassword.into())
        }
        Err(_) => Err(ErrorCode::AuthKeyFormat.into()),
    }
}

/// Counts a wrong password or challenge.
pub(super) async fn count_failure(
    state: &AppState,
    origin: &Origin,
    device: &DeviceId,
) -> Result<(), ApiError> {
    state.throttle.count(Bucket::DeviceLogin(device), state.limits.throttle.failed_logins, state.now());
    origin.count_failure(state);
    count_stored_failure(state, Of::Device(device.clone())).await
}

/// Counts a failure where all servers see it.
pub(super) async fn count_stored_failure(state: &AppState, of: Of) -> Result<(), ApiError> {
    if !state.throttle.is_enabled() {
        return Ok(());
    }
    let data = (of, state.limits.throttle.failed_logins, state.now());
    let counted = state.db.write(data, |tx, (of, rate, now)| {
        Box::pin(async move { Ok(failures::count(tx, of, *rate, *now).await?) })
    });
    counted.await
}
