//! What is remembered of the keys of other users: trust on first use.
//!
//! Public keys come from the server, which could hand out any. Remembering them turns a lie that works at any time into one
//! that works only before the first contact, and comparing safety numbers closes that gap, too.

use std::fmt;
use std::sync::Arc;

use futures_util::lock::Mutex;
use keyfold_crypto::{KnownUser, PublicKey, Recognition, VerifyingKey};
use keyfold_protocol::id::{KeyId, UserId};
use keyfold_protocol::text_map::TextMap;
use serde::{Deserialize, Serialize};

use crate::clock::Clock;
use crate::error::Error;
use crate::platform::MaybeSendSync;
use crate::records::{self, Records};

/// A verify key of a user that this client has seen.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct KnownVerifyKey {
    /// Its id.
    pub key_id: KeyId,
    /// When it was first seen, in milliseconds since 1970.
    pub first_seen: u64,
    /// When it was verified by a safety number, in milliseconds since 1970.
    pub verified_at: Option<u64>,
}

/// A user has keys that were not seen before, while others were: a verify key, or a public key, whichever is met first.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct KeyChange {
    /// Whose key.
    pub user_id: UserId,
    /// The new key. The verify key and the public key of one generation share it.
    pub key_id: KeyId,
    /// Whether it was refused, because an earlier key was verified.
    pub refused: bool,
}

/// What the verify key of whoever signed a group key has to be.
///
/// A signature that can be checked and is wrong is refused in any case, and so is a verify key that the policy or an earlier one of
/// the same user speaks against.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Signers {
    /// It has to be there, and so has the signature.
    MustExist,
    /// It has to be there, unless the signer's account was deleted: the group key counts as not signed then, and it may be so.
    #[default]
    MayBeDeleted,
    /// If the lookup fails, for whatever reason, the group key counts as not signed.
    MayBeMissing,
}

pub(crate) trait KeyChangeListener: MaybeSendSync {
    fn changed(&self, change: &KeyChange);
}

impl<F: Fn(&KeyChange) + MaybeSendSync> KeyChangeListener for F {
    fn changed(&self, change: &KeyChange) {
        self(change);
    }
}

#[derive(Clone)]
pub(crate) struct Trust(Arc<Inner>);

struct Inner {
    records: Records,
    clock: Clock,
    listener: Option<Box<dyn KeyChangeListener>>,
    /// Records are read, changed and written by one at a time: none of two keys that are first seen at once gets lost.
    changing: Mutex<()>,
}

/// Holds nothing secret.
#[derive(Default, Clone, Serialize, Deserialize)]
struct Record {
    known: KnownUser,
    keys: TextMap<Seen>,
    /// Records of earlier versions have none.
    #[serde(default)]
    public_keys: TextMap<Seen>,
}

#[derive(Clone, Serialize, Deserialize)]
struct Seen {
    first: u64,
    verified: Option<u64>,
    /// Whether people took it for good without verifying it, although an earlier one was verified.
    #[serde(default)]
    accepted: bool,
}

impl Seen {
    fn at(first: u64) -> Self {
        Self { first, verified: None, accepted: false }
    }

    /// Whether people stand for the key, and not only its having been seen.
    fn is_vouched_for(&self) -> bool {
        self.verified.is_some() || self.accepted
    }
}

impl Record {
    /// Whether a safety number was compared with this user.
    fn is_verified(&self) -> bool {
        self.keys.iter().any(|(_, seen)| seen.verified.is_some())
    }
}

impl Trust {
    pub(crate) fn new(records: Records, clock: Clock, listener: Option<Box<dyn KeyChangeListener>>) -> Self {
        Self(Arc::new(Inner { records, clock, listener, changing: Mutex::default() }))
    }

