//! The second factor: one-time codes (TOTP, RFC 6238) and recovery keys, per user.

use keyfold_protocol::encoding::SecretText;
use keyfold_protocol::error::ErrorCode;
use keyfold_protocol::id::{AppId, UserId};
use keyfold_protocol::user::{LoginKeys, OtpInput, OtpRecoveryKeys, OtpRegister};
use totp_rs::{Algorithm, Builder, Secret, Totp};

use super::authentication::{Origin, authenticate, count_stored_failure};
use super::login::Challenge;
use super::store;
use super::store::failures::{self, Of};
use super::store::second_factors::{self, RecoveryKeyRow};
use crate::db::Tx;
use crate::error::ApiError;
use crate::hash::sha256;
use crate::random;
use crate::root_key::{Purpose, RootKey};
use crate::state::AppState;
use crate::throttle::Bucket;

/// HMAC-SHA-256, 6 digits, 30 seconds.
const ALGORITHM: &str = "totp_sha256";
const DIGITS: u8 = 6;
const STEP_SECONDS: u64 = 30;

/// Codes of the step before and after the current one are accepted as well.
const SKEW_STEPS: u16 = 1;

const SECRET_BYTES: usize = 32;
const RECOVERY_KEYS: usize = 6;
const RECOVERY_KEY_BYTES: usize = 32;

/// Device keys and a challenge for who knows the password and a code. A code works once.
///
/// # Errors
/// 401/100, 401/111, 401/112, 400/901 without second factor, 402/902 for a wrong or used code, 429.
pub(crate) async fn validate_code(
    state: &AppState,
    origin: &Origin,
    input: &OtpInput,
) -> Result<LoginKeys, ApiError> {
    let row = authenticate(state, origin, &input.device_identifier, &input.auth_key).await?;
    let user = row.user_id.clone();
    let sealed = state
        .db
        .read(user.clone(), |tx, user| Box::pin(async move { Ok(second_factors::secret(tx, user).await?) }));
    let sealed = sealed.await?.ok_or(ErrorCode::OtpNotFound)?;
    let has_failed = check_attempts(state, &user).await?;
    let secret = state.root_key.open(Purpose::OtpSecret, user.as_str(), &sealed)?;
    let Some(step) = totp(&secret)?.check(input.token.expose(), state.now() / 1_000) else {
        count_failure(state, origin, &user).await?;
        return Err(ErrorCode::OtpWrong.into());
    };
    let (keys, challenge) = Challenge::prepare(state, row).await?.split();
    let use_up = !state.development;
    let data = (origin.app_id.clone(), challenge, step, (use_up, has_failed), state.now());
    let stored = state.db.write(data, |tx, (app, challenge, step, (use_up, has_failed), now)| {
        Box::pin(async move {
            if *use_up && !second_factors::take_step(tx, &challenge.row.user_id, *step).await? {
                return Err(ErrorCode::OtpWrong.into());
            }
            if *has_failed {
                failures::forgive(tx, &Of::User(challenge.row.user_id.clone())).await?;
            }
            challenge.store(tx, app, *now).await
        })
    });
    if let Err(error) = stored.await {
        if error.code() == ErrorCode::OtpWrong {
            count_failure(state, origin, &user).await?;
        }
        return Err(error);
    }
    state.throttle.forgive(Bucket::SecondFactor(&user));
    Ok(keys)
}

/// Device keys and a challenge for who knows the password and a recovery key, which is gone afterwards.
///
/// # Errors
/// 401/100, 401/111, 401/112, 400/901 for an unknown or used recovery key, 429.
pub(crate) async fn validate_recovery_key(
    state: &AppState,
    origin: &Origin,
    input: &OtpInput,
) -> Result<LoginKeys, ApiError> {
    let row = authenticate(state, origin, &input.device_identifier, &input.auth_key).await?;
    let user = row.user_id.clone();
    let has_failed = check_attempts(state, &user).await?;
    let (keys, challenge) = Challenge::prepare(state, row).await?.split();
    let hash = sha256(input.token.expose().as_bytes());
    let data = (origin.app_id.clone(), challenge, hash, has_failed, state.now());
    let stored = state.db.write(data, |tx, (app, challenge, hash, has_failed, now)| {
        Box::pin(async move {
            if !second_factors::take_recovery_key(tx, &challenge.row.user_id, hash).await? {
                return Err(ErrorCode::OtpNotFound.into());
            }
            if *has_failed {
                failures::forgive(tx, &Of::User(challenge.row.user_id.clone())).await?;
            }
            challenge.store(tx, app, *now).await
        })
    });
    if let Err(error) = stored.await {
        if error.code() == ErrorCode::OtpNotFound {
            count_failure(state, origin, &user).await?;
        }
        return Err(error);
    }
    state.throttle.forgive(Bucket::SecondFactor(&user));
    Ok(keys)
}

