//! The root key: what the server's own secrets are encrypted under at rest.
//!
//! A sealed value is `version (4 bytes, big endian) ‖ nonce (12) ‖ AES-256-GCM ciphertext and tag`. Its additional data name the
//! purpose and the row, so that a value copied to another row, or to another column, does not open there.

use std::fs::OpenOptions;
use std::io::{Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::sync::Arc;

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use base64ct::{Base64, Encoding};
use keyfold_protocol::error::ErrorCode;
use zeroize::Zeroizing;

use crate::error::ApiError;
use crate::random;

/// Length of the key in bytes.
pub const ROOT_KEY_BYTES: usize = 32;

const VERSION_BYTES: usize = 4;
const FILE_HEAD: &str = "keyfold-root-key";

/// What a sealed value is for. Part of what the encryption is bound to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Purpose {
    /// Proof that the key is the one the database was made with.
    Check,
    /// Secret from which salts of unknown identifiers are made.
    LookupSecret,
    /// Private key of an app's access tokens; row: its key id.
    JwtPrivateKey,
    /// TOTP secret; row: the user.
    OtpSecret,
    /// Recovery key; row: its id.
    RecoveryKey,
    /// Key that signs messages to apps.
    CallbackKey,
    /// Token for an app's own storage; row: the app.
    StorageToken,
    /// Encrypted ephemeral key of a rotation, kept for a member whose public key is unusable; row: key id, `/`, member id.
    RotationShare,
    /// What a mail carries that waits to be sent; row: its id.
    Mail,
}

/// A root key with its version. Clones share the key.
#[derive(Clone)]
pub struct RootKey {
    version: u32,
    key: Arc<LessSafeKey>,
}

/// Why a root key file was not accepted.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RootKeyError {
    /// The file could not be read or written.
    #[error("root key file {path}: {cause}")]
    File {
        /// The file.
        path: String,
        /// What the system says.
        cause: std::io::Error,
    },
    /// Others than its owner may read the file.
    #[error("root key file {path} is readable by others: set its mode to 0600")]
    Exposed {
        /// The file.
        path: String,
    },
    /// The content is not a root key.
    #[error(
        "root key file {path} does not hold a root key (\"keyfold-root-key <version> <base64 of 32 bytes>\")"
    )]
    Content {
        /// The file.
        path: String,
    },
    /// The bytes are not a key.
    #[error("a root key is {ROOT_KEY_BYTES} bytes")]
    Length,
    /// The system has no randomness.
    #[error("no randomness")]
    Randomness,
}

impl RootKey {
    /// A key of 32 random bytes with its version. Versions count up with every rotation.
    ///
    /// # Errors
    /// [`RootKeyError::Length`].
    pub fn new(version: u32, bytes: &[u8]) -> Result<Self, RootKeyError> {
        let key = UnboundKey::new(&AES_256_GCM, bytes).map_err(|_| RootKeyError::Length)?;
        Ok(Self { version, key: Arc::new(LessSafeKey::new(key)) })
    }

    /// Reads the key file, or makes one (version 1, readable by its owner alone) where there is none.
    ///
    /// # Errors
    /// When the file cannot be read, is readable by others or holds something else.
    pub fn load_or_create(path: &Path) -> Result<Self, RootKeyError> {
        match Self::load(path) {
            Err(RootKeyError::File { cause, .. }) if cause.kind() == std::io::ErrorKind::NotFound => {
                Self::create(path, 1)
            }
            loaded => loaded,
        }
    }

    /// Reads the key file.
    ///
    /// # Errors
    /// When the file cannot be read, is readable by others or holds something else.
    pub fn load(path: &Path) -> Result<Self, RootKeyError> {
        use std::os::unix::fs::PermissionsExt;
        let failed = |cause| RootKeyError::File { path: path.display().to_string(), cause };
        let mut file = std::fs::File::open(path).map_err(failed)?;
        let mode = file.metadata().map_err(failed)?.permissions().mode();
        if mode & 0o077 != 0 {
            return Err(RootKeyError::Exposed { path: path.display().to_string() });
        }
        let mut text = Zeroizing::new(String::new());
        file.read_to_string(&mut text).map_err(failed)?;
        Self::parse(&text).ok_or_else(|| RootKeyError::Content { path: path.display().to_string() })
    }

    /// Makes a new key and writes it to a file that must not exist yet, mode 0600, synced to disk.
    ///
    /// # Errors
    /// When the file exists or cannot be written.
    pub fn create(path: &Path, version: u32) -> Result<Self, RootKeyError> {
        let failed = |cause| RootKeyError::File { path: path.display().to_string(), cause };
        let bytes = random::bytes::<ROOT_KEY_BYTES>().map_err(|_| RootKeyError::Randomness)?;
        let line = Zeroizing::new(format!(
            "{FILE_HEAD} {version} {}\n",
            Zeroizing::new(Base64::encode_string(bytes.as_ref())).as_str()
        ));
        let mut file =
            OpenOptions::new().write(true).create_new(true).mode(0o600).open(path).map_err(failed)?;
        file.write_all(line.as_bytes()).map_err(failed)?;
        file.sync_all().map_err(failed)?;
        // The name of the file is in its directory: without this a power failure could lose it, and all secrets with it.
        if let Some(directory) = path.parent().filter(|directory| !directory.as_os_str().is_empty()) {
            std::fs::File::open(directory).and_then(|directory| directory.sync_all()).map_err(failed)?;
        }
        Self::new(version, bytes.as_ref())
    }

