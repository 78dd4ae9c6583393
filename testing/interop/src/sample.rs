//! Files to upload.

use std::fs;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

/// Plain bytes of a part, for every client.
const PART: usize = 4 * 1024 * 1024;

/// A file of this machine.
pub struct SampleFile {
    path: PathBuf,
    content: Vec<u8>,
    _folder: TempDir,
}

impl SampleFile {
    /// Files that fill no part, one exactly, and several of which the last is short.
    ///
    /// # Panics
    /// If the machine has no room for them. So with the next function.
    #[must_use]
    pub fn of_all_sizes() -> [Self; 4] {
        [1, PART, PART + 1, 2 * PART + 12_345].map(Self::of_size)
    }

    /// A file in a folder of its own.
    #[must_use]
    pub fn of_size(bytes: usize) -> Self {
        let folder = tempfile::tempdir().expect("a folder for the file");
        let path = folder.path().join(format!("{bytes} bytes – Grüße 🦀.bin"));
        let content: Vec<u8> = (0..251).cycle().take(bytes).collect();
        fs::write(&path, &content).expect("the file is written");
        Self { path, content, _folder: folder }
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Its name, without the folder.
    #[must_use]
    pub fn name(&self) -> &str {
        self.path.file_name().and_then(|name| name.to_str()).unwrap_or_default()
    }

    /// What is in it.
    #[must_use]
    pub fn content(&self) -> &[u8] {
        &self.content
    }
}
