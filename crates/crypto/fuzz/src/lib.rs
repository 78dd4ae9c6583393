//! What the fuzz targets do with their input.
//!
//! The keys are those of the golden vectors, and the seeds are the objects of the golden vectors that these keys open: a
//! mutation starts from input that passes every check. Much of what is worth mutating lies behind authenticated encryption,
//! where a mutated ciphertext only ever fails. The first byte of an input therefore says where the rest goes: as it is, or
//! encrypted first, so that it arrives as the *content* of an otherwise valid object. That is what a malicious member or
//! server with the right keys can send.
//!
//! Nothing may panic, hang or use memory out of proportion; some targets state more.

mod fixture;

use std::path::PathBuf;

use keyfold_crypto::file::FileDecryptor;
use keyfold_crypto::searchable::{normalize, words};
use keyfold_crypto::sortable::NonAscii;
use keyfold_crypto::{
    Error, GeneratedKey, GroupKeys, Head, Login, PrivateKey, PublicKey, SearchKey, SigningKey, SortKey,
    SymmetricKey, UserKeys, Verification, VerifyingKey, login, rotation,
};
use keyfold_protocol::encoding::{Base64Text, DeviceIdentifier};
use keyfold_protocol::group::{GroupKey, HmacKey, KeyRotationPending, SortableKey};
use keyfold_protocol::user::{DoneLoginOutput, PrepareLoginOutput, VerifyLogin};

use crate::fixture::fixture;

/// What is fuzzed.
pub type Target = fn(&[u8]);

/// All targets by name.
pub const TARGETS: [(&str, Target); 7] = [
    ("envelope", envelope),
    ("ciphertext", ciphertext),
    ("key_import", key_import),
    ("server_objects", server_objects),
    ("login_answer", login_answer),
    ("file_part", file_part),
    ("text_index", text_index),
];

/// Encrypted contents: `b` bytes, `t` text, `h` a head alone, `w` raw payload under the right head.
pub fn envelope(data: &[u8]) {
    let Some((mode, data)) = data.split_first() else { return };
    let keys = &fixture().content;
    let policies =
        [Verification::Ignore, Verification::Check(&keys.verifying), Verification::Require(&keys.verifying)];
    match mode {
        b'b' => {
            let _ = Head::split(data);
            for verification in policies {
                for symmetric in &keys.symmetric {
                    let _ = symmetric.decrypt_content(data, b"", verification);
                }
                let _ = keys.private.decrypt_content(data, verification);
            }
        }
        b't' => {
            let Ok(text) = std::str::from_utf8(data) else { return };
            let _ = Head::of_text(text);
            for verification in policies {
                for symmetric in &keys.symmetric {
                    let _ = symmetric.decrypt_text(text, "", verification);
                }
                let _ = keys.private.decrypt_text(text, verification);
            }
        }
        b'h' => {
            let Ok(text) = std::str::from_utf8(data) else { return };
            if let Ok(head) = Head::parse(text) {
                let written = head.to_json().expect("a head that was read can be written");
                assert_eq!(Head::parse(&written), Ok(head));
            }
        }
        b'w' => {
            let [symmetric, ..] = &keys.symmetric;
            for signer in [None, Some(&keys.signing)] {
                let head = Head::new(symmetric.id(), signer);
                for verification in policies {
                    let _ = symmetric.decrypt_raw(&head, data, b"", verification);
                }
            }
        }
        _ => {}
    }
}

/// Bare ciphertexts and attached signatures: `e` to every private key, `i` inside of the outer layer of the hybrids, `s`
/// under every symmetric key, `v` signed data, `d` message, zero byte, detached signature text.
pub fn ciphertext(data: &[u8]) {
    let Some((mode, data)) = data.split_first() else { return };
    let keys = &fixture().bare;
    match mode {
        b'e' => {
            for private in &keys.private {
                let _ = private.decrypt(data);
            }
        }
        b'i' => {
            for (outer, hybrid) in &keys.hybrid {
                let blob = outer.encrypt(data).expect("encryption succeeds");
                let _ = hybrid.decrypt(&blob);
            }
        }
        b's' => {
            for symmetric in &keys.symmetric {
                let _ = symmetric.decrypt(data, b"");
                let _ = symmetric.decrypt_in_place(&mut data.to_vec(), b"aad");
            }
        }
        b'v' => {
            for verifying in &keys.verifying {
                let _ = verifying.verify_attached(data);
            }
        }
        b'd' => {
            let Some(end) = data.iter().position(|byte| *byte == 0) else { return };
            let Ok(signature) = std::str::from_utf8(&data[end + 1..]) else { return };
            for verifying in &keys.verifying {
                let _ = verifying.verify_text(&data[..end], signature);
            }
        }
        _ => {}
    }
}

