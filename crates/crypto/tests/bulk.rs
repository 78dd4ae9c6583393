//! Parts of files whose chunk another implementation of AES-256-GCM encrypts: they are like any other.

#![allow(clippy::unwrap_used, reason = "tests")]

use aes_gcm::aead::{Aead, KeyInit};
use aes_gcm::{Aes256Gcm, Nonce};
use keyfold_crypto::file::{FileDecryptor, FileEncryptor};
use keyfold_crypto::{SigningKey, Suite, SymmetricKey, Verification};

fn cipher(key: &SymmetricKey) -> Aes256Gcm {
    Aes256Gcm::new_from_slice(key.aes_256_gcm().unwrap()).unwrap()
}

fn seal(key: &SymmetricKey, chunk: &[u8]) -> Vec<u8> {
    let nonce = [7; 12];
    let sealed = cipher(key).encrypt(&Nonce::from(nonce), chunk).unwrap();
    [nonce.as_slice(), &sealed].concat()
}

#[test]
fn parts_encrypted_outside_are_read_inside_and_the_other_way_round() {
    let content_key = SymmetricKey::generate(&Suite::STD, "").unwrap();
    let (sign_key, verify_key) = SigningKey::generate(&Suite::STD, "signer").unwrap();
    for signer in [None, Some(&sign_key)] {
        let mut encryptor = FileEncryptor::new(&content_key, signer);
        let key = encryptor.next_key().unwrap();
        let blob = seal(&key, b"first");
        let first = encryptor.encrypted_part(key, &blob).unwrap();
        let second = encryptor.encrypt_part(b"second").unwrap();

        let verification = signer.map_or(Verification::Ignore, |_| Verification::Require(&verify_key));
        let mut decryptor = FileDecryptor::new(&content_key, verification);
        assert_eq!(decryptor.decrypt_part(&first).unwrap(), b"first");
        let (key, blob) = decryptor.open_part(&second).unwrap();
        let (nonce, sealed) = blob.split_at(12);
        let nonce: [u8; 12] = nonce.try_into().unwrap();
        let chunk = cipher(&key).decrypt(&Nonce::from(nonce), sealed).unwrap();
        decryptor.decrypted_part(key, 6);
        assert_eq!((chunk.as_slice(), decryptor.parts(), decryptor.bytes()), (b"second".as_slice(), 2, 11));
    }
}

#[test]
fn only_keys_of_the_right_layout_are_handed_out() {
    assert!(SymmetricKey::generate(&Suite::STD, "").unwrap().aes_256_gcm().is_some());
    let other = SymmetricKey::generate(&Suite::REC, "").unwrap();
    assert_eq!(other.aes_256_gcm().is_some(), other.room() == (12, 16));
}
