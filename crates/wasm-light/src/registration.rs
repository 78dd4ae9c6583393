//! New devices.

use keyfold_crypto::{Suite, device};
use keyfold_protocol::encoding::DeviceIdentifier;
use wasm_bindgen::prelude::*;

use crate::error::{KeyfoldError, invalid_identifier, thrown, write};

/// The body for `POST /register_light`, `POST /user/prepare_register_device` and `PUT /user/reset_pw_light`.
#[wasm_bindgen(js_name = registerDevice)]
pub fn register_device(identifier: &str, password: &str) -> Result<String, KeyfoldError> {
    if password.is_empty() {
        return Err(invalid_identifier());
    }
    let identifier = DeviceIdentifier::parse(identifier).map_err(|_| invalid_identifier())?;
    write(&device::register_device(&identifier, password, &Suite::default()).map_err(thrown)?)
}

/// A random identifier and a random password.
#[wasm_bindgen(js_name = generateCredentials, unchecked_return_type = "[string, string]")]
pub fn generate_credentials() -> Result<Vec<String>, KeyfoldError> {
    let (identifier, password) = device::generate_credentials().map_err(thrown)?;
    Ok(vec![identifier, password.into_exposed()])
}
