//! New keys for a group.

use keyfold_crypto::Verification;
use keyfold_crypto::group as group_crypto;
use keyfold_crypto::rotation::{self, KeySignature, PendingKey};
use keyfold_protocol::group::{KeyRotationPending, KeyRotationStart, KeyRotationStartOutput};
use keyfold_protocol::id::KeyId;

use super::Group;
use crate::api::Call;
use crate::client::to_json;
use crate::error::Error;
use crate::lock::{read, write};
use crate::platform::{BoxFuture, offload_if};
use crate::rotations::{self, Rotated};
use crate::trust::Signers;

impl Group {
    /// Makes a new generation of group keys. Contents are encrypted with it from now on; older keys stay readable.
    ///
    /// The server passes the new key on to the other members without seeing it. They take it over when they
    /// [update](Self::update) the group or meet a content that was encrypted with it.
    ///
    /// # Errors
    /// `server_321`: too many rotations in this month.
    #[cfg_attr(not(target_family = "wasm"), tracing::instrument(level = "debug", skip_all))]
    pub async fn rotate_keys(&self) -> Result<(), Error> {
        self.send_rotation(false).await
    }

    /// Makes a new generation of group keys, signed by this user.
    ///
    /// # Errors
    /// As [`rotate_keys`](Self::rotate_keys).
    pub async fn rotate_keys_signed(&self) -> Result<(), Error> {
        self.send_rotation(true).await
    }

    /// The body for `POST /api/v1/group/<id>/key_rotation`, for apps that send it themselves.
    ///
    /// # Errors
    /// [`Error::NoGroupKeys`].
    pub fn prepare_key_rotation(&self, signed: bool) -> Result<String, Error> {
        to_json(&self.rotation(signed)?()?)
    }

    /// Takes over the keys that others have made.
    ///
    /// # Errors
    /// `client_204`: the server could not encrypt one of them for this member, who then has to be invited again. The
    /// others are taken over all the same.
    pub fn finish_key_rotation(&self) -> BoxFuture<'_, Result<(), Error>> {
        self.finish_key_rotation_from(self.user().0.client.0.signers)
    }

    /// As [`finish_key_rotation`](Self::finish_key_rotation), with another rule for signatures than the
    /// [client's](crate::ClientBuilder::signers).
    ///
    /// # Errors
    /// Those of [`finish_key_rotation`](Self::finish_key_rotation).
    pub fn finish_key_rotation_from(&self, signers: Signers) -> BoxFuture<'_, Result<(), Error>> {
        // Boxed: a key of the principal may need this of the principal.
        Box::pin(async move {
            let is_all_done = rotations::finish(self, signers).await?;
            if is_all_done && self.has_key_update() {
                write(&self.0.state).data.key_update = false;
                self.0.snapshots.changed();
                self.store().await?;
            }
            Ok(())
        })
    }

    /// Takes over what can be taken over.
    pub(super) async fn finish_possible_rotations(&self) -> Result<(), Error> {
        rotations::as_far_as_possible(self.finish_key_rotation().await)
    }

    /// Checks the signature of a new key before it is accepted, as far as the server passes it on. Afterwards it would stand among
    /// the member's own keys, encrypted by the member itself.
    async fn check_signature(
        &self,
        rotation: &KeyRotationPending,
        pending: &PendingKey,
        signers: Signers,
    ) -> Result<(), Error> {
        let signed_by =
            (&rotation.signed_by_user_id, &rotation.signed_by_user_sign_key_id, &rotation.group_key_sig);
        let verify_key = self.verify_key(signed_by, signers).await?;
        let signature = match signed_by {
            (_, Some(verify_key_id), Some(text)) => Some(KeySignature { verify_key_id, text }),
            _ => None,
        };
        let verification = match &verify_key {
            Some(verify_key) => Verification::Require(verify_key),
            None => Verification::Ignore,
        };
        Ok(pending.verify(signature, verification)?)
    }

    async fn send_rotation(&self, signed: bool) -> Result<(), Error> {
        let body = offload_if(signed, self.rotation(signed)?).await.ok_or(Error::WorkLost)??;
        let path = ["group", self.id().as_str(), "key_rotation"];
        let started: KeyRotationStartOutput = self.call(Call::post(&path).json(&body)).await?;
        self.fetch_key(&started.key_id).await?;
        self.user().0.client.0.directory.forget_group(self.id()).await
    }

    /// What makes the body of a rotation. Takes half a millisecond, with a signature several.
    fn rotation(
        &self,
        signed: bool,
    ) -> Result<impl FnOnce() -> Result<KeyRotationStart, keyfold_crypto::Error> + use<>, Error> {
        let previous = self.newest_keys()?;
        let invoker = self.principal_public_key()?;
        let user_keys = self.user().newest_keys()?;
        let user_id = self.user().id().clone();
        let suite = self.user().0.client.0.suite;
        Ok(move || {
            let signer = group_crypto::Signer { user_id: &user_id, key: &user_keys.sign_key };
            rotation::start(&previous.key, &invoker, signed.then_some(signer), &suite)
        })
    }
}

impl Rotated for Group {
    async fn pending_rotations(&self) -> Result<Vec<KeyRotationPending>, Error> {
        self.call(Call::get(&["group", self.id().as_str(), "key_rotation"])).await
    }

    async fn load_key(&self, id: &KeyId) {
        let _ = self.loaded_or_fetched(id).await;
    }

    fn has_key(&self, id: &KeyId) -> bool {
        read(&self.0.keys).contains(id.as_str())
    }

    async fn take_over(&self, rotation: &KeyRotationPending, signers: Signers) -> Result<(), Error> {
        let previous = self.loaded(rotation.previous_group_key_id.as_str())?;
        let opener = &rotation.encrypted_eph_key_key_id;
        self.load_principal_key(opener).await?;
        let key = self.principal_key(opener)?;
        let pending = PendingKey::open(rotation, key.private_key()?, &previous.key)?;
        self.check_signature(rotation, &pending, signers).await?;
        let done = pending.accept(&self.principal_public_key()?)?;
        let id = &rotation.new_group_key_id;
        let path = ["group", self.id().as_str(), "key_rotation", id.as_str()];
        self.act(Call::put(&path).json(&done)).await?;
        self.fetch_key(id).await.map(drop)
    }
}
