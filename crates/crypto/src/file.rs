//! Encrypted files, part by part.
//!
//! ```text
//! part i  = head || 0x00 || payload
//! head    = {"key":"<base64 of sym(K[i-1], K[i])>","sign":null|{"id","alg"},"sym_key_alg":"<algorithm>"}
//! payload = sym(K[i], chunk), or signature || sym(K[i], chunk)
//! ```
//!
//! K\[0\] is the content key. Every part carries its own key, locked by the key of the part before, so parts are opened in
//! sequence and only one of them is ever in memory.

use serde::{Deserialize, Serialize};

pub use crate::content::HeadSign;
use crate::content::{signature_len, split_head, verified};
use crate::encoding::{from_base64, to_base64};
use crate::{Error, GeneratedKey, SecretText, SigningKey, SymmetricKey, Verification};

/// Bytes of plaintext in each part but the last: 4 MiB. An empty file has no parts.
pub const CHUNK_LEN: usize = 4 * 1024 * 1024;

/// In how many parts a file of `size` bytes is uploaded.
#[must_use]
pub const fn part_count(size: u64) -> u64 {
    size.div_ceil(CHUNK_LEN as u64)
}

/// How far a transfer is, from 0.0 to 1.0, for any number of parts. A transfer without parts is complete.
#[must_use]
#[expect(clippy::cast_precision_loss, reason = "a progress bar needs no more than 52 bits")]
pub fn progress(parts_done: u64, parts: u64) -> f64 {
    if parts == 0 { 1.0 } else { parts_done.min(parts) as f64 / parts as f64 }
}

/// The fields of a file registration that concern encryption.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileKey {
    /// The content key's description as JSON text, for `encrypted_key`.
    pub encrypted_key: String,
    /// Algorithm of the content key, for `encrypted_key_alg`.
    pub encrypted_key_alg: String,
    /// Id of the group key or public key that it is encrypted with.
    pub master_key_id: String,
    /// The encrypted name, if there is one.
    pub encrypted_file_name: Option<String>,
}

impl FileKey {
    /// From a content key just generated, and the name of the file.
    ///
    /// # Errors
    /// [`Error::JsonWrite`] (`client_100`), and as [`SymmetricKey::encrypt`].
    pub fn new(
        content_key: &SymmetricKey,
        description: &GeneratedKey,
        name: Option<&str>,
    ) -> Result<Self, Error> {
        Ok(Self {
            encrypted_key: description.to_json()?,
            encrypted_key_alg: description.alg.clone(),
            master_key_id: description.master_key_id.clone(),
            encrypted_file_name: name.map(|name| encrypt_name(content_key, name)).transpose()?,
        })
    }
}

/// Encrypts a file name under the content key.
///
/// # Errors
/// As [`SymmetricKey::encrypt_text`].
pub fn encrypt_name(content_key: &SymmetricKey, name: &str) -> Result<String, Error> {
    content_key.encrypt_text(name, "", None)
}

/// Decrypts a file name.
///
/// # Errors
/// As [`SymmetricKey::decrypt_text`].
pub fn decrypt_name(content_key: &SymmetricKey, name: &str) -> Result<String, Error> {
    content_key.decrypt_text(name, "", Verification::Ignore)
}

/// Which key signed a part, to find the key that checks it. `None` for a part without a signature.
///
/// # Errors
/// [`Error::JsonRead`] (`client_101`), [`Error::MalformedEnvelope`] (`client_10`).
pub fn part_signature(part: &[u8]) -> Result<Option<HeadSign>, Error> {
    let (head, _): (PartHead, _) = split_head(part)?;
    Ok(head.sign)
}

/// Encrypts the parts of one file, in their order.
pub struct FileEncryptor<'a> {
    chain: Chain<'a>,
    signer: Option<&'a SigningKey>,
}

impl<'a> FileEncryptor<'a> {
    /// Starts a file with its content key, or goes on with one behind the part that
    /// [`into_part_key`](Self::into_part_key) was asked after. With a signer, every part is signed.
    #[must_use]
    pub const fn new(content_key: &'a SymmetricKey, signer: Option<&'a SigningKey>) -> Self {
        Self { chain: Chain::Start(content_key), signer }
    }

