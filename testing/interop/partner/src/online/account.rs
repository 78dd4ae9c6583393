//! Users, their devices, their second factor, their keys.

use std::collections::HashMap;

use sentc::keys::std::{StdUser, StdUserLoginReturn};
use sentc::user::net::check_user_name_available;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Client, Session, WaitingLogin};
use crate::failure::Failure;

#[derive(Deserialize)]
#[serde(tag = "op", rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum Request {
    /// Answers whether nobody has taken the identifier yet.
    IdentifierIsFree {
        identifier: String,
    },
    /// Answers the new user's id.
    Register {
        identifier: String,
        password: String,
    },
    /// Answers `{"session","user_id","device_id"}`, or `{"waiting"}` for a user with a second factor.
    Login {
        identifier: String,
        password: String,
    },
    /// Answers as `login` without a second factor. A login can be finished, or fail to be, once.
    FinishLogin {
        waiting: usize,
        factor: Factor,
    },
    /// Answers the new access token.
    RefreshJwt {
        session: usize,
    },
    ChangePassword {
        session: usize,
        old: String,
        new: String,
        factor: Option<Factor>,
    },
    ResetPassword {
        session: usize,
        new: String,
    },
    UpdateIdentifier {
        session: usize,
        identifier: String,
    },
    DeleteUser {
        session: usize,
        password: String,
        factor: Option<Factor>,
    },

    /// On the new device. Answers the text that a device which is logged in has to be given.
    StartDevice {
        identifier: String,
        password: String,
    },
    /// On a device that is logged in.
    ConfirmDevice {
        session: usize,
        answer: String,
    },
    /// Answers the ids on the first page.
    Devices {
        session: usize,
    },
    DeleteDevice {
        session: usize,
        device_id: String,
        password: String,
        factor: Option<Factor>,
    },

    /// Whether the client believes that the user has a second factor.
    HasSecondFactor {
        session: usize,
    },
    /// Answers `{"secret","recovery_keys"}`.
    RegisterOtp {
        session: usize,
        password: String,
        factor: Option<Factor>,
    },
    /// Answers as `register_otp`.
    ResetOtp {
        session: usize,
        password: String,
        factor: Option<Factor>,
    },
    /// Answers the keys that are left.
    RecoveryKeys {
        session: usize,
        password: String,
        factor: Option<Factor>,
    },
    DisableOtp {
        session: usize,
        password: String,
        factor: Option<Factor>,
    },

    /// Makes a new generation of the user's keys and answers its id.
    RotateUserKeys {
        session: usize,
    },
    /// Takes over what other devices rotated and answers the id of the newest key.
    FinishUserKeyRotation {
        session: usize,
    },
    /// Id of the newest generation of the user's keys.
    NewestUserKey {
        session: usize,
    },
    /// Whether the newest public key of a user carries a valid signature of that user.
    PublicKeyIsGenuine {
        user_id: String,
    },
    /// The number of the user's newest verify key, with `other` together with a verify key of another user.
    SafetyNumber {
        session: usize,
        other: Option<OtherKey>,
    },
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Factor {
    Totp(String),
    RecoveryKey(String),
}

#[derive(Deserialize)]
pub(crate) struct OtherKey {
    user_id: String,
    key_id: String,
}

