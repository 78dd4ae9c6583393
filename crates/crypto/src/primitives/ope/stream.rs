//! The coin stream: pseudorandom numbers drawn from AES-128 under the key and a seed that names the place in the tree.

use aes::Aes128;
use aes::cipher::{Array, BlockCipherEncrypt, KeyInit};
use zeroize::Zeroize;

/// Number of pads that are computed ahead. Most descents need fewer blocks.
const AHEAD: usize = 64;

/// `AES(key, LE64(block_number) || 0^64)` by block number: depends on the key alone, and every descent starts with the same.
pub(super) struct Pads {
    // Erases itself.
    aes: Aes128,
    ahead: [u128; AHEAD],
}

impl Pads {
    pub(super) fn new(key: &[u8; 16]) -> Self {
        let aes = Aes128::new(key.into());
        let mut number = 0_u128;
        let mut blocks: [Array<u8, _>; AHEAD] = std::array::from_fn(|_| {
            let block = number.to_le_bytes().into();
            number += 1;
            block
        });
        // Several at once is much faster than one after the other, above all where the cipher is bitsliced.
        aes.encrypt_blocks(&mut blocks);
        Self { aes, ahead: blocks.map(|block| u128::from_le_bytes(block.into())) }
    }

    fn get(&self, block_number: u64) -> u128 {
        let ahead = usize::try_from(block_number).ok().and_then(|number| self.ahead.get(number));
        ahead.copied().unwrap_or_else(|| {
            // A 64-bit number at the front of a little-endian 128-bit one: the upper eight bytes are the zeros.
            let mut block = u128::from(block_number).to_le_bytes().into();
            self.aes.encrypt_block(&mut block);
            u128::from_le_bytes(block.into())
        })
    }
}

impl Drop for Pads {
    fn drop(&mut self) {
        self.ahead.zeroize();
    }
}

/// Coins for one descent. `block = LE128(counter) XOR pad(block_number)`; seeding sets the counter and leaves the block
/// number running, which is why a descent hands it on from node to node.
pub(super) struct CoinStream<'a> {
    pads: &'a Pads,
    block_number: u64,
    counter: u128,
}

impl<'a> CoinStream<'a> {
    pub(super) fn new(pads: &'a Pads, block_number: u64) -> Self {
        Self { pads, block_number, counter: 0 }
    }

    /// Sets the counter to the first 16 of the 32 bytes, read as a little-endian integer.
    pub(super) fn seed(&mut self, digest: &[u8; 32]) {
        let mut seed = [0; 16];
        seed.copy_from_slice(&digest[..16]);
        self.counter = u128::from_le_bytes(seed);
    }

    /// Number of blocks drawn so far.
    pub(super) fn block_number(&self) -> u64 {
        self.block_number
    }

    /// An integer below `bound` (at least 1): the big-endian value of one byte more than the bound's bit length fills,
    /// reduced. The slight bias is part of the format.
    pub(super) fn below(&mut self, bound: u64) -> u64 {
        let bits = u64::BITS - bound.leading_zeros();
        self.take(bits / 8 + 1) % bound
    }

    /// A real number in [0, 1) with `precision` (at most 55) bits.
    pub(super) fn unit(&mut self, precision: u32) -> f64 {
        // 2^precision has one bit more than `precision`.
        let bits = precision + 1;
        let bound = 1_u64 << precision;
        (self.take(bits / 8 + 1) & (bound - 1)) as f64 / bound as f64
    }

    /// The first `bytes` (at most 8) bytes of the next block as a big-endian integer. The rest of the block is dropped.
    fn take(&mut self, bytes: u32) -> u64 {
        self.counter = self.counter.wrapping_add(1);
        let block = self.counter ^ self.pads.get(self.block_number);
        self.block_number = self.block_number.wrapping_add(1);
        // The first byte of the block is the lowest of the little-endian number: reversed, it leads.
        (block.swap_bytes() >> (128 - 8 * bytes)) as u64
    }
}
