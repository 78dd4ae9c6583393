//! Searchable encryption: keyed hashes of a text or of its beginnings, which a server can compare without reading.
//!
//! A hash is `base64url(HMAC-SHA256(key, bytes))` without padding, 43 characters. The bytes are hashed as they are:
//! nothing is prepended, case and Unicode form count. The query, the full hash and the prefixes follow that format to the
//! letter, so that they find what other clients have stored and the other way round.
//!
//! The rest are options of the writing *and* the asking application, which change what is hashed, never how:
//! [`normalize`], [`words`], prefixes that end with whole characters, prefixes of every word.
//!
//! Whoever sees the hashes learns which texts are equal, which begin alike, and how long they are.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization;

use crate::encoding::to_base64_url;
use crate::{Error, SearchKey};

/// Length in bytes up to which every beginning of a text is hashed.
pub const MAX_PREFIX_BYTES: usize = 200;

/// Largest number of hashes that one text is given when each of its words is made searchable.
pub const MAX_WORD_HASHES: usize = 1000;

/// Hashes of one text, as an application sends them to its own backend:
/// `{"hashes":["…"],"alg":"HMAC-SHA256","key_id":"…"}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Searchable {
    /// 43 characters each.
    pub hashes: Vec<String>,
    /// Algorithm of the key.
    pub alg: String,
    /// The key that made them.
    pub key_id: String,
}

impl SearchKey {
    /// The hash to search for. Finds texts that were stored whole or, by prefixes, those that begin with `text`.
    ///
    /// The empty text has a hash too, which no stored text ever matches.
    #[must_use]
    pub fn query(&self, text: &str) -> String {
        self.hash(text.as_bytes())
    }

    /// The one hash of a text of any length that is to be found as a whole only.
    ///
    /// # Errors
    /// [`Error::SearchableEmpty`] (`client_301`) for the empty text.
    pub fn full(&self, text: &str) -> Result<Searchable, Error> {
        if text.is_empty() {
            return Err(Error::SearchableEmpty);
        }
        Ok(self.searchable(vec![self.hash(text.as_bytes())]))
    }

    /// One hash for every beginning of `text`: its first byte, its first two bytes, and so on, also where that cuts a
    /// character (such hashes are never searched for).
    ///
    /// With a `limit`, one hash **more** than the limit is made if the text is longer than it; this is part of the
    /// format.
    ///
    /// # Errors
    /// [`Error::SearchableEmpty`] (`client_301`) for the empty text, [`Error::SearchableTooLong`] (`client_300`) if the
    /// smaller of limit and length is above [`MAX_PREFIX_BYTES`].
    pub fn prefixes(&self, text: &str, limit: Option<usize>) -> Result<Searchable, Error> {
        let length = text.len();
        if length == 0 {
            return Err(Error::SearchableEmpty);
        }
        let limit = limit.map_or(length, |limit| limit.min(length));
        if limit > MAX_PREFIX_BYTES {
            return Err(Error::SearchableTooLong);
        }
        Ok(self.searchable(self.hash_growing(text.as_bytes().chunks(1).take(limit + 1))))
    }

    /// One hash for every beginning of `text` that ends with a whole character, at most `limit` characters long.
    ///
    /// These are the hashes of [`prefixes`](Self::prefixes) that can ever be searched for: fewer of them for texts
    /// beyond ASCII, and exactly as many as the limit says.
    ///
    /// # Errors
    /// [`Error::SearchableEmpty`] (`client_301`) for the empty text, [`Error::SearchableTooLong`] (`client_300`) if the
    /// beginnings reach beyond [`MAX_PREFIX_BYTES`].
    pub fn character_prefixes(&self, text: &str, limit: Option<usize>) -> Result<Searchable, Error> {
        if text.is_empty() {
            return Err(Error::SearchableEmpty);
        }
        Ok(self.searchable(self.hash_characters(text, limit)?))
    }

