//! Devices: registration, and the keys of one after login.

use keyfold_protocol::encoding::{Base64Text, DeviceIdentifier, SecretText as WireSecret};
use keyfold_protocol::id::{DeviceId, GroupId, UserId};
use keyfold_protocol::user::{
    DeviceKeys, DeviceRegister, KeyDerivedData, MasterKey, RegisterInput, ResetPasswordInput,
};

use crate::encoding::{from_base64, secret_to_base64_url, to_base64_url};
use crate::password::NewPassword;
use crate::primitives::random::{Entropy, System};
use crate::server::CHALLENGE_LEN;
use crate::wire::algorithm_id;
use crate::{
    Error, PrivateKey, PublicKey, SecretText, SigningKey, Suite, SymmetricKey, VerifyingKey, user_group,
};

/// Id of keys that no server has given one yet.
pub(crate) const NON_REGISTERED: &str = "non_registered";

/// Makes the body of a registration: a first device, and the user group with its first keys.
///
/// The keys are in the body, encrypted; a login gets them from the server.
///
/// # Errors
/// [`Error::NoRandomness`] (`client_13`), [`Error::PasswordHash`] (`client_20`), [`Error::KeyGeneration`]
/// (`client_11`).
pub fn register_user(
    identifier: &DeviceIdentifier,
    password: &str,
    suite: &Suite,
) -> Result<RegisterInput, Error> {
    let (device, public_key) = new_device(identifier, password, suite)?;
    Ok(RegisterInput { device, group: user_group::create(&public_key, suite)? })
}

/// Makes the body that registers a further device, or a user of the light SDK.
///
/// # Errors
/// As [`register_user`].
pub fn register_device(
    identifier: &DeviceIdentifier,
    password: &str,
    suite: &Suite,
) -> Result<DeviceRegister, Error> {
    Ok(new_device(identifier, password, suite)?.0)
}

/// A random identifier (27 characters) and a random password (54 characters) for a device that nobody types them on.
///
/// # Errors
/// [`Error::NoRandomness`] (`client_13`).
pub fn generate_credentials() -> Result<(String, SecretText), Error> {
    let mut identifier = [0; 20];
    System.fill(&mut identifier)?;
    let password = crate::Secret::<40>::random(&mut System)?;
    Ok((to_base64_url(&identifier), secret_to_base64_url(password.expose())))
}

/// The keys of a logged-in device, and whose it is.
///
/// Made by [`Login::open_device`](crate::Login::open_device).
pub struct Device {
    /// Opens the user keys and the login challenge.
    pub private_key: PrivateKey,
    /// Checked against the private key.
    pub public_key: PublicKey,
    /// Sign key of the device; contents are signed with the sign key of the user.
    pub sign_key: SigningKey,
    /// Checked against the sign key.
    pub verify_key: VerifyingKey,
    /// The user.
    pub user_id: UserId,
    /// The device.
    pub device_id: DeviceId,
    /// The user group.
    pub user_group_id: GroupId,
}

impl Device {
    /// Decrypts a login challenge and returns the text that proves the possession of the device's private key.
    ///
    /// Accepts nothing but 67 characters of URL-safe base64: whatever else a server sends might be somebody's message to
    /// this device, and returning it decrypted would make the client an oracle.
    ///
    /// # Errors
    /// [`Error::LoginChallenge`] (`client_1102`), also when it cannot be decrypted.
    pub fn solve_challenge(&self, challenge: &Base64Text) -> Result<WireSecret, Error> {
        let encrypted = from_base64(challenge.as_str(), Error::LoginChallenge)?;
        let text = self.private_key.decrypt(&encrypted).map_err(|_| Error::LoginChallenge)?;
        let text = SecretText::new(String::from_utf8(text).map_err(|_| Error::LoginChallenge)?);
        let url_safe = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        if text.expose().len() != CHALLENGE_LEN || !text.expose().bytes().all(url_safe) {
            return Err(Error::LoginChallenge);
        }
        Ok(WireSecret::new(text.into_exposed()))
    }

