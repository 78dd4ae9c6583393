//! What was sent, for test suites: kept and handed out in the development profile only.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use axum::extract::State;
use keyfold_protocol::customer::EmailAddress;
use keyfold_protocol::error::ErrorCode;
use serde::Serialize;

use super::message::Composed;
use crate::captcha;
use crate::endpoint::{Endpoint, get};
use crate::extract::Path;
use crate::reply::{ApiResult, Reply};
use crate::state::AppState;

/// Mails that are kept; the oldest make room.
const MAX_MAILS: usize = 1_000;

/// A mail that was sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct DevelopmentMail {
    /// From whom.
    pub from: String,
    /// To whom.
    pub to: String,
    /// Subject.
    pub subject: String,
    /// The part in plain text.
    pub text: String,
    /// The part in HTML.
    pub html: String,
    /// Milliseconds since 1970.
    pub time: u64,
}

/// The mails of this process.
#[derive(Default)]
pub(super) struct Mailbox {
    mails: Mutex<VecDeque<DevelopmentMail>>,
}

impl Mailbox {
    pub(super) fn put(&self, from: String, to: &EmailAddress, composed: Composed, time: u64) {
        let mail = DevelopmentMail {
            from,
            to: to.as_str().to_owned(),
            subject: composed.subject.to_owned(),
            text: composed.text,
            html: composed.html,
            time,
        };
        let mut mails = self.mails.lock().unwrap_or_else(PoisonError::into_inner);
        if mails.len() >= MAX_MAILS {
            mails.pop_front();
        }
        mails.push_back(mail);
    }

    fn of(&self, address: &str) -> Vec<DevelopmentMail> {
        let mails = self.mails.lock().unwrap_or_else(PoisonError::into_inner);
        mails.iter().filter(|mail| mail.to == address).cloned().collect()
    }
}

/// The endpoints for test suites; to be merged in the development profile only.
pub(crate) fn endpoints() -> Vec<Endpoint> {
    vec![
        get("/dev/captcha/{captcha_id}", captcha_solution, "Returns the solution of a captcha")
            .refuses(&[ErrorCode::CaptchaNotFound]),
        get("/dev/mail/{address}", mails, "Returns the mails to an address").refuses(&[ErrorCode::NotFound]),
    ]
}

/// `GET /dev/captcha/:captcha_id`: the solution. The captcha stays open.
async fn captcha_solution(State(state): State<AppState>, Path(id): Path<String>) -> ApiResult<String> {
    captcha::solve(&state, id).await.map(Reply)
}

/// `GET /dev/mail/:address`: the mails that this process has sent there, oldest first.
async fn mails(
    State(state): State<AppState>,
    Path(address): Path<String>,
) -> ApiResult<Vec<DevelopmentMail>> {
    let mailbox = state.mailer.development.as_ref().ok_or(ErrorCode::NotFound)?;
    Ok(Reply(mailbox.of(&address.to_ascii_lowercase())))
}
