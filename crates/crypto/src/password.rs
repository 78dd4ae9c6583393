//! From a password to the keys that protect an account.
//!
//! Passwords and identifiers are byte-exact: nothing is trimmed, folded or normalised. An application that wants
//! `é` typed on two systems to be the same password normalises before it calls.

use keyfold_protocol::encoding::{AuthenticationKey, ClientRandomValue, HashedAuthenticationKey, Salt};
use keyfold_protocol::encoding::{Base64Text, SecretText as WireSecret};
use subtle::ConstantTimeEq;

use crate::encoding::{secret_from_base64, secret_to_base64};
use crate::primitives::random::{Entropy, System};
use crate::primitives::{argon2id, hash};
use crate::{Error, Secret, SecretText, Suite, SymmetricKey};

pub(crate) const ARGON2ID: &str = "ARGON-2-SHA256";
/// The same derivation under the name that the rec suite gives it.
pub(crate) const REC_ARGON2ID: &str = "Rec_argon2_hmac";
/// PBKDF2 of the fips suite. A server knows it by name: salt and stored hash are made as for Argon2id.
const FIPS_PBKDF2: &str = "fips_openssl_pbkdf2_hmac";

/// Prefix and padding of the salt text: part of the format, whatever the product is called.
const SALT_PREFIX: &[u8] = b"sentc";
const SALT_PAD: u8 = b'P';
const SALT_TEXT_LEN: usize = 200;

/// How much work a password derivation is.
///
/// There are two generations under the same algorithm id, and a server cannot tell them apart: each only sees a wrong
/// authentication key when the client used the other one. A client therefore derives with [`Cost::CURRENT`], tries
/// [`Cost::LEGACY`] after a wrong password, and moves the account to the current cost by a password change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Cost {
    memory_kib: u32,
    passes: u32,
}

impl Cost {
    /// 19 456 KiB and 2 passes: new accounts.
    pub const CURRENT: Self = Self { memory_kib: 19_456, passes: 2 };

    /// 4 096 KiB and 3 passes: accounts made by clients up to version 0.15.
    pub const LEGACY: Self = Self { memory_kib: 4_096, passes: 3 };

    /// In the order in which a login tries them.
    pub const ALL: [Self; 2] = [Self::CURRENT, Self::LEGACY];
}

/// What the client derives from a password: a key that never leaves it and one that authenticates to the server.
pub struct DerivedKeys {
    encryption: Secret<32>,
    authentication: Secret<32>,
}

impl DerivedKeys {
    /// Derives both keys. Takes tens of milliseconds and, at the current cost, 19 MiB of memory.
    ///
    /// # Errors
    /// [`Error::UnknownAlgorithm`] (`client_1`), [`Error::PasswordHash`] (`client_20`).
    pub fn derive(password: &str, salt: &Salt, algorithm: &str, cost: Cost) -> Result<Self, Error> {
        let derived: Secret<64> = derive(password, salt.as_bytes(), algorithm, cost)?;
        let (encryption, authentication) = derived.expose().split_at(32);
        Ok(Self {
            encryption: Secret::from_slice(encryption)?,
            authentication: Secret::from_slice(authentication)?,
        })
    }

    /// The key to send to the server, which knows a hash of it.
    #[must_use]
    pub fn authentication_key(&self) -> AuthenticationKey {
        AuthenticationKey::new(*self.authentication.expose())
    }

    /// What the server stores: the first 16 bytes of the key's SHA-256.
    #[must_use]
    pub fn hashed_authentication_key(&self) -> HashedAuthenticationKey {
        hash_authentication_key(&self.authentication_key())
    }

    pub(crate) fn auth_key_text(&self) -> WireSecret {
        WireSecret::new(secret_to_base64(self.authentication.expose()).into_exposed())
    }

    /// The key under which the master key is kept.
    pub(crate) fn encryption_key(&self, algorithm: &str) -> Result<SymmetricKey, Error> {
        SymmetricKey::from_bytes(algorithm, self.encryption.expose(), "")
    }

    /// `{"Argon2":"<base64>"}`: kept by bindings while the user looks for a second factor.
    #[must_use]
    pub fn export_encryption_key(&self) -> SecretText {
        let key = secret_to_base64(self.encryption.expose());
        let mut text = String::with_capacity(key.expose().len() + 16);
        text.extend(["{\"Argon2\":\"", key.expose(), "\"}"]);
        SecretText::new(text)
    }

    /// Puts the two halves together again.
    pub(crate) fn restore(encryption_key: &str, auth_key: &str) -> Result<Self, Error> {
        let key = encryption_key
            .strip_prefix("{\"Argon2\":\"")
            .and_then(|rest| rest.strip_suffix("\"}"))
            .ok_or(Error::StoredLoginKey)?;
        let encryption = half_from_base64(key, Error::StoredLoginKey)?;
        let authentication = half_from_base64(auth_key, Error::InvalidAuthKey)?;
        Ok(Self { encryption, authentication })
    }
}

