//! Sortable encryption: what a text stands for before its number is encrypted order-preservingly.
//!
//! The scheme encrypts numbers from 0 to 65532. A text is first mapped to such a number; with the usual length of four
//! that leaves about two characters which decide the order. Texts that begin alike become equal.

use crate::Error;

/// Number of bytes of a text that count unless something else is asked for.
pub const DEFAULT_TEXT_BYTES: usize = 4;

/// More bytes than this do not fit into the 64-bit number that a text is mapped to.
const MAX_TEXT_BYTES: usize = 8;

/// Brings four ASCII characters (31 bits) down to at most 32640.
const DIVISOR: u64 = 65_534;

/// Fills up texts that are too short.
const FILLER: u8 = b'*';

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

/// The number that stands for `text`: its first `max_bytes` bytes ([`DEFAULT_TEXT_BYTES`] if `None`), filled up with
/// `*`, read as digits to the base of 256, divided by 65534.
///
/// # Errors
/// [`Error::SortableNotAscii`] (`client_408`) for a character beyond ASCII among those bytes (one that is cut in two by
/// `max_bytes` also with [`NonAscii::CodePoints`]). [`Error::SortableValueTooLarge`] (`client_61`) if the number is
/// above 65532 or `max_bytes` above 8; texts of printable characters exceed it from a length of five on.
pub(crate) fn number_of_text(
    text: &str,
    max_bytes: Option<usize>,
    non_ascii: NonAscii,
) -> Result<u64, Error> {
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
    use crate::Secret;
    use crate::primitives::ope::OpeKey;
    use crate::vectors::{self, hex, list, number, text};

    #[test]
    fn texts_of_the_vectors() {
        let file = vectors::load("std_sortable");
        let key = OpeKey::new(&Secret::from_slice(&hex(&file["keys"][0]["key_hex"])).unwrap());
        let mut seen = 0;
        for case in list(&file["strings"]) {
            let plain = text(&case["text"]);
            let max_bytes = case["max_len"].as_u64().map(|length| length as usize);
            let counted = &plain.as_bytes()[..plain.len().min(max_bytes.unwrap_or(4))];
            let like_others = number_of_text(plain, max_bytes, NonAscii::CodePoints);
            match case["reference_result"].as_str() {
                None => {
                    assert_eq!(like_others, Ok(number(&case["number"])), "{plain}");
                    assert_eq!(key.encrypt(like_others.unwrap()), Ok(number(&case["encrypted"])), "{plain}");
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
    fn numbers_out_of_range_have_the_documented_code() {
        let file = vectors::load("std_sortable");
        let key = OpeKey::new(&Secret::from_slice(&hex(&file["keys"][0]["key_hex"])).unwrap());
        for case in list(&file["out_of_range"]) {
            let error = key.encrypt(number(&case["number"])).unwrap_err();
            assert_eq!(format!("error {}", error.code()), text(&case["reference_result"]));
        }
    }

    #[test]
    fn rec_encrypts_the_same_numbers() {
        let rec = &vectors::load("rec_fips_misc")["rec"];
        let export: serde_json::Value = serde_json::from_str(text(&rec["sortable_key_export_json"])).unwrap();
        let key = OpeKey::new(&Secret::from_slice(&vectors::base64(&export["Ope16"]["key"])).unwrap());
        for pair in list(&rec["sortable_numbers"]) {
            assert_eq!(key.encrypt(number(&pair[0])), Ok(number(&pair[1])));
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
}
