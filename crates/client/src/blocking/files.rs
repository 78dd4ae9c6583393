//! Files, up and down, without `async`.

use std::io::{Read, Write};
use std::ops::{Deref, DerefMut};
use std::path::{Path, PathBuf};

use futures_util::io::AllowStdIo;
use futures_util::stream;
use keyfold_protocol::encoding::SecretText;
use keyfold_protocol::id::{FileId, UserId};

use super::{iterator, wait};
use crate::{CancelToken, Cause, Error, Progress, VerifyingKey};

/// Blocking form of [`crate::File`].
#[derive(Debug, Clone)]
pub struct File(crate::File);

/// Blocking form of [`crate::NewFile`].
#[must_use = "nothing is sent before an upload"]
pub struct NewFile(crate::NewFile);

/// Blocking form of [`crate::file::PreparedFile`].
pub struct PreparedFile(crate::file::PreparedFile);

/// Blocking form of [`crate::Upload`].
#[derive(Debug)]
pub struct Upload(crate::Upload);

/// Blocking form of [`crate::Download`].
#[derive(Debug)]
#[must_use = "nothing is requested before the content is asked for"]
pub struct Download(crate::Download);

/// Functions that set an option and return the same thing again.
macro_rules! setting {
    ($type:ident: $($name:ident($argument:ident: $kind:ty);)*) => {
        impl $type {
            $(
                #[doc = concat!("As [`crate::", stringify!($type), "::", stringify!($name), "`].")]
                pub fn $name(self, $argument: $kind) -> Self {
                    Self(self.0.$name($argument))
                }
            )*
        }
    };
}

/// Lends what does not wait.
macro_rules! lending {
    ($($type:ident: $inner:ty;)*) => {$(
        impl Deref for $type {
            type Target = $inner;

            fn deref(&self) -> &Self::Target {
                &self.0
            }
        }

        impl From<$inner> for $type {
            fn from(inner: $inner) -> Self {
                Self(inner)
            }
        }
    )*};
}

lending! {
    File: crate::File;
    PreparedFile: crate::file::PreparedFile;
    Upload: crate::Upload;
    Download: crate::Download;
}