/// Keys in text form: `c` the client-side export, `a` the same behind a line with the algorithm, `s` the server form behind
/// such a line. A key that was read must be usable, and writing and reading it again must change nothing.
pub fn key_import(data: &[u8]) {
    let Some((mode, data)) = data.split_first() else { return };
    let Ok(text) = std::str::from_utf8(data) else { return };
    let (algorithm, rest) = text.split_once('\n').unwrap_or((text, ""));
    match mode {
        b'c' => {
            written_again(SymmetricKey::import(text), |key| secret(key.export()), SymmetricKey::import);
            written_again(PrivateKey::import(text), |key| secret(key.export()), PrivateKey::import);
            written_again(PublicKey::import(text), PublicKey::export, PublicKey::import);
            written_again(SigningKey::import(text), |key| secret(key.export()), SigningKey::import);
            written_again(VerifyingKey::import(text), VerifyingKey::export, VerifyingKey::import);
            written_again(SearchKey::import(text), |key| secret(key.export()), SearchKey::import);
            written_again(SortKey::import(text), |key| secret(key.export()), SortKey::import);
            written_again(PublicKey::import_data(text), PublicKey::export_data, PublicKey::import_data);
            written_again(
                VerifyingKey::import_data(text),
                VerifyingKey::export_data,
                VerifyingKey::import_data,
            );
            let _ = GeneratedKey::parse(text);
        }
        b'a' => {
            if let Ok(key) = PrivateKey::import_as(algorithm, rest) {
                assert_eq!(key.algorithm(), algorithm);
                let public = key.public_key().expect("a key that was read has a public half");
                let _ = public.encrypt(b"plaintext").map(|blob| key.decrypt(&blob));
            }
            if let Ok(key) = SigningKey::import_as(algorithm, rest) {
                let _ = key.sign(b"message");
            }
            let _ = SearchKey::import_as(algorithm, rest);
            let _ = SortKey::import_as(algorithm, rest);
        }
        b's' => {
            if let Ok(key) = PublicKey::parse("id", algorithm, rest) {
                let _ = key.encrypt(b"plaintext").expect("a key that was accepted encrypts");
                let _ = PublicKey::parse("id", algorithm, &key.to_server_form()).expect("and is read again");
            }
            if let Ok(key) = VerifyingKey::parse("id", algorithm, rest) {
                let _ = key.verify_attached(&[0; 4000]);
                let _ = VerifyingKey::parse("id", algorithm, &key.to_server_form()).expect("read again");
            }
        }
        _ => {}
    }
}

