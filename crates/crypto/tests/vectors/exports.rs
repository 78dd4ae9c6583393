//! Text forms of keys, and the codes of errors.

use keyfold_crypto::{
    Error, PrivateKey, PublicKey, SearchKey, SigningKey, SortKey, Suite, SymmetricKey, VerifyingKey, server,
};
use serde_json::Value;

use crate::support::{assert_export, expected_code, hex, list, symmetric_key, text};

pub(crate) fn error_codes(file: &Value) {
    let documented: Vec<&str> = list(&file["errors"]).iter().map(|error| text(&error["code"])).collect();
    for error in Error::ALL {
        let number: u32 = error.code().strip_prefix("client_").unwrap().parse().unwrap();
        assert!(documented.contains(&error.code()) || (400..420).contains(&number), "{error:?}");
        let thrown: Value = serde_json::from_str(&error.to_json()).unwrap();
        assert_eq!(text(&thrown["status"]), error.code(), "always quoted, never in need of an escape");
        assert_eq!(text(&thrown["error_message"]), error.to_string());
    }
}

pub(crate) fn std_keys(file: &Value) {
    let id = text(&file["key_id"]);
    assert_export(
        &symmetric_key(&Suite::STD, &hex(&file["raw"]["aes_hex"])).with_id(id),
        &file["symmetric_key_export_json"],
    );
    round_trips(text(&file["symmetric_key_export_json"]), |text| {
        SymmetricKey::import(text).unwrap().export().unwrap().into_exposed()
    });
    round_trips(text(&file["hmac_key_export_json"]), |text| {
        SearchKey::import(text).unwrap().export().unwrap().into_exposed()
    });
    round_trips(text(&file["sortable_key_export_json"]), |text| {
        SortKey::import(text).unwrap().export().unwrap().into_exposed()
    });
    for vector in list(&file["secret_keys"]) {
        let key = PrivateKey::import(text(&vector["client_export_json"])).unwrap();
        assert_eq!((key.algorithm(), key.id()), (text(&vector["alg"]), id));
        assert_export(&key, &vector["client_export_json"]);
    }
    for vector in list(&file["sign_keys"]) {
        let key = SigningKey::import(text(&vector["client_export_json"])).unwrap();
        assert_eq!((key.algorithm(), key.id()), (text(&vector["alg"]), id));
        assert_export(&key, &vector["client_export_json"]);
    }
    for vector in list(&file["public_keys"]) {
        let key = PublicKey::import(text(&vector["client_export_json"])).unwrap();
        assert_export(&key, &vector["client_export_json"]);
        assert_eq!(key.to_server_form(), text(&vector["server_form_pem"]));
        let parsed = PublicKey::parse(id, text(&vector["alg"]), text(&vector["server_form_pem"])).unwrap();
        assert_eq!(parsed, key);
    }
    for vector in list(&file["verify_keys"]) {
        let key = VerifyingKey::import(text(&vector["client_export_json"])).unwrap();
        assert_export(&key, &vector["client_export_json"]);
        assert_eq!(key.to_server_form(), text(&vector["server_form_pem"]));
        let parsed = VerifyingKey::parse(id, text(&vector["alg"]), text(&vector["server_form_pem"])).unwrap();
        assert_eq!(parsed, key);
    }
    for case in list(&file["pem_import_cases"]) {
        let result =
            PublicKey::parse("id", text(&case["alg"]), text(&case["pem"])).map(|_| ()).map_err(Error::code);
        match expected_code(&case["reference_result"]) {
            Some(code) => assert_eq!(result, Err(code), "{case}"),
            None => assert_eq!(result, Ok(()), "{case}"),
        }
    }
}

pub(crate) fn rec_and_fips(file: &Value) {
    let rec = &file["rec"];
    round_trips(text(&rec["symmetric_key_export_json"]), |text| {
        SymmetricKey::import(text).unwrap().export().unwrap().into_exposed()
    });
    let search = SearchKey::import(text(&rec["hmac_key_export_json"])).unwrap();
    assert_eq!(search.algorithm(), text(&rec["hmac_alg"]));
    assert_export(&search, &rec["hmac_key_export_json"]);
    let searchable = search.prefixes("hello", Some(3)).unwrap();
    let expected: Value = serde_json::from_str(text(&rec["searchable_hello_json"])).unwrap();
    for (hash, expected) in searchable.hashes.iter().zip(list(&expected["hashes"])) {
        assert_eq!(hash, text(expected));
    }
    let sort =
        SortKey::import_as(text(&rec["sortable_alg"]), text(&rec["sortable_key_export_json"])).unwrap();
    assert_export(&sort, &rec["sortable_key_export_json"]);
    for pair in list(&rec["sortable_numbers"]) {
        let sortable = sort.encrypt_number(pair[0].as_u64().unwrap()).unwrap();
        assert_eq!(Some(sortable.number), pair[1].as_u64());
    }

    let fips = &file["fips"];
    assert!(server::is_known_algorithm(text(&fips["pw_alg"])));
    assert!(server::is_known_algorithm(text(&fips["asym_alg"])));
    let key = PublicKey::parse("id", text(&fips["asym_alg"]), text(&fips["rsa_server_form_pem"])).unwrap();
    assert_eq!(key.to_server_form(), text(&fips["rsa_server_form_pem"]));
    let blob = key.encrypt(b"challenge").unwrap();
    assert_eq!(blob.len(), 256 + 12 + 16 + 9, "RSA-2048 wraps the key of a blob");
}

fn round_trips(expected: &str, import_and_export: impl Fn(&str) -> String) {
    assert_eq!(import_and_export(expected), expected);
}
