//! Contents for users: encrypted to the newest public key of the recipient.

use keyfold_crypto::{GeneratedKey, Head, PublicKey, SearchKey, SigningKey, SymmetricKey, UserKeys};
use keyfold_protocol::file::StoredKey;
use keyfold_protocol::id::{KeyId, StoredKeyId, UserId};
use std::sync::Arc;

use super::User;
use crate::bulk::Bulk;
use crate::content::{DecryptOptions, EncryptOptions, RawContent, from_text, to_text, utf8};
use crate::directory::UserPublicKey;
use crate::error::Error;
use crate::pages::Pages;
use crate::stored_key;

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
        self.encrypt_raw(data, to, options).await?.to_envelope()
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

    /// Encrypts a text to base64, to a public key that is there already, without a request.
    ///
    /// # Errors
    /// As [`encrypt_sync`](Self::encrypt_sync).
    pub fn encrypt_string_sync(
        &self,
        text: &str,
        to: &UserPublicKey,
        options: EncryptOptions<'_>,
    ) -> Result<String, Error> {
        Ok(to_text(&self.encrypt_sync(text.as_bytes(), to, options)?))
    }

    /// As [`encrypt_sync`](Self::encrypt_sync), to a public key that the app got by other means, with head and payload apart. The
    /// client's policy does not judge it.
    ///
    /// # Errors
    /// As [`encrypt_sync`](Self::encrypt_sync).
    pub fn encrypt_raw_to(
        &self,
        data: &[u8],
        to: &PublicKey,
        options: EncryptOptions<'_>,
    ) -> Result<RawContent, Error> {
        Ok(self.sealed(to, options, |key, signer| key.encrypt_raw(data, signer))?.into())
    }

    /// As [`encrypt_raw_to`](Self::encrypt_raw_to), to an envelope.
    ///
    /// # Errors
    /// As [`encrypt_sync`](Self::encrypt_sync).
    pub fn encrypt_to(
        &self,
        data: &[u8],
        to: &PublicKey,
        options: EncryptOptions<'_>,
    ) -> Result<Vec<u8>, Error> {
        self.sealed(to, options, |key, signer| key.encrypt_content(data, signer))
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
        let key = self.0.client.public_key(to).await?.key;
        let mut ciphertext: Option<Vec<u8>> = None;
        if let Some(cipher) = Bulk::for_bytes(self.0.client.0.bulk_cipher.as_ref(), data.len()) {
            let mut depth = 0;
            while let Some((mut layer, one_time_key)) = key.one_time_key(depth)? {
                let inner = ciphertext.as_deref().unwrap_or(data);
                layer.extend_from_slice(&cipher.seal(one_time_key.expose(), inner).await?);
                ciphertext = Some(layer);
                depth += 1;
            }
        }
        Ok(self
            .sealed(&key, options, |key, signer| match ciphertext {
                Some(ciphertext) => Head::of_ciphertext(key.id(), ciphertext, signer),
                None => key.encrypt_raw(data, signer),
            })?
            .into())
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
        let signature = options.signature(head, self).await?;
        let cipher = self.0.client.0.bulk_cipher.as_ref().filter(|_| options.additional_data().is_empty());
        if let Some(cipher) = Bulk::for_bytes(cipher, payload.len()) {
            let key = keys.group.private_key()?;
            let ciphertext = head.ciphertext(key.id(), payload, signature.verification())?;
            let mut opened: Option<Vec<u8>> = None;
            let mut depth = 0;
            while let Some((one_time_key, blob)) =
                key.one_time_key(depth, opened.as_deref().unwrap_or(ciphertext))?
            {
                opened = Some(cipher.open(one_time_key.expose(), blob).await?);
                depth += 1;
            }
            if let Some(data) = opened {
                return Ok(data);
            }
        }
        self.opened(&keys, head, payload, options, &signature)
    }

    /// Decrypts with the keys that are loaded, without a request and without looking at signatures.
    ///
    /// # Errors
    /// [`Error::KeyNotLoaded`] and as [`decrypt`](Self::decrypt).
    pub fn decrypt_sync(&self, content: &[u8]) -> Result<Vec<u8>, Error> {
        self.decrypt_sync_with(content, DecryptOptions::new())
    }

    /// As [`decrypt_sync`](Self::decrypt_sync), with conditions that need no request.
    ///
    /// # Errors
    /// As [`decrypt_sync`](Self::decrypt_sync); [`Error::KeyNotLoaded`] also where a signature by a user is asked for.
    pub fn decrypt_sync_with(&self, content: &[u8], options: DecryptOptions<'_>) -> Result<Vec<u8>, Error> {
        let (head, payload) = Head::split(content)?;
        self.decrypt_raw_sync(&head, payload, options)
    }

    /// As [`decrypt_sync_with`](Self::decrypt_sync_with), of a content whose head was kept apart.
    ///
    /// # Errors
    /// As [`decrypt_sync_with`](Self::decrypt_sync_with).
    pub fn decrypt_raw_sync(
        &self,
        head: &Head,
        payload: &[u8],
        options: DecryptOptions<'_>,
    ) -> Result<Vec<u8>, Error> {
        let signature = options.signature_without_request(head)?;
        self.opened(&*self.loaded(&head.id)?, head, payload, options, &signature)
    }

    /// Decrypts a text from base64 with the keys that are loaded, as [`decrypt_sync`](Self::decrypt_sync).
    ///
    /// # Errors
    /// As [`decrypt_sync`](Self::decrypt_sync). `client_10`: it is no such text.
    pub fn decrypt_string_sync(&self, text: &str) -> Result<String, Error> {
        self.decrypt_string_sync_with(text, DecryptOptions::new())
    }

    /// As [`decrypt_string_sync`](Self::decrypt_string_sync), with conditions that need no request.
    ///
    /// # Errors
    /// As [`decrypt_sync_with`](Self::decrypt_sync_with). `client_10`: it is no such text.
    pub fn decrypt_string_sync_with(&self, text: &str, options: DecryptOptions<'_>) -> Result<String, Error> {
        utf8(self.decrypt_sync_with(&from_text(text)?, options)?)
    }

    /// A new key for the app's own use, and its encrypted form, which `to` can open.
    ///
    /// # Errors
    /// `server_100`: no such user.
    pub async fn generate_key(&self, to: &UserId) -> Result<(SymmetricKey, GeneratedKey), Error> {
        let key = self.0.client.public_key(to).await?.key;
        Ok(GeneratedKey::generate_to(&key, &self.0.client.0.suite)?)
    }

    /// A new key for the app's own use, which the server keeps, encrypted to `to`. Its [id](SymmetricKey::id) is what
    /// [`stored_key`](Self::stored_key) takes.
    ///
    /// # Errors
    /// `server_100`: no such user. `server_203`: the app stores no keys.
    pub async fn store_key(&self, to: &UserId) -> Result<SymmetricKey, Error> {
        let (key, sealed) = self.generate_key(to).await?;
        stored_key::store(self, key, sealed).await
    }

    /// A key that somebody has stored for this user.
    ///
    /// # Errors
    /// `server_400`: there is no such key. `server_304`: it is for somebody else.
    pub async fn stored_key(&self, id: &StoredKeyId) -> Result<SymmetricKey, Error> {
        self.open_generated_key(&stored_key::fetch(self, id).await?).await
    }

    /// The keys that are stored under one generation of this user's keys, newest first.
    pub fn stored_keys(&self, generation: &KeyId) -> Pages<StoredKey> {
        stored_key::list(self, generation)
    }

    /// Makes the server forget a key that this user has stored, for itself, another user or a group.
    ///
    /// # Errors
    /// Those of the request. A key that is not there, or is somebody else's, is no error.
    pub async fn delete_stored_key(&self, id: &StoredKeyId) -> Result<(), Error> {
        stored_key::delete(self, id).await
    }

    /// The key for hashes by which texts of this user can be found.
    ///
    /// # Errors
    /// [`Error::NoGroupKeys`] for a light user.
    pub async fn search_key(&self) -> Result<SearchKey, Error> {
        let object = self.account(|account| account.hmac_keys.first().cloned()).ok_or(Error::NoGroupKeys)?;
        self.decrypt_search_key(&object).await
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
