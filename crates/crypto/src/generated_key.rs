//! Symmetric keys for applications and files, kept by clients under a group key or a public key.

use serde::{Deserialize, Serialize};

use crate::device::NON_REGISTERED;
use crate::encoding::{from_base64, to_base64};
use crate::{Error, PrivateKey, PublicKey, SecretBytes, Suite, SymmetricKey};

/// An encrypted generated key, in the form in which applications store it:
/// `{"alg","encrypted_key_string","master_key_id","key_id":"non_registered","time":0}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GeneratedKey {
    /// Algorithm of the generated key.
    pub alg: String,
    /// The key, encrypted, in base64.
    pub encrypted_key_string: String,
    /// Id of the group key or public key that it is encrypted with.
    pub master_key_id: String,
    /// Always `non_registered`: no server knows the key.
    pub key_id: String,
    /// Always 0.
    pub time: u64,
}

impl GeneratedKey {
    /// Generates a key under a group key. The returned key has the empty id.
    ///
    /// # Errors
    /// [`Error::NoRandomness`] (`client_13`), and as [`SymmetricKey::encrypt`].
    pub fn generate(master: &SymmetricKey, suite: &Suite) -> Result<(SymmetricKey, Self), Error> {
        let key = SymmetricKey::generate(suite, "")?;
        let encrypted = master.encrypt(key.expose(), &[])?;
        let description = Self::describe(&key, &encrypted, master.id());
        Ok((key, description))
    }

    /// Generates a key for the owner of a private key. The returned key has the empty id.
    ///
    /// # Errors
    /// [`Error::NoRandomness`] (`client_13`), [`Error::Encryption`] (`client_12`).
    pub fn generate_to(recipient: &PublicKey, suite: &Suite) -> Result<(SymmetricKey, Self), Error> {
        let key = SymmetricKey::generate(suite, "")?;
        let encrypted = recipient.encrypt(key.expose())?;
        let description = Self::describe(&key, &encrypted, recipient.id());
        Ok((key, description))
    }

    /// Opens the key with the group key it names. The returned key has the id `non_registered`; contents that name the
    /// empty id are the same key's.
    ///
    /// # Errors
    /// [`Error::WrongKey`] (`client_402`), [`Error::GeneratedKeyNotBase64`] (`client_21`), [`Error::Decryption`]
    /// (`client_14`), [`Error::KeyLength`] (`client_30`), [`Error::UnknownAlgorithm`] (`client_1`).
    pub fn open(&self, master: &SymmetricKey) -> Result<SymmetricKey, Error> {
        let encrypted = self.encrypted_for(master.id())?;
        self.read(&SecretBytes::new(master.decrypt(&encrypted, &[])?))
    }

    /// Opens the key with the private key it names.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn open_with(&self, private_key: &PrivateKey) -> Result<SymmetricKey, Error> {
        let encrypted = self.encrypted_for(private_key.id())?;
        self.read(&SecretBytes::new(private_key.decrypt(&encrypted)?))
    }

    /// The JSON text.
    ///
    /// # Errors
    /// [`Error::JsonWrite`] (`client_100`).
    pub fn to_json(&self) -> Result<String, Error> {
        serde_json::to_string(self).map_err(|_| Error::JsonWrite)
    }

    /// Reads the JSON text.
    ///
    /// # Errors
    /// [`Error::JsonRead`] (`client_101`).
    pub fn parse(json: &str) -> Result<Self, Error> {
        keyfold_protocol::json::from_slice(json.as_bytes()).map_err(|_| Error::JsonRead)
    }

    fn describe(key: &SymmetricKey, encrypted: &[u8], master_key_id: &str) -> Self {
        Self {
            alg: key.algorithm().to_owned(),
            encrypted_key_string: to_base64(encrypted),
            master_key_id: master_key_id.to_owned(),
            key_id: NON_REGISTERED.to_owned(),
            time: 0,
        }
    }

    fn encrypted_for(&self, id: &str) -> Result<Vec<u8>, Error> {
        if self.master_key_id != id {
            return Err(Error::WrongKey);
        }
        from_base64(&self.encrypted_key_string, Error::GeneratedKeyNotBase64)
    }

    fn read(&self, key: &SecretBytes) -> Result<SymmetricKey, Error> {
        SymmetricKey::from_bytes(&self.alg, key.expose(), &self.key_id)
    }
}
