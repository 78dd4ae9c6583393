//! Login in three steps: salt, proof of the password, proof of the device keys.

use keyfold_crypto::server::{login_challenge, login_salt};
use keyfold_protocol::encoding::{AlgorithmId, ClientRandomValue, SecretText};
use keyfold_protocol::error::ErrorCode;
use keyfold_protocol::group::{GroupKey, HmacKey};
use keyfold_protocol::id::{AppId, DeviceId, MemberId};
use keyfold_protocol::user::{
    DeviceKeys, DoneLoginInput, DoneLoginOutput, LoginKeys, PrepareLoginOutput, UserIdentifier, VerifyLogin,
    VerifyLoginInput, VerifyLoginLight,
};

use super::authentication::{Origin, authenticate, count_failure};
use super::identifier_hash;
use super::session::{NewSession, access_token};
use super::store::devices::{LoginRow, SaltRow};
use super::store::failures::{self, Of};
use super::store::{self, Action, sessions};
use crate::app::App;
use crate::db::Tx;
use crate::error::ApiError;
use crate::hash::{Hash, sha256};
use crate::keyring;
use crate::state::AppState;
use crate::throttle::Bucket;

/// How long a challenge can be answered.
const CHALLENGE_MILLISECONDS: u64 = 5 * 60 * 1_000;

/// The derivation that clients of every suite know, for apps without devices.
const DEFAULT_DERIVATION: &str = "ARGON-2-SHA256";

/// The salt of a device. Identifiers that nobody has get one as well, always the same, made from a secret of the server: who asks cannot
/// tell the two apart.
///
/// # Errors
/// 401/110 when what is stored is unusable, 429.
pub(crate) async fn prepare(
    state: &AppState,
    origin: &Origin,
    input: &UserIdentifier,
) -> Result<PrepareLoginOutput, ApiError> {
    origin.count_lookup(state)?;
    let hash = identifier_hash(&input.user_identifier);
    let found =
        state.db.read((origin.app_id.clone(), hash), |tx, (app, hash)| Box::pin(find_salt(tx, app, hash)));
    let salt = match found.await? {
        Found::Device(salt) => salt,
        Found::Nobody(derivation) => SaltRow {
            client_random_value: ClientRandomValue::new(
                state.lookup_secret.client_random_value(&origin.app_id, &hash),
            ),
            derived_alg: derivation.unwrap_or_else(|| AlgorithmId::from_checked(DEFAULT_DERIVATION)),
        },
    };
    let salt_string = login_salt(salt.derived_alg.as_str(), &salt.client_random_value, "")
        .map_err(|error| ApiError::caused_by(ErrorCode::SaltCreate, error))?;
    Ok(PrepareLoginOutput { salt_string, derived_encryption_key_alg: salt.derived_alg })
}

/// Device keys and a challenge for who knows the password, or the demand for a second factor.
///
/// # Errors
/// 401/100, 401/111, 401/112, 400/201, 429.
pub(crate) async fn done(
    state: &AppState,
    origin: &Origin,
    input: &DoneLoginInput,
) -> Result<DoneLoginOutput, ApiError> {
    let row = authenticate(state, origin, &input.device_identifier, &input.auth_key).await?;
    if row.has_second_factor {
        return Ok(DoneLoginOutput::Otp);
    }
    let challenge = Challenge::prepare(state, row).await?;
    let (keys, challenge) = challenge.split();
    let stored =
        state.db.write((origin.app_id.clone(), challenge, state.now()), |tx, (app, challenge, now)| {
            Box::pin(challenge.store(tx, app, *now))
        });
    stored.await?;
    Ok(DoneLoginOutput::Direct(Box::new(keys)))
}

/// Begins a session for who answers the challenge.
///
/// # Errors
/// 401/100, 401/111, 401/112 also for a challenge that is wrong, used or expired, 429.
pub(crate) async fn verify(
    state: &AppState,
    origin: &Origin,
    app: &App,
    input: &VerifyLoginInput,
) -> Result<VerifyLogin, ApiError> {
    let row = authenticate(state, origin, &input.device_identifier, &input.auth_key).await?;
    let session = NewSession::new()?;
    // Whatever can fail comes before the session begins: a session that has begun is answered.
    let (user_keys, hmac_keys) = first_keys(state, &row).await?;
    let jwt = access_token(state, app, &row.user_id, &row.device_id, &session.id, true)?;
    let challenge = sha256(input.challenge.expose().as_bytes());
    let begun = Begin {
        challenge,
        session_id: session.id.clone(),
        refresh_token: session.refresh_token_hash,
        cap: state.limits.sessions_per_device,
        now: state.now(),
        row,
    };
    let (begun, outcome) = begin(state, begun).await?;
    if !outcome {
        count_failure(state, origin, &begun.row.device_id).await?;
        return Err(ErrorCode::WrongPassword.into());
    }
    state.throttle.forgive(Bucket::DeviceLogin(&begun.row.device_id));
    Ok(VerifyLogin { user_keys, hmac_keys, jwt, refresh_token: session.refresh_token })
}

