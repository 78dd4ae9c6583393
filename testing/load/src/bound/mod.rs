//! What the machine could do at best: programs that do the unavoidable part of a request and nothing else, measured next to it.

pub(crate) mod crypto;
pub(crate) mod file;
pub(crate) mod http;
mod transaction;

use std::time::Duration;

use anyhow::Result;

use crate::closed_loop::Measured;
use crate::data::Templates;
use crate::process::Process;
use crate::storage::Storage;

/// The unavoidable part of an operation.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Bound {
    /// A request and an answer of the same sizes, at a server that only reads and writes them.
    Http,
    /// Transactions that write so many bytes in one row, one after the other, as durable as the server's.
    Transaction { bytes: usize, per_operation: u32 },
    /// One hybrid encryption and one P-384 signature, on all cores: a login.
    Login,
    /// One P-384 verification and one signature, on all cores: a refresh.
    Refresh,
    /// Hybrid encryptions to keys that have to be read first, on all cores: the members of a rotation.
    Encryptions,
}

/// A measured bound.
#[derive(Debug, Clone)]
pub(crate) struct Measurement {
    pub(crate) label: String,
    pub(crate) per_second: f64,
    /// Microseconds of processor time for each, where it can be told apart from the rest.
    pub(crate) cpu_micros: Option<f64>,
    /// How long half of them took at most, where that is asked for.
    pub(crate) p50: Option<Duration>,
}

/// Where bounds are measured.
pub(crate) struct Bench<'a> {
    pub(crate) bare: &'a Process,
    pub(crate) storage: &'a Storage,
    pub(crate) templates: &'a Templates,
    pub(crate) connections: usize,
    pub(crate) time: Duration,
}

impl Bench<'_> {
    /// The bounds of an operation that was measured.
    pub(crate) fn measure(&self, bounds: &[Bound], operation: &Measured) -> Result<Vec<Measurement>> {
        let mut found = Vec::new();
        for bound in bounds {
            found.extend(self.one(*bound, operation)?);
        }
        Ok(found)
    }

    fn one(&self, bound: Bound, operation: &Measured) -> Result<Vec<Measurement>> {
        let computed = |label: &str, (per_second, cpu_micros): (f64, f64)| {
            vec![Measurement { label: label.to_owned(), per_second, cpu_micros: Some(cpu_micros), p50: None }]
        };
        Ok(match bound {
            Bound::Http => computed("bare HTTP", http::measure(self, operation)?),
            Bound::Transaction { bytes, per_operation } => {
                let share = f64::from(per_operation);
                let alone = transaction::measure(self, bytes, 1)? / share;
                let shared = transaction::measure(self, bytes, self.connections)? / share;
                let shared_label = match self.storage.url() {
                    None => format!("bare commit of {}", self.connections),
                    Some(_) => format!("bare commits on {} connections", self.connections),
                };
                [("bare commit".to_owned(), alone), (shared_label, shared)]
                    .map(|(label, per_second)| Measurement { label, per_second, cpu_micros: None, p50: None })
                    .into()
            }
            Bound::Login => computed("encryption + signature", crypto::login(self)?),
            Bound::Refresh => computed("verification + signature", crypto::refresh(self)?),
            Bound::Encryptions => computed("encryptions", crypto::encryptions(self)?),
        })
    }
}
