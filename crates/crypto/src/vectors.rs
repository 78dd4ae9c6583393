//! Reads the golden vectors of `testing/vectors` for the tests.
//!
//! `KEYFOLD_VECTORS` names another folder with files of the same names.

use std::path::PathBuf;

use base64ct::{Base64, Encoding};
use serde_json::Value;

/// The file `<name>.json`.
pub(crate) fn load(name: &str) -> Value {
    let folder = std::env::var_os("KEYFOLD_VECTORS").map_or_else(
        || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../testing/vectors")),
        PathBuf::from,
    );
    let path = folder.join(name).with_extension("json");
    let json = std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_slice(&json).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

pub(crate) fn list(value: &Value) -> &[Value] {
    value.as_array().unwrap_or_else(|| panic!("not a list: {value}"))
}

pub(crate) fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("not a text: {value}"))
}

/// A number, or a text with a number in it: the files write some numbers as texts.
pub(crate) fn number(value: &Value) -> u64 {
    value.as_u64().unwrap_or_else(|| text(value).parse().unwrap_or_else(|_| panic!("not a number: {value}")))
}

pub(crate) fn hex(value: &Value) -> Vec<u8> {
    let digits = text(value).as_bytes();
    assert!(digits.len().is_multiple_of(2), "not hex: {value}");
    let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap();
    digits.chunks(2).map(byte).collect()
}

pub(crate) fn base64(value: &Value) -> Vec<u8> {
    Base64::decode_vec(text(value)).unwrap_or_else(|_| panic!("not base64: {value}"))
}
