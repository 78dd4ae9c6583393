//! Rows of apps themselves.

use keyfold_protocol::app::{AppOptions, FILE_STORAGE_NONE, FileOptions, GroupOptions};
use keyfold_protocol::customer::ROOT_APP_ID;
use keyfold_protocol::error::ErrorCode;
use keyfold_protocol::id::{AppId, GroupId, UserId};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::super::{App, AppDetails, JwtKey, ListedApp, Owner, Page};
use super::jwt_keys;
use crate::db::{DbError, Row, Tx, params};
use crate::error::ApiError;
use crate::hash::Hash;

const OWNER_CUSTOMER: i64 = 0;
const OWNER_GROUP: i64 = 1;
const OWNER_OPERATOR: i64 = 2;

pub(crate) async fn insert(
    tx: &mut Tx,
    app: &App,
    name: &str,
    owner: &Owner,
    now: u64,
) -> Result<(), ApiError> {
    let (owner_kind, owner_id) = owner_columns(owner);
    tx.execute(
        "INSERT INTO apps (id, name, public_token_hash, secret_token_hash, created_at, options,
            max_key_rotation_month, min_rank_key_rotation, owner_kind, owner_id)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        params![
            app.id,
            name,
            app.public_token_hash,
            app.secret_token_hash,
            now,
            to_json(&app.options)?,
            app.group_options.max_key_rotation_month,
            app.group_options.min_rank_key_rotation,
            owner_kind,
            owner_id,
        ],
    )
    .await?;
    Ok(())
}

/// The columns of [`AppRow`], in its order.
macro_rules! app_columns {
    () => {
        "SELECT id, options, max_key_rotation_month, min_rank_key_rotation, public_token_hash, secret_token_hash,
            COALESCE(disabled_at, resetting_since), file_storage, storage_url, require_jwt
         FROM apps LEFT JOIN app_file_options ON app_id = id WHERE deleted_at IS NULL AND "
    };
}

pub(crate) async fn find_by_token(tx: &mut Tx, hash: &Hash) -> Result<Option<App>, ApiError> {
    let sql = concat!(app_columns!(), "(public_token_hash = $1 OR secret_token_hash = $1)");
    let row = tx.query_opt(sql, params![hash], AppRow::read).await?;
    with_keys(tx, row).await
}

pub(crate) async fn find_by_id(tx: &mut Tx, id: &AppId) -> Result<Option<App>, ApiError> {
    let row = tx.query_opt(concat!(app_columns!(), "id = $1"), params![id], AppRow::read).await?;
    with_keys(tx, row).await
}

/// Whether a token hash is taken by an app.
pub(crate) async fn token_exists(tx: &mut Tx, hash: &Hash) -> Result<bool, DbError> {
    let found = tx
        .query_opt(
            "SELECT 1 FROM apps WHERE public_token_hash = $1 OR secret_token_hash = $1",
            params![hash],
            |row| row.col::<i64>(),
        )
        .await?;
    Ok(found.is_some())
}

/// Makes other changes of the app wait for this one.
///
/// # Errors
/// 401/202 for an unknown app.
pub(crate) async fn lock(tx: &mut Tx, app: &AppId) -> Result<(), ApiError> {
    let sql = "SELECT 1 FROM apps WHERE id = $1 AND deleted_at IS NULL FOR UPDATE";
    tx.query_opt(sql, params![app], |row| row.col::<i64>()).await?.ok_or(ErrorCode::AppNotFound)?;
    Ok(())
}

pub(crate) async fn set_name(tx: &mut Tx, app: &AppId, name: &str) -> Result<(), DbError> {
    tx.execute("UPDATE apps SET name = $2 WHERE id = $1", params![app, name]).await.map(drop)
}

pub(crate) async fn set_options(tx: &mut Tx, app: &AppId, options: &AppOptions) -> Result<(), ApiError> {
    let sql = "UPDATE apps SET options = $2 WHERE id = $1";
    tx.execute(sql, params![app, to_json(options)?]).await?;
    Ok(())
}

pub(crate) async fn set_group_options(
    tx: &mut Tx,
    app: &AppId,
    options: &GroupOptions,
) -> Result<(), DbError> {
    tx.execute(
        "UPDATE apps SET max_key_rotation_month = $2, min_rank_key_rotation = $3 WHERE id = $1",
        params![app, options.max_key_rotation_month, options.min_rank_key_rotation],
    )
    .await
    .map(drop)
}