    /// The version of this key.
    #[must_use]
    pub fn version(&self) -> u32 {
        self.version
    }

    /// Encrypts a secret for one purpose and row.
    ///
    /// # Errors
    /// 400/10001.
    pub fn seal(&self, purpose: Purpose, row: &str, secret: &[u8]) -> Result<Vec<u8>, ApiError> {
        let nonce = random::bytes::<NONCE_LEN>().map_err(|_| ErrorCode::AtRest)?;
        let mut text = Zeroizing::new(secret.to_vec());
        let tag = self
            .key
            .seal_in_place_separate_tag(
                Nonce::assume_unique_for_key(*nonce),
                Aad::from(additional_data(self.version, purpose, row)),
                text.as_mut(),
            )
            .map_err(|_| ErrorCode::AtRest)?;
        Ok([&self.version.to_be_bytes(), nonce.as_slice(), text.as_slice(), tag.as_ref()].concat())
    }

    /// Decrypts what [`RootKey::seal`] made for the same purpose and row.
    ///
    /// # Errors
    /// 400/10001 when it was made under another key, for another row, or was changed.
    pub fn open(&self, purpose: Purpose, row: &str, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, ApiError> {
        self.try_open(purpose, row, sealed).ok_or_else(|| {
            ApiError::caused_by(ErrorCode::AtRest, format!("a sealed value does not open ({purpose:?})"))
        })
    }

    fn try_open(&self, purpose: Purpose, row: &str, sealed: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        let (version, rest) = sealed.split_first_chunk::<VERSION_BYTES>()?;
        let (nonce, ciphertext) = rest.split_first_chunk::<NONCE_LEN>()?;
        if u32::from_be_bytes(*version) != self.version {
            return None;
        }
        let mut text = Zeroizing::new(ciphertext.to_vec());
        let aad = Aad::from(additional_data(self.version, purpose, row));
        let length =
            self.key.open_in_place(Nonce::assume_unique_for_key(*nonce), aad, text.as_mut()).ok()?.len();
        text.truncate(length);
        Some(text)
    }

    fn parse(text: &str) -> Option<Self> {
        let mut words = text.split_ascii_whitespace();
        let (head, version, key) = (words.next()?, words.next()?, words.next()?);
        if head != FILE_HEAD || words.next().is_some() {
            return None;
        }
        let bytes = Zeroizing::new(Base64::decode_vec(key).ok()?);
        Self::new(version.parse().ok()?, &bytes).ok()
    }
}

impl std::fmt::Debug for RootKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "RootKey(version {})", self.version)
    }
}

fn additional_data(version: u32, purpose: Purpose, row: &str) -> Vec<u8> {
    let purpose = match purpose {
        Purpose::Check => "check",
        Purpose::LookupSecret => "lookup-secret",
        Purpose::JwtPrivateKey => "jwt-private-key",
        Purpose::OtpSecret => "otp-secret",
        Purpose::RecoveryKey => "recovery-key",
        Purpose::CallbackKey => "callback-key",
        Purpose::StorageToken => "storage-token",
        Purpose::RotationShare => "rotation-share",
        Purpose::Mail => "mail",
    };
    // Purposes hold no null byte, so that the parts cannot run into each other.
    let version = version.to_be_bytes();
    [version.as_slice(), b"keyfold-at-rest\0", purpose.as_bytes(), b"\0", row.as_bytes()].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(version: u32, byte: u8) -> RootKey {
        RootKey::new(version, &[byte; 32]).unwrap()
    }

    #[test]
    fn a_sealed_value_opens_only_for_its_row_purpose_and_key() {
        let sealed = key(1, 1).seal(Purpose::OtpSecret, "user-a", b"secret").unwrap();
        assert_eq!(key(1, 1).open(Purpose::OtpSecret, "user-a", &sealed).unwrap().as_slice(), b"secret");
        assert!(key(1, 1).open(Purpose::OtpSecret, "user-b", &sealed).is_err());
        assert!(key(1, 1).open(Purpose::RecoveryKey, "user-a", &sealed).is_err());
        assert!(key(1, 2).open(Purpose::OtpSecret, "user-a", &sealed).is_err());
        assert!(key(2, 1).open(Purpose::OtpSecret, "user-a", &sealed).is_err());
    }

    #[test]
    fn a_damaged_value_is_refused() {
        let sealed = key(1, 1).seal(Purpose::Check, "", b"").unwrap();
        for length in 0..sealed.len() {
            assert!(key(1, 1).open(Purpose::Check, "", &sealed[..length]).is_err(), "{length} bytes");
        }
        for position in 0..sealed.len() {
            let mut damaged = sealed.clone();
            damaged[position] ^= 1;
            assert!(key(1, 1).open(Purpose::Check, "", &damaged).is_err(), "byte {position}");
        }
    }

    #[test]
    fn the_key_file_is_made_once_for_its_owner_alone() {
        use std::os::unix::fs::PermissionsExt;
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("root.key");
        let made = RootKey::load_or_create(&path).unwrap();
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        let sealed = made.seal(Purpose::Check, "", b"x").unwrap();
        let loaded = RootKey::load_or_create(&path).unwrap();
        assert_eq!(loaded.open(Purpose::Check, "", &sealed).unwrap().as_slice(), b"x");
        assert!(RootKey::create(&path, 2).is_err(), "an existing key was overwritten");
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
        assert!(matches!(RootKey::load(&path), Err(RootKeyError::Exposed { .. })));
    }
}