    pub(crate) async fn known(&self, user_id: &UserId) -> Result<Vec<KnownVerifyKey>, Error> {
        let record = self.read(user_id).await?;
        let known = |(id, seen): (&str, &Seen)| KnownVerifyKey {
            key_id: KeyId::new(id),
            first_seen: seen.first,
            verified_at: seen.verified,
        };
        let mut keys: Vec<_> = record.keys.iter().map(known).collect();
        keys.sort_by(|one, other| {
            (one.first_seen, one.key_id.as_str()).cmp(&(other.first_seen, other.key_id.as_str()))
        });
        Ok(keys)
    }

    /// Compares a key with those that are known, and remembers it if there is nothing against it.
    pub(crate) async fn admit(&self, user_id: &UserId, key: &VerifyingKey) -> Result<(), Error> {
        let changed = {
            let _changing = self.0.changing.lock().await;
            let before = self.read(user_id).await?;
            let mut after = before.clone();
            let recognition = after.known.admit_verify_key(key)?;
            if recognition == Recognition::Known {
                return Ok(());
            }
            let refused = recognition == Recognition::New && before.is_verified();
            if !refused {
                after.keys.insert(key.id(), Seen::at(self.0.clock.now()));
                self.write(user_id, &after).await?;
            }
            // Its public key, which has the same id, may have been reported.
            let is_news = refused || !before.public_keys.contains(key.id());
            (recognition == Recognition::New && is_news).then_some(refused)
        };
        let Some(refused) = changed else { return Ok(()) };
        let change = self.report(user_id, key.id(), refused);
        if refused { Err(Error::verify_key_changed(change.user_id, change.key_id)) } else { Ok(()) }
    }

    /// Remembers a key because people say so.
    pub(crate) async fn accept(
        &self,
        user_id: &UserId,
        key: &VerifyingKey,
        verified: bool,
    ) -> Result<(), Error> {
        let _changing = self.0.changing.lock().await;
        let mut record = self.read(user_id).await?;
        record.known.admit_verify_key(key)?;
        let now = self.0.clock.now();
        record.keys.insert_new(key.id(), Seen::at(now));
        if let Some(seen) = record.keys.get_mut(key.id()) {
            if verified {
                seen.verified = Some(now);
            } else {
                seen.accepted = true;
            }
        }
        self.write(user_id, &record).await
    }

    /// Whether a safety number was compared with this user.
    pub(crate) async fn is_verified(&self, user_id: &UserId) -> Result<bool, Error> {
        Ok(self.read(user_id).await?.is_verified())
    }

    /// Compares a public key with those that are known, and remembers it if there is nothing against it. Returns when it was first
    /// seen. `signer` is the verify key that its signature was checked with.
    ///
    /// Of a verified user, only keys are admitted that were signed with a verify key for which people stand. One that was merely
    /// seen may be what a server once made up, before the safety number showed which the true one is.
    pub(crate) async fn admit_public_key(
        &self,
        user_id: &UserId,
        key: &PublicKey,
        signer: Option<&VerifyingKey>,
    ) -> Result<u64, Error> {
        let admitted = {
            let _changing = self.0.changing.lock().await;
            let before = self.read(user_id).await?;
            let vouched =
                |signer: &VerifyingKey| before.keys.get(signer.id()).is_some_and(Seen::is_vouched_for);
            match signer {
                None if before.is_verified() => return Err(keyfold_crypto::Error::SignatureMissing.into()),
                Some(signer) if before.is_verified() && !vouched(signer) => Err(signer),
                _ => {
                    let mut after = before.clone();
                    let recognition = after.known.admit_public_key(key)?;
                    let now = self.0.clock.now();
                    let is_known = recognition == Recognition::Known;
                    after.public_keys.insert_new(key.id(), Seen::at(now));
                    let first_seen = after.public_keys.get(key.id()).map_or(now, |seen| seen.first);
                    if !is_known || !before.public_keys.contains(key.id()) {
                        self.write(user_id, &after).await?;
                    }
                    let is_first = recognition == Recognition::First && before.keys.is_empty();
                    // Its verify key, which has the same id, may have been reported.
                    let is_met = is_known || is_first || before.keys.contains(key.id());
                    Ok((first_seen, !is_met))
                }
            }
        };
        match admitted {
            Ok((first_seen, is_news)) => {
                if is_news {
                    self.report(user_id, key.id(), false);
                }
                Ok(first_seen)
            }
            Err(doubtful) => {
                let change = self.report(user_id, doubtful.id(), true);
                Err(Error::verify_key_changed(change.user_id, change.key_id))
            }
        }
    }

