//! One test per thing that is protected, named after it.
//!
//! Most of these protect against a server that lies: it hands out everybody's public keys, stores every encrypted key and
//! forwards every message, and must not gain anything by changing them.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

#[path = "support/stored.rs"]
mod stored;

use keyfold_crypto::file::{self, FileDecryptor, FileEncryptor};
use keyfold_crypto::group::{self, SignedSince, Signer};
use keyfold_crypto::member::{self, MemberKeys};
use keyfold_crypto::password::Cost;
use keyfold_crypto::rotation::{self, KeySignature, PendingKey};
use keyfold_crypto::sortable::NonAscii;
use keyfold_crypto::{
    Device, Error, GeneratedKey, GroupKeys, Head, KnownUser, Login, Policy, PrivateKey, PublicKey,
    Recognition, SearchKey, SigningKey, SortKey, Strength, Suite, SymmetricKey, UserKeys, Verification,
    VerifyingKey, device, login, server,
};
use keyfold_protocol::encoding::{Base64Text, ClientRandomValue, DeviceIdentifier, KeyText};
use keyfold_protocol::group::{GroupKey, KeyRotationPending};
use keyfold_protocol::user::{PrepareDeviceOutput, PrepareLoginOutput, PublicKeyData, VerifyKeyData};
use stored::{User, damaged};

const STD: &Suite = &Suite::STD;

// Input handling

#[test]
fn a_blob_that_is_too_short_is_an_error_in_every_suite() {
    for suite in [Suite::STD, Suite::REC] {
        let symmetric = SymmetricKey::generate(&suite, "id").unwrap();
        let (private, public) = PrivateKey::generate(&suite, "id").unwrap();
        let blob = symmetric.encrypt(b"", b"").unwrap();
        for length in 0..blob.len() {
            assert_eq!(symmetric.decrypt(&blob[..length], b"").unwrap_err(), Error::CiphertextTooShort);
            assert!(symmetric.decrypt_in_place(&mut blob[..length].to_vec(), b"").is_err());
        }
        let blob = public.encrypt(b"").unwrap();
        for length in 0..blob.len() {
            let error = private.decrypt(&blob[..length]).unwrap_err();
            assert!(matches!(error, Error::CiphertextTooShort | Error::Decryption), "{length}: {error}");
        }
    }
}

#[test]
fn a_decrypted_secret_that_is_too_short_for_its_algorithm_is_an_error() {
    let user = User::register("short-secret", STD);
    let (body, _) = group::create(user.keys.group.public_key().unwrap(), None, STD).unwrap();
    let mut object = stored::group_key(&body, "g", user.keys.id());
    let keys = open(&object, &user).unwrap();
    for length in [0, 1, 31, 32, 2431, 2433] {
        object.encrypted_private_group_key =
            Base64Text::encode(&keys.key.encrypt(&vec![1; length], b"").unwrap());
        let error = open(&object, &user).err().unwrap();
        assert!(matches!(error, Error::KeyLength | Error::UnusablePrivateKey), "{length}: {error}");
    }
}

#[test]
fn an_envelope_without_an_end_of_head_is_an_error() {
    let key = SymmetricKey::generate(STD, "id").unwrap();
    let head = Head::new("id", None).to_json().unwrap();
    let error = key.decrypt_content(head.as_bytes(), b"", Verification::Ignore).unwrap_err();
    assert_eq!(error, Error::MalformedEnvelope);
}

#[test]
fn a_sortable_text_cut_inside_a_character_is_an_error() {
    let key = SortKey::generate(STD, "id").unwrap();
    for non_ascii in [NonAscii::Refuse, NonAscii::CodePoints] {
        assert_eq!(key.encrypt_text("aaaé", None, non_ascii).unwrap_err(), Error::SortableNotAscii);
    }
}

#[test]
fn a_sortable_length_that_would_overflow_is_an_error() {
    let key = SortKey::generate(STD, "id").unwrap();
    for length in [9, 100, usize::MAX] {
        let error = key.encrypt_text("zzzzzzzzzzzzzzz", Some(length), NonAscii::Refuse).unwrap_err();
        assert_eq!(error, Error::SortableValueTooLarge);
    }
}

#[test]
fn an_error_is_thrown_as_valid_json_with_a_quoted_code() {
    for error in Error::ALL {
        let thrown: serde_json::Value = serde_json::from_str(&error.to_json()).unwrap();
        assert_eq!(thrown["status"], error.code());
    }
    assert_eq!(
        Error::JsonRead.to_json(),
        r#"{"status": "client_101", "error_message": "JSON could not be read"}"#
    );
}

// Authentication of ciphertexts

#[test]
fn every_byte_of_a_tag_counts_also_in_the_rec_suite() {
    for suite in [Suite::STD, Suite::REC] {
        let key = SymmetricKey::generate(&suite, "id").unwrap();
        let blob = key.encrypt(b"a text", b"").unwrap();
        for byte in 0..blob.len() {
            let mut changed = blob.clone();
            changed[byte] ^= 0x80;
            assert_eq!(key.decrypt(&changed, b"").unwrap_err(), Error::Decryption, "{byte}");
        }
    }
}

// Signatures

#[test]
fn a_stripped_signature_of_a_content_is_refused_where_one_is_required() {
    let (sign, verify) = SigningKey::generate(STD, "signer").unwrap();
    let key = SymmetricKey::generate(STD, "id").unwrap();
    let (private, public) = PrivateKey::generate(STD, "id").unwrap();
    let signed = key.encrypt_content(b"data", b"", Some(&sign)).unwrap();
    let unsigned = key.encrypt_content(b"data", b"", None).unwrap();
    assert!(key.decrypt_content(&signed, b"", Verification::Require(&verify)).is_ok());
    let refused = key.decrypt_content(&unsigned, b"", Verification::Require(&verify));
    assert_eq!(refused.unwrap_err(), Error::SignatureMissing);
    assert!(key.decrypt_content(&unsigned, b"", Verification::Check(&verify)).is_ok());
    let unsigned = public.encrypt_content(b"data", None).unwrap();
    let refused = private.decrypt_content(&unsigned, Verification::Require(&verify));
    assert_eq!(refused.unwrap_err(), Error::SignatureMissing);
}

