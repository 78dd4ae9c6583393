//! Files: their registration, their parts, and symmetric keys that the server keeps.
//!
//! To a server a file is a record and an ordered list of parts. A part is an opaque blob of at most [`MAX_PART_BYTES`]; it lies with
//! the server, or with the app, which then registers it.

use serde::{Deserialize, Serialize};

use crate::encoding::{AlgorithmId, KeyText, OpaqueText};
use crate::id::{FileId, FilePartId, KeyId, StoredKeyId, UploadSessionId, UserId};

/// Largest file part in bytes, as uploaded. A larger one is refused with
/// [`FilePartTooBig`](crate::error::ErrorCode::FilePartTooBig).
pub const MAX_PART_BYTES: usize = 5_242_880;

/// Bytes of plain text that clients put into a part.
pub const PART_PLAINTEXT_BYTES: usize = 4_194_304;

/// Parts on a page. Clients take a shorter page as the end of the list.
pub const PARTS_PAGE: usize = 500;

/// How long parts can be uploaded after the registration of their file, in milliseconds.
pub const UPLOAD_SESSION_MS: u64 = 86_400_000;

/// For whom a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum BelongsToType {
    /// Everybody who has a token of the app and the id of the file.
    None,
    /// The members of a group.
    Group,
    /// One user, and the owner.
    User,
}

/// Body of `POST /file` and `POST /group/:id/file`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct FileRegisterInput {
    /// The content key, encrypted: the text of a generated key.
    pub encrypted_key: KeyText,
    /// Algorithm of the content key.
    pub encrypted_key_alg: AlgorithmId,
    /// The key under which the content key is encrypted.
    pub master_key_id: KeyId,
    /// The user for whom the file is. The group is taken from the path.
    pub belongs_to_id: Option<String>,
    /// For whom the file is.
    pub belongs_to_type: BelongsToType,
    /// Name of the file, encrypted under the content key.
    pub encrypted_file_name: Option<OpaqueText>,
}

/// Answer of `POST /file` and `POST /group/:id/file`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct FileRegisterOutput {
    /// The new file.
    pub file_id: FileId,
    /// Permission to upload its parts.
    pub session_id: UploadSessionId,
}

/// Body of `PUT /file/:id`. Null, or nothing, takes the name away.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct FileNameUpdate {
    /// Name of the file, encrypted under the content key.
    pub encrypted_file_name: Option<OpaqueText>,
}

/// A part in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct FilePart {
    /// The part, and the name of its content.
    pub part_id: FilePartId,
    /// Its place among the parts. Clients count from 1.
    pub sequence: i32,
    /// Whether its content is stored by the app itself.
    pub extern_storage: bool,
}

/// Answer of `GET /file/:id` and `GET /group/:id/file/:id`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct FileMeta {
    /// The file.
    pub file_id: FileId,
    /// The key under which the content key is encrypted.
    pub master_key_id: KeyId,
    /// Who registered it.
    pub owner: UserId,
    /// The group or the user for whom it is.
    pub belongs_to: Option<String>,
    /// For whom it is.
    pub belongs_to_type: BelongsToType,
    /// The content key, encrypted.
    pub encrypted_key: KeyText,
    /// Algorithm of the content key.
    pub encrypted_key_alg: AlgorithmId,
    /// When it was registered. Some servers do not say.
    #[serde(default)]
    pub time: u64,
    /// Name of the file, encrypted under the content key.
    pub encrypted_file_name: Option<OpaqueText>,
    /// The first [`PARTS_PAGE`] parts, in sequence. More of them: `GET /file/:id/part_fetch/:last_sequence`.
    pub part_list: Vec<FilePart>,
}

/// Answer of `PATCH /file/part/:session_id/:sequence/:end/:user_id`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct FilePartRegisterOutput {
    /// The name under which the app has to store the content.
    pub part_id: FilePartId,
}

/// How much an app has stored, and how much it may store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct FileUsage {
    /// Files that are not deleted.
    pub files: u64,
    /// Bytes of their parts that this server stores.
    pub bytes: u64,
    /// Most files; null for no limit.
    pub max_files: Option<u64>,
    /// Most bytes; null for no limit.
    pub max_bytes: Option<u64>,
}

/// A message to an app's own storage that could not be delivered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct FailedDelivery {
    /// The message.
    pub delivery_id: String,
    /// When its parts were deleted.
    pub time: u64,
    /// How often it was sent.
    pub attempts: u32,
    /// What went wrong last.
    pub error: String,
    /// The deleted parts that it names.
    pub part_ids: Vec<FilePartId>,
}

/// Body of `POST /keys/sym_key`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct StoredKeyInput {
    /// Algorithm of the key.
    pub alg: AlgorithmId,
    /// The key, encrypted.
    pub encrypted_key_string: KeyText,
    /// The key under which it is encrypted.
    pub master_key_id: KeyId,
}

/// Answer of `POST /keys/sym_key`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct StoredKeyOutput {
    /// The new key.
    pub key_id: StoredKeyId,
}

/// A symmetric key that the server keeps.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct StoredKey {
    /// The key.
    pub key_id: StoredKeyId,
    /// The key under which it is encrypted.
    pub master_key_id: KeyId,
    /// The key, encrypted.
    pub encrypted_key_string: KeyText,
    /// Algorithm of the key.
    pub alg: AlgorithmId,
    /// When it was registered.
    pub time: u64,
}
