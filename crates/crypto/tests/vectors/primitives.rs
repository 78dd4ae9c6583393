//! Symmetric and asymmetric encryption, signatures.

use keyfold_crypto::{Error, PrivateKey, PublicKey, SigningKey, Suite, VerifyingKey};
use serde_json::Value;

use crate::support::{base64, hex, list, symmetric_key, text};

pub(crate) fn std_symmetric(file: &Value) {
    symmetric(file, &Suite::STD);
    let key = symmetric_key(&Suite::STD, &hex(&file["negative_key_hex"]));
    for case in list(&file["negative"]) {
        assert_eq!(text(&case["required"]), "reject");
        let error = key.decrypt(&hex(&case["ciphertext_hex"]), b"").unwrap_err();
        assert!(matches!(error, Error::Decryption | Error::CiphertextTooShort), "{case}: {error}");
    }
}

pub(crate) fn rec_symmetric(file: &Value) {
    symmetric(file, &Suite::REC);
    let key = symmetric_key(&Suite::REC, &hex(&file["negative_key_hex"]));
    let base = hex(&file["negative_base_ciphertext_hex"]);
    assert!(key.decrypt(&base, b"").is_ok());
    for case in list(&file["negative"]) {
        assert_eq!(text(&case["required"]), "reject");
        let blob = match (case["byte"].as_u64(), case["length"].as_u64()) {
            (Some(byte), _) => {
                let mut blob = base.clone();
                blob[usize::try_from(byte).unwrap()] ^= 1;
                blob
            }
            (_, Some(length)) => base[..usize::try_from(length).unwrap()].to_vec(),
            _ => hex(&case["ciphertext_hex"]),
        };
        assert!(key.decrypt(&blob, b"").is_err(), "{case}");
    }
}

fn symmetric(file: &Value, suite: &Suite) {
    assert_eq!(text(&file["alg"]), suite.symmetric_algorithm());
    for vector in list(&file["vectors"]) {
        let key = symmetric_key(suite, &hex(&vector["key_hex"]));
        let aad = vector["aad_hex"].as_str().map(|_| hex(&vector["aad_hex"])).unwrap_or_default();
        let blob = hex(&vector["ciphertext_hex"]);
        assert_eq!(key.decrypt(&blob, &aad).unwrap(), hex(&vector["plaintext_hex"]));
        assert_eq!(key.decrypt(&blob, b"other").unwrap_err(), Error::Decryption);
        let mut in_place = blob.clone();
        assert_eq!(key.decrypt_in_place(&mut in_place, &aad).unwrap(), hex(&vector["plaintext_hex"]));
    }
}

pub(crate) fn std_asymmetric(file: &Value) {
    for vector in list(&file["ecies"]) {
        let key = single("Ecies", "ECIES-ed25519", &hex(&vector["secret_key_hex"]));
        decrypts(
            &key,
            &hex(&vector["public_key_hex"]),
            &hex(&vector["ciphertext_hex"]),
            &hex(&vector["plaintext_hex"]),
        );
    }
    for vector in list(&file["kyber"]) {
        let key = single("Kyber", "KYBER_768", &base64(&vector["secret_key_b64"]));
        let public = base64(&vector["public_key_b64"]);
        decrypts(&key, &public, &base64(&vector["ciphertext_b64"]), &hex(&vector["plaintext_hex"]));
    }
    let mut keys = Vec::new();
    for vector in list(&file["hybrid"]) {
        let key = PrivateKey::import(&format!(
            r#"{{"EciesKyberHybrid":{{"x":"{}","k":"{}","key_id":"k"}}}}"#,
            to_base64(&hex(&vector["secret_key_x_hex"])),
            text(&vector["secret_key_k_b64"]),
        ))
        .unwrap();
        let public = [hex(&vector["public_key_x_hex"]), base64(&vector["public_key_k_b64"])].concat();
        let blob = base64(&vector["ciphertext_b64"]);
        decrypts(&key, &public, &blob, &hex(&vector["plaintext_hex"]));
        keys.push((key, blob));
    }
    // "hybrid vector 1" is the second one.
    let (key, blob) = &keys[1];
    for case in list(&file["negative"]) {
        assert!(text(&case["required"]).starts_with("reject"), "{case}");
        let result = match case["length"].as_u64() {
            Some(length) => key.decrypt(&blob[..usize::try_from(length).unwrap()]),
            None => single("Ecies", "ECIES-ed25519", &hex(&case["secret_key_hex"]))
                .decrypt(&hex(&case["ciphertext_hex"])),
        };
        assert!(matches!(result, Err(Error::CiphertextTooShort | Error::Decryption)), "{case}");
    }
    let encrypted = &file["encrypted_private_key"];
    encrypted_private_key(encrypted, &encrypted["expected_export_json"], &Suite::STD);
}

