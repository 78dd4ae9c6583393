//! The client's cryptography alone: it makes request bodies and reads answers that the caller hands over.

use std::collections::HashMap;

use sentc_crypto::keys::std::{StdGroup, StdGroupKeyData, StdUser, StdUserDataInt, StdUserKeyDataInt};
use sentc_crypto::user::check_done_login;
use sentc_crypto_common::group::{GroupHmacData, GroupKeyServerOutput, GroupSortableData};
use sentc_crypto_common::user::{DoneLoginServerReturn, UserPublicKeyData, UserVerifyKeyData};
use sentc_crypto_utils::cryptomat::{SymKeyCrypto, SymKeyWrapper};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::failure::Failure;

/// Members named `key` are key objects of the protocol.
#[derive(Deserialize)]
#[serde(tag = "op", rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum Request {
    /// Answers the body of `POST /register`.
    PrepareRegister {
        identifier: String,
        password: String,
    },
    /// Runs a login against the three answers of a server, each complete with its envelope. Answers
    /// `{"login","user_id","auth_key","verify_login_body"}`: the last two are what the client would send back.
    OpenLogin {
        identifier: String,
        password: String,
        prepare_login: String,
        done_login: String,
        verify_login: String,
    },
    /// The newest public key of a login, as those who encrypt for the user take it.
    PublicKeyOf {
        login: usize,
    },
    /// The verify key of the newest user key, as readers of signatures take it.
    VerifyKeyOf {
        login: usize,
    },
    /// Answers the body of `POST /group`.
    PrepareCreateGroup {
        login: usize,
        sign: bool,
    },
    /// Opens a group key and keeps it under its id. `verify_key` set: the signature on the key must verify if
    /// there is one.
    OpenGroupKey {
        login: usize,
        key: Value,
        verify_key: Option<UserVerifyKeyData>,
    },
    /// Opens the key for searchable hashes of a group.
    OpenHmacKey {
        login: usize,
        key: Value,
    },
    /// Opens the key for sortable numbers of a group.
    OpenSortableKey {
        login: usize,
        key: Value,
    },
    /// Answers the body that gives one opened group key to the owner of `public_key`.
    PrepareKeysForMember {
        login: usize,
        key_id: String,
        public_key: UserPublicKeyData,
        rank: Option<i32>,
    },
    EncryptString {
        login: usize,
        key_id: String,
        text: String,
        sign: bool,
    },
    DecryptString {
        login: usize,
        key_id: String,
        envelope: String,
        verify_key: Option<UserVerifyKeyData>,
    },
}

/// Logins made from answers of a server, each with the group keys it has opened.
#[derive(Default)]
pub(crate) struct Bench {
    logins: Vec<Login>,
}

struct Login {
    user: StdUserDataInt,
    group_keys: HashMap<String, StdGroupKeyData>,
}

