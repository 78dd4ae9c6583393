//! What a server may know: public keys, salts, hashes. Nothing here needs or touches a secret of a user.
//!
//! A server reads the algorithms of every suite, whatever its apps' clients write:
//!
//! ```
//! use keyfold_crypto::server;
//! # let (_, public) = keyfold_crypto::PrivateKey::generate(&keyfold_crypto::Suite::STD, "device id")?;
//! # let (algorithm, text) = (public.algorithm(), public.to_server_form());
//! // `algorithm` and `text` come out of the store, where a registration put them.
//! let challenge = server::encrypt_to(algorithm, &text, b"sixty-seven characters of URL-safe base64")?;
//! # Ok::<(), keyfold_crypto::Error>(())
//! ```

use keyfold_protocol::encoding::{
    AuthenticationKey, Base64Text, ClientRandomValue, HashedAuthenticationKey, Salt,
};
use keyfold_protocol::group::GroupCreate;
use keyfold_protocol::user::DeviceRegister;

use crate::encoding::{from_base64, secret_to_base64_url};
use crate::primitives::random::{Entropy, System};
use crate::suite::{CipherKey, EncryptKey, HashKey, OrderKey, SignKey, VerifyKey};
use crate::{Error, PublicKey, password};

/// Random bytes in a login challenge.
pub const CHALLENGE_BYTES: usize = 50;

/// Characters of a login challenge: URL-safe base64 without padding of [`CHALLENGE_BYTES`].
pub const CHALLENGE_LEN: usize = 67;

/// Encrypts `plaintext` to a public key, and returns the raw encrypted bytes.
///
/// For many values to one key, [`PublicKey::parse`] once and [`PublicKey::encrypt`] often.
///
/// # Errors
/// [`Error::UnknownAlgorithm`] (`client_1`) or another error of [`PublicKey::parse`] if the stored key is unusable;
/// [`Error::Encryption`] (`client_12`), [`Error::NoRandomness`] (`client_13`).
pub fn encrypt_to(algorithm: &str, public_key: &str, plaintext: &[u8]) -> Result<Vec<u8>, Error> {
    PublicKey::parse("", algorithm, public_key)?.encrypt(plaintext)
}

/// A new login challenge: the text to store, and its encryption to the device.
///
/// # Errors
/// As [`encrypt_to`].
pub fn login_challenge(algorithm: &str, public_key: &str) -> Result<(String, Base64Text), Error> {
    let mut bytes = [0; CHALLENGE_BYTES];
    System.fill(&mut bytes)?;
    let text = secret_to_base64_url(&bytes).into_exposed();
    let encrypted = encrypt_to(algorithm, public_key, text.as_bytes())?;
    Ok((text, Base64Text::encode(&encrypted)))
}

/// The server's part of a key rotation: the still encrypted ephemeral key, encrypted once more to a member.
///
/// # Errors
/// [`Error::EphemeralKeyNotBase64`] (`client_9`) and as [`encrypt_to`]; both are to be stored as this member's error
/// text, the other members are not concerned.
pub fn encrypt_ephemeral_key(
    algorithm: &str,
    public_key: &str,
    encrypted_ephemeral_key: &str,
) -> Result<Base64Text, Error> {
    let inner = from_base64(encrypted_ephemeral_key, Error::EphemeralKeyNotBase64)?;
    Ok(Base64Text::encode(&encrypt_to(algorithm, public_key, &inner)?))
}

/// The salt that a client needs for its password derivation.
///
/// `add` is empty for an account that exists. For one that does not, pass a random value that only this server can
/// compute from the identifier (keyed hash): with a public constant, anybody could tell the two cases apart.
///
/// # Errors
/// [`Error::UnknownAlgorithm`] (`client_1`).
pub fn login_salt(algorithm: &str, random_value: &ClientRandomValue, add: &str) -> Result<Salt, Error> {
    if !password::is_known(algorithm) {
        return Err(Error::UnknownAlgorithm);
    }
    Ok(password::salt(random_value, add))
}

/// Whether an authentication key, as a client sent it, belongs to the stored hash. Constant time.
///
/// # Errors
/// [`Error::InvalidAuthKey`] (`client_6`) if `auth_key` is not base64 of 32 bytes.
pub fn check_authentication_key(auth_key: &str, stored: &HashedAuthenticationKey) -> Result<bool, Error> {
    let key = AuthenticationKey::parse(auth_key).map_err(|_| Error::InvalidAuthKey)?;
    Ok(password::authentication_key_matches(&key, stored))
}

/// Refuses a device that nobody could log in to: unknown algorithms, unusable public keys, encrypted keys that are too
/// short to be any.
///
/// # Errors
/// [`Error::UnknownAlgorithm`] (`client_1`), [`Error::CiphertextTooShort`] (`client_10`) or an error of
/// [`PublicKey::parse`].
pub fn check_device(device: &DeviceRegister) -> Result<(), Error> {
    let (master_key, derived) = (&device.master_key, &device.derived);
    for algorithm in [&master_key.master_key_alg, &master_key.encrypted_master_key_alg] {
        CipherKey::format_of(algorithm.as_str())?;
    }
    if !password::is_known(derived.derived_alg.as_str()) {
        return Err(Error::UnknownAlgorithm);
    }
    PublicKey::parse("", derived.keypair_encrypt_alg.as_str(), derived.public_key.as_str())?;
    crate::VerifyingKey::parse("", derived.keypair_sign_alg.as_str(), derived.verify_key.as_str())?;
    for encrypted in
        [&master_key.encrypted_master_key, &derived.encrypted_private_key, &derived.encrypted_sign_key]
    {
        check_encrypted_key(encrypted)?;
    }
    Ok(())
}

/// Refuses a group that its creator could not read, see [`check_device`].
///
/// # Errors
/// As [`check_device`].
pub fn check_group(group: &GroupCreate) -> Result<(), Error> {
    CipherKey::format_of(group.group_key_alg.as_str())?;
    EncryptKey::format_of(group.encrypted_group_key_alg.as_str())?;
    HashKey::format_of(group.encrypted_hmac_alg.as_str())?;
    PublicKey::parse("", group.keypair_encrypt_alg.as_str(), group.public_group_key.as_str())?;
    for encrypted in
        [&group.encrypted_group_key, &group.encrypted_private_group_key, &group.encrypted_hmac_key]
    {
        check_encrypted_key(encrypted)?;
    }
    if let (Some(algorithm), Some(verify_key)) = (&group.keypair_sign_alg, &group.verify_key) {
        crate::VerifyingKey::parse("", algorithm.as_str(), verify_key.as_str())?;
    }
    Ok(())
}

/// Whether any suite knows this id, for whatever purpose.
#[must_use]
pub fn is_known_algorithm(id: &str) -> bool {
    CipherKey::format_of(id).is_ok()
        || EncryptKey::format_of(id).is_ok()
        || SignKey::format_of(id).is_ok()
        || VerifyKey::format_of(id).is_ok()
        || HashKey::format_of(id).is_ok()
        || OrderKey::format_of(id).is_ok()
        || password::is_known(id)
}

/// Nonce and tag alone are 28 bytes, and the smallest key has 16.
fn check_encrypted_key(text: &Base64Text) -> Result<(), Error> {
    let length = from_base64(text.as_str(), Error::EncryptedKeyNotBase64)?.len();
    if length < 12 + 16 + 16 { Err(Error::CiphertextTooShort) } else { Ok(()) }
}