fn half_from_base64(text: &str, error: Error) -> Result<Secret<32>, Error> {
    Secret::from_slice(secret_from_base64(text, error)?.expose()).map_err(|_| error)
}

/// The salt of a derivation: `SHA-256(pad("sentc" || add) || random_value)`, where `pad` fills up to 200 bytes with `P`.
///
/// `add` is empty for accounts that exist. For others a server hashes something of its own in, so that the answer looks
/// the same and stays the same.
#[must_use]
pub fn salt(random_value: &ClientRandomValue, add: &str) -> Salt {
    let padding = SALT_TEXT_LEN.saturating_sub(SALT_PREFIX.len() + add.len());
    Salt::new(hash::sha256(&[SALT_PREFIX, add.as_bytes(), &vec![SALT_PAD; padding], random_value.as_bytes()]))
}

/// The first 16 bytes of the SHA-256 of an authentication key.
#[must_use]
pub fn hash_authentication_key(key: &AuthenticationKey) -> HashedAuthenticationKey {
    let [hash @ .., _, _, _, _, _, _, _, _, _, _, _, _, _, _, _, _] = hash::sha256(&[key.as_bytes()]);
    HashedAuthenticationKey::new(hash)
}

/// Whether an authentication key belongs to a stored hash, compared in constant time.
#[must_use]
pub fn authentication_key_matches(key: &AuthenticationKey, stored: &HashedAuthenticationKey) -> bool {
    hash_authentication_key(key).as_bytes().ct_eq(stored.as_bytes()).into()
}

/// A fresh password derivation: what a registration, password change or reset sends, and the keys behind it.
pub(crate) struct NewPassword {
    pub(crate) random_value: ClientRandomValue,
    pub(crate) keys: DerivedKeys,
}

impl NewPassword {
    /// New random value, cost of the suite.
    pub(crate) fn derive(password: &str, suite: &Suite) -> Result<Self, Error> {
        let mut random_value = [0; 16];
        System.fill(&mut random_value)?;
        let random_value = ClientRandomValue::new(random_value);
        let keys = DerivedKeys::derive(password, &salt(&random_value, ""), suite.password, suite.cost)?;
        Ok(Self { random_value, keys })
    }

    pub(crate) fn wrap_master_key(&self, master_key: &SymmetricKey) -> Result<Base64Text, Error> {
        self.keys.encryption_key(master_key.algorithm())?.wrap(master_key.expose())
    }
}

/// Length of the salt that stands for a value encrypted with a password.
pub const VALUE_SALT_LEN: usize = 16;

/// A key to encrypt a single value with a password, and the random salt to store beside the value.
///
/// # Errors
/// [`Error::PasswordHash`] (`client_20`), [`Error::NoRandomness`] (`client_13`).
pub fn new_value_key(password: &str, suite: &Suite) -> Result<(SymmetricKey, [u8; VALUE_SALT_LEN]), Error> {
    let mut salt = [0; VALUE_SALT_LEN];
    System.fill(&mut salt)?;
    Ok((value_key(password, &salt, suite, suite.cost)?, salt))
}

/// The key of a single value that was encrypted with a password: the derivation with the salt itself, unhashed.
///
/// # Errors
/// [`Error::PasswordHash`] (`client_20`).
pub fn value_key(
    password: &str,
    salt: &[u8; VALUE_SALT_LEN],
    suite: &Suite,
    cost: Cost,
) -> Result<SymmetricKey, Error> {
    let key: Secret<32> = derive(password, salt, suite.password, cost)?;
    SymmetricKey::from_bytes(suite.symmetric, key.expose(), "")
}

/// How the derivations compare.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Hardness {
    /// PBKDF2: cheap to attack with graphics cards.
    Iterated,
    /// Argon2id: memory is what an attacker runs out of.
    MemoryHard,
}

/// The static id of a derivation that clients do: that of one of the suites.
pub(crate) fn algorithm(id: &str) -> Result<&'static str, Error> {
    Ok(Suite::of_password_algorithm(id)?.password)
}

pub(crate) fn hardness(algorithm: &str) -> Result<Hardness, Error> {
    match algorithm {
        FIPS_PBKDF2 => Ok(Hardness::Iterated),
        _ => Suite::of_password_algorithm(algorithm).map(|_| Hardness::MemoryHard),
    }
}

/// Every suite derives with Argon2id, under an id of its own.
fn derive<const N: usize>(
    password: &str,
    salt: &[u8],
    algorithm: &str,
    cost: Cost,
) -> Result<Secret<N>, Error> {
    Suite::of_password_algorithm(algorithm)?;
    argon2id::derive(password.as_bytes(), salt, cost.memory_kib, cost.passes)
}

/// Whether a server can handle a password derivation, of which it needs the salt only.
pub(crate) fn is_known(algorithm: &str) -> bool {
    hardness(algorithm).is_ok()
}
