//! Order-preserving encryption of small integers (Boldyreva, Chenette, Lee and O'Neill, EUROCRYPT 2009, in the variant
//! that `docs/protocol/sortable.md` fixes).
//!
//! A plain value of 16 bits is mapped to a value of 32 bits such that the order is kept: the whole domain is laid over
//! the whole range, the range is halved, a hypergeometric sample says how much of the domain falls into the lower half,
//! and so on until one domain value is left. All coins come from the key and the path, so the mapping is a function.
//!
//! The sampler works on binary64 numbers. Everything it needs beyond the exactly rounded basic operations (`ln`, `exp`)
//! comes from the `libm` crate, so that native programs and WebAssembly compute the same bits. Rust never fuses a
//! multiplication with an addition on its own.
//!
//! What the scheme leaks by design: the order of the plain values, their equality, and roughly their leading half.

mod sampler;
mod stream;
#[cfg(test)]
mod transcription;

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};
use zeroize::{Zeroize, Zeroizing};

use self::sampler::hypergeometric;
use self::stream::{CoinStream, Pads};
use crate::{Error, Secret};

/// Length of a key in bytes.
pub(crate) const KEY_LEN: usize = 16;

/// The largest plain value.
pub(crate) const MAX_PLAIN: u64 = 65_532;

/// Upper end of the domain the descent starts with. It is two above [`MAX_PLAIN`]: part of the format.
const DOMAIN_END: u64 = 65_534;

/// Upper end of the range, the largest encrypted value that can occur.
const RANGE_END: u64 = 4_294_967_294;

/// Levels of the decision tree that a key remembers once it has computed them. The upper levels are the expensive ones
/// (their sampler needs dozens of logarithms) and nearly every value passes the same few nodes: 2^12 nodes are 32 KiB.
const REMEMBERED_LEVELS: u32 = 12;

/// An order-preserving encryption key.
pub(crate) struct OpeKey {
    bytes: Secret<KEY_LEN>,
    /// Made at the first use: many keys are loaded and never sort anything.
    prepared: OnceLock<Box<Prepared>>,
}

impl OpeKey {
    pub(crate) fn new(bytes: Secret<KEY_LEN>) -> Self {
        Self { bytes, prepared: OnceLock::new() }
    }

    pub(crate) fn expose(&self) -> &[u8; KEY_LEN] {
        self.bytes.expose()
    }

    /// Encrypts a value of at most [`MAX_PLAIN`]. The result is at most 4294967294 and strictly increasing with `plain`.
    ///
    /// # Errors
    /// [`Error::SortableValueTooLarge`] (`client_61`) for a larger value. [`Error::SortableRange`] (`client_60`) if a
    /// part of the range became smaller than its part of the domain: no key and value are known that lead there, it is
    /// an error so that an unlucky key could never produce values out of order.
    pub(crate) fn encrypt(&self, plain: u64) -> Result<u64, Error> {
        if plain > MAX_PLAIN {
            return Err(Error::SortableValueTooLarge);
        }
        self.prepared.get_or_init(|| Box::new(Prepared::new(self.bytes.expose()))).encrypt(plain)
    }
}

/// What depends on the key alone.
struct Prepared {
    // Erases itself.
    mac: Hmac<Sha256>,
    pads: Pads,
    /// Node *i* of the upper tree (root 1, children 2*i* and 2*i* + 1) as [`Split::pack`]s it, 0 where not yet visited.
    splits: Box<[AtomicU64]>,
}

impl Prepared {
    fn new(key: &[u8; KEY_LEN]) -> Self {
        // HMAC pads a short key with zeros to the block of the hash. Doing it here leaves no length that could be wrong.
        let mut block = Zeroizing::new([0; 64]);
        block[..KEY_LEN].copy_from_slice(key);
        Self {
            mac: Hmac::new((&*block).into()),
            pads: Pads::new(key),
            splits: (0..1 << REMEMBERED_LEVELS).map(|_| AtomicU64::new(0)).collect(),
        }
    }

