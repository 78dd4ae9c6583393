//! A server on paper: what it would store and answer, without HTTP and rules.

use keyfold_crypto::password::Cost;
use keyfold_crypto::{Device, Login, Suite, SymmetricKey, UserKeys, device, server};
use keyfold_protocol::encoding::{Base64Text, ClientRandomValue, DeviceIdentifier, SecretText};
use keyfold_protocol::envelope;
use keyfold_protocol::group::{GroupCreate, GroupKey, HmacKey, NewMemberKeys, SortableKey};
use keyfold_protocol::user::{
    ChangePasswordInput, DeviceKeys, DeviceRegister, DoneLoginOutput, LoginKeys, PrepareLoginOutput,
    RegisterInput, VerifyLogin,
};
use serde::Serialize;

const TIME: u64 = 1_700_000_000_000;

/// A registered user.
pub struct Account {
    identifier: DeviceIdentifier,
    registration: RegisterInput,
}

/// The answers to one login, and the solution of its challenge.
pub struct LoginAnswers {
    pub prepare_login: PrepareLoginOutput,
    pub keys: LoginKeys,
    pub verify_login: VerifyLogin,
    pub solution: String,
}

/// One of our users, logged in.
pub struct OurUser {
    pub device: Device,
    pub keys: UserKeys,
    pub auth_key: String,
}

impl Account {
    /// Takes a registration, if the server's checks let it pass.
    pub fn register(registration: RegisterInput) -> Self {
        server::check_device(&registration.device).unwrap();
        server::check_group(&registration.group).unwrap();
        Self { identifier: registration.device.device_identifier.clone(), registration }
    }

    /// Registers a user of ours.
    pub fn ours(identifier: &str, password: &str) -> Self {
        let identifier = DeviceIdentifier::parse(identifier).unwrap();
        Self::register(device::register_user(&identifier, password, &Suite::STD).unwrap())
    }

    /// The same account as a client with the old password costs would have made it: same keys, but the master key
    /// is encrypted with what the old costs make of the password.
    pub fn with_old_password_cost(mut self, password: &str) -> Self {
        let current = Login::derive(password, &self.identifier, &self.salt(), Cost::CURRENT).unwrap();
        self.registration.device.derived.client_random_value = ClientRandomValue::new([7; 16]);
        let old = Login::derive(password, &self.identifier, &self.salt(), Cost::LEGACY).unwrap();
        self.registration.device.derived.hashed_authentication_key = old.keys().hashed_authentication_key();
        let encrypted = &mut self.registration.device.master_key.encrypted_master_key;
        let master_key = encryption_key(&current).decrypt(&encrypted.decode(), b"").unwrap();
        *encrypted = Base64Text::encode(&encryption_key(&old).encrypt(&master_key, b"").unwrap());
        self
    }

    /// Takes a password change of the device.
    pub fn change_password(mut self, change: &ChangePasswordInput) -> Self {
        let DeviceRegister { master_key, derived, .. } = &mut self.registration.device;
        derived.derived_alg = change.new_derived_alg.clone();
        derived.client_random_value = change.new_client_random_value.clone();
        derived.hashed_authentication_key = change.new_hashed_authentication_key.clone();
        master_key.encrypted_master_key = change.new_encrypted_master_key.clone();
        master_key.encrypted_master_key_alg = change.new_encrypted_master_key_alg.clone();
        self
    }

    pub fn knows(&self, auth_key: &str) -> bool {
        let stored = &self.registration.device.derived.hashed_authentication_key;
        server::check_authentication_key(auth_key, stored).unwrap()
    }

    pub fn answers(&self) -> LoginAnswers {
        let (master_key, derived) = (&self.registration.device.master_key, &self.registration.device.derived);
        let (solution, challenge) =
            server::login_challenge(derived.keypair_encrypt_alg.as_str(), derived.public_key.as_str())
                .unwrap();
        let device_keys = DeviceKeys {
            encrypted_master_key: master_key.encrypted_master_key.clone(),
            encrypted_private_key: derived.encrypted_private_key.clone(),
            public_key_string: derived.public_key.clone(),
            keypair_encrypt_alg: derived.keypair_encrypt_alg.clone(),
            encrypted_sign_key: derived.encrypted_sign_key.clone(),
            verify_key_string: derived.verify_key.clone(),
            keypair_sign_alg: derived.keypair_sign_alg.clone(),
            keypair_encrypt_id: "device".into(),
            keypair_sign_id: "device".into(),
            user_id: self.user_id().as_str().into(),
            device_id: "device".into(),
            user_group_id: "user group".into(),
        };
        let mut user_key = group_key(&self.registration.group, "user key", "device");
        user_key.keypair_sign_id = Some("user key".into());
        user_key.public_key_sig_key_id = Some("user key".into());
        LoginAnswers {
            prepare_login: self.salt(),
            keys: LoginKeys { device_keys, challenge },
            verify_login: VerifyLogin {
                user_keys: vec![user_key],
                hmac_keys: vec![hmac_key(&self.registration.group, "user key")],
                jwt: SecretText::new("jwt"),
                refresh_token: SecretText::new("refresh token"),
            },
            solution,
        }
    }

