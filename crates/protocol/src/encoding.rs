//! Checked scalars: text that is known to be base64, of a known length, or within a limit.

use std::fmt;

use base64ct::{Base64, Encoding};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use subtle::ConstantTimeEq;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

/// Longest key, ciphertext or signature text in bytes.
///
/// The largest that a known algorithm makes is an encrypted hybrid sign key with 5,480 characters.
pub const MAX_KEY_TEXT_BYTES: usize = 16_384;

/// Longest algorithm id in bytes.
pub const MAX_ALGORITHM_BYTES: usize = 64;

/// Longest identifier (user name, e-mail address) of a device in bytes.
pub const MAX_IDENTIFIER_BYTES: usize = 1_024;

/// Longest token, code or challenge in bytes.
pub const MAX_SECRET_TEXT_BYTES: usize = 8_192;

/// Why a text was not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidText {
    /// Nothing where something is needed.
    #[error("must not be empty")]
    Empty,
    /// Longer than the limit.
    #[error("longer than {max} bytes")]
    TooLong {
        /// The limit in bytes.
        max: usize,
    },
    /// Not base64 with the standard alphabet and padding (RFC 4648 section 4).
    #[error("not base64 with padding")]
    NotBase64,
    /// Base64, but of another number of bytes.
    #[error("not base64 of exactly {expected} bytes")]
    WrongLength {
        /// The number of bytes it must decode to.
        expected: usize,
    },
    /// A character outside of the allowed set.
    #[error("contains a character that is not allowed")]
    Character,
}

/// Base64 with padding of what everybody sees, ciphertexts, signatures and public keys: without the constant time that secrets are given.
#[cfg(not(target_family = "wasm"))]
pub mod public_base64 {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;

    /// The text of `bytes`.
    #[must_use]
    pub fn encode(bytes: &[u8]) -> String {
        STANDARD.encode(bytes)
    }

    /// Strict: padding is required, and neither line breaks nor the URL alphabet are accepted.
    #[must_use]
    pub fn decode(text: &str) -> Option<Vec<u8>> {
        STANDARD.decode(text).ok()
    }

    /// Whether [`decode`] accepts a text, which is decoded into `space`.
    #[must_use]
    pub fn is_valid(text: &str, space: &mut [u8]) -> bool {
        STANDARD.decode_slice(text, space).is_ok()
    }
}

/// Base64 with padding of what everybody sees. What secrets need does for it as well: a second decoder would have to be downloaded.
#[cfg(target_family = "wasm")]
pub mod public_base64 {
    use base64ct::{Base64, Encoding as _};

    /// The text of `bytes`.
    #[must_use]
    pub fn encode(bytes: &[u8]) -> String {
        Base64::encode_string(bytes)
    }

    /// Strict: padding is required, and neither line breaks nor the URL alphabet are accepted.
    #[must_use]
    pub fn decode(text: &str) -> Option<Vec<u8>> {
        Base64::decode_vec(text).ok()
    }

    /// Whether [`decode`] accepts a text, which is decoded into `space`.
    #[must_use]
    pub fn is_valid(text: &str, space: &mut [u8]) -> bool {
        Base64::decode(text, space).is_ok()
    }
}

