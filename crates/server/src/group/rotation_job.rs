//! Hands a new group key to every member: the part of a rotation that outlives its request.
//!
//! The members are walked page by page in the order of their ids. A page is read, encrypted on all cores, and written in
//! one transaction that also prolongs the lease; while one page is encrypted, the one before is written and the next one read. All that
//! takes time runs on [threads that give way](crate::background) to requests. Members that have a share, or the key itself, are passed
//! over; therefore the job can be ended at any point and begun again, on another server as well, and nobody gets a share twice.
//!
//! Who joins while the job runs is served by the transaction that makes it a member ([`super::rotation::serve_newcomer`]), so that
//! one walk reaches everybody. Who leaves is passed over by the statement that writes the shares. Invited principals that hold keys
//! already are served as well, or they would have to be invited again after they accept.

use std::sync::Arc;

use futures_util::FutureExt as _;
use futures_util::future::{try_join_all, try_join3};
use keyfold_protocol::encoding::Base64Text;
use keyfold_protocol::id::{GroupId, KeyId, MemberId};
use serde::{Deserialize, Serialize};

use super::rotation::{Sealing, share};
use super::store;
use super::store::public_keys::PublicKey;
use super::store::rotations::{Candidate, Share, Work};
use crate::background::Background;
use crate::db::{Dialect, Tx};
use crate::error::ApiError;
use crate::jobs::{self, Handler, HandlerFuture, JobError, Lease};
use crate::state::AppState;

/// Name in the table of jobs.
const KIND: &str = "key rotation";

/// Members on a page. Bounds the memory of a job (a public key has about 2 kB) and how long one write keeps others waiting: a few
/// milliseconds.
const PAGE: u32 = 128;

/// Members that one task encrypts for; a few milliseconds, so that rotations of several groups take turns.
const CHUNK: usize = 16;

/// Makes the job for a new generation, in the transaction that writes it.
pub(super) async fn enqueue(
    tx: &mut Tx,
    key: &KeyId,
    log_entry: Option<i64>,
    now: u64,
) -> Result<(), ApiError> {
    let payload = serde_json::to_string(&Payload { log_entry }).unwrap_or_default();
    Ok(jobs::enqueue(tx, KIND, key.as_str(), &payload, now).await?)
}

#[derive(Debug, Serialize, Deserialize)]
struct Payload {
    /// Entry in the action log that gets the number of members.
    log_entry: Option<i64>,
}

/// Runs the jobs.
pub(crate) struct RotationHandler {
    state: AppState,
    /// Shared by all rotations.
    background: Background,
}

impl RotationHandler {
    pub(crate) fn new(state: AppState) -> Self {
        Self { state, background: Background::start() }
    }
}

impl Handler for RotationHandler {
    fn kind(&self) -> &'static str {
        KIND
    }

    fn run<'a>(&'a self, lease: &'a mut Lease) -> HandlerFuture<'a> {
        Box::pin(async move {
            let key = KeyId::from(lease.subject());
            let payload: Payload = serde_json::from_str(lease.payload()).map_err(JobError::broken)?;
            let find = |key: KeyId| {
                self.state
                    .db
                    .read(key, |tx, key| Box::pin(async move { Ok(store::rotations::work(tx, key).await?) }))
            };
            // Complete, or its group was deleted: either way nothing is left to do.
            let Some(work) = find(key.clone()).await? else {
                return Ok(());
            };
            let walk = Walk { handler: self, key, work: Arc::new(work), payload };
            walk.serve(Recipients::Members, lease).await?;
            walk.serve(Recipients::Invited, lease).await?;
            walk.complete().await
        })
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Recipients {
    Members,
    Invited,
}

struct Walk<'a> {
    handler: &'a RotationHandler,
    key: KeyId,
    work: Arc<Work>,
    payload: Payload,
}

