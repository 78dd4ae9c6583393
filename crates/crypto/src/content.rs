//! Encrypted content.
//!
//! ```text
//! envelope = head || 0x00 || payload
//! head     = {"id":"<key id>","sign":null}
//!          | {"id":"<key id>","sign":{"id":"<sign key id>","alg":"<algorithm>"}}
//! payload  = ciphertext, or signature || ciphertext
//! ```
//!
//! First encrypted, then signed. The text variants are the base64 of the envelope, the raw variants leave the head to
//! the caller. The head is protected by neither cipher nor signature, which is why decryption compares it with the keys
//! it is given.

use serde::{Deserialize, Serialize};

use crate::device::NON_REGISTERED;
use crate::encoding::{from_base64, to_base64};
use crate::keys::strip_signature;
use crate::{Error, PrivateKey, PublicKey, SigningKey, SymmetricKey, Verification};

/// Which key opens a content, and which one checks its signature.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    /// Id of the symmetric key, or of the recipient's public key.
    pub id: String,
    /// `null` if the content is not signed.
    #[serde(default)]
    pub sign: Option<HeadSign>,
}

/// Which key signed a content.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeadSign {
    /// Id of the sign key.
    pub id: String,
    /// Its algorithm.
    pub alg: String,
}

impl Head {
    /// The head of a content under the key `id`, signed by `signer`.
    #[must_use]
    pub fn new(id: &str, signer: Option<&SigningKey>) -> Self {
        let sign = signer.map(|key| HeadSign { id: key.id().to_owned(), alg: key.algorithm().to_owned() });
        Self { id: id.to_owned(), sign }
    }

    /// Reads a head that was kept apart from its payload.
    ///
    /// # Errors
    /// [`Error::JsonRead`] (`client_101`).
    pub fn parse(json: &str) -> Result<Self, Error> {
        keyfold_protocol::json::from_slice(json.as_bytes()).map_err(|_| Error::JsonRead)
    }

    /// The JSON text.
    ///
    /// # Errors
    /// [`Error::JsonWrite`] (`client_100`).
    pub fn to_json(&self) -> Result<String, Error> {
        serde_json::to_string(self).map_err(|_| Error::JsonWrite)
    }

    /// Head and payload of a content for the key `id`, whose ciphertext was made outside of this crate: see
    /// [`SymmetricKey::aes_256_gcm`] and [`PublicKey::one_time_key`].
    ///
    /// # Errors
    /// [`Error::Signing`] (`client_41`).
    pub fn of_ciphertext(
        id: &str,
        ciphertext: Vec<u8>,
        signer: Option<&SigningKey>,
    ) -> Result<(Self, Vec<u8>), Error> {
        let payload = match signer {
            Some(signer) => signer.sign_attached(&ciphertext)?,
            None => ciphertext,
        };
        Ok((Self::new(id, signer), payload))
    }

    /// The ciphertext in a payload for the key `id`, its signature checked and taken off.
    ///
    /// # Errors
    /// As [`SymmetricKey::decrypt_content`], except for those of the cipher.
    pub fn ciphertext<'p>(
        &self,
        id: &str,
        payload: &'p [u8],
        verification: Verification<'_>,
    ) -> Result<&'p [u8], Error> {
        check_key_id(&self.id, id)?;
        verified(self.sign.as_ref(), payload, verification)
    }

    /// Head and payload in one.
    ///
    /// # Errors
    /// [`Error::JsonWrite`] (`client_100`).
    pub fn envelope(&self, payload: &[u8]) -> Result<Vec<u8>, Error> {
        let mut envelope = self.to_json()?.into_bytes();
        envelope.reserve_exact(1 + payload.len());
        envelope.push(0);
        envelope.extend_from_slice(payload);
        Ok(envelope)
    }

    /// Takes an envelope apart, without any check of the payload.
    ///
    /// # Errors
    /// [`Error::JsonRead`] (`client_101`) for a head that is none, [`Error::MalformedEnvelope`] (`client_10`) for one
    /// without an end.
    pub fn split(envelope: &[u8]) -> Result<(Self, &[u8]), Error> {
        match split_plain_head(envelope) {
            Some((id, payload)) => Ok((Self { id: id.to_owned(), sign: None }, payload)),
            None => split_head(envelope),
        }
    }

    /// The head of a text variant, to find the keys before decrypting.
    ///
    /// # Errors
    /// [`Error::MalformedEnvelope`] (`client_10`) if it is not base64, and as [`split`](Self::split).
    pub fn of_text(text: &str) -> Result<Self, Error> {
        Ok(Self::split(&from_base64(text, Error::MalformedEnvelope)?)?.0)
    }
}

