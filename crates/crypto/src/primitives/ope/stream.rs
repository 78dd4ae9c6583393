//! The coin stream: pseudorandom numbers drawn from AES-128 under the key and a seed that names the place in the tree.

use aes::Aes128;
use aes::cipher::BlockCipherEncrypt;

/// Coins for one descent. `block = LE128(counter) XOR AES(key, LE64(block_number) || 0^64)`; seeding sets the counter
/// and leaves the block number running, which is why a descent hands it on from node to node.
pub(super) struct CoinStream<'a> {
    aes: &'a Aes128,
    block_number: u64,
    counter: u128,
}

impl<'a> CoinStream<'a> {
    pub(super) fn new(aes: &'a Aes128, block_number: u64) -> Self {
        Self { aes, block_number, counter: 0 }
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
        // A 64-bit number at the front of a little-endian 128-bit one: the upper eight bytes are the zeros.
        let mut block = u128::from(self.block_number).to_le_bytes().into();
        self.aes.encrypt_block(&mut block);
        self.block_number = self.block_number.wrapping_add(1);
        let block = self.counter ^ u128::from_le_bytes(block.into());
        // The first byte of the block is the lowest of the little-endian number: reversed, it leads.
        (block.swap_bytes() >> (128 - 8 * bytes)) as u64
    }
}
