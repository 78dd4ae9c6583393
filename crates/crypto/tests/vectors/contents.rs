//! Content, generated keys and files.

use keyfold_crypto::file::{self, FileDecryptor, FileEncryptor, FileKey};
use keyfold_crypto::{Error, GeneratedKey, Head, Suite, SymmetricKey, Verification, VerifyingKey};
use serde_json::Value;

use crate::support::{
    assert_export, base64, expected_code, hex, list, private_key, public_key, signing_key, text, verify_key,
};

pub(crate) fn content(file: &Value, suite: &Suite) {
    let key = SymmetricKey::import(text(&file["key_export_json"])).unwrap();
    let private = private_key(suite, &file["private_key_export_json"]);
    let public = public_key(&file["public_key_json"]);
    let sign = signing_key(suite, &file["sign_key_export_json"]);
    let verify = verify_key(&file["verify_key_json"]);

    for vector in list(&file["symmetric"]) {
        let aad = vector["aad_utf8"].as_str().unwrap_or_default();
        let signed = vector["signed"].as_bool().unwrap();
        let verification = if signed { Verification::Require(&verify) } else { Verification::Check(&verify) };
        let plaintext = hex(&vector["plaintext_hex"]);
        let signer = signed.then_some(&sign);
        match text(&vector["kind"]) {
            "bytes" => {
                let envelope = base64(&vector["envelope_b64"]);
                assert_eq!(key.decrypt_content(&envelope, aad.as_bytes(), verification).unwrap(), plaintext);
                assert_eq!(
                    key.decrypt_content(&envelope, aad.as_bytes(), Verification::Ignore).unwrap(),
                    plaintext
                );
                let ours = key.encrypt_content(&plaintext, aad.as_bytes(), signer).unwrap();
                assert_eq!(ours.len(), envelope.len());
                assert_eq!(Head::split(&ours).unwrap().0, Head::split(&envelope).unwrap().0);
                assert_eq!(key.decrypt_content(&ours, aad.as_bytes(), verification).unwrap(), plaintext);
            }
            "string" => {
                let envelope = text(&vector["envelope_string"]);
                let plaintext = std::str::from_utf8(&plaintext).unwrap();
                assert_eq!(key.decrypt_text(envelope, aad, verification).unwrap(), plaintext);
                let ours = key.encrypt_text(plaintext, aad, signer).unwrap();
                assert_eq!(ours.len(), envelope.len());
                assert_eq!(key.decrypt_text(&ours, aad, verification).unwrap(), plaintext);
            }
            "raw" => {
                let head = Head::parse(text(&vector["head_json"])).unwrap();
                assert_eq!(head.to_json().unwrap(), text(&vector["head_json"]));
                let payload = base64(&vector["ciphertext_b64"]);
                assert_eq!(
                    key.decrypt_raw(&head, &payload, aad.as_bytes(), verification).unwrap(),
                    plaintext
                );
                let (ours, payload) = key.encrypt_raw(&plaintext, aad.as_bytes(), signer).unwrap();
                assert_eq!(ours, head);
                assert_eq!(
                    key.decrypt_raw(&ours, &payload, aad.as_bytes(), verification).unwrap(),
                    plaintext
                );
            }
            other => panic!("unknown kind {other}"),
        }
    }

    for vector in list(&file["asymmetric"]) {
        let signed = vector["signed"].as_bool().unwrap();
        let verification = if signed { Verification::Require(&verify) } else { Verification::Check(&verify) };
        let plaintext = hex(&vector["plaintext_hex"]);
        let signer = signed.then_some(&sign);
        match text(&vector["kind"]) {
            "bytes" => {
                let envelope = base64(&vector["envelope_b64"]);
                assert_eq!(private.decrypt_content(&envelope, verification).unwrap(), plaintext);
                let ours = public.encrypt_content(&plaintext, signer).unwrap();
                assert_eq!(private.decrypt_content(&ours, verification).unwrap(), plaintext);
            }
            "string" => {
                let plaintext = std::str::from_utf8(&plaintext).unwrap();
                assert_eq!(
                    private.decrypt_text(text(&vector["envelope_string"]), verification).unwrap(),
                    plaintext
                );
                let ours = public.encrypt_text(plaintext, signer).unwrap();
                assert_eq!(private.decrypt_text(&ours, verification).unwrap(), plaintext);
            }
            "raw" => {
                let head = Head::parse(text(&vector["head_json"])).unwrap();
                let payload = base64(&vector["ciphertext_b64"]);
                assert_eq!(private.decrypt_raw(&head, &payload, verification).unwrap(), plaintext);
            }
            other => panic!("unknown kind {other}"),
        }
    }

    for case in list(&file["negative"]) {
        let envelope = base64(&case["envelope_b64"]);
        let verify = match (&case["verify_key_json"], &case["verify_with"]) {
            (Value::String(data), _) => VerifyingKey::import_data(data),
            (_, Value::String(name)) => VerifyingKey::import_data(text(&file[name])),
            _ => VerifyingKey::import_data(text(&file["verify_key_json"])),
        };
        let open = |verification| key.decrypt_content(&envelope, b"", verification);
        match (expected_code(&case["reference_result"]), verify) {
            (Some(code), Err(error)) => assert_eq!(error.code(), code, "{case}"),
            (Some(code), Ok(verify)) => {
                assert_eq!(open(Verification::Check(&verify)).unwrap_err().code(), code, "{case}");
            }
            (None, verify) => {
                // A stripped signature: accepted where none is demanded, refused where one is.
                let verify = verify.unwrap();
                assert!(open(Verification::Check(&verify)).is_ok());
                assert_eq!(open(Verification::Require(&verify)).unwrap_err(), Error::SignatureMissing);
            }
        }
    }
}

