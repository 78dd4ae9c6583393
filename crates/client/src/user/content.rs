//! Contents for users: encrypted to the newest public key of the recipient.

use keyfold_crypto::{GeneratedKey, Head, PublicKey, SigningKey, SymmetricKey, UserKeys};
use keyfold_protocol::id::{KeyId, UserId};
use std::sync::Arc;

use super::User;
use crate::content::{DecryptOptions, EncryptOptions, RawContent, from_text, to_text, utf8};
use crate::directory::UserPublicKey;
use crate::error::Error;

impl User {
    /// Encrypts to another user, or to oneself.
    ///
    /// # Errors
    /// `server_100`: no such user.
    pub async fn encrypt(&self, data: &[u8], to: &UserId) -> Result<Vec<u8>, Error> {
        self.encrypt_with(data, to, EncryptOptions::new()).await
    }

    /// Encrypts with options, see [`EncryptOptions`].
    ///
    /// # Errors
    /// `server_100`: no such user. [`Error::AadUnsupported`].
    pub async fn encrypt_with(
        &self,
        data: &[u8],
        to: &UserId,
        options: EncryptOptions<'_>,
    ) -> Result<Vec<u8>, Error> {
        let key = self.0.client.public_key(to).await?;
        self.encrypt_sync(data, &key, options)
    }

    /// Encrypts to a public key that is there already, without a request.
    ///
    /// # Errors
    /// [`Error::AadUnsupported`].
    pub fn encrypt_sync(
        &self,
        data: &[u8],
        to: &UserPublicKey,
        options: EncryptOptions<'_>,
    ) -> Result<Vec<u8>, Error> {
        self.sealed(&to.key, options, |key, signer| key.encrypt_content(data, signer))
    }

    /// Encrypts a text to base64.
    ///
    /// # Errors
    /// As [`encrypt`](Self::encrypt).
    pub async fn encrypt_string(&self, text: &str, to: &UserId) -> Result<String, Error> {
        self.encrypt_string_with(text, to, EncryptOptions::new()).await
    }

    /// Encrypts a text to base64, with options.
    ///
    /// # Errors
    /// As [`encrypt_with`](Self::encrypt_with).
    pub async fn encrypt_string_with(
        &self,
        text: &str,
        to: &UserId,
        options: EncryptOptions<'_>,
    ) -> Result<String, Error> {
        Ok(to_text(&self.encrypt_with(text.as_bytes(), to, options).await?))
    }

    /// Encrypts and keeps the head apart.
    ///
    /// # Errors
    /// As [`encrypt_with`](Self::encrypt_with).
    pub async fn encrypt_raw(
        &self,
        data: &[u8],
        to: &UserId,
        options: EncryptOptions<'_>,
    ) -> Result<RawContent, Error> {
        let key = self.0.client.public_key(to).await?;
        let (head, payload) = self.sealed(&key.key, options, |key, signer| key.encrypt_raw(data, signer))?;
        Ok(RawContent { head, payload })
    }

    /// Decrypts what was encrypted to this user. A key that is missing is fetched.
    ///
    /// # Errors
    /// `server_304`: it was encrypted to somebody else, or to a key from before an account reset. `client_14`: it was
    /// changed.
    pub async fn decrypt(&self, content: &[u8]) -> Result<Vec<u8>, Error> {
        self.decrypt_with(content, DecryptOptions::new()).await
    }

    /// Decrypts with options, see [`DecryptOptions`].
    ///
    /// # Errors
    /// As [`decrypt`](Self::decrypt). `client_401`: the demanded signature is missing. `client_22`: it is wrong.
    pub async fn decrypt_with(&self, content: &[u8], options: DecryptOptions<'_>) -> Result<Vec<u8>, Error> {
        let (head, payload) = Head::split(content)?;
        self.decrypt_raw(&head, payload, options).await
    }

    /// Decrypts a text from base64.
    ///
    /// # Errors
    /// As [`decrypt`](Self::decrypt). `client_10`: it is no such text.
    pub async fn decrypt_string(&self, text: &str) -> Result<String, Error> {
        self.decrypt_string_with(text, DecryptOptions::new()).await
    }

    /// Decrypts a text from base64, with options.
    ///
    /// # Errors
    /// As [`decrypt_with`](Self::decrypt_with). `client_10`: it is no such text.
    pub async fn decrypt_string_with(
        &self,
        text: &str,
        options: DecryptOptions<'_>,
    ) -> Result<String, Error> {
        utf8(self.decrypt_with(&from_text(text)?, options).await?)
    }

    /// Decrypts a payload whose head was kept apart.
    ///
    /// # Errors
    /// As [`decrypt_with`](Self::decrypt_with).
    pub async fn decrypt_raw(
        &self,
        head: &Head,
        payload: &[u8],
        options: DecryptOptions<'_>,
    ) -> Result<Vec<u8>, Error> {
        let keys: Arc<UserKeys> = self.keys(&KeyId::new(head.id.as_str())).await?;
        let signature = options.signature(head, &self.0.client.0.directory).await?;
        self.opened(&keys, head, payload, options, &signature)
    }

    /// Decrypts with the keys that are loaded, without a request and without looking at signatures.
    ///
    /// # Errors
    /// [`Error::KeyNotLoaded`] and as [`decrypt`](Self::decrypt).
    pub fn decrypt_sync(&self, content: &[u8]) -> Result<Vec<u8>, Error> {
        let (head, payload) = Head::split(content)?;
        let options = DecryptOptions::new();
        let signature = options.signature_without_request(&head)?;
        self.opened(&*self.loaded(&head.id)?, &head, payload, options, &signature)
    }

    /// A new key for the app's own use, and its encrypted form, which `to` can open.
    ///
    /// # Errors
    /// `server_100`: no such user.
    pub async fn generate_key(&self, to: &UserId) -> Result<(SymmetricKey, GeneratedKey), Error> {
        let key = self.0.client.public_key(to).await?.key;
        Ok(GeneratedKey::generate_to(&key, &self.0.client.0.suite)?)
    }

    /// Opens a key that somebody generated for this user.
    ///
    /// # Errors
    /// As [`decrypt`](Self::decrypt).
    pub async fn open_generated_key(&self, key: &GeneratedKey) -> Result<SymmetricKey, Error> {
        let keys = self.keys(&KeyId::new(key.master_key_id.as_str())).await?;
        Ok(key.open_with(keys.group.private_key()?)?)
    }

    fn sealed<T>(
        &self,
        key: &PublicKey,
        options: EncryptOptions<'_>,
        seal: impl FnOnce(&PublicKey, Option<&SigningKey>) -> Result<T, keyfold_crypto::Error>,
    ) -> Result<T, Error> {
        if !options.additional_data().is_empty() {
            return Err(Error::AadUnsupported);
        }
        let signer = if options.is_signed() { Some(self.newest_keys()?) } else { None };
        Ok(seal(key, signer.as_deref().map(|keys| &keys.sign_key))?)
    }

    fn opened(
        &self,
        keys: &UserKeys,
        head: &Head,
        payload: &[u8],
        options: DecryptOptions<'_>,
        signature: &crate::content::Signature,
    ) -> Result<Vec<u8>, Error> {
        if !options.additional_data().is_empty() {
            return Err(Error::AadUnsupported);
        }
        Ok(keys.group.private_key()?.decrypt_raw(head, payload, signature.verification())?)
    }
}