/// Objects of a server: `g` group key, `u` user keys, `m` HMAC key, `o` sortable key, `r` pending rotation, `d` description
/// of a generated key. Content of valid objects: `G` group key, `P` private group key, `S` user sign key, `E` new group key
/// of a rotation.
pub fn server_objects(data: &[u8]) {
    let Some((mode, data)) = data.split_first() else { return };
    let keys = &fixture().server;
    match mode {
        b'g' => {
            if let Ok(object) = serde_json::from_slice::<GroupKey>(data) {
                open_group_key(&object);
            }
        }
        b'u' => {
            if let Ok(object) = serde_json::from_slice::<GroupKey>(data) {
                let _ = UserKeys::open(&object, &keys.device_private);
            }
        }
        b'm' => {
            if let Ok(object) = serde_json::from_slice::<HmacKey>(data) {
                let _ = SearchKey::open(&object, &keys.group_key);
            }
        }
        b'o' => {
            if let Ok(object) = serde_json::from_slice::<SortableKey>(data) {
                let _ = SortKey::open(&object, &keys.group_key);
            }
        }
        b'r' => {
            if let Ok(object) = serde_json::from_slice::<KeyRotationPending>(data) {
                let _ = rotation::order(&[object.clone(), object.clone()], |id| {
                    id.as_str() == keys.group_key.id()
                });
                open_rotation(&object);
            }
        }
        b'd' => {
            let Ok(text) = std::str::from_utf8(data) else { return };
            if let Ok(description) = GeneratedKey::parse(text) {
                let _ = description.open(&keys.group_key);
                let _ = description.open_with(&keys.user_private);
            }
        }
        b'G' => {
            let mut object = keys.group_object.clone();
            object.encrypted_group_key =
                Base64Text::encode(&keys.user_public.encrypt(data).expect("encrypts"));
            open_group_key(&object);
        }
        b'P' => {
            let mut object = keys.group_object.clone();
            object.encrypted_private_group_key =
                Base64Text::encode(&keys.group_key.encrypt(data, b"").expect("encrypts"));
            open_group_key(&object);
        }
        b'S' => {
            let mut object = keys.user_object.clone();
            object.encrypted_sign_key =
                Some(Base64Text::encode(&keys.user_group_key.encrypt(data, b"").expect("encrypts")));
            let _ = UserKeys::open(&object, &keys.device_private);
        }
        b'E' => {
            let mut object = keys.rotation_object.clone();
            let inner = keys.group_key.encrypt(data, b"").expect("encrypts");
            object.encrypted_ephemeral_key_by_group_key_and_public_key =
                Base64Text::encode(&keys.member_public.encrypt(&inner).expect("encrypts"));
            open_rotation(&object);
        }
        _ => {}
    }
}

/// Answers during a login: `p` to the first request, `d` to the second, `v` to the third, `c` content of the challenge, `M`
/// content of the master key. A solved challenge has the documented form, whatever the server sent.
pub fn login_answer(data: &[u8]) {
    let Some((mode, data)) = data.split_first() else { return };
    let keys = &fixture().login;
    match mode {
        b'p' => {
            // Deriving is the one step that takes its time by design; everything in front of it is here.
            if let Ok(answer) = serde_json::from_slice::<PrepareLoginOutput>(data) {
                let _ = login::accept_derivation(&answer, "ARGON-2-SHA256");
            }
        }
        b'd' => {
            if let Ok(DoneLoginOutput::Direct(answer)) = serde_json::from_slice(data)
                && let Ok(device) = keys.login.open_device(&answer.device_keys)
            {
                solve(&device, &answer.challenge);
            }
        }
        b'v' => {
            if let Ok(answer) = serde_json::from_slice::<VerifyLogin>(data) {
                let user_keys: Vec<_> = answer
                    .user_keys
                    .iter()
                    .filter_map(|object| UserKeys::open(object, &keys.device.private_key).ok())
                    .collect();
                for (object, keys) in answer.hmac_keys.iter().zip(&user_keys) {
                    let _ = SearchKey::open(object, &keys.group.key);
                }
            }
        }
        b'c' => {
            let encrypted = keys.device.public_key.encrypt(data).expect("encrypts");
            solve(&keys.device, &Base64Text::encode(&encrypted));
        }
        b'M' => {
            let mut device_keys = keys.device_keys.clone();
            device_keys.encrypted_master_key =
                Base64Text::encode(&keys.encryption_key.encrypt(data, b"").expect("encrypts"));
            let _ = keys.login.open_device(&device_keys);
        }
        b'r' => {
            let Ok(text) = std::str::from_utf8(data) else { return };
            let (key, auth) = text.split_once('\n').unwrap_or((text, ""));
            let identifier = DeviceIdentifier::parse("identifier").expect("an identifier");
            let _ = Login::restore(&identifier, key, auth, "ARGON-2-SHA256");
        }
        _ => {}
    }
}

