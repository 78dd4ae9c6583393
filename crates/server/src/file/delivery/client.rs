//! The HTTP client that talks to addresses chosen by others.
//!
//! Names are resolved here and connections go to the addresses that were checked, redirects are not followed, and no proxy of the
//! environment is used: it would do its own resolving.

use std::net::SocketAddr;
use std::sync::Arc;

use keyfold_protocol::APP_TOKEN_HEADER;
use keyfold_protocol::encoding::SecretText;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::header::{CONTENT_TYPE, HeaderValue};
use reqwest::redirect::Policy;

use crate::file::store::deliveries::Delivery;
use crate::storage::CallbackConfig;
use crate::storage::target::{Target, is_public};

pub(super) struct Client {
    http: reqwest::Client,
}

impl Client {
    pub(super) fn new(config: &CallbackConfig) -> Result<Self, reqwest::Error> {
        let http = reqwest::Client::builder()
            .no_proxy()
            .redirect(Policy::none())
            .timeout(config.timeout)
            .https_only(!config.allow_private_targets)
            .dns_resolver(Arc::new(CheckedAddresses { allow_private: config.allow_private_targets }))
            .user_agent("keyfold")
            .build()?;
        Ok(Self { http })
    }

    /// Sends a message. The text of an error is for the app's owner.
    pub(super) async fn post(
        &self,
        target: &Target,
        token: Option<&SecretText>,
        delivery: &Delivery,
        seconds: u64,
        signature: &str,
    ) -> Result<(), String> {
        let mut request = self
            .http
            .post(target.url().clone())
            .header(CONTENT_TYPE, "application/json")
            .header("webhook-id", &delivery.id)
            .header("webhook-timestamp", seconds)
            .header("webhook-signature", signature)
            .body(delivery.part_ids.clone());
        if let Some(token) = token {
            let mut value = HeaderValue::try_from(token.expose()).map_err(|_| "the token is no header")?;
            value.set_sensitive(true);
            request = request.header(APP_TOKEN_HEADER, value);
        }
        match request.send().await {
            Ok(answer) if answer.status().is_success() => Ok(()),
            Ok(answer) => Err(format!("the answer was {}", answer.status().as_u16())),
            Err(error) => Err(describe(&error)),
        }
    }
}

/// Without the URL, which may hold a secret of the app.
fn describe(error: &reqwest::Error) -> String {
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        if cause.is::<NotPublic>() {
            return cause.to_string();
        }
        source = cause.source();
    }
    let text = if error.is_timeout() {
        "no answer in time"
    } else if error.is_connect() {
        "no connection"
    } else {
        "the request failed"
    };
    text.to_owned()
}

/// A name that leads into a network which is not the internet.
#[derive(Debug, thiserror::Error)]
#[error("the storage url leads to an address that is not public")]
struct NotPublic;

/// Resolves names, and passes on only what may be connected to.
struct CheckedAddresses {
    allow_private: bool,
}

impl Resolve for CheckedAddresses {
    fn resolve(&self, name: Name) -> Resolving {
        let allow_private = self.allow_private;
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            Ok(permitted(found.collect(), allow_private)?)
        })
    }
}

fn permitted(found: Vec<SocketAddr>, allow_private: bool) -> Result<Addrs, NotPublic> {
    let permitted: Vec<_> =
        found.into_iter().filter(|address| allow_private || is_public(address.ip())).collect();
    if permitted.is_empty() { Err(NotPublic) } else { Ok(Box::new(permitted.into_iter())) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn addresses(texts: &[&str]) -> Vec<SocketAddr> {
        texts.iter().map(|text| text.parse().unwrap()).collect()
    }

    #[test]
    fn a_name_with_public_and_private_addresses_is_connected_to_by_the_public_ones_alone() {
        let found = addresses(&["10.0.0.1:0", "1.1.1.1:0", "[::1]:0"]);
        let kept: Vec<_> = permitted(found, false).ok().unwrap().collect();
        assert_eq!(kept, addresses(&["1.1.1.1:0"]));
    }

    #[tokio::test]
    async fn a_name_that_resolves_into_the_own_network_is_not_connected_to() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let delivery =
            Delivery { id: "id".into(), created_at: 0, attempts: 0, last_error: None, part_ids: "[]".into() };
        let client = Client::new(&CallbackConfig::default()).unwrap();
        let target = Target::parse(&format!("https://localhost:{port}/"), false).unwrap();
        let refused = client.post(&target, None, &delivery, 0, "").await.unwrap_err();
        assert_eq!(refused, NotPublic.to_string());
    }
}