    fn encrypt(&self, plain: u64) -> Result<u64, Error> {
        let mut domain = Interval::new(0, DOMAIN_END);
        let mut range = Interval::new(0, RANGE_END);
        let mut node = 1_usize;
        let mut block_number = 0;
        while domain.len() > 1 {
            let split = match self.remembered(node) {
                Some(split) => split,
                None => {
                    let split = self.split(domain, range, block_number)?;
                    self.remember(node, split);
                    split
                }
            };
            block_number = split.next_block_number;
            node = node.saturating_mul(2);
            let lower_range = range.len() / 2;
            if plain < domain.first + split.lower_domain {
                domain.last = domain.first + split.lower_domain - 1;
                range.last = range.first + lower_range - 1;
            } else {
                domain.first += split.lower_domain;
                range.first += lower_range;
                node = node.saturating_add(1);
            }
        }

        let mut coins = CoinStream::new(&self.pads, 0);
        coins.seed(&Sha256::digest(Decimals::new().push(plain).as_bytes()).into());
        Ok(range.first + coins.below(range.len()))
    }

    /// How many values of `domain` belong to the lower half of `range`.
    fn split(&self, domain: Interval, range: Interval, block_number: u64) -> Result<Split, Error> {
        if range.len() < domain.len() {
            return Err(Error::SortableRange);
        }
        let mut place = Decimals::new();
        place.push(domain.first).push_slash().push(domain.last).push_slash();
        place.push(range.first).push_slash().push(range.last);
        let mut mac = self.mac.clone();
        mac.update(place.as_bytes());
        let mut coins = CoinStream::new(&self.pads, block_number);
        coins.seed(&mac.finalize().into_bytes().into());
        let lower_domain =
            hypergeometric(range.len() / 2, domain.len(), range.len() - domain.len(), &mut coins);
        // Also keeps the sums of the descent far from an overflow, whatever the sampler returned.
        if lower_domain > domain.len() {
            return Err(Error::SortableRange);
        }
        Ok(Split { lower_domain, next_block_number: coins.block_number() })
    }

    fn remembered(&self, node: usize) -> Option<Split> {
        Split::unpack(self.splits.get(node)?.load(Ordering::Relaxed))
    }

    fn remember(&self, node: usize, split: Split) {
        // An entry is complete in itself and every thread computes the same one: no ordering between them is needed.
        if let (Some(entry), Some(packed)) = (self.splits.get(node), split.pack()) {
            entry.store(packed, Ordering::Relaxed);
        }
    }
}

impl Drop for Prepared {
    /// The tree would give plain values away just as well as the key.
    fn drop(&mut self) {
        for split in &mut self.splits {
            split.get_mut().zeroize();
        }
    }
}

/// The values from `first` to `last`, both included; never empty.
#[derive(Clone, Copy)]
struct Interval {
    first: u64,
    last: u64,
}

impl Interval {
    fn new(first: u64, last: u64) -> Self {
        Self { first, last }
    }

    fn len(self) -> u64 {
        self.last - self.first + 1
    }
}

/// The decision at one node of the tree, and where the coin stream stands after it.
#[derive(Clone, Copy)]
struct Split {
    lower_domain: u64,
    next_block_number: u64,
}

impl Split {
    /// One word: the lower 32 bits hold `lower_domain` plus one (so that 0 is "unknown"), the upper ones the block number.
    fn pack(self) -> Option<u64> {
        let lower_domain = u32::try_from(self.lower_domain).ok()?.checked_add(1)?;
        let next_block_number = u32::try_from(self.next_block_number).ok()?;
        Some(u64::from(next_block_number) << 32 | u64::from(lower_domain))
    }

    fn unpack(packed: u64) -> Option<Self> {
        Some(Self {
            lower_domain: (packed & u64::from(u32::MAX)).checked_sub(1)?,
            next_block_number: packed >> 32,
        })
    }
}

/// Decimal text of up to four numbers below 2^32 with slashes between them, without a heap allocation.
struct Decimals {
    text: [u8; 48],
    len: usize,
}

impl Decimals {
    fn new() -> Self {
        Self { text: [0; 48], len: 0 }
    }

    fn push(&mut self, number: u64) -> &mut Self {
        let start = self.len;
        let mut rest = number;
        loop {
            self.push_byte(b'0' + (rest % 10) as u8);
            rest /= 10;
            if rest == 0 {
                break;
            }
        }
        self.text[start..self.len].reverse();
        self
    }

