//! Argon2id (RFC 9106), version 0x13, one lane.

use argon2::{Algorithm, Argon2, Params, Version};

use crate::{Error, Secret};

/// `Argon2id[memory, passes, lanes 1](password, salt)` with an output of `N` bytes.
pub(crate) fn derive<const N: usize>(
    password: &[u8],
    salt: &[u8],
    memory_kib: u32,
    passes: u32,
) -> Result<Secret<N>, Error> {
    let params = Params::new(memory_kib, passes, 1, Some(N)).map_err(|_| Error::PasswordHash)?;
    let mut derived = Secret::zeroed();
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password_into(password, salt, derived.expose_mut())
        .map_err(|_| Error::PasswordHash)?;
    Ok(derived)
}