pub(crate) fn malformed_envelopes(file: &Value) {
    let key = SymmetricKey::import(text(&file["key_export_json"])).unwrap();
    for case in list(&file["bytes"]) {
        let result = key.decrypt_content(&base64(&case["envelope_b64"]), b"", Verification::Ignore);
        judge(case, result.map(|plaintext| String::from_utf8(plaintext).unwrap()));
    }
    for case in list(&file["strings"]) {
        judge(case, key.decrypt_text(text(&case["envelope_string"]), "", Verification::Ignore));
    }
}

fn judge(case: &Value, result: Result<String, Error>) {
    let name = text(&case["name"]);
    match text(&case["reference_result"]) {
        // The reference does not compare the id in the head with the key.
        _ if name == "head with other key id" => assert_eq!(result, Err(Error::WrongKey)),
        "panic" => assert_eq!(result.map_err(Error::code), Err("client_10"), "{case}"),
        // Cut to less than nonce and tag: the reference calls it a failed decryption.
        _ if name == "payload cut to 20 bytes" => assert_eq!(result, Err(Error::CiphertextTooShort)),
        expected => match expected.strip_prefix("plaintext:") {
            Some(plaintext) => assert_eq!(result.as_deref(), Ok(plaintext), "{case}"),
            None => {
                assert_eq!(
                    result.map_err(Error::code),
                    Err(expected.strip_prefix("error ").unwrap()),
                    "{case}"
                );
            }
        },
    }
}

pub(crate) fn generated_keys(file: &Value) {
    let vector = &file["by_group_key"];
    let master = SymmetricKey::import(text(&vector["master_key_export_json"])).unwrap();
    let description = description(vector, "server_output_json");
    assert_export(&description.open(&master).unwrap(), &vector["decrypted_key_export_json"]);
    assert_export(&description.open(&master).unwrap().with_id(""), &vector["fresh_key_export_json"]);
    let (fresh, ours) = GeneratedKey::generate(&master, &Suite::STD).unwrap();
    same_key(&fresh, &ours.open(&master).unwrap());
    assert_eq!(
        GeneratedKey { encrypted_key_string: description.encrypted_key_string.clone(), ..ours },
        description
    );

    let vector = &file["by_public_key"];
    let private = private_key(&Suite::STD, &vector["private_key_export_json"]);
    let description = self::description(vector, "server_output_json");
    assert_export(&description.open_with(&private).unwrap(), &vector["decrypted_key_export_json"]);
    let (fresh, ours) =
        GeneratedKey::generate_to(&public_key(&vector["public_key_json"]), &Suite::STD).unwrap();
    same_key(&fresh, &ours.open_with(&private).unwrap());
}

