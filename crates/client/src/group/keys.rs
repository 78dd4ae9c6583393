//! The keys of a group: lookup, opening, verification.

use std::collections::HashMap;
use std::sync::Arc;

use keyfold_crypto::{GroupKeys, PrivateKey, PublicKey, UserKeys, Verification, VerifyingKey};
use keyfold_protocol::PAGE_SIZE;
use keyfold_protocol::encoding::KeyText;
use keyfold_protocol::error::ErrorCode;
use keyfold_protocol::group::GroupKey;
use keyfold_protocol::id::{KeyId, UserId};

use super::{Group, Principal};
use crate::api::Call;
use crate::error::Error;
use crate::lock::{read, write};
use crate::platform::{BoxFuture, offload};

/// A private key of the principal, with the generation of keys that it is part of.
#[derive(Clone)]
pub(super) enum PrincipalKey {
    User(Arc<UserKeys>),
    Group(Arc<GroupKeys>),
}

impl PrincipalKey {
    pub(super) fn private_key(&self) -> Result<&PrivateKey, keyfold_crypto::Error> {
        match self {
            Self::User(keys) => keys.group.private_key(),
            Self::Group(keys) => keys.private_key(),
        }
    }
}

impl Group {
    pub(crate) fn newest_keys(&self) -> Result<Arc<GroupKeys>, Error> {
        read(&self.0.keys).newest().ok_or(Error::NoGroupKeys)
    }

    /// All generations, newest first.
    pub(super) fn all_keys(&self) -> Vec<Arc<GroupKeys>> {
        read(&self.0.keys).all()
    }

    pub(super) fn loaded(&self, id: &str) -> Result<Arc<GroupKeys>, Error> {
        read(&self.0.keys).get(id).ok_or_else(|| Error::key_not_loaded(id))
    }

    /// A generation by id: loaded, fetched, or reached by finishing a rotation.
    pub(crate) async fn keys(&self, id: &KeyId) -> Result<Arc<GroupKeys>, Error> {
        match self.loaded_or_fetched(id).await {
            Err(error) if error.is_server(ErrorCode::GroupKeyNotFound) => {
                self.finish_key_rotation().await?;
                self.loaded(id.as_str()).map_err(|_| error)
            }
            keys => keys,
        }
    }

    pub(super) async fn loaded_or_fetched(&self, id: &KeyId) -> Result<Arc<GroupKeys>, Error> {
        match self.loaded(id.as_str()) {
            Ok(keys) => Ok(keys),
            Err(_) => self.fetch_key(id).await,
        }
    }

    pub(super) async fn fetch_key(&self, id: &KeyId) -> Result<Arc<GroupKeys>, Error> {
        let path = ["group", self.id().as_str(), "key", id.as_str()];
        let object: GroupKey = self.call(Call::get(&path)).await?;
        write(&self.0.state).is_complete = false;
        self.open_keys(vec![object]).await?;
        self.store().await?;
        self.loaded(id.as_str())
    }

    /// Loads a key that another device or another person has made available without a trace in the update check: the
    /// public lookup tells its id.
    pub(super) async fn load_newest_key(&self) -> Result<(), Error> {
        if read(&self.0.keys).newest().is_none() {
            return Ok(());
        }
        let newest = self.0.user.0.client.0.directory.newest_group_key_id(self.id()).await?;
        match self.loaded_or_fetched(&newest).await {
            // A rotation is under way and has not reached this member.
            Err(error) if error.is_server(ErrorCode::GroupKeyNotFound) => Ok(()),
            result => result.map(drop),
        }
    }

    /// Loads what is missing of the keys, before they are handed to somebody: what is left out then, the other one never gets. It may
    /// lie between others, when another device has taken over one rotation and this one the next.
    pub(super) async fn complete_keys(&self) -> Result<(), Error> {
        if read(&self.0.state).is_complete {
            return Ok(());
        }
        self.finish_possible_rotations().await?;
        let (mut time, mut last) = ("0".to_owned(), "none".to_owned());
        loop {
            let path = ["group", self.id().as_str(), "keys", &time, &last];
            let page: Vec<GroupKey> = self.call(Call::get(&path)).await?;
            let end = page.last().map(|key| (key.time.to_string(), key.group_key_id.as_str().to_owned()));
            let is_last = page.len() < PAGE_SIZE;
            let missing = page.into_iter().filter(|key| self.loaded(key.group_key_id.as_str()).is_err());
            self.open_keys(missing.collect()).await?;
            match end {
                // A list that does not move would go round for ever.
                Some(end) if !is_last && end.1 != last => (time, last) = end,
                _ => break,
            }
        }
        write(&self.0.state).is_complete = true;
        self.0.snapshots.changed();
        self.store().await
    }

