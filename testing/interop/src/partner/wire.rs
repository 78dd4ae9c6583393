//! The partner's JSON types as a judge.

use serde::Serialize;
use serde_json::json;

use super::build;
use super::process::{Process, Refusal};

/// The partner as a reader of texts.
pub struct Wire {
    process: Process,
}

/// Names of the partner's JSON types.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Kind {
    Register,
    DeviceRegister,
    RegisterDone,
    Identifier,
    IdentifierAvailable,
    DevicePrepared,
    DeviceDone,
    DeviceDoneLight,
    DeviceListItem,
    PrepareLogin,
    DoneLoginInput,
    DoneLogin,
    LoginKeys,
    OtpInput,
    VerifyLoginInput,
    VerifyLogin,
    VerifyLoginLight,
    ForcedLogin,
    ForcedLoginLight,
    RefreshInput,
    Refresh,
    Init,
    Claims,
    JwtInfo,
    PublicKey,
    VerifyKey,
    ChangePassword,
    ResetPassword,
    OtpRegister,
    OtpRecoveryKeys,
    GroupCreate,
    GroupCreated,
    Group,
    GroupLight,
    GroupKey,
    AccessBy,
    UpdateCheck,
    UpdateCheckLight,
    GroupListItem,
    ChildListItem,
    MemberListItem,
    InviteListItem,
    JoinRequestListItem,
    ChangeRank,
    NewMemberKeys,
    NewMemberLight,
    NewMemberDone,
    RotationStart,
    RotationStarted,
    RotationPending,
    RotationDone,
    Success,
}

#[expect(clippy::missing_errors_doc, reason = "always that the partner cannot read the text")]
impl Wire {
    /// Starts the partner.
    #[must_use]
    pub fn start() -> Self {
        Self { process: Process::start(build::native()) }
    }

    /// Reads a server answer with its envelope and answers the result as the partner would write it, byte for byte.
    pub fn read_answer(&self, kind: Kind, answer: &str) -> Result<String, Refusal> {
        self.process.ask("wire", json!({ "op": "read_answer", "kind": kind, "answer": answer }))
    }

    /// Reads a request body and answers it as the partner would write it.
    pub fn read_body(&self, kind: Kind, body: &str) -> Result<String, Refusal> {
        self.process.ask("wire", json!({ "op": "read_body", "kind": kind, "body": body }))
    }
}
