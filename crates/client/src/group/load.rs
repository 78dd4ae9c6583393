//! Getting at a group: from a handle, from the storage, or from the server, and its parents with it.

use std::sync::{Arc, RwLock};

use keyfold_protocol::PAGE_SIZE;
use keyfold_protocol::error::ErrorCode;
use keyfold_protocol::group::{AccessBy, GroupData, GroupKey, GroupLightData};
use keyfold_protocol::id::GroupId;

use super::{Group, Inner, Principal, record_of};
use crate::api::Call;
use crate::error::Error;
use crate::keyring::Keyring;
use crate::lock::{lock, read, write};
use crate::platform::BoxFuture;
use crate::records::Snapshots;
use crate::stored::StoredGroup;
use crate::user::User;

/// Milliseconds after which the server is asked whether a group has changed.
const CHECK_AFTER: u64 = 300_000;

/// More than anybody nests groups; less than what would keep a client busy for long.
const MAX_DEPTH: usize = 64;

impl Group {
    pub(crate) async fn load(
        user: &User,
        group_id: &GroupId,
        acting_as: Option<&GroupId>,
    ) -> Result<Self, Error> {
        load(user, group_id, acting_as.cloned(), 0).await
    }

    fn is_due(&self) -> bool {
        let last_check = read(&self.0.state).last_check;
        let now = self.0.user.0.client.0.clock.now();
        now.checked_sub(last_check).is_none_or(|age| age >= CHECK_AFTER)
    }
}

/// Recursive, hence boxed: a group is opened with the keys of its parent.
fn load<'a>(
    user: &'a User,
    group_id: &'a GroupId,
    acting_as: Option<GroupId>,
    depth: usize,
) -> BoxFuture<'a, Result<Group, Error>> {
    Box::pin(async move {
        if depth > MAX_DEPTH {
            return Err(Error::GroupLoop);
        }
        let record = record_of(user, group_id, acting_as.as_ref());
        let stored = user.0.client.0.records.get::<StoredGroup>("group", &record).await;
        // The storage is a cache of groups: what cannot be read is fetched again.
        let Ok(Some(stored)) = stored else {
            return fetch(user, group_id, acting_as, depth).await;
        };
        let group = match handle(user, group_id, acting_as.as_ref()) {
            Some(group) => group,
            None => match open(user, stored, acting_as.clone(), depth).await {
                Ok(group) => group,
                Err(error) if error.is_network() => return Err(error),
                // Its keys are for user keys that are gone, for example after an account reset.
                Err(_) => return fetch(user, group_id, acting_as, depth).await,
            },
        };
        if group.is_due() {
            match group.update().await {
                Ok(()) => {}
                // Without a network an app goes on with what it has.
                Err(error) if error.is_network() => {}
                Err(error) if error.is_server(ErrorCode::GroupAccess) => {
                    group.forget().await?;
                    return Err(error);
                }
                Err(error) => return Err(error),
            }
        }
        Ok(group)
    })
}

/// A handle that the app holds already.
fn handle(user: &User, group_id: &GroupId, acting_as: Option<&GroupId>) -> Option<Group> {
    lock(&user.0.groups)
        .get(&record_of(user, group_id, acting_as))
        .and_then(std::sync::Weak::upgrade)
        .map(Group)
}

