//! Files of the partner's users.

use std::path::Path;

use serde::Deserialize;
use serde_json::json;

use super::online::Session;
use super::process::Refusal;

/// Where a file is reached, and for whom it is.
#[derive(Debug, Clone, Copy)]
pub enum Shelf<'a> {
    /// The user's own.
    Own,
    /// For another user. For that user it is one of its own.
    For(&'a str),
    /// Of a fetched group.
    Group(&'a str),
}

/// A file that was downloaded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Downloaded {
    /// Its decrypted name.
    pub name: String,
    /// Its content.
    pub content: Vec<u8>,
}

#[derive(Deserialize)]
struct Stored {
    name: String,
    path: String,
}

impl<'a> Shelf<'a> {
    fn group(self) -> Option<&'a str> {
        if let Self::Group(group) = self { Some(group) } else { None }
    }

    fn recipient(self) -> Option<&'a str> {
        if let Self::For(user) = self { Some(user) } else { None }
    }
}

#[expect(clippy::missing_errors_doc, reason = "always the refusal by the server or the partner's own")]
impl Session<'_> {
    /// Uploads the file at `path` under its own name, each part signed by the user if `sign`, and answers its id.
    pub fn upload(&self, shelf: Shelf<'_>, path: &Path, sign: bool) -> Result<String, Refusal> {
        self.ask(
            "file",
            json!({
                "op": "upload", "group": shelf.group(), "recipient": shelf.recipient(), "path": path, "sign": sign,
            }),
        )
    }

    /// Downloads a file. With a `signer`, every part must carry a valid signature of that user.
    ///
    /// # Panics
    /// If the machine has no room for it.
    pub fn download(
        &self,
        shelf: Shelf<'_>,
        file: &str,
        signer: Option<&str>,
    ) -> Result<Downloaded, Refusal> {
        let folder = tempfile::tempdir().expect("a folder for the download");
        let stored: Stored = self.ask(
            "file",
            json!({
                "op": "download", "group": shelf.group(), "file": file, "folder": folder.path(), "signer": signer,
            }),
        )?;
        let content = std::fs::read(stored.path).expect("the partner has stored what it downloaded");
        Ok(Downloaded { name: stored.name, content })
    }

    /// Gives a file of one's own another name.
    pub fn rename_file(&self, shelf: Shelf<'_>, file: &str, name: &str) -> Result<(), Refusal> {
        self.ask("file", json!({ "op": "rename", "group": shelf.group(), "file": file, "name": name }))
    }

    /// Deletes a file.
    pub fn delete_file(&self, shelf: Shelf<'_>, file: &str) -> Result<(), Refusal> {
        self.ask("file", json!({ "op": "remove", "group": shelf.group(), "file": file }))
    }
}
