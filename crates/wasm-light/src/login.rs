//! From a password to the proof that this is the device.

use keyfold_crypto::{Device, Login, Suite, login, password::Cost};
use keyfold_protocol::encoding::{DeviceIdentifier, SecretText};
use keyfold_protocol::user::{LoginKeys, PrepareLoginOutput};
use serde::Serialize;
use wasm_bindgen::prelude::*;

use crate::error::{KeyfoldError, invalid_identifier, parse, thrown, write};

/// A login under way: what the password turned into.
#[wasm_bindgen(js_name = Login)]
pub struct JsLogin(Login);

#[wasm_bindgen(js_class = Login)]
impl JsLogin {
    /// Derives from the password. `prepared` is the answer of `POST /prepare_login`. `legacy` takes the derivation costs of
    /// accounts that older clients have made.
    pub fn derive(
        identifier: &str,
        password: &str,
        prepared: &str,
        legacy: bool,
    ) -> Result<Self, KeyfoldError> {
        let identifier = DeviceIdentifier::parse(identifier).map_err(|_| invalid_identifier())?;
        let cost = if legacy { Cost::LEGACY } else { Cost::CURRENT };
        Login::derive(password, &identifier, &parse(prepared)?, cost).map(Self).map_err(thrown)
    }

    /// Goes on with a login of which `masterKey`, `authKey` and `algorithm` were kept.
    pub fn restore(
        identifier: &str,
        master_key: &str,
        auth_key: &str,
        algorithm: &str,
    ) -> Result<Self, KeyfoldError> {
        let identifier = DeviceIdentifier::parse(identifier).map_err(|_| invalid_identifier())?;
        Login::restore(&identifier, master_key, auth_key, algorithm).map(Self).map_err(thrown)
    }

    /// The body for `POST /done_login`.
    #[wasm_bindgen(js_name = doneLogin)]
    pub fn done_login(&self) -> Result<String, KeyfoldError> {
        write(&self.0.done_login())
    }

    /// The body for `POST /validate_mfa` and `POST /validate_recovery_otp`.
    #[wasm_bindgen(js_name = secondFactor)]
    pub fn second_factor(&self, token: &str) -> Result<String, KeyfoldError> {
        write(&self.0.second_factor(SecretText::new(token)))
    }

    /// The body for `POST /verify_login_light`. `keys` is what the server answered to the right password.
    #[wasm_bindgen(js_name = verifyLogin)]
    pub fn verify_login(&self, keys: &str) -> Result<String, KeyfoldError> {
        let keys: LoginKeys = parse(keys)?;
        let device = self.0.open_device(&keys.device_keys).map_err(thrown)?;
        let challenge = device.solve_challenge(&keys.challenge).map_err(thrown)?;
        write(&self.0.verify_login(challenge))
    }

    /// JSON of the keys of the device in text form. Secret. `keys` is what the server answered to the right password.
    #[wasm_bindgen(js_name = deviceKeys)]
    pub fn device_keys(&self, keys: &str) -> Result<String, KeyfoldError> {
        let keys: LoginKeys = parse(keys)?;
        let device = self.0.open_device(&keys.device_keys).map_err(thrown)?;
        write(&DeviceTexts::of(&device).map_err(thrown)?)
    }

    /// The body for `PUT /user/update_pw`.
    #[wasm_bindgen(js_name = changePassword)]
    pub fn change_password(&self, new_password: &str, keys: &str) -> Result<String, KeyfoldError> {
        let keys: LoginKeys = parse(keys)?;
        let cost = Suite::default().password_cost();
        let body = self.0.change_password_with_cost(new_password, &keys.device_keys, cost);
        write(&body.map_err(thrown)?)
    }

    /// The key that opens the master key, for who waits for a second factor. As good as the password.
    #[wasm_bindgen(getter, js_name = masterKey)]
    pub fn master_key(&self) -> String {
        self.0.export().encryption_key.into_exposed()
    }

    /// The key that authenticates to the server.
    #[wasm_bindgen(getter, js_name = authKey)]
    pub fn auth_key(&self) -> String {
        self.0.export().auth_key.into_exposed()
    }

    /// Algorithm of the derivation.
    #[wasm_bindgen(getter)]
    pub fn algorithm(&self) -> String {
        self.0.export().algorithm.to_owned()
    }
}

/// The keys of a device as the full SDK names them.
#[derive(Serialize)]
struct DeviceTexts {
    private_key: String,
    public_key: String,
    sign_key: String,
    verify_key: String,
    exported_public_key: String,
    exported_verify_key: String,
}

impl DeviceTexts {
    fn of(device: &Device) -> Result<Self, keyfold_crypto::Error> {
        Ok(Self {
            private_key: device.private_key.export()?.into_exposed(),
            public_key: device.public_key.export()?,
            sign_key: device.sign_key.export()?.into_exposed(),
            verify_key: device.verify_key.export()?,
            exported_public_key: device.public_key.export_data()?,
            exported_verify_key: device.verify_key.export_data()?,
        })
    }
}

/// Refuses a derivation that is weaker than the one of an earlier login (`client_403`): a server dictates it.
#[wasm_bindgen(js_name = acceptDerivation)]
pub fn accept_derivation(prepared: &str, remembered: &str) -> Result<(), KeyfoldError> {
    login::accept_derivation(&parse::<PrepareLoginOutput>(prepared)?, remembered).map_err(thrown)
}
