//! What belongs to an installation as a whole: the proof that the root key is the right one, server secrets, and the change of
//! the root key.

use std::path::Path;

use aws_lc_rs::hmac;
use keyfold_protocol::error::ErrorCode;
use keyfold_protocol::id::AppId;

use crate::db::{Db, DbError, Tx, backup, params};
use crate::error::ApiError;
use crate::file::delivery::CallbackKey;
use crate::random;
use crate::root_key::{Purpose, RootKey};

const CHECK: &str = "root_key_check";
const LOOKUP_SECRET: &str = "lookup_secret";
const CALLBACK_KEY: &str = "callback_key";

/// A secret of the installation that answers questions about identifiers nobody has.
pub struct LookupSecret {
    key: hmac::Key,
}

impl LookupSecret {
    /// A value that looks random, always the same for an app and identifier, and that only this installation can compute.
    #[must_use]
    pub fn client_random_value(&self, app: &AppId, identifier_hash: &[u8; 32]) -> [u8; 16] {
        let mut context = hmac::Context::with_key(&self.key);
        context.update(app.as_str().as_bytes());
        context.update(&[0]);
        context.update(identifier_hash);
        let tag = context.sign();
        let mut value = [0; 16];
        for (target, source) in value.iter_mut().zip(tag.as_ref()) {
            *target = *source;
        }
        value
    }
}

/// Why an installation cannot be opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum InstallationError {
    /// The database was made with another root key.
    #[error(
        "the root key is not the one this database was made with: its stored secrets cannot be read. Start with the root key file that belongs to this database"
    )]
    WrongRootKey,
    /// The database or the encryption failed.
    #[error(transparent)]
    Other(#[from] ApiError),
}

/// Checks the root key against the database and reads the server secrets; makes both on the first start.
///
/// # Errors
/// [`InstallationError::WrongRootKey`], or what the database says.
pub async fn open(db: &Db, root_key: &RootKey) -> Result<LookupSecret, InstallationError> {
    let facts = db.write(root_key.clone(), |tx, key| Box::pin(read_or_create(tx, key))).await?;
    root_key.open(Purpose::Check, CHECK, &facts.check).map_err(|_| InstallationError::WrongRootKey)?;
    let secret = root_key.open(Purpose::LookupSecret, LOOKUP_SECRET, &facts.lookup_secret)?;
    Ok(LookupSecret { key: hmac::Key::new(hmac::HMAC_SHA256, &secret) })
}

/// Checks the root key against the database, and changes nothing.
///
/// # Errors
/// [`InstallationError::WrongRootKey`], or what the database says.
pub async fn check(db: &Db, root_key: &RootKey) -> Result<(), InstallationError> {
    let check = db.read((), |tx, ()| Box::pin(fact(tx, CHECK))).await?;
    root_key.open(Purpose::Check, CHECK, &check).map_err(|_| InstallationError::WrongRootKey)?;
    Ok(())
}

/// The key that signs messages to apps; made on the first start.
///
/// # Errors
/// When the database or the encryption fails.
pub(crate) async fn callback_key(db: &Db, root_key: &RootKey) -> Result<CallbackKey, InstallationError> {
    let sealed = db.write(root_key.clone(), |tx, key| {
        Box::pin(async move {
            let new = CallbackKey::generate()?;
            insert_missing(tx, CALLBACK_KEY, &key.seal(Purpose::CallbackKey, CALLBACK_KEY, &new)?).await?;
            fact(tx, CALLBACK_KEY).await
        })
    });
    let document = root_key.open(Purpose::CallbackKey, CALLBACK_KEY, &sealed.await?)?;
    Ok(CallbackKey::parse(&document)?)
}

/// Encrypts every stored secret anew under `new`, in one transaction. No server may run on the database meanwhile, and all must be
/// started with `new` afterwards. Returns the number of re-encrypted values.
///
/// # Errors
/// [`InstallationError::WrongRootKey`] when `old` is not the current key; nothing is changed then.
pub async fn rotate_root_key(db: &Db, old: &RootKey, new: &RootKey) -> Result<u64, InstallationError> {
    open(db, old).await?;
    Ok(db.write((old.clone(), new.clone()), |tx, (old, new)| Box::pin(reseal_all(tx, old, new))).await?)
}

/// Values that do not open under the root key, named by their purpose and row. None of them is shown.
///
/// # Errors
/// When the database fails.
pub async fn find_unreadable_secrets(db: &Db, root_key: &RootKey) -> Result<Vec<String>, ApiError> {
    db.read(root_key.clone(), |tx, key| {
        Box::pin(async move {
            let mut unreadable = Vec::new();
            for (purpose, select, _) in SEALED {
                let rows =
                    tx.query(select, params![], |row| Ok((row.col::<String>()?, row.col::<Vec<u8>>()?)));
                for (row, sealed) in rows.await? {
                    if key.open(*purpose, &row, &sealed).is_err() {
                        unreadable.push(format!("{purpose:?} of {row}"));
                    }
                }
            }
            Ok(unreadable)
        })
    })
    .await
}

/// Whether `root_key` is the key of the embedded database in a file that nobody uses. Nothing is changed.
///
/// # Errors
/// [`InstallationError::WrongRootKey`], or why the file cannot be read.
pub fn check_file(file: &Path, root_key: &RootKey) -> Result<(), InstallationError> {
    let check = backup::server_fact(file, CHECK)
        .map_err(|error| ApiError::caused_by(ErrorCode::DatabaseQuery, error))?
        .ok_or_else(|| ApiError::caused_by(ErrorCode::AtRest, "the file is no database of a server"))?;
    root_key.open(Purpose::Check, CHECK, &check).map_err(|_| InstallationError::WrongRootKey)?;
    Ok(())
}

