//! Algorithm agility at run time.
//!
//! A [`Suite`] says what *new* keys are made with. Reading needs no suite: every key, ciphertext and signature comes with
//! the id of its algorithm, and all algorithms of all suites are readable at any time.
//!
//! Each kind of key has one enum here whose variants are algorithms. Adding a suite means one module that implements the
//! traits below and one variant per enum; everything else in this crate speaks to the traits.

#[cfg(not(target_family = "wasm"))]
mod fips;
pub(crate) mod gcm;
mod hybrid;
mod rec;
mod renamed;
mod std;
#[cfg(test)]
mod throwaway;

use ::std::ops::Deref;

use crate::password::Cost;
use crate::primitives::hmac_sha256::HmacKey;
use crate::primitives::ope::OpeKey;
use crate::primitives::random::Entropy;
use crate::{Error, SecretBytes, Strength};

/// Which algorithms new keys are made with.
///
/// ```
/// use keyfold_crypto::{Suite, SymmetricKey};
///
/// let key = SymmetricKey::generate(&Suite::STD, "key id")?;
/// assert_eq!(key.algorithm(), "AES-GCM-256");
/// # Ok::<(), keyfold_crypto::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Suite {
    pub(crate) name: &'static str,
    pub(crate) symmetric: &'static str,
    pub(crate) encryption: &'static str,
    pub(crate) signing: &'static str,
    pub(crate) search: &'static str,
    pub(crate) sort: &'static str,
    pub(crate) password: &'static str,
    /// The id of the derivation does not say it.
    pub(crate) cost: Cost,
}

impl Suite {
    /// What the JavaScript, Flutter, Swift and Node clients of today speak: AES-256-GCM, X25519 with Kyber768-90s, Ed25519
    /// with Dilithium3-AES, Argon2id.
    pub const STD: Self = std::SUITE;

    /// What Rust clients speak that were built against OpenSSL and liboqs: AES-256-GCM, X25519 with ML-KEM-768, Ed25519 with
    /// the draft of ML-DSA-65, Argon2id.
    pub const REC: Self = rec::SUITE;

    const ALL: &'static [Self] = &[
        Self::STD,
        Self::REC,
        #[cfg(test)]
        throwaway::SUITE,
    ];

    /// The suite whose password derivation has this id: it also tells how the master key of an account is encrypted.
    pub(crate) fn of_password_algorithm(algorithm: &str) -> Result<&'static Self, Error> {
        Self::ALL.iter().find(|suite| suite.password == algorithm).ok_or(Error::UnknownAlgorithm)
    }

    /// Short name, for example `std`.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// Id of the symmetric algorithm.
    #[must_use]
    pub const fn symmetric_algorithm(&self) -> &'static str {
        self.symmetric
    }

    /// Id of the asymmetric encryption algorithm.
    #[must_use]
    pub const fn encryption_algorithm(&self) -> &'static str {
        self.encryption
    }

    /// Id of the signature algorithm.
    #[must_use]
    pub const fn signing_algorithm(&self) -> &'static str {
        self.signing
    }

    /// The same suite with another amount of work in new password derivations; the default is [`Cost::CURRENT`].
    ///
    /// [`Cost::LEGACY`] is for apps whose users also log in with clients up to version 0.15, which know no other.
    #[must_use]
    pub const fn with_password_cost(mut self, cost: Cost) -> Self {
        self.cost = cost;
        self
    }

    /// How much work a new password derivation is.
    #[must_use]
    pub const fn password_cost(&self) -> Cost {
        self.cost
    }

    /// Id of the password derivation.
    #[must_use]
    pub const fn password_algorithm(&self) -> &'static str {
        self.password
    }
}

impl Default for Suite {
    fn default() -> Self {
        Self::STD
    }
}

/// How the keys and signatures of an algorithm are written down.
pub(crate) struct Format {
    /// The id that stands beside every key and ciphertext.
    pub(crate) id: &'static str,
    /// Member name in the client-side export; without one the fields stand at the top level.
    pub(crate) tag: Option<&'static str>,
    /// A hybrid key is written as `x` and `k`, any other as `key`.
    pub(crate) hybrid: bool,
    pub(crate) strength: Strength,
    /// Only for signature algorithms.
    pub(crate) signature: SignatureFormat,
}

/// Length of a signature, and of its `x` part if it is written in two.
pub(crate) struct SignatureFormat {
    pub(crate) len: usize,
    pub(crate) x_len: Option<usize>,
}

impl SignatureFormat {
    pub(crate) const NONE: Self = Self { len: 0, x_len: None };
}

/// What an algorithm of any kind is: a name and a way to read a key.
pub(crate) trait Algorithm: Sized {
    const FORMAT: &'static Format;

    /// Reads raw key bytes. [`Error::KeyLength`] for a wrong length.
    fn from_bytes(bytes: &[u8]) -> Result<Self, Error>;
}

