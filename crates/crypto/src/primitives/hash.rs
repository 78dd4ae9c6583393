//! SHA-2, HMAC (RFC 2104), HKDF (RFC 5869) and SHAKE256 (FIPS 202).

use hkdf::Hkdf;
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256, Sha512};
use shake::Shake256;
use shake::digest::{ExtendableOutput, Update, XofReader};

use crate::{Error, Secret};

/// `SHA-256(part[0] || part[1] || …)`
pub(crate) fn sha256(parts: &[&[u8]]) -> [u8; 32] {
    let mut hash = Sha256::new();
    for part in parts {
        Digest::update(&mut hash, part);
    }
    hash.finalize().into()
}

/// `SHA-512(part[0] || part[1] || …)`
pub(crate) fn sha512(parts: &[&[u8]]) -> [u8; 64] {
    let mut hash = Sha512::new();
    for part in parts {
        Digest::update(&mut hash, part);
    }
    hash.finalize().into()
}

/// `HKDF-SHA256[no salt, info](ikm, 32)`
pub(crate) fn hkdf_sha256(ikm: &[u8], info: &[u8]) -> Result<Secret<32>, Error> {
    let mut okm = Secret::zeroed();
    Hkdf::<Sha256>::new(None, ikm).expand(info, okm.expose_mut()).map_err(|_| Error::Encryption)?;
    Ok(okm)
}

/// `HMAC-SHA512[key](part[0] || part[1] || …)`
pub(crate) fn hmac_sha512(key: &[u8], parts: &[&[u8]]) -> Result<Secret<64>, Error> {
    let mut mac = Hmac::<Sha512>::new_from_slice(key).map_err(|_| Error::Hmac)?;
    for part in parts {
        Mac::update(&mut mac, part);
    }
    let mut tag = mac.finalize().into_bytes();
    let secret = Secret::from_slice(&tag);
    zeroize::Zeroize::zeroize(tag.as_mut_slice());
    secret
}

/// First 32 bytes of `SHAKE256(data)`
pub(crate) fn shake256(data: &[u8]) -> [u8; 32] {
    let mut hash = Shake256::default();
    hash.update(data);
    let mut out = [0; 32];
    hash.finalize_xof().read(&mut out);
    out
}