#[test]
fn a_stripped_signature_of_a_file_part_is_refused_where_one_is_required() {
    let (sign, verify) = SigningKey::generate(STD, "signer").unwrap();
    let key = SymmetricKey::generate(STD, "").unwrap();
    let part = FileEncryptor::new(&key, None).encrypt_part(b"chunk").unwrap();
    let mut decryptor = FileDecryptor::new(&key, Verification::Require(&verify));
    assert_eq!(decryptor.decrypt_part(&part).unwrap_err(), Error::SignatureMissing);
    let part = FileEncryptor::new(&key, Some(&sign)).encrypt_part(b"chunk").unwrap();
    assert_eq!(decryptor.decrypt_part(&part).unwrap(), b"chunk");
}

#[test]
fn a_stripped_signature_of_a_group_key_is_refused_where_one_is_required() {
    let user = User::register("stripped", STD);
    let signer = Signer { user_id: &user.device.user_id, key: &user.keys.sign_key };
    let (body, _) = group::create(user.keys.group.public_key().unwrap(), Some(signer), STD).unwrap();
    let mut object = stored::group_key(&body, "g", user.keys.id());
    let open = |object: &GroupKey| {
        let verification = Verification::Require(&user.keys.verify_key);
        GroupKeys::open(object, user.keys.group.private_key().unwrap(), verification)
            .map(|keys| keys.signed_by)
    };
    assert_eq!(open(&object).unwrap().unwrap().user_id, user.device.user_id);
    object.group_key_sig = None;
    assert_eq!(open(&object).unwrap_err(), Error::SignatureMissing);
}

#[test]
fn a_group_key_signed_by_somebody_else_is_refused() {
    let (user, other) = (User::register("signer", STD), User::register("impostor", STD));
    let signer = Signer { user_id: &user.device.user_id, key: &other.keys.sign_key };
    let (body, _) = group::create(user.keys.group.public_key().unwrap(), Some(signer), STD).unwrap();
    let mut object = stored::group_key(&body, "g", user.keys.id());
    let open = |object: &GroupKey, verification| {
        GroupKeys::open(object, user.keys.group.private_key().unwrap(), verification).map(|_| ()).unwrap_err()
    };
    for verification in
        [Verification::Check(&user.keys.verify_key), Verification::Require(&user.keys.verify_key)]
    {
        assert_eq!(open(&object, verification), Error::WrongVerifyKey);
    }
    object.signed_by_user_sign_key_id = Some(user.keys.verify_key.id().into());
    for verification in
        [Verification::Check(&user.keys.verify_key), Verification::Require(&user.keys.verify_key)]
    {
        assert_eq!(open(&object, verification), Error::KeySignature);
    }
}

#[test]
fn an_unsigned_group_key_is_refused_after_the_first_signed_one() {
    let user = User::register("history", STD);
    let signer = Signer { user_id: &user.device.user_id, key: &user.keys.sign_key };
    let key = |signer, time| {
        let (body, _) = group::create(user.keys.group.public_key().unwrap(), signer, STD).unwrap();
        let mut object = stored::group_key(&body, "g", user.keys.id());
        object.time = time;
        open(&object, &user).unwrap()
    };
    let mut since = SignedSince::default();
    since.admit(&key(None, 5)).unwrap();
    since.admit(&key(Some(signer), 10)).unwrap();
    assert_eq!(since.admit(&key(None, 11)), Err(Error::SignatureMissing));
    assert_eq!(since.admit(&key(None, 4)), Ok(()), "from before the group signed its keys");
    assert_eq!(SignedSince::new(since.time()), since);
}

#[test]
fn a_content_under_another_key_id_is_refused() {
    let key = SymmetricKey::generate(STD, "one").unwrap();
    let content = key.encrypt_content(b"data", b"", None).unwrap();
    let renamed = key.with_id("two");
    assert_eq!(renamed.decrypt_content(&content, b"", Verification::Ignore).unwrap_err(), Error::WrongKey);
    let (private, public) = PrivateKey::generate(STD, "one").unwrap();
    let content = public.encrypt_content(b"data", None).unwrap();
    let refused = private.with_id("two").decrypt_content(&content, Verification::Ignore);
    assert_eq!(refused.unwrap_err(), Error::WrongKey);
}

#[test]
fn a_content_whose_head_names_another_signature_algorithm_than_the_key_is_refused() {
    let (sign, verify) = SigningKey::generate(STD, "signer").unwrap();
    let key = SymmetricKey::generate(STD, "id").unwrap();
    let (mut head, payload) = key.encrypt_raw(b"data", b"", Some(&sign)).unwrap();
    head.sign.as_mut().unwrap().alg = "ED25519".to_owned();
    let refused = key.decrypt_raw(&head, &payload, b"", Verification::Check(&verify));
    assert_eq!(refused.unwrap_err(), Error::AlgorithmMismatch);
}

#[test]
fn a_content_with_a_wrong_signature_is_refused() {
    let (sign, verify) = SigningKey::generate(STD, "signer").unwrap();
    let (_, other) = SigningKey::generate(STD, "signer").unwrap();
    let key = SymmetricKey::generate(STD, "id").unwrap();
    let mut content = key.encrypt_content(b"data", b"", Some(&sign)).unwrap();
    let open = |content: &[u8], verify: &VerifyingKey| {
        key.decrypt_content(content, b"", Verification::Check(verify))
    };
    assert_eq!(open(&content, &other).unwrap_err(), Error::ContentSignature);
    assert_eq!(open(&content, &other.with_id("another")).unwrap_err(), Error::WrongVerifyKey);
    let last = content.len() - 1;
    content[last] ^= 1;
    assert_eq!(open(&content, &verify).unwrap_err(), Error::ContentSignature);
}

// Public halves

#[test]
fn a_device_public_key_replaced_by_the_server_is_noticed_at_login() {
    let user = User::register("replaced-device", STD);
    let keys = stored::device_keys(&user.registration.device, "replaced-device");
    let (_, public) = PrivateKey::generate(STD, "x").unwrap();
    let (_, verify) = SigningKey::generate(STD, "x").unwrap();
    let mut lie = keys.clone();
    lie.public_key_string = KeyText::parse(public.to_server_form()).unwrap();
    assert_eq!(user.login.open_device(&lie).err(), Some(Error::KeyPairMismatch));
    let mut lie = keys.clone();
    lie.verify_key_string = KeyText::parse(verify.to_server_form()).unwrap();
    assert_eq!(user.login.open_device(&lie).err(), Some(Error::KeyPairMismatch));
    assert!(user.login.open_device(&keys).is_ok());
}

