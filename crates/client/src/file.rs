//! Encrypted files of users and groups.
//!
//! A file is encrypted and decrypted in parts of 4 MiB, of which four at most are in memory, however large the file is: while
//! one is on its way, the next one is made, or the one before decrypted. The server sees the parts, their number and an
//! encrypted name.
//!
//! ```no_run
//! # async fn example(group: keyfold::Group, user: keyfold::User, friend: keyfold::UserId) -> Result<(), keyfold::Error> {
//! // For a group, from a path; the name goes along, encrypted.
//! let id = group.new_file().upload_path("report.pdf").await?;
//! // For another user, from memory.
//! user.new_file_for(&friend).name("note.txt").signed().upload_bytes(b"hello").await?;
//!
//! let file = group.file(&id).await?;
//! assert_eq!(file.name().as_deref(), Some("report.pdf"));
//! let path = file.download().to_folder("downloads").await?;
//! # Ok(())
//! # }
//! ```
//!
//! # Interruptions
//!
//! A part that does not get through is tried again by itself, see
//! [`file_part_retries`](crate::ClientBuilder::file_part_retries). Before an upload is repeated whose answer was lost, the
//! server is asked whether the part has arrived, so that no part is there twice. Access tokens are renewed in the middle of a
//! transfer.
//!
//! What ends with an error all the same can go on later, where it stopped, as long as the [`Upload`] or [`Download`] is
//! there, or the text that its `export` returns:
//!
//! ```no_run
//! # async fn example(group: keyfold::Group) -> Result<(), keyfold::Error> {
//! let mut upload = group.new_file().name("film.mkv").begin().await?;
//! while let Err(error) = upload.send_path("film.mkv").await {
//!     if !error.is_network() {
//!         return Err(error);
//!     }
//!     // … wait for the network …
//! }
//! let id = upload.file_id();
//! # Ok(())
//! # }
//! ```
//!
//! A transfer is cancelled by dropping its future, or with a [`CancelToken`](crate::CancelToken).
//!
//! # What is not protected
//!
//! Nothing in the format says where a file ends: a server can leave out the last parts. An app that keeps the size in data of
//! its own has it checked with [`Download::expect_size`].

mod bulk;
mod download;
mod memory;
mod new_file;
mod part;
mod progress;
mod retry;
mod sink;
mod source;
#[cfg(not(target_family = "wasm"))]
mod target;
mod upload;

pub use download::Download;
pub use keyfold_protocol::file::BelongsToType;
pub use new_file::{NewFile, PreparedFile};
pub use progress::Progress;
pub(crate) use retry::Retry;
pub use upload::Upload;

use std::fmt;
use std::sync::{Arc, Mutex};

use keyfold_crypto::{GeneratedKey, SymmetricKey, file as format};
use keyfold_protocol::encoding::OpaqueText;
use keyfold_protocol::file::{FileMeta, FileNameUpdate};
use keyfold_protocol::id::{FileId, GroupId, UserId};

use crate::api::Call;
use crate::error::Error;
use crate::group::Group;
use crate::lock::lock;
use crate::user::User;

/// A file on the server, with its key opened. Cheap to clone.
#[derive(Clone)]
pub struct File(Arc<Inner>);

struct Inner {
    place: Place,
    meta: FileMeta,
    key: Arc<SymmetricKey>,
    name: Mutex<Option<String>>,
}

/// Through whom a file is reached.
#[derive(Clone)]
pub(crate) enum Place {
    User(User),
    Group(Group),
}

impl File {
    /// The file's id.
    #[must_use]
    pub fn id(&self) -> &FileId {
        &self.0.meta.file_id
    }

    /// The file's name, decrypted, if it has one. Whoever uploaded it chose it: it is no path to write to unseen.
    #[must_use]
    pub fn name(&self) -> Option<String> {
        lock(&self.0.name).clone()
    }

    /// Who uploaded it, as the server says.
    #[must_use]
    pub fn owner(&self) -> &UserId {
        &self.0.meta.owner
    }

