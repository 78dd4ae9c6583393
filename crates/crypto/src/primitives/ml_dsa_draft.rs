//! ML-DSA-65 as in the **initial public draft** of FIPS 204 (August 2023).
//!
//! This is what programs of the *rec* suite sign with. It is not the final standard and neither verifies the other's
//! signatures: in the draft the message goes into the hash without a context in front of it (`mu = H(tr || message)`), and
//! the challenge polynomial is sampled from the first 32 of the 48 bytes of `c~`.
//!
//! Implementations of the final standard offer no way to undo the second difference, and a copy of one with two lines
//! changed would be a primitive of our own to keep. The crate `fips204` implemented the draft in its versions before 0.4 and
//! 0.2.2 is the last of them, reviewed and constant-time; the dependency is pinned to it. It follows the text of the draft
//! also where that has a known hole: the draft forgot to demand that the positions of hints are written in ascending order,
//! so that anybody could turn a signature into another valid one of the same message. [`verify`] demands it, as the
//! authors' own implementation always did.

use fips204::ml_dsa_65::{self, PrivateKey, PublicKey};
use fips204::traits::{SerDes, Signer, Verifier};
use shake::Shake256;
use shake::digest::{ExtendableOutput, Update, XofReader};
use zeroize::Zeroize;

use crate::primitives::random::{Entropy, RandCore};
use crate::{Error, SecretBytes};

pub(crate) const PUBLIC_LEN: usize = ml_dsa_65::PK_LEN;
pub(crate) const SECRET_LEN: usize = ml_dsa_65::SK_LEN;
pub(crate) const SIGNATURE_LEN: usize = ml_dsa_65::SIG_LEN;

/// Secret key: `rho(32) || K(32) || tr(64) || s1(640) || s2(768) || t0(2496)`.
const RHO: core::ops::Range<usize> = 0..32;
const TR: core::ops::Range<usize> = 64..128;
const SMALL_VECTORS: core::ops::Range<usize> = 128..128 + 640 + 768;

/// Number of polynomials that have hints.
const K: usize = 6;
/// Largest number of hints of a signature.
const OMEGA: usize = 55;

const _: () = assert!(PUBLIC_LEN == 1952 && SECRET_LEN == 4032 && SIGNATURE_LEN == 3309);

/// Consumes 32 random bytes. Returns the secret and the public key.
pub(crate) fn generate(entropy: &mut dyn Entropy) -> Result<(SecretBytes, Vec<u8>), Error> {
    let (public, secret) =
        ml_dsa_65::try_keygen_with_rng(&mut RandCore(entropy)).map_err(|_| Error::KeyGeneration)?;
    let mut bytes = secret.into_bytes();
    let secret = SecretBytes::concat(&bytes, &[]);
    bytes.zeroize();
    Ok((secret, public.into_bytes().to_vec()))
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
    let mut hash = Shake256::default();
    hash.update(public);
    let mut tr = [0; 64];
    hash.finalize_xof().read(&mut tr);
    public.len() == PUBLIC_LEN && secret.get(RHO) == public.get(RHO) && secret.get(TR) == Some(tr.as_slice())
}

/// Hedged: the mask seed is the hash of the key's signing seed, 32 random bytes and the message, so that a repeat of the
/// generator does no harm. Consumes 32 random bytes.
pub(crate) fn sign(secret: &[u8], message: &[u8], entropy: &mut dyn Entropy) -> Result<Vec<u8>, Error> {
    let bytes: &[u8; SECRET_LEN] = secret.try_into().map_err(|_| Error::KeyLength)?;
    // The crate decodes such a key without complaint, and may then sign with it for ever.
    if !is_well_formed(secret) {
        return Err(Error::Signing);
    }
    let key = PrivateKey::try_from_bytes(*bytes).map_err(|_| Error::Signing)?;
    let signature = key.try_sign_with_rng(&mut RandCore(entropy), message).map_err(|_| Error::Signing)?;
    Ok(signature.to_vec())
}

pub(crate) fn verify(public: &[u8], message: &[u8], signature: &[u8]) -> bool {
    let (Ok(public), Ok(signature)) = (<&[u8; PUBLIC_LEN]>::try_from(public), signature.try_into()) else {
        return false;
    };
    hints_are_canonical(signature)
        && PublicKey::try_from_bytes(*public).is_ok_and(|key| key.verify(message, signature))
}