    /// Encrypts the next part, [`CHUNK_LEN`] bytes or, as the last one, fewer.
    ///
    /// # Errors
    /// As [`SymmetricKey::encrypt_content`]. After an error the file cannot be continued.
    pub fn encrypt_part(&mut self, chunk: &[u8]) -> Result<Vec<u8>, Error> {
        let (key, head) = self.next_head()?;
        let (front, back) = key.room();
        let start = head.len() + 1;
        let mut part = vec![0; start + signature_len(self.signer) + front + chunk.len() + back];
        let payload = put_head(&head, &mut part)?;
        SymmetricKey::encrypt_payload(payload, self.signer, |blob| key.encrypt_to(chunk, &[], blob))?;
        self.chain = Chain::Part(key);
        Ok(part)
    }

    /// As [`encrypt_part`](Self::encrypt_part), without memory of its own: `make_room` is told how many bytes the part needs in front of
    /// the chunk and behind it, and returns them with the chunk between them. The part is there afterwards.
    ///
    /// # Errors
    /// As [`encrypt_part`](Self::encrypt_part); [`Error::Encryption`] (`client_12`) also if there is no such room.
    pub fn encrypt_part_in_place<'b>(
        &mut self,
        make_room: impl FnOnce(usize, usize) -> Option<&'b mut [u8]>,
    ) -> Result<(), Error> {
        let (key, head) = self.next_head()?;
        let (front, back) = key.room();
        let front = head.len() + 1 + signature_len(self.signer) + front;
        let payload = put_head(&head, make_room(front, back).ok_or(Error::Encryption)?)?;
        SymmetricKey::encrypt_payload(payload, self.signer, |blob| key.encrypt_in_place(blob, &[]))?;
        self.chain = Chain::Part(key);
        Ok(())
    }

    /// A key for the next part, whose chunk is encrypted outside of this crate: see [`SymmetricKey::aes_256_gcm`].
    /// [`encrypted_part`](Self::encrypted_part) takes the result.
    ///
    /// # Errors
    /// [`Error::NoRandomness`] (`client_13`).
    pub fn next_key(&self) -> Result<SymmetricKey, Error> {
        self.chain.key().generate_alike()
    }

    /// The next part, whose chunk was encrypted outside of this crate, with a [`next_key`](Self::next_key) that is used for
    /// nothing else.
    ///
    /// # Errors
    /// As [`encrypt_part`](Self::encrypt_part).
    pub fn encrypted_part(&mut self, key: SymmetricKey, blob: &[u8]) -> Result<Vec<u8>, Error> {
        let mut part = self.head(&key)?.into_bytes();
        part.reserve_exact(1 + signature_len(self.signer) + blob.len());
        part.push(0);
        match self.signer {
            Some(signer) => part.extend_from_slice(&signer.sign_attached(blob)?),
            None => part.extend_from_slice(blob),
        }
        self.chain = Chain::Part(key);
        Ok(part)
    }

    /// The key of the last part, to go on behind it; `None` before the first.
    #[must_use]
    pub fn into_part_key(self) -> Option<SymmetricKey> {
        self.chain.into_part_key()
    }

    fn next_head(&self) -> Result<(SymmetricKey, String), Error> {
        let key = self.next_key()?;
        let head = self.head(&key)?;
        Ok((key, head))
    }

    fn head(&self, key: &SymmetricKey) -> Result<String, Error> {
        let head = PartHead {
            key: to_base64(&self.chain.key().encrypt(key.expose(), &[])?),
            sign: crate::Head::new("", self.signer).sign,
            sym_key_alg: key.algorithm().to_owned(),
        };
        serde_json::to_string(&head).map_err(|_| Error::JsonWrite)
    }
}

/// Puts a head and the zero that ends it to the front of `part`, and returns what comes after them.
fn put_head<'p>(head: &str, part: &'p mut [u8]) -> Result<&'p mut [u8], Error> {
    let (front, rest) = part.split_at_mut_checked(head.len()).ok_or(Error::Encryption)?;
    front.copy_from_slice(head.as_bytes());
    let (zero, payload) = rest.split_first_mut().ok_or(Error::Encryption)?;
    *zero = 0;
    Ok(payload)
}

/// Decrypts the parts of one file, in their order.
pub struct FileDecryptor<'a> {
    chain: Chain<'a>,
    verification: Verification<'a>,
    parts: u64,
    bytes: u64,
}