    /// The [`character_prefixes`](Self::character_prefixes) of every word of the [`normalize`]d text, each hash once, so
    /// that any word can be found by its beginning. Ask with `query(&normalize(…))`.
    ///
    /// # Errors
    /// [`Error::SearchableEmpty`] (`client_301`) if there is no word in the text, [`Error::SearchableTooLong`]
    /// (`client_300`) if the beginnings of a word reach beyond [`MAX_PREFIX_BYTES`] or there would be more than
    /// [`MAX_WORD_HASHES`].
    pub fn word_prefixes(&self, text: &str, limit: Option<usize>) -> Result<Searchable, Error> {
        let normalized = normalize(text);
        let mut seen = HashSet::new();
        let mut hashes = Vec::new();
        for word in words(&normalized) {
            if seen.insert(word) {
                hashes.extend(self.hash_characters(word, limit)?);
                if hashes.len() > MAX_WORD_HASHES {
                    return Err(Error::SearchableTooLong);
                }
            }
        }
        if hashes.is_empty() {
            return Err(Error::SearchableEmpty);
        }
        // Words with the same beginning have the same hashes for it. The order would tell where each word stands.
        hashes.sort_unstable();
        hashes.dedup();
        Ok(self.searchable(hashes))
    }

    fn searchable(&self, hashes: Vec<String>) -> Searchable {
        Searchable { hashes, alg: self.algorithm().to_owned(), key_id: self.id().to_owned() }
    }

    fn hash(&self, bytes: &[u8]) -> String {
        to_base64_url(&self.key.hmac().tag(bytes))
    }

    fn hash_characters(&self, text: &str, limit: Option<usize>) -> Result<Vec<String>, Error> {
        let characters = characters(text).take(limit.unwrap_or(usize::MAX));
        if characters.clone().map(<[u8]>::len).sum::<usize>() > MAX_PREFIX_BYTES {
            return Err(Error::SearchableTooLong);
        }
        Ok(self.hash_growing(characters))
    }

    fn hash_growing<'a>(&self, parts: impl Iterator<Item = &'a [u8]>) -> Vec<String> {
        let mut mac = self.key.hmac().start();
        parts
            .map(|part| {
                mac.update(part);
                to_base64_url(&mac.tag())
            })
            .collect()
    }
}

/// One spelling for texts that readers take for the same: compatibility composition (Unicode NFKC), lower case, runs of
/// white space as one space, none at the ends.
///
/// ```
/// use keyfold_crypto::searchable::normalize;
///
/// assert_eq!(normalize("  Cafe\u{301}\tO\u{fb03}ce "), normalize("café office"));
/// ```
#[must_use]
pub fn normalize(text: &str) -> String {
    // Lower case of a composed letter can decompose (İ): compose once more.
    let lower = text.nfkc().collect::<String>().to_lowercase().nfkc().collect::<String>();
    lower.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The words of a text: what remains between characters that are neither letters nor digits.
///
/// ```
/// use keyfold_crypto::searchable::words;
///
/// assert!(words("don't call +49-30/1234").eq(["don", "t", "call", "49", "30", "1234"]));
/// ```
pub fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty())
}