async fn fetch(
    user: &User,
    group_id: &GroupId,
    acting_as: Option<GroupId>,
    depth: usize,
) -> Result<Group, Error> {
    let mut data: GroupData = if user.0.client.0.light {
        let call = Call::get(&["group", group_id.as_str(), "light"]).acting_as(acting_as.as_ref());
        without_keys(user.0.session.call(call).await?)
    } else {
        let call = Call::get(&["group", group_id.as_str()]).acting_as(acting_as.as_ref());
        user.0.session.call(call).await?
    };
    if data.group_id != *group_id {
        return Err(Error::AnswerIncomplete);
    }
    let mut full = data.keys.len() >= PAGE_SIZE;
    while full {
        let Some(last) = data.keys.last() else { break };
        let time = last.time.to_string();
        let path = ["group", group_id.as_str(), "keys", &time, last.group_key_id.as_str()];
        let call = Call::get(&path).acting_as(acting_as.as_ref());
        let page: Vec<GroupKey> = user.0.session.call(call).await?;
        full = page.len() >= PAGE_SIZE && page.last() != data.keys.last();
        data.keys.extend(page);
    }
    let key_update = data.key_update;
    let last_check = user.0.client.0.clock.now();
    let group = open(user, StoredGroup { data, last_check, is_complete: true }, acting_as, depth).await?;
    if key_update {
        group.finish_possible_rotations().await?;
    }
    group.store().await?;
    let record = group.record();
    if !user.account(|account| account.groups.contains(&record)) {
        user.change(|account| {
            if !account.groups.contains(&record) {
                account.groups.push(record);
            }
        })
        .await?;
    }
    Ok(group)
}

fn without_keys(data: GroupLightData) -> GroupData {
    let GroupLightData {
        group_id,
        parent_group_id,
        rank,
        created_time,
        joined_time,
        access_by,
        is_connected_group,
    } = data;
    GroupData {
        group_id,
        parent_group_id,
        keys: Vec::new(),
        hmac_keys: Vec::new(),
        sortable_keys: Vec::new(),
        key_update: false,
        rank,
        created_time,
        joined_time,
        access_by,
        is_connected_group,
    }
}

/// Makes the handle of a group, with the keys of its principal at hand.
async fn open(
    user: &User,
    mut stored: StoredGroup,
    acting_as: Option<GroupId>,
    depth: usize,
) -> Result<Group, Error> {
    let deeper = depth.saturating_add(1);
    let data = &stored.data;
    let principal = match &data.access_by {
        // Without keys there are none to open.
        _ if user.0.client.0.light => Principal::User,
        AccessBy::User => Principal::User,
        AccessBy::GroupAsUser(member) => Principal::Member(load(user, member, None, deeper).await?),
        AccessBy::Parent(_) | AccessBy::GroupAsUserAsParent { .. } => {
            let parent = data.parent_group_id.clone().ok_or(Error::AnswerIncomplete)?;
            Principal::Parent(load(user, &parent, acting_as.clone(), deeper).await?)
        }
    };
    let objects = std::mem::take(&mut stored.data.keys);
    let id = stored.data.group_id.clone();
    let group = Group(Arc::new(Inner {
        user: user.clone(),
        id,
        acting_as,
        principal,
        state: RwLock::new(stored),
        keys: RwLock::new(Keyring::new()),
        snapshots: Snapshots::default(),
    }));
    let has_keys = !objects.is_empty();
    group.add_keys(objects).await?;
    if has_keys {
        // The one that is needed first, and which tells whether this principal can open them at all.
        group.newest_keys()?;
    }
    Ok(group.shared())
}

impl Group {
    /// The handle for this group that others hold already, with what this one has brought; else this one, for others to
    /// come.
    ///
    /// Two tasks that ask for a group at the same time both load it. They must not end up with two sets of keys, of which
    /// one misses the next rotation.
    fn shared(self) -> Self {
        let mut groups = lock(&self.user().0.groups);
        groups.retain(|group| group.strong_count() > 0);
        let key = self.record();
        if let Some(held) = groups.get(&key).and_then(std::sync::Weak::upgrade).map(Self)
            // Another way of access has other keys behind it.
            && held.access_by() == self.access_by()
        {
            drop(groups);
            let state = read(&self.0.state).clone();
            let mut known = write(&held.0.state);
            if state.last_check >= known.last_check {
                *known = state;
            }
            drop(known);
            write(&held.0.keys).merge(&read(&self.0.keys));
            held.0.snapshots.changed();
            return held;
        }
        groups.insert(&key, Arc::downgrade(&self.0));
        drop(groups);
        self
    }
}
