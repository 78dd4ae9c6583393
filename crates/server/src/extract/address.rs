//! Who a request comes from.

use std::convert::Infallible;
use std::net::{IpAddr, Ipv4Addr};

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use keyfold_protocol::error::ErrorCode;

use crate::config::ClientAddressSource;
use crate::endpoint::{Demand, Operation};
use crate::state::AppState;

/// The peer of the connection; put into every request by the server.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Peer(pub(crate) IpAddr);

/// The address of the client, as far as it can be trusted. For throttling, never for authorization.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClientAddress(pub IpAddr);

impl FromRequestParts<AppState> for ClientAddress {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Infallible> {
        let peer = parts.extensions.get::<Peer>().map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |peer| peer.0);
        let forwarded = match state.client_address {
            ClientAddressSource::Peer => None,
            ClientAddressSource::Forwarded { proxies } => forwarded_for(parts, proxies),
        };
        Ok(Self(forwarded.unwrap_or(peer)))
    }
}

/// Whoever wants to know it counts attempts.
impl Demand for ClientAddress {
    fn describe(operation: &mut Operation) {
        operation.can_refuse(&[ErrorCode::TooManyRequests]);
    }
}

/// The entry that the outermost of our own proxies wrote.
fn forwarded_for(parts: &Parts, proxies: usize) -> Option<IpAddr> {
    let values = parts.headers.get_all("x-forwarded-for");
    let entries: Vec<&str> =
        values.iter().filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(',')).collect();
    let position = entries.len().checked_sub(proxies.max(1))?;
    entries.get(position)?.trim().parse().ok()
}
