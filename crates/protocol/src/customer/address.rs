//! E-mail addresses.

use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};

/// Longest address in bytes (RFC 5321 section 4.5.3.1.3, without the angle brackets).
pub const MAX_ADDRESS_BYTES: usize = 254;

/// Longest part before the `@` (RFC 5321 section 4.5.3.1.1).
const MAX_LOCAL_BYTES: usize = 64;

/// Longest label of a domain (RFC 1035 section 2.3.4).
const MAX_LABEL_BYTES: usize = 63;

/// An e-mail address in lower case: a dot-atom, `@`, and a domain of at least two labels or an address literal.
///
/// Upper case is folded and surrounding white space dropped, so that one mailbox is one account. Quoted local parts and addresses outside
/// of ASCII are not taken.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct EmailAddress(String);

/// The text is no e-mail address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an e-mail address")]
pub struct InvalidAddress;

impl EmailAddress {
    /// Checks and folds.
    ///
    /// # Errors
    /// [`InvalidAddress`].
    pub fn parse(text: &str) -> Result<Self, InvalidAddress> {
        let folded = text.trim_matches([' ', '\t']).to_ascii_lowercase();
        let (local, domain) = folded.rsplit_once('@').ok_or(InvalidAddress)?;
        let is_valid = folded.len() <= MAX_ADDRESS_BYTES && is_dot_atom(local) && is_domain(domain);
        if is_valid { Ok(Self(folded)) } else { Err(InvalidAddress) }
    }

    /// Takes text that was checked before: a value from a store.
    #[must_use]
    pub fn from_checked(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The address.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for EmailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Whose address it is stays out of logs.
impl fmt::Debug for EmailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("EmailAddress")
    }
}

/// RFC 5322 section 3.2.3.
fn is_dot_atom(local: &str) -> bool {
    let is_text = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~".contains(&byte);
    local.len() <= MAX_LOCAL_BYTES
        && local.split('.').all(|atom| !atom.is_empty() && atom.bytes().all(is_text))
}

fn is_domain(domain: &str) -> bool {
    if let Some(literal) = domain.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        return match literal.strip_prefix("ipv6:") {
            Some(v6) => v6.parse::<Ipv6Addr>().is_ok(),
            None => literal.parse::<Ipv4Addr>().is_ok(),
        };
    }
    domain.contains('.') && domain.split('.').all(is_label)
}

fn is_label(label: &str) -> bool {
    (1..=MAX_LABEL_BYTES).contains(&label.len())
        && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        && !label.starts_with('-')
        && !label.ends_with('-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_folded_so_that_one_mailbox_is_one_account() {
        assert_eq!(
            EmailAddress::parse(" Ada.Lovelace@Example.COM ").unwrap().as_str(),
            "ada.lovelace@example.com"
        );
    }

    #[test]
    fn usual_and_unusual_addresses_are_taken() {
        for good in
            ["a@b.c", "a+tag@mail.example.com", "o'neil@example.ie", "a@[192.0.2.1]", "a@[IPv6:2001:db8::1]"]
        {
            assert!(EmailAddress::parse(good).is_ok(), "{good}");
        }
    }

    #[test]
    fn what_is_no_address_as_a_whole_is_refused() {
        let long = format!("{}@example.com", "a".repeat(65));
        for bad in [
            "",
            "a",
            "@example.com",
            "a@",
            "x@localhost",
            "a b@example.com",
            "a@example.com\nbcc: b@example.com",
            "a@example.com, b@example.com",
            "<a@example.com>",
            ".a@example.com",
            "a..b@example.com",
            "a@.example.com",
            "a@example..com",
            "a@-example.com",
            "a@exam_ple.com",
            "a@[192.0.2]",
            "ä@example.com",
            "a@example.com\0",
            long.as_str(),
        ] {
            assert!(EmailAddress::parse(bad).is_err(), "{bad:?}");
        }
    }
}
