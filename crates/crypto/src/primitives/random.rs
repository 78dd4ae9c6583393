//! Where randomness comes from.

use crate::Error;

/// A source of random bytes.
///
/// Everything that consumes randomness takes it through this trait, in a documented order, so that known answers can be
/// reproduced by handing in the bytes of a test vector.
pub(crate) trait Entropy {
    /// Overwrites all of `buffer`.
    fn fill(&mut self, buffer: &mut [u8]) -> Result<(), Error>;
}

/// The generator of the operating system, `crypto.getRandomValues` under JavaScript.
///
/// Nothing is kept between calls: a buffer of random bytes would be the same in both processes after a `fork`, and so
/// would be the nonces.
pub(crate) struct System;

impl Entropy for System {
    fn fill(&mut self, buffer: &mut [u8]) -> Result<(), Error> {
        getrandom::fill(buffer).map_err(|_| Error::NoRandomness)
    }
}

/// Hands [`Entropy`] to crates that ask for a generator of `rand_core` 0.6.
pub(crate) struct RandCore<'a>(pub(crate) &'a mut dyn Entropy);

impl rand_core_06::RngCore for RandCore<'_> {
    fn next_u32(&mut self) -> u32 {
        let mut bytes = [0; 4];
        self.fill_bytes(&mut bytes);
        u32::from_le_bytes(bytes)
    }

    fn next_u64(&mut self) -> u64 {
        let mut bytes = [0; 8];
        self.fill_bytes(&mut bytes);
        u64::from_le_bytes(bytes)
    }

    #[expect(
        clippy::expect_used,
        reason = "the trait has no way to report it; the lattice crates call try_fill_bytes only"
    )]
    fn fill_bytes(&mut self, buffer: &mut [u8]) {
        self.try_fill_bytes(buffer).expect("the system gives randomness");
    }

    fn try_fill_bytes(&mut self, buffer: &mut [u8]) -> Result<(), rand_core_06::Error> {
        const FAILED: core::num::NonZeroU32 =
            core::num::NonZeroU32::MIN.saturating_add(rand_core_06::Error::CUSTOM_START - 1);
        self.0.fill(buffer).map_err(|_| rand_core_06::Error::from(FAILED))
    }
}

impl rand_core_06::CryptoRng for RandCore<'_> {}

/// The bytes of a test vector, in the order in which they are consumed.
#[cfg(test)]
pub(crate) struct Scripted(pub(crate) std::collections::VecDeque<u8>);

#[cfg(test)]
impl Scripted {
    pub(crate) fn new(parts: &[&[u8]]) -> Self {
        Self(parts.concat().into())
    }
}

#[cfg(test)]
impl Entropy for Scripted {
    fn fill(&mut self, buffer: &mut [u8]) -> Result<(), Error> {
        for byte in buffer {
            *byte = self.0.pop_front().ok_or(Error::NoRandomness)?;
        }
        Ok(())
    }
}
