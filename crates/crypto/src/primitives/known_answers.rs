//! Known answers for every primitive that comes from a library, so that an update which changes one is seen here and not
//! by a user.
//!
//! The numbers are those of the standards named beside them. Where the format needs an algorithm that is in no standard
//! (Kyber768-90s, Dilithium3-AES, draft ML-DSA), the golden vectors stand in: their tests are with the suites. What serves
//! WebAssembly is checked here too, beside what serves native programs.

use super::aes_gcm::Aes256Gcm;
use super::hmac_sha256::HmacKey;
use super::random::Scripted;
use super::{argon2id, ed25519, hash, ml_kem, x25519};
use crate::Secret;
use crate::vectors::{base64, hex, list, load, text};

/// Test cases 13, 14 and 16 of the GCM specification (McGrew and Viega): key, nonce, additional data, plaintext,
/// ciphertext, tag.
const AES_256_GCM: [[&str; 6]; 3] = [
    [
        "0000000000000000000000000000000000000000000000000000000000000000",
        "000000000000000000000000",
        "",
        "",
        "",
        "530f8afbc74536b9a963b4f1c4cb738b",
    ],
    [
        "0000000000000000000000000000000000000000000000000000000000000000",
        "000000000000000000000000",
        "",
        "00000000000000000000000000000000",
        "cea7403d4d606b6e074ec5d3baf39d18",
        "d0d1c8a799996bf0265b98b5d48ab919",
    ],
    [
        "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308",
        "cafebabefacedbaddecaf888",
        "feedfacedeadbeeffeedfacedeadbeefabaddad2",
        "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72\
         1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39",
        "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa\
         8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662",
        "76fc6ece0f4e1768cddf8853bb2d551b",
    ],
];

#[test]
fn aes_256_gcm() {
    for case in AES_256_GCM {
        let [key, nonce, aad, plaintext, ciphertext, tag] = case.map(bytes);
        let cipher = Aes256Gcm::new(key.as_slice().try_into().unwrap()).unwrap();
        let nonce = nonce.as_slice().try_into().unwrap();
        let mut buffer = plaintext.clone();
        assert_eq!(cipher.seal_in_place(nonce, &aad, &mut buffer).unwrap().as_slice(), tag);
        assert_eq!(buffer, ciphertext);
        cipher.open_in_place(nonce, &aad, &mut buffer, tag.as_slice().try_into().unwrap()).unwrap();
        assert_eq!(buffer, plaintext);

        for byte in 0..16 {
            let mut forged: [u8; 16] = tag.as_slice().try_into().unwrap();
            forged[byte] ^= 0x80;
            assert!(cipher.open_in_place(nonce, &aad, &mut ciphertext.clone(), &forged).is_err());
        }
    }
}

#[test]
fn aes_256_gcm_as_used_in_web_assembly() {
    for case in AES_256_GCM {
        let [key, nonce, aad, plaintext, ciphertext, tag] = case.map(bytes);
        let cipher = keyfold_aes_gcm::Aes256Gcm::new(key.as_slice().try_into().unwrap());
        let nonce = nonce.as_slice().try_into().unwrap();
        let mut buffer = plaintext.clone();
        let made = cipher.seal_in_place(nonce, &aad, &mut buffer).unwrap();
        assert_eq!((made.as_slice(), &buffer), (tag.as_slice(), &ciphertext));
        let mut other = vec![0; plaintext.len()];
        assert_eq!(
            (cipher.seal_to(nonce, &aad, &plaintext, &mut other).unwrap(), &other),
            (made, &ciphertext)
        );
        assert!(cipher.seal_to(nonce, &aad, &plaintext, &mut vec![0; plaintext.len() + 1]).is_err());

        cipher.open_in_place(nonce, &aad, &mut buffer, &made).unwrap();
        cipher.open_to(nonce, &aad, &ciphertext, &made, &mut other).unwrap();
        assert_eq!((&buffer, &other), (&plaintext, &plaintext));
        let mut forged = made;
        forged[15] ^= 1;
        assert!(cipher.open_in_place(nonce, &aad, &mut ciphertext.clone(), &forged).is_err());
        assert!(cipher.open_to(nonce, &aad, &ciphertext, &forged, &mut other).is_err());
    }
}

/// FIPS 197, appendix C.1. The block cipher inside of the sortable numbers.
#[test]
fn aes_128() {
    use aes::cipher::{BlockCipherEncrypt, KeyInit};

    let cipher = aes::Aes128::new_from_slice(&bytes("000102030405060708090a0b0c0d0e0f")).unwrap();
    let plaintext: [u8; 16] = bytes("00112233445566778899aabbccddeeff").try_into().unwrap();
    let mut block = plaintext.into();
    cipher.encrypt_block(&mut block);
    assert_eq!(block.as_slice(), bytes("69c4e0d86a7b0430d8cdb78070b4c55a"));
}

