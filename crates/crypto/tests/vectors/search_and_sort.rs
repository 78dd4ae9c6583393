//! Searchable hashes, sortable numbers, safety numbers.

use keyfold_crypto::sortable::NonAscii;
use keyfold_crypto::{Error, SearchKey, SortKey};
use serde_json::Value;

use crate::support::{list, text, verify_key};

pub(crate) fn searchable(file: &Value) {
    let key = |vector: &Value| SearchKey::import(text(&vector["hmac_key_export_json"])).unwrap();
    for vector in list(&file["keys"]) {
        let key = key(vector);
        for word in list(&vector["words"]) {
            let word_text = text(&word["text"]);
            assert_eq!(key.query(word_text), text(&word["full"]));
            assert_eq!(key.full(word_text).unwrap().hashes, [text(&word["full"])]);
            let prefixes: Vec<&str> = list(&word["prefixes"]).iter().map(text).collect();
            assert_eq!(key.prefixes(word_text, None).unwrap().hashes, prefixes);
        }
        for case in vector["limits"].as_array().into_iter().flatten() {
            let limit = usize::try_from(case["limit"].as_u64().unwrap()).unwrap();
            let prefixes: Vec<&str> = list(&case["prefixes"]).iter().map(text).collect();
            assert_eq!(key.prefixes(text(&case["text"]), Some(limit)).unwrap().hashes, prefixes);
        }
        if let Some(expected) = vector["object_form_json"].as_str() {
            let form: Value = serde_json::from_str(expected).unwrap();
            let ours = key.prefixes("hello", Some(list(&form["hashes"]).len() - 1)).unwrap();
            assert_eq!(serde_json::to_string(&ours).unwrap(), expected);
        }
    }
    let key = key(&list(&file["keys"])[0]);
    assert_eq!(key.prefixes("", None).unwrap_err(), Error::SearchableEmpty);
    assert_eq!(key.prefixes(&"a".repeat(201), None).unwrap_err(), Error::SearchableTooLong);
    assert_eq!(key.prefixes(&"a".repeat(200), None).unwrap().hashes.len(), 200);
    assert_eq!(key.prefixes(&"a".repeat(201), Some(200)).unwrap().hashes.len(), 201);
    assert_eq!(key.prefixes(&"a".repeat(5000), Some(3)).unwrap().hashes.len(), 4);
    assert_eq!(key.full(&"a".repeat(201)).unwrap().hashes.len(), 1);
}

pub(crate) fn sortable(file: &Value) {
    for vector in list(&file["keys"]) {
        let key = SortKey::import(text(&vector["key_export_json"])).unwrap();
        for pair in list(&vector["numbers"]) {
            let number = pair[0].as_u64().unwrap();
            assert_eq!(Some(key.encrypt_number(number).unwrap().number), pair[1].as_u64(), "{pair}");
        }
    }
    let key = SortKey::import(r#"{"Ope16":{"key":"5kGPKgLQKmuZeOWQyJ7vOg==","key_id":"k"}}"#).unwrap();
    for case in list(&file["out_of_range"]) {
        let number = text(&case["number"]).parse().unwrap();
        assert_eq!(key.encrypt_number(number).unwrap_err().code(), "client_61");
    }
    for case in list(&file["strings"]) {
        let max_bytes = case["max_len"].as_u64().map(|bytes| usize::try_from(bytes).unwrap());
        let ours = key.encrypt_text(text(&case["text"]), max_bytes, NonAscii::CodePoints);
        match case["encrypted"].as_u64() {
            Some(expected) => assert_eq!(ours.unwrap().number, expected, "{case}"),
            None if text(&case["reference_result"]) == "panic" => {
                assert_eq!(ours.unwrap_err(), Error::SortableNotAscii, "{case}");
            }
            None => assert_eq!(ours.unwrap_err(), Error::SortableValueTooLarge, "{case}"),
        }
    }
    let form: Value = serde_json::from_str(text(&file["object_form_string_json"])).unwrap();
    let ours = key.encrypt_text("hello", None, NonAscii::Refuse).unwrap();
    assert_eq!(Some(ours.number), form["number"].as_u64());
    assert_eq!(serde_json::to_string(&ours).unwrap(), text(&file["object_form_string_json"]));
}

pub(crate) fn safety_numbers(file: &Value) {
    for vector in list(&file["vectors"]) {
        let key = verify_key(&vector["verify_key_1_json"]);
        let other_key =
            vector["verify_key_2_json"].as_str().map(|_| verify_key(&vector["verify_key_2_json"]));
        let other = other_key.as_ref().map(|key| (text(&vector["user_id_2"]), key));
        assert_eq!(
            key.safety_number(text(&vector["user_id_1"]), other),
            text(&vector["safety_number_b64url"])
        );
    }
}
