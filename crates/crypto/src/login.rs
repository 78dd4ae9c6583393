//! Login: from a password to the keys of a device.
//!
//! ```text
//! client                                    server
//!   identifier                         →
//!                                      ←    salt, algorithm          Login::derive
//!   auth key                           →
//!                                      ←    device keys, challenge   Login::open_device, Device::solve_challenge
//!   auth key, solved challenge         →
//!                                      ←    user keys, session       UserKeys::open
//! ```
//!
//! With a second factor the server asks for it before it hands out the device keys; meanwhile [`Login::export`] keeps
//! what was derived.

use keyfold_protocol::encoding::{DeviceIdentifier, SecretText as WireSecret};
use keyfold_protocol::user::{
    ChangePasswordInput, DeviceKeys, DoneLoginInput, OtpInput, PrepareLoginOutput, UserIdentifier,
    VerifyLoginInput,
};

use crate::password::{self, Cost, DerivedKeys, NewPassword};
use crate::wire::algorithm_id;
use crate::{Device, Error, SecretText, Suite, SymmetricKey};

/// A login under way.
pub struct Login {
    identifier: DeviceIdentifier,
    algorithm: &'static str,
    keys: DerivedKeys,
}

/// What [`Login::export`] keeps while the user looks for a second factor.
pub struct StoredLogin {
    /// `{"Argon2":"<base64>"}`
    pub encryption_key: SecretText,
    /// Base64 of the authentication key.
    pub auth_key: SecretText,
    /// Algorithm of the derivation.
    pub algorithm: &'static str,
}

impl Login {
    /// The first request.
    #[must_use]
    pub fn start(identifier: &DeviceIdentifier) -> UserIdentifier {
        UserIdentifier { user_identifier: identifier.clone() }
    }

    /// Derives the keys from the password.
    ///
    /// Use [`Cost::CURRENT`] first. If the server then answers that the password is wrong, the account may be one that an
    /// old client made: derive once more with [`Cost::LEGACY`], and after success move the account to the current cost
    /// with [`change_password`](Self::change_password) to the same password.
    ///
    /// # Errors
    /// [`Error::UnknownAlgorithm`] (`client_1`) for a derivation that clients do not do, [`Error::PasswordHash`]
    /// (`client_20`).
    pub fn derive(
        password: &str,
        identifier: &DeviceIdentifier,
        answer: &PrepareLoginOutput,
        cost: Cost,
    ) -> Result<Self, Error> {
        let algorithm = password::algorithm(answer.derived_encryption_key_alg.as_str())?;
        let keys = DerivedKeys::derive(password, &answer.salt_string, algorithm, cost)?;
        Ok(Self { identifier: identifier.clone(), algorithm, keys })
    }

    /// The second request.
    #[must_use]
    pub fn done_login(&self) -> DoneLoginInput {
        DoneLoginInput { auth_key: self.keys.auth_key_text(), device_identifier: self.identifier.clone() }
    }

    /// Instead of the second answer's keys, if the server asks for a second factor: its code or a recovery key.
    #[must_use]
    pub fn second_factor(&self, token: WireSecret) -> OtpInput {
        OtpInput { token, auth_key: self.keys.auth_key_text(), device_identifier: self.identifier.clone() }
    }

    /// Opens the keys of the device from the second answer. Both public halves are checked against the secret ones.
    ///
    /// # Errors
    /// [`Error::Decryption`] (`client_14`) if the keys were encrypted with another password;
    /// [`Error::KeyPairMismatch`] (`client_400`) if the server replaced a public half; errors of reading keys.
    pub fn open_device(&self, keys: &DeviceKeys) -> Result<Device, Error> {
        Device::open(keys, &self.master_key(keys)?)
    }

    /// The third request, with the challenge [solved](Device::solve_challenge).
    #[must_use]
    pub fn verify_login(&self, challenge: WireSecret) -> VerifyLoginInput {
        VerifyLoginInput {
            auth_key: self.keys.auth_key_text(),
            device_identifier: self.identifier.clone(),
            challenge,
        }
    }