    /// Makes the body of a password reset: a new master key under the new password, and the same device keys under it.
    ///
    /// Needs no old password, only a device whose keys are open. Also the way to move a device to another suite of
    /// symmetric encryption and password derivation.
    ///
    /// # Errors
    /// [`Error::NoRandomness`] (`client_13`), [`Error::PasswordHash`] (`client_20`).
    pub fn reset_password(&self, new_password: &str, suite: &Suite) -> Result<ResetPasswordInput, Error> {
        let master_key = SymmetricKey::generate(suite, "")?;
        let derived = NewPassword::derive(new_password, suite)?;
        Ok(ResetPasswordInput {
            client_random_value: derived.random_value.clone(),
            hashed_authentication_key: derived.keys.hashed_authentication_key(),
            master_key: encrypt_master_key(&master_key, &derived)?,
            derived_alg: algorithm_id(suite.password)?,
            encrypted_private_key: self.private_key.wrap(&master_key)?,
            encrypted_sign_key: self.sign_key.wrap(&master_key)?,
        })
    }

    /// Opens the keys of a device as the server returns them.
    pub(crate) fn open(keys: &DeviceKeys, master_key: &SymmetricKey) -> Result<Self, Error> {
        let (private_key, public_key) = PrivateKey::unwrap_pair(
            master_key,
            &keys.keypair_encrypt_alg,
            &keys.encrypted_private_key,
            &keys.public_key_string,
            keys.keypair_encrypt_id.as_str(),
        )?;
        let (sign_key, verify_key) = SigningKey::unwrap_pair(
            master_key,
            &keys.keypair_sign_alg,
            &keys.encrypted_sign_key,
            &keys.verify_key_string,
            keys.keypair_sign_id.as_str(),
        )?;
        Ok(Self {
            private_key,
            public_key,
            sign_key,
            verify_key,
            user_id: keys.user_id.clone(),
            device_id: keys.device_id.clone(),
            user_group_id: keys.user_group_id.clone(),
        })
    }
}

fn new_device(
    identifier: &DeviceIdentifier,
    password: &str,
    suite: &Suite,
) -> Result<(DeviceRegister, PublicKey), Error> {
    let master_key = SymmetricKey::generate(suite, "")?;
    let (private_key, public_key) = PrivateKey::generate(suite, NON_REGISTERED)?;
    let (sign_key, verify_key) = SigningKey::generate(suite, NON_REGISTERED)?;
    let derived = NewPassword::derive(password, suite)?;
    let (keypair_encrypt_alg, public_key_text) = public_key.to_wire()?;
    let (keypair_sign_alg, verify_key_text) = verify_key.to_wire()?;
    let device = DeviceRegister {
        master_key: encrypt_master_key(&master_key, &derived)?,
        derived: KeyDerivedData {
            derived_alg: algorithm_id(suite.password)?,
            client_random_value: derived.random_value.clone(),
            hashed_authentication_key: derived.keys.hashed_authentication_key(),
            public_key: public_key_text,
            encrypted_private_key: private_key.wrap(&master_key)?,
            keypair_encrypt_alg,
            verify_key: verify_key_text,
            encrypted_sign_key: sign_key.wrap(&master_key)?,
            keypair_sign_alg,
        },
        device_identifier: identifier.clone(),
    };
    Ok((device, public_key))
}

fn encrypt_master_key(master_key: &SymmetricKey, derived: &NewPassword) -> Result<MasterKey, Error> {
    let algorithm = algorithm_id(master_key.algorithm())?;
    Ok(MasterKey {
        master_key_alg: algorithm.clone(),
        encrypted_master_key: derived.wrap_master_key(master_key)?,
        encrypted_master_key_alg: algorithm,
    })
}
