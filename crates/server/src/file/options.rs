//! Where the parts of an app's files are stored.

use keyfold_protocol::app::{
    FILE_STORAGE_NONE, FILE_STORAGE_OWN, FILE_STORAGE_SERVER, FileOptions, MAX_STORAGE_TOKEN_BYTES,
};
use keyfold_protocol::encoding::SecretText;
use keyfold_protocol::error::ErrorCode;
use keyfold_protocol::id::AppId;

use crate::db::{Tx, params};
use crate::error::ApiError;
use crate::root_key::{Purpose, RootKey};
use crate::storage::StorageConfig;
use crate::storage::target::Target;

/// The options of an app, with the token for its own storage. An app without any has no storage.
///
/// # Errors
/// 400/10001 when the token does not open.
pub(crate) async fn read(tx: &mut Tx, root_key: &RootKey, app: &AppId) -> Result<FileOptions, ApiError> {
    let row = tx
        .query_opt(
            "SELECT file_storage, storage_url, require_jwt, sealed_auth_token FROM app_file_options WHERE app_id = $1",
            params![app],
            |row| {
                let options = FileOptions {
                    file_storage: row.col()?,
                    storage_url: row.col()?,
                    auth_token: None,
                    require_jwt: row.col()?,
                };
                Ok((options, row.col::<Option<Vec<u8>>>()?))
            },
        )
        .await?;
    let Some((mut options, sealed)) = row else {
        return Ok(FileOptions::none());
    };
    if let Some(sealed) = sealed {
        let token = root_key.open(Purpose::StorageToken, app.as_str(), &sealed)?;
        let text =
            std::str::from_utf8(&token).map_err(|error| ApiError::caused_by(ErrorCode::AtRest, error))?;
        options.auth_token = Some(SecretText::new(text));
    }
    Ok(options)
}

/// Replaces the options of an app in one statement: no request ever finds the app without them. What is known of the app in memory has
/// to be dropped afterwards.
///
/// # Errors
/// 400/10001 when the token cannot be encrypted.
pub(crate) async fn write(
    tx: &mut Tx,
    root_key: &RootKey,
    app: &AppId,
    options: &FileOptions,
) -> Result<(), ApiError> {
    let sealed = match &options.auth_token {
        Some(token) => Some(root_key.seal(Purpose::StorageToken, app.as_str(), token.expose().as_bytes())?),
        None => None,
    };
    tx.execute(
        "INSERT INTO app_file_options (app_id, file_storage, storage_url, require_jwt, sealed_auth_token)
         VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (app_id) DO UPDATE SET file_storage = excluded.file_storage,
            storage_url = excluded.storage_url, require_jwt = excluded.require_jwt,
            sealed_auth_token = excluded.sealed_auth_token",
        params![app, options.file_storage, options.storage_url, options.require_jwt, sealed],
    )
    .await?;
    tx.execute(
        "INSERT INTO app_file_usage (app_id, files, bytes) VALUES ($1, 0, 0) ON CONFLICT (app_id) DO NOTHING",
        params![app],
    )
    .await?;
    Ok(())
}

/// Whether options make sense on any server.
///
/// # Errors
/// 400/203 with a text that says what is wrong.
pub(crate) fn check(options: &FileOptions) -> Result<(), ApiError> {
    if ![FILE_STORAGE_NONE, FILE_STORAGE_SERVER, FILE_STORAGE_OWN].contains(&options.file_storage) {
        return refuse("the file storage is -1 (none), 0 (this server) or 1 (the app's own)");
    }
    if options.auth_token.as_ref().is_some_and(|token| token.expose().len() > MAX_STORAGE_TOKEN_BYTES) {
        return refuse("the token for the own storage is longer than 50 bytes");
    }
    if options.auth_token.as_ref().is_some_and(|token| !is_header_value(token)) {
        return refuse("the token for the own storage has characters that a header cannot carry");
    }
    match &options.storage_url {
        None if options.file_storage == FILE_STORAGE_OWN => {
            refuse("files of the app's own storage need the URL of its callback")
        }
        None => Ok(()),
        Some(url) => check_url(url, true),
    }
}

/// Whether options, which make sense, can be used on this server.
///
/// # Errors
/// 400/203 with a text that says what is wrong.
pub(crate) fn check_here(options: &FileOptions, storage: &StorageConfig) -> Result<(), ApiError> {
    if options.file_storage == FILE_STORAGE_SERVER && !storage.is_enabled() {
        return refuse("this server stores no files");
    }
    match &options.storage_url {
        None => Ok(()),
        Some(url) => check_url(url, storage.callbacks.allow_private_targets),
    }
}

fn check_url(url: &str, allow_private: bool) -> Result<(), ApiError> {
    match Target::parse(url, allow_private) {
        Ok(_) => Ok(()),
        Err(error) => refuse(&error.to_string()),
    }
}

fn refuse(because: &str) -> Result<(), ApiError> {
    Err(ApiError::with_message(ErrorCode::NoAccess, format!("No access to this action: {because}")))
}

fn is_header_value(token: &SecretText) -> bool {
    token.expose().bytes().all(|byte| matches!(byte, b' '..=b'~'))
}