/// Both ids that a generated key can have are in use in heads.
fn same_key(fresh: &SymmetricKey, opened: &SymmetricKey) {
    assert_eq!((fresh.id(), opened.id()), ("", "non_registered"));
    let text = fresh.encrypt_text("x", "", None).unwrap();
    assert_eq!(opened.decrypt_text(&text, "", Verification::Ignore).unwrap(), "x");
    let text = opened.encrypt_text("y", "", None).unwrap();
    assert_eq!(fresh.decrypt_text(&text, "", Verification::Ignore).unwrap(), "y");
}

fn description(vector: &Value, name: &str) -> GeneratedKey {
    let description = GeneratedKey::parse(text(&vector[name])).unwrap();
    assert_eq!(description.to_json().unwrap(), text(&vector[name]));
    description
}

pub(crate) fn file(file: &Value) {
    for vector in list(&file["files"]) {
        let master = SymmetricKey::import(text(&vector["master_key_export_json"])).unwrap();
        let verify = verify_key(&vector["verify_key_json"]);
        let signed = vector["signed"].as_bool().unwrap();
        let verification = if signed { Verification::Require(&verify) } else { Verification::Check(&verify) };
        let description = description(vector, "content_key_server_output_json");
        let content_key = description.open(&master).unwrap();
        assert_export(&content_key.with_id(""), &vector["content_key_export_json"]);
        let content_key = description.open(&master).unwrap();

        let name = text(&vector["file_name"]);
        assert_eq!(
            file::decrypt_name(&content_key, text(&vector["encrypted_file_name_string"])).unwrap(),
            name
        );
        let body: Value = serde_json::from_str(text(&vector["register_body_json"])).unwrap();
        let ours = FileKey::new(&content_key, &description, Some(name)).unwrap();
        assert_eq!(ours.encrypted_key, text(&body["encrypted_key"]));
        assert_eq!(ours.encrypted_key_alg, text(&body["encrypted_key_alg"]));
        assert_eq!(ours.master_key_id, text(&body["master_key_id"]));

        let parts = list(&vector["parts"]);
        let mut decryptor = FileDecryptor::new(&content_key, verification);
        let mut encryptor = FileEncryptor::new(&content_key, None);
        let mut again = FileDecryptor::new(&content_key, Verification::Ignore);
        for part in parts {
            let chunk = decryptor.decrypt_part(&base64(&part["part_b64"])).unwrap();
            assert_eq!(chunk, hex(&part["plaintext_hex"]));
            let key: Value =
                serde_json::from_str(decryptor.export_part_key().unwrap().unwrap().expose()).unwrap();
            let key = if key["Aes"].is_object() { &key["Aes"]["key"] } else { &key["key"] };
            assert_eq!(base64(key), hex(&part["part_key_hex"]));
            assert_eq!(again.decrypt_part(&encryptor.encrypt_part(&chunk).unwrap()).unwrap(), chunk);
        }
        let size: usize = parts.iter().map(|part| text(&part["plaintext_hex"]).len() / 2).sum();
        assert_eq!(decryptor.parts(), parts.len() as u64);
        decryptor.finish(size as u64).unwrap();
        assert_eq!(again.finish(size as u64 + 1), Err(Error::IncompleteFile));

        // Out of sequence.
        let mut second_first = FileDecryptor::new(&content_key, Verification::Ignore);
        assert_eq!(second_first.decrypt_part(&base64(&parts[1]["part_b64"])).unwrap_err(), Error::Decryption);
    }
}