impl Bench {
    pub(crate) fn perform(&mut self, request: Request) -> Result<Value, Failure> {
        match request {
            Request::PrepareRegister { identifier, password } => {
                Ok(json!(StdUser::register(&identifier, &password)?))
            }
            Request::OpenLogin { identifier, password, prepare_login, done_login, verify_login } => {
                self.open_login(&identifier, &password, &prepare_login, &done_login, &verify_login)
            }
            Request::PublicKeyOf { login } => {
                Ok(serde_json::to_value(&self.login(login)?.newest_key()?.exported_public_key)?)
            }
            Request::VerifyKeyOf { login } => {
                Ok(serde_json::to_value(&self.login(login)?.newest_key()?.exported_verify_key)?)
            }
            Request::PrepareCreateGroup { login, sign } => {
                let login = self.login(login)?;
                let key = login.newest_key()?;
                Ok(json!(StdGroup::prepare_create(
                    &key.public_key,
                    sign.then_some(&key.sign_key),
                    login.user.user_id.clone(),
                )?))
            }
            Request::OpenGroupKey { login, key, verify_key } => {
                let key: GroupKeyServerOutput = serde_json::from_value(key)?;
                let login = self.login_mut(login)?;
                let private_key = &login.user_key(&key.user_public_key_id)?.private_key;
                let opened = StdGroup::decrypt_group_keys(private_key, key, verify_key.as_ref())?;
                let id = opened.group_key.get_id().to_owned();
                login.group_keys.insert(id.clone(), opened);
                Ok(json!(id))
            }
            Request::OpenHmacKey { login, key } => {
                let key: GroupHmacData = serde_json::from_value(key)?;
                let group_key = self.login(login)?.group_key(&key.encrypted_hmac_encryption_key_id)?;
                StdGroup::decrypt_group_hmac_key(&group_key.group_key, key)?;
                Ok(Value::Null)
            }
            Request::OpenSortableKey { login, key } => {
                let key: GroupSortableData = serde_json::from_value(key)?;
                let group_key = self.login(login)?.group_key(&key.encrypted_sortable_encryption_key_id)?;
                StdGroup::decrypt_group_sortable_key(&group_key.group_key, key)?;
                Ok(Value::Null)
            }
            Request::PrepareKeysForMember { login, key_id, public_key, rank } => {
                let key = &self.login(login)?.group_key(&key_id)?.group_key;
                Ok(json!(StdGroup::prepare_group_keys_for_new_member(&public_key, &[key], false, rank)?))
            }
            Request::EncryptString { login, key_id, text, sign } => {
                let login = self.login(login)?;
                let key = &login.group_key(&key_id)?.group_key;
                Ok(json!(if sign {
                    key.encrypt_string_with_sign(&text, &login.newest_key()?.sign_key)?
                } else {
                    key.encrypt_string(&text)?
                }))
            }
            Request::DecryptString { login, key_id, envelope, verify_key } => {
                let key = &self.login(login)?.group_key(&key_id)?.group_key;
                Ok(json!(key.decrypt_string(&envelope, verify_key.as_ref())?))
            }
        }
    }

    fn open_login(
        &mut self,
        identifier: &str,
        password: &str,
        prepare_login: &str,
        done_login: &str,
        verify_login: &str,
    ) -> Result<Value, Failure> {
        let (_, auth_key, master_key) = StdUser::prepare_login(identifier, password, prepare_login)?;
        let DoneLoginServerReturn::Direct(keys) = check_done_login(done_login)? else {
            return Err(Failure::here("a second factor is demanded"));
        };
        let device = StdUser::done_login(&master_key, auth_key.clone(), identifier.to_owned(), keys)?;
        // Not the bare challenge, as its name says, but the whole body that returns it.
        let verify_login_body = device.challenge;
        let user = StdUser::verify_login(verify_login, device.user_id, device.device_id, device.device_keys)?;
        let answer = json!({
            "login": self.logins.len(),
            "user_id": user.user_id,
            "auth_key": auth_key,
            "verify_login_body": verify_login_body,
        });
        self.logins.push(Login { user, group_keys: HashMap::new() });
        Ok(answer)
    }

    fn login(&self, login: usize) -> Result<&Login, Failure> {
        self.logins.get(login).ok_or_else(|| Failure::here("no such login"))
    }

    fn login_mut(&mut self, login: usize) -> Result<&mut Login, Failure> {
        self.logins.get_mut(login).ok_or_else(|| Failure::here("no such login"))
    }
}

impl Login {
    fn newest_key(&self) -> Result<&StdUserKeyDataInt, Failure> {
        self.user.user_keys.first().ok_or_else(|| Failure::here("the user has no keys"))
    }

    fn user_key(&self, public_key_id: &str) -> Result<&StdUserKeyDataInt, Failure> {
        self.user
            .user_keys
            .iter()
            .find(|key| key.exported_public_key.public_key_id == public_key_id)
            .ok_or_else(|| Failure::here("no user key with this public key id"))
    }

    fn group_key(&self, id: &str) -> Result<&StdGroupKeyData, Failure> {
        self.group_keys.get(id).ok_or_else(|| Failure::here("the group key was not opened"))
    }
}