#[test]
fn one_replaced_half_of_a_hybrid_public_key_is_noticed() {
    let user = User::register("half", STD);
    let (_, other) = PrivateKey::generate(STD, "x").unwrap();
    let (_, other_verify) = SigningKey::generate(STD, "x").unwrap();
    let object = stored::group_key(&user.registration.group, "k", user.device.public_key.id());
    for half in ["x", "k"] {
        let mut lie = object.clone();
        lie.public_group_key = mix(&lie.public_group_key, &other.to_server_form(), half);
        let error = UserKeys::open(&lie, &user.device.private_key).err().unwrap();
        assert_eq!(error, Error::KeyPairMismatch, "{half} of the public key");
        let mut lie = object.clone();
        let verify_key = lie.verify_key.as_ref().unwrap();
        lie.verify_key = Some(mix(verify_key, &other_verify.to_server_form(), half));
        let error = UserKeys::open(&lie, &user.device.private_key).err().unwrap();
        assert_eq!(error, Error::KeyPairMismatch, "{half} of the verify key");
    }
}

#[test]
fn a_group_public_key_replaced_by_the_server_is_noticed() {
    for suite in [Suite::STD, Suite::REC] {
        let user = User::register("replaced-group", &suite);
        let (body, _) = group::create(user.keys.group.public_key().unwrap(), None, &suite).unwrap();
        let mut object = stored::group_key(&body, "g", user.keys.id());
        assert!(open(&object, &user).is_ok());
        let (_, public) = PrivateKey::generate(&suite, "x").unwrap();
        object.public_group_key = KeyText::parse(public.to_server_form()).unwrap();
        let private = user.keys.group.private_key().unwrap();
        let keys = GroupKeys::open(&object, private, Verification::Ignore).unwrap();
        for _ in 0..2 {
            assert_eq!(keys.public_key().err(), Some(Error::KeyPairMismatch), "there is no way to the key");
            assert_eq!(keys.private_key().err(), Some(Error::KeyPairMismatch));
        }
    }
}

// Login

#[test]
fn only_a_challenge_of_the_documented_form_is_decrypted_for_the_server() {
    let user = User::register("challenge", STD);
    let public = &user.device.public_key;
    let (text, challenge) = server::login_challenge(public.algorithm(), &public.to_server_form()).unwrap();
    assert_eq!(user.device.solve_challenge(&challenge).unwrap().expose(), text);

    let solve = |plaintext: &[u8]| {
        let challenge = Base64Text::encode(&public.encrypt(plaintext).unwrap());
        user.device.solve_challenge(&challenge).map(|_| ())
    };
    assert_eq!(solve(&[b'a'; 67]), Ok(()));
    let refused: [&[u8]; 6] =
        [b"", &[b'a'; 66], &[b'a'; 68], b"a secret message to this device", &[b'+'; 67], &[0xff; 67]];
    for plaintext in refused {
        assert_eq!(solve(plaintext), Err(Error::LoginChallenge), "{plaintext:?}");
    }
    assert_eq!(user.device.solve_challenge(&damaged(&challenge)).unwrap_err(), Error::LoginChallenge);
}

#[test]
fn an_account_of_an_old_client_opens_with_the_legacy_cost_and_moves_to_the_current_one() {
    let vectors = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testing/vectors");
    let file = std::fs::read(vectors.join("std015_register_login.json")).unwrap();
    let file: serde_json::Value = serde_json::from_slice(&file).unwrap();
    let vector = &file["vectors"][0];
    let answer = |name: &str| -> serde_json::Value {
        serde_json::from_str::<serde_json::Value>(vector["server"][name].as_str().unwrap()).unwrap()["result"]
            .clone()
    };
    let prepared: PrepareLoginOutput = serde_json::from_value(answer("prepare_login_response_json")).unwrap();
    let keys =
        serde_json::from_value(answer("done_login_response_json")["Direct"]["device_keys"].clone()).unwrap();
    let identifier = DeviceIdentifier::parse(vector["identifier"].as_str().unwrap()).unwrap();
    let password = vector["password"].as_str().unwrap();
    let hash = vector["client"]["hashed_auth_key_hex"].as_str().unwrap();

    let mut opened = None;
    for cost in Cost::ALL {
        let login = Login::derive(password, &identifier, &prepared, cost).unwrap();
        let stored = login.keys().hashed_authentication_key();
        let hex: String = stored.as_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
        if hex == hash {
            opened = Some((cost, login));
        }
    }
    let (cost, login) = opened.expect("one of the generations fits");
    assert_eq!(cost, Cost::LEGACY);
    assert!(login.open_device(&keys).is_ok());

    let change = login.change_password(password, &keys).unwrap();
    let moved = PrepareLoginOutput {
        salt_string: server::login_salt(change.new_derived_alg.as_str(), &change.new_client_random_value, "")
            .unwrap(),
        derived_encryption_key_alg: change.new_derived_alg,
    };
    let mut keys = keys;
    keys.encrypted_master_key = change.new_encrypted_master_key;
    let login = Login::derive(password, &identifier, &moved, Cost::CURRENT).unwrap();
    assert_eq!(login.keys().hashed_authentication_key(), change.new_hashed_authentication_key);
    assert!(login.open_device(&keys).is_ok());
}

