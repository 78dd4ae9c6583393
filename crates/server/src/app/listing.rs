//! Apps as those see them who administer them.

use keyfold_protocol::app::{AppOptions, FileOptions, GroupOptions};
use keyfold_protocol::error::ErrorCode;
use keyfold_protocol::id::AppId;

use super::{Owner, store};
use crate::db::{Db, Tx};
use crate::error::ApiError;

/// An app in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedApp {
    /// Its id.
    pub id: AppId,
    /// Name for people.
    pub name: String,
    /// Whose it is.
    pub owner: Owner,
    /// Milliseconds since 1970.
    pub created_at: u64,
    /// Since when its tokens are refused, in milliseconds since 1970.
    pub disabled_at: Option<u64>,
}

/// An app with all that is set for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AppDetails {
    /// What a list shows of it.
    pub app: ListedApp,
    /// Who may call what.
    pub options: AppOptions,
    /// Where files are stored.
    pub file_options: FileOptions,
    /// Limits of its groups.
    pub group_options: GroupOptions,
}

/// Which part of a list: what comes after an item, oldest first.
#[derive(Debug, Clone)]
pub struct Page {
    /// Creation time of the last item seen; 0 for the first page.
    pub after_time: u64,
    /// Id of the last item seen.
    pub after_id: String,
    /// Items on it.
    pub size: u32,
}

impl Page {
    /// The first one.
    #[must_use]
    pub fn first(size: u32) -> Self {
        Self { after_time: 0, after_id: String::new(), size }
    }

    /// The one after this one, when `last` was its last item.
    #[must_use]
    pub fn after(&self, last: &ListedApp) -> Self {
        Self { after_time: last.created_at, after_id: last.id.as_str().to_owned(), size: self.size }
    }
}

/// Every app but the installation's own, oldest first.
///
/// # Errors
/// When the database fails.
pub async fn list(db: &Db) -> Result<Vec<ListedApp>, ApiError> {
    let mut page = Page::first(500);
    let mut apps = Vec::new();
    loop {
        let items = db.read(page.clone(), |tx, page| Box::pin(list_page(tx, page))).await?;
        let is_last = items.len() < usize::try_from(page.size).unwrap_or(usize::MAX);
        if let Some(last) = items.last() {
            page = page.after(last);
        }
        apps.extend(items);
        if is_last {
            return Ok(apps);
        }
    }
}

/// A page of all apps.
///
/// # Errors
/// When the database fails.
pub(crate) async fn list_page(tx: &mut Tx, page: &Page) -> Result<Vec<ListedApp>, ApiError> {
    Ok(store::apps::list(tx, page).await?)
}

/// A page of the apps of one owner.
///
/// # Errors
/// When the database fails.
pub(crate) async fn list_of_owner(
    tx: &mut Tx,
    owner: &Owner,
    page: &Page,
) -> Result<Vec<ListedApp>, ApiError> {
    Ok(store::apps::list_of_owner(tx, owner, page).await?)
}

/// Whether there is an app with this id.
///
/// # Errors
/// When the database fails.
pub(crate) async fn exists(tx: &mut Tx, app: &AppId) -> Result<bool, ApiError> {
    Ok(store::apps::details(tx, app).await?.is_some())
}

/// One app with its settings, but without the token for its own storage: [`crate::file::options::read`] has that.
///
/// # Errors
/// 401/202 for an unknown app.
pub(crate) async fn show(tx: &mut Tx, app: &AppId) -> Result<AppDetails, ApiError> {
    Ok(store::apps::details(tx, app).await?.ok_or(ErrorCode::AppNotFound)?)
}