    fn report(&self, user_id: &UserId, key_id: &str, refused: bool) -> KeyChange {
        let change = KeyChange { user_id: user_id.clone(), key_id: KeyId::new(key_id), refused };
        tracing::warn!(user = %change.user_id, key = %change.key_id, refused, "a user has new keys");
        if let Some(listener) = &self.0.listener {
            listener.changed(&change);
        }
        change
    }

    async fn read(&self, user_id: &UserId) -> Result<Record, Error> {
        let record = self.0.records.get("trust", &records::user_trust(user_id)).await?;
        Ok(record.unwrap_or_default())
    }

    async fn write(&self, user_id: &UserId, record: &Record) -> Result<(), Error> {
        self.0.records.set(&records::user_trust(user_id), record).await
    }
}

impl fmt::Debug for Trust {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Trust")
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use keyfold_crypto::{PrivateKey, SigningKey, Suite};

    use super::*;
    use crate::storage::MemoryStorage;

    fn key(id: &str) -> VerifyingKey {
        SigningKey::generate(&Suite::STD, id).unwrap().1
    }

    fn trust(storage: &MemoryStorage) -> (Trust, Arc<AtomicUsize>) {
        let changes = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&changes);
        let listener = move |_: &KeyChange| {
            counter.fetch_add(1, Ordering::SeqCst);
        };
        let records = Records::new(Arc::new(storage.clone()));
        (Trust::new(records, Clock::new(|| 17), Some(Box::new(listener))), changes)
    }

    fn code<T: fmt::Debug>(result: Result<T, Error>) -> String {
        result.unwrap_err().code().into_owned()
    }

    #[tokio::test]
    async fn another_key_under_a_known_id_is_refused_also_after_a_restart() {
        let storage = MemoryStorage::new();
        let (user, first) = (UserId::from("user"), key("a"));
        trust(&storage).0.admit(&user, &first).await.unwrap();
        let (trust, changes) = trust(&storage);
        assert_eq!(code(trust.admit(&user, &key("a")).await), "client_409");
        trust.admit(&user, &first).await.unwrap();
        assert_eq!(changes.load(Ordering::SeqCst), 0);
        let known = trust.known(&user).await.unwrap();
        assert_eq!((known[0].key_id.as_str(), known[0].first_seen, known[0].verified_at), ("a", 17, None));
    }

    #[tokio::test]
    async fn a_new_key_is_reported_once_and_accepted() {
        let (trust, changes) = trust(&MemoryStorage::new());
        let (user, second) = (UserId::from("user"), key("b"));
        trust.admit(&user, &key("a")).await.unwrap();
        trust.admit(&user, &second).await.unwrap();
        trust.admit(&user, &second).await.unwrap();
        assert_eq!(changes.load(Ordering::SeqCst), 1);
        assert_eq!(trust.known(&user).await.unwrap().len(), 2);
    }

    #[tokio::test]
    async fn a_new_key_of_a_verified_user_is_refused_until_it_is_verified() {
        let (trust, changes) = trust(&MemoryStorage::new());
        let (user, first, second) = (UserId::from("user"), key("a"), key("b"));
        trust.accept(&user, &first, true).await.unwrap();
        for _ in 0..2 {
            assert_eq!(code(trust.admit(&user, &second).await), "client_437");
        }
        assert_eq!(changes.load(Ordering::SeqCst), 2);
        trust.accept(&user, &second, false).await.unwrap();
        trust.admit(&user, &second).await.unwrap();
        trust.admit(&user, &first).await.unwrap();
    }

    #[tokio::test]
    async fn a_public_key_of_a_verified_user_needs_a_signer_for_whom_people_stand() {
        let (trust, changes) = trust(&MemoryStorage::new());
        let user = UserId::from("user");
        let public_key = |id| PrivateKey::generate(&Suite::STD, id).unwrap().1;
        let (seen, verified) = (key("seen"), key("verified"));
        let (of_seen, of_verified) = (public_key("seen"), public_key("verified"));
        trust.admit(&user, &seen).await.unwrap();
        trust.admit_public_key(&user, &of_seen, None).await.unwrap();
        assert_eq!(code(trust.admit_public_key(&user, &public_key("seen"), None).await), "client_409");

        trust.accept(&user, &verified, true).await.unwrap();
        assert_eq!(code(trust.admit_public_key(&user, &of_verified, None).await), "client_401");
        trust.admit_public_key(&user, &of_verified, Some(&verified)).await.unwrap();
        // A rollback, or what the server had made up before the numbers were compared.
        assert_eq!(code(trust.admit_public_key(&user, &of_seen, Some(&seen)).await), "client_437");
        assert_eq!(changes.load(Ordering::SeqCst), 1);
        trust.accept(&user, &seen, false).await.unwrap();
        trust.admit_public_key(&user, &of_seen, Some(&seen)).await.unwrap();
    }

    #[tokio::test]
    async fn new_keys_are_reported_once_whichever_is_met_first() {
        let (trust, changes) = trust(&MemoryStorage::new());
        let user = UserId::from("user");
        let public_key = |id| PrivateKey::generate(&Suite::STD, id).unwrap().1;
        let reported = || changes.swap(0, Ordering::SeqCst);
        let first = public_key("a");
        trust.admit_public_key(&user, &first, None).await.unwrap();
        trust.admit(&user, &key("a")).await.unwrap();
        assert_eq!(reported(), 0, "the first generation");

        let (second, verify_key) = (public_key("b"), key("b"));
        for _ in 0..2 {
            assert_eq!(trust.admit_public_key(&user, &second, None).await.unwrap(), 17);
            trust.admit(&user, &verify_key).await.unwrap();
        }
        assert_eq!(reported(), 1, "the public key first");

        let (third, verify_key) = (public_key("c"), key("c"));
        for _ in 0..2 {
            trust.admit(&user, &verify_key).await.unwrap();
            trust.admit_public_key(&user, &third, None).await.unwrap();
        }
        assert_eq!(reported(), 1, "the verify key first");
        trust.admit_public_key(&user, &first, None).await.unwrap();
        assert_eq!(reported(), 0, "an old one");
    }

    #[tokio::test]
    async fn a_public_key_of_a_user_of_whom_a_verify_key_is_known_is_new() {
        let (trust, changes) = trust(&MemoryStorage::new());
        let user = UserId::from("user");
        trust.admit(&user, &key("a")).await.unwrap();
        let public_key = PrivateKey::generate(&Suite::STD, "b").unwrap().1;
        trust.admit_public_key(&user, &public_key, None).await.unwrap();
        assert_eq!(changes.load(Ordering::SeqCst), 1);
    }

    #[tokio::test]
    async fn damaged_memory_is_an_error_and_no_first_contact() {
        use crate::storage::Storage;
        let storage = MemoryStorage::new();
        let (user, first) = (UserId::from("user"), key("a"));
        storage.set(&records::user_trust(&user), "damaged").await.unwrap();
        assert_eq!(code(trust(&storage).0.admit(&user, &first).await), "client_421");
    }

    #[tokio::test]
    async fn keys_that_are_first_seen_at_once_are_both_remembered() {
        let (trust, _) = trust(&MemoryStorage::new());
        let (user, first, second) = (UserId::from("user"), key("a"), key("b"));
        let (one, two) = tokio::join!(trust.admit(&user, &first), trust.admit(&user, &second));
        one.and(two).unwrap();
        assert_eq!(trust.known(&user).await.unwrap().len(), 2);
    }
}
