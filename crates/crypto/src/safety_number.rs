//! Safety numbers: a short text over the verify keys of one or two users that people compare to notice a replaced key.

use crate::encoding::to_base64_url;
use crate::primitives::hash::sha256;

/// Whose key, and which.
#[derive(Clone, Copy)]
pub(crate) struct Identity<'a> {
    pub(crate) user_id: &'a str,
    /// Raw verify key; both halves behind each other for a hybrid one.
    pub(crate) verify_key: &'a [u8],
}

/// `base64url(SHA-256(key || id [|| key || id]))` without padding, 43 characters.
///
/// Two users are put in the order of their ids (by bytes), so that both of them see the same text. Nothing separates
/// the fields: the lengths of keys are fixed by their algorithm, those of ids are not.
pub(crate) fn safety_number(first: Identity<'_>, second: Option<Identity<'_>>) -> String {
    let digest = match second {
        None => sha256(&[first.verify_key, first.user_id.as_bytes()]),
        Some(second) => {
            let (low, high) = if second.user_id > first.user_id { (first, second) } else { (second, first) };
            sha256(&[low.verify_key, low.user_id.as_bytes(), high.verify_key, high.user_id.as_bytes()])
        }
    };
    to_base64_url(&digest)
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::Error;
    use crate::encoding::from_pem;
    use crate::vectors::{self, list, text};

    #[test]
    fn numbers_of_the_vectors() {
        let mut seen = 0;
        for case in list(&vectors::load("std_safety_number")["vectors"]) {
            let user_id = text(&case["user_id_1"]);
            let key = raw_key(&case["verify_key_1_json"]);
            let first = Identity { user_id, verify_key: &key };
            let other =
                case["user_id_2"].as_str().map(|user_id| (user_id, raw_key(&case["verify_key_2_json"])));
            let second = other.as_ref().map(|(user_id, verify_key)| Identity { user_id, verify_key });
            assert_eq!(safety_number(first, second), text(&case["safety_number_b64url"]));
            seen += 1;
        }
        assert_eq!(seen, 6);
    }

    #[test]
    fn both_users_see_the_same_number() {
        let a = Identity { user_id: "a", verify_key: &[1; 32] };
        let b = Identity { user_id: "b", verify_key: &[2; 32] };
        assert_eq!(safety_number(a, Some(b)), safety_number(b, Some(a)));
        assert_ne!(safety_number(a, Some(b)), safety_number(a, None));
    }

    fn raw_key(json: &Value) -> Vec<u8> {
        let data: Value = serde_json::from_str(text(json)).unwrap();
        let pair: Value = serde_json::from_str(text(&data["verify_key_pem"])).unwrap();
        let halves = ["x", "k"].map(|half| from_pem(text(&pair[half])));
        halves.into_iter().collect::<Result<Vec<_>, Error>>().unwrap().concat()
    }
}
