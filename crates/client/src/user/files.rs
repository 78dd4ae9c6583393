//! Files of a user: own ones, and those that others have uploaded for this user.

use keyfold_crypto::SymmetricKey;
use keyfold_protocol::encoding::SecretText;
use keyfold_protocol::file::FileMeta;
use keyfold_protocol::id::{FileId, UserId};

use super::User;
use crate::error::Error;
use crate::file::{File, NewFile, Place, Upload};

impl User {
    /// A file for this user alone.
    pub fn new_file(&self) -> NewFile {
        NewFile::of_user(self.clone(), self.id().clone())
    }

    /// A file for another user, which this one can delete and rename, but not read.
    pub fn new_file_for(&self, recipient: &UserId) -> NewFile {
        NewFile::of_user(self.clone(), recipient.clone())
    }

    /// A file that is for this user.
    ///
    /// # Errors
    /// `server_512`: no such file. `server_521`: no access to it. `server_304`: its key is for somebody else.
    pub async fn file(&self, file_id: &FileId) -> Result<File, Error> {
        Place::User(self.clone()).file(file_id).await
    }

    /// A file whose description was fetched before, and whose key is known. Sends nothing.
    ///
    /// # Errors
    /// `client_14`: the key is that of another file.
    pub fn open_file(&self, meta: FileMeta, key: SymmetricKey) -> Result<File, Error> {
        Place::User(self.clone()).open(meta, key)
    }

    /// Deletes a file that this user has uploaded.
    ///
    /// # Errors
    /// `server_512`: no such file. `server_521`: somebody else has uploaded it.
    pub async fn delete_file(&self, file_id: &FileId) -> Result<(), Error> {
        Place::User(self.clone()).delete(file_id).await
    }

    /// Goes on with an upload whose [`export`](Upload::export) was kept.
    ///
    /// # Errors
    /// [`Error::StoredDataUnreadable`] (`client_421`).
    pub fn resume_upload(&self, text: &SecretText) -> Result<Upload, Error> {
        Upload::restore(Place::User(self.clone()), text)
    }
}
