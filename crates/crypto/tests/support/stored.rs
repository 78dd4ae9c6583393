//! What a server makes of the bodies it was sent: the objects that clients fetch later.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]
#![allow(dead_code, unreachable_pub, reason = "shared by several tests, each of which uses a part")]

use keyfold_crypto::{Device, Login, PublicKey, Suite, UserKeys, device, password::Cost, server};
use keyfold_protocol::encoding::{Base64Text, DeviceIdentifier};
use keyfold_protocol::group::{
    GroupCreate, GroupKey, HmacKey, KeyRotationDone, KeyRotationPending, KeyRotationStart, NewMemberKey,
    SortableKey,
};
use keyfold_protocol::user::{DeviceKeys, DeviceRegister, PrepareLoginOutput, PublicKeyData, RegisterInput};

/// A registered and logged-in user.
pub struct User {
    pub registration: RegisterInput,
    pub login: Login,
    pub device: Device,
    pub keys: UserKeys,
}

impl User {
    pub fn register(name: &str, suite: &Suite) -> Self {
        let identifier = DeviceIdentifier::parse(name).unwrap();
        let registration = device::register_user(&identifier, "password", suite).unwrap();
        let login =
            Login::derive("password", &identifier, &prepare(&registration.device), Cost::CURRENT).unwrap();
        let device = login.open_device(&device_keys(&registration.device, name)).unwrap();
        let object = group_key(&registration.group, &format!("{name}-keys"), device.public_key.id());
        let keys = UserKeys::open(&object, &device.private_key).unwrap();
        Self { registration, login, device, keys }
    }

    /// What everybody can fetch.
    pub fn public_key_data(&self) -> PublicKeyData {
        let group = &self.registration.group;
        PublicKeyData {
            public_key_id: self.keys.id().into(),
            public_key: group.public_group_key.clone(),
            public_key_alg: group.keypair_encrypt_alg.clone(),
            public_key_sig: group.public_key_sig.clone(),
            public_key_sig_key_id: Some(self.keys.id().into()),
        }
    }
}

pub fn prepare(device: &DeviceRegister) -> PrepareLoginOutput {
    let derived = &device.derived;
    PrepareLoginOutput {
        salt_string: server::login_salt(derived.derived_alg.as_str(), &derived.client_random_value, "")
            .unwrap(),
        derived_encryption_key_alg: derived.derived_alg.clone(),
    }
}

pub fn device_keys(device: &DeviceRegister, name: &str) -> DeviceKeys {
    let (master_key, derived) = (&device.master_key, &device.derived);
    let id = format!("{name}-device");
    DeviceKeys {
        encrypted_master_key: master_key.encrypted_master_key.clone(),
        encrypted_private_key: derived.encrypted_private_key.clone(),
        public_key_string: derived.public_key.clone(),
        keypair_encrypt_alg: derived.keypair_encrypt_alg.clone(),
        encrypted_sign_key: derived.encrypted_sign_key.clone(),
        verify_key_string: derived.verify_key.clone(),
        keypair_sign_alg: derived.keypair_sign_alg.clone(),
        keypair_encrypt_id: id.as_str().into(),
        keypair_sign_id: id.as_str().into(),
        user_id: name.into(),
        device_id: id.as_str().into(),
        user_group_id: format!("{name}-group").as_str().into(),
    }
}

pub fn group_key(group: &GroupCreate, id: &str, creator_key_id: &str) -> GroupKey {
    GroupKey {
        encrypted_group_key: group.encrypted_group_key.clone(),
        group_key_alg: group.group_key_alg.clone(),
        group_key_id: id.into(),
        encrypted_private_group_key: group.encrypted_private_group_key.clone(),
        public_group_key: group.public_group_key.clone(),
        keypair_encrypt_alg: group.keypair_encrypt_alg.clone(),
        key_pair_id: id.into(),
        user_public_key_id: creator_key_id.into(),
        time: 1,
        signed_by_user_id: group.signed_by_user_id.clone(),
        signed_by_user_sign_key_id: group.signed_by_user_sign_key_id.clone(),
        group_key_sig: group.group_key_sig.clone(),
        encrypted_sign_key: group.encrypted_sign_key.clone(),
        verify_key: group.verify_key.clone(),
        keypair_sign_alg: group.keypair_sign_alg.clone(),
        keypair_sign_id: Some(id.into()),
        public_key_sig: group.public_key_sig.clone(),
        public_key_sig_key_id: Some(id.into()),
    }
}

