//! The HTTP client that talks to addresses chosen by others.
//!
//! Names are resolved here and connections go to the addresses that were checked, redirects are not followed, and no proxy of the
//! environment is used: it would do its own resolving.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use futures_util::future::BoxFuture;
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

/// Finds the addresses of a name.
type Lookup = Arc<dyn Fn(String) -> BoxFuture<'static, io::Result<Vec<SocketAddr>>> + Send + Sync>;

impl Client {
    pub(super) fn new(config: &CallbackConfig) -> Result<Self, reqwest::Error> {
        Self::with_lookup(config, Arc::new(|name| Box::pin(ask_the_system(name))))
    }

    fn with_lookup(config: &CallbackConfig, lookup: Lookup) -> Result<Self, reqwest::Error> {
        let allow_private = config.allow_private_targets;
        let http = reqwest::Client::builder()
            .no_proxy()
            .redirect(Policy::none())
            .timeout(config.timeout)
            .https_only(!allow_private)
            .dns_resolver(Arc::new(CheckedAddresses { lookup, allow_private }))
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
    lookup: Lookup,
    allow_private: bool,
}

async fn ask_the_system(name: String) -> io::Result<Vec<SocketAddr>> {
    Ok(tokio::net::lookup_host((name, 0)).await?.collect())
}

impl Resolve for CheckedAddresses {
    fn resolve(&self, name: Name) -> Resolving {
        let allow_private = self.allow_private;
        let found = (self.lookup)(name.as_str().to_owned());
        Box::pin(async move { Ok(permitted(found.await?, allow_private)?) })
    }
}

fn permitted(found: Vec<SocketAddr>, allow_private: bool) -> Result<Addrs, NotPublic> {
    let permitted: Vec<_> =
        found.into_iter().filter(|address| allow_private || is_public(address.ip())).collect();
    if permitted.is_empty() { Err(NotPublic) } else { Ok(Box::new(permitted.into_iter())) }
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;
    use std::net::{TcpListener, TcpStream};
    use std::sync::Mutex;
    use std::time::Duration;

    use super::*;

    fn addresses(texts: &[&str]) -> Vec<SocketAddr> {
        texts.iter().map(|text| text.parse().unwrap()).collect()
    }

    fn delivery() -> Delivery {
        Delivery { id: "id".into(), created_at: 0, attempts: 0, last_error: None, part_ids: "[]".into() }
    }

    /// A service of the own network; it must not hear of us.
    struct Neighbour(TcpListener);

    impl Neighbour {
        fn listen() -> Self {
            let listener = TcpListener::bind("127.0.0.1:0").unwrap();
            listener.set_nonblocking(true).unwrap();
            Self(listener)
        }

        fn target(&self, scheme: &str) -> Target {
            let port = self.0.local_addr().unwrap().port();
            Target::parse(&format!("{scheme}://backend.example:{port}/"), scheme == "http").unwrap()
        }

        fn connection(&self) -> Option<TcpStream> {
            self.0.accept().ok().map(|(stream, _)| stream)
        }
    }

    /// A resolver with an answer for each question.
    fn answering(answers: &[&[&str]]) -> (Lookup, Arc<Mutex<VecDeque<Vec<SocketAddr>>>>) {
        let answers: VecDeque<_> = answers.iter().map(|texts| addresses(texts)).collect();
        let answers = Arc::new(Mutex::new(answers));
        let left = answers.clone();
        let lookup: Lookup = Arc::new(move |name| {
            assert_eq!(name, "backend.example");
            let next = left.lock().unwrap().pop_front();
            Box::pin(async move { Ok(next.expect("a further look-up")) })
        });
        (lookup, answers)
    }

    #[test]
    fn a_name_with_public_and_private_addresses_is_connected_to_by_the_public_ones_alone() {
        let found = addresses(&["10.0.0.1:0", "1.1.1.1:0", "[::1]:0"]);
        let kept: Vec<_> = permitted(found, false).ok().unwrap().collect();
        assert_eq!(kept, addresses(&["1.1.1.1:0"]));
    }

    #[tokio::test]
    async fn a_name_that_resolves_into_the_own_network_is_not_connected_to() {
        let neighbour = Neighbour::listen();
        let port = neighbour.0.local_addr().unwrap().port();
        let client = Client::new(&CallbackConfig::default()).unwrap();
        let target = Target::parse(&format!("https://localhost:{port}/"), false).unwrap();
        let refused = client.post(&target, None, &delivery(), 0, "").await.unwrap_err();
        assert_eq!(refused, NotPublic.to_string());
        assert!(neighbour.connection().is_none());
    }

    #[tokio::test]
    async fn a_name_that_changes_its_addresses_leads_into_the_own_network_at_no_moment() {
        // Of the internet, and given to nobody: a connection there does not come about.
        const PUBLIC: &str = "[2000::1]:0";
        const PRIVATE: &str = "127.0.0.1:0";
        let neighbour = Neighbour::listen();
        let target = neighbour.target("https");
        let (lookup, left) = answering(&[&[PUBLIC], &[PRIVATE], &[PUBLIC, PRIVATE], &[PRIVATE, PUBLIC]]);
        let config = CallbackConfig { timeout: Duration::from_millis(200), ..CallbackConfig::default() };
        let client = Client::with_lookup(&config, lookup).unwrap();
        for (only_private, left_then) in [(false, 3), (true, 2), (false, 1), (false, 0)] {
            let error = client.post(&target, None, &delivery(), 0, "").await.unwrap_err();
            assert_eq!(error == NotPublic.to_string(), only_private, "{error}");
            // One look-up for one message: what was checked is what is connected to.
            assert_eq!(left.lock().unwrap().len(), left_then);
            assert!(neighbour.connection().is_none());
        }
    }

    #[tokio::test]
    async fn a_name_of_the_own_network_is_connected_to_where_the_operator_allows_it() {
        let neighbour = Neighbour::listen();
        let (lookup, _) = answering(&[&["127.0.0.1:0"]]);
        let timeout = Duration::from_millis(200);
        let config = CallbackConfig { timeout, allow_private_targets: true, ..CallbackConfig::default() };
        let client = Client::with_lookup(&config, lookup).unwrap();
        let error = client.post(&neighbour.target("http"), None, &delivery(), 0, "").await.unwrap_err();
        assert_eq!(error, "no answer in time");
        assert!(neighbour.connection().is_some());
    }
}