#[test]
fn a_salt_of_another_length_is_refused() {
    for salt in ["", "AAAA", "AAAAAAAAAAAAAAAAAAAAAA=="] {
        let answer = format!(r#"{{"salt_string":"{salt}","derived_encryption_key_alg":"ARGON-2-SHA256"}}"#);
        assert!(serde_json::from_str::<PrepareLoginOutput>(&answer).is_err());
    }
}

#[test]
fn a_derivation_weaker_than_the_remembered_one_is_refused() {
    let answer = |algorithm: &str| PrepareLoginOutput {
        salt_string: keyfold_crypto::password::salt(&ClientRandomValue::new([1; 16]), ""),
        derived_encryption_key_alg: keyfold_protocol::encoding::AlgorithmId::parse(algorithm).unwrap(),
    };
    let (argon2, pbkdf2) = ("ARGON-2-SHA256", "fips_openssl_pbkdf2_hmac");
    assert_eq!(login::accept_derivation(&answer(pbkdf2), argon2), Err(Error::WeakAlgorithm));
    assert_eq!(login::accept_derivation(&answer(argon2), argon2), Ok(()));
    assert_eq!(login::accept_derivation(&answer("md5"), argon2), Err(Error::UnknownAlgorithm));
    let identifier = DeviceIdentifier::parse("name").unwrap();
    let refused = Login::derive("password", &identifier, &answer(pbkdf2), Cost::CURRENT);
    assert_eq!(refused.err(), Some(Error::UnknownAlgorithm), "no client derives with it at all");
}

#[test]
fn passwords_and_identifiers_are_byte_exact() {
    let salt = keyfold_crypto::password::salt(&ClientRandomValue::new([1; 16]), "");
    let derive = |password: &str| {
        keyfold_crypto::password::DerivedKeys::derive(password, &salt, "ARGON-2-SHA256", Cost::LEGACY)
            .unwrap()
            .hashed_authentication_key()
    };
    assert_ne!(derive("\u{e9}"), derive("e\u{301}"), "composed and decomposed");
    assert_ne!(derive("password"), derive("password "));
    assert_ne!(derive(""), derive("\0"));
}

#[test]
fn a_wrong_auth_key_does_not_match_and_a_malformed_one_is_an_error() {
    let user = User::register("auth", STD);
    let stored = &user.registration.device.derived.hashed_authentication_key;
    let right = user.login.done_login().auth_key;
    assert!(server::check_authentication_key(right.expose(), stored).unwrap());
    let wrong = user.login.keys().hashed_authentication_key().to_base64();
    assert_eq!(server::check_authentication_key(&wrong, stored), Err(Error::InvalidAuthKey), "16 bytes");
    let zeros = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
    assert_eq!(server::check_authentication_key(zeros, stored), Ok(false));
}

#[test]
fn a_registration_that_nobody_could_log_in_to_is_refused() {
    let identifier = DeviceIdentifier::parse("name").unwrap();
    let device = device::register_device(&identifier, "password", STD).unwrap();
    assert_eq!(server::check_device(&device), Ok(()));
    let mut unknown = device.clone();
    unknown.derived.keypair_sign_alg = keyfold_protocol::encoding::AlgorithmId::parse("NOPE").unwrap();
    assert_eq!(server::check_device(&unknown), Err(Error::UnknownAlgorithm));
    let mut short = device.clone();
    short.derived.encrypted_private_key = Base64Text::encode(&[0; 27]);
    assert_eq!(server::check_device(&short), Err(Error::CiphertextTooShort));
    let mut key = device;
    key.derived.public_key = KeyText::parse("no key").unwrap();
    assert!(server::check_device(&key).is_err());
}

// Points of small order

#[test]
fn a_public_key_of_small_order_is_refused() {
    for first in [0, 1] {
        let mut point = [0; 32];
        point[0] = first;
        let pem = format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n", base64(&point));
        let refused = PublicKey::parse("id", "ECIES-ed25519", &pem);
        assert_eq!(refused.err(), Some(Error::WeakKey));
        // For a signature key that is a point with which almost anything can be "signed".
        let refused = VerifyingKey::parse("id", "ED25519", &pem);
        assert_eq!(refused.err(), Some(Error::WeakKey));
    }
}

#[test]
fn an_ephemeral_key_of_small_order_is_refused() {
    let secret = format!(r#"{{"Ecies":{{"key":"{}","key_id":"id"}}}}"#, base64(&[0x42; 32]));
    let key = PrivateKey::import(&secret).unwrap();
    assert_eq!(key.decrypt(&[0; 100]).unwrap_err(), Error::Decryption);
}

// Keys of others

#[test]
fn an_unsigned_public_key_is_refused_when_signatures_are_demanded() {
    let user = User::register("unsigned", STD);
    let mut data = user.public_key_data();
    let verify_key = &user.keys.verify_key;
    assert!(PublicKey::accept(&data, Some(verify_key), &Policy::STRICT).is_ok());
    assert_eq!(PublicKey::accept(&data, None, &Policy::STRICT).err(), Some(Error::SignatureMissing));
    data.public_key_sig = None;
    assert!(PublicKey::accept(&data, Some(verify_key), &Policy::DEFAULT).is_ok());
    assert_eq!(
        PublicKey::accept(&data, Some(verify_key), &Policy::STRICT).err(),
        Some(Error::SignatureMissing)
    );
}

#[test]
fn a_public_key_with_a_forged_signature_is_refused() {
    let (user, other) = (User::register("victim", STD), User::register("forger", STD));
    let mut data = user.public_key_data();
    data.public_key = other.registration.group.public_group_key.clone();
    let refused = PublicKey::accept(&data, Some(&user.keys.verify_key), &Policy::DEFAULT);
    assert_eq!(refused.err(), Some(Error::KeySignature));
    let refused = PublicKey::accept(&data, Some(&other.keys.verify_key), &Policy::DEFAULT);
    assert_eq!(refused.err(), Some(Error::WrongVerifyKey));
}

#[test]
fn a_verify_key_replaced_under_its_id_is_noticed() {
    let (_, first) = SigningKey::generate(STD, "id").unwrap();
    let (_, other) = SigningKey::generate(STD, "id").unwrap();
    let mut user = KnownUser::default();
    assert_eq!(user.admit_verify_key(&first), Ok(Recognition::First));
    assert_eq!(user.admit_verify_key(&other), Err(Error::KeyReplaced));
    assert_eq!(user.admit_verify_key(&other.with_id("rotated")), Ok(Recognition::New));
    let json = serde_json::to_string(&user).unwrap();
    let mut user: KnownUser = serde_json::from_str(&json).unwrap();
    assert_eq!(user.admit_verify_key(&first), Ok(Recognition::Known));
}

#[test]
fn a_public_key_replaced_under_its_id_is_noticed() {
    let (_, first) = PrivateKey::generate(STD, "id").unwrap();
    let (_, other) = PrivateKey::generate(STD, "id").unwrap();
    // As an earlier version wrote it.
    let mut user: KnownUser =
        serde_json::from_str(r#"{"verify_keys":{},"encryption":null,"signature":null}"#).unwrap();
    assert_eq!(user.admit_public_key(&first), Ok(Recognition::First));
    assert_eq!(user.admit_public_key(&other), Err(Error::KeyReplaced));
    assert_eq!(user.admit_public_key(&other.with_id("rotated")), Ok(Recognition::New));
    let json = serde_json::to_string(&user).unwrap();
    let mut user: KnownUser = serde_json::from_str(&json).unwrap();
    assert_eq!(user.admit_public_key(&first), Ok(Recognition::Known));
}

#[test]
fn a_key_weaker_than_the_policy_is_refused() {
    let (public, verify) = classical();
    let data = PublicKeyData {
        public_key_id: "id".into(),
        public_key: KeyText::parse(public.to_server_form()).unwrap(),
        public_key_alg: keyfold_protocol::encoding::AlgorithmId::parse(public.algorithm()).unwrap(),
        public_key_sig: None,
        public_key_sig_key_id: None,
    };
    assert_eq!(PublicKey::accept(&data, None, &Policy::DEFAULT).err(), Some(Error::WeakAlgorithm));
    assert!(PublicKey::accept(&data, None, &Policy::PERMISSIVE).is_ok());
    let data = VerifyKeyData {
        verify_key_id: "id".into(),
        verify_key: KeyText::parse(verify.to_server_form()).unwrap(),
        verify_key_alg: keyfold_protocol::encoding::AlgorithmId::parse(verify.algorithm()).unwrap(),
    };
    assert_eq!(VerifyingKey::accept(&data, &Policy::DEFAULT).err(), Some(Error::WeakAlgorithm));
    assert!(VerifyingKey::accept(&data, &Policy::PERMISSIVE).is_ok());
}

#[test]
fn a_key_weaker_than_an_earlier_one_of_the_same_user_is_refused() {
    let (weak_public, weak_verify) = classical();
    let (_, public) = PrivateKey::generate(STD, "stronger").unwrap();
    let (_, verify) = SigningKey::generate(STD, "id").unwrap();
    let mut user = KnownUser::default();
    user.admit_public_key(&weak_public).unwrap();
    user.admit_public_key(&public).unwrap();
    user.admit_verify_key(&verify).unwrap();
    assert_eq!(user.admit_public_key(&weak_public), Err(Error::WeakAlgorithm));
    assert_eq!(user.admit_verify_key(&weak_verify.with_id("other")), Err(Error::WeakAlgorithm));
    assert!(Strength::Classical < Strength::PostQuantum && Strength::PostQuantum < Strength::Hybrid);
}

#[test]
fn user_keys_are_not_handed_to_a_device_with_a_weak_key() {
    let user = User::register("weak-device", STD);
    let (public, _) = classical();
    let answer = PrepareDeviceOutput {
        device_id: "device".into(),
        token: String::from("token").into(),
        device_identifier: DeviceIdentifier::parse("phone").unwrap(),
        public_key_string: KeyText::parse(public.to_server_form()).unwrap(),
        keypair_encrypt_alg: keyfold_protocol::encoding::AlgorithmId::parse(public.algorithm()).unwrap(),
    };
    let keys = [&user.keys.group.key];
    let refused = member::confirm_device(keys, &answer, &Policy::DEFAULT);
    assert_eq!(refused.err(), Some(Error::WeakAlgorithm));
    assert!(member::confirm_device(keys, &answer, &Policy::PERMISSIVE).is_ok());
}

#[test]
fn classical_and_post_quantum_only_keys_stay_readable() {
    for export in
        [format!(r#"{{"Ecies":{{"key":"{}","key_id":"id"}}}}"#, base64(&[0x42; 32])), single_kyber_export()]
    {
        let private = PrivateKey::import(&export).unwrap();
        let public = private.public_key().unwrap();
        let parsed = PublicKey::parse("id", public.algorithm(), &public.to_server_form()).unwrap();
        assert_eq!(private.decrypt(&parsed.encrypt(b"data").unwrap()).unwrap(), b"data");
        assert_eq!(private.export().unwrap().expose(), export);
    }
}

// Rotation

#[test]
fn a_new_group_key_is_verified_before_it_is_accepted() {
    let (user, other) = (User::register("invoker", STD), User::register("member", STD));
    let public = user.keys.group.public_key().unwrap();
    let (body, _) = group::create(public, None, STD).unwrap();
    let old = open(&stored::group_key(&body, "g1", user.keys.id()), &user).unwrap();
    let signer = Signer { user_id: &user.device.user_id, key: &user.keys.sign_key };
    let rotation = rotation::start(&old.key, public, Some(signer), STD).unwrap();
    let member = &other.keys.group;
    let pending = stored::pending(&rotation, "g2", member.public_key().unwrap());
    let key = PendingKey::open(&pending, member.private_key().unwrap(), &old.key).unwrap();

    let signature = KeySignature {
        verify_key_id: rotation.signed_by_user_sign_key_id.as_ref().unwrap(),
        text: rotation.group_key_sig.as_ref().unwrap(),
    };
    let required = Verification::Require(&user.keys.verify_key);
    assert_eq!(key.verify(Some(signature), required), Ok(()));
    assert_eq!(key.verify(None, required), Err(Error::SignatureMissing));
    let injected = rotation::start(&old.key, public, None, STD).unwrap();
    let injected = stored::pending(&injected, "g2", member.public_key().unwrap());
    let injected = PendingKey::open(&injected, member.private_key().unwrap(), &old.key).unwrap();
    assert_eq!(injected.verify(Some(signature), required), Err(Error::KeySignature));
    assert!(key.accept(member.public_key().unwrap()).is_ok());
}

#[test]
fn a_rotation_for_another_key_or_with_a_server_error_is_refused() {
    let user = User::register("refused", STD);
    let keys = &user.keys.group;
    let previous = SymmetricKey::generate(STD, "g1").unwrap();
    let rotation = rotation::start(&previous, keys.public_key().unwrap(), None, STD).unwrap();
    let pending = stored::pending(&rotation, "g2", keys.public_key().unwrap());
    let open = |pending: &KeyRotationPending, previous: &SymmetricKey| {
        PendingKey::open(pending, keys.private_key().unwrap(), previous).map(|_| ())
    };
    assert_eq!(open(&pending, &previous), Ok(()));
    let other = SymmetricKey::generate(STD, "g0").unwrap();
    assert_eq!(open(&pending, &other), Err(Error::WrongKey));
    let same_id = SymmetricKey::generate(STD, "g1").unwrap();
    assert_eq!(open(&pending, &same_id), Err(Error::Decryption));
    let failed = KeyRotationPending { error: Some("no key".to_owned()), ..pending };
    assert_eq!(open(&failed, &previous), Err(Error::RotationRefused));
}

#[test]
fn a_chain_of_rotations_is_finished_in_any_order_of_arrival() {
    let user = User::register("chain", STD);
    let keys = &user.keys.group;
    let (body, _) = group::create(keys.public_key().unwrap(), None, STD).unwrap();
    let mut generations = vec![open(&stored::group_key(&body, "g0", user.keys.id()), &user).unwrap()];
    let mut waiting = Vec::new();
    let mut objects = Vec::new();
    for step in 1..=4 {
        let id = format!("g{step}");
        let rotation =
            rotation::start(&generations[step - 1].key, keys.public_key().unwrap(), None, STD).unwrap();
        let object = stored::rotated(&rotation, &id, step as u64);
        waiting.push(stored::pending(&rotation, &id, keys.public_key().unwrap()));
        generations.push(open(&object, &user).unwrap());
        objects.push(object);
    }
    waiting.swap(0, 3);
    waiting.swap(1, 2);
    let lost = KeyRotationPending { previous_group_key_id: "nowhere".into(), ..waiting[0].clone() };
    waiting.push(lost);

    let order = rotation::order(&waiting, |id| id.as_str() == "g0");
    let ids: Vec<_> = order.iter().map(|index| waiting[*index].new_group_key_id.as_str()).collect();
    assert_eq!(ids, ["g1", "g2", "g3", "g4"]);
    let mut known = generations.remove(0);
    for index in order {
        let pending = PendingKey::open(&waiting[index], keys.private_key().unwrap(), &known.key).unwrap();
        let object = objects.iter().find(|object| object.group_key_id == *pending.id()).unwrap();
        let object = stored::finished(object, &pending.accept(keys.public_key().unwrap()).unwrap());
        known = open(&object, &user).unwrap();
    }
    let text = known.key.encrypt_text("newest", "", None).unwrap();
    assert_eq!(generations[3].key.decrypt_text(&text, "", Verification::Ignore).unwrap(), "newest");
}

#[test]
fn a_user_rotation_makes_a_new_sign_key_and_signs_the_public_key() {
    let user = User::register("rotating", STD);
    let rotation = rotation::start_user(&user.keys.group.key, &user.device.public_key, STD).unwrap();
    assert!(rotation.group_key_sig.is_none(), "user keys are never signed by the user");
    let keys = UserKeys::open(&stored::rotated(&rotation, "k2", 2), &user.device.private_key).unwrap();
    assert!(keys.verify_key != user.keys.verify_key);
    assert!(keys.group.public_key().unwrap().is_signed_by(&keys.verify_key).unwrap());
}

// Keys under a group key

#[test]
fn a_search_or_sort_key_of_another_length_or_algorithm_is_refused() {
    let user = User::register("lengths", STD);
    let (body, _) = group::create(user.keys.group.public_key().unwrap(), None, STD).unwrap();
    let keys = open(&stored::group_key(&body, "g", user.keys.id()), &user).unwrap();
    let hmac = stored::hmac_key(&body, "g");
    let sortable = stored::sortable_key(&body, "g");
    assert!(SearchKey::open(&hmac, &keys.key).is_ok() && SortKey::open(&sortable, &keys.key).is_ok());

    // Nothing binds an encrypted key to its purpose, but at least the lengths tell the kinds apart.
    let mut swapped = hmac.clone();
    swapped.encrypted_hmac_key = sortable.encrypted_sortable_key.clone();
    assert_eq!(SearchKey::open(&swapped, &keys.key).err(), Some(Error::KeyLength));
    let mut swapped = sortable.clone();
    swapped.encrypted_sortable_key = hmac.encrypted_hmac_key.clone();
    assert_eq!(SortKey::open(&swapped, &keys.key).err(), Some(Error::KeyLength));

    let mut other = hmac.clone();
    other.encrypted_hmac_alg = keyfold_protocol::encoding::AlgorithmId::parse("OPE-16").unwrap();
    assert_eq!(SearchKey::open(&other, &keys.key).err(), Some(Error::UnknownAlgorithm));
    let mut other = hmac;
    other.encrypted_hmac_encryption_key_id = "g2".into();
    assert_eq!(SearchKey::open(&other, &keys.key).err(), Some(Error::WrongKey));
    let mut empty = sortable;
    empty.encrypted_sortable_key = Base64Text::parse("").unwrap();
    assert_eq!(SortKey::open(&empty, &keys.key).err(), Some(Error::CiphertextTooShort));
}

#[test]
fn contents_whose_blobs_another_cipher_makes_are_those_of_this_one() {
    let (private, public) = PrivateKey::generate(STD, "id").unwrap();
    let (sign, verify) = SigningKey::generate(STD, "signer").unwrap();
    // A key that is used as another implementation would use it: raw.
    let cipher = |raw: &[u8]| {
        let export = format!(r#"{{"Aes":{{"key":"{}","key_id":""}}}}"#, Base64Text::encode(raw).as_str());
        SymmetricKey::import(&export).unwrap()
    };
    let sealed = || {
        let mut ciphertext = b"data".to_vec();
        let mut depth = 0;
        while let Some((mut layer, key)) = public.one_time_key(depth).unwrap() {
            layer.extend(cipher(key.expose()).encrypt(&ciphertext, b"").unwrap());
            ciphertext = layer;
            depth += 1;
        }
        assert_eq!(depth, 2, "two algorithms are nested");
        ciphertext
    };
    let opened = |ciphertext: &[u8]| {
        let mut data = ciphertext.to_vec();
        let mut depth = 0;
        while let Some((key, blob)) = private.one_time_key(depth, &data).unwrap() {
            data = cipher(key.expose()).decrypt(blob, b"").unwrap();
            depth += 1;
        }
        data
    };
    assert_eq!(private.decrypt(&sealed()).unwrap(), b"data");
    assert_eq!(opened(&public.encrypt(b"data").unwrap()), b"data");
    assert_eq!(private.one_time_key(0, b"short").err(), Some(Error::CiphertextTooShort));

    for signer in [None, Some(&sign)] {
        let verification =
            if signer.is_some() { Verification::Require(&verify) } else { Verification::Ignore };
        let (head, payload) = Head::of_ciphertext("id", sealed(), signer).unwrap();
        assert_eq!(
            private.decrypt_content(&head.envelope(&payload).unwrap(), verification).unwrap(),
            b"data"
        );
        let content = public.encrypt_content(b"data", signer).unwrap();
        let (head, payload) = Head::split(&content).unwrap();
        assert_eq!(opened(head.ciphertext("id", payload, verification).unwrap()), b"data");
        assert_eq!(head.ciphertext("another", payload, verification).unwrap_err(), Error::WrongKey);
        assert_eq!(head.envelope(payload).unwrap(), content);
    }
    let (head, mut payload) = Head::of_ciphertext("id", sealed(), Some(&sign)).unwrap();
    payload[0] ^= 1;
    let refused = head.ciphertext("id", &payload, Verification::Require(&verify));
    assert_eq!(refused.unwrap_err(), Error::ContentSignature);

    let (rec_private, rec_public) = PrivateKey::generate(&Suite::REC, "id").unwrap();
    assert!(rec_public.one_time_key(0).unwrap().is_none(), "another cipher");
    let content = rec_public.encrypt(b"data").unwrap();
    assert!(rec_private.one_time_key(0, &content).unwrap().is_none(), "another cipher");
}

#[test]
fn a_key_that_was_used_too_often_refuses_to_encrypt() {
    let key = SymmetricKey::generate(STD, "id").unwrap();
    key.encrypt(b"data", b"").unwrap();
    assert_eq!((key.uses(), key.needs_rotation()), (1, false));
    key.count_earlier_uses(SymmetricKey::ROTATE_AFTER_USES);
    assert!(key.needs_rotation());
    let blob = key.encrypt(b"data", b"").unwrap();
    key.count_earlier_uses(SymmetricKey::MAX_USES);
    assert_eq!(key.encrypt(b"data", b"").unwrap_err(), Error::KeyExhausted);
    assert_eq!(key.encrypt_content(b"data", b"", None).unwrap_err(), Error::KeyExhausted);
    assert_eq!(key.count_use().unwrap_err(), Error::KeyExhausted);
    assert_eq!(key.decrypt(&blob, b"").unwrap(), b"data", "reading never ends");
}

#[test]
fn two_encryptions_of_the_same_data_differ() {
    let key = SymmetricKey::generate(STD, "id").unwrap();
    let (_, public) = PrivateKey::generate(STD, "id").unwrap();
    assert_ne!(key.encrypt(b"data", b"").unwrap(), key.encrypt(b"data", b"").unwrap());
    assert_ne!(public.encrypt(b"data").unwrap(), public.encrypt(b"data").unwrap());
}

// Members

#[test]
fn keys_for_a_member_are_uploaded_in_pages_of_fifty() {
    let (private, public) = PrivateKey::generate(STD, "member").unwrap();
    let keys: Vec<_> = (0..101).map(|n| SymmetricKey::generate(STD, &n.to_string()).unwrap()).collect();
    let pages = |count: usize| {
        let pages = MemberKeys::encrypt(&keys[..count], &public, Some(3)).unwrap();
        let sizes: Vec<_> = pages.rest.iter().map(Vec::len).collect();
        (pages.first.keys.len(), pages.first.key_session, sizes)
    };
    assert_eq!(pages(0), (0, false, vec![]));
    assert_eq!(pages(50), (50, false, vec![]));
    assert_eq!(pages(51), (50, true, vec![1]));
    assert_eq!(pages(101), (50, true, vec![50, 1]));
    let one = MemberKeys::encrypt(&keys[7..8], &public, None).unwrap().first.keys.remove(0);
    let opened = private.decrypt(&one.encrypted_group_key.decode()).unwrap();
    let export: serde_json::Value = serde_json::from_str(keys[7].export().unwrap().expose()).unwrap();
    assert_eq!(base64(&opened), export["Aes"]["key"].as_str().unwrap());
    assert_eq!((one.key_id.as_str(), one.user_public_key_id.as_str()), ("7", "member"));
}

#[test]
fn a_child_group_opens_with_the_private_key_of_its_parent() {
    let user = User::register("parent", STD);
    let (body, _) = group::create(user.keys.group.public_key().unwrap(), None, STD).unwrap();
    let parent = open(&stored::group_key(&body, "parent", user.keys.id()), &user).unwrap();
    let (body, _) = group::create(parent.public_key().unwrap(), None, STD).unwrap();
    assert_eq!(body.creator_public_key_id.as_str(), "parent");
    let object = stored::group_key(&body, "child", "parent");
    let child = GroupKeys::open(&object, parent.private_key().unwrap(), Verification::Ignore).unwrap();
    // A group that becomes a member of the child group opens it the same way.
    let (body, _) = group::create(user.keys.group.public_key().unwrap(), None, STD).unwrap();
    let member = open(&stored::group_key(&body, "member", user.keys.id()), &user).unwrap();
    let given = MemberKeys::encrypt([&child.key], member.public_key().unwrap(), None).unwrap();
    let object = stored::for_member(&object, &given.first.keys[0]);
    let again = GroupKeys::open(&object, member.private_key().unwrap(), Verification::Ignore).unwrap();
    assert_eq!(again.key.export().unwrap().expose(), child.key.export().unwrap().expose());
    assert_eq!(open(&object, &user).err(), Some(Error::WrongKey), "the object names the key to open it with");
}

// Files

#[test]
fn a_file_that_lost_its_end_is_noticed() {
    let key = SymmetricKey::generate(STD, "").unwrap();
    let mut encryptor = FileEncryptor::new(&key, None);
    let parts: Vec<_> =
        [b"one", b"two"].iter().map(|chunk| encryptor.encrypt_part(*chunk).unwrap()).collect();
    let mut decryptor = FileDecryptor::new(&key, Verification::Ignore);
    decryptor.decrypt_part(&parts[0]).unwrap();
    assert_eq!((decryptor.parts(), decryptor.bytes()), (1, 3));
    assert_eq!(decryptor.finish(6), Err(Error::IncompleteFile));
}

#[test]
fn parts_of_a_file_open_only_in_their_order_and_a_failed_one_can_be_tried_again() {
    let key = SymmetricKey::generate(STD, "").unwrap();
    let mut encryptor = FileEncryptor::new(&key, None);
    let parts: Vec<_> =
        [b"one", b"two"].iter().map(|chunk| encryptor.encrypt_part(*chunk).unwrap()).collect();
    let mut decryptor = FileDecryptor::new(&key, Verification::Ignore);
    assert_eq!(decryptor.decrypt_part(&parts[1]).unwrap_err(), Error::Decryption);
    assert_eq!(decryptor.decrypt_part(&parts[0]).unwrap(), b"one");
    assert_eq!(decryptor.decrypt_part(&parts[0]).unwrap_err(), Error::Decryption);
    assert_eq!(decryptor.decrypt_part(&parts[1]).unwrap(), b"two");
    assert_eq!(decryptor.finish(6), Ok(()));
}

#[test]
fn progress_of_a_file_without_a_full_part_is_no_division_by_zero() {
    assert_eq!((file::part_count(0), file::part_count(1), file::part_count(4 << 20)), (0, 1, 1));
    assert_eq!(file::part_count((4 << 20) + 1), 2);
    assert_eq!(file::part_count(u64::MAX), 1 << 42);
    assert!((file::progress(0, 0) - 1.0).abs() < f64::EPSILON);
    assert!((file::progress(1, 4) - 0.25).abs() < f64::EPSILON);
    assert!((file::progress(9, 4) - 1.0).abs() < f64::EPSILON);
}

#[test]
fn a_generated_key_opens_with_the_key_it_names_only() {
    let master = SymmetricKey::generate(STD, "master").unwrap();
    let (_, described) = GeneratedKey::generate(&master, STD).unwrap();
    assert!(described.open(&master).is_ok());
    let other = SymmetricKey::generate(STD, "other").unwrap();
    assert_eq!(described.open(&other).err(), Some(Error::WrongKey));
    assert_eq!(described.open(&other.with_id("master")).err(), Some(Error::Decryption));
}

// Login under way

#[test]
fn a_login_goes_on_after_the_second_factor() {
    let user = User::register("mfa", STD);
    let identifier = DeviceIdentifier::parse("mfa").unwrap();
    let stored = user.login.export();
    let restore = |encryption_key: &str, auth_key: &str| {
        Login::restore(&identifier, encryption_key, auth_key, stored.algorithm)
    };
    let login = restore(stored.encryption_key.expose(), stored.auth_key.expose()).unwrap();
    assert_eq!(login.done_login(), user.login.done_login());
    let keys = stored::device_keys(&user.registration.device, "mfa");
    assert!(login.open_device(&keys).is_ok());
    assert_eq!(restore("{\"Argon2\":\"AA==\"}", "").err(), Some(Error::StoredLoginKey));
    assert_eq!(restore("no", "").err(), Some(Error::StoredLoginKey));
    assert_eq!(restore(stored.encryption_key.expose(), "AA==").err(), Some(Error::InvalidAuthKey));
}

#[test]
fn a_wrong_password_opens_nothing() {
    let user = User::register("wrong-password", STD);
    let identifier = DeviceIdentifier::parse("wrong-password").unwrap();
    let answer = stored::prepare(&user.registration.device);
    let login = Login::derive("Password", &identifier, &answer, Cost::CURRENT).unwrap();
    let keys = stored::device_keys(&user.registration.device, "wrong-password");
    assert_eq!(login.open_device(&keys).err(), Some(Error::Decryption));
}

#[test]
fn a_reset_keeps_the_device_keys_and_changes_everything_around_them() {
    let user = User::register("reset", STD);
    let reset = user.device.reset_password("new password", &Suite::REC).unwrap();
    let mut registration = user.registration.device.clone();
    registration.master_key = reset.master_key;
    registration.derived.client_random_value = reset.client_random_value;
    registration.derived.hashed_authentication_key = reset.hashed_authentication_key;
    registration.derived.derived_alg = reset.derived_alg;
    registration.derived.encrypted_private_key = reset.encrypted_private_key;
    registration.derived.encrypted_sign_key = reset.encrypted_sign_key;
    let identifier = DeviceIdentifier::parse("reset").unwrap();
    let login =
        Login::derive("new password", &identifier, &stored::prepare(&registration), Cost::CURRENT).unwrap();
    let device: Device = login.open_device(&stored::device_keys(&registration, "reset")).unwrap();
    assert_eq!(device.public_key, user.device.public_key);
    assert_eq!(
        device.private_key.export().unwrap().expose(),
        user.device.private_key.export().unwrap().expose()
    );
}

fn open(object: &GroupKey, user: &User) -> Result<GroupKeys, Error> {
    let keys = GroupKeys::open(object, user.keys.group.private_key().unwrap(), Verification::Ignore)?;
    // Opened when it is asked for.
    keys.private_key()?;
    Ok(keys)
}

/// A classical-only key pair's public halves.
fn classical() -> (PublicKey, VerifyingKey) {
    let private =
        PrivateKey::import(&format!(r#"{{"Ecies":{{"key":"{}","key_id":"id"}}}}"#, base64(&[0x42; 32])));
    // RFC 8032, section 7.1, test 1.
    let verify = VerifyingKey::import(
        r#"{"Ed25519":{"key":"11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=","key_id":"id"}}"#,
    );
    (private.unwrap().public_key().unwrap(), verify.unwrap())
}

/// The Kyber half of a hybrid key on its own.
fn single_kyber_export() -> String {
    let (private, _) = PrivateKey::generate(STD, "id").unwrap();
    let export: serde_json::Value = serde_json::from_str(private.export().unwrap().expose()).unwrap();
    let k = export["EciesKyberHybrid"]["k"].as_str().unwrap();
    format!(r#"{{"Kyber":{{"key":"{k}","key_id":"id"}}}}"#)
}

/// One half of a hybrid key in server form replaced by that of another key.
fn mix(key: &KeyText, other: &str, half: &str) -> KeyText {
    let mut mixed: serde_json::Value = serde_json::from_str(key.as_str()).unwrap();
    let other: serde_json::Value = serde_json::from_str(other).unwrap();
    mixed[half] = other[half].clone();
    KeyText::parse(mixed.to_string()).unwrap()
}

fn base64(bytes: &[u8]) -> String {
    <base64ct::Base64 as base64ct::Encoding>::encode_string(bytes)
}

#[test]
fn failures_of_one_code_are_told_apart_by_their_kind() {
    let mut seen = std::collections::HashSet::new();
    for error in Error::ALL {
        assert!(seen.insert((error.code(), error.kind())), "{error:?}");
    }
}