/// Turns the second factor on with a new secret and new recovery keys; earlier ones no longer work.
///
/// # Errors
/// When the database fails.
pub(crate) async fn replace(state: &AppState, app: &AppId, user: &UserId) -> Result<OtpRegister, ApiError> {
    let secret = random::bytes::<SECRET_BYTES>()?;
    let sealed = state.root_key.seal(Purpose::OtpSecret, user.as_str(), secret.as_ref())?;
    let mut recover = Vec::with_capacity(RECOVERY_KEYS);
    let mut rows = Vec::with_capacity(RECOVERY_KEYS);
    for _ in 0..RECOVERY_KEYS {
        let (key, row) = new_recovery_key(&state.root_key)?;
        recover.push(key);
        rows.push(row);
    }
    let data = (app.clone(), user.clone(), sealed, rows);
    let replaced = state.db.write(data, |tx, (app, user, sealed, rows)| {
        Box::pin(async move {
            store::users::lock(tx, app, user).await?.ok_or(ErrorCode::UserNotFound)?;
            Ok(second_factors::replace(tx, user, Some((ALGORITHM, sealed)), rows).await?)
        })
    });
    replaced.await?;
    Ok(OtpRegister { secret: base32(secret.as_ref()), alg: ALGORITHM.to_owned(), recover })
}

/// Turns the second factor off.
pub(crate) async fn disable(tx: &mut Tx, app: &AppId, user: &UserId) -> Result<(), ApiError> {
    store::users::lock(tx, app, user).await?.ok_or(ErrorCode::UserNotFound)?;
    Ok(second_factors::replace(tx, user, None, &[]).await?)
}

/// The recovery keys that were not used yet.
///
/// # Errors
/// 400/10001 when one cannot be decrypted.
pub(crate) async fn recovery_keys(state: &AppState, user: &UserId) -> Result<OtpRecoveryKeys, ApiError> {
    let rows = state.db.read(user.clone(), |tx, user| {
        Box::pin(async move { Ok(second_factors::recovery_keys(tx, user).await?) })
    });
    let mut keys = Vec::new();
    for (id, sealed) in rows.await? {
        let text = state.root_key.open(Purpose::RecoveryKey, &id, &sealed)?;
        let text =
            std::str::from_utf8(&text).map_err(|error| ApiError::caused_by(ErrorCode::AtRest, error))?;
        keys.push(SecretText::new(text));
    }
    Ok(OtpRecoveryKeys { keys })
}

/// Whether there were failures since the last success.
///
/// # Errors
/// 429.
async fn check_attempts(state: &AppState, user: &UserId) -> Result<bool, ApiError> {
    let (rate, now) = (state.limits.throttle.failed_logins, state.now());
    state.throttle.check(Bucket::SecondFactor(user), rate, now)?;
    let full_at = state
        .db
        .read(user.clone(), |tx, user| Box::pin(async move { Ok(failures::full_at(tx, user).await?) }));
    let full_at = full_at.await?;
    state.throttle.check_stored(full_at, rate, now)?;
    Ok(full_at > 0)
}

async fn count_failure(state: &AppState, origin: &Origin, user: &UserId) -> Result<(), ApiError> {
    state.throttle.count(Bucket::SecondFactor(user), state.limits.throttle.failed_logins, state.now());
    origin.count_failure(state);
    count_stored_failure(state, Of::User(user.clone())).await
}

fn totp(secret: &[u8]) -> Result<Totp, ApiError> {
    Builder::new()
        .with_algorithm(Algorithm::SHA256)
        .with_digits(DIGITS)
        .with_skew(SKEW_STEPS)
        .with_step_duration(STEP_SECONDS)
        .with_secret(Secret::new(secret.into()))
        .build()
        .map_err(|_| ErrorCode::OtpSecret.into())
}

/// A recovery key as shown to the user, and as stored.
fn new_recovery_key(root_key: &RootKey) -> Result<(SecretText, RecoveryKeyRow), ApiError> {
    let key = base32(random::bytes::<RECOVERY_KEY_BYTES>()?.as_ref());
    let id = random::ordered_id();
    let sealed = root_key.seal(Purpose::RecoveryKey, &id, key.expose().as_bytes())?;
    let row = RecoveryKeyRow { hash: sha256(key.expose().as_bytes()), id, sealed };
    Ok((key, row))
}

/// RFC 4648 base32 without padding.
fn base32(bytes: &[u8]) -> SecretText {
    SecretText::new(Secret::new(bytes.into()).to_base32())
}
