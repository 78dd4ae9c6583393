//! Password derivation.

use keyfold_crypto::password::{self, Cost, DerivedKeys};
use keyfold_crypto::{Suite, server};
use keyfold_protocol::encoding::{ClientRandomValue, Salt};
use serde_json::Value;

use crate::support::{base64, hex, list, symmetric_key, text};

pub(crate) fn std(file: &Value) {
    let cost = match file["argon2"]["memory_kib"].as_u64() {
        Some(19_456) => Cost::CURRENT,
        Some(4_096) => Cost::LEGACY,
        other => panic!("unknown generation {other:?}"),
    };
    for vector in list(&file["salts"]) {
        let random_value = ClientRandomValue::parse(text(&vector["client_random_value_b64"])).unwrap();
        let salt = server::login_salt("ARGON-2-SHA256", &random_value, text(&vector["add_string"])).unwrap();
        assert_eq!(*salt.to_base64(), text(&vector["salt_b64"]));
    }
    for vector in list(&file["vectors"]) {
        assert_eq!(text(&vector["derived_alg"]), Suite::STD.password_algorithm());
        let random_value = ClientRandomValue::parse(text(&vector["client_random_value_b64"])).unwrap();
        let salt = password::salt(&random_value, "");
        assert_eq!(*salt.to_base64(), text(&vector["salt_b64"]));
        let keys =
            DerivedKeys::derive(text(&vector["password"]), &salt, Suite::STD.password_algorithm(), cost)
                .unwrap();
        derived(&keys, vector);
        assert_eq!(keys.export_encryption_key().expose(), text(&vector["mfa_master_key_export_json"]));
        // The master key opens with the first half.
        let encryption_key = symmetric_key(&Suite::STD, &hex(&vector["encryption_key_hex"]));
        let master_key = encryption_key.decrypt(&base64(&vector["encrypted_master_key_b64"]), b"").unwrap();
        assert_eq!(master_key, hex(&vector["master_key_hex"]));
    }
    for vector in list(&file["single_key"]) {
        let salt = hex(&vector["salt_hex"]).try_into().unwrap();
        let key = password::value_key(text(&vector["password"]), &salt, &Suite::STD, cost).unwrap();
        assert_eq!(key.decrypt(&hex(&vector["ciphertext_hex"]), b"").unwrap(), hex(&vector["plaintext_hex"]));
    }
}

pub(crate) fn rec_and_fips(file: &Value) {
    let rec = &file["rec"];
    for vector in list(&rec["vectors"]) {
        let salt = Salt::parse(text(&vector["salt_b64"])).unwrap();
        let keys =
            DerivedKeys::derive(text(&vector["password"]), &salt, text(&rec["alg"]), Cost::CURRENT).unwrap();
        derived(&keys, vector);
    }
    // Of the fips suite, a server needs salt and hash.
    let fips = &file["fips"];
    for vector in list(&fips["vectors"]) {
        let random_value = ClientRandomValue::parse(text(&vector["client_random_value_b64"])).unwrap();
        let salt = server::login_salt(text(&fips["alg"]), &random_value, "").unwrap();
        assert_eq!(*salt.to_base64(), text(&vector["salt_b64"]));
        let stored = keyfold_protocol::encoding::HashedAuthenticationKey::parse(text(
            &vector["hashed_authentication_key_b64"],
        ))
        .unwrap();
        assert!(server::check_authentication_key(text(&vector["auth_key_b64"]), &stored).unwrap());
    }
}

fn derived(keys: &DerivedKeys, vector: &Value) {
    assert_eq!(*keys.authentication_key().to_base64(), text(&vector["auth_key_b64"]));
    let hash = keys.hashed_authentication_key();
    assert_eq!(*hash.to_base64(), text(&vector["hashed_authentication_key_b64"]));
    assert!(server::check_authentication_key(text(&vector["auth_key_b64"]), &hash).unwrap());
    assert_eq!(keys.authentication_key().as_bytes(), &hex(&vector["derived_hex"])[32..]);
}