    /// Opens keys with the private keys of the principal and puts them to the others. Does not store them.
    pub(super) async fn open_keys(&self, objects: Vec<GroupKey>) -> Result<(), Error> {
        let opened = self.opened(objects).await?;
        {
            let mut ring = write(&self.0.keys);
            for (object, keys) in opened {
                ring.insert(object, keys);
            }
        }
        self.0.snapshots.changed();
        Ok(())
    }

    /// Keys beside the objects that they came in.
    pub(super) async fn opened(&self, objects: Vec<GroupKey>) -> Result<Vec<(GroupKey, GroupKeys)>, Error> {
        let mut sealed = Vec::with_capacity(objects.len());
        let mut principal_keys: HashMap<KeyId, PrincipalKey> = HashMap::new();
        for object in objects {
            let id = &object.user_public_key_id;
            let key = match principal_keys.get(id) {
                Some(key) => key.clone(),
                None => {
                    let key = self.principal_key(id).await?;
                    principal_keys.insert(id.clone(), key.clone());
                    key
                }
            };
            let signed_by =
                (&object.signed_by_user_id, &object.signed_by_user_sign_key_id, &object.group_key_sig);
            let verify_key = self.verify_key(signed_by).await?;
            sealed.push((object, key, verify_key));
        }
        let must_be_signed = self.0.user.0.client.0.policy.signed_group_keys;
        let opened = offload(move || {
            let open = |(object, key, verify_key): (GroupKey, PrincipalKey, Option<VerifyingKey>)| {
                let verification = match &verify_key {
                    Some(verify_key) => Verification::Require(verify_key),
                    None if must_be_signed => return Err(keyfold_crypto::Error::SignatureMissing),
                    None => Verification::Ignore,
                };
                let keys = GroupKeys::open(&object, key.private_key()?, verification)?;
                Ok((object, keys))
            };
            sealed.into_iter().map(open).collect::<Result<Vec<_>, _>>()
        });
        Ok(opened.await.ok_or(Error::WorkLost)??)
    }

    /// The verify key for the signature of a group key, if it has one.
    pub(super) async fn verify_key(
        &self,
        (user_id, key_id, signature): (&Option<UserId>, &Option<KeyId>, &Option<KeyText>),
    ) -> Result<Option<VerifyingKey>, Error> {
        let (Some(user_id), Some(key_id), Some(_)) = (user_id, key_id, signature) else {
            return Ok(None);
        };
        match self.0.user.0.client.verify_key(user_id, key_id).await {
            Ok(key) => Ok(Some(key)),
            // The account that signed was deleted, and its verify keys with it.
            Err(error) if error.is_server(ErrorCode::UserNotFound) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// A private key of whoever the group's keys are encrypted to. Recursive, hence boxed.
    pub(super) fn principal_key<'a>(&'a self, id: &'a KeyId) -> BoxFuture<'a, Result<PrincipalKey, Error>> {
        Box::pin(async move {
            match &self.0.principal {
                Principal::User => self.user().keys(id).await.map(PrincipalKey::User),
                Principal::Parent(group) | Principal::Member(group) => {
                    group.keys(id).await.map(PrincipalKey::Group)
                }
            }
        })
    }

    /// The newest public key of whoever the group's keys are encrypted to.
    pub(super) fn principal_public_key(&self) -> Result<PublicKey, Error> {
        match &self.0.principal {
            Principal::User => Ok(self.user().newest_keys()?.group.public_key()?.clone()),
            Principal::Parent(group) | Principal::Member(group) => {
                Ok(group.newest_keys()?.public_key()?.clone())
            }
        }
    }
}
