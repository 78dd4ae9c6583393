//! A user as it is kept in the storage.

use keyfold_crypto::{Device, PrivateKey, SigningKey, VerifyingKey};
use keyfold_protocol::encoding::SecretText;
use keyfold_protocol::group::{GroupData, GroupKey, HmacKey};
use keyfold_protocol::id::{DeviceId, GroupId, UserId};
use serde::{Deserialize, Serialize};

use crate::error::Error;

/// Identity, device keys in the clear, and user keys as the server sent them.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct StoredUser {
    pub(crate) identifier: String,
    derivation: String,
    pub(crate) mfa: bool,
    user_id: UserId,
    device_id: DeviceId,
    user_group_id: GroupId,
    private_key_alg: String,
    private_key: SecretText,
    sign_key_alg: String,
    sign_key: SecretText,
    verify_key: String,
    pub(crate) user_keys: Vec<GroupKey>,
    pub(crate) hmac_keys: Vec<HmacKey>,
    /// Records of groups that belong to this user, to be removed at logout.
    pub(crate) groups: Vec<String>,
}

impl StoredUser {
    pub(crate) fn new(
        identifier: &str,
        derivation: &str,
        mfa: bool,
        device: &Device,
        user_keys: Vec<GroupKey>,
        hmac_keys: Vec<HmacKey>,
    ) -> Result<Self, Error> {
        Ok(Self {
            identifier: identifier.to_owned(),
            derivation: derivation.to_owned(),
            mfa,
            user_id: device.user_id.clone(),
            device_id: device.device_id.clone(),
            user_group_id: device.user_group_id.clone(),
            private_key_alg: device.private_key.algorithm().to_owned(),
            private_key: SecretText::new(device.private_key.export()?.into_exposed()),
            sign_key_alg: device.sign_key.algorithm().to_owned(),
            sign_key: SecretText::new(device.sign_key.export()?.into_exposed()),
            verify_key: device.verify_key.export_data()?,
            user_keys,
            hmac_keys,
            groups: Vec::new(),
        })
    }

    pub(crate) fn device_id(&self) -> &DeviceId {
        &self.device_id
    }

    /// Algorithm of the password derivation at the last login.
    pub(crate) fn derivation(&self) -> &str {
        &self.derivation
    }

    /// The keys of the device.
    pub(crate) fn device(&self) -> Result<Device, Error> {
        let private_key = PrivateKey::import_as(&self.private_key_alg, self.private_key.expose())?;
        Ok(Device {
            public_key: private_key.public_key()?,
            private_key,
            sign_key: SigningKey::import_as(&self.sign_key_alg, self.sign_key.expose())?,
            verify_key: VerifyingKey::import_data(&self.verify_key)?,
            user_id: self.user_id.clone(),
            device_id: self.device_id.clone(),
            user_group_id: self.user_group_id.clone(),
        })
    }
}

/// A group as the server sent it, with all pages of its keys.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct StoredGroup {
    pub(crate) data: GroupData,
    /// When the server was last asked whether something changed, by the clock of this machine.
    pub(crate) last_check: u64,
    /// Whether all generations of keys are there. A key that was fetched by its id may have older ones beside it that are not.
    #[serde(default)]
    pub(crate) is_complete: bool,
}
