//! What holds for every input: each pair of functions undoes the other, and nothing that comes from outside panics.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use keyfold_crypto::file::{FileDecryptor, FileEncryptor};
use keyfold_crypto::{
    Error, Head, PrivateKey, PublicKey, SearchKey, SigningKey, SortKey, Suite, SymmetricKey, Verification,
    VerifyingKey,
};
use proptest::prelude::*;
use std::sync::LazyLock;

/// Key pairs take a while to make; the properties are about what is done with them.
struct Keys {
    suite: Suite,
    symmetric: SymmetricKey,
    private: PrivateKey,
    public: PublicKey,
    sign: SigningKey,
    verify: VerifyingKey,
}

impl std::fmt::Debug for Keys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.suite.name())
    }
}

static KEYS: LazyLock<[Keys; 2]> = LazyLock::new(|| {
    [Suite::STD, Suite::REC].map(|suite| {
        let (private, public) = PrivateKey::generate(&suite, "pair").unwrap();
        let (sign, verify) = SigningKey::generate(&suite, "signer").unwrap();
        let symmetric = SymmetricKey::generate(&suite, "key").unwrap();
        Keys { suite, symmetric, private, public, sign, verify }
    })
});

fn keys() -> impl Strategy<Value = &'static Keys> {
    (0..2_usize).prop_map(|index| &KEYS[index])
}