const PLAIN_FRONT: &[u8] = br#"{"id":""#;
const PLAIN_BACK: &[u8] = br#"","sign":null}"#;
/// Bytes of a head without a signature, beside the id.
const PLAIN_HEAD: usize = PLAIN_FRONT.len() + PLAIN_BACK.len();
/// Bytes that a signature adds to a head, beside id and algorithm.
const SIGNED_HEAD: usize = br#"{"id":"","alg":""}"#.len() - b"null".len();

/// A [`Head`] that is written without copying its texts first.
#[derive(Serialize)]
struct HeadToWrite<'a> {
    id: &'a str,
    sign: Option<HeadSignToWrite<'a>>,
}

#[derive(Serialize)]
struct HeadSignToWrite<'a> {
    id: &'a str,
    alg: &'a str,
}

impl SymmetricKey {
    /// Encrypts to an envelope. `aad` is authenticated but not part of the result; the reader has to know it.
    ///
    /// # Errors
    /// As [`SymmetricKey::encrypt`]; [`Error::Signing`] (`client_41`).
    pub fn encrypt_content(
        &self,
        data: &[u8],
        aad: &[u8],
        signer: Option<&SigningKey>,
    ) -> Result<Vec<u8>, Error> {
        let (front, back) = self.room();
        let payload_len = signature_len(signer) + front + data.len() + back;
        let mut envelope = self.head_with_room(signer, payload_len)?;
        let start = envelope.len();
        envelope.resize(start + payload_len, 0);
        let payload = envelope.get_mut(start..).ok_or(Error::Encryption)?;
        Self::encrypt_payload(payload, signer, |ciphertext| self.encrypt_to(data, aad, ciphertext))?;
        Ok(envelope)
    }

    /// Bytes that [`encrypt_content_in_place`](Self::encrypt_content_in_place) needs in front of and behind the
    /// plaintext.
    ///
    /// # Errors
    /// [`Error::JsonWrite`] (`client_100`).
    pub fn content_room(&self, signer: Option<&SigningKey>) -> Result<(usize, usize), Error> {
        let head = self.head_with_room(signer, 0)?;
        let (front, back) = self.room();
        Ok((head.len() + signature_len(signer) + front, back))
    }

    /// Encrypts to an envelope without an allocation for the data and without a copy: `buffer` holds the plaintext with
    /// [`content_room`](Self::content_room) around it, and the envelope afterwards.
    ///
    /// # Errors
    /// As [`encrypt_content`](Self::encrypt_content); [`Error::Encryption`] (`client_12`) also if the buffer is smaller
    /// than the room.
    pub fn encrypt_content_in_place(
        &self,
        buffer: &mut [u8],
        aad: &[u8],
        signer: Option<&SigningKey>,
    ) -> Result<(), Error> {
        let payload = self.write_head(buffer, signer)?;
        Self::encrypt_payload(payload, signer, |blob| self.encrypt_in_place(blob, aad))
    }

    /// Encrypts and returns head and payload apart.
    ///
    /// # Errors
    /// As [`encrypt_content`](Self::encrypt_content).
    pub fn encrypt_raw(
        &self,
        data: &[u8],
        aad: &[u8],
        signer: Option<&SigningKey>,
    ) -> Result<(Head, Vec<u8>), Error> {
        let (front, back) = self.room();
        let mut payload = vec![0; signature_len(signer) + front + data.len() + back];
        Self::encrypt_payload(&mut payload, signer, |ciphertext| self.encrypt_to(data, aad, ciphertext))?;
        Ok((Head::new(self.id(), signer), payload))
    }

    /// Encrypts a text to the base64 of an envelope.
    ///
    /// # Errors
    /// As [`encrypt_content`](Self::encrypt_content).
    pub fn encrypt_text(&self, text: &str, aad: &str, signer: Option<&SigningKey>) -> Result<String, Error> {
        Ok(to_base64(&self.encrypt_content(text.as_bytes(), aad.as_bytes(), signer)?))
    }

