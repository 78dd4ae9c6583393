//! Generated keys that the server keeps.

use keyfold_crypto::{GeneratedKey, SymmetricKey};
use keyfold_protocol::encoding::{AlgorithmId, KeyText};
use keyfold_protocol::file::{StoredKey, StoredKeyInput, StoredKeyOutput};
use keyfold_protocol::id::{KeyId, StoredKeyId};

use crate::api::Call;
use crate::error::Error;
use crate::pages::Pages;
use crate::user::User;

/// Hands a key to the server, and gives it the id that the server chose.
pub(crate) async fn store(
    user: &User,
    key: SymmetricKey,
    sealed: GeneratedKey,
) -> Result<SymmetricKey, Error> {
    let unwritable = |_| Error::Crypto(keyfold_crypto::Error::JsonWrite);
    let body = StoredKeyInput {
        alg: AlgorithmId::parse(sealed.alg).map_err(unwritable)?,
        encrypted_key_string: KeyText::parse(sealed.encrypted_key_string).map_err(unwritable)?,
        master_key_id: KeyId::new(sealed.master_key_id),
    };
    let call = Call::post(&["keys", "sym_key"]).json(&body);
    let stored: StoredKeyOutput = user.0.session.call(call).await?;
    Ok(key.with_id(stored.key_id.as_str()))
}

pub(crate) async fn fetch(user: &User, id: &StoredKeyId) -> Result<GeneratedKey, Error> {
    let call = Call::get(&["keys", "sym_key", id.as_str()]);
    let stored: StoredKey = user.0.session.call(call).await?;
    if stored.key_id != *id {
        return Err(Error::AnswerIncomplete);
    }
    Ok(GeneratedKey {
        alg: stored.alg.into_string(),
        encrypted_key_string: stored.encrypted_key_string.into_string(),
        master_key_id: stored.master_key_id.into_string(),
        key_id: stored.key_id.into_string(),
        time: stored.time,
    })
}

pub(crate) fn list(user: &User, master_key: &KeyId) -> Pages<StoredKey> {
    let path = ["keys", "sym_key", "master_key", master_key.as_str()];
    Pages::new(user.0.session.clone(), &path, None, false)
}

pub(crate) async fn delete(user: &User, id: &StoredKeyId) -> Result<(), Error> {
    let call = Call::delete(&["keys", "sym_key", id.as_str()]);
    user.0.session.act(call).await
}