impl Client {
    pub(crate) async fn account(&mut self, request: Request) -> Result<Value, Failure> {
        let (base_url, app_token) = (self.server.base_url(), self.server.app_token.clone());
        match request {
            Request::IdentifierIsFree { identifier } => {
                return Ok(json!(check_user_name_available(base_url, &app_token, &identifier).await?));
            }
            Request::Register { identifier, password } => {
                return Ok(json!(StdUser::register(base_url, &app_token, &identifier, &password).await?));
            }
            Request::Login { identifier, password } => {
                return match StdUser::login(base_url, &app_token, &identifier, &password).await? {
                    StdUserLoginReturn::Direct(user) => Ok(self.begin(user)),
                    login => {
                        self.waiting.push(Some(WaitingLogin { identifier, login }));
                        Ok(json!({ "waiting": self.waiting.len() - 1 }))
                    }
                };
            }
            Request::FinishLogin { waiting, factor } => return self.finish_login(waiting, factor).await,
            Request::RefreshJwt { session } => {
                return Ok(json!(self.user_mut(session)?.refresh_jwt().await?));
            }
            Request::ChangePassword { session, old, new, factor } => {
                let (token, recovery) = split(factor);
                self.user_mut(session)?.change_password(&old, &new, token, recovery).await?;
            }
            Request::ResetPassword { session, new } => self.user_mut(session)?.reset_password(&new).await?,
            Request::UpdateIdentifier { session, identifier } => {
                self.user_mut(session)?.update_user(identifier).await?;
            }
            Request::DeleteUser { session, password, factor } => {
                let (token, recovery) = split(factor);
                self.user_mut(session)?.delete(&password, token, recovery).await?;
            }

            Request::StartDevice { identifier, password } => {
                return Ok(json!(
                    StdUser::register_device_start(base_url, &app_token, &identifier, &password).await?
                ));
            }
            Request::ConfirmDevice { session, answer } => {
                self.user_mut(session)?.register_device(&answer).await?;
            }
            Request::Devices { session } => {
                let devices = self.session(session)?.user.get_devices(None).await?;
                return Ok(devices.into_iter().map(|device| device.device_id).collect());
            }
            Request::DeleteDevice { session, device_id, password, factor } => {
                let (token, recovery) = split(factor);
                self.user_mut(session)?.delete_device(&password, &device_id, token, recovery).await?;
            }

            Request::HasSecondFactor { session } => return Ok(json!(self.session(session)?.user.get_mfa())),
            Request::RegisterOtp { session, password, factor } => {
                let (token, recovery) = split(factor);
                let otp = self.user_mut(session)?.register_raw_otp(&password, token, recovery).await?;
                return Ok(json!({ "secret": otp.secret, "recovery_keys": otp.recover }));
            }
            Request::ResetOtp { session, password, factor } => {
                let (token, recovery) = split(factor);
                let otp = self.user_mut(session)?.reset_raw_otp(&password, token, recovery).await?;
                return Ok(json!({ "secret": otp.secret, "recovery_keys": otp.recover }));
            }
            Request::RecoveryKeys { session, password, factor } => {
                let (token, recovery) = split(factor);
                let user = &self.session(session)?.user;
                return Ok(json!(user.get_otp_recover_keys(&password, token, recovery).await?));
            }
            Request::DisableOtp { session, password, factor } => {
                let (token, recovery) = split(factor);
                self.user_mut(session)?.disable_otp(&password, token, recovery).await?;
            }

            Request::RotateUserKeys { session } => {
                let user = self.user_mut(session)?;
                user.key_rotation().await?;
                return newest_key_id(user);
            }
            Request::FinishUserKeyRotation { session } => {
                let user = self.user_mut(session)?;
                user.finish_key_rotation().await?;
                return newest_key_id(user);
            }
            Request::NewestUserKey { session } => return newest_key_id(&self.session(session)?.user),
            Request::PublicKeyIsGenuine { user_id } => {
                let key = self.server.public_key(&user_id).await?;
                return Ok(json!(
                    StdUser::verify_user_public_key(base_url, &app_token, &user_id, &key).await?
                ));
            }
            Request::SafetyNumber { session, other } => return self.safety_number(session, other).await,
        }
        Ok(Value::Null)
    }

    async fn finish_login(&mut self, waiting: usize, factor: Factor) -> Result<Value, Failure> {
        let waiting = self.waiting.get_mut(waiting).and_then(Option::take);
        let Some(WaitingLogin { identifier, login: StdUserLoginReturn::Otp(login) }) = waiting else {
            return Err(Failure::here("no such login"));
        };
        let (base_url, app_token) = (self.server.base_url(), &self.server.app_token);
        let user = match factor {
            Factor::Totp(code) => StdUser::mfa_login(base_url, app_token, code, &identifier, login).await?,
            Factor::RecoveryKey(key) => {
                StdUser::mfa_recovery_login(base_url, app_token, key, &identifier, login).await?
            }
        };
        Ok(self.begin(user))
    }

    fn begin(&mut self, user: StdUser) -> Value {
        let answer = json!({
            "session": self.sessions.len(),
            "user_id": user.get_user_id(),
            "device_id": user.get_device_id(),
        });
        self.sessions.push(Session { user, groups: HashMap::new() });
        answer
    }

    async fn safety_number(&self, session: usize, other: Option<OtherKey>) -> Result<Value, Failure> {
        let user = &self.session(session)?.user;
        let number = match other {
            Some(OtherKey { user_id, key_id }) => {
                let key = self.server.verify_key(&user_id, &key_id).await?;
                user.create_safety_number_sync(Some(&user_id), Some(&key))?
            }
            None => user.create_safety_number_sync(None, None)?,
        };
        Ok(json!(number))
    }
}

fn newest_key_id(user: &StdUser) -> Result<Value, Failure> {
    let key = user.get_newest_exported_public_key();
    Ok(json!(key.ok_or_else(|| Failure::here("the user has no keys"))?.public_key_id))
}

/// The two arguments that the client's calls take for a second factor.
fn split(factor: Option<Factor>) -> (Option<String>, Option<bool>) {
    match factor {
        None => (None, None),
        Some(Factor::Totp(code)) => (Some(code), Some(false)),
        Some(Factor::RecoveryKey(key)) => (Some(key), Some(true)),
    }
}
