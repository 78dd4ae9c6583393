//! Captchas: what keeps programs from registering accounts and asking for mails by the thousand.
//!
//! A captcha is answered once. The right answer uses it up as a wrong one does: one that was solved by a person cannot be replayed by a
//! program. Closed installations turn them off, others may ask for a proof of work, which everybody can give who cannot see an image.

mod glyphs;
mod image;
mod store;
mod work;

use std::net::IpAddr;

use base64ct::{Base64, Encoding};
use keyfold_protocol::customer::{CaptchaInput, CaptchaKind, CaptchaOutput};
use keyfold_protocol::error::ErrorCode;

use crate::error::ApiError;
use crate::random;
use crate::state::AppState;
use crate::throttle::Bucket;

/// How long a captcha can be answered.
const LIFETIME_MS: u64 = 20 * 60 * 1_000;

/// Longest solution that is compared.
const MAX_SOLUTION_BYTES: usize = 64;

/// What has to be solved before a registration or the reset of a password.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Captcha {
    /// The characters of an image.
    #[default]
    Image,
    /// A hash with some leading zero bits.
    ProofOfWork {
        /// How many. Each one doubles the work; 18 take a browser some seconds.
        zero_bits: u32,
    },
    /// Nothing. For installations that strangers cannot reach.
    Off,
}

impl Captcha {
    /// As clients are told.
    #[must_use]
    pub fn kind(self) -> CaptchaKind {
        match self {
            Self::Image => CaptchaKind::Image,
            Self::ProofOfWork { .. } => CaptchaKind::ProofOfWork,
            Self::Off => CaptchaKind::Off,
        }
    }
}

/// A new captcha.
///
/// # Errors
/// 400/600 when the image cannot be made, 429.
pub(crate) async fn create(state: &AppState, address: IpAddr) -> Result<CaptchaOutput, ApiError> {
    let now = state.now();
    state.throttle.take(Bucket::AddressCaptcha(address), state.limits.throttle.captchas_per_address, now)?;
    let kind = state.customers.captcha.kind();
    let captcha_id = random::opaque_id();
    let (solution, png, zero_bits) = match state.customers.captcha {
        Captcha::Image => {
            let text = image::random_text()?;
            let png = image::draw(&text)?;
            (text, Base64::encode_string(&png), None)
        }
        Captcha::ProofOfWork { zero_bits } => (zero_bits.to_string(), String::new(), Some(zero_bits)),
        Captcha::Off => {
            return Ok(CaptchaOutput { captcha_id, png: String::new(), kind, zero_bits: None });
        }
    };
    let row = store::CaptchaRow { kind, solution, expires_at: now.saturating_add(LIFETIME_MS) };
    let stored = state.db.write((captcha_id.clone(), row), |tx, (id, row)| {
        Box::pin(async move { Ok(store::insert(tx, id, row).await?) })
    });
    stored.await?;
    Ok(CaptchaOutput { captcha_id, png, kind, zero_bits })
}

/// Uses a captcha up, whatever becomes of the request that it came with.
///
/// # Errors
/// 422/11 when there must be one and is none, 400/601 for one that is unknown or was answered before, 400/602 for one that has expired, 400/603
/// for a wrong solution.
pub(crate) async fn redeem(state: &AppState, input: Option<&CaptchaInput>) -> Result<(), ApiError> {
    if state.customers.captcha == Captcha::Off {
        return Ok(());
    }
    let input = input.ok_or_else(|| {
        ApiError::with_message(ErrorCode::Input, "Wrong input: missing field `captcha_input`")
    })?;
    // A transaction of its own: a request that is refused afterwards must not bring the captcha back.
    let taken = state
        .db
        .write(input.captcha_id.clone(), |tx, id| Box::pin(async move { Ok(store::take(tx, id).await?) }));
    let captcha = taken.await?.ok_or(ErrorCode::CaptchaNotFound)?;
    if captcha.expires_at <= state.now() {
        return Err(ErrorCode::CaptchaExpired.into());
    }
    if is_solution(&captcha, input) { Ok(()) } else { Err(ErrorCode::CaptchaWrong.into()) }
}

/// The solution of an open captcha. For test suites: the development profile alone has an endpoint for it.
///
/// # Errors
/// 400/601.
pub(crate) async fn solve(state: &AppState, id: String) -> Result<String, ApiError> {
    let found =
        state.db.read(id.clone(), |tx, id| Box::pin(async move { Ok(store::find(tx, id).await?) })).await?;
    let captcha = found.ok_or(ErrorCode::CaptchaNotFound)?;
    Ok(match captcha.kind {
        CaptchaKind::ProofOfWork => work::solve(&id, zero_bits(&captcha)),
        CaptchaKind::Image | CaptchaKind::Off => captcha.solution,
    })
}

fn is_solution(captcha: &store::CaptchaRow, input: &CaptchaInput) -> bool {
    if input.captcha_solution.len() > MAX_SOLUTION_BYTES {
        return false;
    }
    match captcha.kind {
        CaptchaKind::Image => captcha.solution == input.captcha_solution,
        CaptchaKind::ProofOfWork => {
            work::is_proof(&input.captcha_id, &input.captcha_solution, zero_bits(captcha))
        }
        CaptchaKind::Off => true,
    }
}

/// What is stored was written by [`create`]; anything else would be impossible to solve.
fn zero_bits(captcha: &store::CaptchaRow) -> u32 {
    captcha.solution.parse().unwrap_or(u32::MAX)
}
