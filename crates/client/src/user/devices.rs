//! The devices of a user.

use std::sync::Arc;

use keyfold_crypto::{Policy, SymmetricKey, UserKeys, member};
use keyfold_protocol::error::ErrorCode;
use keyfold_protocol::group::{NewMemberKey, NewMemberLight};
use keyfold_protocol::id::DeviceId;
use keyfold_protocol::user::{
    DeviceListItem, DoneDeviceInput, DoneDeviceLightInput, DoneDeviceOutput, PrepareDeviceOutput,
};

use super::{Mfa, User};
use crate::api::Call;
use crate::client::{open_answer, to_json};
use crate::error::Error;
use crate::pages::Pages;
use crate::platform::offload;

/// How often another device may make a new key while this one adds a device.
const ATTEMPTS: u32 = 3;

impl User {
    /// The devices of this user, oldest first.
    pub fn devices(&self) -> Pages<DeviceListItem> {
        Pages::new(self.0.session.clone(), &["user", "device"], None, false)
    }

    /// Adds a new device to the account, on a device that is logged in. `answer` is the text that
    /// [`Client::register_device_start`](crate::Client::register_device_start) returned on the new one.
    ///
    /// The new device gets all keys of the user. Afterwards it can log in.
    ///
    /// # Errors
    /// `client_101`: the text is not such an answer. `server_100`: it was used already.
    #[cfg_attr(not(target_family = "wasm"), tracing::instrument(level = "debug", skip_all))]
    pub async fn register_device(&self, answer: &str) -> Result<(), Error> {
        if self.0.client.0.light {
            let PrepareDeviceOutput { token, .. } = open_answer(answer)?;
            let body = DoneDeviceLightInput { user_group: NewMemberLight { rank: None }, token };
            let call = Call::put(&["user", "done_register_device_light"]).json(&body);
            return self.0.session.act(call).await;
        }
        let mut attempts = ATTEMPTS;
        let (done, rest): (DoneDeviceOutput, _) = loop {
            attempts = attempts.saturating_sub(1);
            let (body, rest) = self.confirmation(answer).await?;
            let call = Call::put(&["user", "done_register_device"]).json(&body);
            match self.0.session.call(call).await {
                Ok(done) => break (done, rest),
                // Another device has made a new key meanwhile, which the new device must get with the others.
                Err(error) if attempts > 0 && error.is_server(ErrorCode::GroupKeyNotFound) => {}
                Err(error) => return Err(error),
            }
        };
        if rest.is_empty() {
            return Ok(());
        }
        let session_id = done.session_id.ok_or(Error::KeysIncomplete)?;
        for page in rest {
            let call = Call::put(&["user", "user_keys", "session", session_id.as_str()]).json(&page);
            self.0.session.act(call).await?;
        }
        Ok(())
    }

    /// The body for `PUT /api/v1/user/done_register_device` with the first 50 keys, and the bodies of the uploads that
    /// follow if there are more, for apps that send them themselves.
    ///
    /// Asks the server first for keys of the user that this device has not got yet: what it lacks, the new one would never
    /// get. [`prepare_register_device_sync`](Self::prepare_register_device_sync) does not. When another device makes a new key before the
    /// confirmation is sent, the server refuses it (`server_304`): prepare again.
    ///
    /// # Errors
    /// `client_101`: the text is not an answer of a device registration. Those of the requests.
    pub async fn prepare_register_device(&self, answer: &str) -> Result<(String, Vec<String>), Error> {
        let (body, rest) = self.confirmation(answer).await?;
        confirmation_to_json(&body, &rest)
    }

    /// [`prepare_register_device`](Self::prepare_register_device) without a request: with the keys that are loaded, which the
    /// app knows to be all. [`finish_key_rotation`](Self::finish_key_rotation) brings what other devices have made meanwhile.
    /// The server refuses a confirmation that lacks the newest key (`server_304`): bring it, and prepare again.
    ///
    /// # Errors
    /// `client_101`: the text is not an answer of a device registration.
    pub fn prepare_register_device_sync(&self, answer: &str) -> Result<(String, Vec<String>), Error> {
        let answer: PrepareDeviceOutput = open_answer(answer)?;
        let (body, rest) = confirm(&self.all_keys(), &answer, &self.0.client.0.policy)?;
        confirmation_to_json(&body, &rest)
    }

    /// Removes a device, this one or another, from the account. Needs the password of this device.
    ///
    /// # Errors
    /// `server_112`: wrong password. `server_115`: it is the last device. [`Error::MfaRequired`].
    pub async fn delete_device(
        &self,
        password: &str,
        device_id: &DeviceId,
        mfa: Mfa<'_>,
    ) -> Result<(), Error> {
        let call = Call::delete(&["user", "device", device_id.as_str()]);
        self.fresh_act(call, password, mfa).await?;
        if device_id == self.device_id() { self.log_out().await } else { Ok(()) }
    }

    async fn confirmation(&self, answer: &str) -> Result<Confirmation, Error> {
        let answer: PrepareDeviceOutput = open_answer(answer)?;
        // A rotation reaches the devices that are there when it begins. What this one lacks, the new one would never get.
        self.complete_keys().await?;
        let keys = self.all_keys();
        let policy = self.0.client.0.policy;
        offload(move || confirm(&keys, &answer, &policy)).await.ok_or(Error::WorkLost)?
    }
}

/// What gives the new device these keys: the first page with the confirmation itself, then the others.
type Confirmation = (DoneDeviceInput, Vec<Vec<NewMemberKey>>);

fn confirm(
    keys: &[Arc<UserKeys>],
    answer: &PrepareDeviceOutput,
    policy: &Policy,
) -> Result<Confirmation, Error> {
    let keys: Vec<&SymmetricKey> = keys.iter().map(|keys| &keys.group.key).collect();
    Ok(member::confirm_device(keys, answer, policy)?)
}

fn confirmation_to_json(
    body: &DoneDeviceInput,
    rest: &[Vec<NewMemberKey>],
) -> Result<(String, Vec<String>), Error> {
    Ok((to_json(body)?, rest.iter().map(to_json).collect::<Result<_, _>>()?))
}