/// What [`verify`] answers, without keys.
pub(super) fn without_keys(login: VerifyLogin) -> VerifyLoginLight {
    VerifyLoginLight { jwt: login.jwt, refresh_token: login.refresh_token }
}

/// The first pages of a device's user keys and of the searchable keys.
pub(super) async fn first_keys(
    state: &AppState,
    row: &LoginRow,
) -> Result<(Vec<GroupKey>, Vec<HmacKey>), ApiError> {
    let member = MemberId::from(&row.device_id);
    state
        .db
        .read((row.user_group_id.clone(), member), |tx, (group, member)| {
            Box::pin(async move {
                let user_keys = keyring::keys(tx, group, member, None).await?;
                Ok((user_keys, keyring::hmac_keys(tx, group).await?))
            })
        })
        .await
}

enum Found {
    Device(SaltRow),
    Nobody(Option<AlgorithmId>),
}

async fn find_salt(tx: &mut Tx, app: &AppId, identifier: &Hash) -> Result<Found, ApiError> {
    Ok(match store::devices::salt(tx, app, identifier).await? {
        Some(salt) => Found::Device(salt),
        None => Found::Nobody(store::devices::neighbouring_derivation(tx, app, identifier).await?),
    })
}

/// A challenge that has been encrypted to a device and is not stored yet.
pub(super) struct Challenge {
    row: LoginRow,
    keys: LoginKeys,
    text: SecretText,
}

/// What has to be stored of a challenge.
pub(super) struct StoredChallenge {
    pub(super) row: LoginRow,
    hash: Hash,
}

impl Challenge {
    /// Encrypts a challenge to the device of somebody who knows its password.
    ///
    /// # Errors
    /// 400/201 when the public key of the device is unusable.
    pub(super) async fn prepare(state: &AppState, row: LoginRow) -> Result<Self, ApiError> {
        let device_keys =
            device_keys(state, row.device_id.clone()).await?.ok_or(ErrorCode::LoginUserNotFound)?;
        let (text, challenge) =
            login_challenge(device_keys.keypair_encrypt_alg.as_str(), device_keys.public_key_string.as_str())
                .map_err(|error| ApiError::caused_by(ErrorCode::ChallengeCreate, error))?;
        Ok(Self { row, keys: LoginKeys { device_keys, challenge }, text: SecretText::new(text) })
    }

    /// What the client gets, and what is stored.
    pub(super) fn split(self) -> (LoginKeys, StoredChallenge) {
        let hash = sha256(self.text.expose().as_bytes());
        (self.keys, StoredChallenge { row: self.row, hash })
    }
}

impl StoredChallenge {
    /// Stores it, unless the password was changed since it was checked.
    ///
    /// # Errors
    /// 401/112.
    pub(super) async fn store(&self, tx: &mut Tx, app: &AppId, now: u64) -> Result<(), ApiError> {
        let row = &self.row;
        let expires_at = now.saturating_add(CHALLENGE_MILLISECONDS);
        let verifier = &row.hashed_authentication_key;
        if !sessions::insert_challenge(tx, &row.device_id, verifier, &self.hash, expires_at).await? {
            return Err(ErrorCode::WrongPassword.into());
        }
        store::users::log(tx, app, row.user_id.as_str(), Action::Login, 1, now).await?;
        Ok(())
    }
}

async fn device_keys(state: &AppState, device: DeviceId) -> Result<Option<DeviceKeys>, ApiError> {
    state
        .db
        .read(device, |tx, device| Box::pin(async move { Ok(store::devices::keys(tx, device).await?) }))
        .await
}

struct Begin {
    row: LoginRow,
    challenge: Hash,
    session_id: String,
    refresh_token: Hash,
    cap: u32,
    now: u64,
}

/// Uses the challenge up and begins the session, in one transaction; `false` when there is no such challenge.
async fn begin(state: &AppState, begin: Begin) -> Result<(std::sync::Arc<Begin>, bool), ApiError> {
    let begin = std::sync::Arc::new(begin);
    let begun = state.db.write(begin.clone(), |tx, begin| {
        Box::pin(async move {
            let (row, now) = (&begin.row, begin.now);
            let verifier = &row.hashed_authentication_key;
            if !sessions::take_challenge(tx, &row.device_id, verifier, &begin.challenge, now).await? {
                return Ok(false);
            }
            sessions::insert(tx, &begin.session_id, &row.device_id, &begin.refresh_token, begin.cap, now)
                .await?;
            if row.failures_full_at > 0 {
                failures::forgive(tx, &Of::Device(row.device_id.clone())).await?;
            }
            Ok(true)
        })
    });
    let begun = begun.await?;
    Ok((begin, begun))
}
