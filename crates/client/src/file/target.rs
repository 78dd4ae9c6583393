//! Downloads to files of this machine.

use std::fs::{self, OpenOptions, TryLockError};
use std::io::{self, ErrorKind, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use super::Download;
use super::memory::Opened;
use super::sink::Sink;
use crate::error::Error;
use crate::platform::{BoxFuture, offload};

/// Ending of a file that is not complete yet.
const PARTIAL: &str = "part";
/// Name of a file that has none, or none that can be used.
const UNNAMED: &str = "file";
/// How many other names are tried when there is a file of the same name.
const OTHER_NAMES: u32 = 1000;
/// Longest name in bytes that is used: what common file systems take, less the id and the ending of an incomplete file.
const LONGEST_NAME: usize = 200;
/// How often an incomplete file is opened that another download completes at that moment.
const ATTEMPTS: u32 = 8;

impl Download {
    /// Writes the file to `path`, replacing what is there.
    ///
    /// It is written to `<path>.part` first and renamed when it is complete, so that a broken download never looks like a
    /// whole one. After an error the incomplete file stays, and this function goes on with it.
    ///
    /// # Errors
    /// Those of [`next_part`](Self::next_part); [`Error::LocalFile`] (`client_434`) if it cannot be written, or another download to
    /// the same path is under way.
    pub async fn to_path(&mut self, path: impl AsRef<Path>) -> Result<(), Error> {
        let path = path.as_ref().to_owned();
        let partial = with_ending(&path, PARTIAL);
        let written = self.write_partial(&partial).await?;
        on_disk(move || {
            fs::rename(partial, path)?;
            // Nobody else writes into it before it has its name.
            drop(written);
            Ok(())
        })
        .await
    }

    /// Writes the file to a folder under its own name, and returns the path.
    ///
    /// Nothing is replaced: if there is such a file, the name becomes `name(1)`, `name(2)` and so on, in front of the ending.
    /// Of a name that is a path, only the last component counts. The incomplete file is `<name>.<id of the file>.part`, so that
    /// files of the same name do not get into each other's way.
    ///
    /// # Errors
    /// As [`to_path`](Self::to_path).
    pub async fn to_folder(&mut self, folder: impl AsRef<Path>) -> Result<PathBuf, Error> {
        let name = safe_name(self.file().name().as_deref());
        let folder = folder.as_ref().to_owned();
        let partial = with_ending(
            &folder.join(&name),
            &format!("{}.{PARTIAL}", safe_name(Some(self.file().id().as_str()))),
        );
        let written = self.write_partial(&partial).await?;
        on_disk(move || {
            let _written = written;
            for number in 0..=OTHER_NAMES {
                let path = folder.join(numbered(&name, number));
                // Unlike a rename, a link does not replace what is there.
                match fs::hard_link(&partial, &path) {
                    Ok(()) => {
                        fs::remove_file(&partial)?;
                        return Ok(path);
                    }
                    Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
                    // Not every file system has links.
                    Err(_) if !path.exists() => {
                        fs::rename(&partial, &path)?;
                        return Ok(path);
                    }
                    Err(_) => {}
                }
            }
            Err(ErrorKind::AlreadyExists.into())
        })
        .await
    }

    /// Writes the rest of the file behind what is written already. Returns the file, which is locked as long as it is open.
    async fn write_partial(&mut self, partial: &Path) -> Result<fs::File, Error> {
        let (place, written) = (partial.to_owned(), self.bytes_read());
        let file = on_disk(move || {
            let mut file = locked(&place)?;
            if file.metadata()?.len() < written {
                return Err(ErrorKind::UnexpectedEof.into());
            }
            // Of a part that was not written whole, nothing counts.
            file.set_len(written)?;
            file.seek(SeekFrom::End(0))?;
            Ok(file)
        })
        .await?;
        let mut written = Written(Some(file));
        self.send_to(&mut written).await?;
        let file = written.0.ok_or(Error::WorkLost)?;
        on_disk(move || file.sync_all().map(|()| file)).await
    }
}

/// The incomplete file at `path`, for this download alone.
///
/// # Errors
/// Another download writes into it.
fn locked(path: &Path) -> io::Result<fs::File> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    for _ in 0..ATTEMPTS {
        let file = options.open(path)?;
        match file.try_lock() {
            Ok(()) => {}
            // Not every file system has locks.
            Err(TryLockError::Error(error)) if error.kind() == ErrorKind::Unsupported => {}
            Err(error) => return Err(error.into()),
        }
        // It may have become somebody's complete file between these two.
        if let Ok(there) = fs::metadata(path)
            && identity(&there) == identity(&file.metadata()?)
        {
            return Ok(file);
        }
    }
    Err(ErrorKind::ResourceBusy.into())
}