fn bytes() -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(any::<u8>(), 0..600)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn symmetric_decryption_undoes_encryption(keys in keys(), data in bytes(), aad in bytes()) {
        let blob = keys.symmetric.encrypt(&data, &aad).unwrap();
        prop_assert_eq!(blob.len(), data.len() + 28);
        prop_assert_eq!(keys.symmetric.decrypt(&blob, &aad).unwrap(), &data[..]);
        let mut in_place = blob.clone();
        prop_assert_eq!(&*keys.symmetric.decrypt_in_place(&mut in_place, &aad).unwrap(), &data[..]);
    }

    #[test]
    fn encrypting_in_place_is_encrypting(keys in keys(), data in bytes(), aad in bytes(), signed: bool) {
        let signer = signed.then_some(&keys.sign);
        let (front, back) = keys.symmetric.content_room(signer).unwrap();
        let mut buffer = vec![0xaa; front];
        buffer.extend_from_slice(&data);
        buffer.resize(buffer.len() + back, 0xaa);
        keys.symmetric.encrypt_content_in_place(&mut buffer, &aad, signer).unwrap();
        let verification = if signed { Verification::Require(&keys.verify) } else { Verification::Ignore };
        prop_assert_eq!(keys.symmetric.decrypt_content(&buffer, &aad, verification).unwrap(), data);
    }

    #[test]
    fn asymmetric_decryption_undoes_encryption(keys in keys(), data in bytes(), signed: bool) {
        let signer = signed.then_some(&keys.sign);
        let verification = if signed { Verification::Require(&keys.verify) } else { Verification::Check(&keys.verify) };
        let content = keys.public.encrypt_content(&data, signer).unwrap();
        prop_assert_eq!(keys.private.decrypt_content(&content, verification).unwrap(), &data[..]);
        let (head, payload) = keys.public.encrypt_raw(&data, signer).unwrap();
        prop_assert_eq!(keys.private.decrypt_raw(&head, &payload, verification).unwrap(), data);
    }

    #[test]
    fn texts_survive(keys in keys(), text in ".{0,80}", aad in ".{0,20}", signed: bool) {
        let signer = signed.then_some(&keys.sign);
        let verification = if signed { Verification::Require(&keys.verify) } else { Verification::Ignore };
        let encrypted = keys.symmetric.encrypt_text(&text, &aad, signer).unwrap();
        prop_assert_eq!(keys.symmetric.decrypt_text(&encrypted, &aad, verification).unwrap(), &text[..]);
        let encrypted = keys.public.encrypt_text(&text, signer).unwrap();
        prop_assert_eq!(keys.private.decrypt_text(&encrypted, verification).unwrap(), text);
    }

    #[test]
    fn a_signature_holds_for_its_message_only(keys in keys(), message in bytes(), other in bytes()) {
        let signature = keys.sign.sign(&message).unwrap();
        prop_assert!(keys.verify.verify_text(&message, &signature).unwrap());
        prop_assert_eq!(keys.verify.verify_text(&other, &signature).unwrap(), other == message);
        if !message.is_empty() {
            let signed = keys.sign.sign_attached(&message).unwrap();
            prop_assert_eq!(keys.verify.verify_attached(&signed).unwrap(), &message[..]);
        }
    }

    #[test]
    fn any_change_of_a_ciphertext_is_noticed(
        keys in keys(), data in bytes(), at: prop::sample::Index, flip in 1..=255_u8
    ) {
        let mut blob = keys.symmetric.encrypt(&data, b"").unwrap();
        let at_symmetric = at.index(blob.len());
        blob[at_symmetric] ^= flip;
        prop_assert_eq!(keys.symmetric.decrypt(&blob, b"").unwrap_err(), Error::Decryption);
        let mut blob = keys.public.encrypt(&data).unwrap();
        // A change inside of the lattice ciphertext may decode to the same message, but it changes the hash.
        let at_asymmetric = at.index(blob.len());
        blob[at_asymmetric] ^= flip;
        prop_assert_eq!(keys.private.decrypt(&blob).unwrap_err(), Error::Decryption);
    }

    #[test]
    fn any_change_of_a_signature_is_noticed(
        keys in keys(), message in bytes(), at: prop::sample::Index, flip in 1..=255_u8
    ) {
        let message = [&message[..], b"!"].concat();
        let mut signed = keys.sign.sign_attached(&message).unwrap();
        let at = at.index(signed.len());
        signed[at] ^= flip;
        prop_assert_eq!(keys.verify.verify_attached(&signed).unwrap_err(), Error::ContentSignature);
    }

    #[test]
    fn exports_survive_with_any_id(keys in keys(), id in ".{0,40}") {
        let symmetric = SymmetricKey::generate(&keys.suite, &id).unwrap();
        let again = SymmetricKey::import(symmetric.export().unwrap().expose()).unwrap();
        prop_assert_eq!((again.id(), again.algorithm()), (symmetric.id(), symmetric.algorithm()));
        prop_assert_eq!(again.decrypt(&symmetric.encrypt(b"x", b"").unwrap(), b"").unwrap(), b"x");
        let search = SearchKey::generate(&keys.suite, &id).unwrap();
        let again = SearchKey::import_as(search.algorithm(), search.export().unwrap().expose()).unwrap();
        prop_assert_eq!(again.query("text"), search.query("text"));
        let sort = SortKey::generate(&keys.suite, &id).unwrap();
        let again = SortKey::import_as(sort.algorithm(), sort.export().unwrap().expose()).unwrap();
        prop_assert_eq!(again.encrypt_number(9).unwrap(), sort.encrypt_number(9).unwrap());

        let public = keys.public.clone().with_id(&id);
        let again = PublicKey::import(&public.export().unwrap()).unwrap();
        prop_assert_eq!((again.id(), &again), (public.id(), &public));
        prop_assert_eq!(&PublicKey::import_data(&public.export_data().unwrap()).unwrap(), &public);
        prop_assert_eq!(&PublicKey::parse(&id, public.algorithm(), &public.to_server_form()).unwrap(), &public);
        let verify = keys.verify.clone().with_id(&id);
        let again = VerifyingKey::import(&verify.export().unwrap()).unwrap();
        prop_assert_eq!((again.id(), &again), (verify.id(), &verify));
        prop_assert_eq!(&VerifyingKey::import_data(&verify.export_data().unwrap()).unwrap(), &verify);
    }

    #[test]
    fn exported_secret_keys_are_the_same_keys(keys in keys(), data in bytes()) {
        let private = PrivateKey::import(keys.private.export().unwrap().expose()).unwrap();
        prop_assert_eq!(private.decrypt(&keys.public.encrypt(&data).unwrap()).unwrap(), &data[..]);
        let sign = SigningKey::import(keys.sign.export().unwrap().expose()).unwrap();
        prop_assert!(keys.verify.verify_text(&data, &sign.sign(&data).unwrap()).unwrap());
    }

    #[test]
    fn files_of_any_chunks_survive(
        keys in keys(), chunks in prop::collection::vec(bytes(), 0..6), signed: bool
    ) {
        let signer = signed.then_some(&keys.sign);
        let verification = if signed { Verification::Require(&keys.verify) } else { Verification::Ignore };
        let mut encryptor = FileEncryptor::new(&keys.symmetric, signer);
        let mut decryptor = FileDecryptor::new(&keys.symmetric, verification);
        for chunk in &chunks {
            let part = encryptor.encrypt_part(chunk).unwrap();
            prop_assert_eq!(&decryptor.decrypt_part(&part).unwrap(), chunk);
        }
        prop_assert_eq!(decryptor.finish(chunks.concat().len() as u64), Ok(()));
    }

    #[test]
    fn parts_whose_chunks_are_encrypted_elsewhere_are_those_of_this_crate(
        keys in keys(), chunks in prop::collection::vec((bytes(), any::<bool>(), any::<bool>()), 0..6), signed: bool
    ) {
        let signer = signed.then_some(&keys.sign);
        let verification = if signed { Verification::Require(&keys.verify) } else { Verification::Ignore };
        let mut encryptor = FileEncryptor::new(&keys.symmetric, signer);
        let mut decryptor = FileDecryptor::new(&keys.symmetric, verification);
        let mut total = 0;
        for (chunk, encrypted_elsewhere, decrypted_elsewhere) in &chunks {
            let part = if *encrypted_elsewhere {
                let key = encryptor.next_key().unwrap();
                let is_plain_gcm = keys.suite.name() == Suite::STD.name();
                prop_assert_eq!(key.aes_256_gcm().map(<[u8]>::len), is_plain_gcm.then_some(32));
                let blob = key.encrypt(chunk, b"").unwrap();
                encryptor.encrypted_part(key, &blob).unwrap()
            } else {
                encryptor.encrypt_part(chunk).unwrap()
            };
            if *decrypted_elsewhere {
                let (key, blob) = decryptor.open_part(&part).unwrap();
                prop_assert_eq!(&key.decrypt(blob, b"").unwrap(), chunk);
                decryptor.decrypted_part(key, chunk.len() as u64);
            } else {
                prop_assert_eq!(&decryptor.decrypt_part(&part).unwrap(), chunk);
            }
            total += chunk.len() as u64;
        }
        prop_assert_eq!(decryptor.finish(total), Ok(()));
    }

    #[test]
    fn arbitrary_bytes_are_an_error_and_no_panic(keys in keys(), junk in bytes(), head in ".{0,60}") {
        prop_assert!(keys.symmetric.decrypt(&junk, b"").is_err());
        prop_assert!(keys.private.decrypt(&junk).is_err());
        prop_assert!(keys.symmetric.decrypt_content(&junk, b"", Verification::Ignore).is_err());
        let envelope = [head.as_bytes(), &[0], &junk[..]].concat();
        prop_assert!(keys.symmetric.decrypt_content(&envelope, b"", Verification::Ignore).is_err());
        let named = [br#"{"id":"key","sign":{"id":"signer","alg":"ED25519_DILITHIUM_3"}}"#, &[0][..], &junk].concat();
        for verification in [Verification::Ignore, Verification::Require(&KEYS[0].verify)] {
            prop_assert!(keys.symmetric.decrypt_content(&named, b"", verification).is_err());
        }
        prop_assert!(FileDecryptor::new(&keys.symmetric, Verification::Ignore).decrypt_part(&envelope).is_err());
        prop_assert!(keys.verify.verify_attached(&junk).is_err());
    }

    #[test]
    fn arbitrary_texts_are_an_error_and_no_panic(keys in keys(), junk in ".{0,200}") {
        prop_assert!(SymmetricKey::import(&junk).is_err());
        prop_assert!(PrivateKey::import(&junk).is_err());
        prop_assert!(PublicKey::import(&junk).is_err());
        prop_assert!(PublicKey::import_data(&junk).is_err());
        prop_assert!(SigningKey::import(&junk).is_err());
        prop_assert!(VerifyingKey::import(&junk).is_err());
        prop_assert!(VerifyingKey::import_data(&junk).is_err());
        prop_assert!(SearchKey::import(&junk).is_err());
        prop_assert!(SortKey::import(&junk).is_err());
        prop_assert!(PublicKey::parse("", keys.public.algorithm(), &junk).is_err());
        prop_assert!(VerifyingKey::parse("", keys.verify.algorithm(), &junk).is_err());
        prop_assert!(keys.verify.verify_text(b"", &junk).is_err());
        prop_assert!(Head::of_text(&junk).is_err());
        prop_assert!(keys.symmetric.decrypt_text(&junk, "", Verification::Ignore).is_err());
    }

    #[test]
    fn keys_of_arbitrary_bytes_are_read_or_refused_without_a_panic(length in 0..4100_usize, fill: u8) {
        let key = <base64ct::Base64 as base64ct::Encoding>::encode_string(&vec![fill; length]);
        for tag in ["Aes", "Ecies", "Kyber", "Ed25519", "Dilithium", "HmacSha256", "Ope16", "MlKem", "MlDsa"] {
            let text = format!(r#"{{"{tag}":{{"key":"{key}","key_id":"id"}}}}"#);
            if let Ok(key) = PrivateKey::import(&text) {
                // What was read as a key must also work as one.
                let public = key.public_key().unwrap();
                prop_assert_eq!(key.decrypt(&public.encrypt(b"x").unwrap()).unwrap(), b"x");
            }
            if let Ok(key) = SigningKey::import(&text) {
                key.sign(b"x").unwrap();
            }
            if let Ok(key) = PublicKey::import(&text) {
                key.encrypt(b"x").unwrap();
            }
            if let Ok(key) = VerifyingKey::import(&text) {
                prop_assert!(key.verify_attached(&vec![fill; 5000]).is_err());
            }
            let _ = (SymmetricKey::import(&text), SearchKey::import(&text), SortKey::import(&text));
        }
    }
}