macro_rules! checked_text {
    ($($(#[$doc:meta])* $name:ident => $check:ident),* $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, Hash, Serialize)]
        #[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// Checks `text` and takes it.
            ///
            /// # Errors
            /// [`InvalidText`] with the rule that is broken.
            pub fn parse(text: impl Into<String>) -> Result<Self, InvalidText> {
                let text = text.into();
                $check(&text)?;
                Ok(Self(text))
            }

            /// Takes text that was checked before: a value on its way from a store to the wire.
            #[must_use]
            pub fn from_checked(text: impl Into<String>) -> Self {
                Self(text.into())
            }

            /// The text as it stands on the wire.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }

            /// The text, owned.
            #[must_use]
            pub fn into_string(self) -> String {
                self.0
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({:?})", stringify!($name), self.0)
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<String> for $name {
            type Error = InvalidText;

            fn try_from(text: String) -> Result<Self, InvalidText> {
                Self::parse(text)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                Self::parse(String::deserialize(deserializer)?).map_err(serde::de::Error::custom)
            }
        }
    )*};
}

checked_text! {
    /// Ciphertext or another binary value as base64 with padding, kept as text.
    ///
    /// At most [`MAX_KEY_TEXT_BYTES`] characters. May be empty: a suite without a sortable key sends an empty
    /// one.
    Base64Text => check_base64,
    /// An exported public key, verify key or signature: opaque text made by a client (PEM, JSON or base64).
    ///
    /// One to [`MAX_KEY_TEXT_BYTES`] bytes.
    KeyText => check_key_text,
    /// Ciphertext in a form that only clients know: opaque text of at most [`MAX_KEY_TEXT_BYTES`] bytes, which may be empty.
    OpaqueText => check_opaque,
    /// Name of an algorithm, such as `AES-GCM-256`: 1 to [`MAX_ALGORITHM_BYTES`] printable ASCII characters.
    AlgorithmId => check_algorithm,
    /// Name under which a device logs in: any text of 1 to [`MAX_IDENTIFIER_BYTES`] bytes, compared byte for
    /// byte (no trimming, case folding or normalisation).
    DeviceIdentifier => check_identifier,
}

impl Base64Text {
    /// Encodes `bytes`.
    #[must_use]
    pub fn encode(bytes: &[u8]) -> Self {
        Self(public_base64::encode(bytes))
    }

    /// The bytes it stands for.
    #[must_use]
    pub fn decode(&self) -> Vec<u8> {
        // Checked when the value was made, so that the fallback is unreachable.
        public_base64::decode(&self.0).unwrap_or_default()
    }
}

fn check_base64(text: &str) -> Result<(), InvalidText> {
    if text.len() > MAX_KEY_TEXT_BYTES {
        return Err(InvalidText::TooLong { max: MAX_KEY_TEXT_BYTES });
    }
    // The bytes themselves are not needed.
    let mut bytes = [0_u8; MAX_KEY_TEXT_BYTES / 4 * 3];
    if public_base64::is_valid(text, &mut bytes) { Ok(()) } else { Err(InvalidText::NotBase64) }
}

fn check_key_text(text: &str) -> Result<(), InvalidText> {
    check_size(text, MAX_KEY_TEXT_BYTES)
}

fn check_opaque(text: &str) -> Result<(), InvalidText> {
    if text.len() > MAX_KEY_TEXT_BYTES {
        return Err(InvalidText::TooLong { max: MAX_KEY_TEXT_BYTES });
    }
    // PostgreSQL text cannot hold it.
    if text.contains('\0') { Err(InvalidText::Character) } else { Ok(()) }
}

fn check_identifier(text: &str) -> Result<(), InvalidText> {
    check_size(text, MAX_IDENTIFIER_BYTES)?;
    // PostgreSQL text cannot hold it, and no keyboard makes it.
    if text.contains('\0') { Err(InvalidText::Character) } else { Ok(()) }
}

fn check_algorithm(text: &str) -> Result<(), InvalidText> {
    check_size(text, MAX_ALGORITHM_BYTES)?;
    if text.bytes().all(|byte| byte.is_ascii_graphic()) { Ok(()) } else { Err(InvalidText::Character) }
}

fn check_size(text: &str, max: usize) -> Result<(), InvalidText> {
    match text.len() {
        0 => Err(InvalidText::Empty),
        length if length > max => Err(InvalidText::TooLong { max }),
        _ => Ok(()),
    }
}

macro_rules! fixed_bytes {
    ($($(#[$doc:meta])* $name:ident[$size:literal]),* $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Zeroize, ZeroizeOnDrop)]
        #[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
        pub struct $name(#[cfg_attr(feature = "schema", schemars(with = "String"))] [u8; $size]);

        impl $name {
            /// Length in bytes.
            pub const SIZE: usize = $size;

            /// Wraps the raw bytes.
            #[must_use]
            pub fn new(bytes: [u8; $size]) -> Self {
                Self(bytes)
            }

            /// Parses base64 with padding.
            ///
            /// # Errors
            /// [`InvalidText::NotBase64`] or [`InvalidText::WrongLength`].
            pub fn parse(text: &str) -> Result<Self, InvalidText> {
                decode_fixed(text).map(Self)
            }

            /// The raw bytes.
            #[must_use]
            pub fn as_bytes(&self) -> &[u8; $size] {
                &self.0
            }

            /// Base64 with padding, as on the wire.
            #[must_use]
            pub fn to_base64(&self) -> Zeroizing<String> {
                Zeroizing::new(Base64::encode_string(&self.0))
            }
        }

        impl PartialEq for $name {
            fn eq(&self, other: &Self) -> bool {
                self.0.ct_eq(&other.0).into()
            }
        }

        impl Eq for $name {}

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}([{} bytes])", stringify!($name), $size)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&self.to_base64())
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = Zeroizing::new(String::deserialize(deserializer)?);
                Self::parse(&text).map_err(serde::de::Error::custom)
            }
        }
    )*};
}

fixed_bytes! {
    /// The client's part of the salt: 16 random bytes, new at each registration and password change.
    ClientRandomValue[16],
    /// What the server stores of an authentication key: the first 16 bytes of its SHA-256.
    HashedAuthenticationKey[16],
    /// Salt of the password derivation: 32 bytes.
    Salt[32],
    /// The half of the derived key that proves knowledge of the password: 32 bytes.
    AuthenticationKey[32],
}

fn decode_fixed<const N: usize>(text: &str) -> Result<[u8; N], InvalidText> {
    let bytes = Zeroizing::new(Base64::decode_vec(text).map_err(|_| InvalidText::NotBase64)?);
    <[u8; N]>::try_from(bytes.as_slice()).map_err(|_| InvalidText::WrongLength { expected: N })
}

/// Text that must not be seen: a token, a code, a challenge, an authentication key as sent.
///
/// At most [`MAX_SECRET_TEXT_BYTES`] bytes when it comes from the wire. Wiped when dropped, compared in constant
/// time, never printed by `Debug`.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SecretText(String);

impl SecretText {
    /// Takes the text.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text itself. Keep it out of logs, errors and URLs.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl PartialEq for SecretText {
    fn eq(&self, other: &Self) -> bool {
        self.0.as_bytes().ct_eq(other.0.as_bytes()).into()
    }
}

impl Eq for SecretText {}

impl fmt::Debug for SecretText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretText(redacted)")
    }
}