    /// Decrypts an envelope.
    ///
    /// # Errors
    /// [`Error::JsonRead`] (`client_101`), [`Error::MalformedEnvelope`] (`client_10`): no envelope.
    /// [`Error::WrongKey`] (`client_402`): the head names another key. [`Error::SignatureMissing`] (`client_401`),
    /// [`Error::WrongVerifyKey`] (`client_20`), [`Error::AlgorithmMismatch`] (`client_404`),
    /// [`Error::ContentSignature`] (`client_22`), [`Error::SignedDataTooShort`] (`client_42`): the signature. Else as
    /// [`SymmetricKey::decrypt`].
    pub fn decrypt_content(
        &self,
        envelope: &[u8],
        aad: &[u8],
        verification: Verification<'_>,
    ) -> Result<Vec<u8>, Error> {
        let (head, payload) = Head::split(envelope)?;
        self.decrypt_raw(&head, payload, aad, verification)
    }

    /// Decrypts a payload whose head was kept apart.
    ///
    /// # Errors
    /// As [`decrypt_content`](Self::decrypt_content).
    pub fn decrypt_raw(
        &self,
        head: &Head,
        payload: &[u8],
        aad: &[u8],
        verification: Verification<'_>,
    ) -> Result<Vec<u8>, Error> {
        self.decrypt(head.ciphertext(self.id(), payload, verification)?, aad)
    }

    /// Decrypts the base64 of an envelope to a text.
    ///
    /// # Errors
    /// As [`decrypt_content`](Self::decrypt_content); [`Error::MalformedEnvelope`] (`client_10`) also if it is not base64,
    /// [`Error::PlaintextNotUtf8`] (`client_10`).
    pub fn decrypt_text(
        &self,
        text: &str,
        aad: &str,
        verification: Verification<'_>,
    ) -> Result<String, Error> {
        let envelope = from_base64(text, Error::MalformedEnvelope)?;
        to_text(self.decrypt_content(&envelope, aad.as_bytes(), verification)?)
    }

    /// Writes head and zero byte to the front of `envelope` and returns what comes after them.
    fn write_head<'e>(
        &self,
        envelope: &'e mut [u8],
        signer: Option<&SigningKey>,
    ) -> Result<&'e mut [u8], Error> {
        let head = self.head_with_room(signer, 0)?;
        let (front, payload) = envelope.split_at_mut_checked(head.len()).ok_or(Error::Encryption)?;
        front.copy_from_slice(&head);
        Ok(payload)
    }

    /// Head and zero byte, in memory that has room for so many bytes behind them.
    fn head_with_room(&self, signer: Option<&SigningKey>, payload_len: usize) -> Result<Vec<u8>, Error> {
        // Nearly always exact. Where a character of an id takes an escape, the memory grows by itself.
        let names = signer.map_or(0, |key| SIGNED_HEAD + key.id().len() + key.algorithm().len());
        let mut envelope = Vec::with_capacity(PLAIN_HEAD + self.id().len() + names + 1 + payload_len);
        let head = HeadToWrite {
            id: self.id(),
            sign: signer.map(|key| HeadSignToWrite { id: key.id(), alg: key.algorithm() }),
        };
        serde_json::to_writer(&mut envelope, &head).map_err(|_| Error::JsonWrite)?;
        envelope.push(0);
        Ok(envelope)
    }

    /// Lets `encrypt` fill what comes after the room for the signature, then signs it.
    pub(crate) fn encrypt_payload(
        payload: &mut [u8],
        signer: Option<&SigningKey>,
        encrypt: impl FnOnce(&mut [u8]) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let (signature, ciphertext) =
            payload.split_at_mut_checked(signature_len(signer)).ok_or(Error::Encryption)?;
        encrypt(ciphertext)?;
        if let Some(signer) = signer {
            signature.copy_from_slice(&signer.sign_raw(ciphertext)?);
        }
        Ok(())
    }
}

impl PublicKey {
    /// Encrypts to an envelope for the owner of the private half.
    ///
    /// # Errors
    /// As [`PublicKey::encrypt`]; [`Error::Signing`] (`client_41`).
    pub fn encrypt_content(&self, data: &[u8], signer: Option<&SigningKey>) -> Result<Vec<u8>, Error> {
        let (head, payload) = self.encrypt_raw(data, signer)?;
        head.envelope(&payload)
    }

    /// Encrypts and returns head and payload apart.
    ///
    /// # Errors
    /// As [`encrypt_content`](Self::encrypt_content).
    pub fn encrypt_raw(&self, data: &[u8], signer: Option<&SigningKey>) -> Result<(Head, Vec<u8>), Error> {
        Head::of_ciphertext(self.id(), self.encrypt(data)?, signer)
    }