pub fn hmac_key(group: &GroupCreate, group_key_id: &str) -> HmacKey {
    HmacKey {
        id: "hmac".into(),
        encrypted_hmac_key: group.encrypted_hmac_key.clone(),
        encrypted_hmac_alg: group.encrypted_hmac_alg.clone(),
        encrypted_hmac_encryption_key_id: group_key_id.into(),
        time: 1,
    }
}

pub fn sortable_key(group: &GroupCreate, group_key_id: &str) -> SortableKey {
    SortableKey {
        id: "sortable".into(),
        encrypted_sortable_key: group.encrypted_sortable_key.clone(),
        encrypted_sortable_alg: group.encrypted_sortable_alg.clone(),
        encrypted_sortable_encryption_key_id: group_key_id.into(),
        time: 1,
    }
}

/// The object of one generation as another member gets it.
pub fn for_member(object: &GroupKey, key: &NewMemberKey) -> GroupKey {
    assert_eq!(object.group_key_id, key.key_id);
    GroupKey {
        encrypted_group_key: key.encrypted_group_key.clone(),
        user_public_key_id: key.user_public_key_id.clone(),
        ..object.clone()
    }
}

/// The new generation as the invoker of a rotation gets it.
pub fn rotated(rotation: &KeyRotationStart, id: &str, time: u64) -> GroupKey {
    GroupKey {
        encrypted_group_key: rotation.encrypted_group_key_by_user.clone(),
        group_key_alg: rotation.group_key_alg.clone(),
        group_key_id: id.into(),
        encrypted_private_group_key: rotation.encrypted_private_group_key.clone(),
        public_group_key: rotation.public_group_key.clone(),
        keypair_encrypt_alg: rotation.keypair_encrypt_alg.clone(),
        key_pair_id: id.into(),
        user_public_key_id: rotation.invoker_public_key_id.clone(),
        time,
        signed_by_user_id: rotation.signed_by_user_id.clone(),
        signed_by_user_sign_key_id: rotation.signed_by_user_sign_key_id.clone(),
        group_key_sig: rotation.group_key_sig.clone(),
        encrypted_sign_key: rotation.encrypted_sign_key.clone(),
        verify_key: rotation.verify_key.clone(),
        keypair_sign_alg: rotation.keypair_sign_alg.clone(),
        keypair_sign_id: Some(id.into()),
        public_key_sig: rotation.public_key_sig.clone(),
        public_key_sig_key_id: Some(id.into()),
    }
}

/// What waits for a member after the server has done its part of a rotation.
pub fn pending(rotation: &KeyRotationStart, id: &str, member: &PublicKey) -> KeyRotationPending {
    KeyRotationPending {
        error: None,
        encrypted_ephemeral_key_by_group_key_and_public_key: server::encrypt_ephemeral_key(
            member.algorithm(),
            &member.to_server_form(),
            rotation.encrypted_ephemeral_key.as_str(),
        )
        .unwrap(),
        encrypted_group_key_by_ephemeral: rotation.encrypted_group_key_by_ephemeral.clone(),
        ephemeral_alg: rotation.ephemeral_alg.clone(),
        encrypted_eph_key_key_id: member.id().into(),
        previous_group_key_id: rotation.previous_group_key_id.clone(),
        time: 1,
        new_group_key_id: id.into(),
        signed_by_user_id: rotation.signed_by_user_id.clone(),
        signed_by_user_sign_key_id: rotation.signed_by_user_sign_key_id.clone(),
        group_key_sig: rotation.group_key_sig.clone(),
    }
}

/// The new generation as a member gets it who has finished the rotation.
pub fn finished(object: &GroupKey, done: &KeyRotationDone) -> GroupKey {
    GroupKey {
        encrypted_group_key: done.encrypted_new_group_key.clone(),
        user_public_key_id: done.public_key_id.clone(),
        ..object.clone()
    }
}

/// A base64 text with one bit flipped.
pub fn damaged(text: &Base64Text) -> Base64Text {
    let mut bytes = text.decode();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    Base64Text::encode(&bytes)
}