impl From<String> for SecretText {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl Serialize for SecretText {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for SecretText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Self(String::deserialize(deserializer)?);
        if text.0.len() > MAX_SECRET_TEXT_BYTES {
            return Err(serde::de::Error::custom(InvalidText::TooLong { max: MAX_SECRET_TEXT_BYTES }));
        }
        Ok(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_strict() {
        for good in ["", "AA==", "AAE=", "AAEC", "+/+/"] {
            assert!(Base64Text::parse(good).is_ok(), "{good}");
        }
        for bad in ["AA", "AA=", "-_-_", "AA==\n", " AA==", "AB==", "é"] {
            assert_eq!(Base64Text::parse(bad), Err(InvalidText::NotBase64), "{bad}");
        }
        assert_eq!(Base64Text::encode(&[0, 1, 2]).decode(), [0, 1, 2]);
    }

    #[test]
    fn a_hash_of_another_length_is_refused_while_parsing() {
        for bytes in [0_usize, 1, 15, 17, 32] {
            let json = format!("\"{}\"", Base64::encode_string(&vec![0; bytes]));
            assert!(serde_json::from_str::<HashedAuthenticationKey>(&json).is_err(), "{bytes} bytes");
        }
        let json = format!("\"{}\"", Base64::encode_string(&[7; 16]));
        let parsed: HashedAuthenticationKey = serde_json::from_str(&json).unwrap();
        assert_eq!(parsed.as_bytes(), &[7; 16]);
        assert_eq!(serde_json::to_string(&parsed).unwrap(), json);
    }

    #[test]
    fn limits_hold() {
        assert_eq!(KeyText::parse(""), Err(InvalidText::Empty));
        assert!(KeyText::parse("k".repeat(MAX_KEY_TEXT_BYTES)).is_ok());
        assert!(KeyText::parse("k".repeat(MAX_KEY_TEXT_BYTES + 1)).is_err());
        assert_eq!(AlgorithmId::parse("A B"), Err(InvalidText::Character));
        assert!(AlgorithmId::parse("ECIES-ed25519_KYBER_768").is_ok());
        assert_eq!(DeviceIdentifier::parse("a\0b"), Err(InvalidText::Character));
        assert!(DeviceIdentifier::parse("müller@example.com ").is_ok());
    }

    #[test]
    fn secrets_do_not_show_in_debug() {
        let secret = SecretText::new("hunter2");
        assert!(!format!("{secret:?}").contains("hunter2"));
        let key = AuthenticationKey::new([0x41; 32]);
        assert!(!format!("{key:?}").contains("65") && !format!("{key:?}").contains("QUFB"));
    }
}