/// The bytes of each character.
fn characters(text: &str) -> impl Iterator<Item = &[u8]> + Clone {
    let ends = text.char_indices().map(|(start, character)| (start, start + character.len_utf8()));
    ends.filter_map(|(start, end)| text.as_bytes().get(start..end))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Suite;
    use crate::vectors::{self, list, number, text};

    #[test]
    fn hashes_of_the_vectors() {
        let mut words = 0;
        for (key, vectors) in keys() {
            for word in list(&vectors["words"]) {
                let plain = text(&word["text"]);
                let prefixes: Vec<_> = list(&word["prefixes"]).iter().map(text).collect();
                assert_eq!(key.query(plain), text(&word["full"]));
                assert_eq!(key.full(plain).unwrap().hashes, [text(&word["full"])]);
                assert_eq!(key.prefixes(plain, None).unwrap().hashes, prefixes);
                assert_eq!(plain.len(), number(&word["utf8_len"]) as usize);
                words += 1;
            }
        }
        assert_eq!(words, 52);
    }

    #[test]
    fn the_object_form_is_that_of_the_vectors() {
        for (key, vectors) in keys() {
            let made: Searchable = serde_json::from_str(text(&vectors["object_form_json"])).unwrap();
            let ours = key.prefixes("hello", Some(made.hashes.len() - 1)).unwrap();
            assert_eq!(serde_json::to_string(&ours).unwrap(), text(&vectors["object_form_json"]));
        }
    }

    #[test]
    fn a_limit_makes_one_hash_more_as_other_clients_do() {
        for (key, vectors) in keys() {
            for case in list(&vectors["limits"]) {
                let prefixes: Vec<_> = list(&case["prefixes"]).iter().map(text).collect();
                let limit = number(&case["limit"]) as usize;
                assert_eq!(prefixes.len() as u64, number(&case["count"]));
                assert_eq!(key.prefixes(text(&case["text"]), Some(limit)).unwrap().hashes, prefixes);
            }
        }
    }

    #[test]
    fn empty_and_overlong_texts_are_refused() {
        for (key, vectors) in keys() {
            for case in list(&vectors["errors"]) {
                let made = match text(&case["case"]) {
                    "empty text" => {
                        assert_eq!(key.full(""), Err(Error::SearchableEmpty));
                        key.prefixes("", None)
                    }
                    "201 bytes, prefixes" => key.prefixes(&"x".repeat(201), None),
                    "200 bytes, prefixes" => key.prefixes(&"x".repeat(200), None),
                    "201 bytes, full" => key.full(&"x".repeat(201)),
                    "201 bytes, limit 200" => key.prefixes(&"x".repeat(201), Some(200)),
                    "5000 bytes, limit 3" => key.prefixes(&"x".repeat(5000), Some(3)),
                    other => panic!("unknown case {other}"),
                };
                match made {
                    Ok(made) => assert_eq!(made.hashes.len() as u64, number(&case["result"]["ok_count"])),
                    Err(error) => assert_eq!(format!("error {}", error.code()), text(&case["result"])),
                }
            }
        }
    }

    #[test]
    fn rec_makes_the_same_hashes() {
        let rec = &vectors::load("rec_fips_misc")["rec"];
        let key = SearchKey::import_as(text(&rec["hmac_alg"]), text(&rec["hmac_key_export_json"])).unwrap();
        assert_eq!(key.export().unwrap().expose(), text(&rec["hmac_key_export_json"]));
        let made = key.prefixes("hello", None).unwrap();
        assert_eq!(serde_json::to_string(&made).unwrap(), text(&rec["searchable_hello_json"]));
    }

    #[test]
    fn character_prefixes_are_the_searchable_ones_among_all_and_keep_the_limit() {
        let key = SearchKey::generate(&Suite::STD, "id").unwrap();
        let text = "aé日👍z";
        let all = key.prefixes(text, None).unwrap().hashes;
        let whole = key.character_prefixes(text, None).unwrap().hashes;
        assert_eq!(whole, [0, 2, 5, 9, 10].map(|index| all[index].clone()));
        assert_eq!(key.character_prefixes(text, Some(3)).unwrap().hashes, whole[..3]);
        assert_eq!(whole[1], key.query("aé"));
        assert_eq!(key.character_prefixes("", None), Err(Error::SearchableEmpty));
        assert!(key.character_prefixes(&"日".repeat(66), None).is_ok());
        assert_eq!(key.character_prefixes(&"日".repeat(67), None), Err(Error::SearchableTooLong));
        assert!(key.character_prefixes(&"日".repeat(5000), Some(66)).is_ok());
    }

    #[test]
    fn any_word_is_found_by_its_beginning_whatever_its_spelling() {
        let key = SearchKey::generate(&Suite::STD, "id").unwrap();
        let stored = key.word_prefixes("The Cafe\u{301} on Café Street, 2nd floor", None).unwrap().hashes;
        for asked in ["CAF", "café", "Stre", "2ND", "t"] {
            assert!(stored.contains(&key.query(&normalize(asked))), "{asked}");
        }
        assert!(!stored.contains(&key.query("afé")));
        let distinct: HashSet<_> = stored.iter().collect();
        assert_eq!(distinct.len(), stored.len());
        assert_eq!(key.word_prefixes(" ,;- ", None), Err(Error::SearchableEmpty));
        let many = (0..400).map(|n| format!("{n:03}")).collect::<Vec<_>>().join(" ");
        assert_eq!(key.word_prefixes(&many, None), Err(Error::SearchableTooLong));
    }

    #[test]
    fn normalizing_twice_changes_nothing() {
        for text in ["İstanbul", "Straße", "ﬁn", "  a\u{a0}b ", "ＡＢＣ", "É", "ǅ"] {
            assert_eq!(normalize(&normalize(text)), normalize(text), "{text}");
        }
    }

    fn keys() -> Vec<(SearchKey, serde_json::Value)> {
        let keys = vectors::load("std_searchable")["keys"].take();
        let import = |vectors: &serde_json::Value| {
            (SearchKey::import(text(&vectors["hmac_key_export_json"])).unwrap(), vectors.clone())
        };
        let keys: Vec<_> = list(&keys).iter().map(import).collect();
        assert_eq!(keys.len(), 2);
        keys
    }
}