/// What tells a file from another one that takes its name.
#[cfg(unix)]
fn identity(file: &fs::Metadata) -> impl PartialEq + use<> {
    use std::os::unix::fs::MetadataExt as _;
    (file.dev(), file.ino())
}

/// What tells a file from another one that takes its name.
#[cfg(not(unix))]
fn identity(file: &fs::Metadata) -> impl PartialEq + use<> {
    file.created().ok()
}

fn with_ending(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".");
    name.push(ending);
    name.into()
}

/// A file that is written, unless a thread has it that is lost.
struct Written(Option<fs::File>);

impl Sink for Written {
    fn take(&mut self, chunk: Opened) -> BoxFuture<'_, Result<Vec<u8>, Error>> {
        Box::pin(async move {
            let mut file = self.0.take().ok_or(Error::WorkLost)?;
            let written = on_disk(move || file.write_all(&chunk).map(|()| (file, chunk.into_memory())));
            let (file, memory) = written.await?;
            self.0 = Some(file);
            Ok(memory)
        })
    }
}

/// Disk access takes as long as it takes: it runs beside the caller's executor.
async fn on_disk<T: Send + 'static>(
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> Result<T, Error> {
    offload(work).await.ok_or(Error::WorkLost)?.map_err(Error::local_file)
}

/// A name that stays in its folder. Whoever uploaded the file chose the name.
fn safe_name(name: Option<&str>) -> String {
    let last = name.unwrap_or_default().rsplit(['/', '\\', ':']).next().unwrap_or_default();
    let plain: String = last.chars().filter(|character| !character.is_control()).collect();
    // Windows takes such endings off, and `.part` is ours.
    let plain = plain.trim().trim_end_matches('.');
    let mut end = plain.len().min(LONGEST_NAME);
    while !plain.is_char_boundary(end) {
        end = end.saturating_sub(1);
    }
    match plain.get(..end) {
        Some(name) if !name.is_empty() => name.to_owned(),
        _ => UNNAMED.to_owned(),
    }
}

fn numbered(name: &str, number: u32) -> String {
    if number == 0 {
        return name.to_owned();
    }
    match name.rsplit_once('.') {
        Some((stem, ending)) if !stem.is_empty() => format!("{stem}({number}).{ending}"),
        _ => format!("{name}({number})"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_cannot_leave_its_folder() {
        for (name, safe) in [
            ("../../etc/passwd", "passwd"),
            ("..\\..\\boot.ini", "boot.ini"),
            ("C:evil.exe", "evil.exe"),
            ("..", "file"),
            (".", "file"),
            ("", "file"),
            ("a/", "file"),
            ("line\nbreak\0.txt", "linebreak.txt"),
            (" report.pdf. ", "report.pdf"),
            (".hidden", ".hidden"),
        ] {
            assert_eq!(safe_name(Some(name)), safe, "{name:?}");
        }
        assert_eq!(safe_name(None), "file");
        assert_eq!(safe_name(Some(&"ä".repeat(300))).len(), LONGEST_NAME);
    }

    #[test]
    fn numbers_stand_in_front_of_the_ending() {
        assert_eq!(numbered("a.tar.gz", 2), "a.tar(2).gz");
        assert_eq!(numbered("README", 1), "README(1)");
        assert_eq!(numbered(".env", 1), ".env(1)");
        assert_eq!(numbered("a.b", 0), "a.b");
    }
}