impl<'a> FileDecryptor<'a> {
    /// Starts a file with its content key, or goes on with one behind the part that
    /// [`into_part_key`](Self::into_part_key) was asked after. A file that was uploaded signed is to be read with
    /// [`Verification::Require`].
    #[must_use]
    pub const fn new(content_key: &'a SymmetricKey, verification: Verification<'a>) -> Self {
        Self { chain: Chain::Start(content_key), verification, parts: 0, bytes: 0 }
    }

    /// Decrypts the next part.
    ///
    /// # Errors
    /// [`Error::Decryption`] (`client_14`) also for a part out of sequence; the signature errors of
    /// [`SymmetricKey::decrypt_content`]; [`Error::JsonRead`] (`client_101`), [`Error::MalformedEnvelope`]
    /// (`client_10`). After an error the same part may be tried again.
    pub fn decrypt_part(&mut self, part: &[u8]) -> Result<Vec<u8>, Error> {
        let (key, blob) = self.open_part(part)?;
        let chunk = key.decrypt(blob, &[])?;
        self.decrypted_part(key, chunk.len() as u64);
        Ok(chunk)
    }

    /// Key and blob of the next part, its signature checked, to be decrypted outside of this crate: see
    /// [`SymmetricKey::aes_256_gcm`]. [`decrypted_part`](Self::decrypted_part) says that it was.
    ///
    /// # Errors
    /// As [`decrypt_part`](Self::decrypt_part).
    pub fn open_part<'p>(&self, part: &'p [u8]) -> Result<(SymmetricKey, &'p [u8]), Error> {
        let (head, payload): (PartHead, _) = split_head(part)?;
        let key = self.chain.key().decrypt(&from_base64(&head.key, Error::EncryptedKeyNotBase64)?, &[])?;
        let key = crate::SecretBytes::new(key);
        let key = SymmetricKey::from_bytes(&head.sym_key_alg, key.expose(), "")?;
        Ok((key, verified(head.sign.as_ref(), payload, self.verification)?))
    }

    /// Goes on behind a part of `bytes` bytes that was decrypted with `key`.
    pub fn decrypted_part(&mut self, key: SymmetricKey, bytes: u64) {
        self.chain = Chain::Part(key);
        self.parts = self.parts.saturating_add(1);
        self.bytes = self.bytes.saturating_add(bytes);
    }

    /// Parts decrypted so far.
    #[must_use]
    pub const fn parts(&self) -> u64 {
        self.parts
    }

    /// Bytes decrypted so far.
    #[must_use]
    pub const fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Checks that the file is complete.
    ///
    /// The format itself does not say where a file ends, so a server can leave out its last parts. An application that
    /// keeps the size in signed or encrypted data of its own notices here.
    ///
    /// # Errors
    /// [`Error::IncompleteFile`] (`client_407`).
    pub fn finish(self, size: u64) -> Result<(), Error> {
        if self.bytes == size { Ok(()) } else { Err(Error::IncompleteFile) }
    }

    /// The key of the last part, to go on behind it; `None` before the first.
    #[must_use]
    pub fn into_part_key(self) -> Option<SymmetricKey> {
        self.chain.into_part_key()
    }

    /// The key of the last part in client-side text form, to go on with the next one elsewhere; `None` before the first.
    ///
    /// # Errors
    /// [`Error::JsonWrite`] (`client_100`).
    pub fn export_part_key(&self) -> Result<Option<SecretText>, Error> {
        match &self.chain {
            Chain::Start(_) => Ok(None),
            Chain::Part(key) => key.export_without_id().map(Some),
        }
    }
}

/// The key that locks the next part's key.
enum Chain<'a> {
    Start(&'a SymmetricKey),
    Part(SymmetricKey),
}

impl Chain<'_> {
    fn into_part_key(self) -> Option<SymmetricKey> {
        match self {
            Self::Start(_) => None,
            Self::Part(key) => Some(key),
        }
    }

    const fn key(&self) -> &SymmetricKey {
        match self {
            Self::Start(key) => key,
            Self::Part(key) => key,
        }
    }
}

#[derive(Serialize, Deserialize)]
struct PartHead {
    key: String,
    #[serde(default)]
    sign: Option<HeadSign>,
    sym_key_alg: String,
}