impl Walk<'_> {
    async fn serve(&self, recipients: Recipients, lease: &mut Lease) -> Result<(), JobError> {
        let mut page = self.page(recipients, String::new()).await?;
        let mut encrypted = Vec::new();
        loop {
            let after = match page.last() {
                Some(last) if page.len() >= usize::try_from(PAGE).unwrap_or(usize::MAX) => {
                    Some(last.member.as_str().to_owned())
                }
                _ => None,
            };
            let waiting: Vec<_> = page
                .into_iter()
                .filter_map(|candidate| Some((candidate.member, candidate.public_key?)))
                .collect();
            let next = async {
                match &after {
                    Some(after) => self.page(recipients, after.clone()).await,
                    None => Ok(Vec::new()),
                }
            };
            let (shares, (), following) =
                try_join3(self.encrypt(waiting), self.write(encrypted, lease), next).await?;
            (encrypted, page) = (shares, following);
            if after.is_none() {
                return self.write(encrypted, lease).await;
            }
        }
    }

    async fn page(&self, recipients: Recipients, after: String) -> Result<Vec<Candidate>, JobError> {
        let query = Query { work: self.work.clone(), key: self.key.clone(), recipients, after };
        let db = self.handler.state.db.clone();
        let read = async move { db.read(query, |tx, query| Box::pin(read_page(tx, query))).await };
        match self.handler.state.db.dialect() {
            Dialect::Postgres => Ok(read.await?),
            // Read where it is asked for, without waiting for anything: requests would have to wait for it.
            Dialect::Sqlite => {
                let page = self.handler.background.run(move || read.now_or_never()).await;
                Ok(page.map_err(JobError::broken)?.ok_or_else(|| JobError::broken("a read that waits"))??)
            }
        }
    }

    /// On all cores, in chunks, so that the rotations of several groups take turns.
    async fn encrypt(&self, waiting: Vec<(MemberId, PublicKey)>) -> Result<Vec<Share>, JobError> {
        let mut tasks = Vec::new();
        let mut rest = waiting;
        while !rest.is_empty() {
            let chunk: Vec<_> = rest.drain(..rest.len().min(CHUNK)).collect();
            let (work, key) = (self.work.clone(), self.key.clone());
            let root_key = self.handler.state.root_key.clone();
            tasks.push(self.handler.background.run(move || {
                let sealing = Sealing { root_key: &root_key, key: &key };
                encrypt_chunk(chunk, &work.encrypted_ephemeral_key, &sealing)
            }));
        }
        let chunks = try_join_all(tasks).await.map_err(JobError::broken)?;
        Ok(chunks.into_iter().flatten().collect())
    }

    async fn write(&self, shares: Vec<Share>, lease: &mut Lease) -> Result<(), JobError> {
        if shares.is_empty() {
            return Ok(());
        }
        let state = &self.handler.state;
        let renewal = lease.renewal(state.now());
        let failed = shares.iter().filter(|share| share.error.is_some()).count();
        let batch = Batch {
            group: self.work.group.clone(),
            key: self.key.clone(),
            shares,
            log_entry: self.payload.log_entry,
            renewal: renewal.clone(),
        };
        let written = state.db.write(batch, |tx, batch| Box::pin(write_batch(tx, batch))).await?;
        let Some(written) = written else {
            return Err(JobError::LeaseLost);
        };
        lease.renewed(renewal);
        let metrics = &state.telemetry.jobs;
        metrics.rotation_shares.inc_by(written);
        metrics.rotation_failures.inc_by(u64::try_from(failed).unwrap_or(u64::MAX));
        Ok(())
    }

    async fn complete(&self) -> Result<(), JobError> {
        let completed = (self.work.group.clone(), self.key.clone());
        self.handler
            .state
            .db
            .write(completed, |tx, (group, key)| {
                Box::pin(async move {
                    // Who becomes a member at this moment is served before, or finds no rotation running.
                    store::groups::lock(tx, group).await?;
                    Ok(store::rotations::complete(tx, key).await?)
                })
            })
            .await?;
        Ok(())
    }
}

struct Query {
    work: Arc<Work>,
    key: KeyId,
    recipients: Recipients,
    after: String,
}

async fn read_page(tx: &mut Tx, query: &Query) -> Result<Vec<Candidate>, ApiError> {
    let Query { work, key, recipients, after } = query;
    Ok(match recipients {
        Recipients::Members => store::rotations::members(tx, &work.group, key, after, PAGE).await?,
        Recipients::Invited => store::rotations::invited(tx, &work.group, key, after, PAGE).await?,
    })
}

struct Batch {
    group: GroupId,
    key: KeyId,
    shares: Vec<Share>,
    log_entry: Option<i64>,
    renewal: jobs::Renewal,
}

/// `None` when another worker has taken the job over.
async fn write_batch(tx: &mut Tx, batch: &Batch) -> Result<Option<u64>, ApiError> {
    store::groups::lock(tx, &batch.group).await?;
    if !jobs::renew(tx, &batch.renewal).await? {
        return Ok(None);
    }
    let written = store::rotations::insert_shares(tx, &batch.key, &batch.shares).await?;
    if let Some(entry) = batch.log_entry {
        store::rotations::log_amount(tx, entry, written).await?;
    }
    Ok(Some(written))
}

fn encrypt_chunk(
    members: Vec<(MemberId, PublicKey)>,
    encrypted_ephemeral_key: &Base64Text,
    sealing: &Sealing<'_>,
) -> Vec<Share> {
    members
        .into_iter()
        .map(|(member, public_key)| share(member, &public_key, encrypted_ephemeral_key, Some(sealing)))
        .collect()
}