/// Whether the hints are written in the one way a signer writes them: up to 55 positions, ascending within each of the six
/// polynomials, then zeros, then for each polynomial where its positions end.
fn hints_are_canonical(signature: &[u8; SIGNATURE_LEN]) -> bool {
    let Some((_, hints)) = signature.split_last_chunk::<{ OMEGA + K }>() else { return false };
    let (positions, ends) = hints.split_at(OMEGA);
    let mut start = 0;
    for end in ends {
        let end = usize::from(*end);
        let Some(of_one) = positions.get(start..end) else { return false };
        if !of_one.is_sorted_by(|a, b| a < b) {
            return false;
        }
        start = end;
    }
    positions.get(start..).is_some_and(|rest| rest.iter().all(|position| *position == 0))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::primitives::random::{Scripted, System};
    use crate::vectors::{self, base64, hex, list, text};

    #[test]
    fn signatures_of_the_vectors() {
        let mut seen = 0;
        for case in list(&vectors::load("rec_sign")["hybrid"]) {
            let half = |name: &str| {
                let export: serde_json::Value = serde_json::from_str(text(&case[name])).unwrap();
                base64(&export["Ed25519MlDsaHybrid"]["k"])
            };
            let (secret, public) = (half("sign_key_export_json"), half("verify_key_export_json"));
            assert!(is_well_formed(&secret));
            assert!(belong_together(&secret, &public));

            // ed(64) || dil(3309) || data, the second signature over data || ed
            let attached = base64(&case["signed_data_b64"]);
            let (ed, signature) = (&attached[..64], &attached[64..64 + SIGNATURE_LEN]);
            let data = &attached[64 + SIGNATURE_LEN..];
            assert_eq!(data, hex(&case["data_hex"]));
            let message = [data, ed].concat();
            assert!(verify(&public, &message, signature));
            assert!(!verify(&public, data, signature));

            let ours = sign(&secret, &message, &mut System).unwrap();
            assert!(verify(&public, &message, &ours));
            seen += 1;
        }
        assert_eq!(seen, 2);
    }

    #[test]
    fn a_repeat_of_the_generator_does_not_repeat_the_mask() {
        let (secret, public) = generate(&mut Scripted::new(&[&[5; 32]])).unwrap();
        assert!(belong_together(secret.expose(), &public));
        let sign = |message: &[u8], random: u8| {
            let signature = sign(secret.expose(), message, &mut Scripted::new(&[&[random; 32]])).unwrap();
            assert!(verify(&public, message, &signature));
            signature
        };
        // Equal masks would show in equal commitments; the challenge hashes commitment and message.
        assert_ne!(sign(b"one", 1), sign(b"two", 1));
        assert_ne!(sign(b"one", 1), sign(b"one", 2));
        assert_eq!(sign(b"one", 1), sign(b"one", 1));
    }

    #[test]
    fn hints_in_another_order_make_no_second_valid_signature() {
        let (secret, public) = generate(&mut Scripted::new(&[&[6; 32]])).unwrap();
        let mut checked = 0;
        for random in 0..20 {
            let signature = sign(secret.expose(), b"message", &mut Scripted::new(&[&[random; 32]])).unwrap();
            assert!(verify(&public, b"message", &signature));
            let first_end = usize::from(signature[SIGNATURE_LEN - K]);
            if first_end < 2 {
                continue;
            }
            let mut swapped = signature.clone();
            swapped.swap(SIGNATURE_LEN - K - OMEGA, SIGNATURE_LEN - K - OMEGA + 1);
            assert!(!verify(&public, b"message", &swapped));
            let swapped: &[u8; SIGNATURE_LEN] = swapped.as_slice().try_into().unwrap();
            assert!(
                PublicKey::try_from_bytes(public.as_slice().try_into().unwrap())
                    .unwrap()
                    .verify(b"message", swapped)
            );
            checked += 1;
        }
        assert!(checked > 10);
    }

    #[test]
    fn keys_of_other_pairs_and_malformed_keys_are_noticed() {
        let (secret, public) = generate(&mut System).unwrap();
        let (_, other) = generate(&mut System).unwrap();
        assert!(!belong_together(secret.expose(), &other));
        assert!(!belong_together(secret.expose(), &public[1..]));
        assert!(!is_well_formed(&secret.expose()[1..]));
        let mut out_of_range = secret.expose().to_vec();
        out_of_range[SMALL_VECTORS.start] = 0xf0;
        assert!(!is_well_formed(&out_of_range));
        assert_eq!(sign(&out_of_range, b"message", &mut System), Err(Error::Signing));
        assert_eq!(sign(&[0; 10], b"message", &mut System), Err(Error::KeyLength));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn changed_and_made_up_signatures_are_refused(
            at in 0..SIGNATURE_LEN,
            flip in 1..=255_u8,
            noise in proptest::collection::vec(any::<u8>(), SIGNATURE_LEN),
        ) {
            let (secret, public) = generate(&mut Scripted::new(&[&[7; 32]])).unwrap();
            let mut signature = sign(secret.expose(), b"message", &mut Scripted::new(&[&[8; 32]])).unwrap();
            signature[at] ^= flip;
            prop_assert!(!verify(&public, b"message", &signature));
            prop_assert!(!verify(&public, b"message", &noise));
            prop_assert!(!verify(&noise[..PUBLIC_LEN], b"message", &signature));
        }
    }
}
