//! Every error that an endpoint can answer with.

/// An error code with its number and HTTP status.
///
/// Clients decide by the number alone. Some numbers stand for several conditions, and a few failures are sent with
/// HTTP 200: both are facts of the protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorCode {
    /// An id in the path, in a header or in the body is no UUID of version 4 or 7. (400/1)
    IdFormat,
    /// The server could not write its answer. (422/10)
    Serialize,
    /// The body is no JSON, lacks a member or has one of the wrong form. (422/11)
    Input,
    /// The body is larger than the limit of the endpoint. (413/12)
    BodyTooBig,
    /// The sequence, the last sequence or the end flag in the path is none. (400/12)
    FileParameter,
    /// A time in the path is not an unsigned integer. (400/13)
    NumberExpected,
    /// The clock of the server stands before 1970. (500/13)
    Clock,
    /// No connection to the database in time. (500/20)
    DatabaseUnavailable,
    /// A query failed. (500/21)
    DatabaseQuery,
    /// A change failed. (500/22)
    DatabaseExecute,
    /// A bulk change failed. (500/23)
    DatabaseBulk,
    /// The content of a file part could not be stored. (400/23)
    FileWrite,
    /// A transaction could not be completed. Nothing was changed. (500/24)
    DatabaseTransaction,
    /// Access token with a bad signature, another algorithm, expired, revoked, or with unreadable claims. (401/30)
    JwtInvalid,
    /// No access token, or not as `Bearer <token>`. (401/31)
    JwtMissing,
    /// Access token whose header cannot be decoded or names no key. (401/32)
    JwtMalformed,
    /// The server could not sign an access token. (401/33)
    JwtCreate,
    /// The app has no signing key of that id, or none at all. (200/35)
    JwtKeyUnknown,
    /// A part of the path is missing. (400/40)
    ParameterMissing,
    /// The server sends no mails, or could not hand one over. (400/50)
    MailSend,
    /// The shared cache failed. Not used by this server. (400/52)
    Cache,
    /// The e-mail address of the customer is not validated. (400/61)
    EmailNotValidated,
    /// No such customer, or no such token for a reset of the password. (400/62)
    CustomerNotFound,
    /// The token does not validate this address, or has expired. (400/63)
    EmailToken,
    /// Not an e-mail address. (400/64)
    EmailSyntax,
    /// Nobody can register as a customer, or only by invitation. (400/65)
    RegistrationClosed,
    /// No such user, device, key or token in this app. (400/100)
    UserNotFound,
    /// Login with an identifier that no confirmed device has. (401/100)
    LoginUserNotFound,
    /// Another device of the app has this identifier. (400/101)
    IdentifierTaken,
    /// The stored random value or algorithm of the device is unusable. (401/110)
    SaltCreate,
    /// The authentication key is not base64 of exactly 32 bytes. (401/111)
    AuthKeyFormat,
    /// Wrong authentication key or wrong, used or expired challenge. (401/112)
    WrongPassword,
    /// The action needs an access token from a login, not from a refresh. (401/113)
    JwtNotFresh,
    /// No such refresh token for this device, or it has expired. (400/114)
    RefreshTokenNotFound,
    /// A user keeps at least one device. (400/115)
    LastDevice,
    /// The user has no device. (400/116)
    NoDevice,
    /// A user group needs sign and verify key material. (400/117)
    UserKeysMissing,
    /// No app token, or an unknown one. (401/200)
    AppTokenMissing,
    /// The app token is not base64. (401/201)
    AppTokenFormat,
    /// No randomness, or the public key of the device is unusable. (400/201)
    ChallengeCreate,
    /// The data of the app are incomplete. (401/202)
    AppNotFound,
    /// The options of the app do not allow this endpoint with this token. (400/203)
    NoAccess,
    /// The operator disabled the app. (401/204)
    AppDisabled,
    /// The target is no direct member of the group. (400/300)
    NotAMember,
    /// The rank does not suffice, or the wanted rank is invalid or stronger than the own one. (400/301)
    RankInsufficient,
    /// The target is already a direct member. (400/302)
    AlreadyMember,
    /// An invitation of the target is pending. (200/302)
    AlreadyInvited,
    /// At least one key must be sent. (400/303)
    NoKeys,
    /// The caller has no such key. (200/304)
    GroupKeyNotFound,
    /// The group is unknown or has no keys. (400/304)
    PublicKeyNotFound,
    /// More than 100 keys in one request. (400/305)
    TooManyKeys,
    /// Unknown, foreign or expired upload session. (400/306)
    KeySessionNotFound,
    /// There is no invitation to accept or reject. (400/307)
    InviteNotFound,
    /// A group keeps at least one member of rank 0 or 1. (400/308)
    LastAdmin,
    /// There is no join request to accept. (400/309)
    JoinRequestNotFound,
    /// The group does not exist in this app or the caller has no access to it. (400/310)
    GroupAccess,
    /// Internal to the rotation job. (400/311)
    RotationKeyNotFound,
    /// Internal to the rotation job. (400/312)
    RotationThread,
    /// Internal to the rotation job. (400/313)
    RotationEncrypt,
    /// The new rank is not within 1 to 4, or the target is the creator. (400/314)
    RankChange,
    /// The target of a kick is the creator. (400/315)
    CreatorKick,
    /// The target of a kick is stronger than the caller. (400/316)
    HigherRankKick,
    /// The group accepts neither invitations nor join requests. (400/317)
    InvitesStopped,
    /// A connected group cannot be the source of another. (400/318)
    ConnectedFromConnected,
    /// Only normal groups can be members, and only of connected groups. (400/319)
    ConnectedMembership,
    /// Only a direct member can be invited again. (400/320)
    ReInviteNotAMember,
    /// The monthly limit of the app is reached. (400/321)
    RotationLimit,
    /// A limit of this server on the size of groups is reached; the text says which. Ours: other servers have none. (400/322)
    GroupLimit,
    /// No such stored key in this app. (400/400)
    StoredKeyNotFound,
    /// No such endpoint, or not with this method. (404/404)
    NotFound,
    /// The caller is throttled. The `Retry-After` header says for how many seconds. Ours: other servers do not throttle. (429/429)
    TooManyRequests,
    /// The content of a file part is not there, or the storage does not answer. (400/500)
    FileOpen,
    /// A file part is larger than 5 MiB. (400/502)
    FilePartTooBig,
    /// No such upload session for this user, or its upload is complete. (400/510)
    UploadSessionNotFound,
    /// The upload session is older than a day. (400/511)
    UploadSessionExpired,
    /// No such file (or, at its registration, no such receiver), it was deleted, or its upload is not complete. (400/512)
    FileNotFound,
    /// The app does not keep its file parts in this way. (400/520)
    FileStorageMode,
    /// The file is not for the caller. (400/521)
    FileAccess,
    /// The app has no room for more files or bytes; the text says which. Ours: other servers have no such limit. (400/522)
    FileQuota,
    /// A part is out of sequence: negative, after the last one, or the last one while others are missing. Ours: other servers do not look.
    /// (400/523)
    FileSequence,
    /// A captcha could not be made. (400/600)
    CaptchaCreate,
    /// No such captcha, or it was answered before. (400/601)
    CaptchaNotFound,
    /// The captcha has expired. (400/602)
    CaptchaExpired,
    /// The solution of the captcha is wrong. It cannot be tried again. (400/603)
    CaptchaWrong,
    /// The stored secret is unusable. (400/900)
    OtpSecret,
    /// The user has no second factor, or no such recovery key. (400/901)
    OtpNotFound,
    /// The one-time code does not match or was used before. (402/902)
    OtpWrong,
    /// A defect of the server. Its log holds the details. (500/10000)
    Internal,
    /// A stored secret could not be encrypted or decrypted. (400/10001)
    AtRest,
}

