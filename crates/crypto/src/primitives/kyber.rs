//! Kyber768-90s, NIST round 3: the variant with AES and SHA-2, neither the SHAKE one nor ML-KEM.
//!
//! AES-256-CTR comes bitsliced with the crate, in constant time on every platform. The alternative it offers, the `aes`
//! crate, is constant-time as well but was half as fast here (encapsulation 0.20 ms against 0.11 ms): the many short
//! streams pay for a key schedule each.

use crate::primitives::hash;
use crate::primitives::random::{Entropy, RandCore};
use crate::{Error, Secret, SecretBytes};

pub(crate) const PUBLIC_LEN: usize = pqc_kyber_edit::KYBER_PUBLICKEYBYTES;
pub(crate) const SECRET_LEN: usize = pqc_kyber_edit::KYBER_SECRETKEYBYTES;
pub(crate) const CIPHERTEXT_LEN: usize = pqc_kyber_edit::KYBER_CIPHERTEXTBYTES;
pub(crate) const SHARED_LEN: usize = pqc_kyber_edit::KYBER_SSBYTES;

/// Where the public key lies inside of a secret key: `s(1152) || pk(1184) || H(pk)(32) || z(32)`.
const PUBLIC_IN_SECRET: core::ops::Range<usize> = 1152..1152 + PUBLIC_LEN;
const HASH_IN_SECRET: core::ops::Range<usize> = PUBLIC_IN_SECRET.end..PUBLIC_IN_SECRET.end + 32;

const _: () = assert!(PUBLIC_LEN == 1184 && SECRET_LEN == 2400 && CIPHERTEXT_LEN == 1088 && SHARED_LEN == 32);

/// Consumes 64 random bytes: `d` then `z`.
pub(crate) fn generate(entropy: &mut dyn Entropy) -> Result<SecretBytes, Error> {
    let mut pair = pqc_kyber_edit::keypair(&mut RandCore(entropy)).map_err(|_| Error::KeyGeneration)?;
    let secret = SecretBytes::concat(&pair.secret, &[]);
    zeroize::Zeroize::zeroize(&mut pair.secret);
    Ok(secret)
}

/// Whether the copy of the public key inside of a secret key belongs to the hash beside it, and the length is right.
pub(crate) fn is_consistent(secret: &[u8]) -> bool {
    let (public, hash) = (secret.get(PUBLIC_IN_SECRET), secret.get(HASH_IN_SECRET));
    secret.len() == SECRET_LEN && public.is_some_and(|public| hash == Some(&hash::sha256(&[public])))
}

/// The copy of the public key inside of a secret key.
pub(crate) fn public_of(secret: &[u8]) -> Result<&[u8], Error> {
    secret.get(PUBLIC_IN_SECRET).ok_or(Error::KeyLength)
}

/// Consumes 32 random bytes. Returns the ciphertext and the shared secret.
pub(crate) fn encapsulate(
    public: &[u8],
    entropy: &mut dyn Entropy,
) -> Result<([u8; CIPHERTEXT_LEN], Secret<SHARED_LEN>), Error> {
    let (ciphertext, mut shared) =
        pqc_kyber_edit::encapsulate(public, &mut RandCore(entropy)).map_err(|_| Error::Encryption)?;
    let secret = Secret::from_slice(&shared)?;
    zeroize::Zeroize::zeroize(&mut shared);
    Ok((ciphertext, secret))
}

/// Never fails for inputs of the right lengths: a wrong ciphertext yields an unpredictable secret (implicit
/// rejection), which then fails to open what was encrypted under it.
pub(crate) fn decapsulate(secret: &[u8], ciphertext: &[u8]) -> Result<Secret<SHARED_LEN>, Error> {
    let mut shared = pqc_kyber_edit::decapsulate(ciphertext, secret).map_err(|_| Error::Decryption)?;
    let result = Secret::from_slice(&shared);
    zeroize::Zeroize::zeroize(&mut shared);
    result
}
