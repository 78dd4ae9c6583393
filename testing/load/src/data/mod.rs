//! What the database holds before the first request.
//!
//! All keys are real ones of the suite that today's clients speak, made once and stored again and again under other ids: the server cannot
//! tell, and what is measured is the server.

pub(crate) mod ids;
mod rows;
mod sql;
mod templates;

use anyhow::{Context as _, Result};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use keyfold_protocol::app::{AppOptions, FileOptions, GroupOptions};
use keyfold_protocol::id::{DeviceId, UserId};
use keyfold_protocol::session::Claims;
use keyfold_server::app::{self, CreatedApp, NewApp};
use keyfold_server::clock::{Clock as _, SystemClock};
use keyfold_server::db::{Db, Dialect};

use crate::arguments::{Engine, Options};
use crate::storage::Storage;

pub(crate) use templates::Templates;

/// Users whom the load generator acts for: they have sessions.
pub(crate) const IDENTITIES: u32 = 1_000;

/// Groups of each kind that requests are spread over.
pub(crate) const CHAINS: u32 = 64;
pub(crate) const INVITING: u32 = 64;
pub(crate) const WITH_MANY_KEYS: u32 = 64;

/// Groups above a group at the end of a chain.
pub(crate) const PARENTS: u32 = 5;

/// Keys of a group that has many.
pub(crate) const MANY_KEYS: u32 = 50;

/// Groups of the smallest size that are rotated at the same time.
pub(crate) const SMALL_ROTATED: u32 = 8;

/// How much there is of everything.
#[derive(Debug, Clone)]
pub(crate) struct Sizes {
    /// Users with a device and everything that belongs to a registration.
    pub(crate) users: u32,
    /// Users with keys of their own but without a device, beyond `users`: members of large groups.
    pub(crate) all_users: u32,
    /// Groups with one key.
    pub(crate) groups: u32,
    /// Rotations that somebody has not finished, in further groups.
    pub(crate) pending: u32,
    /// Members of the groups that lists are read from and keys are rotated in.
    pub(crate) member_groups: Vec<u32>,
}

/// An installation that is ready to be served.
pub(crate) struct World {
    pub(crate) app_token: String,
    pub(crate) templates: Templates,
    pub(crate) sizes: Sizes,
    pub(crate) tokens: Vec<String>,
    pub(crate) postmaster: Option<u32>,
}

impl Sizes {
    fn of(options: &Options) -> Self {
        let factor = options.data_factor;
        let users = IDENTITIES.max(200 * factor);
        let mut member_groups = vec![1_000, 10_000];
        for size in &options.rotated {
            let copies = if *size < 1_000 { SMALL_ROTATED } else { 1 };
            member_groups.extend((0..copies).map(|_| *size));
        }
        // A smoke test has no time for ten thousand users.
        if let Some(largest) = options.rotated.iter().max()
            && *largest < 1_000
        {
            member_groups.iter_mut().for_each(|size| *size = (*size).min(*largest));
        }
        let largest = member_groups.iter().max().copied().unwrap_or(0);
        let pending = 210 * factor;
        Self {
            users,
            all_users: users.max(largest).max(pending),
            groups: 1_000 * factor,
            pending,
            member_groups,
        }
    }

    /// The group for lists of so many members.
    pub(crate) fn listed(&self, wanted: u32) -> (u32, u32) {
        let index = u32::from(wanted > 1_000);
        let size = self.member_groups.get(usize::from(wanted > 1_000)).copied().unwrap_or(0);
        (index, size)
    }

    /// The groups whose keys are rotated, by their size.
    pub(crate) fn rotated(&self, size: u32) -> Vec<u32> {
        let groups = (0..).zip(&self.member_groups).skip(2);
        groups.filter(|(_, members)| **members == size).map(|(index, _)| index).collect()
    }
}

impl World {
    /// Fills the database and closes it.
    pub(crate) fn prepare(storage: &Storage, options: &Options) -> Result<Self> {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
        runtime.block_on(async {
            let db = storage.open().await?;
            let app = create_app(&db, storage).await?;
            let sizes = Sizes::of(options);
            let templates = Templates::make()?;
            rows::fill(&db, &app.id, &sizes, &templates).await?;
            let postmaster = storage.postmaster(&db).await?;
            if options.engine == Engine::Postgres {
                debug_assert_eq!(db.dialect(), Dialect::Postgres);
                rows::analyse(&db).await?;
            }
            db.close().await;
            let tokens = access_tokens(&app)?;
            let app_token = app.public_token.expose().to_owned();
            Ok(Self { app_token, templates, sizes, tokens, postmaster })
        })
    }

    /// The access token of one of the users whom the generator acts for.
    pub(crate) fn jwt(&self, identity: u32) -> &str {
        let index = usize::try_from(identity % IDENTITIES).unwrap_or(0);
        self.tokens.get(index).map_or("", String::as_str)
    }
}

async fn create_app(db: &Db, storage: &Storage) -> Result<CreatedApp> {
    let new = NewApp {
        name: "load".into(),
        options: AppOptions::lax(),
        file_options: FileOptions::server_storage(),
        // Groups are rotated far more often here than in any month.
        group_options: GroupOptions { max_key_rotation_month: i32::MAX, ..GroupOptions::default() },
    };
    Ok(app::create(db, &storage.root_key()?, SystemClock.now(), new).await?)
}

/// Signed with the app's own key, as its backend may do it, and bound to a session like those that the server signs.
fn access_tokens(app: &CreatedApp) -> Result<Vec<String>> {
    const DAY: u64 = 24 * 60 * 60;
    let key = STANDARD.decode(app.jwt_sign_key.expose()).ok().context("a signing key that is no base64")?;
    let key = EcdsaKeyPair::from_pkcs8(&ECDSA_P384_SHA384_FIXED_SIGNING, &key)?;
    let header = serde_json::json!({"typ": "JWT", "alg": "ES384", "kid": app.jwt_key_id.as_str()});
    let header = URL_SAFE_NO_PAD.encode(header.to_string());
    let now = SystemClock.now() / 1_000;
    (0..IDENTITIES)
        .map(|identity| {
            let claims = Claims {
                aud: UserId::from(ids::user(identity)),
                sub: DeviceId::from(ids::device(identity)),
                iat: now,
                exp: now + DAY,
                fresh: false,
                sid: Some(ids::session(identity)),
            };
            let signed = format!("{header}.{}", URL_SAFE_NO_PAD.encode(serde_json::to_vec(&claims)?));
            let signature = key.sign(&SystemRandom::new(), signed.as_bytes())?;
            Ok(format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature.as_ref())))
        })
        .collect()
}