/// Algorithms of which this program makes new keys.
pub(crate) trait Generate: Algorithm {
    /// The raw public half of a key pair, nothing for other keys.
    type Public;

    fn generate(entropy: &mut dyn Entropy) -> Result<(Self, Self::Public), Error>;
}

/// A key of any kind.
pub(crate) trait Material: Send + Sync {
    fn format(&self) -> &'static Format;

    /// The raw key in the parts that exports keep apart: all of it and nothing, or `x` and `k`.
    fn parts(&self) -> [&[u8]; 2];
}

/// Symmetric authenticated encryption. A blob is `prefix || ciphertext || suffix`, with the nonce and the tag in the two.
pub(crate) trait Cipher: Material {
    /// Bytes in front of and behind the ciphertext.
    fn room(&self) -> (usize, usize);

    /// Turns a blob whose ciphertext range holds plaintext into an encrypted one.
    fn seal(&self, aad: &[u8], blob: &mut [u8], entropy: &mut dyn Entropy) -> Result<(), Error>;

    /// Encrypts `plaintext` to a blob, which is longer by the [`room`](Self::room).
    fn seal_to(
        &self,
        aad: &[u8],
        plaintext: &[u8],
        blob: &mut [u8],
        entropy: &mut dyn Entropy,
    ) -> Result<(), Error>;

    /// Decrypts where it lies and returns the plaintext range.
    fn open<'b>(&self, aad: &[u8], blob: &'b mut [u8]) -> Result<&'b mut [u8], Error>;

    /// Decrypts into a new buffer of exactly the plaintext's size.
    fn open_copy(&self, aad: &[u8], blob: &[u8]) -> Result<Vec<u8>, Error>;
}

/// Secret half of asymmetric encryption.
pub(crate) trait Decrypt: Material {
    fn decrypt(&self, blob: &[u8]) -> Result<Vec<u8>, Error>;

    /// See [`crate::PrivateKey::one_time_key`].
    fn layer<'b>(&self, _depth: usize, _blob: &'b [u8]) -> Result<Option<(SecretBytes, &'b [u8])>, Error> {
        Ok(None)
    }

    /// The raw public half, recomputed or taken from inside of the secret half; never what somebody else says it is.
    fn public(&self) -> Result<Vec<u8>, Error>;
}

/// Public half of asymmetric encryption.
pub(crate) trait Encrypt: Material {
    fn encrypt(&self, plaintext: &[u8], entropy: &mut dyn Entropy) -> Result<Vec<u8>, Error>;

    /// See [`crate::PublicKey::one_time_key`].
    fn layer(
        &self,
        _depth: usize,
        _entropy: &mut dyn Entropy,
    ) -> Result<Option<(Vec<u8>, SecretBytes)>, Error> {
        Ok(None)
    }
}

/// Secret half of signatures.
pub(crate) trait Sign: Material {
    /// The raw detached signature.
    fn sign(&self, message: &[u8], entropy: &mut dyn Entropy) -> Result<Vec<u8>, Error>;

    /// Whether these raw bytes are the public half.
    fn belongs_to(&self, public: &[u8]) -> bool;
}

/// Public half of signatures.
pub(crate) trait Verify: Material {
    fn verify(&self, message: &[u8], signature: &[u8]) -> bool;
}

/// Keyed hash for searching.
pub(crate) trait KeyedHash: Material {
    fn hmac(&self) -> &HmacKey;
}

/// Order preserving encryption.
pub(crate) trait OrderPreserving: Material {
    fn ope(&self) -> &OpeKey;
}

