//! Checks of what a client sends as keys, before anything is stored: what would fail at every login is refused now.

use keyfold_crypto::server::{check_device, check_group, is_known_algorithm, login_salt};
use keyfold_protocol::encoding::{AlgorithmId, ClientRandomValue};
use keyfold_protocol::error::ErrorCode;
use keyfold_protocol::user::{DeviceRegister, MasterKey, RegisterInput};

use crate::error::ApiError;

/// A device, whose algorithms and public keys must be usable.
///
/// # Errors
/// 422/11.
pub(crate) fn usable_device(device: &DeviceRegister) -> Result<(), ApiError> {
    check_device(device).map_err(unusable)
}

/// A device with its user group.
///
/// # Errors
/// 422/11; 400/117 when the group lacks sign and verify keys.
pub(super) fn usable_registration(input: &RegisterInput) -> Result<(), ApiError> {
    usable_device(&input.device)?;
    let group = &input.group;
    let signs = group.encrypted_sign_key.is_some()
        && group.verify_key.is_some()
        && group.public_key_sig.is_some()
        && group.keypair_sign_alg.is_some();
    if !signs {
        return Err(ErrorCode::UserKeysMissing.into());
    }
    check_group(group).map_err(unusable)
}

/// A password derivation.
///
/// # Errors
/// 422/11.
pub(super) fn usable_derivation(
    algorithm: &AlgorithmId,
    random_value: &ClientRandomValue,
) -> Result<(), ApiError> {
    login_salt(algorithm.as_str(), random_value, "").map(drop).map_err(unusable)
}

/// The algorithms of a master key.
///
/// # Errors
/// 422/11.
pub(super) fn usable_master_key(key: &MasterKey) -> Result<(), ApiError> {
    usable_algorithm(&key.master_key_alg)?;
    usable_algorithm(&key.encrypted_master_key_alg)
}

/// An algorithm.
///
/// # Errors
/// 422/11.
pub(super) fn usable_algorithm(algorithm: &AlgorithmId) -> Result<(), ApiError> {
    if is_known_algorithm(algorithm.as_str()) {
        Ok(())
    } else {
        Err(ApiError::with_message(ErrorCode::Input, "Wrong input: unknown algorithm"))
    }
}

fn unusable(error: keyfold_crypto::Error) -> ApiError {
    ApiError::with_message(ErrorCode::Input, format!("Wrong input: {error}"))
}
