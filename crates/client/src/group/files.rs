//! Files of a group: all members can read them.

use keyfold_crypto::SymmetricKey;
use keyfold_protocol::encoding::SecretText;
use keyfold_protocol::file::FileMeta;
use keyfold_protocol::id::FileId;

use super::Group;
use crate::error::Error;
use crate::file::{File, NewFile, Place, Upload};

impl Group {
    /// A file for the members of the group.
    pub fn new_file(&self) -> NewFile {
        NewFile::of_group(self.clone())
    }

    /// A file of the group.
    ///
    /// # Errors
    /// `server_512`: no such file. `server_521`: it belongs to somebody else. `server_304`: the user has no key for it.
    pub async fn file(&self, file_id: &FileId) -> Result<File, Error> {
        Place::Group(self.clone()).file(file_id).await
    }

    /// A file whose description was fetched before, and whose key is known. Sends nothing.
    ///
    /// # Errors
    /// `client_14`: the key is that of another file.
    pub fn open_file(&self, meta: FileMeta, key: SymmetricKey) -> Result<File, Error> {
        Place::Group(self.clone()).open(meta, key)
    }

    /// Deletes a file of the group: one's own, or with a rank of 0 to 3 anybody's.
    ///
    /// # Errors
    /// `server_512`: no such file. `server_521`: not allowed.
    pub async fn delete_file(&self, file_id: &FileId) -> Result<(), Error> {
        Place::Group(self.clone()).delete(file_id).await
    }

    /// Goes on with an upload whose [`export`](Upload::export) was kept.
    ///
    /// # Errors
    /// [`Error::StoredDataUnreadable`] (`client_421`).
    pub fn resume_upload(&self, text: &SecretText) -> Result<Upload, Error> {
        Upload::restore(Place::Group(self.clone()), text)
    }
}