    /// Logs in with our client.
    pub fn log_in(&self, password: &str, cost: Cost) -> OurUser {
        let answers = self.answers();
        let login = Login::derive(password, &self.identifier, &answers.prepare_login, cost).unwrap();
        let device = login.open_device(&answers.keys.device_keys).unwrap();
        let solution = device.solve_challenge(&answers.keys.challenge).unwrap();
        assert_eq!(solution.expose(), answers.solution);
        let keys = UserKeys::open(&answers.verify_login.user_keys[0], &device.private_key).unwrap();
        OurUser { device, keys, auth_key: login.done_login().auth_key.expose().to_owned() }
    }

    pub fn salt(&self) -> PrepareLoginOutput {
        let derived = &self.registration.device.derived;
        PrepareLoginOutput {
            salt_string: server::login_salt(derived.derived_alg.as_str(), &derived.client_random_value, "")
                .unwrap(),
            derived_encryption_key_alg: derived.derived_alg.clone(),
        }
    }

    pub fn identifier(&self) -> &DeviceIdentifier {
        &self.identifier
    }

    fn user_id(&self) -> String {
        format!("id of {}", self.identifier.as_str())
    }
}

impl LoginAnswers {
    /// As texts, each in its envelope.
    pub fn to_texts(&self) -> [String; 3] {
        let keys =
            LoginKeys { device_keys: self.keys.device_keys.clone(), challenge: self.keys.challenge.clone() };
        [
            in_envelope(&self.prepare_login),
            in_envelope(&DoneLoginOutput::Direct(Box::new(keys))),
            in_envelope(&self.verify_login),
        ]
    }
}

/// What a member gets who created the group, or whom a [`NewMemberKeys`] lets in.
pub fn group_key(group: &GroupCreate, id: &str, member_key: &str) -> GroupKey {
    GroupKey {
        encrypted_group_key: group.encrypted_group_key.clone(),
        group_key_alg: group.group_key_alg.clone(),
        group_key_id: id.into(),
        encrypted_private_group_key: group.encrypted_private_group_key.clone(),
        public_group_key: group.public_group_key.clone(),
        keypair_encrypt_alg: group.keypair_encrypt_alg.clone(),
        key_pair_id: id.into(),
        user_public_key_id: member_key.into(),
        time: TIME,
        signed_by_user_id: group.signed_by_user_id.clone(),
        signed_by_user_sign_key_id: group.signed_by_user_sign_key_id.clone(),
        group_key_sig: group.group_key_sig.clone(),
        encrypted_sign_key: group.encrypted_sign_key.clone(),
        verify_key: group.verify_key.clone(),
        keypair_sign_alg: group.keypair_sign_alg.clone(),
        keypair_sign_id: None,
        public_key_sig: group.public_key_sig.clone(),
        public_key_sig_key_id: None,
    }
}

/// The same for somebody whom an existing member let in.
pub fn group_key_for_member(group: &GroupCreate, keys: &NewMemberKeys) -> GroupKey {
    let [key] = &keys.keys[..] else { panic!("{} keys instead of one", keys.keys.len()) };
    GroupKey {
        encrypted_group_key: key.encrypted_group_key.clone(),
        ..group_key(group, key.key_id.as_str(), key.user_public_key_id.as_str())
    }
}

pub fn hmac_key(group: &GroupCreate, group_key: &str) -> HmacKey {
    HmacKey {
        id: "hmac key".into(),
        encrypted_hmac_key: group.encrypted_hmac_key.clone(),
        encrypted_hmac_alg: group.encrypted_hmac_alg.clone(),
        encrypted_hmac_encryption_key_id: group_key.into(),
        time: TIME,
    }
}

pub fn sortable_key(group: &GroupCreate, group_key: &str) -> SortableKey {
    SortableKey {
        id: "sortable key".into(),
        encrypted_sortable_key: group.encrypted_sortable_key.clone(),
        encrypted_sortable_alg: group.encrypted_sortable_alg.clone(),
        encrypted_sortable_encryption_key_id: group_key.into(),
        time: TIME,
    }
}

fn in_envelope(value: &impl Serialize) -> String {
    String::from_utf8(envelope::success(value).unwrap()).unwrap()
}

/// The key that a login derived for the master key.
fn encryption_key(login: &Login) -> SymmetricKey {
    let stored = login.export();
    let stored: serde_json::Value = serde_json::from_str(stored.encryption_key.expose()).unwrap();
    let text = serde_json::json!({ "Aes": { "key": stored["Argon2"], "key_id": "" } }).to_string();
    SymmetricKey::import(&text).unwrap()
}