pub(crate) fn rec_asymmetric(file: &Value) {
    for vector in list(&file["ecies"]) {
        let key =
            PrivateKey::import_as("ECIES-Rec-ed25519", text(&vector["secret_key_export_json"])).unwrap();
        let blob = hex(&vector["ciphertext_hex"]);
        decrypts(&key, &hex(&vector["public_key_hex"]), &blob, &hex(&vector["plaintext_hex"]));
    }
    for vector in list(&file["hybrid"]) {
        let key =
            PrivateKey::import_as(text(&file["algs"]["hybrid"]), text(&vector["secret_key_export_json"]))
                .unwrap();
        assert_eq!(key.export().unwrap().expose(), text(&vector["secret_key_export_json"]));
        let public = PublicKey::import(text(&vector["public_key_export_json"])).unwrap();
        assert_eq!(public, key.public_key().unwrap());
        assert_eq!(public.to_server_form(), text(&vector["public_key_server_form_pem"]));
        let plaintext = hex(&vector["plaintext_hex"]);
        assert_eq!(key.decrypt(&base64(&vector["ciphertext_b64"])).unwrap(), plaintext);
        assert_eq!(key.decrypt(&public.encrypt(&plaintext).unwrap()).unwrap(), plaintext);
        let encrypted = &vector["encrypted_private_key"];
        if encrypted.is_object() {
            encrypted_private_key(encrypted, &vector["secret_key_export_json"], &Suite::REC);
        }
    }
}

/// The raw key under the master key is `x || k`.
fn encrypted_private_key(vector: &Value, export: &Value, suite: &Suite) {
    let master_key = symmetric_key(suite, &hex(&vector["master_key_hex"]));
    let raw = master_key.decrypt(&base64(&vector["encrypted_private_key_b64"]), b"").unwrap();
    let (x, k) = raw.split_at(32);
    let export: Value = serde_json::from_str(text(export)).unwrap();
    let fields = export.as_object().unwrap().values().next().unwrap();
    assert_eq!(base64(&fields["x"]), x);
    assert_eq!(base64(&fields["k"]), k);
}

fn decrypts(key: &PrivateKey, public: &[u8], blob: &[u8], plaintext: &[u8]) {
    assert_eq!(key.decrypt(blob).unwrap(), plaintext);
    let own = key.public_key().unwrap();
    let export: Value = serde_json::from_str(&own.export().unwrap()).unwrap();
    let fields = &export.as_object().unwrap().values().next().unwrap();
    let raw = match &fields["key"] {
        Value::Null => [base64(&fields["x"]), base64(&fields["k"])].concat(),
        key => base64(key),
    };
    assert_eq!(raw, public);
    assert_eq!(key.decrypt(&own.encrypt(plaintext).unwrap()).unwrap(), plaintext);
}

