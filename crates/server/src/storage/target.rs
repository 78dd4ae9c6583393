//! Addresses that apps name and the server then talks to.
//!
//! The owner of an app decides where the server sends a request. Without care that is a way into the network the server stands in: its
//! metadata service, its database, its neighbours. A target is therefore an `https` URL without credentials, and the addresses behind
//! its name are looked at when they are used, not before: the connection goes to an address that was checked, whatever the name
//! resolves to a moment later.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use reqwest::Url;

/// A URL that the server may talk to, as far as can be seen from it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Target(Url);

/// Why a URL is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum TargetError {
    #[error("the storage url is no URL")]
    Syntax,
    #[error("the storage url must begin with https://")]
    Scheme,
    #[error("the storage url must not contain a user name or a password")]
    Credentials,
    #[error("the storage url leads to an address that is not public")]
    Private,
}

/// Longest URL in bytes.
const MAX_URL_BYTES: usize = 2_048;

impl Target {
    /// Reads a URL. With `allow_private`, plain `http` and addresses of any network are fine.
    ///
    /// # Errors
    /// [`TargetError`]; its text is fit for whoever set the URL.
    pub(crate) fn parse(text: &str, allow_private: bool) -> Result<Self, TargetError> {
        if text.len() > MAX_URL_BYTES {
            return Err(TargetError::Syntax);
        }
        let url = Url::parse(text).map_err(|_| TargetError::Syntax)?;
        match url.scheme() {
            "https" => {}
            "http" if allow_private => {}
            _ => return Err(TargetError::Scheme),
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(TargetError::Credentials);
        }
        let host = url.host_str().filter(|host| !host.is_empty()).ok_or(TargetError::Syntax)?;
        // A name is looked at when it is resolved. An address in the URL is never resolved, so it is looked at here.
        let literal = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
        if !allow_private && literal.is_ok_and(|address| !is_public(address)) {
            return Err(TargetError::Private);
        }
        Ok(Self(url))
    }

    pub(crate) fn url(&self) -> &Url {
        &self.0
    }
}

/// Whether an address is one of the public internet (IANA special-purpose address registries), also behind the notations that carry an IPv4
/// address inside an IPv6 one.
pub(crate) fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    !matches!(
        address.octets(),
        [0 | 10 | 127, ..]
            | [100, 64..=127, ..]
            | [169, 254, ..]
            | [172, 16..=31, ..]
            | [192, 0, 0 | 2, _]
            | [192, 88, 99, _]
            | [192, 168, ..]
            | [198, 18 | 19, ..]
            | [198, 51, 100, _]
            | [203, 0, 113, _]
            | [224..=255, ..]
    )
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    let v4 = |high: u16, low: u16| {
        let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
        is_public_v4(Ipv4Addr::new(a, b, c, d))
    };
    match address.segments() {
        // Mapped, and translated by a gateway.
        [0, 0, 0, 0, 0, 0xffff, high, low] | [0x64, 0xff9b, 0, 0, 0, 0, high, low] => v4(high, low),
        // 6to4.
        [0x2002, high, low, ..] => v4(high, low),
        // Protocol assignments (Teredo among them), documentation, and the obsolete test network.
        [0x2001, 0..=0x1ff | 0xdb8, ..] | [0x3ffe, ..] | [0x3fff, 0..=0xfff, ..] => false,
        // All that is routed on the internet.
        [0x2000..=0x3fff, ..] => true,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_inside_of_a_network_are_not_public() {
        for private in [
            "0.0.0.0",
            "10.1.2.3",
            "100.64.0.1",
            "100.127.255.255",
            "127.0.0.1",
            "127.255.255.254",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.8",
            "192.0.2.1",
            "192.168.1.1",
            "198.18.0.1",
            "198.51.100.7",
            "203.0.113.9",
            "224.0.0.1",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "::7f00:1",
            "64:ff9b::a00:1",
            "64:ff9b:1::1",
            "100::1",
            "2001::1",
            "2001:db8::1",
            "2002:a00:1::",
            "fc00::1",
            "fd12:3456::1",
            "fe80::1",
            "fec0::1",
            "ff02::1",
        ] {
            assert!(!is_public(private.parse().unwrap()), "{private}");
        }
    }

    #[test]
    fn addresses_of_the_internet_are_public() {
        for public in [
            "1.1.1.1",
            "100.63.0.1",
            "172.32.0.1",
            "192.0.1.1",
            "2606:4700::1111",
            "::ffff:8.8.8.8",
            "2002:808:808::",
        ] {
            assert!(is_public(public.parse().unwrap()), "{public}");
        }
    }

    #[test]
    fn a_target_is_https_without_credentials_and_not_an_address_of_the_own_network() {
        let refused = |url: &str| Target::parse(url, false).map(drop).unwrap_err();
        assert_eq!(refused("http://example.com/"), TargetError::Scheme);
        assert_eq!(refused("file:///etc/passwd"), TargetError::Scheme);
        assert_eq!(refused("example.com"), TargetError::Syntax);
        assert_eq!(refused("https://user@example.com/"), TargetError::Credentials);
        assert_eq!(refused("https://:secret@example.com/"), TargetError::Credentials);
        for address in [
            "127.0.0.1",
            "2130706433",
            "0x7f000001",
            "0177.0.0.1",
            "127.1",
            "[::1]",
            "[::ffff:169.254.169.254]",
            "10.0.0.1:8080",
        ] {
            assert_eq!(refused(&format!("https://{address}/")), TargetError::Private, "{address}");
        }
        assert!(Target::parse("https://example.com:8443/deleted?app=1", false).is_ok());
        assert!(Target::parse("http://127.0.0.1:9/", true).is_ok());
        assert_eq!(Target::parse("ftp://127.0.0.1/", true), Err(TargetError::Scheme));
    }
}
