//! An app on a server.

use js_sys::Promise;
use keyfold::{
    Client, ClientBuilder, Login, PasswordCost, PendingMfa, SecretText, Signers, StoredMfaLogin, Strength,
};
use wasm_bindgen::prelude::*;

use crate::promise::{promise, settled};
use zeroize::Zeroizing;

use crate::bulk::WebCrypto;
use crate::error::{KeyfoldError, thrown};
use crate::refresh::RefreshStrategy;
use crate::storage::JsStorage;
use crate::user::JsUser;

/// An app on a server.
#[wasm_bindgen(js_name = Client)]
#[derive(Clone)]
pub struct JsClient(Client);

#[wasm_bindgen(js_class = Client)]
impl JsClient {
    #[wasm_bindgen(constructor)]
    pub fn new(
        app_token: &str,
        base_url: &str,
        storage: JsStorage,
        refresh: RefreshStrategy,
        file_part_url: Option<String>,
        demands: Demands,
    ) -> Result<Self, KeyfoldError> {
        let builder =
            Client::builder(app_token).base_url(base_url).storage(storage).refresh(refresh.into_inner());
        let builder = demands.apply(builder);
        let builder = match WebCrypto::of_host() {
            Some(cipher) => builder.bulk_cipher(cipher),
            None => builder,
        };
        let builder = match file_part_url {
            Some(url) => builder.file_part_url(url),
            None => builder,
        };
        builder.build().map(Self).map_err(thrown)
    }

    #[wasm_bindgen(js_name = isIdentifierAvailable, unchecked_return_type = "Promise<boolean>")]
    pub fn is_identifier_available(&self, identifier: String) -> Promise {
        let this = self.clone();
        promise(async move { settled(this.0.is_identifier_available(&identifier).await) })
    }

    #[wasm_bindgen(js_name = prepareIsIdentifierAvailable)]
    pub fn prepare_is_identifier_available(&self, identifier: &str) -> Result<String, KeyfoldError> {
        self.0.prepare_is_identifier_available(identifier).map_err(thrown)
    }

    #[wasm_bindgen(js_name = doneIsIdentifierAvailable)]
    pub fn done_is_identifier_available(answer: &str) -> Result<bool, KeyfoldError> {
        Client::done_is_identifier_available(answer).map_err(thrown)
    }

    /// Identifier and password.
    #[wasm_bindgen(js_name = generateRegisterData, unchecked_return_type = "[string, string]")]
    pub fn generate_register_data() -> Result<Vec<String>, KeyfoldError> {
        let (identifier, password) = Client::generate_register_data().map_err(thrown)?;
        Ok(vec![identifier, password.as_str().to_owned()])
    }

    #[wasm_bindgen(unchecked_return_type = "Promise<string>")]
    pub fn register(&self, identifier: String, password: String) -> Promise {
        let this = self.clone();
        promise(async move {
            settled({
                let user_id = this.0.register(&identifier, &password).await?;
                Ok(user_id.as_str().to_owned())
            })
        })
    }

    #[wasm_bindgen(js_name = prepareRegister)]
    pub fn prepare_register(&self, identifier: &str, password: &str) -> Result<String, KeyfoldError> {
        self.0.prepare_register(identifier, password).map_err(thrown)
    }

    #[wasm_bindgen(js_name = doneRegister)]
    pub fn done_register(answer: &str) -> Result<String, KeyfoldError> {
        Ok(Client::done_register(answer).map_err(thrown)?.as_str().to_owned())
    }

    #[wasm_bindgen(js_name = registerDeviceStart, unchecked_return_type = "Promise<string>")]
    pub fn register_device_start(&self, identifier: String, password: String) -> Promise {
        let this = self.clone();
        promise(async move { settled(this.0.register_device_start(&identifier, &password).await) })
    }

    #[wasm_bindgen(js_name = prepareRegisterDeviceStart)]
    pub fn prepare_register_device_start(
        &self,
        identifier: &str,
        password: &str,
    ) -> Result<String, KeyfoldError> {
        self.0.prepare_register_device_start(identifier, password).map_err(thrown)
    }

    #[wasm_bindgen(js_name = doneRegisterDeviceStart)]
    pub fn done_register_device_start(answer: &str) -> Result<(), KeyfoldError> {
        Client::done_register_device_start(answer).map_err(thrown)
    }

    #[wasm_bindgen(unchecked_return_type = "Promise<LoginOutcome>")]
    pub fn login(&self, identifier: String, password: String) -> Promise {
        let this = self.clone();
        promise(async move {
            settled(Ok(match this.0.login(&identifier, &password).await? {
                Login::User(user) => LoginOutcome { user: Some(JsUser::from(user)), mfa: None },
                Login::Mfa(pending) => LoginOutcome { user: None, mfa: Some(MfaLogin::of(&pending)) },
            }))
        })
    }

    #[wasm_bindgen(js_name = mfaLogin, unchecked_return_type = "Promise<User>")]
    pub fn mfa_login(&self, code: String, login: MfaLogin) -> Promise {
        let this = self.clone();
        promise(async move {
            settled({
                let pending = this.0.restore_mfa_login(&login.into_stored())?;
                Ok(JsUser::from(pending.with_totp(&code).await?))
            })
        })
    }