pub(crate) async fn set_owner(tx: &mut Tx, app: &AppId, owner: &Owner) -> Result<(), DbError> {
    let (kind, id) = owner_columns(owner);
    let sql = "UPDATE apps SET owner_kind = $2, owner_id = $3 WHERE id = $1";
    tx.execute(sql, params![app, kind, id]).await.map(drop)
}

pub(crate) async fn set_disabled(tx: &mut Tx, app: &AppId, at: Option<u64>) -> Result<(), DbError> {
    tx.execute("UPDATE apps SET disabled_at = $2 WHERE id = $1", params![app, at]).await.map(drop)
}

pub(crate) async fn set_token_hashes(
    tx: &mut Tx,
    app: &AppId,
    public: &Hash,
    secret: &Hash,
) -> Result<(), DbError> {
    let sql = "UPDATE apps SET public_token_hash = $2, secret_token_hash = $3 WHERE id = $1";
    tx.execute(sql, params![app, public, secret]).await.map(drop)
}

/// Marks the app as deleted: no query of this file finds it any more, except for its deletion.
pub(crate) async fn mark_deleted(tx: &mut Tx, app: &AppId, now: u64) -> Result<(), DbError> {
    tx.execute("UPDATE apps SET deleted_at = $2 WHERE id = $1", params![app, now]).await.map(drop)
}

/// Whether the app was deleted and its row is still there.
pub(crate) async fn is_marked_deleted(tx: &mut Tx, app: &AppId) -> Result<bool, DbError> {
    let sql = "SELECT 1 FROM apps WHERE id = $1 AND deleted_at IS NOT NULL";
    Ok(tx.query_opt(sql, params![app], |row| row.col::<i64>()).await?.is_some())
}

/// Whether a job removes the rows of the app, which stays.
pub(crate) async fn is_resetting(tx: &mut Tx, app: &AppId) -> Result<bool, DbError> {
    let sql = "SELECT 1 FROM apps WHERE id = $1 AND deleted_at IS NULL AND resetting_since IS NOT NULL";
    Ok(tx.query_opt(sql, params![app], |row| row.col::<i64>()).await?.is_some())
}

/// Begins ([`Some`]) or ends the removal of its rows by a job.
pub(crate) async fn set_resetting(tx: &mut Tx, app: &AppId, since: Option<u64>) -> Result<(), DbError> {
    tx.execute("UPDATE apps SET resetting_since = $2 WHERE id = $1", params![app, since]).await.map(drop)
}

/// Removes the row of a deleted app, and by their foreign keys whatever still refers to it.
pub(crate) async fn remove(tx: &mut Tx, app: &AppId) -> Result<(), DbError> {
    tx.execute("DELETE FROM apps WHERE id = $1 AND deleted_at IS NOT NULL", params![app]).await.map(drop)
}

/// Ids of an owner's apps.
pub(crate) async fn ids_of_owner(tx: &mut Tx, owner: &Owner) -> Result<Vec<AppId>, DbError> {
    let (kind, id) = owner_columns(owner);
    tx.query(
        "SELECT id FROM apps WHERE owner_kind = $1 AND owner_id = $2 AND deleted_at IS NULL ORDER BY created_at, id",
        params![kind, id],
        |row| row.col(),
    )
    .await
}

/// The columns of [`listed`], in its order.
macro_rules! listed_columns {
    () => {
        "SELECT id, name, owner_kind, owner_id, created_at, COALESCE(disabled_at, resetting_since)
         FROM apps WHERE deleted_at IS NULL "
    };
}

/// Oldest first, without the installation's own.
pub(crate) async fn list(tx: &mut Tx, page: &Page) -> Result<Vec<ListedApp>, DbError> {
    tx.query(
        concat!(
            listed_columns!(),
            "AND id <> $4 AND created_at >= $1 AND (created_at > $1 OR id > $2) ORDER BY created_at, id LIMIT $3"
        ),
        params![page.after_time, page.after_id, page.size, ROOT_APP_ID],
        listed,
    )
    .await
}