/// RFC 7748, sections 5.2 and 6.1: scalar, point, result.
const X25519: [[&str; 3]; 3] = [
    [
        "a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4",
        "e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c",
        "c3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552",
    ],
    [
        "4b66e9d4d1b4673c5ad22691957d6af5c11b6421e0ea01d42ca4169e7918ba0d",
        "e5210f12786811d3f4b7959d0538ae2c31dbe7106fc03c3efc4cd549c715a493",
        "95cbde9476e8907d7aade45cb4b873f88b595a68799fa152e6f8f7647aac7957",
    ],
    [
        "5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb",
        "8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a",
        "4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742",
    ],
];

#[test]
fn x25519_agreement() {
    for case in X25519 {
        let [scalar, point, shared] = case.map(bytes);
        let key = x25519::SecretKey::new(&Secret::from_slice(&scalar).unwrap()).unwrap();
        let made = key.agree(point.as_slice().try_into().unwrap()).unwrap();
        assert_eq!(made.expose().as_slice(), shared);
    }
    let [scalar, ..] = X25519[2].map(bytes);
    let key = x25519::SecretKey::new(&Secret::from_slice(&scalar).unwrap()).unwrap();
    let public = bytes("de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f");
    assert_eq!(key.public().unwrap().as_slice(), public);
}

#[test]
fn x25519_agreement_as_used_in_web_assembly() {
    for case in X25519 {
        let [scalar, point, shared] = case.map(|text| <[u8; 32]>::try_from(bytes(text)).unwrap());
        let key = x25519_dalek::StaticSecret::from(scalar);
        assert_eq!(key.diffie_hellman(&x25519_dalek::PublicKey::from(point)).to_bytes(), shared);
    }
    let key = x25519_dalek::StaticSecret::from([9; 32]);
    assert!(!key.diffie_hellman(&x25519_dalek::PublicKey::from([0; 32])).was_contributory());
}

/// RFC 8032, section 7.1, tests 1 to 3: seed, public key, message, signature.
const ED25519: [[&str; 4]; 3] = [
    [
        "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
    ],
    [
        "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
    ],
    [
        "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
    ],
];

#[test]
fn ed25519_signatures() {
    for case in ED25519 {
        let [seed, public, message, signature] = case.map(bytes);
        let key = ed25519::SignKey::new(&Secret::from_slice(&seed).unwrap());
        assert_eq!(key.public().as_slice(), public);
        assert_eq!(key.sign(&message).as_slice(), signature);
        let verify = ed25519::VerifyKey::new(&key.public()).unwrap();
        assert!(verify.verify(&message, signature.as_slice().try_into().unwrap()));
        assert!(!verify.verify(b"other", signature.as_slice().try_into().unwrap()));
    }
}

/// The signature equation holds for `s + L` as well; accepting it would make signatures malleable.
#[test]
fn ed25519_signatures_with_a_scalar_out_of_range_are_refused() {
    let [_, public, message, signature] = ED25519[1].map(bytes);
    let order = bytes("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010");
    let mut forged: [u8; 64] = signature.try_into().unwrap();
    let mut carry = 0;
    for (byte, add) in forged[32..].iter_mut().zip(order) {
        let sum = u16::from(*byte) + u16::from(add) + carry;
        *byte = sum as u8;
        carry = sum >> 8;
    }
    assert_eq!(carry, 0);
    let verify = ed25519::VerifyKey::new(public.as_slice().try_into().unwrap()).unwrap();
    assert!(!verify.verify(&message, &forged));
}

