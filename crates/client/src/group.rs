//! A group: its members share keys.

mod children;
mod content;
mod derived;
mod export;
mod files;
mod invite;
mod join;
mod keys;
mod load;
mod members;
mod rotation;

use std::fmt;
use std::sync::{Arc, RwLock};

use keyfold_protocol::group::{AccessBy, GroupData, UpdateCheck, UpdateCheckLight};
use keyfold_protocol::id::{GroupId, KeyId};
use serde::de::DeserializeOwned;

use crate::api::Call;
use crate::error::Error;
use crate::keyring::Keyring;
use crate::lock::{read, write};
use crate::platform::BoxFuture;
use crate::records::{self, Snapshots};
use crate::stored::StoredGroup;
use crate::user::User;
use keys::Generation;

/// A group that a user has access to. Cheap to clone; all handles of the same group share its keys.
///
/// Encrypting needs no request. Decrypting fetches a key that is missing.
///
/// ```no_run
/// # async fn example(group: keyfold::Group) -> Result<(), keyfold::Error> {
/// use keyfold::EncryptOptions;
/// let text = group.encrypt_string("hello")?;
/// assert_eq!(group.decrypt_string(&text).await?, "hello");
/// let signed = group.encrypt_with(b"bytes", EncryptOptions::new().signed())?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Group(pub(crate) Arc<Inner>);

pub(crate) struct Inner {
    user: User,
    id: GroupId,
    /// The group through which the user acts, sent with every request.
    acting_as: Option<GroupId>,
    /// Who the keys of this group are encrypted to.
    principal: Principal,
    /// What the server says, without the keys.
    state: RwLock<StoredGroup>,
    keys: RwLock<Keyring<Generation>>,
    snapshots: Snapshots,
}

/// Whose private keys open the keys of a group.
#[derive(Clone)]
enum Principal {
    /// The user is a member.
    User,
    /// The direct parent is a member, and the user has access to the parent.
    Parent(Group),
    /// Another group is a member, and the user is a member of that.
    Member(Group),
}

impl Group {
    /// The group's id.
    #[must_use]
    pub fn id(&self) -> &GroupId {
        &self.0.id
    }

    /// The user of this handle.
    #[must_use]
    pub fn user(&self) -> &User {
        &self.0.user
    }

    /// Id of the parent group, if there is one.
    #[must_use]
    pub fn parent_id(&self) -> Option<GroupId> {
        self.state(|data| data.parent_group_id.clone())
    }

    /// Own rank in the group: 0 creator, 1 administrator, 2 user manager, 3 and 4 member.
    #[must_use]
    pub fn rank(&self) -> i32 {
        self.state(|data| data.rank)
    }

    /// When the group was created, in milliseconds since 1970.
    #[must_use]
    pub fn created_time(&self) -> u64 {
        self.state(|data| data.created_time)
    }

    /// When the membership began that gives access, in milliseconds since 1970.
    #[must_use]
    pub fn joined_time(&self) -> u64 {
        self.state(|data| data.joined_time)
    }

    /// How the user has access.
    #[must_use]
    pub fn access_by(&self) -> AccessBy {
        self.state(|data| data.access_by.clone())
    }

    /// Whether groups can be members of this group.
    #[must_use]
    pub fn is_connected_group(&self) -> bool {
        self.state(|data| data.is_connected_group)
    }

    /// Whether a key rotation waits to be finished, as of the last time the server was asked.
    #[must_use]
    pub fn has_key_update(&self) -> bool {
        self.state(|data| data.key_update)
    }

    /// Id of the newest group key that is loaded: the one that encrypts.
    ///
    /// # Errors
    /// [`Error::NoGroupKeys`].
    pub fn newest_key_id(&self) -> Result<KeyId, Error> {
        Ok(KeyId::new(self.newest_keys()?.id()))
    }