setting! { NewFile:
    name(name: impl Into<String>);
    on_progress(report: impl Fn(Progress) + Send + Sync + 'static);
    cancel_with(token: &CancelToken);
}

setting! { Download:
    signed_by(user_id: &UserId);
    signed_by_if_at_all(user_id: &UserId);
    signed_with(verify_key: VerifyingKey);
    expect_size(bytes: u64);
    on_progress(report: impl Fn(Progress) + Send + Sync + 'static);
    cancel_with(token: &CancelToken);
}

impl From<crate::NewFile> for NewFile {
    fn from(file: crate::NewFile) -> Self {
        Self(file)
    }
}

impl DerefMut for Upload {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.0
    }
}

impl File {
    /// Begins to download the file. Sends nothing yet.
    pub fn download(&self) -> Download {
        Download(self.0.download())
    }

    /// Blocking form of [`crate::File::resume_download`].
    ///
    /// # Errors
    /// As there.
    pub fn resume_download(&self, text: &SecretText) -> Result<Download, Error> {
        self.0.resume_download(text).map(Download)
    }

    /// Blocking form of [`crate::File::rename`].
    ///
    /// # Errors
    /// As there.
    pub fn rename(&self, name: Option<&str>) -> Result<(), Error> {
        wait(self.0.rename(name))
    }

    /// Blocking form of [`crate::File::delete`].
    ///
    /// # Errors
    /// As there.
    pub fn delete(&self) -> Result<(), Error> {
        wait(self.0.delete())
    }
}

impl NewFile {
    /// As [`crate::NewFile::signed`].
    pub fn signed(self) -> Self {
        Self(self.0.signed())
    }

    /// Blocking form of [`crate::NewFile::upload_bytes`].
    ///
    /// # Errors
    /// As there.
    pub fn upload_bytes(self, data: &[u8]) -> Result<FileId, Error> {
        wait(self.0.upload_bytes(data))
    }

    /// Blocking form of [`crate::NewFile::upload_reader`].
    ///
    /// # Errors
    /// As there.
    pub fn upload_reader(self, reader: impl Read + Send) -> Result<FileId, Error> {
        wait(self.0.upload_reader(AllowStdIo::new(reader)))
    }

    /// Blocking form of [`crate::NewFile::upload_stream`], with an iterator in place of the stream.
    ///
    /// # Errors
    /// As there.
    pub fn upload_stream<B, E>(
        self,
        pieces: impl Iterator<Item = Result<B, E>> + Send,
    ) -> Result<FileId, Error>
    where
        B: AsRef<[u8]> + Send,
        E: Into<Cause>,
    {
        wait(self.0.upload_stream(stream::iter(pieces)))
    }

    /// Blocking form of [`crate::NewFile::upload_path`].
    ///
    /// # Errors
    /// As there.
    pub fn upload_path(self, path: impl AsRef<Path>) -> Result<FileId, Error> {
        wait(self.0.upload_path(path))
    }

    /// Blocking form of [`crate::NewFile::begin`].
    ///
    /// # Errors
    /// As there.
    pub fn begin(self) -> Result<Upload, Error> {
        wait(self.0.begin()).map(Upload)
    }

    /// Blocking form of [`crate::NewFile::prepare`].
    ///
    /// # Errors
    /// As there.
    pub fn prepare(self) -> Result<PreparedFile, Error> {
        wait(self.0.prepare()).map(PreparedFile)
    }
}

impl PreparedFile {
    /// Blocking form of [`crate::file::PreparedFile::register`].
    ///
    /// # Errors
    /// As there.
    pub fn register(self) -> Result<Upload, Error> {
        wait(self.0.register()).map(Upload)
    }

    /// As [`crate::file::PreparedFile::done`].
    ///
    /// # Errors
    /// As there.
    pub fn done(self, answer: &str) -> Result<Upload, Error> {
        self.0.done(answer).map(Upload)
    }
}

impl Upload {
    /// Blocking form of [`crate::Upload::send_bytes`].
    ///
    /// # Errors
    /// As there.
    pub fn send_bytes(&mut self, data: &[u8]) -> Result<(), Error> {
        wait(self.0.send_bytes(data))
    }

    /// Blocking form of [`crate::Upload::send_reader`].
    ///
    /// # Errors
    /// As there.
    pub fn send_reader(&mut self, reader: impl Read + Send) -> Result<(), Error> {
        wait(self.0.send_reader(AllowStdIo::new(reader)))
    }

    /// Blocking form of [`crate::Upload::send_stream`], with an iterator in place of the stream.
    ///
    /// # Errors
    /// As there.
    pub fn send_stream<B, E>(
        &mut self,
        pieces: impl Iterator<Item = Result<B, E>> + Send,
    ) -> Result<(), Error>
    where
        B: AsRef<[u8]> + Send,
        E: Into<Cause>,
    {
        wait(self.0.send_stream(stream::iter(pieces)))
    }

    /// Blocking form of [`crate::Upload::send_path`].
    ///
    /// # Errors
    /// As there.
    pub fn send_path(&mut self, path: impl AsRef<Path>) -> Result<(), Error> {
        wait(self.0.send_path(path))
    }

    /// Blocking form of [`crate::Upload::abort`].
    ///
    /// # Errors
    /// As there.
    pub fn abort(self) -> Result<(), Error> {
        wait(self.0.abort())
    }
}

impl Download {
    /// Blocking form of [`crate::Download::next_part`].
    ///
    /// # Errors
    /// As there.
    pub fn next_part(&mut self) -> Result<Option<Vec<u8>>, Error> {
        wait(self.0.next_part())
    }

    /// The rest of the file, part by part. Ends after the first error.
    pub fn parts(self) -> impl Iterator<Item = Result<Vec<u8>, Error>> {
        iterator(self.0.into_stream())
    }

    /// Blocking form of [`crate::Download::bytes`].
    ///
    /// # Errors
    /// As there.
    pub fn bytes(self) -> Result<Vec<u8>, Error> {
        wait(self.0.bytes())
    }

    /// Blocking form of [`crate::Download::to_writer`].
    ///
    /// # Errors
    /// As there.
    pub fn to_writer(&mut self, writer: impl Write + Send) -> Result<(), Error> {
        wait(self.0.to_writer(AllowStdIo::new(writer)))
    }

    /// Blocking form of [`crate::Download::to_path`].
    ///
    /// # Errors
    /// As there.
    pub fn to_path(&mut self, path: impl AsRef<Path>) -> Result<(), Error> {
        wait(self.0.to_path(path))
    }

    /// Blocking form of [`crate::Download::to_folder`].
    ///
    /// # Errors
    /// As there.
    pub fn to_folder(&mut self, folder: impl AsRef<Path>) -> Result<PathBuf, Error> {
        wait(self.0.to_folder(folder))
    }
}
