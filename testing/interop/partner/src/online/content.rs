//! What users and groups encrypt, search and sort.

use sentc::split_head_and_encrypted_string;
use sentc_crypto_common::user::UserVerifyKeyData;
use serde::Deserialize;
use serde_json::{Value, json};

use super::Client;
use crate::failure::Failure;

#[derive(Deserialize)]
#[serde(tag = "op", rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum Request {
    /// Encrypts with the newest key of a fetched group, optionally signed by the user.
    EncryptInGroup {
        session: usize,
        group: String,
        text: String,
        sign: bool,
    },
    /// `signer` set: the signature must verify against the key which that user published.
    DecryptInGroup {
        session: usize,
        group: String,
        envelope: String,
        signer: Option<String>,
    },
    /// Encrypts for one user, with the newest public key that the server names.
    EncryptForUser {
        session: usize,
        user_id: String,
        text: String,
        sign: bool,
    },
    /// `signer` as in `decrypt_in_group`.
    DecryptForMe {
        session: usize,
        envelope: String,
        signer: Option<String>,
    },
    /// Hashes by which a text can be found in the fetched group: one for the `full` text, else one per beginning.
    SearchableHashes {
        session: usize,
        group: String,
        text: String,
        full: bool,
        limit: Option<usize>,
    },
    /// The hash to search for.
    SearchHash {
        session: usize,
        group: String,
        text: String,
    },
    SortableNumber {
        session: usize,
        group: String,
        number: u64,
    },
    SortableText {
        session: usize,
        group: String,
        text: String,
    },
}

impl Client {
    pub(crate) async fn content(&self, request: Request) -> Result<Value, Failure> {
        Ok(match request {
            Request::EncryptInGroup { session, group, text, sign } => {
                let session = self.session(session)?;
                let group = &session.open(&group)?.group;
                json!(if sign {
                    let key = session.user.get_newest_sign_key();
                    let key = key.ok_or_else(|| Failure::here("the user has no sign key"))?;
                    group.encrypt_string_with_sign_sync(&text, key)?
                } else {
                    group.encrypt_string_sync(&text)?
                })
            }
            Request::DecryptInGroup { session, group, envelope, signer } => {
                let group = &self.session(session)?.open(&group)?.group;
                let key = self.verify_key_of(&envelope, signer.as_deref()).await?;
                json!(group.decrypt_string_sync(&envelope, key.as_ref())?)
            }
            Request::EncryptForUser { session, user_id, text, sign } => {
                let key = self.server.public_key(&user_id).await?;
                json!(self.session(session)?.user.encrypt_string_sync(&text, &key, sign)?)
            }
            Request::DecryptForMe { session, envelope, signer } => {
                let key = self.verify_key_of(&envelope, signer.as_deref()).await?;
                json!(self.session(session)?.user.decrypt_string_sync(&envelope, key.as_ref())?)
            }
            Request::SearchableHashes { session, group, text, full, limit } => {
                let group = &self.session(session)?.open(&group)?.group;
                json!(group.create_search_raw(&text, full, limit)?)
            }
            Request::SearchHash { session, group, text } => {
                json!(self.session(session)?.open(&group)?.group.search(&text)?)
            }
            Request::SortableNumber { session, group, number } => {
                json!(self.session(session)?.open(&group)?.group.encrypt_sortable_raw_number(number)?)
            }
            Request::SortableText { session, group, text } => {
                json!(self.session(session)?.open(&group)?.group.encrypt_sortable_raw_string(&text, None)?)
            }
        })
    }

    /// The verify key that the head of an envelope names, as published by `signer`.
    async fn verify_key_of(
        &self,
        envelope: &str,
        signer: Option<&str>,
    ) -> Result<Option<UserVerifyKeyData>, Failure> {
        let Some(signer) = signer else { return Ok(None) };
        let sign = split_head_and_encrypted_string(envelope)?
            .sign
            .ok_or_else(|| Failure::here("the envelope carries no signature"))?;
        Ok(Some(self.server.verify_key(signer, &sign.id).await?))
    }
}
