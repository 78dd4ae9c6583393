//! Reading vector files, and the keys in them.

use std::path::PathBuf;

use base64ct::{Base64, Encoding};
use keyfold_crypto::{
    PrivateKey, PublicKey, SearchKey, SigningKey, SortKey, Suite, SymmetricKey, VerifyingKey,
};
use serde::de::DeserializeOwned;
use serde_json::Value;

fn folder() -> PathBuf {
    std::env::var_os("KEYFOLD_VECTORS").map_or_else(
        || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../testing/vectors")),
        PathBuf::from,
    )
}

pub(crate) fn load(name: &str) -> Value {
    let path = folder().join(name).with_extension("json");
    let json = std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_slice(&json).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Names of the files in the folder, sorted.
pub(crate) fn files() -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(folder())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "json"))
        .map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned())
        .collect();
    names.sort();
    names
}

/// Never empty: a list that lost its entries would test nothing.
pub(crate) fn list(value: &Value) -> &[Value] {
    let list = value.as_array().unwrap_or_else(|| panic!("not a list: {value}"));
    assert!(!list.is_empty());
    list
}

pub(crate) fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("not a text: {value}"))
}

pub(crate) fn base64(value: &Value) -> Vec<u8> {
    Base64::decode_vec(text(value)).unwrap_or_else(|error| panic!("{error}: {value}"))
}

pub(crate) fn hex(value: &Value) -> Vec<u8> {
    let digits = text(value);
    (0..digits.len() / 2).map(|at| u8::from_str_radix(&digits[2 * at..2 * at + 2], 16).unwrap()).collect()
}

/// A JSON text inside of the file as a wire type.
pub(crate) fn wire<T: DeserializeOwned>(value: &Value) -> T {
    serde_json::from_str(text(value)).unwrap_or_else(|error| panic!("{error}: {value}"))
}

/// `{"status":true,"result":…}` as a wire type.
pub(crate) fn result<T: DeserializeOwned>(value: &Value) -> T {
    let answer: Value = serde_json::from_str(text(value)).unwrap();
    serde_json::from_value(answer["result"].clone()).unwrap_or_else(|error| panic!("{error}: {value}"))
}

/// The code in `error client_14`.
pub(crate) fn expected_code(reference_result: &Value) -> Option<&str> {
    text(reference_result).strip_prefix("error ")
}

pub(crate) fn symmetric_key(suite: &Suite, bytes: &[u8]) -> SymmetricKey {
    let key = Base64::encode_string(bytes);
    SymmetricKey::import(&match suite.name() {
        "std" => format!(r#"{{"Aes":{{"key":"{key}","key_id":"k"}}}}"#),
        "rec" => format!(r#"{{"key":"{key}","key_id":"k"}}"#),
        other => panic!("no export form for {other}"),
    })
    .unwrap()
}

pub(crate) fn private_key(suite: &Suite, export: &Value) -> PrivateKey {
    PrivateKey::import_as(suite.encryption_algorithm(), text(export)).unwrap()
}

pub(crate) fn signing_key(suite: &Suite, export: &Value) -> SigningKey {
    SigningKey::import_as(suite.signing_algorithm(), text(export)).unwrap()
}

pub(crate) fn public_key(data: &Value) -> PublicKey {
    PublicKey::import_data(text(data)).unwrap()
}

pub(crate) fn verify_key(data: &Value) -> VerifyingKey {
    VerifyingKey::import_data(text(data)).unwrap()
}

/// Exports must be the same text, not only the same key.
pub(crate) trait ExportText {
    fn text(&self) -> String;
}

macro_rules! secret_exports {
    ($($Key:ty),+) => {$(
        impl ExportText for $Key {
            fn text(&self) -> String {
                self.export().unwrap().expose().to_owned()
            }
        }
    )+};
}

secret_exports!(SymmetricKey, PrivateKey, SigningKey, SearchKey, SortKey);

impl ExportText for PublicKey {
    fn text(&self) -> String {
        self.export().unwrap()
    }
}

impl ExportText for VerifyingKey {
    fn text(&self) -> String {
        self.export().unwrap()
    }
}

pub(crate) fn assert_export(key: &impl ExportText, expected: &Value) {
    assert_eq!(key.text(), text(expected));
}
