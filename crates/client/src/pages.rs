//! Lists that come in pages of 50.

use std::collections::VecDeque;
use std::marker::PhantomData;

use futures_util::{FutureExt, Stream};
use keyfold_protocol::PAGE_SIZE;
use keyfold_protocol::file::StoredKey;
use keyfold_protocol::group::{
    GroupChildItem, GroupInviteItem, GroupJoinReqItem, GroupUserListItem, ListGroupItem,
};
use keyfold_protocol::id::GroupId;
use keyfold_protocol::user::DeviceListItem;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::api::{Call, opened};
use crate::client::to_json;
use crate::error::Error;
use crate::platform::BoxFuture;
use crate::session::Session;
use crate::transport::Response;

/// A list on the server, read page by page, item by item, or whole. Nothing is requested before it is asked for.
///
/// ```no_run
/// # async fn example(group: keyfold::Group) -> Result<(), keyfold::Error> {
/// let mut members = group.members();
/// while let Some(page) = members.next_page().await? {
///     for member in page {
///         println!("{} has rank {}", member.user_id, member.rank);
///     }
/// }
/// # Ok(())
/// # }
/// ```
#[must_use = "nothing is requested before a page is asked for"]
pub struct Pages<T> {
    list: List,
    items: PhantomData<fn() -> T>,
}

/// What does not depend on the type of the items.
struct List {
    session: Session,
    path: Vec<String>,
    acting_as: Option<GroupId>,
    after: Position,
    end: bool,
    /// Whether the rank in the group does not allow to read it.
    is_refused: bool,
}

/// A place in a list: behind an item that was seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Position {
    time: u64,
    id: String,
}

impl Position {
    /// Behind the item with this time and this id, for apps that keep no more of it.
    #[must_use]
    pub fn new(time: u64, id: impl Into<String>) -> Self {
        Self { time, id: id.into() }
    }
}

/// Something that stands in a list.
pub trait Item: DeserializeOwned + sealed::Sealed {
    /// The place behind this item.
    fn position(&self) -> Position;
}

mod sealed {
    pub trait Sealed {}
}

impl<T: Item> Pages<T> {
    pub(crate) fn new(session: Session, path: &[&str], acting_as: Option<GroupId>, is_refused: bool) -> Self {
        let list = List {
            session,
            path: path.iter().map(|segment| (*segment).to_owned()).collect(),
            acting_as,
            after: Position { time: 0, id: "none".to_owned() },
            end: false,
            is_refused,
        };
        Self { list, items: PhantomData }
    }

    /// Begins behind `item` instead of at the start.
    pub fn after(self, item: &T) -> Self {
        self.after_position(item.position())
    }

    /// Begins behind this place instead of at the start.
    pub fn after_position(mut self, position: Position) -> Self {
        self.list.after = position;
        self
    }

    /// The next page of at most 50 items, `None` after the last. After an error the same page can be asked for again.
    ///
    /// # Errors
    /// Those of the request.
    pub async fn next_page(&mut self) -> Result<Option<Vec<T>>, Error> {
        if self.list.end {
            return Ok(None);
        }
        let page: Vec<T> = self.list.session.call(self.list.call()?).await?;
        let last = page.last().map(Item::position);
        // A place that does not move would go round for ever.
        self.list.end = page.len() < PAGE_SIZE || last.as_ref() == Some(&self.list.after);
        match last {
            None => Ok(None),
            Some(last) => {
                self.list.after = last;
                Ok(Some(page))
            }
        }
    }

    /// The next page as JSON text, `[]` after the last: for bindings to other languages.
    ///
    /// # Errors
    /// Those of the request.
    pub fn into_json_page(self) -> BoxFuture<'static, Result<String, Error>>
    where
        T: Serialize + 'static,
    {
        Box::pin(self.list.into_answer().map(|answer| to_json(&opened::<Vec<T>>(&answer?)?)))
    }

    /// Everything from here on, in memory.
    ///
    /// # Errors
    /// Those of [`next_page`](Self::next_page).
    pub async fn all(mut self) -> Result<Vec<T>, Error> {
        let mut items = Vec::new();
        while let Some(page) = self.next_page().await? {
            items.extend(page);
        }
        Ok(items)
    }

    /// Item by item; the next page is requested when it is needed. Ends after the first error.
    pub fn into_stream(self) -> impl Stream<Item = Result<T, Error>> {
        futures_util::stream::try_unfold((self, VecDeque::new()), |(mut pages, mut items)| async move {
            if items.is_empty() {
                items = pages.next_page().await?.unwrap_or_default().into();
            }
            Ok(items.pop_front().map(|item| (item, (pages, items))))
        })
    }
}

impl List {
    /// The request for the next page.
    fn call(&self) -> Result<Call, Error> {
        if self.is_refused {
            return Err(Error::RankInsufficient);
        }
        let time = self.after.time.to_string();
        let mut path: Vec<&str> = self.path.iter().map(String::as_str).collect();
        path.extend([time.as_str(), self.after.id.as_str()]);
        Ok(Call::get(&path).acting_as(self.acting_as.as_ref()))
    }

    fn into_answer(self) -> BoxFuture<'static, Result<Response, Error>> {
        Box::pin(async move { self.session.answer(&self.call()?).await })
    }
}

macro_rules! items {
    ($($item:ty: $time:ident, $id:ident;)*) => {$(
        impl sealed::Sealed for $item {}
        impl Item for $item {
            fn position(&self) -> Position {
                Position { time: self.$time, id: self.$id.as_str().to_owned() }
            }
        }
    )*};
}

items! {
    DeviceListItem: time, device_id;
    GroupUserListItem: joined_time, user_id;
    ListGroupItem: time, group_id;
    GroupChildItem: time, group_id;
    GroupInviteItem: time, group_id;
    GroupJoinReqItem: time, user_id;
    StoredKey: time, key_id;
}