struct Facts {
    check: Vec<u8>,
    lookup_secret: Vec<u8>,
}

async fn read_or_create(tx: &mut Tx, key: &RootKey) -> Result<Facts, ApiError> {
    insert_missing(tx, CHECK, &key.seal(Purpose::Check, CHECK, b"keyfold")?).await?;
    let secret = random::bytes::<32>()?;
    insert_missing(tx, LOOKUP_SECRET, &key.seal(Purpose::LookupSecret, LOOKUP_SECRET, secret.as_ref())?)
        .await?;
    Ok(Facts { check: fact(tx, CHECK).await?, lookup_secret: fact(tx, LOOKUP_SECRET).await? })
}

async fn insert_missing(tx: &mut Tx, name: &str, value: &[u8]) -> Result<(), DbError> {
    tx.execute(
        "INSERT INTO server_facts (name, value) VALUES ($1, $2) ON CONFLICT DO NOTHING",
        params![name, value],
    )
    .await
    .map(drop)
}

async fn fact(tx: &mut Tx, name: &str) -> Result<Vec<u8>, ApiError> {
    tx.query_opt("SELECT value FROM server_facts WHERE name = $1", params![name], |row| row.col())
        .await?
        .ok_or_else(|| ApiError::caused_by(ErrorCode::AtRest, "a server fact is missing"))
}

/// Every column that holds sealed values: how to list them with the row they are bound to, and how to write one back.
const SEALED: &[(Purpose, &str, &str)] = &[
    (
        Purpose::Check,
        "SELECT name, value FROM server_facts WHERE name = 'root_key_check'",
        "UPDATE server_facts SET value = $2 WHERE name = $1",
    ),
    (
        Purpose::LookupSecret,
        "SELECT name, value FROM server_facts WHERE name = 'lookup_secret'",
        "UPDATE server_facts SET value = $2 WHERE name = $1",
    ),
    (
        Purpose::CallbackKey,
        "SELECT name, value FROM server_facts WHERE name = 'callback_key'",
        "UPDATE server_facts SET value = $2 WHERE name = $1",
    ),
    (
        Purpose::JwtPrivateKey,
        "SELECT id, sealed_private_key FROM app_jwt_keys",
        "UPDATE app_jwt_keys SET sealed_private_key = $2 WHERE id = $1",
    ),
    (
        Purpose::OtpSecret,
        "SELECT id, sealed_otp_secret FROM users WHERE sealed_otp_secret IS NOT NULL",
        "UPDATE users SET sealed_otp_secret = $2 WHERE id = $1",
    ),
    (
        Purpose::RecoveryKey,
        "SELECT id, sealed_key FROM otp_recovery_keys",
        "UPDATE otp_recovery_keys SET sealed_key = $2 WHERE id = $1",
    ),
    (
        Purpose::StorageToken,
        "SELECT app_id, sealed_auth_token FROM app_file_options WHERE sealed_auth_token IS NOT NULL",
        "UPDATE app_file_options SET sealed_auth_token = $2 WHERE app_id = $1",
    ),
    (
        Purpose::RotationShare,
        "SELECT key_id || '/' || member_id, sealed_ephemeral_key FROM pending_key_rotations
         WHERE sealed_ephemeral_key IS NOT NULL",
        "UPDATE pending_key_rotations SET sealed_ephemeral_key = $2
         WHERE sealed_ephemeral_key IS NOT NULL AND key_id || '/' || member_id = $1",
    ),
    (
        Purpose::Mail,
        "SELECT id, sealed_content FROM outgoing_mails",
        "UPDATE outgoing_mails SET sealed_content = $2 WHERE id = $1",
    ),
];

async fn reseal_all(tx: &mut Tx, old: &RootKey, new: &RootKey) -> Result<u64, ApiError> {
    let mut count = 0_u64;
    for (purpose, select, update) in SEALED {
        let rows =
            tx.query(select, params![], |row| Ok((row.col::<String>()?, row.col::<Vec<u8>>()?))).await?;
        for (row, sealed) in rows {
            let secret = old.open(*purpose, &row, &sealed)?;
            let resealed = new.seal(*purpose, &row, &secret)?;
            tx.execute(update, params![row, resealed]).await?;
            count = count.saturating_add(1);
        }
    }
    Ok(count)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A column that a change of the root key forgets could never be read again.
    #[test]
    fn every_sealed_column_is_part_of_a_change_of_the_root_key() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/migrations");
        let mut columns = Vec::new();
        for file in std::fs::read_dir(folder).unwrap() {
            let text = std::fs::read_to_string(file.unwrap().path()).unwrap();
            let statements = text.lines().filter(|line| !line.trim_start().starts_with("--"));
            columns.extend(
                statements
                    .flat_map(|line| line.split_whitespace())
                    .filter(|word| word.starts_with("sealed_"))
                    // In a list of columns.
                    .map(|word| word.trim_end_matches([',', ')']).to_owned()),
            );
        }
        assert!(columns.len() >= 3);
        for column in columns {
            let is_covered =
                SEALED.iter().any(|(_, select, update)| select.contains(&column) && update.contains(&column));
            assert!(is_covered, "{column}");
        }
    }
}
