//! Identifiers that the server hands out.
//!
//! To a client every id is opaque text. A server accepts only the ids it could have made, which
//! [`is_uuid`] decides (lower-case hyphenated UUID, version 4 or 7; RFC 9562).

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize};

use crate::encoding::InvalidText;

/// Longest id in bytes that is accepted from the wire.
pub const MAX_ID_BYTES: usize = 128;

/// Whether `text` is a lower-case hyphenated UUID of version 4 or 7.
#[must_use]
pub fn is_uuid(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.len() == 36
        && bytes.iter().enumerate().all(|(position, byte)| match position {
            8 | 13 | 18 | 23 => *byte == b'-',
            14 => matches!(byte, b'4' | b'7'),
            19 => matches!(byte, b'8' | b'9' | b'a' | b'b'),
            _ => matches!(byte, b'0'..=b'9' | b'a'..=b'f'),
        })
}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
        #[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// Wraps text that this program made or has checked itself.
            #[must_use]
            pub fn new(text: impl Into<String>) -> Self {
                Self(text.into())
            }

            /// The id as it stands on the wire.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }

            /// The id as owned text.
            #[must_use]
            pub fn into_string(self) -> String {
                self.0
            }

            /// Whether a server could have made this id; see [`is_uuid`].
            #[must_use]
            pub fn is_uuid(&self) -> bool {
                is_uuid(&self.0)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
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

        impl From<String> for $name {
            fn from(text: String) -> Self {
                Self(text)
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self(text.to_owned())
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = String::deserialize(deserializer)?;
                if text.len() > MAX_ID_BYTES {
                    return Err(serde::de::Error::custom(InvalidText::TooLong { max: MAX_ID_BYTES }));
                }
                Ok(Self(text))
            }
        }
    )*};
}

ids! {
    /// An app of a tenant.
    AppId,
    /// A user account.
    UserId,
    /// A device of a user account. Doubles as the id of the device's key pairs.
    DeviceId,
    /// A group, a user group included.
    GroupId,
    /// A member of a group: a user, a device (in a user group), a parent group or a member group.
    MemberId,
    /// One generation of keys: the symmetric key, its encryption key pair and its sign key pair share the id.
    KeyId,
    /// A searchable (HMAC) or sortable key of a group.
    GroupAuxKeyId,
    /// A key with which an app's access tokens are signed (`kid`).
    JwtKeyId,
    /// Permission to upload the remaining keys for a new member.
    KeySessionId,
    /// A file.
    FileId,
    /// A part of a file, and the name of its content wherever that is stored.
    FilePartId,
    /// Permission to upload the parts of one file.
    UploadSessionId,
    /// A symmetric key that the server keeps for its owner, encrypted.
    StoredKeyId,
}

macro_rules! member_from {
    ($($name:ident),*) => {$(
        impl From<$name> for MemberId {
            fn from(id: $name) -> Self {
                Self(id.0)
            }
        }
        impl From<&$name> for MemberId {
            fn from(id: &$name) -> Self {
                Self(id.0.clone())
            }
        }
    )*};
}

member_from!(UserId, DeviceId, GroupId);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_lower_case_uuids_of_version_4_and_7_are_server_ids() {
        for good in ["0190a6a4-3b1c-7cde-8f01-23456789abcd", "f47ac10b-58cc-4372-a567-0e02b2c3d479"] {
            assert!(is_uuid(good), "{good}");
        }
        for bad in [
            "",
            "none",
            "F47AC10B-58CC-4372-A567-0E02B2C3D479",
            "f47ac10b58cc4372a5670e02b2c3d479",
            "f47ac10b-58cc-1372-a567-0e02b2c3d479",
            "f47ac10b-58cc-4372-c567-0e02b2c3d479",
            "f47ac10b-58cc-4372-a567-0e02b2c3d47",
            "f47ac10b-58cc-4372-a567-0e02b2c3d4799",
            "f47ac10b-58cc-4372-a567-0e02b2c3d47é",
        ] {
            assert!(!is_uuid(bad), "{bad}");
        }
    }

    #[test]
    fn an_overlong_id_is_refused_while_parsing() {
        let long = format!("\"{}\"", "a".repeat(MAX_ID_BYTES + 1));
        assert!(serde_json::from_str::<UserId>(&long).is_err());
        assert!(serde_json::from_str::<UserId>("\"non_registered\"").is_ok());
    }
}
