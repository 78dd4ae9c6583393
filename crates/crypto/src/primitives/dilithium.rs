//! Dilithium3-AES, round 3.1: AES-256-CTR expands matrix and noise, everything else is SHAKE256.

use crate::primitives::hash;
use crate::primitives::random::{Entropy, RandCore};
use crate::{Error, Secret, SecretBytes};

pub(crate) const PUBLIC_LEN: usize = pqc_dilithium_edit::PUBLICKEYBYTES;
pub(crate) const SECRET_LEN: usize = pqc_dilithium_edit::SECRETKEYBYTES;
pub(crate) const SIGNATURE_LEN: usize = pqc_dilithium_edit::SIGNBYTES;
pub(crate) const MASK_SEED_LEN: usize = 64;

/// Secret key: `rho(32) || K(32) || tr(32) || s1(640) || s2(768) || t0(2496)`.
const RHO: core::ops::Range<usize> = 0..32;
const SIGNING_SEED: core::ops::Range<usize> = 32..64;
const TR: core::ops::Range<usize> = 64..96;
const SMALL_VECTORS: core::ops::Range<usize> = 96..96 + 640 + 768;

const _: () = assert!(PUBLIC_LEN == 1952 && SECRET_LEN == 4000 && SIGNATURE_LEN == 3293);
const _: () = assert!(pqc_dilithium_edit::RANDOMIZED_SIGNING);

/// Consumes 32 random bytes. Returns the secret and the public key.
pub(crate) fn generate(entropy: &mut dyn Entropy) -> Result<(SecretBytes, Vec<u8>), Error> {
    let mut pair =
        pqc_dilithium_edit::Keypair::generate(&mut RandCore(entropy)).map_err(|_| Error::KeyGeneration)?;
    let secret = SecretBytes::concat(&pair.secret, &[]);
    zeroize::Zeroize::zeroize(&mut pair.secret);
    Ok((secret, pair.public.to_vec()))
}

/// Whether a secret key has the right length and coefficients in range.
///
/// The signing loop repeats until it finds a signature that reveals nothing. With coefficients out of range it might
/// never find one.
pub(crate) fn is_well_formed(secret: &[u8]) -> bool {
    let Some(small) = secret.get(SMALL_VECTORS) else { return false };
    let in_range = small.iter().fold(true, |good, byte| good & (byte & 0x0f <= 8) & (byte >> 4 <= 8));
    secret.len() == SECRET_LEN && in_range
}

/// Whether `public` is the verify key of `secret`: both name the same matrix seed, and the secret key holds the hash of
/// its public key.
pub(crate) fn belong_together(secret: &[u8], public: &[u8]) -> bool {
    secret.get(RHO).is_some()
        && secret.get(RHO) == public.get(RHO)
        && secret.get(TR) == Some(&hash::shake256(public))
}

/// Signs with a mask seed that is bound to key and message.
///
/// Taken raw from the generator, as the format's other implementations do, a repeated seed would reveal the key to
/// anyone who sees both signatures. Hashed together with key and message it does no harm, and nobody can tell the
/// difference from outside.
pub(crate) fn sign(secret: &[u8], message: &[u8], entropy: &mut dyn Entropy) -> Result<Vec<u8>, Error> {
    let fresh = Secret::<MASK_SEED_LEN>::random(entropy)?;
    let signing_seed = secret.get(SIGNING_SEED).ok_or(Error::KeyLength)?;
    let mask_seed = hash::hmac_sha512(
        signing_seed,
        &[b"keyfold hedged dilithium", fresh.expose(), &hash::sha512(&[message])],
    )?;
    sign_with_mask_seed(secret, message, &mask_seed)
}

pub(crate) fn sign_with_mask_seed(
    secret: &[u8],
    message: &[u8],
    mask_seed: &Secret<MASK_SEED_LEN>,
) -> Result<Vec<u8>, Error> {
    if secret.len() != SECRET_LEN {
        return Err(Error::KeyLength);
    }
    let mut seed = Seed(mask_seed);
    let signature =
        pqc_dilithium_edit::sign(message, &mut RandCore(&mut seed), secret).map_err(|_| Error::Signing)?;
    Ok(signature.to_vec())
}

pub(crate) fn verify(public: &[u8], message: &[u8], signature: &[u8]) -> bool {
    public.len() == PUBLIC_LEN && pqc_dilithium_edit::verify(signature, message, public).is_ok()
}

/// Hands the mask seed to the crate, which asks for exactly that many random bytes.
struct Seed<'a>(&'a Secret<MASK_SEED_LEN>);

impl Entropy for Seed<'_> {
    fn fill(&mut self, buffer: &mut [u8]) -> Result<(), Error> {
        let seed = self.0.expose().get(..buffer.len()).ok_or(Error::Signing)?;
        buffer.copy_from_slice(seed);
        Ok(())
    }
}