/// Of one owner, oldest first.
pub(crate) async fn list_of_owner(
    tx: &mut Tx,
    owner: &Owner,
    page: &Page,
) -> Result<Vec<ListedApp>, DbError> {
    let (kind, id) = owner_columns(owner);
    tx.query(
        concat!(
            listed_columns!(),
            "AND owner_kind = $4 AND owner_id = $5
             AND created_at >= $1 AND (created_at > $1 OR id > $2) ORDER BY created_at, id LIMIT $3"
        ),
        params![page.after_time, page.after_id, page.size, kind, id],
        listed,
    )
    .await
}

/// One app with its settings.
pub(crate) async fn details(tx: &mut Tx, app: &AppId) -> Result<Option<AppDetails>, ApiError> {
    let found = tx.query_opt(concat!(listed_columns!(), "AND id = $1"), params![app], listed).await?;
    let (Some(found), Some(row)) =
        (found, tx.query_opt(concat!(app_columns!(), "id = $1"), params![app], AppRow::read).await?)
    else {
        return Ok(None);
    };
    Ok(Some(AppDetails {
        app: found,
        options: from_json(&row.options)?,
        file_options: row.file_options,
        group_options: row.group_options,
    }))
}

struct AppRow {
    id: AppId,
    options: String,
    /// Without the token for an own storage, which no request needs.
    file_options: FileOptions,
    group_options: GroupOptions,
    public_token_hash: Hash,
    secret_token_hash: Hash,
    disabled_at: Option<u64>,
}

impl AppRow {
    fn read(row: &Row<'_>) -> Result<Self, DbError> {
        Ok(Self {
            id: row.col()?,
            options: row.col()?,
            group_options: GroupOptions {
                max_key_rotation_month: row.col()?,
                min_rank_key_rotation: row.col()?,
            },
            public_token_hash: row.col()?,
            secret_token_hash: row.col()?,
            disabled_at: row.col()?,
            file_options: FileOptions {
                file_storage: row.col::<Option<i32>>()?.unwrap_or(FILE_STORAGE_NONE),
                storage_url: row.col()?,
                auth_token: None,
                require_jwt: row.col::<Option<bool>>()?.unwrap_or(false),
            },
        })
    }
}

async fn with_keys(tx: &mut Tx, row: Option<AppRow>) -> Result<Option<App>, ApiError> {
    let Some(row) = row else {
        return Ok(None);
    };
    let keys: Vec<JwtKey> = jwt_keys::list(tx, &row.id).await?.into_iter().map(|row| row.key).collect();
    Ok(Some(App {
        options: from_json(&row.options)?,
        file_options: row.file_options,
        id: row.id,
        group_options: row.group_options,
        jwt_keys: keys,
        public_token_hash: row.public_token_hash,
        secret_token_hash: row.secret_token_hash,
        disabled: row.disabled_at.is_some(),
    }))
}

fn listed(row: &Row<'_>) -> Result<ListedApp, DbError> {
    let id = row.col()?;
    let name = row.col()?;
    let kind = row.col::<i64>()?;
    let owner_id = row.col::<Option<String>>()?;
    let owner = match (kind, owner_id) {
        (OWNER_CUSTOMER, Some(id)) => Owner::Customer(UserId::from(id)),
        (OWNER_GROUP, Some(id)) => Owner::Group(GroupId::from(id)),
        _ => Owner::Operator,
    };
    Ok(ListedApp { id, name, owner, created_at: row.col()?, disabled_at: row.col()? })
}

fn owner_columns(owner: &Owner) -> (i64, Option<&str>) {
    match owner {
        Owner::Customer(id) => (OWNER_CUSTOMER, Some(id.as_str())),
        Owner::Group(id) => (OWNER_GROUP, Some(id.as_str())),
        Owner::Operator => (OWNER_OPERATOR, None),
    }
}

fn to_json<T: Serialize>(value: &T) -> Result<String, ApiError> {
    serde_json::to_string(value).map_err(|error| ApiError::caused_by(ErrorCode::Serialize, error))
}

fn from_json<T: DeserializeOwned>(text: &str) -> Result<T, ApiError> {
    serde_json::from_str(text).map_err(|error| ApiError::caused_by(ErrorCode::AppNotFound, error))
}