    /// Asks the server for changes: the own rank, and newer keys, which are loaded.
    ///
    /// A rotation that the server could not prepare for this member is no error here: the group stays usable with the keys
    /// there are, and [`has_key_update`](Self::has_key_update) stays true.
    ///
    /// # Errors
    /// `server_310`: the access has ended.
    pub async fn update(&self) -> Result<(), Error> {
        let check = if self.is_light() {
            let check = self.call(Call::get(&["group", self.id().as_str(), "update_check_light"]));
            let UpdateCheckLight { rank } = check.await?;
            UpdateCheck { rank, key_update: false }
        } else {
            self.call(Call::get(&["group", self.id().as_str(), "update_check"])).await?
        };
        let now = self.0.user.0.client.0.clock.now();
        {
            let mut state = write(&self.0.state);
            state.data.rank = check.rank;
            state.data.key_update = check.key_update;
            state.last_check = now;
        }
        self.0.snapshots.changed();
        if check.key_update {
            self.finish_possible_rotations().await?;
        }
        // Not only otherwise: another device may have finished the newest of several.
        self.load_newest_key().await?;
        self.store().await
    }

    /// Deletes the group with all its children. Needs rank 0 or 1.
    ///
    /// # Errors
    /// [`Error::RankInsufficient`].
    pub async fn delete(&self) -> Result<(), Error> {
        self.require_rank(1)?;
        self.act(Call::delete(&["group", self.id().as_str()])).await?;
        self.forget().await
    }

    /// The group through which the user acts.
    pub(crate) fn acting_as(&self) -> Option<&GroupId> {
        self.0.acting_as.as_ref()
    }

    /// Sends `call` as the user, on behalf of the group through which the user acts.
    pub(crate) fn call<T: DeserializeOwned>(
        &self,
        call: Call,
    ) -> impl Future<Output = Result<T, Error>> + use<'_, T> {
        self.0.user.0.session.call(call.acting_as(self.acting_as()))
    }

    /// The same for a call whose result says no more than that it was done.
    pub(crate) fn act(&self, call: Call) -> impl Future<Output = Result<(), Error>> + use<'_> {
        self.0.user.0.session.act(call.acting_as(self.acting_as()))
    }

    /// The server refuses what the rank does not allow; asking it is not necessary to know that.
    fn require_rank(&self, weakest: i32) -> Result<(), Error> {
        if self.rank() <= weakest { Ok(()) } else { Err(Error::RankInsufficient) }
    }

    /// Whether the group has no keys, like all groups of this client.
    fn is_light(&self) -> bool {
        self.0.user.0.client.0.light
    }

    fn state<T>(&self, look: impl FnOnce(&GroupData) -> T) -> T {
        look(&read(&self.0.state).data)
    }

    /// Where the group stands in the storage.
    fn record(&self) -> String {
        record_of(&self.0.user, self.id(), self.0.acting_as.as_ref())
    }

    fn store(&self) -> BoxFuture<'_, Result<(), Error>> {
        let snapshot = || {
            let mut stored = read(&self.0.state).clone();
            stored.data.keys = read(&self.0.keys).to_stored();
            (self.record(), stored)
        };
        let wanted = || !self.0.user.0.session.is_closed();
        Box::pin(self.0.snapshots.write(&self.0.user.0.client.0.records, wanted, snapshot))
    }

    /// Removes the group from the storage and from the handles that are handed out again.
    async fn forget(&self) -> Result<(), Error> {
        let record = self.record();
        crate::lock::lock(&self.0.user.0.groups).remove(&record);
        self.0.user.0.client.0.records.delete(&record).await?;
        self.0.user.0.client.0.directory.forget_group(self.id()).await?;
        self.0.user.change(|account| account.groups.retain(|known| *known != record)).await
    }
}

fn record_of(user: &User, group_id: &GroupId, acting_as: Option<&GroupId>) -> String {
    let owner = acting_as.map_or_else(|| user.id().as_str(), GroupId::as_str);
    records::group_key(owner, group_id)
}

impl fmt::Debug for Group {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Group({})", self.id())
    }
}