    /// When it was registered, in milliseconds since 1970; 0 if the server does not say.
    #[must_use]
    pub fn created_time(&self) -> u64 {
        self.0.meta.time
    }

    /// For whom it is: the kind, and the id of the group or user.
    #[must_use]
    pub fn belongs_to(&self) -> (BelongsToType, Option<&str>) {
        (self.0.meta.belongs_to_type, self.0.meta.belongs_to.as_deref())
    }

    /// The file as the server describes it.
    #[must_use]
    pub fn info(&self) -> &FileMeta {
        &self.0.meta
    }

    /// The content key, which also encrypts the name.
    #[must_use]
    pub fn key(&self) -> &SymmetricKey {
        &self.0.key
    }

    /// Begins to download the file. Sends nothing yet.
    pub fn download(&self) -> Download {
        Download::new(self.clone())
    }

    /// Gives the file another name, or takes it away. Only its owner can.
    ///
    /// # Errors
    /// `server_521`: somebody else has uploaded it.
    pub async fn rename(&self, name: Option<&str>) -> Result<(), Error> {
        let encrypted = name.map(|name| format::encrypt_name(&self.0.key, name)).transpose()?;
        let body = FileNameUpdate { encrypted_file_name: encrypted.map(opaque).transpose()? };
        let call = Call::put(&["file", self.id().as_str()]).json(&body);
        self.0.place.user().0.session.act(call).await?;
        *lock(&self.0.name) = name.map(str::to_owned);
        Ok(())
    }

    /// Deletes the file. Its owner can, and members of its group with a rank of 0 to 3.
    ///
    /// # Errors
    /// `server_521`: not allowed. `server_512`: it is deleted already.
    pub async fn delete(&self) -> Result<(), Error> {
        self.0.place.delete(self.id()).await
    }
}

impl fmt::Debug for File {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "File({})", self.id())
    }
}

impl Place {
    pub(crate) fn user(&self) -> &User {
        match self {
            Self::User(user) => user,
            Self::Group(group) => group.user(),
        }
    }

    /// The group through which the user acts: whoever is a member by way of another group shows it with every request.
    pub(crate) fn acting_as(&self) -> Option<&GroupId> {
        match self {
            Self::User(_) => None,
            Self::Group(group) => group.acting_as(),
        }
    }

    /// Fetches a file and opens its key.
    pub(crate) async fn file(&self, id: &FileId) -> Result<File, Error> {
        let meta: FileMeta = match self {
            Self::User(user) => user.0.session.call(Call::get(&["file", id.as_str()])).await?,
            Self::Group(group) => {
                group.call(Call::get(&["group", group.id().as_str(), "file", id.as_str()])).await?
            }
        };
        if meta.file_id != *id {
            return Err(Error::AnswerIncomplete);
        }
        let sealed = GeneratedKey::parse(meta.encrypted_key.as_str())?;
        let key = match self {
            Self::User(user) => user.open_generated_key(&sealed).await?,
            Self::Group(group) => group.open_generated_key(&sealed).await?,
        };
        self.open(meta, key)
    }

    /// A file whose description and key are known.
    pub(crate) fn open(&self, meta: FileMeta, key: SymmetricKey) -> Result<File, Error> {
        let name = match &meta.encrypted_file_name {
            Some(name) if !name.as_str().is_empty() => Some(format::decrypt_name(&key, name.as_str())?),
            _ => None,
        };
        let name = Mutex::new(name);
        Ok(File(Arc::new(Inner { place: self.clone(), meta, key: Arc::new(key), name })))
    }

    pub(crate) async fn delete(&self, id: &FileId) -> Result<(), Error> {
        match self {
            Self::User(user) => {
                let call = Call::delete(&["file", id.as_str()]);
                user.0.session.act(call).await?;
            }
            Self::Group(group) => {
                let call = Call::delete(&["group", group.id().as_str(), "file", id.as_str()]);
                group.act(call).await?;
            }
        }
        Ok(())
    }
}

fn opaque(text: String) -> Result<OpaqueText, Error> {
    OpaqueText::parse(text).map_err(|_| Error::NameTooLong)
}
