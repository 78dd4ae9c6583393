//! Sortable encryption: what a text stands for before its number is encrypted order-preservingly.
//!
//! The scheme encrypts numbers from 0 to 65532. A text is first mapped to such a number; with the usual length of four
//! that leaves about two characters which decide the order. Texts that begin alike become equal.

use serde::{Deserialize, Serialize};

use crate::{Error, SortKey};

/// Number of bytes of a text that count unless something else is asked for.
pub const DEFAULT_TEXT_BYTES: usize = 4;

/// More bytes than this do not fit into the 64-bit number that a text is mapped to.
const MAX_TEXT_BYTES: usize = 8;

/// Brings four ASCII characters (31 bits) down to at most 32640.
const DIVISOR: u64 = 65_534;

/// Fills up texts that are too short.
const FILLER: u8 = b'*';

/// An encrypted number, as an application sends it to its own backend:
/// `{"number":17455249,"alg":"OPE-16","key_id":"…"}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sortable {
    /// From 0 to 4294967294, in the order of the plain values.
    pub number: u64,
    /// Algorithm of the key.
    pub alg: String,
    /// The key that made it.
    pub key_id: String,
}

/// What to do with characters beyond ASCII in the part of a text that counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum NonAscii {
    /// Refuse them: only the order of ASCII texts is kept.
    #[default]
    Refuse,
    /// Map them by their code points, as older clients do, to find what those have stored. The result is **not**
    /// ordered: a text of two such characters may come before an empty one.
    CodePoints,
}

impl SortKey {
    /// Encrypts a number from 0 to 65532 such that the results are in the same order as the plain values.
    ///
    /// # Errors
    /// [`Error::SortableValueTooLarge`] (`client_61`) for a larger number.
    pub fn encrypt_number(&self, number: u64) -> Result<Sortable, Error> {
        let number = self.key.ope().encrypt(number)?;
        Ok(Sortable { number, alg: self.algorithm().to_owned(), key_id: self.id().to_owned() })
    }

    /// Encrypts the place of a text in the order of texts. Only its first `max_bytes` bytes count
    /// ([`DEFAULT_TEXT_BYTES`] if `None`), and of those about two decide.
    ///
    /// # Errors
    /// [`Error::SortableNotAscii`] (`client_408`) for a character beyond ASCII in the part that counts, unless
    /// `non_ascii` allows them. [`Error::SortableValueTooLarge`] (`client_61`) if the text maps to more than 65532: with
    /// a `max_bytes` of 5 or more nearly every text does.
    pub fn encrypt_text(
        &self,
        text: &str,
        max_bytes: Option<usize>,
        non_ascii: NonAscii,
    ) -> Result<Sortable, Error> {
        self.encrypt_number(number_of_text(text, max_bytes, non_ascii)?)
    }
}

