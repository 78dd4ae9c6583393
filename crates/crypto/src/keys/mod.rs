//! Keys with their ids, one type per kind.
//!
//! The algorithm of a key is part of the key: callers never say which one to use when they read. Secret keys can be
//! neither printed nor copied; public ones are cheap to clone.

mod encryption;
mod pair;
mod search;
mod signing;
mod sort;
mod symmetric;

pub use encryption::{PrivateKey, PublicKey};
pub(crate) use pair::KeyPair;
pub use search::SearchKey;
pub(crate) use signing::strip_signature;
pub use signing::{SigningKey, VerifyingKey};
pub use sort::SortKey;
pub use symmetric::SymmetricKey;

use std::fmt;

use crate::encoding::{from_pem, to_pem};
use crate::suite::Format;
use crate::{Error, SecretBytes};

/// Both parts of a raw key behind each other.
pub(crate) fn raw(parts: [&[u8]; 2]) -> SecretBytes {
    SecretBytes::concat(parts[0], parts[1])
}

/// Public or verify key as servers keep it: one PEM text, or `{"x":"<PEM>","k":"<PEM>"}` for a hybrid.
fn to_server_form(format: &Format, parts: [&[u8]; 2]) -> String {
    if format.hybrid {
        // PEM needs no other escape than that of its line ends.
        let [x, k] = parts.map(|part| to_pem(part).replace('\n', "\\n"));
        format!("{{\"x\":\"{x}\",\"k\":\"{k}\"}}")
    } else {
        to_pem(parts[0])
    }
}

/// The inverse: raw key bytes, not yet checked for their length.
fn from_server_form(format: &Format, text: &str) -> Result<Vec<u8>, Error> {
    if format.hybrid {
        let [x, k] = read_hybrid_text(text)?;
        Ok([from_pem(&x)?, from_pem(&k)?].concat())
    } else {
        from_pem(text)
    }
}

/// `{"x":…,"k":…}` with two strings.
fn read_hybrid_text(text: &str) -> Result<[String; 2], Error> {
    #[derive(serde::Deserialize)]
    struct Hybrid {
        x: String,
        k: String,
    }
    let hybrid: Hybrid = keyfold_protocol::json::from_slice(text.as_bytes()).map_err(|_| Error::JsonRead)?;
    Ok([hybrid.x, hybrid.k])
}

/// `Debug` of public keys: what they are and which, not a kilobyte of numbers.
fn debug_key(f: &mut fmt::Formatter<'_>, kind: &str, algorithm: &str, id: &str) -> fmt::Result {
    f.debug_struct(kind).field("algorithm", &algorithm).field("id", &id).finish_non_exhaustive()
}
