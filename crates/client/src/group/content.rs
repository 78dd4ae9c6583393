//! Contents of a group.

use keyfold_crypto::{GroupKeys, Head, UserKeys};
use keyfold_protocol::id::KeyId;
use std::sync::Arc;

use super::Group;
use crate::bulk::Bulk;
use crate::content::{DecryptOptions, EncryptOptions, RawContent, Signature, from_text, to_text, utf8};
use crate::error::Error;

impl Group {
    /// Encrypts for the members of the group, with its newest key.
    ///
    /// # Errors
    /// [`Error::NoGroupKeys`]. `client_406`: the key has been used 2^32 times, rotate it.
    pub fn encrypt(&self, data: &[u8]) -> Result<Vec<u8>, Error> {
        self.encrypt_with(data, EncryptOptions::new())
    }

    /// Encrypts with options, see [`EncryptOptions`].
    ///
    /// # Errors
    /// As [`encrypt`](Self::encrypt).
    pub fn encrypt_with(&self, data: &[u8], options: EncryptOptions<'_>) -> Result<Vec<u8>, Error> {
        let (keys, signer) = self.sealing(options)?;
        let signer = signer.as_deref().map(|keys| &keys.sign_key);
        Ok(keys.key.encrypt_content(data, options.additional_data(), signer)?)
    }

    /// Encrypts a text to base64.
    ///
    /// # Errors
    /// As [`encrypt`](Self::encrypt).
    pub fn encrypt_string(&self, text: &str) -> Result<String, Error> {
        self.encrypt_string_with(text, EncryptOptions::new())
    }

    /// Encrypts a text to base64, with options.
    ///
    /// # Errors
    /// As [`encrypt`](Self::encrypt).
    pub fn encrypt_string_with(&self, text: &str, options: EncryptOptions<'_>) -> Result<String, Error> {
        Ok(to_text(&self.encrypt_with(text.as_bytes(), options)?))
    }

    /// Encrypts and keeps the head apart.
    ///
    /// # Errors
    /// As [`encrypt`](Self::encrypt).
    pub fn encrypt_raw(&self, data: &[u8], options: EncryptOptions<'_>) -> Result<RawContent, Error> {
        let (keys, signer) = self.sealing(options)?;
        let signer = signer.as_deref().map(|keys| &keys.sign_key);
        Ok(keys.key.encrypt_raw(data, options.additional_data(), signer)?.into())
    }

    /// As [`encrypt_raw`](Self::encrypt_raw), through the [cipher of the platform](crate::ClientBuilder::bulk_cipher) if there is one and
    /// the data is large.
    ///
    /// # Errors
    /// As [`encrypt`](Self::encrypt).
    pub async fn encrypt_raw_bulk(
        &self,
        data: &[u8],
        options: EncryptOptions<'_>,
    ) -> Result<RawContent, Error> {
        if let Some(cipher) = self.bulk(data.len(), options.additional_data()) {
            let (keys, signer) = self.sealing(options)?;
            if let Some(raw) = keys.key.aes_256_gcm() {
                keys.key.count_use()?;
                let blob = cipher.seal(raw, data).await?;
                let signer = signer.as_deref().map(|keys| &keys.sign_key);
                return Ok(Head::of_ciphertext(keys.key.id(), blob, signer)?.into());
            }
        }
        self.encrypt_raw(data, options)
    }

    /// Id of the newest key, one more use of which is counted: for programs that encrypt with the
    /// [exported key](Self::export_newest_key).
    ///
    /// # Errors
    /// As [`encrypt`](Self::encrypt).
    pub fn use_newest_key(&self) -> Result<KeyId, Error> {
        let keys = self.newest_keys()?;
        keys.key.count_use()?;
        Ok(KeyId::new(keys.key.id()))
    }

    /// Decrypts a content of the group. A key that is missing is fetched, and a pending rotation finished for it.
    ///
    /// # Errors
    /// `server_304`: the user has no such key. `client_14`: the content was changed.
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
        let keys = self.keys(&KeyId::new(head.id.as_str())).await?;
        let signature = options.signature(head, self.user()).await?;
        if let Some(cipher) = self.bulk(payload.len(), options.additional_data())
            && let Some(raw) = keys.key.aes_256_gcm()
        {
            return cipher
                .open(raw, head.ciphertext(keys.key.id(), payload, signature.verification())?)
                .await;
        }
        opened(&keys, head, payload, options, &signature)
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
        opened(&*self.loaded(&head.id)?, head, payload, options, &signature)
    }

    /// Decrypts a text with the keys that are loaded, as [`decrypt_sync`](Self::decrypt_sync).
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

    /// Ciphers of platforms are asked without additional data.
    fn bulk(&self, bytes: usize, aad: &[u8]) -> Option<Bulk<'_>> {
        let cipher = self.user().0.client.0.bulk_cipher.as_ref();
        Bulk::for_bytes(cipher.filter(|_| aad.is_empty()), bytes)
    }

    fn sealing(&self, options: EncryptOptions<'_>) -> Result<(Arc<GroupKeys>, Option<Arc<UserKeys>>), Error> {
        let signer = if options.is_signed() { Some(self.user().newest_keys()?) } else { None };
        Ok((self.newest_keys()?, signer))
    }
}

fn opened(
    keys: &GroupKeys,
    head: &Head,
    payload: &[u8],
    options: DecryptOptions<'_>,
    signature: &Signature,
) -> Result<Vec<u8>, Error> {
    Ok(keys.key.decrypt_raw(head, payload, options.additional_data(), signature.verification())?)
}
