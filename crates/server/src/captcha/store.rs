//! Rows of captchas.

use keyfold_protocol::customer::CaptchaKind;

use crate::db::{Column, DbError, FromColumn, Param, Row, ToParam, Tx, params};

pub(super) struct CaptchaRow {
    pub(super) kind: CaptchaKind,
    /// The characters, or the number of zero bits.
    pub(super) solution: String,
    pub(super) expires_at: u64,
}

pub(super) async fn insert(tx: &mut Tx, id: &str, captcha: &CaptchaRow) -> Result<(), DbError> {
    tx.execute(
        "INSERT INTO captchas (id, kind, solution, expires_at) VALUES ($1, $2, $3, $4)",
        params![id, Kind(captcha.kind), captcha.solution, captcha.expires_at],
    )
    .await
    .map(drop)
}

/// Removes and returns it. One statement: of two who answer at the same moment, one gets it.
pub(super) async fn take(tx: &mut Tx, id: &str) -> Result<Option<CaptchaRow>, DbError> {
    let sql = "DELETE FROM captchas WHERE id = $1 RETURNING kind, solution, expires_at";
    tx.query_opt(sql, params![id], captcha).await
}

pub(super) async fn find(tx: &mut Tx, id: &str) -> Result<Option<CaptchaRow>, DbError> {
    let sql = "SELECT kind, solution, expires_at FROM captchas WHERE id = $1";
    tx.query_opt(sql, params![id], captcha).await
}

fn captcha(row: &Row<'_>) -> Result<CaptchaRow, DbError> {
    Ok(CaptchaRow { kind: row.col::<Kind>()?.0, solution: row.col()?, expires_at: row.col()? })
}

struct Kind(CaptchaKind);

const IMAGE: i32 = 0;
const PROOF_OF_WORK: i32 = 1;
const OFF: i32 = 2;

impl ToParam for Kind {
    fn to_param(&self) -> Param<'_> {
        let number = match self.0 {
            CaptchaKind::Image => IMAGE,
            CaptchaKind::ProofOfWork => PROOF_OF_WORK,
            CaptchaKind::Off => OFF,
        };
        Param::Int(number.into())
    }
}

impl FromColumn for Kind {
    const EXPECTED: &'static str = "a kind of captcha (0, 1 or 2)";

    fn from_column(column: Column<'_>) -> Option<Self> {
        match i32::from_column(column)? {
            IMAGE => Some(Self(CaptchaKind::Image)),
            PROOF_OF_WORK => Some(Self(CaptchaKind::ProofOfWork)),
            OFF => Some(Self(CaptchaKind::Off)),
            _ => None,
        }
    }
}