/// One enum per kind of key: its variants are the algorithms, in the order in which an ambiguous export is tried.
///
/// `generate` is for kinds of which new keys are made; the type in brackets is what comes out besides the key.
macro_rules! key_kind {
    (
        $(#[$doc:meta])*
        enum $Name:ident as dyn $Trait:ident {
            $($(#[$attribute:meta])* $Variant:ident($Key:ty),)+
        }
    ) => {
        $(#[$doc])*
        pub(crate) enum $Name {
            $($(#[$attribute])* $Variant($Key),)+
        }

        impl $Name {
            const FORMATS: &'static [&'static Format] =
                &[$($(#[$attribute])* <$Key as Algorithm>::FORMAT,)+];

            /// How the keys of an algorithm are written, [`Error::UnknownAlgorithm`] if none has this id.
            pub(crate) fn format_of(algorithm: &str) -> Result<&'static Format, Error> {
                Self::FORMATS
                    .iter()
                    .find(|format| format.id == algorithm)
                    .copied()
                    .ok_or(Error::UnknownAlgorithm)
            }

            /// The algorithm whose client-side export looks like this.
            pub(crate) fn format_of_export(tag: Option<&str>, hybrid: bool) -> Option<&'static Format> {
                Self::FORMATS.iter().find(|format| format.tag == tag && format.hybrid == hybrid).copied()
            }

            pub(crate) fn from_bytes(algorithm: &str, bytes: &[u8]) -> Result<Self, Error> {
                $(
                    $(#[$attribute])*
                    if algorithm == <$Key as Algorithm>::FORMAT.id {
                        return <$Key as Algorithm>::from_bytes(bytes).map(Self::$Variant);
                    }
                )+
                Err(Error::UnknownAlgorithm)
            }
        }

        impl Deref for $Name {
            type Target = dyn $Trait;

            fn deref(&self) -> &Self::Target {
                match self {
                    $($(#[$attribute])* Self::$Variant(key) => key,)+
                }
            }
        }
    };
    (
        $(#[$doc:meta])*
        enum $Name:ident as dyn $Trait:ident, generate [$Public:ty] {
            $($(#[$attribute:meta])* $Variant:ident($Key:ty),)+
        }
    ) => {
        key_kind! {
            $(#[$doc])*
            enum $Name as dyn $Trait {
                $($(#[$attribute])* $Variant($Key),)+
            }
        }

        impl $Name {
            pub(crate) fn generate(algorithm: &str, entropy: &mut dyn Entropy) -> Result<(Self, $Public), Error> {
                $(
                    $(#[$attribute])*
                    if algorithm == <$Key as Algorithm>::FORMAT.id {
                        let (key, public) = <$Key as Generate>::generate(entropy)?;
                        return Ok((Self::$Variant(key), public));
                    }
                )+
                Err(Error::UnknownAlgorithm)
            }
        }
    };
}

key_kind! {
    /// Symmetric keys.
    enum CipherKey as dyn Cipher, generate [()] {
        StdAesGcm(std::AesGcm),
        RecAesGcm(rec::AesGcm),
        #[cfg(test)]
        Throwaway(throwaway::Aead),
    }
}

key_kind! {
    /// Secret halves of encryption key pairs.
    enum DecryptKey as dyn Decrypt, generate [Vec<u8>] {
        StdEcies(std::EciesSecret),
        StdKyber(std::KyberSecret),
        StdEciesKyber(hybrid::DecryptionKey<std::EciesKyber>),
        RecEcies(rec::EciesSecret),
        RecMlKem(rec::MlKemSecret),
        RecEciesMlKem(hybrid::DecryptionKey<rec::EciesMlKem>),
        #[cfg(test)]
        Throwaway(hybrid::DecryptionKey<throwaway::Throwaway>),
    }
}

key_kind! {
    /// Public halves of encryption key pairs.
    enum EncryptKey as dyn Encrypt {
        StdEcies(std::EciesPublic),
        StdKyber(std::KyberPublic),
        StdEciesKyber(hybrid::EncryptionKey<std::EciesKyber>),
        RecEcies(rec::EciesPublic),
        RecMlKem(rec::MlKemPublic),
        RecEciesMlKem(hybrid::EncryptionKey<rec::EciesMlKem>),
        #[cfg(not(target_family = "wasm"))]
        FipsRsa(fips::RsaPublic),
        #[cfg(test)]
        Throwaway(hybrid::EncryptionKey<throwaway::Throwaway>),
    }
}

key_kind! {
    /// Secret halves of signature key pairs.
    enum SignKey as dyn Sign, generate [Vec<u8>] {
        StdEd25519(std::Ed25519Sign),
        StdDilithium(std::DilithiumSign),
        StdEd25519Dilithium(hybrid::SigningKey<std::Ed25519Dilithium>),
        RecEd25519(rec::Ed25519Sign),
        RecMlDsa(rec::MlDsaSign),
        RecEd25519MlDsa(hybrid::SigningKey<rec::Ed25519MlDsa>),
        #[cfg(test)]
        Throwaway(throwaway::Sign),
    }
}

key_kind! {
    /// Public halves of signature key pairs.
    enum VerifyKey as dyn Verify {
        StdEd25519(std::Ed25519Verify),
        StdDilithium(std::DilithiumVerify),
        StdEd25519Dilithium(hybrid::VerifyingKey<std::Ed25519Dilithium>),
        RecEd25519(rec::Ed25519Verify),
        RecMlDsa(rec::MlDsaVerify),
        RecEd25519MlDsa(hybrid::VerifyingKey<rec::Ed25519MlDsa>),
        #[cfg(test)]
        Throwaway(throwaway::Verify),
    }
}

key_kind! {
    /// Keys for searchable hashes.
    enum HashKey as dyn KeyedHash, generate [()] {
        StdHmacSha256(std::HmacSha256),
        RecHmacSha256(rec::HmacSha256),
        #[cfg(test)]
        Throwaway(throwaway::Search),
    }
}

key_kind! {
    /// Keys for sortable numbers.
    enum OrderKey as dyn OrderPreserving, generate [()] {
        StdOpe16(std::Ope16),
        RecOpe16(rec::Ope16),
        #[cfg(test)]
        Throwaway(throwaway::Sort),
    }
}