/// The number that stands for `text`: its first `max_bytes` bytes ([`DEFAULT_TEXT_BYTES`] if `None`), filled up with
/// `*`, read as digits to the base of 256, divided by 65534.
///
/// # Errors
/// [`Error::SortableNotAscii`] (`client_408`) for a character beyond ASCII among those bytes (one that is cut in two by
/// `max_bytes` also with [`NonAscii::CodePoints`]). [`Error::SortableValueTooLarge`] (`client_61`) if the number is
/// above 65532 or `max_bytes` above 8; texts of printable characters exceed it from a length of five on.
fn number_of_text(text: &str, max_bytes: Option<usize>, non_ascii: NonAscii) -> Result<u64, Error> {
    let max_bytes = max_bytes.unwrap_or(DEFAULT_TEXT_BYTES);
    if max_bytes > MAX_TEXT_BYTES {
        return Err(Error::SortableValueTooLarge);
    }
    let counted = text.get(..text.len().min(max_bytes)).ok_or(Error::SortableNotAscii)?;
    if non_ascii == NonAscii::Refuse && !counted.is_ascii() {
        return Err(Error::SortableNotAscii);
    }
    let filler = std::iter::repeat_n(char::from(FILLER), max_bytes - counted.len());
    // At most eight bytes of UTF-8 make at most 63 bits this way.
    let value = counted.chars().chain(filler).fold(0, |value, character| value * 256 + u64::from(character));
    let number = value / DIVISOR;
    if number > crate::primitives::ope::MAX_PLAIN {
        return Err(Error::SortableValueTooLarge);
    }
    Ok(number)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::vectors::{self, list, number, text};

    #[test]
    fn texts_of_the_vectors() {
        let file = vectors::load("std_sortable");
        let key = key(&file);
        let mut seen = 0;
        for case in list(&file["strings"]) {
            let plain = text(&case["text"]);
            let max_bytes = case["max_len"].as_u64().map(|length| length as usize);
            let counted = &plain.as_bytes()[..plain.len().min(max_bytes.unwrap_or(4))];
            let like_others = number_of_text(plain, max_bytes, NonAscii::CodePoints);
            match case["reference_result"].as_str() {
                None => {
                    assert_eq!(like_others, Ok(number(&case["number"])), "{plain}");
                    let encrypted = key.encrypt_text(plain, max_bytes, NonAscii::CodePoints).unwrap();
                    assert_eq!(encrypted.number, number(&case["encrypted"]), "{plain}");
                }
                Some("panic") => assert_eq!(like_others, Err(Error::SortableNotAscii), "{plain}"),
                Some(error) => {
                    assert_eq!(error, format!("error {}", like_others.unwrap_err().code()), "{plain}")
                }
            }
            let refusing = number_of_text(plain, max_bytes, NonAscii::Refuse);
            let expected = if counted.is_ascii() { like_others } else { Err(Error::SortableNotAscii) };
            assert_eq!(refusing, expected, "{plain}");
            seen += 1;
        }
        assert_eq!(seen, 44);
    }

    #[test]
    fn the_object_forms_are_those_of_the_vectors() {
        let file = vectors::load("std_sortable");
        let key = key(&file).with_id("k");
        let json = |made: Result<Sortable, Error>| serde_json::to_string(&made.unwrap()).unwrap();
        let known = text(&file["object_form_number_json"]);
        let plain = list(&file["keys"][0]["numbers"])
            .iter()
            .find(|pair| known.contains(&format!(":{},", pair[1])))
            .map(|pair| number(&pair[0]));
        assert_eq!(json(key.encrypt_number(plain.unwrap())), known);
        let known = text(&file["object_form_string_json"]);
        assert_eq!(json(key.encrypt_text("hello", None, NonAscii::Refuse)), known);
    }

    #[test]
    fn numbers_out_of_range_have_the_documented_code() {
        let file = vectors::load("std_sortable");
        let key = key(&file);
        for case in list(&file["out_of_range"]) {
            let error = key.encrypt_number(number(&case["number"])).unwrap_err();
            assert_eq!(format!("error {}", error.code()), text(&case["reference_result"]));
        }
    }

    #[test]
    fn rec_encrypts_the_same_numbers() {
        let rec = &vectors::load("rec_fips_misc")["rec"];
        let algorithm = text(&rec["sortable_alg"]);
        let key = SortKey::import_as(algorithm, text(&rec["sortable_key_export_json"])).unwrap();
        let object: Sortable = serde_json::from_str(text(&rec["sortable_object_json"])).unwrap();
        assert_eq!((object.alg.as_str(), object.key_id.as_str()), (algorithm, key.id()));
        for pair in list(&rec["sortable_numbers"]) {
            assert_eq!(key.encrypt_number(number(&pair[0])).unwrap().number, number(&pair[1]));
        }
    }

    #[test]
    fn an_overlong_maximum_is_an_error_for_every_text() {
        for max_bytes in [9, 10, 100, usize::MAX] {
            for text in ["", "a", "\0\0\0\0\0\0\0\0\0\0", "日本語日本語"] {
                let made = number_of_text(text, Some(max_bytes), NonAscii::CodePoints);
                assert_eq!(made, Err(Error::SortableValueTooLarge));
            }
        }
    }

    #[test]
    fn characters_beyond_the_part_that_counts_do_not_matter() {
        assert_eq!(
            number_of_text("hell日", None, NonAscii::Refuse),
            number_of_text("hello", None, NonAscii::Refuse)
        );
    }

    proptest! {
        #[test]
        fn no_text_and_no_length_panics(text: String, max_bytes in proptest::option::of(0..12_usize)) {
            let _ = number_of_text(&text, max_bytes, NonAscii::Refuse);
            let _ = number_of_text(&text, max_bytes, NonAscii::CodePoints);
        }

        #[test]
        fn ascii_texts_keep_their_order(a in "[ -~]{4}", b in "[ -~]{4}") {
            let number = |text: &str| number_of_text(text, None, NonAscii::Refuse).unwrap();
            prop_assert_eq!(a.cmp(&b).is_lt() && number(&a) > number(&b), false);
        }
    }
    fn key(file: &serde_json::Value) -> SortKey {
        SortKey::import(text(&file["keys"][0]["key_export_json"])).unwrap()
    }
}
