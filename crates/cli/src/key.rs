//! `keyfold key …`

use std::fs;
use std::path::{Path, PathBuf};

use keyfold_server::RootKey;
use keyfold_server::db::Db;
use keyfold_server::installation;

use crate::configuration::Settings;
use crate::failure::Failure;

/// Writes a new root key to a file that does not exist yet.
pub(crate) fn generate(out: &Path) -> Result<(), Failure> {
    RootKey::create(out, 1).map_err(Failure::failed)?;
    println!("wrote a new root key to {} (mode 0600)", out.display());
    Ok(())
}

/// Encrypts the server's secrets under a new root key.
///
/// Three steps, each of which can be the last one before a power failure: the new key is written beside the old one, the
/// database changes over in one transaction, the new file replaces the old one. Run again, the command goes on where it stopped.
/// The old key is kept, because older backups of the database need it.
pub(crate) async fn rotate_root(settings: &Settings) -> Result<(), Failure> {
    let file = settings.root_key_file();
    let old = RootKey::load(&file).map_err(Failure::refused)?;
    let next_file = next_file(&file);
    let new = if next_file.exists() {
        RootKey::load(&next_file)
    } else {
        let version = old
            .version()
            .checked_add(1)
            .ok_or_else(|| Failure::Refused("the root key has the highest version there is".to_owned()))?;
        RootKey::create(&next_file, version)
    }
    .map_err(Failure::refused)?;

    let db = Db::open(&settings.database()).await.map_err(Failure::failed)?;
    let changed = change_over(&db, &old, &new).await;
    db.close().await;
    let changed = changed?;

    let kept = with_suffix(&file, &format!("v{}", old.version()));
    let failed = |error| {
        Failure::Failed(format!("the database has the new key, but its file is not in place: {error}"))
    };
    if !kept.exists() {
        fs::hard_link(&file, &kept).map_err(failed)?;
    }
    fs::rename(&next_file, &file).map_err(failed)?;
    println!(
        "{} secrets are now encrypted under version {} of the root key ({})",
        changed,
        new.version(),
        file.display()
    );
    println!("The old key is in {}: keep it as long as backups from before this moment.", kept.display());
    Ok(())
}

/// Brings the database under the new key, if an interrupted run has not done so already.
async fn change_over(db: &Db, old: &RootKey, new: &RootKey) -> Result<u64, Failure> {
    if installation::open(db, new).await.is_ok() {
        return Ok(0);
    }
    installation::rotate_root_key(db, old, new).await.map_err(Failure::refused)
}

/// Where the new root key lies until the database has it.
pub(crate) fn next_file(file: &Path) -> PathBuf {
    with_suffix(file, "next")
}

fn with_suffix(file: &Path, suffix: &str) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(".");
    name.push(suffix);
    name.into()
}