    /// Makes the body of a password change out of a login with the old password, up to the device keys.
    ///
    /// The master key stays, and with it the algorithm of the derivation; the costs are the current ones.
    ///
    /// # Errors
    /// As [`open_device`](Self::open_device), and [`Error::NoRandomness`] (`client_13`).
    pub fn change_password(
        &self,
        new_password: &str,
        keys: &DeviceKeys,
    ) -> Result<ChangePasswordInput, Error> {
        self.change_password_with_cost(new_password, keys, Cost::CURRENT)
    }

    /// As [`change_password`](Self::change_password), with another amount of work in the new derivation.
    ///
    /// # Errors
    /// As [`change_password`](Self::change_password).
    pub fn change_password_with_cost(
        &self,
        new_password: &str,
        keys: &DeviceKeys,
        cost: Cost,
    ) -> Result<ChangePasswordInput, Error> {
        let suite = Suite::of_password_algorithm(self.algorithm)?.with_password_cost(cost);
        let master_key = self.master_key(keys)?;
        let derived = NewPassword::derive(new_password, &suite)?;
        Ok(ChangePasswordInput {
            new_derived_alg: algorithm_id(suite.password)?,
            new_client_random_value: derived.random_value.clone(),
            new_hashed_authentication_key: derived.keys.hashed_authentication_key(),
            new_encrypted_master_key: derived.wrap_master_key(&master_key)?,
            new_encrypted_master_key_alg: algorithm_id(master_key.algorithm())?,
            old_auth_key: self.keys.auth_key_text(),
        })
    }

    /// What has to be kept until the second factor is there. As good as the password: keep it in memory.
    #[must_use]
    pub fn export(&self) -> StoredLogin {
        StoredLogin {
            encryption_key: self.keys.export_encryption_key(),
            auth_key: SecretText::new(self.keys.auth_key_text().expose().to_owned()),
            algorithm: self.algorithm,
        }
    }

    /// Goes on with a login that was [exported](Self::export).
    ///
    /// # Errors
    /// [`Error::StoredLoginKey`] (`client_116`), [`Error::InvalidAuthKey`] (`client_6`), [`Error::UnknownAlgorithm`]
    /// (`client_1`).
    pub fn restore(
        identifier: &DeviceIdentifier,
        encryption_key: &str,
        auth_key: &str,
        algorithm: &str,
    ) -> Result<Self, Error> {
        let keys = DerivedKeys::restore(encryption_key, auth_key)?;
        Ok(Self { identifier: identifier.clone(), algorithm: password::algorithm(algorithm)?, keys })
    }

    /// The keys derived from the password.
    #[must_use]
    pub fn keys(&self) -> &DerivedKeys {
        &self.keys
    }

    /// The server does not say which cipher protects the master key; it is the one of the suite that the derivation
    /// belongs to.
    fn master_key(&self, keys: &DeviceKeys) -> Result<SymmetricKey, Error> {
        let algorithm = Suite::of_password_algorithm(self.algorithm)?.symmetric;
        let master_key = self.keys.encryption_key(algorithm)?.unwrap(&keys.encrypted_master_key)?;
        SymmetricKey::from_bytes(algorithm, master_key.expose(), "")
    }
}

/// Refuses a derivation that is weaker than the one remembered from the last login to the same account.
///
/// A server dictates salt and algorithm; without a memory, a client would derive whatever it is told to.
///
/// # Errors
/// [`Error::UnknownAlgorithm`] (`client_1`), [`Error::WeakAlgorithm`] (`client_403`).
pub fn accept_derivation(answer: &PrepareLoginOutput, remembered: &str) -> Result<(), Error> {
    let told = password::hardness(answer.derived_encryption_key_alg.as_str())?;
    if told < password::hardness(remembered)? { Err(Error::WeakAlgorithm) } else { Ok(()) }
}
