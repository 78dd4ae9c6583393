//! The keys of a group: lookup, opening, verification.

use std::sync::{Arc, OnceLock};

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
use crate::platform::BoxFuture;
use crate::rotations::Rotated as _;
use crate::trust::Signers;

/// One generation of keys of a group.
///
/// It is opened when it is needed for the first time: most contents are of the newest generations, and a group that is years old has
/// many.
pub(super) struct Generation {
    object: Arc<GroupKey>,
    /// Checks the signature that the key has.
    verify_key: Option<VerifyingKey>,
    opened: OnceLock<Arc<GroupKeys>>,
}

/// Who signed a group key, with which key, and how.
type SignedBy<'a> = (&'a Option<UserId>, &'a Option<KeyId>, &'a Option<KeyText>);

fn signature_of(key: &GroupKey) -> SignedBy<'_> {
    (&key.signed_by_user_id, &key.signed_by_user_sign_key_id, &key.group_key_sig)
}

/// A private key of the principal, with the generation of keys that it is part of.
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
        let newest = read(&self.0.keys).newest().ok_or(Error::NoGroupKeys)?;
        self.open(&newest)
    }

    /// All generations, newest first. Opens those that are not, which takes as long as a decapsulation for each.
    pub(super) fn all_keys(&self) -> Result<Vec<Arc<GroupKeys>>, Error> {
        let generations = read(&self.0.keys).all();
        generations.iter().map(|generation| self.open(generation)).collect()
    }

    pub(super) fn loaded(&self, id: &str) -> Result<Arc<GroupKeys>, Error> {
        let generation = read(&self.0.keys).get(id).ok_or_else(|| Error::key_not_loaded(id))?;
        self.open(&generation)
    }

    /// Opens a generation with the private key of the principal, unless that was done before.
    pub(super) fn open(&self, generation: &Generation) -> Result<Arc<GroupKeys>, Error> {
        if let Some(keys) = generation.opened.get() {
            return Ok(Arc::clone(keys));
        }
        let principal = self.principal_key(&generation.object.user_public_key_id)?;
        let verification = match &generation.verify_key {
            Some(verify_key) => Verification::Require(verify_key),
            None => Verification::Ignore,
        };
        let keys = GroupKeys::open(&generation.object, principal.private_key()?, verification)?;
        // Somebody else may have opened it meanwhile: then all go on with the same one.
        Ok(Arc::clone(generation.opened.get_or_init(|| Arc::new(keys))))
    }

    /// A generation by id: loaded, fetched, or reached by finishing a rotation.
    pub(crate) async fn keys(&self, id: &KeyId) -> Result<Arc<GroupKeys>, Error> {
        match self.loaded_or_fetched(id).await {
            Err(error) if error.is_server(ErrorCode::GroupKeyNotFound) => {
                let finished = self.finish_key_rotation().await;
                // Another rotation may have failed.
                self.loaded(id.as_str()).or_else(|_| finished.and(Err(error)))
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
        for generation in self.sealed(vec![object], self.signers()).await? {
            self.open(&generation)?;
            let mut ring = write(&self.0.keys);
            // What came out of the storage and cannot be opened would otherwise stay for ever.
            if ring.get(id.as_str()).is_some_and(|known| known.opened.get().is_none()) {
                ring.remove(id.as_str());
            }
            ring.insert(Arc::clone(&generation.object), generation);
        }
        self.0.snapshots.changed();
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
            let missing = page.into_iter().filter(|key| !self.has_key(&key.group_key_id));
            self.add_keys(missing.collect()).await?;
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

    /// Puts keys to the others, to be opened when they are needed. Does not store them.
    pub(super) async fn add_keys(&self, objects: Vec<GroupKey>) -> Result<(), Error> {
        let generations = self.sealed(objects, self.signers()).await?;
        {
            let mut ring = write(&self.0.keys);
            for generation in generations {
                ring.insert(Arc::clone(&generation.object), generation);
            }
        }
        self.0.snapshots.changed();
        Ok(())
    }

    /// Generations as they came, with everything at hand that opens and verifies them.
    pub(super) async fn sealed(
        &self,
        objects: Vec<GroupKey>,
        signers: Signers,
    ) -> Result<Vec<Generation>, Error> {
        let mut sealed = Vec::with_capacity(objects.len());
        for object in objects {
            self.load_principal_key(&object.user_public_key_id).await?;
            let verify_key = self.verify_key(signature_of(&object), signers).await?;
            sealed.push(Generation { object: Arc::new(object), verify_key, opened: OnceLock::new() });
        }
        Ok(sealed)
    }

    /// The rule of the client for signatures that cannot be checked.
    fn signers(&self) -> Signers {
        self.user().0.client.0.signers
    }

    /// The verify key for the signature of a group key, if it has one.
    pub(super) async fn verify_key(
        &self,
        (user_id, key_id, signature): SignedBy<'_>,
        signers: Signers,
    ) -> Result<Option<VerifyingKey>, Error> {
        let (Some(user_id), Some(key_id), Some(_)) = (user_id, key_id, signature) else {
            return self.unsigned(signers);
        };
        match self.user().verify_key_of(user_id, key_id).await {
            Ok(key) => Ok(Some(key)),
            // The account that signed was deleted, and its verify keys with it.
            Err(error) if error.is_server(ErrorCode::UserNotFound) && signers != Signers::MustExist => {
                self.unsigned(signers)
            }
            Err(Error::Server(_) | Error::Network(_) | Error::AnswerUnreadable(_))
                if signers == Signers::MayBeMissing =>
            {
                self.unsigned(signers)
            }
            Err(error) => Err(error),
        }
    }

    fn unsigned(&self, signers: Signers) -> Result<Option<VerifyingKey>, Error> {
        if signers == Signers::MustExist || self.user().0.client.0.policy.signed_group_keys {
            return Err(keyfold_crypto::Error::SignatureMissing.into());
        }
        Ok(None)
    }

    /// Checks the signatures of all generations of keys, also of those that were loaded under a weaker rule.
    ///
    /// # Errors
    /// `client_401`: one is not signed and [`Signers::MustExist`] demands it. `client_31`: a signature is wrong. Those of
    /// [`Client::verify_key`](crate::Client::verify_key), as far as the rule does not ignore them.
    pub async fn check_signatures(&self, signers: Signers) -> Result<(), Error> {
        let keys = read(&self.0.keys).to_stored();
        for generation in self.sealed(keys, signers).await? {
            self.open(&generation)?;
        }
        Ok(())
    }

    /// Has a private key of whoever the group's keys are encrypted to at hand. Recursive, hence boxed.
    pub(super) fn load_principal_key<'a>(&'a self, id: &'a KeyId) -> BoxFuture<'a, Result<(), Error>> {
        Box::pin(async move {
            match &self.0.principal {
                Principal::User if self.user().has_key(id) => Ok(()),
                Principal::User => self.user().keys(id).await.map(drop),
                Principal::Parent(group) | Principal::Member(group) if group.has_key(id) => Ok(()),
                Principal::Parent(group) | Principal::Member(group) => group.keys(id).await.map(drop),
            }
        })
    }

    /// A private key of whoever the group's keys are encrypted to, which is loaded.
    pub(super) fn principal_key(&self, id: &KeyId) -> Result<PrincipalKey, Error> {
        match &self.0.principal {
            Principal::User => self.user().loaded(id.as_str()).map(PrincipalKey::User),
            Principal::Parent(group) | Principal::Member(group) => {
                group.loaded(id.as_str()).map(PrincipalKey::Group)
            }
        }
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