/// Parts of files: `1` a first part, `2` a second part, `s` a signed first part, `k` the content of a part's key.
pub fn file_part(data: &[u8]) {
    let Some((mode, data)) = data.split_first() else { return };
    let keys = &fixture().file;
    match mode {
        b'1' => {
            let _ = FileDecryptor::new(&keys.content_key, Verification::Ignore).decrypt_part(data);
        }
        b'2' => {
            let mut decryptor = FileDecryptor::new(&keys.content_key, Verification::Ignore);
            decryptor.decrypt_part(&keys.first_part).expect("the first part of the vectors is opened");
            let _ = decryptor.decrypt_part(data);
            let _ = decryptor.export_part_key().expect("a part key can be written");
            let bytes = decryptor.bytes();
            assert_eq!(decryptor.finish(bytes), Ok(()));
        }
        b's' => {
            for verification in [Verification::Check(&keys.verifying), Verification::Require(&keys.verifying)]
            {
                let _ = FileDecryptor::new(&keys.signed_content_key, verification).decrypt_part(data);
            }
        }
        b'k' => {
            let key = Base64Text::encode(&keys.content_key.encrypt(data, b"").expect("encrypts"));
            let head = format!(r#"{{"key":"{}","sign":null,"sym_key_alg":"AES-GCM-256"}}"#, key.as_str());
            let part = [head.as_bytes(), &[0; 40]].concat();
            let _ = FileDecryptor::new(&keys.content_key, Verification::Ignore).decrypt_part(&part);
        }
        _ => {}
    }
}

/// Texts of users on their way into search indexes and sort orders.
pub fn text_index(data: &[u8]) {
    let Some((limit, data)) = data.split_first() else { return };
    let Ok(text) = std::str::from_utf8(data) else { return };
    let keys = &fixture().index;
    let limit = Some(usize::from(*limit));

    let all = keys.search.prefixes(text, None);
    assert_eq!(all.is_ok(), (1..=200).contains(&text.len()));
    if let (Ok(all), Ok(limited)) = (&all, keys.search.prefixes(text, limit)) {
        assert!(all.hashes.starts_with(&limited.hashes));
        assert_eq!(all.hashes.last(), Some(&keys.search.query(text)));
    }
    let _ = keys.search.full(text);
    let _ = keys.search.character_prefixes(text, limit);
    let _ = keys.search.word_prefixes(text, limit);
    let normalized = normalize(text);
    let _ = words(&normalized).count();

    for max_bytes in [None, limit] {
        let refused = keys.sort.encrypt_text(text, max_bytes, NonAscii::Refuse);
        let compatible = keys.sort.encrypt_text(text, max_bytes, NonAscii::CodePoints);
        assert!(refused == compatible || refused == Err(Error::SortableNotAscii));
    }
}

fn open_group_key(object: &GroupKey) {
    let keys = &fixture().server;
    if let Ok(opened) = GroupKeys::open(object, &keys.user_private, Verification::Ignore) {
        let _ = opened.public_key();
    }
    let _ = GroupKeys::open(object, &keys.user_private, Verification::Check(&keys.verifying));
}

fn open_rotation(object: &KeyRotationPending) {
    let keys = &fixture().server;
    if let Ok(pending) = rotation::PendingKey::open(object, &keys.member_private, &keys.group_key) {
        let _ = pending.accept(&keys.member_public).expect("an opened key can be accepted");
    }
}

fn solve(device: &keyfold_crypto::Device, challenge: &Base64Text) {
    if let Ok(solved) = device.solve_challenge(challenge) {
        assert_eq!(solved.expose().len(), 67);
        assert!(solved.expose().bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)));
    }
}

/// What is read must be written as something that is read the same.
fn written_again<K>(
    key: Result<K, Error>,
    write: impl Fn(&K) -> Result<String, Error>,
    read: impl Fn(&str) -> Result<K, Error>,
) {
    if let Ok(key) = key {
        let written = write(&key).expect("a key that was read can be written");
        let again = read(&written).unwrap_or_else(|error| panic!("{error}: {written}"));
        assert_eq!(write(&again).as_ref(), Ok(&written));
    }
}

fn secret(text: Result<keyfold_crypto::SecretText, Error>) -> Result<String, Error> {
    text.map(keyfold_crypto::SecretText::into_exposed)
}

/// Without a fuzzer: runs a target once on each file or folder named on the command line.
pub fn replay(target: Target) {
    let mut paths: Vec<PathBuf> = std::env::args_os().skip(1).map(PathBuf::from).collect();
    while let Some(path) = paths.pop() {
        if path.is_dir() {
            let entries = std::fs::read_dir(&path).expect("the folder can be listed");
            paths.extend(entries.map(|entry| entry.expect("the folder can be listed").path()));
        } else {
            target(&std::fs::read(&path).expect("the file can be read"));
        }
    }
}