impl ErrorCode {
    /// Every code, in the order of their numbers.
    pub const ALL: &'static [Self] = &[
        Self::IdFormat,
        Self::Serialize,
        Self::Input,
        Self::BodyTooBig,
        Self::FileParameter,
        Self::NumberExpected,
        Self::Clock,
        Self::DatabaseUnavailable,
        Self::DatabaseQuery,
        Self::DatabaseExecute,
        Self::DatabaseBulk,
        Self::FileWrite,
        Self::DatabaseTransaction,
        Self::JwtInvalid,
        Self::JwtMissing,
        Self::JwtMalformed,
        Self::JwtCreate,
        Self::JwtKeyUnknown,
        Self::ParameterMissing,
        Self::MailSend,
        Self::Cache,
        Self::EmailNotValidated,
        Self::CustomerNotFound,
        Self::EmailToken,
        Self::EmailSyntax,
        Self::RegistrationClosed,
        Self::UserNotFound,
        Self::LoginUserNotFound,
        Self::IdentifierTaken,
        Self::SaltCreate,
        Self::AuthKeyFormat,
        Self::WrongPassword,
        Self::JwtNotFresh,
        Self::RefreshTokenNotFound,
        Self::LastDevice,
        Self::NoDevice,
        Self::UserKeysMissing,
        Self::AppTokenMissing,
        Self::AppTokenFormat,
        Self::ChallengeCreate,
        Self::AppNotFound,
        Self::NoAccess,
        Self::AppDisabled,
        Self::NotAMember,
        Self::RankInsufficient,
        Self::AlreadyMember,
        Self::AlreadyInvited,
        Self::NoKeys,
        Self::GroupKeyNotFound,
        Self::PublicKeyNotFound,
        Self::TooManyKeys,
        Self::KeySessionNotFound,
        Self::InviteNotFound,
        Self::LastAdmin,
        Self::JoinRequestNotFound,
        Self::GroupAccess,
        Self::RotationKeyNotFound,
        Self::RotationThread,
        Self::RotationEncrypt,
        Self::RankChange,
        Self::CreatorKick,
        Self::HigherRankKick,
        Self::InvitesStopped,
        Self::ConnectedFromConnected,
        Self::ConnectedMembership,
        Self::ReInviteNotAMember,
        Self::RotationLimit,
        Self::GroupLimit,
        Self::StoredKeyNotFound,
        Self::NotFound,
        Self::TooManyRequests,
        Self::FileOpen,
        Self::FilePartTooBig,
        Self::UploadSessionNotFound,
        Self::UploadSessionExpired,
        Self::FileNotFound,
        Self::FileStorageMode,
        Self::FileAccess,
        Self::FileQuota,
        Self::FileSequence,
        Self::CaptchaCreate,
        Self::CaptchaNotFound,
        Self::CaptchaExpired,
        Self::CaptchaWrong,
        Self::OtpSecret,
        Self::OtpNotFound,
        Self::OtpWrong,
        Self::Internal,
        Self::AtRest,
    ];

    /// The `err_code` on the wire. Never 0.
    #[must_use]
    pub fn number(self) -> u32 {
        self.entry().0
    }

    /// The HTTP status that goes with it.
    #[must_use]
    pub fn http_status(self) -> u16 {
        self.entry().1
    }

    /// A text for people. Never empty, and never to be matched on.
    #[must_use]
    pub fn message(self) -> &'static str {
        self.entry().2
    }

    fn entry(self) -> (u32, u16, &'static str) {
        match self {
            Self::IdFormat => (1, 400, "Id has a wrong format. It must be a UUID of version 4 or 7"),
            Self::Serialize => (10, 422, "The answer could not be written as JSON"),
            Self::Input => (11, 422, "Wrong input"),
            Self::BodyTooBig => (12, 413, "Input was too big to handle"),
            Self::FileParameter => (12, 400, "Wrong format of the sequence or of the end flag"),
            Self::NumberExpected => (13, 400, "It must be a number"),
            Self::Clock => (13, 500, "The clock of the server is wrong"),
            Self::DatabaseUnavailable => (20, 500, "No connection to the database"),
            Self::DatabaseQuery => (21, 500, "Database error"),
            Self::DatabaseExecute => (22, 500, "Database error"),
            Self::DatabaseBulk => (23, 500, "Database error"),
            Self::FileWrite => (23, 400, "The file part could not be stored"),
            Self::DatabaseTransaction => (24, 500, "Database error"),
            Self::JwtInvalid => (30, 401, "Wrong jwt"),
            Self::JwtMissing => (31, 401, "No valid jwt"),
            Self::JwtMalformed => (32, 401, "Wrong format of the jwt"),
            Self::JwtCreate => (33, 401, "Can't create a jwt"),
            Self::JwtKeyUnknown => (35, 200, "No matched key to this key id"),
            Self::ParameterMissing => (40, 400, "Parameter not found"),
            Self::MailSend => (50, 400, "The mail could not be sent"),
            Self::Cache => (52, 400, "Cache error"),
            Self::EmailNotValidated => (61, 400, "The e-mail address is not validated"),
            Self::CustomerNotFound => (62, 400, "Customer not found"),
            Self::EmailToken => (63, 400, "The token is wrong or has expired"),
            Self::EmailSyntax => (64, 400, "E-mail address is not valid"),
            Self::RegistrationClosed => (65, 400, "Register is disabled"),
            Self::UserNotFound => (100, 400, "User not found"),
            Self::LoginUserNotFound => (100, 401, "No user found with this identifier"),
            Self::IdentifierTaken => (101, 400, "Identifier already exists"),
            Self::SaltCreate => (110, 401, "Can't create the salt"),
            Self::AuthKeyFormat => (111, 401, "The authentication key has a wrong format"),
            Self::WrongPassword => (112, 401, "Wrong username or password"),
            Self::JwtNotFresh => (113, 401, "The jwt is not valid for this action"),
            Self::RefreshTokenNotFound => (114, 400, "Refresh token not found"),
            Self::LastDevice => (115, 400, "Can't delete the last device. Use user delete instead"),
            Self::NoDevice => (116, 400, "No device found"),
            Self::UserKeysMissing => (117, 400, "User keys not found. Make sure to create the user group"),
            Self::AppTokenMissing => (200, 401, "No valid app token"),
            Self::AppTokenFormat => (201, 401, "Wrong format of the app token"),
            Self::ChallengeCreate => (201, 400, "Can't create the login challenge"),
            Self::AppNotFound => (202, 401, "App not found"),
            Self::NoAccess => (203, 400, "No access to this action"),
            Self::AppDisabled => (204, 401, "App is disabled and can't be used"),
            Self::NotAMember => (300, 400, "Not a member of this group"),
            Self::RankInsufficient => (301, 400, "No rights for this action in this group"),
            Self::AlreadyMember => (302, 400, "Invited user is already in the group"),
            Self::AlreadyInvited => (302, 200, "User was already invited"),
            Self::NoKeys => (303, 400, "No group keys for the user"),
            Self::GroupKeyNotFound => (304, 200, "Group key not found"),
            Self::PublicKeyNotFound => (304, 400, "No public key found for this group"),
            Self::TooManyKeys => {
                (305, 400, "Too many group keys for the user. Split the keys and use pagination")
            }
            Self::KeySessionNotFound => (306, 400, "No session found to upload the keys"),
            Self::InviteNotFound => (307, 400, "No invite found"),
            Self::LastAdmin => (308, 400, "Can't leave the group: no other admin"),
            Self::JoinRequestNotFound => (309, 400, "No join request found"),
            Self::GroupAccess => (310, 400, "No access to this group"),
            Self::RotationKeyNotFound => (311, 400, "Key of the rotation not found"),
            Self::RotationThread => (312, 400, "The rotation failed"),
            Self::RotationEncrypt => (313, 400, "The rotation could not encrypt"),
            Self::RankChange => (314, 400, "The new rank is not allowed"),
            Self::CreatorKick => (315, 400, "The creator can't be removed from the group"),
            Self::HigherRankKick => (316, 400, "The target has a higher rank"),
            Self::InvitesStopped => (317, 400, "This group takes no invites"),
            Self::ConnectedFromConnected => {
                (318, 400, "Can't create a connected group from a connected group")
            }
            Self::ConnectedMembership => (319, 400, "This group can not be a member here"),
            Self::ReInviteNotAMember => (320, 400, "The user is not a member of this group"),
            Self::RotationLimit => (321, 400, "Too many key rotations in this month"),
            Self::GroupLimit => (322, 400, "The group has no room for more"),
            Self::StoredKeyNotFound => (400, 400, "Key not found"),
            Self::NotFound => (404, 404, "Not found"),
            Self::TooManyRequests => (429, 429, "Too many requests. Try again later"),
            Self::FileOpen => (500, 400, "The content of the file part is not available"),
            Self::FilePartTooBig => (502, 400, "The file part is larger than 5242880 bytes"),
            Self::UploadSessionNotFound => (510, 400, "File upload session not found"),
            Self::UploadSessionExpired => (511, 400, "File upload session expired"),
            Self::FileNotFound => (512, 400, "File not found"),
            Self::FileStorageMode => (520, 400, "File upload is not allowed"),
            Self::FileAccess => (521, 400, "No access to this file"),
            Self::FileQuota => (522, 400, "The app has no room for more files"),
            Self::FileSequence => (523, 400, "The file part is out of sequence"),
            Self::CaptchaCreate => (600, 400, "Can't create a captcha"),
            Self::CaptchaNotFound => (601, 400, "Captcha not found"),
            Self::CaptchaExpired => (602, 400, "The captcha is too old"),
            Self::CaptchaWrong => (603, 400, "The captcha is wrong"),
            Self::OtpSecret => (900, 400, "Can't use the totp secret"),
            Self::OtpNotFound => (901, 400, "Otp secret or recovery key not found"),
            Self::OtpWrong => (902, 402, "Wrong otp"),
            Self::Internal => (10_000, 500, "Internal error"),
            Self::AtRest => (10_001, 400, "Encryption at rest failed"),
        }
    }
}

impl std::fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} ({})", self.message(), self.number())
    }
}

impl std::error::Error for ErrorCode {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_number_is_zero_and_no_text_is_empty() {
        for code in ErrorCode::ALL {
            assert!(code.number() > 0 && !code.message().is_empty(), "{code:?}");
        }
    }

    #[test]
    fn number_and_status_tell_all_codes_apart() {
        let mut seen = std::collections::HashSet::new();
        for code in ErrorCode::ALL {
            assert!(seen.insert((code.number(), code.http_status())), "{code:?} stands twice");
        }
    }
}