    #[wasm_bindgen(js_name = mfaRecoveryLogin, unchecked_return_type = "Promise<User>")]
    pub fn mfa_recovery_login(&self, key: String, login: MfaLogin) -> Promise {
        let this = self.clone();
        promise(async move {
            settled({
                let pending = this.0.restore_mfa_login(&login.into_stored())?;
                Ok(JsUser::from(pending.with_recovery_key(&key).await?))
            })
        })
    }

    #[wasm_bindgen(js_name = refreshJwt, unchecked_return_type = "Promise<string>")]
    pub fn refresh_jwt(&self, old_jwt: String, refresh_token: String) -> Promise {
        let this = self.clone();
        promise(async move {
            settled({
                let (old_jwt, refresh_token) = (SecretText::new(old_jwt), SecretText::new(refresh_token));
                Ok(this.0.refresh_jwt(&old_jwt, &refresh_token).await?.expose().to_owned())
            })
        })
    }

    /// The user who logged in last, with a renewed session.
    #[wasm_bindgen(unchecked_return_type = "Promise<User | undefined>")]
    pub fn restore(&self) -> Promise {
        let this = self.clone();
        promise(async move { settled(Ok(this.0.restore().await?.map(JsUser::from))) })
    }

    /// The user who logged in last, from the storage alone.
    #[wasm_bindgen(js_name = currentUser, unchecked_return_type = "Promise<User | undefined>")]
    pub fn current_user(&self) -> Promise {
        let this = self.clone();
        promise(async move { settled(Ok(this.0.current_user().await?.map(JsUser::from))) })
    }

    /// A user who is logged in on this device, from the storage alone.
    #[wasm_bindgen(unchecked_return_type = "Promise<User | undefined>")]
    pub fn user(&self, identifier: String) -> Promise {
        let this = self.clone();
        promise(async move { settled(Ok(this.0.user(&identifier).await?.map(JsUser::from))) })
    }
}

impl JsClient {
    pub(crate) fn get(&self) -> &Client {
        &self.0
    }
}

/// What new passwords are worth, and what is asked of the keys of others.
#[wasm_bindgen]
#[derive(Clone, Copy)]
pub struct Demands {
    legacy_passwords: bool,
    signatures: bool,
    minimum: Strength,
}

#[wasm_bindgen]
impl Demands {
    /// `minimum`: 0 for classical keys, 1 for post-quantum ones, anything else for hybrid ones.
    #[wasm_bindgen(constructor)]
    pub fn new(legacy_passwords: bool, signatures: bool, minimum: u8) -> Self {
        let minimum = match minimum {
            0 => Strength::Classical,
            1 => Strength::PostQuantum,
            _ => Strength::Hybrid,
        };
        Self { legacy_passwords, signatures, minimum }
    }
}

impl Demands {
    fn apply(self, builder: ClientBuilder) -> ClientBuilder {
        // Those who ask for more do so for each group: see the levels of `getGroup`.
        let builder = builder.minimum_algorithm(self.minimum).signers(Signers::MayBeMissing);
        let builder =
            if self.legacy_passwords { builder.password_cost(PasswordCost::LEGACY) } else { builder };
        if self.signatures { builder.require_signatures() } else { builder }
    }
}

/// A user, or what is needed to go on with a second factor.
#[wasm_bindgen]
pub struct LoginOutcome {
    user: Option<JsUser>,
    mfa: Option<MfaLogin>,
}

#[wasm_bindgen]
impl LoginOutcome {
    /// The user; moved out, so it is there once.
    #[wasm_bindgen(js_name = takeUser)]
    pub fn take_user(&mut self) -> Option<JsUser> {
        self.user.take()
    }

    /// The login that waits; moved out, so it is there once.
    #[wasm_bindgen(js_name = takeMfa)]
    pub fn take_mfa(&mut self) -> Option<MfaLogin> {
        self.mfa.take()
    }
}

/// A login that waits for a second factor, as texts.
#[wasm_bindgen]
pub struct MfaLogin(StoredMfaLogin);

#[wasm_bindgen]
impl MfaLogin {
    #[wasm_bindgen(constructor)]
    pub fn new(device_identifier: String, master_key: String, auth_key: String, algorithm: String) -> Self {
        Self(StoredMfaLogin {
            device_identifier,
            master_key: Zeroizing::new(master_key),
            auth_key: Zeroizing::new(auth_key),
            algorithm,
        })
    }

    #[wasm_bindgen(getter, js_name = deviceIdentifier)]
    pub fn device_identifier(&self) -> String {
        self.0.device_identifier.clone()
    }

    #[wasm_bindgen(getter, js_name = masterKey)]
    pub fn master_key(&self) -> String {
        self.0.master_key.as_str().to_owned()
    }

    #[wasm_bindgen(getter, js_name = authKey)]
    pub fn auth_key(&self) -> String {
        self.0.auth_key.as_str().to_owned()
    }

    #[wasm_bindgen(getter)]
    pub fn algorithm(&self) -> String {
        self.0.algorithm.clone()
    }
}

impl MfaLogin {
    fn of(pending: &PendingMfa) -> Self {
        Self(pending.export())
    }

    fn into_stored(self) -> StoredMfaLogin {
        self.0
    }
}