fn single(tag: &str, algorithm: &str, bytes: &[u8]) -> PrivateKey {
    let text = format!(r#"{{"{tag}":{{"key":"{}","key_id":"k"}}}}"#, to_base64(bytes));
    let key = PrivateKey::import(&text).unwrap();
    assert_eq!(key.algorithm(), algorithm);
    key
}

pub(crate) fn std_sign(file: &Value) {
    for vector in list(&file["ed25519"]) {
        let sign = sign_key("Ed25519", &hex(&vector["sign_key_hex"]));
        let verify = verify_key("Ed25519", &hex(&vector["verify_key_hex"]));
        let data = hex(&vector["data_hex"]);
        assert_eq!(sign.sign(&data).unwrap(), text(&vector["signature_export_string"]));
        assert!(verify.verify_text(&data, text(&vector["signature_export_string"])).unwrap());
        assert!(!verify.verify_text(b"other", text(&vector["signature_export_string"])).unwrap());
    }
    for vector in list(&file["dilithium"]) {
        let sign = sign_key("Dilithium", &base64(&vector["sign_key_b64"]));
        let verify = verify_key("Dilithium", &base64(&vector["verify_key_b64"]));
        let data = hex(&vector["data_hex"]);
        assert!(verify.verify_text(&data, text(&vector["signature_b64"])).unwrap());
        assert!(verify.verify_text(&data, &sign.sign(&data).unwrap()).unwrap());
    }
    let hybrid = |x: &[u8], k: &str| {
        format!(r#"{{"Ed25519DilithiumHybrid":{{"x":"{}","k":"{k}","key_id":"k"}}}}"#, to_base64(x))
    };
    let mut keys = Vec::new();
    for vector in list(&file["hybrid"]) {
        let sign =
            SigningKey::import(&hybrid(&hex(&vector["sign_key_x_hex"]), text(&vector["sign_key_k_b64"])))
                .unwrap();
        let verify = VerifyingKey::import(&hybrid(
            &hex(&vector["verify_key_x_hex"]),
            text(&vector["verify_key_k_b64"]),
        ))
        .unwrap();
        let data = hex(&vector["data_hex"]);
        assert!(verify.verify_text(&data, text(&vector["signature_export_string"])).unwrap());
        assert!(verify.verify_text(&data, &sign.sign(&data).unwrap()).unwrap());
        let signed = base64(&vector["signed_data_b64"]);
        if data.is_empty() {
            assert_eq!(verify.verify_attached(&signed), Err(Error::SignedDataTooShort));
            assert_eq!(sign.sign_attached(&data).unwrap_err(), Error::SignedDataTooShort);
        } else {
            assert_eq!(verify.verify_attached(&signed), Ok(data.as_slice()));
            assert_eq!(verify.verify_attached(&sign.sign_attached(&data).unwrap()), Ok(data.as_slice()));
        }
        keys.push((verify, signed));
    }
    // "hybrid vector 1" is the second one: the first has empty data, which cannot be flipped.
    let (verify, signed) = &keys[1];
    for case in list(&file["negative"]).iter().filter(|case| case["byte"].is_u64()) {
        let mut signed = signed.clone();
        signed[usize::try_from(case["byte"].as_u64().unwrap()).unwrap()] ^= 1;
        assert_eq!(verify.verify_attached(&signed), Err(Error::ContentSignature), "{case}");
    }
}

pub(crate) fn rec_sign(file: &Value) {
    for vector in list(&file["ed25519"]) {
        let export = |bytes: &[u8]| format!(r#"{{"Ed25519":{{"key":"{}","key_id":"k"}}}}"#, to_base64(bytes));
        let sign =
            SigningKey::import_as("fips_openssl_ED25519", &export(&hex(&vector["sign_key_hex"]))).unwrap();
        assert_eq!(sign.sign(&hex(&vector["data_hex"])).unwrap(), to_base64(&hex(&vector["signature_hex"])));
    }
    for vector in list(&file["hybrid"]) {
        let sign = SigningKey::import(text(&vector["sign_key_export_json"])).unwrap();
        let verify = VerifyingKey::import(text(&vector["verify_key_export_json"])).unwrap();
        assert_eq!(sign.algorithm(), text(&file["algs"]["hybrid"]));
        assert_eq!(verify.to_server_form(), text(&vector["verify_key_server_form_pem"]));
        let data = hex(&vector["data_hex"]);
        assert!(verify.verify_text(&data, text(&vector["signature_export_string"])).unwrap());
        assert!(verify.verify_text(&data, &sign.sign(&data).unwrap()).unwrap());
        assert_eq!(verify.verify_attached(&base64(&vector["signed_data_b64"])), Ok(data.as_slice()));
    }
}

fn sign_key(tag: &str, bytes: &[u8]) -> SigningKey {
    SigningKey::import(&format!(r#"{{"{tag}":{{"key":"{}","key_id":"k"}}}}"#, to_base64(bytes))).unwrap()
}

fn verify_key(tag: &str, bytes: &[u8]) -> VerifyingKey {
    VerifyingKey::import(&format!(r#"{{"{tag}":{{"key":"{}","key_id":"k"}}}}"#, to_base64(bytes))).unwrap()
}

fn to_base64(bytes: &[u8]) -> String {
    <base64ct::Base64 as base64ct::Encoding>::encode_string(bytes)
}
