//! A user who is logged in on a device.

mod account;
mod content;
mod devices;
mod export;
mod files;
mod groups;
mod keys;
mod mfa;

pub use mfa::{Mfa, OtpSecret};

use std::fmt;
use std::sync::{Arc, Mutex, RwLock, Weak};

use keyfold_crypto::{Device, UserKeys};
use keyfold_protocol::PAGE_SIZE;
use keyfold_protocol::encoding::SecretText;
use keyfold_protocol::group::{GroupInviteItem, GroupKey};
use keyfold_protocol::id::{DeviceId, KeyId, UserId};
use keyfold_protocol::text_map::TextMap;

use crate::client::Client;
use crate::error::Error;
use crate::group;
use crate::keyring::Keyring;
use crate::lock::{lock, read, write};
use crate::platform::{BoxFuture, offload_if};
use crate::records::{self, Snapshots};
use crate::session::Session;
use crate::stored::StoredUser;

/// A user who is logged in on this device. Cheap to clone; clones share session and keys.
///
/// ```no_run
/// # async fn example(user: keyfold::User, friend: keyfold::UserId) -> Result<(), keyfold::Error> {
/// let group = user.group(&user.create_group().await?).await?;
/// group.invite_auto(&friend, None).await?;
/// let text = group.encrypt_string("for both of us")?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct User(pub(crate) Arc<Inner>);

pub(crate) struct Inner {
    pub(crate) client: Client,
    pub(crate) session: Session,
    pub(crate) device: Arc<Device>,
    keys: RwLock<Keyring<UserKeys>>,
    account: Mutex<StoredUser>,
    invitations: Mutex<Vec<GroupInviteItem>>,
    snapshots: Snapshots,
    /// Groups that the app holds, so that all its handles of a group are the same.
    pub(crate) groups: Mutex<HeldGroups>,
}

/// By the name of the record.
pub(crate) type HeldGroups = TextMap<Weak<group::Inner>>;

fn held_key(user: &UserId, device: &DeviceId) -> String {
    format!("{user} {device}")
}

impl User {
    /// The user's id.
    #[must_use]
    pub fn id(&self) -> &UserId {
        self.0.session.user_id()
    }

    /// Id of this device.
    #[must_use]
    pub fn device_id(&self) -> &DeviceId {
        self.0.session.device_id()
    }

    /// The identifier under which this device logs in.
    #[must_use]
    pub fn identifier(&self) -> String {
        lock(&self.0.account).identifier.clone()
    }

    /// The client that this user logged in with.
    #[must_use]
    pub fn client(&self) -> &Client {
        &self.0.client
    }

    /// Whether the user has a second factor, as far as this device knows.
    #[must_use]
    pub fn has_mfa(&self) -> bool {
        lock(&self.0.account).mfa
    }

    /// A valid access token, to show to the app's own backend. Renewed if it runs out within 30 seconds.
    ///
    /// # Errors
    /// `server_114`: the session is over.
    pub async fn jwt(&self) -> Result<SecretText, Error> {
        self.0.session.access_token().await
    }

    /// The refresh token of this session, for apps whose backend renews access tokens. `None` after a restart in these
    /// apps, because it is not stored then.
    #[must_use]
    pub fn refresh_token(&self) -> Option<SecretText> {
        self.0.session.refresh_token()
    }

    /// The first invitations that were pending when [`Client::restore`] renewed the session.
    #[must_use]
    pub fn invitations(&self) -> Vec<GroupInviteItem> {
        lock(&self.0.invitations).clone()
    }

    /// Ends the session on this device: removes the user's keys, tokens and groups from the storage, and tells the server to
    /// forget the refresh token, if it can be reached.
    ///
    /// Other users who are logged in stay so. So does what the client [knows](crate::Client::known_verify_keys) of anybody's verify
    /// keys, which protects whoever logs in next. Handles of this user can no longer renew their access token.
    ///
    /// # Errors
    /// Those of the storage.
    pub async fn log_out(&self) -> Result<(), Error> {
        let records = &self.0.client.0.records;
        let identifier = self.identifier();
        // First: from here on nothing that is under way writes a record of this user.
        self.0.session.close().await?;
        let mut names = vec![records::user_key(&identifier), records::user_public_key(self.id())];
        for keys in self.all_keys() {
            names.push(records::user_verify_key(self.id(), &KeyId::new(keys.id())));
        }
        for record in lock(&self.0.account).groups.clone() {
            names.extend(records::group_of(&record).map(|group_id| records::group_public_key(&group_id)));
            names.push(record);
        }
        if records.actual_user().await.unwrap_or_default().as_deref() == Some(&identifier) {
            names.push(records::ACTUAL_USER.to_owned());
        }
        for name in names {
            records.delete(&name).await?;
        }
        self.0.session.revoke().await;
        Ok(())
    }

    /// A user after login, with the first page of keys that came with it.
    pub(crate) async fn open(
        client: Client,
        session: Session,
        device: Device,
        stored: StoredUser,
    ) -> Result<Self, Error> {
        let more = stored.user_keys.len() >= PAGE_SIZE;
        let user = Self::with_keys(client, session, device, stored).await?;
        if more {
            user.fetch_older_keys().await?;
        }
        Ok(user.shared(true))
    }