    /// Encrypts a text to the base64 of an envelope.
    ///
    /// # Errors
    /// As [`encrypt_content`](Self::encrypt_content).
    pub fn encrypt_text(&self, text: &str, signer: Option<&SigningKey>) -> Result<String, Error> {
        Ok(to_base64(&self.encrypt_content(text.as_bytes(), signer)?))
    }
}

impl PrivateKey {
    /// Decrypts an envelope that was encrypted to the public half.
    ///
    /// # Errors
    /// As [`SymmetricKey::decrypt_content`].
    pub fn decrypt_content(&self, envelope: &[u8], verification: Verification<'_>) -> Result<Vec<u8>, Error> {
        let (head, payload) = Head::split(envelope)?;
        self.decrypt_raw(&head, payload, verification)
    }

    /// Decrypts a payload whose head was kept apart.
    ///
    /// # Errors
    /// As [`SymmetricKey::decrypt_content`].
    pub fn decrypt_raw(
        &self,
        head: &Head,
        payload: &[u8],
        verification: Verification<'_>,
    ) -> Result<Vec<u8>, Error> {
        self.decrypt(head.ciphertext(self.id(), payload, verification)?)
    }

    /// Decrypts the base64 of an envelope to a text.
    ///
    /// # Errors
    /// As [`SymmetricKey::decrypt_text`].
    pub fn decrypt_text(&self, text: &str, verification: Verification<'_>) -> Result<String, Error> {
        let envelope = from_base64(text, Error::MalformedEnvelope)?;
        to_text(self.decrypt_content(&envelope, verification)?)
    }
}

/// Key id and payload of an envelope whose head is written as nearly all are: without signature, spaces and escapes. For all
/// others, the reader of JSON decides: on small contents it would take as long as the cipher.
fn split_plain_head(envelope: &[u8]) -> Option<(&str, &[u8])> {
    let rest = envelope.strip_prefix(PLAIN_FRONT)?;
    let end = rest.iter().position(|byte| matches!(byte, b'"' | b'\\' | ..0x20))?;
    let (id, rest) = rest.split_at_checked(end)?;
    let payload = rest.strip_prefix(PLAIN_BACK)?.strip_prefix(&[0])?;
    Some((std::str::from_utf8(id).ok()?, payload))
}

/// Takes a JSON head off the front of `bytes`: everything up to the first zero byte, which JSON cannot contain.
pub(crate) fn split_head<'b, H: Deserialize<'b>>(bytes: &'b [u8]) -> Result<(H, &'b [u8]), Error> {
    let mut parts = bytes.splitn(2, |byte| *byte == 0);
    let head =
        keyfold_protocol::json::from_slice(parts.next().unwrap_or_default()).map_err(|_| Error::JsonRead)?;
    Ok((head, parts.next().ok_or(Error::MalformedEnvelope)?))
}

/// Removes the signature from a payload, after checking it as far as it is asked for.
pub(crate) fn verified<'p>(
    sign: Option<&HeadSign>,
    payload: &'p [u8],
    verification: Verification<'_>,
) -> Result<&'p [u8], Error> {
    let Some(sign) = sign else {
        return if verification.is_required() { Err(Error::SignatureMissing) } else { Ok(payload) };
    };
    let Some(key) = verification.key() else { return strip_signature(&sign.alg, payload) };
    if key.id() != sign.id {
        return Err(Error::WrongVerifyKey);
    }
    if key.algorithm() != sign.alg {
        return Err(Error::AlgorithmMismatch);
    }
    key.verify_attached(payload)
}

pub(crate) fn signature_len(signer: Option<&SigningKey>) -> usize {
    signer.map_or(0, SigningKey::signature_len)
}

/// A generated key has no id when it is made and a placeholder once it was stored, so both stand for each other.
fn check_key_id(head: &str, key: &str) -> Result<(), Error> {
    let unnamed = |id: &str| id.is_empty() || id == NON_REGISTERED;
    if head == key || (unnamed(head) && unnamed(key)) { Ok(()) } else { Err(Error::WrongKey) }
}

fn to_text(plaintext: Vec<u8>) -> Result<String, Error> {
    String::from_utf8(plaintext).map_err(|_| Error::PlaintextNotUtf8)
}
