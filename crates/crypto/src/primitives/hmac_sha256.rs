//! HMAC-SHA256 (RFC 2104) under one key, many times.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::Secret;

pub(crate) const KEY_LEN: usize = 32;
pub(crate) const TAG_LEN: usize = 32;

/// A key whose two padded blocks are already hashed: half of the work for a short message. Zeroizes itself.
pub(crate) struct HmacKey(Hmac<Sha256>);

impl HmacKey {
    pub(crate) fn new(key: &Secret<KEY_LEN>) -> Self {
        // HMAC pads a short key with zeros to the block of the hash. Doing it here leaves no length that could be wrong.
        let mut block = Zeroizing::new([0; 64]);
        block[..KEY_LEN].copy_from_slice(key.expose());
        Self(Hmac::new((&*block).into()))
    }

    /// `HMAC-SHA256[key](message)`
    pub(crate) fn tag(&self, message: &[u8]) -> [u8; TAG_LEN] {
        let mut mac = self.0.clone();
        mac.update(message);
        mac.finalize().into_bytes().into()
    }

    /// Starts a message whose beginnings are wanted as well.
    pub(crate) fn start(&self) -> RunningMac {
        RunningMac(self.0.clone())
    }
}

/// A message that is still growing.
pub(crate) struct RunningMac(Hmac<Sha256>);

impl RunningMac {
    pub(crate) fn update(&mut self, part: &[u8]) {
        self.0.update(part);
    }

    /// The tag of what was put in so far.
    pub(crate) fn tag(&self) -> [u8; TAG_LEN] {
        self.0.clone().finalize().into_bytes().into()
    }
}