    fn push_slash(&mut self) -> &mut Self {
        self.push_byte(b'/');
        self
    }

    fn push_byte(&mut self, byte: u8) {
        self.text[self.len] = byte;
        self.len += 1;
    }

    fn as_bytes(&self) -> &[u8] {
        &self.text[..self.len]
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::vectors;

    #[test]
    fn known_numbers_of_every_key() {
        for key in keys() {
            for (plain, encrypted) in &key.numbers {
                assert_eq!(key.ope.encrypt(*plain), Ok(*encrypted), "{plain}");
            }
        }
    }

    #[test]
    fn the_whole_domain_has_the_known_digest() {
        let digests = keys().into_iter().filter_map(|key| Some((key.ope, key.full_domain_sha256?)));
        let checked = std::thread::scope(|scope| {
            let runs: Vec<_> = digests
                .map(|(ope, expected)| {
                    scope.spawn(move || {
                        let mut hash = Sha256::new();
                        for plain in 0..=MAX_PLAIN {
                            hash.update(ope.encrypt(plain).unwrap().to_be_bytes());
                        }
                        assert_eq!(hash.finalize().to_vec(), expected);
                    })
                })
                .collect();
            runs.into_iter().map(|run| run.join().unwrap()).count()
        });
        assert_eq!(checked, 4);
    }

    #[test]
    fn values_above_the_largest_are_refused() {
        let key = OpeKey::new(Secret::from_slice(&[7; KEY_LEN]).unwrap());
        for plain in [MAX_PLAIN + 1, MAX_PLAIN + 2, 65_536, u64::from(u32::MAX), u64::MAX] {
            assert_eq!(key.encrypt(plain), Err(Error::SortableValueTooLarge));
        }
        assert!(key.encrypt(MAX_PLAIN).is_ok());
    }

    #[test]
    fn a_key_gives_the_same_result_before_and_after_it_remembered_the_tree() {
        let fresh = || OpeKey::new(Secret::from_slice(b"sixteen byte key").unwrap());
        let used = fresh();
        for plain in (0..=MAX_PLAIN).step_by(211) {
            used.encrypt(plain).unwrap();
        }
        for plain in (0..=MAX_PLAIN).step_by(1009) {
            assert_eq!(used.encrypt(plain), fresh().encrypt(plain));
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(200))]

        #[test]
        fn agrees_with_the_transcription(key: [u8; KEY_LEN], plain in 0..=MAX_PLAIN) {
            let ope = OpeKey::new(Secret::from_slice(&key).unwrap());
            prop_assert_eq!(ope.encrypt(plain), Ok(transcription::encrypt(&key, plain)));
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(1))]

        #[test]
        fn order_is_kept_over_the_whole_domain(key: [u8; KEY_LEN]) {
            let ope = OpeKey::new(Secret::from_slice(&key).unwrap());
            let mut previous = None;
            for plain in 0..=MAX_PLAIN {
                let encrypted = Some(ope.encrypt(plain).unwrap());
                prop_assert!(encrypted > previous, "{} {:?} {:?}", plain, previous, encrypted);
                previous = encrypted;
            }
            prop_assert!(previous <= Some(RANGE_END));
        }
    }

    struct KnownKey {
        ope: OpeKey,
        numbers: Vec<(u64, u64)>,
        full_domain_sha256: Option<Vec<u8>>,
    }

    fn keys() -> Vec<KnownKey> {
        let file = vectors::load("std_sortable");
        let keys: Vec<_> = vectors::list(&file["keys"])
            .iter()
            .map(|key| KnownKey {
                ope: OpeKey::new(Secret::from_slice(&vectors::hex(&key["key_hex"])).unwrap()),
                numbers: vectors::list(&key["numbers"])
                    .iter()
                    .map(|pair| (vectors::number(&pair[0]), vectors::number(&pair[1])))
                    .collect(),
                full_domain_sha256: Some(&key["full_domain_sha256_hex"])
                    .filter(|digest| !digest.is_null())
                    .map(vectors::hex),
            })
            .collect();
        assert_eq!(keys.len(), 6);
        keys
    }
}
