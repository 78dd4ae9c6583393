//! Base64 and the armour around public keys.
//!
//! Secrets are written and read in constant time: a table lookup per character would tell a neighbour on the same
//! processor which characters they are. Ciphertexts, signatures and public keys, which everybody sees, take the fast way.

use base64ct::{Base64, Base64UrlUnpadded, Encoding};
use keyfold_protocol::encoding::public_base64;

use crate::{Error, SecretBytes, SecretText};

const LABEL_BEGIN: &str = "-----BEGIN ";
const LABEL_END: &str = "-----END ";
const DASHES: &str = "-----";
const LINE: usize = 64;

/// `+/` alphabet with padding (RFC 4648 section 4), for what is not secret.
pub(crate) fn to_base64(bytes: &[u8]) -> String {
    public_base64::encode(bytes)
}

/// Strict: padding is required, and neither line breaks nor the URL alphabet are accepted. `error` names what the
/// text should have been. For what is not secret.
pub(crate) fn from_base64(text: &str, error: Error) -> Result<Vec<u8>, Error> {
    public_base64::decode(text).ok_or(error)
}

/// As [`to_base64`], in constant time.
pub(crate) fn secret_to_base64(bytes: &[u8]) -> SecretText {
    SecretText::new(Base64::encode_string(bytes))
}

/// As [`from_base64`], in constant time.
pub(crate) fn secret_from_base64(text: &str, error: Error) -> Result<SecretBytes, Error> {
    Base64::decode_vec(text).map(SecretBytes::new).map_err(|_| error)
}

/// URL alphabet without padding (RFC 4648 section 5), for what is not secret.
#[cfg(not(target_family = "wasm"))]
pub(crate) fn to_base64_url(bytes: &[u8]) -> String {
    use base64::Engine as _;

    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(bytes)
}

/// URL alphabet without padding (RFC 4648 section 5).
#[cfg(target_family = "wasm")]
pub(crate) fn to_base64_url(bytes: &[u8]) -> String {
    Base64UrlUnpadded::encode_string(bytes)
}

/// As [`to_base64_url`], in constant time.
pub(crate) fn secret_to_base64_url(bytes: &[u8]) -> SecretText {
    SecretText::new(Base64UrlUnpadded::encode_string(bytes))
}

/// Wraps raw key bytes: label `PUBLIC KEY`, lines of 64 characters, LF line ends, also after the last line.
///
/// Unlike the usual contents of such a text this is not a SubjectPublicKeyInfo; which algorithm the bytes belong to
/// stands beside the text, never in it.
pub(crate) fn to_pem(bytes: &[u8]) -> String {
    let body = to_base64(bytes);
    let lines = body.len().div_ceil(LINE);
    let mut pem = String::with_capacity(body.len() + lines + 53);
    pem.push_str("-----BEGIN PUBLIC KEY-----\n");
    let mut rest = body.as_str();
    while !rest.is_empty() {
        // Base64 is ASCII, so every byte position is a character boundary.
        let (line, tail) = rest.split_at(rest.len().min(LINE));
        pem.push_str(line);
        pem.push('\n');
        rest = tail;
    }
    pem.push_str("-----END PUBLIC KEY-----\n");
    pem
}

/// Reads an armoured key (RFC 7468).
///
/// Tolerates CRLF line ends, a missing final newline, any label and text before the `BEGIN` line; refuses unarmoured
/// base64, lines of more than 64 characters and anything but line ends behind the `END` line.
pub(crate) fn from_pem(pem: &str) -> Result<Vec<u8>, Error> {
    let mut lines = pem.lines();
    let label = lines
        .by_ref()
        .find_map(|line| line.strip_prefix(LABEL_BEGIN).and_then(|rest| rest.strip_suffix(DASHES)))
        .ok_or(Error::Pem)?;
    let mut body = String::with_capacity(pem.len());
    let mut short_line_seen = false;
    for line in lines.by_ref() {
        if let Some(rest) = line.strip_prefix(LABEL_END) {
            if rest.strip_suffix(DASHES) != Some(label) || lines.any(|line| !line.is_empty()) {
                return Err(Error::Pem);
            }
            return from_base64(&body, Error::Pem);
        }
        if line.is_empty() || line.len() > LINE || short_line_seen {
            return Err(Error::Pem);
        }
        short_line_seen = line.len() < LINE;
        body.push_str(line);
    }
    Err(Error::Pem)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn armour_survives_every_length_around_a_line_end() {
        for length in 0..200_u8 {
            let bytes = vec![length; usize::from(length)];
            assert_eq!(from_pem(&to_pem(&bytes)), Ok(bytes));
        }
    }

    #[test]
    fn broken_armour_is_an_error() {
        let pem = to_pem(&[7; 100]);
        for end in 0..pem.len() - 1 {
            assert_eq!(from_pem(&pem[..end]), Err(Error::Pem), "{end}");
        }
        assert!(from_pem(&pem[..pem.len() - 1]).is_ok(), "the final newline may be missing");
    }

    #[test]
    fn base64_is_strict() {
        for bad in ["AA", "AA=", "AAA", "_-8=", "AAAA\n", "AA==AA==", "AAA=\n", "A A=", "AB=="] {
            assert!(from_base64(bad, Error::Pem).is_err(), "{bad:?}");
            assert!(secret_from_base64(bad, Error::Pem).is_err(), "{bad:?}");
        }
        assert_eq!(from_base64("", Error::Pem), Ok(vec![]));
    }

    #[test]
    fn both_ways_of_base64_agree() {
        let bytes: Vec<u8> = (0..=255).collect();
        for length in 0..bytes.len() {
            let text = to_base64(&bytes[..length]);
            assert_eq!(secret_to_base64(&bytes[..length]).expose(), text);
            assert_eq!(secret_from_base64(&text, Error::Pem).unwrap().expose(), &bytes[..length]);
            assert_eq!(from_base64(&text, Error::Pem).unwrap(), &bytes[..length]);
        }
    }
}
