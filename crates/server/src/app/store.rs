//! Rows of apps.

use keyfold_protocol::app::GroupOptions;
use keyfold_protocol::error::ErrorCode;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{App, JwtKey, ListedApp, MAX_JWT_KEYS};
use crate::db::{DbError, Tx, params};
use crate::error::ApiError;
use crate::hash::Hash;
use crate::jwt::ALGORITHM;

pub(super) async fn insert(tx: &mut Tx, app: &App, name: &str, now: u64) -> Result<(), ApiError> {
    tx.execute(
        "INSERT INTO apps (id, name, public_token_hash, secret_token_hash, created_at, options, file_options,
            max_key_rotation_month, min_rank_key_rotation)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        params![
            app.id,
            name,
            app.public_token_hash,
            app.secret_token_hash,
            now,
            to_json(&app.options)?,
            to_json(&app.file_options)?,
            app.group_options.max_key_rotation_month,
            app.group_options.min_rank_key_rotation,
        ],
    )
    .await?;
    for key in &app.jwt_keys {
        tx.execute(
            "INSERT INTO app_jwt_keys (id, app_id, alg, created_at, public_key, sealed_private_key)
             VALUES ($1, $2, $3, $4, $5, $6)",
            params![key.id, app.id, ALGORITHM, now, key.public_key, key.sealed_private_key],
        )
        .await?;
    }
    Ok(())
}

pub(super) async fn find_by_token(tx: &mut Tx, hash: &Hash) -> Result<Option<App>, ApiError> {
    let row = tx
        .query_opt(
            "SELECT id, options, file_options, max_key_rotation_month, min_rank_key_rotation, public_token_hash,
                secret_token_hash, disabled_at
             FROM apps WHERE public_token_hash = $1 OR secret_token_hash = $1",
            params![hash],
            |row| {
                Ok(AppRow {
                    id: row.col()?,
                    options: row.col()?,
                    file_options: row.col()?,
                    group_options: GroupOptions {
                        max_key_rotation_month: row.col()?,
                        min_rank_key_rotation: row.col()?,
                    },
                    public_token_hash: row.col()?,
                    secret_token_hash: row.col()?,
                    disabled_at: row.col()?,
                })
            },
        )
        .await?;
    let Some(row) = row else {
        return Ok(None);
    };
    let jwt_keys = tx
        .query(
            "SELECT id, public_key, sealed_private_key FROM app_jwt_keys WHERE app_id = $1 AND alg = $2
             ORDER BY created_at DESC, id LIMIT $3",
            params![row.id, ALGORITHM, i64::try_from(MAX_JWT_KEYS).unwrap_or(i64::MAX)],
            |row| Ok(JwtKey { id: row.col()?, public_key: row.col()?, sealed_private_key: row.col()? }),
        )
        .await?;
    Ok(Some(App {
        options: from_json(&row.options)?,
        file_options: from_json(&row.file_options)?,
        id: row.id,
        group_options: row.group_options,
        jwt_keys,
        public_token_hash: row.public_token_hash,
        secret_token_hash: row.secret_token_hash,
        disabled: row.disabled_at.is_some(),
    }))
}

/// Whether a token hash is taken by an app.
pub(super) async fn token_exists(tx: &mut Tx, hash: &Hash) -> Result<bool, DbError> {
    let found = tx
        .query_opt(
            "SELECT 1 FROM apps WHERE public_token_hash = $1 OR secret_token_hash = $1",
            params![hash],
            |row| row.col::<i64>(),
        )
        .await?;
    Ok(found.is_some())
}

/// Every app, oldest first.
pub(super) async fn list(tx: &mut Tx) -> Result<Vec<ListedApp>, DbError> {
    tx.query("SELECT id, name, created_at, disabled_at FROM apps ORDER BY created_at, id", params![], |row| {
        Ok(ListedApp {
            id: row.col()?,
            name: row.col()?,
            created_at: row.col()?,
            disabled: row.col::<Option<u64>>()?.is_some(),
        })
    })
    .await
}

struct AppRow {
    id: keyfold_protocol::id::AppId,
    options: String,
    file_options: String,
    group_options: GroupOptions,
    public_token_hash: Hash,
    secret_token_hash: Hash,
    disabled_at: Option<u64>,
}

fn to_json<T: Serialize>(value: &T) -> Result<String, ApiError> {
    serde_json::to_string(value).map_err(|error| ApiError::caused_by(ErrorCode::Serialize, error))
}

fn from_json<T: DeserializeOwned>(text: &str) -> Result<T, ApiError> {
    serde_json::from_str(text).map_err(|error| ApiError::caused_by(ErrorCode::AppNotFound, error))
}
