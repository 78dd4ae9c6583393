//! Safety numbers: a short text over the verify keys of one or two users that people compare to notice a replaced key.

use crate::VerifyingKey;
use crate::encoding::to_base64_url;
use crate::primitives::hash::sha256;

impl VerifyingKey {
    /// The safety number of this key of user `user_id`, alone or together with another user's id and key; take the newest
    /// verify key of each. 43 characters, the same for both users whoever computes it.
    ///
    /// `base64url(SHA-256(key || id [|| key || id]))` without padding, the smaller id (by bytes) first. Nothing separates
    /// the fields: the lengths of keys are fixed by their algorithm, those of ids are not.
    #[must_use]
    pub fn safety_number(&self, user_id: &str, other: Option<(&str, &VerifyingKey)>) -> String {
        let key = self.to_bytes();
        let digest = match other {
            None => sha256(&[&key, user_id.as_bytes()]),
            Some((other_id, other_key)) => {
                let (this, other) = ((key, user_id), (other_key.to_bytes(), other_id));
                let (low, high) = if other_id > user_id { (this, other) } else { (other, this) };
                sha256(&[&low.0, low.1.as_bytes(), &high.0, high.1.as_bytes()])
            }
        };
        to_base64_url(&digest)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::vectors::{self, list, text};
    use crate::{SigningKey, Suite};

    #[test]
    fn numbers_of_the_vectors() {
        let mut seen = 0;
        for case in list(&vectors::load("std_safety_number")["vectors"]) {
            let key = verify_key(&case["verify_key_1_json"]);
            let other = case["user_id_2"].as_str().map(|id| (id, verify_key(&case["verify_key_2_json"])));
            let other = other.as_ref().map(|(id, key)| (*id, key));
            let number = key.safety_number(text(&case["user_id_1"]), other);
            assert_eq!(number, text(&case["safety_number_b64url"]));
            seen += 1;
        }
        assert_eq!(seen, 6);
    }

    #[test]
    fn both_users_see_the_same_number_and_another_key_changes_it() {
        let key = || SigningKey::generate(&Suite::STD, "id").unwrap().1;
        let (a, b) = (key(), key());
        let number = a.safety_number("a", Some(("b", &b)));
        assert_eq!(number, b.safety_number("b", Some(("a", &a))));
        assert_ne!(number, a.safety_number("a", Some(("b", &key()))));
        assert_ne!(number, a.safety_number("a", None));
    }

    fn verify_key(json: &Value) -> VerifyingKey {
        let data: Value = serde_json::from_str(text(json)).unwrap();
        let part = |name: &str| text(&data[name]).to_owned();
        VerifyingKey::parse(&part("verify_key_id"), &part("verify_key_alg"), &part("verify_key_pem")).unwrap()
    }
}
