//! Public keys of users and groups: fetched, judged by the policy, remembered with their age.

use std::sync::Arc;

use keyfold_crypto::{Policy, PublicKey, VerifyingKey};
use keyfold_protocol::id::{GroupId, KeyId, UserId};
use keyfold_protocol::user::{PublicKeyData, VerifyKeyData};
use serde::{Deserialize, Serialize};

use crate::api::{Api, Call};
use crate::clock::Clock;
use crate::error::Error;
use crate::records::{self, Records};
use crate::trust::Trust;

/// The newest public key of a user.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct UserPublicKey {
    /// Whose key.
    pub user_id: UserId,
    /// The key.
    pub key: PublicKey,
    /// Whether [`Client::verify_public_key`](crate::Client::verify_public_key) has found it to be signed by its user.
    pub verified: bool,
    /// When it was fetched, in milliseconds since 1970.
    pub fetched_at: u64,
    /// When this client saw it for the first time, in milliseconds since 1970.
    pub first_seen: u64,
    data: PublicKeyData,
}

/// The newest public key of a group.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct GroupPublicKey {
    /// Whose key.
    pub group_id: GroupId,
    /// The key.
    pub key: PublicKey,
    /// When it was fetched, in milliseconds since 1970.
    pub fetched_at: u64,
}

#[derive(Clone)]
pub(crate) struct Directory {
    api: Arc<Api>,
    records: Records,
    clock: Clock,
    policy: Policy,
    max_age: u64,
    trust: Trust,
}

#[derive(Serialize, Deserialize)]
struct StoredPublicKey {
    data: PublicKeyData,
    fetched_at: u64,
    verified: bool,
}

impl Directory {
    pub(crate) fn new(
        api: Arc<Api>,
        records: Records,
        clock: Clock,
        policy: Policy,
        max_age: u64,
        trust: Trust,
    ) -> Self {
        Self { api, records, clock, policy, max_age, trust }
    }

    pub(crate) fn trust(&self) -> &Trust {
        &self.trust
    }

    pub(crate) async fn user_public_key(&self, user_id: &UserId) -> Result<UserPublicKey, Error> {
        let record = records::user_public_key(user_id);
        let known = self.known(&record).await;
        let stored = match known {
            Some(stored) if self.is_young(stored.fetched_at) => stored,
            known => {
                let data: PublicKeyData = self.fetch(&["user", user_id.as_str(), "public_key"]).await?;
                let verified = known.is_some_and(|known| known.verified && known.data == data);
                let stored = StoredPublicKey { data, fetched_at: self.clock.now(), verified };
                self.records.set(&record, &stored).await?;
                stored
            }
        };
        // People who have compared a safety number know whose verify key it is. Without the signature that knowledge would say
        // nothing about the key that contents are encrypted to.
        let signed_public_keys = self.policy.signed_public_keys || self.trust.is_verified(user_id).await?;
        let policy = Policy { signed_public_keys, ..self.policy };
        let verify_key = match &stored.data.public_key_sig_key_id {
            Some(id) if signed_public_keys => Some(self.user_verify_key(user_id, id).await?),
            _ => None,
        };
        let key = PublicKey::accept(&stored.data, verify_key.as_ref(), &policy)?;
        let first_seen = self.trust.admit_public_key(user_id, &key, verify_key.as_ref()).await?;
        let StoredPublicKey { data, fetched_at, verified } = stored;
        Ok(UserPublicKey {
            user_id: user_id.clone(),
            key,
            verified: verified || verify_key.is_some(),
            fetched_at,
            first_seen,
            data,
        })
    }

    /// A verify key, compared with what is known of its user.
    pub(crate) async fn user_verify_key(
        &self,
        user_id: &UserId,
        key_id: &KeyId,
    ) -> Result<VerifyingKey, Error> {
        let key = self.untrusted_verify_key(user_id, key_id).await?;
        self.trust.admit(user_id, &key).await?;
        Ok(key)
    }

