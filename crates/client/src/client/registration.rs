//! New users and new devices, with the halves for apps that send the request from their own backend.

use keyfold_crypto::device;
use keyfold_protocol::encoding::DeviceIdentifier;
use keyfold_protocol::envelope;
use keyfold_protocol::id::UserId;
use keyfold_protocol::user::{
    DeviceRegister, ExistsOutput, PrepareDeviceOutput, RegisterInput, RegisterOutput, UserIdentifier,
};
use serde::Serialize;
use std::sync::Arc;
use zeroize::Zeroizing;

use super::Client;
use crate::api::Call;
use crate::error::Error;
use crate::platform::offload;

/// HTTP status to report where the answer came through the app's own backend and its status is unknown.
const STATUS_OK: u16 = 200;

impl Client {
    /// Whether no device of the app has this identifier.
    ///
    /// # Errors
    /// [`Error::EmptyCredentials`] and those of the request.
    pub async fn is_identifier_available(&self, identifier: &str) -> Result<bool, Error> {
        let body = UserIdentifier { user_identifier: parse_identifier(identifier)? };
        let answer: ExistsOutput = self.0.api.call(Call::post(&["exists"]).json(&body), None).await?;
        Ok(answer.available)
    }

    /// The body for `POST /api/v1/exists`, for apps that send it themselves.
    ///
    /// # Errors
    /// [`Error::EmptyCredentials`].
    pub fn prepare_is_identifier_available(&self, identifier: &str) -> Result<String, Error> {
        to_json(&UserIdentifier { user_identifier: parse_identifier(identifier)? })
    }

    /// Reads the answer of `POST /api/v1/exists`.
    ///
    /// # Errors
    /// Those in the answer.
    pub fn done_is_identifier_available(answer: &str) -> Result<bool, Error> {
        open_answer::<ExistsOutput>(answer).map(|answer| answer.available)
    }

    /// A random identifier (27 characters) and a random password (54 characters), for a device on which nobody types
    /// them. They are stored nowhere.
    ///
    /// # Errors
    /// `client_13`: no randomness.
    pub fn generate_register_data() -> Result<(String, Zeroizing<String>), Error> {
        let (identifier, password) = device::generate_credentials()?;
        Ok((identifier, Zeroizing::new(password.into_exposed())))
    }

    /// Creates a user with a first device. The password does not leave this machine.
    ///
    /// Identifier and password are taken byte for byte: nothing is trimmed or normalised.
    ///
    /// # Errors
    /// `server_101`: the identifier is taken. [`Error::EmptyCredentials`].
    #[cfg_attr(not(target_family = "wasm"), tracing::instrument(level = "debug", skip_all))]
    pub async fn register(&self, identifier: &str, password: &str) -> Result<UserId, Error> {
        let (identifier, password) = parse_credentials(identifier, password)?;
        let suite = self.0.suite;
        let call = if self.0.light {
            let input = offload(move || device::register_device(&identifier, &password, &suite)).await;
            let input: DeviceRegister = input.ok_or(Error::WorkLost)??;
            Call::post(&["register_light"]).json(&input)
        } else {
            let input = offload(move || device::register_user(&identifier, &password, &suite)).await;
            let input: RegisterInput = input.ok_or(Error::WorkLost)??;
            Call::post(&["register"]).json(&input)
        };
        let answer: RegisterOutput = self.0.api.call(call, None).await?;
        Ok(answer.user_id)
    }

    /// The body for `POST /api/v1/register` or `PUT /api/v1/user/forced/reset_user`, which the app's backend sends. From a
    /// [light](super::ClientBuilder::light) client, that for `POST /api/v1/register_light` or `PUT /api/v1/user/reset_pw_light`.
    ///
    /// Takes tens of milliseconds.
    ///
    /// # Errors
    /// [`Error::EmptyCredentials`].
    pub fn prepare_register(&self, identifier: &str, password: &str) -> Result<String, Error> {
        let (identifier, password) = parse_credentials(identifier, password)?;
        if self.0.light {
            return to_json(&device::register_device(&identifier, &password, &self.0.suite)?);
        }
        to_json(&device::register_user(&identifier, &password, &self.0.suite)?)
    }

    /// Reads the answer of `POST /api/v1/register`.
    ///
    /// # Errors
    /// Those in the answer.
    pub fn done_register(answer: &str) -> Result<UserId, Error> {
        open_answer::<RegisterOutput>(answer).map(|answer| answer.user_id)
    }

    /// Begins to add this device to an existing account, and returns a text to carry to a device that is logged in, for
    /// example as a QR code. There, [`User::register_device`](crate::User::register_device) takes it.
    ///
    /// The text is not secret, but it must not be replaced on the way: whoever replaces it gets the user's keys.
    ///
    /// # Errors
    /// `server_101`: the identifier is taken. [`Error::EmptyCredentials`].
    #[cfg_attr(not(target_family = "wasm"), tracing::instrument(level = "debug", skip_all))]
    pub async fn register_device_start(&self, identifier: &str, password: &str) -> Result<String, Error> {
        let (identifier, password) = parse_credentials(identifier, password)?;
        let suite = self.0.suite;
        let input = offload(move || device::register_device(&identifier, &password, &suite)).await;
        let input: DeviceRegister = input.ok_or(Error::WorkLost)??;
        let call = Call::post(&["user", "prepare_register_device"]).json(&input);
        let answer: PrepareDeviceOutput = self.0.api.call(call, None).await?;
        let text = envelope::success(&answer).map_err(|error| Error::JsonWrite(Arc::new(error)))?;
        String::from_utf8(text).map_err(|_| Error::AnswerIncomplete)
    }

    /// The body for `POST /api/v1/user/prepare_register_device`, for apps that send it themselves. The answer to it is the
    /// text to carry over.
    ///
    /// # Errors
    /// [`Error::EmptyCredentials`].
    pub fn prepare_register_device_start(&self, identifier: &str, password: &str) -> Result<String, Error> {
        let (identifier, password) = parse_credentials(identifier, password)?;
        to_json(&device::register_device(&identifier, &password, &self.0.suite)?)
    }

    /// Checks the answer of `POST /api/v1/user/prepare_register_device`.
    ///
    /// # Errors
    /// Those in the answer.
    pub fn done_register_device_start(answer: &str) -> Result<(), Error> {
        open_answer::<PrepareDeviceOutput>(answer).map(drop)
    }
}

/// Opens an envelope that came some other way than by our own request.
pub(crate) fn open_answer<T: serde::de::DeserializeOwned>(answer: &str) -> Result<T, Error> {
    envelope::open(answer.as_bytes()).map_err(|error| Error::from_answer(STATUS_OK, error))
}

pub(crate) fn to_json(value: &impl Serialize) -> Result<String, Error> {
    serde_json::to_string(value).map_err(|error| Error::JsonWrite(Arc::new(error)))
}

pub(super) fn parse_identifier(identifier: &str) -> Result<DeviceIdentifier, Error> {
    DeviceIdentifier::parse(identifier).map_err(|_| Error::EmptyCredentials)
}

pub(super) fn parse_credentials(
    identifier: &str,
    password: &str,
) -> Result<(DeviceIdentifier, Zeroizing<String>), Error> {
    if password.is_empty() {
        return Err(Error::EmptyCredentials);
    }
    Ok((parse_identifier(identifier)?, Zeroizing::new(password.to_owned())))
}