/// FIPS 180-4 and FIPS 202, the examples `abc` and the empty message.
#[test]
fn hashes() {
    let abc = bytes("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    assert_eq!(hash::sha256(&[b"a", b"bc"]).as_slice(), abc);
    let abc = bytes(
        "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a\
         2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
    );
    assert_eq!(hash::sha512(&[b"abc"]).as_slice(), abc);
    let empty = bytes("46b9dd2b0ba88d13233b3feb743eeb243fcd52ea62b81b82b50c27646ed5762f");
    assert_eq!(hash::shake256(b"").as_slice(), empty);
}

/// RFC 4231, test cases 1 and 2.
#[test]
fn keyed_hashes() {
    let cases: [(&[u8], &[u8], &str); 2] = [
        (&[0x0b; 20], b"Hi There", "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"),
        (
            b"Jefe",
            b"what do ya want for nothing?",
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
        ),
    ];
    for (key, message, tag) in cases {
        // Zeros behind a short key do not change it.
        let mut padded = key.to_vec();
        padded.resize(32, 0);
        let key = HmacKey::new(&Secret::from_slice(&padded).unwrap());
        assert_eq!(key.tag(message).as_slice(), bytes(tag));
        let mut running = key.start();
        running.update(&message[..3]);
        assert_eq!(running.tag(), key.tag(&message[..3]));
        running.update(&message[3..]);
        assert_eq!(running.tag().as_slice(), bytes(tag));
    }
    let tag = hash::hmac_sha512(b"Jefe", &[b"what do ya want ", b"for nothing?"]).unwrap();
    let expected = "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea2505549758bf75c05a994a6d034f65f8f0e6fd\
                    caeab1a34d4a6b4b636e070a38bce737";
    assert_eq!(tag.expose().as_slice(), bytes(expected));
}

/// RFC 5869, test case 3: neither salt nor info.
#[test]
fn hkdf() {
    let okm = hash::hkdf_sha256(&[0x0b; 22], b"").unwrap();
    let expected = bytes("8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d");
    assert_eq!(okm.expose().as_slice(), expected);
}

/// RFC 9106, section 5.3, by the library alone: the format uses neither secret nor associated data.
#[test]
fn argon2id_of_the_rfc() {
    let mut params = argon2::ParamsBuilder::new();
    params.m_cost(32).t_cost(3).p_cost(4).data(argon2::AssociatedData::new(&[4; 12]).unwrap());
    let argon2 = argon2::Argon2::new_with_secret(
        &[3; 8],
        argon2::Algorithm::Argon2id,
        argon2::Version::V0x13,
        params.build().unwrap(),
    );
    let mut tag = [0; 32];
    argon2.unwrap().hash_password_into(&[1; 32], &[2; 16], &mut tag).unwrap();
    assert_eq!(tag.as_slice(), bytes("0d640df58d78766c08c037a34a8b53c9d01ef0452d75b65eb52520e96b01e659"));
}

/// The reference implementation's own test: 256 KiB, 2 passes.
#[test]
fn argon2id_of_the_reference_implementation() {
    let tag: Secret<32> = argon2id::derive(b"password", b"somesalt", 256, 2).unwrap();
    let expected = bytes("9dfeb910e80bad0311fee20f9c0e2b12c17987b4cac90c2ef54d5b3021c68bfe");
    assert_eq!(tag.expose().as_slice(), expected);
}

/// ML-KEM-768 against an implementation of other people, in both directions and with implicit rejection.
#[test]
fn ml_kem_768_agrees_with_an_independent_implementation() {
    use aws_lc_rs::kem;

    let ours = ml_kem::SecretKey::generate(&mut Scripted::new(&[&[1; 64]])).unwrap();
    let theirs = kem::DecapsulationKey::new(&kem::ML_KEM_768, ours.to_bytes().expose()).unwrap();
    let (mut ciphertext, shared) = ml_kem::PublicKey::from_bytes(&ours.public())
        .unwrap()
        .encapsulate(&mut Scripted::new(&[&[2; 32]]))
        .unwrap();
    let opened = theirs.decapsulate(ciphertext.as_slice().into()).unwrap();
    assert_eq!(opened.as_ref(), shared.expose());

    ciphertext[0] ^= 1;
    let rejected = theirs.decapsulate(ciphertext.as_slice().into()).unwrap();
    assert_eq!(rejected.as_ref(), ours.decapsulate(&ciphertext).unwrap().expose());
    assert_ne!(rejected.as_ref(), shared.expose());

    let public = kem::EncapsulationKey::new(&kem::ML_KEM_768, &ours.public()).unwrap();
    let (ciphertext, shared) = public.encapsulate().unwrap();
    let opened = ours.decapsulate(ciphertext.as_ref().try_into().unwrap()).unwrap();
    assert_eq!(opened.expose(), shared.as_ref());
}

/// The derivation of the fips suite, which a server never computes but whose results it stores: what the golden vectors
/// say, and the well-known test with one iteration.
#[test]
fn pbkdf2_hmac_sha512() {
    use aws_lc_rs::pbkdf2;

    let derive = |iterations: u32, salt: &[u8], password: &[u8]| {
        let mut out = [0; 64];
        pbkdf2::derive(pbkdf2::PBKDF2_HMAC_SHA512, iterations.try_into().unwrap(), salt, password, &mut out);
        out
    };
    let expected = bytes(
        "867f70cf1ade02cff3752599a3a53dc4af34c7a669815ae5d513554e1c8cf252\
         c02d470a285a0501bad999bfe943c08f050235d7d68b1da55e63f73b60a57fce",
    );
    assert_eq!(derive(1, b"salt", b"password").as_slice(), expected);

    for vector in list(&load("rec_fips_password")["fips"]["vectors"]) {
        let derived = derive(210_000, &base64(&vector["salt_b64"]), text(&vector["password"]).as_bytes());
        assert_eq!(derived.as_slice(), hex(&vector["derived_hex"]));
    }
}

fn bytes(digits: &str) -> Vec<u8> {
    hex(&digits.into())
}