    /// A verify key never changes under its id, so it is asked for once.
    pub(crate) async fn untrusted_verify_key(
        &self,
        user_id: &UserId,
        key_id: &KeyId,
    ) -> Result<VerifyingKey, Error> {
        let record = records::user_verify_key(user_id, key_id);
        let known: Option<VerifyKeyData> = self.records.get("verify key", &record).await.unwrap_or_default();
        let data = match known {
            Some(data) => data,
            None => {
                let path = ["user", user_id.as_str(), "verify_key", key_id.as_str()];
                let data: VerifyKeyData = self.fetch(&path).await?;
                // A server must not answer with another key than the one that was asked for.
                if data.verify_key_id != *key_id {
                    return Err(Error::AnswerIncomplete);
                }
                self.records.set(&record, &data).await?;
                data
            }
        };
        Ok(VerifyingKey::accept(&data, &self.policy)?)
    }

    pub(crate) async fn group_public_key(&self, group_id: &GroupId) -> Result<GroupPublicKey, Error> {
        let record = records::group_public_key(group_id);
        let stored = match self.known(&record).await {
            Some(stored) if self.is_young(stored.fetched_at) => stored,
            _ => self.fetch_group_public_key(group_id).await?,
        };
        // Groups do not sign their public keys, so there is nothing to demand of them but strength.
        let policy = Policy { signed_public_keys: false, ..self.policy };
        let key = PublicKey::accept(&stored.data, None, &policy)?;
        Ok(GroupPublicKey { group_id: group_id.clone(), key, fetched_at: stored.fetched_at })
    }

    /// Id of the newest generation of a user's keys, straight from the server.
    pub(crate) async fn newest_user_key_id(&self, user_id: &UserId) -> Result<KeyId, Error> {
        self.forget_user(user_id).await?;
        let data: PublicKeyData = self.fetch(&["user", user_id.as_str(), "public_key"]).await?;
        Ok(data.public_key_id)
    }

    /// Id of the newest generation of a group's keys, straight from the server.
    pub(crate) async fn newest_group_key_id(&self, group_id: &GroupId) -> Result<KeyId, Error> {
        Ok(self.fetch_group_public_key(group_id).await?.data.public_key_id)
    }

    pub(crate) async fn verify(&self, key: &UserPublicKey) -> Result<bool, Error> {
        if key.verified {
            return Ok(true);
        }
        let Some(verify_key_id) = key.key.signature_key_id() else { return Ok(false) };
        let verify_key = self.user_verify_key(&key.user_id, &KeyId::new(verify_key_id)).await?;
        if !key.key.is_signed_by(&verify_key)? {
            return Ok(false);
        }
        let stored = StoredPublicKey { data: key.data.clone(), fetched_at: key.fetched_at, verified: true };
        self.records.set(&records::user_public_key(&key.user_id), &stored).await?;
        Ok(true)
    }

    /// Forgets the public key of a user, so that the next use fetches it.
    pub(crate) async fn forget_user(&self, user_id: &UserId) -> Result<(), Error> {
        self.records.delete(&records::user_public_key(user_id)).await
    }

    /// Forgets the public key of a group, so that the next use fetches it.
    pub(crate) async fn forget_group(&self, group_id: &GroupId) -> Result<(), Error> {
        self.records.delete(&records::group_public_key(group_id)).await
    }

    async fn fetch_group_public_key(&self, group_id: &GroupId) -> Result<StoredPublicKey, Error> {
        let data = self.fetch(&["group", group_id.as_str(), "public_key"]).await?;
        let stored = StoredPublicKey { data, fetched_at: self.clock.now(), verified: false };
        self.records.set(&records::group_public_key(group_id), &stored).await?;
        Ok(stored)
    }

    /// Lookups are public: no access token goes with them.
    fn fetch<T: serde::de::DeserializeOwned>(
        &self,
        path: &[&str],
    ) -> impl Future<Output = Result<T, Error>> + use<'_, T> {
        self.api.call(Call::get(path), None)
    }

    /// This is a cache: what cannot be read is fetched again.
    async fn known(&self, record: &str) -> Option<StoredPublicKey> {
        self.records.get("public key", record).await.unwrap_or_default()
    }

    fn is_young(&self, fetched_at: u64) -> bool {
        self.clock.now().checked_sub(fetched_at).is_some_and(|age| age < self.max_age)
    }
}
