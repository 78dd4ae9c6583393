//! From this crate's values to the checked texts of request bodies.
//!
//! The limits of the wire types hold for everything that the known algorithms make, so none of these fails in practice;
//! an error is returned all the same rather than a promise made.

use keyfold_protocol::encoding::{AlgorithmId, KeyText};

use crate::Error;

pub(crate) fn algorithm_id(id: &str) -> Result<AlgorithmId, Error> {
    AlgorithmId::parse(id).map_err(|_| Error::JsonWrite)
}

pub(crate) fn key_text(text: String) -> Result<KeyText, Error> {
    KeyText::parse(text).map_err(|_| Error::JsonWrite)
}