    /// A user from the storage.
    pub(crate) async fn restore(client: Client, session: Session, stored: StoredUser) -> Result<Self, Error> {
        let device = stored.device()?;
        Ok(Self::with_keys(client, session, device, stored).await?.shared(false))
    }

    /// The handle of the user and device of `session` that the app has, logged out or not.
    pub(crate) fn held(client: &Client, session: &Session) -> Option<Self> {
        let key = held_key(session.user_id(), session.device_id());
        lock(&client.0.users).get(&key).and_then(Weak::upgrade).map(Self)
    }

    /// The handle of this user that others hold already, with what this one has brought; else this one, for others to come.
    ///
    /// Two handles with a session and keys each would renew the access token twice at once, miss each other's rotations, and write
    /// records after a logout on the other one.
    fn shared(self, is_new_login: bool) -> Self {
        let key = held_key(self.id(), self.device_id());
        let mut users = lock(&self.0.client.0.users);
        users.retain(|user| user.strong_count() > 0);
        let held = users.get(&key).and_then(Weak::upgrade).map(Self);
        // One that was logged out stays so.
        let Some(held) = held.filter(|held| held.0.session.adopt(&self.0.session, is_new_login)) else {
            users.insert(&key, Arc::downgrade(&self.0));
            drop(users);
            return self;
        };
        drop(users);
        write(&held.0.keys).merge(&read(&self.0.keys));
        if is_new_login {
            let new = lock(&self.0.account).clone();
            let mut account = lock(&held.0.account);
            let groups = std::mem::take(&mut account.groups);
            *account = new;
            let more: Vec<_> = groups.into_iter().filter(|group| !account.groups.contains(group)).collect();
            account.groups.extend(more);
        }
        held.0.snapshots.changed();
        held
    }

    async fn with_keys(
        client: Client,
        session: Session,
        device: Device,
        mut stored: StoredUser,
    ) -> Result<Self, Error> {
        let objects = std::mem::take(&mut stored.user_keys);
        let user = Self(Arc::new(Inner {
            client,
            session,
            device: Arc::new(device),
            keys: RwLock::new(Keyring::new()),
            account: Mutex::new(stored),
            invitations: Mutex::default(),
            snapshots: Snapshots::default(),
            groups: Mutex::default(),
        }));
        user.open_keys(objects).await?;
        // Without one nothing can be encrypted or signed, and nobody can encrypt to the user.
        if !user.0.client.0.light {
            user.newest_keys()?;
        }
        Ok(user)
    }

    /// Writes everything that a new login has brought.
    pub(crate) async fn store_login(&self) -> Result<(), Error> {
        self.store().await?;
        self.0.session.store().await?;
        let records = &self.0.client.0.records;
        records.set_actual_user(&self.identifier()).await?;
        self.0.client.0.directory.forget_user(self.id()).await
    }

    pub(crate) async fn resume(&self) -> Result<(), Error> {
        let invitations = self.0.session.resume().await?;
        *lock(&self.0.invitations) = invitations;
        Ok(())
    }

    /// Writes the user to the storage.
    pub(crate) fn store(&self) -> BoxFuture<'_, Result<(), Error>> {
        let snapshot = || {
            let mut stored = lock(&self.0.account).clone();
            stored.user_keys = read(&self.0.keys).to_stored();
            (records::user_key(&stored.identifier), stored)
        };
        let wanted = || !self.0.session.is_closed();
        Box::pin(self.0.snapshots.write(&self.0.client.0.records, wanted, snapshot))
    }

    /// Looks at what is stored of the account.
    pub(crate) fn account<T>(&self, look: impl FnOnce(&StoredUser) -> T) -> T {
        look(&lock(&self.0.account))
    }

    /// Changes what is stored of the account, and stores it.
    pub(crate) fn change(&self, change: impl FnOnce(&mut StoredUser)) -> BoxFuture<'_, Result<(), Error>> {
        change(&mut lock(&self.0.account));
        self.0.snapshots.changed();
        self.store()
    }

    /// Opens user keys and puts them to the others. Does not store them.
    pub(crate) async fn open_keys(&self, objects: Vec<GroupKey>) -> Result<(), Error> {
        let device = Arc::clone(&self.0.device);
        let opened = offload_if(objects.len() > 1, move || {
            let open = |object: GroupKey| {
                let keys = UserKeys::open(&object, &device.private_key)?;
                Ok((object, keys))
            };
            objects.into_iter().map(open).collect::<Result<Vec<_>, keyfold_crypto::Error>>()
        });
        let opened = opened.await.ok_or(Error::WorkLost)??;
        {
            let mut ring = write(&self.0.keys);
            for (object, keys) in opened {
                ring.insert(Arc::new(object), keys);
            }
        }
        self.0.snapshots.changed();
        Ok(())
    }
}

impl fmt::Debug for User {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "User({})", self.id())
    }
}
