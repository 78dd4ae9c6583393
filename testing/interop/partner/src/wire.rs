//! The client's own JSON types as a judge: can it read this text, and what does it make of it?

use sentc_crypto_common::group as g;
use sentc_crypto_common::server_default::ServerSuccessOutput;
use sentc_crypto_common::user as u;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::failure::Failure;

#[derive(Deserialize)]
#[serde(tag = "op", rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum Request {
    /// Parses a server answer, with its envelope, and answers the result as the client would write it.
    ReadAnswer { kind: Kind, answer: String },
    /// Parses a request body and answers it as the client would write it.
    ReadBody { kind: Kind, body: String },
}

/// Names of the JSON types of the protocol.
#[derive(Deserialize, Clone, Copy)]
pub(crate) enum Kind {
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

pub(crate) fn perform(request: Request) -> Result<Value, Failure> {
    match request {
        Request::ReadAnswer { kind, answer } => read(kind, &Answer(&answer)),
        Request::ReadBody { kind, body } => read(kind, &Body(&body)),
    }
}

/// A text that holds one value of the protocol.
trait Reader {
    fn read<T: DeserializeOwned>(&self) -> Result<T, Failure>;
}

struct Answer<'a>(&'a str);

impl Reader for Answer<'_> {
    fn read<T: DeserializeOwned>(&self) -> Result<T, Failure> {
        Ok(sentc_crypto::util::public::handle_server_response(self.0)?)
    }
}

struct Body<'a>(&'a str);

impl Reader for Body<'_> {
    fn read<T: DeserializeOwned>(&self) -> Result<T, Failure> {
        Ok(serde_json::from_str(self.0)?)
    }
}

fn read(kind: Kind, text: &impl Reader) -> Result<Value, Failure> {
    // As text: the order of the members and what is `null` or left out is part of the answer.
    fn as_text<T: DeserializeOwned + Serialize>(text: &impl Reader) -> Result<Value, Failure> {
        Ok(Value::String(serde_json::to_string(&text.read::<T>()?)?))
    }
    match kind {
        Kind::Register => as_text::<u::RegisterData>(text),
        Kind::DeviceRegister => as_text::<u::UserDeviceRegisterInput>(text),
        Kind::RegisterDone => as_text::<u::RegisterServerOutput>(text),
        Kind::Identifier => as_text::<u::UserIdentifierAvailableServerInput>(text),
        Kind::IdentifierAvailable => as_text::<u::UserIdentifierAvailableServerOutput>(text),
        Kind::DevicePrepared => as_text::<u::UserDeviceRegisterOutput>(text),
        Kind::DeviceDone => as_text::<u::UserDeviceDoneRegisterInput>(text),
        Kind::DeviceDoneLight => as_text::<u::UserDeviceDoneRegisterInputLight>(text),
        Kind::DeviceListItem => as_text::<u::UserDeviceList>(text),
        Kind::PrepareLogin => as_text::<u::PrepareLoginSaltServerOutput>(text),
        Kind::DoneLoginInput => as_text::<u::DoneLoginServerInput>(text),
        Kind::DoneLogin => as_text::<u::DoneLoginServerReturn>(text),
        Kind::LoginKeys => as_text::<u::DoneLoginServerOutput>(text),
        Kind::OtpInput => as_text::<u::OtpInput>(text),
        Kind::VerifyLoginInput => as_text::<u::VerifyLoginInput>(text),
        Kind::VerifyLogin => as_text::<u::VerifyLoginOutput>(text),
        Kind::VerifyLoginLight => as_text::<u::VerifyLoginLightOutput>(text),
        Kind::ForcedLogin => as_text::<u::LoginForcedOutput>(text),
        Kind::ForcedLoginLight => as_text::<u::LoginForcedLightOutput>(text),
        Kind::RefreshInput => as_text::<u::JwtRefreshInput>(text),
        Kind::Refresh => as_text::<u::DoneLoginLightServerOutput>(text),
        Kind::Init => as_text::<u::UserInitServerOutput>(text),
        Kind::Claims => as_text::<u::Claims>(text),
        Kind::JwtInfo => as_text::<u::UserJwtInfo>(text),
        Kind::PublicKey => as_text::<u::UserPublicKeyDataServerOutput>(text),
        Kind::VerifyKey => as_text::<u::UserVerifyKeyDataServerOutput>(text),
        Kind::ChangePassword => as_text::<u::ChangePasswordData>(text),
        Kind::ResetPassword => as_text::<u::ResetPasswordData>(text),
        Kind::OtpRegister => as_text::<u::OtpRegister>(text),
        Kind::OtpRecoveryKeys => as_text::<u::OtpRecoveryKeysOutput>(text),
        Kind::GroupCreate => as_text::<g::CreateData>(text),
        Kind::GroupCreated => as_text::<g::GroupCreateOutput>(text),
        Kind::Group => as_text::<g::GroupServerData>(text),
        Kind::GroupLight => as_text::<g::GroupLightServerData>(text),
        Kind::GroupKey => as_text::<g::GroupKeyServerOutput>(text),
        Kind::AccessBy => as_text::<g::GroupUserAccessBy>(text),
        Kind::UpdateCheck => as_text::<g::GroupDataCheckUpdateServerOutput>(text),
        Kind::UpdateCheckLight => as_text::<g::GroupDataCheckUpdateServerOutputLight>(text),
        Kind::GroupListItem => as_text::<g::ListGroups>(text),
        Kind::ChildListItem => as_text::<g::GroupChildrenList>(text),
        Kind::MemberListItem => as_text::<g::GroupUserListItem>(text),
        Kind::InviteListItem => as_text::<g::GroupInviteReqList>(text),
        Kind::JoinRequestListItem => as_text::<g::GroupJoinReqList>(text),
        Kind::ChangeRank => as_text::<g::GroupChangeRankServerInput>(text),
        Kind::NewMemberKeys => as_text::<g::GroupKeysForNewMemberServerInput>(text),
        Kind::NewMemberLight => as_text::<g::GroupNewMemberLightInput>(text),
        Kind::NewMemberDone => as_text::<g::GroupInviteServerOutput>(text),
        Kind::RotationStart => as_text::<g::KeyRotationData>(text),
        Kind::RotationStarted => as_text::<g::KeyRotationStartServerOutput>(text),
        Kind::RotationPending => as_text::<g::KeyRotationInput>(text),
        Kind::RotationDone => as_text::<g::DoneKeyRotationData>(text),
        Kind::Success => as_text::<ServerSuccessOutput>(text),
    }
}
