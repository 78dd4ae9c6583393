//! X25519 key agreement (RFC 7748).

use crate::Error;

pub(crate) const LEN: usize = 32;

pub(crate) use backend::SecretKey;

/// Whether `point` is one of the points of small order, with which every agreement has the same, publicly known result.
///
/// The list is complete for the curve and its twist; the top bit is ignored as the function ignores it.
pub(crate) fn is_small_order(point: &[u8; LEN]) -> bool {
    // 0, 1, the two of order 8, and p - 1, p, p + 1 (little-endian).
    const SMALL_ORDER: [[u8; LEN]; 7] = {
        let mut list = [[0; LEN]; 7];
        list[1][0] = 1;
        list[2] = [
            0xe0, 0xeb, 0x7a, 0x7c, 0x3b, 0x41, 0xb8, 0xae, 0x16, 0x56, 0xe3, 0xfa, 0xf1, 0x9f, 0xc4, 0x6a,
            0xda, 0x09, 0x8d, 0xeb, 0x9c, 0x32, 0xb1, 0xfd, 0x86, 0x62, 0x05, 0x16, 0x5f, 0x49, 0xb8, 0x00,
        ];
        list[3] = [
            0x5f, 0x9c, 0x95, 0xbc, 0xa3, 0x50, 0x8c, 0x24, 0xb1, 0xd0, 0xb1, 0x55, 0x9c, 0x83, 0xef, 0x5b,
            0x04, 0x44, 0x5c, 0xc4, 0x58, 0x1c, 0x8e, 0x86, 0xd8, 0x22, 0x4e, 0xdd, 0xd0, 0x9f, 0x11, 0x57,
        ];
        let mut field = [0xff; LEN];
        field[LEN - 1] = 0x7f;
        list[4] = field;
        list[4][0] = 0xec;
        list[5] = field;
        list[5][0] = 0xed;
        list[6] = field;
        list[6][0] = 0xee;
        list
    };
    let mut point = *point;
    point[LEN - 1] &= 0x7f;
    SMALL_ORDER.contains(&point)
}

#[cfg(not(target_family = "wasm"))]
mod backend {
    use aws_lc_rs::agreement::{PrivateKey, UnparsedPublicKey, X25519, agree};

    use super::{Error, LEN};
    use crate::Secret;

    /// A secret scalar, clamped at use. AWS-LC wipes it when it is freed.
    pub(crate) struct SecretKey(PrivateKey);

    impl SecretKey {
        pub(crate) fn new(scalar: &Secret<LEN>) -> Result<Self, Error> {
            PrivateKey::from_private_key(&X25519, scalar.expose())
                .map(Self)
                .map_err(|_| Error::UnusablePrivateKey)
        }

        /// The public key that belongs to the scalar.
        pub(crate) fn public(&self) -> Result<[u8; LEN], Error> {
            let public = self.0.compute_public_key().map_err(|_| Error::UnusablePrivateKey)?;
            public.as_ref().try_into().map_err(|_| Error::UnusablePrivateKey)
        }

        /// `X25519(self, public)`, or `None` for a point of small order (all-zero result).
        pub(crate) fn agree(&self, public: &[u8; LEN]) -> Option<Secret<LEN>> {
            agree(&self.0, UnparsedPublicKey::new(&X25519, public), (), |shared| {
                Secret::from_slice(shared).map_err(|_| ())
            })
            .ok()
        }
    }
}

#[cfg(target_family = "wasm")]
mod backend {
    use x25519_dalek::{PublicKey, StaticSecret};

    use super::{Error, LEN};
    use crate::Secret;

    /// A secret scalar, clamped at use, wiped when dropped.
    pub(crate) struct SecretKey(Box<StaticSecret>);

    impl SecretKey {
        pub(crate) fn new(scalar: &Secret<LEN>) -> Result<Self, Error> {
            Ok(Self(Box::new(StaticSecret::from(*scalar.expose()))))
        }

        /// The public key that belongs to the scalar.
        pub(crate) fn public(&self) -> Result<[u8; LEN], Error> {
            Ok(PublicKey::from(self.0.as_ref()).to_bytes())
        }

        /// `X25519(self, public)`, or `None` for a point of small order (all-zero result).
        pub(crate) fn agree(&self, public: &[u8; LEN]) -> Option<Secret<LEN>> {
            let shared = self.0.diffie_hellman(&PublicKey::from(*public));
            if !shared.was_contributory() {
                return None;
            }
            Secret::from_slice(shared.as_bytes()).ok()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Secret;

    #[test]
    fn agreement_with_every_point_of_small_order_is_refused() {
        let key = SecretKey::new(&Secret::from_slice(&[0x42; LEN]).unwrap()).unwrap();
        let mut found = 0;
        for top_bit in [0, 0x80] {
            for first in 0..=255_u8 {
                for rest in [0, 0xff] {
                    let mut point = [rest; LEN];
                    point[0] = first;
                    point[LEN - 1] = (rest & 0x7f) | top_bit;
                    assert_eq!(key.agree(&point).is_none(), is_small_order(&point), "{point:02x?}");
                    found += usize::from(is_small_order(&point));
                }
            }
        }
        assert_eq!(found, 10);
    }
}
