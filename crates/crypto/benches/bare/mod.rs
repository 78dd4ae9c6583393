//! The libraries of the std suite without anything around them.
#![allow(dead_code, reason = "each benchmark uses its part")]
#![allow(unreachable_pub, reason = "shared between benchmarks")]

use aws_lc_rs::agreement::{PrivateKey, UnparsedPublicKey, X25519, agree};
use ed25519_dalek::{Signature, Signer, SigningKey};

/// One X25519 and one Kyber key pair.
pub struct Encryption {
    x: PrivateKey,
    x_public: Vec<u8>,
    kyber: pqc_kyber_edit::Keypair,
    ciphertext: [u8; pqc_kyber_edit::KYBER_CIPHERTEXTBYTES],
}

impl Encryption {
    pub fn new() -> Self {
        let kyber = pqc_kyber_edit::keypair(&mut Random).unwrap();
        let (ciphertext, _) = pqc_kyber_edit::encapsulate(&kyber.public, &mut Random).unwrap();
        let x = PrivateKey::generate(&X25519).unwrap();
        let x_public = x.compute_public_key().unwrap().as_ref().to_vec();
        Self { x, x_public, kyber, ciphertext }
    }

    /// An ephemeral key pair and its agreement, and a Kyber encapsulation.
    pub fn encapsulate(&self) -> ([u8; 32], [u8; 32]) {
        let ephemeral = PrivateKey::generate(&X25519).unwrap();
        std::hint::black_box(ephemeral.compute_public_key().unwrap());
        let (_, kyber) = pqc_kyber_edit::encapsulate(&self.kyber.public, &mut Random).unwrap();
        (self.agree(&ephemeral), kyber)
    }

    /// An agreement and a Kyber decapsulation.
    pub fn decapsulate(&self) -> ([u8; 32], [u8; 32]) {
        let kyber = pqc_kyber_edit::decapsulate(&self.ciphertext, &self.kyber.secret).unwrap();
        (self.agree(&self.x), kyber)
    }

    fn agree(&self, secret: &PrivateKey) -> [u8; 32] {
        let public = UnparsedPublicKey::new(&X25519, &self.x_public);
        agree(secret, public, (), |shared| shared.try_into().map_err(|_| ())).unwrap()
    }
}

/// One Ed25519 and one Dilithium key pair.
pub struct Signatures {
    ed25519: SigningKey,
    dilithium: pqc_dilithium_edit::Keypair,
    ed25519_signature: Signature,
    dilithium_signature: Vec<u8>,
}

impl Signatures {
    pub fn new(message: &[u8]) -> Self {
        let ed25519 = SigningKey::from_bytes(&[7; 32]);
        let dilithium = pqc_dilithium_edit::Keypair::generate(&mut Random).unwrap();
        let dilithium_signature =
            pqc_dilithium_edit::sign(message, &mut Random, &dilithium.secret).unwrap().to_vec();
        Self { ed25519_signature: ed25519.sign(message), ed25519, dilithium, dilithium_signature }
    }

    pub fn sign(&self, message: &[u8]) -> (Signature, usize) {
        let dilithium = pqc_dilithium_edit::sign(message, &mut Random, &self.dilithium.secret).unwrap();
        (self.ed25519.sign(message), dilithium.len())
    }

    pub fn verify(&self, message: &[u8]) {
        self.ed25519.verifying_key().verify_strict(message, &self.ed25519_signature).unwrap();
        pqc_dilithium_edit::verify(&self.dilithium_signature, message, &self.dilithium.public).ok().unwrap();
    }
}

/// The generator that the crate itself uses.
struct Random;

impl rand_core_06::RngCore for Random {
    fn next_u32(&mut self) -> u32 {
        rand_core_06::impls::next_u32_via_fill(self)
    }

    fn next_u64(&mut self) -> u64 {
        rand_core_06::impls::next_u64_via_fill(self)
    }

    fn fill_bytes(&mut self, buffer: &mut [u8]) {
        aws_lc_rs::rand::fill(buffer).unwrap();
    }

    fn try_fill_bytes(&mut self, buffer: &mut [u8]) -> Result<(), rand_core_06::Error> {
        self.fill_bytes(buffer);
        Ok(())
    }
}

impl rand_core_06::CryptoRng for Random {}
