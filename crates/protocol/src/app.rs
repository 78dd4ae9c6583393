//! What an app allows: its endpoint options, file options and group options.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::encoding::SecretText;

/// Who may call an endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Access {
    /// Nobody (0).
    Blocked = 0,
    /// Holders of the public or the secret token (1).
    Public = 1,
    /// Holders of the secret token only (2).
    Secret = 2,
}

impl Access {
    /// Whether a request may pass that came with the given token.
    #[must_use]
    pub fn allows(self, token: TokenClass) -> bool {
        match self {
            Self::Blocked => false,
            Self::Public => true,
            Self::Secret => token == TokenClass::Secret,
        }
    }

    /// The option value of `number`; `None` for anything but 0, 1 and 2.
    #[must_use]
    pub fn from_number(number: i64) -> Option<Self> {
        match number {
            0 => Some(Self::Blocked),
            1 => Some(Self::Public),
            2 => Some(Self::Secret),
            _ => None,
        }
    }
}

impl Serialize for Access {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u8(*self as u8)
    }
}

impl<'de> Deserialize<'de> for Access {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::from_number(i64::deserialize(deserializer)?)
            .ok_or_else(|| serde::de::Error::custom("an option is 0 (blocked), 1 (public) or 2 (secret)"))
    }
}

/// Which of an app's two tokens a request carried.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TokenClass {
    /// The token that clients know.
    Public,
    /// The token that only the app's own backend knows.
    Secret,
}

#[cfg(feature = "schema")]
impl schemars::JsonSchema for Access {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Access".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "description": "Who may call an endpoint: 0 nobody, 1 holders of the public or the secret token, 2 of the secret token only.",
            "type": "integer",
            "enum": [Self::Blocked as u8, Self::Public as u8, Self::Secret as u8],
        })
    }
}

macro_rules! app_options {
    ($($(#[$doc:meta])* $variant:ident $field:ident $default:ident),* $(,)?) => {
        /// The access of every endpoint family of an app, in wire order.
        #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
        #[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
        pub struct AppOptions {
            $($(#[$doc])* pub $field: Access,)*
        }

        /// Names one of the [`AppOptions`].
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum AppOption {
            $($(#[$doc])* $variant,)*
        }

        impl AppOptions {
            /// The preset of a new app: registration and account deletion need the secret token.
            #[must_use]
            pub fn standard() -> Self {
                Self { $($field: Access::$default,)* }
            }

            /// Everything is open to the public token.
            #[must_use]
            pub fn lax() -> Self {
                Self { $($field: Access::Public,)* }
            }

            /// Everything is blocked.
            #[must_use]
            pub fn closed() -> Self {
                Self { $($field: Access::Blocked,)* }
            }

            /// The value of one option.
            #[must_use]
            pub fn access(&self, option: AppOption) -> Access {
                match option { $(AppOption::$variant => self.$field,)* }
            }

            /// Sets one option.
            pub fn set(&mut self, option: AppOption, access: Access) {
                match option { $(AppOption::$variant => self.$field = access,)* }
            }
        }

        impl AppOption {
            /// Every option, in wire order.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The name of the JSON member.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => stringify!($field),)* }
            }
        }
    };
}

app_options! {
    /// Create group, child, connected group.
    GroupCreate group_create Public,
    /// Group data, light data, list/finish pending key rotations.
    GroupGet group_get Public,
    /// Group key pages and single key.
    GroupUserKeys group_user_keys Public,
    /// Key/rank update check.
    GroupUserUpdateCheck group_user_update_check Public,
    /// Send invite, list own invites.
    GroupInvite group_invite Public,
    /// Reject invite.
    GroupRejectInvite group_reject_invite Public,
    /// Accept invite.
    GroupAcceptInvite group_accept_invite Public,
    /// Send, list, withdraw join requests.
    GroupJoinReq group_join_req Public,
    /// Accept join request.
    GroupAcceptJoinReq group_accept_join_req Public,
    /// Reject join request.
    GroupRejectJoinReq group_reject_join_req Public,
    /// Start a group key rotation.
    GroupKeyRotation group_key_rotation Public,
    /// Kick member.
    GroupUserDelete group_user_delete Public,
    /// Delete group.
    GroupDelete group_delete Public,
    /// Leave group.
    GroupLeave group_leave Public,
    /// Change member rank.
    GroupChangeRank group_change_rank Public,
    /// Identifier availability.
    UserExists user_exists Public,
    /// Registration.
    UserRegister user_register Secret,
    /// Delete account with JWT.
    UserDelete user_delete Secret,
    /// Change identifier.
    UserUpdate user_update Public,
    /// Change password.
    UserChangePassword user_change_password Public,
    /// Reset password with known keys.
    UserResetPassword user_reset_password Public,
    /// Login step 1.
    UserPrepareLogin user_prepare_login Public,
    /// Further login steps, MFA, own user keys.
    UserDoneLogin user_done_login Public,
    /// Public/verify keys of users and groups.
    UserPublicData user_public_data Public,
    /// Refresh, client init.
    UserJwtRefresh user_jwt_refresh Public,
    /// Register and delete stored keys.
    KeyRegister key_register Public,
    /// Fetch stored keys.
    KeyGet key_get Public,
    /// Auto invite, re-invite.
    GroupAutoInvite group_auto_invite Public,
    /// List groups, children.
    GroupList group_list Public,
    /// Register and rename files.
    FileRegister file_register Public,
    /// Upload file parts.
    FilePartUpload file_part_upload Public,
    /// File data and part lists.
    FileGet file_get Public,
    /// Download file parts.
    FilePartDownload file_part_download Public,
    /// Add device (both steps).
    UserDeviceRegister user_device_register Public,
    /// Remove device.
    UserDeviceDelete user_device_delete Public,
    /// List devices.
    UserDeviceList user_device_list Public,
    /// Close/open a group for invites and join requests.
    GroupInviteStop group_invite_stop Public,
    /// User key rotation.
    UserKeyUpdate user_key_update Public,
    /// Delete files.
    FileDelete file_delete Public,
    /// Unused today (reserved: content access check).
    Content content Public,
    /// Unused today (reserved: content page 20).
    ContentSmall content_small Secret,
    /// Unused today (page 50).
    ContentMed content_med Secret,
    /// Unused today (page 70).
    ContentLarge content_large Secret,
    /// Unused today (page 100).
    ContentXLarge content_x_large Secret,
    /// Enable TOTP.
    UserRegisterOtp user_register_otp Public,
    /// Reset TOTP.
    UserResetOtp user_reset_otp Public,
    /// Disable TOTP.
    UserDisableOtp user_disable_otp Public,
    /// List recovery codes.
    UserGetOtpRecoveryKeys user_get_otp_recovery_keys Public,
}

/// Value of [`FileOptions::file_storage`]: the app has no file parts anywhere.
pub const FILE_STORAGE_NONE: i32 = -1;

/// Value of [`FileOptions::file_storage`]: parts are stored by this server.
pub const FILE_STORAGE_SERVER: i32 = 0;

/// Value of [`FileOptions::file_storage`]: parts are stored by the app itself.
pub const FILE_STORAGE_OWN: i32 = 1;

/// Longest [`FileOptions::auth_token`] in bytes.
pub const MAX_STORAGE_TOKEN_BYTES: usize = 50;

/// Where the files of an app are stored, and who may read what is for everybody.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct FileOptions {
    /// -1 nowhere, 0 on this server, 1 with the app itself.
    pub file_storage: i32,
    /// Where the app wants to be told of deleted parts, when it stores them itself.
    pub storage_url: Option<String>,
    /// Token that is sent along then, at most 50 bytes.
    pub auth_token: Option<SecretText>,
    /// Whether files for everybody, part lists, part contents and stored keys are only for users who are logged in. Ours: other servers
    /// never ask. Not sent when it is off.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub require_jwt: bool,
}

impl FileOptions {
    /// Parts are stored on this server.
    #[must_use]
    pub fn server_storage() -> Self {
        Self { file_storage: FILE_STORAGE_SERVER, ..Self::none() }
    }

    /// The app has no files.
    #[must_use]
    pub fn none() -> Self {
        Self { file_storage: FILE_STORAGE_NONE, storage_url: None, auth_token: None, require_jwt: false }
    }
}

/// Limits of the groups of an app.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct GroupOptions {
    /// Key rotations that a group may start per calendar month (UTC).
    pub max_key_rotation_month: i32,
    /// Weakest rank (largest number) that may start a key rotation.
    pub min_rank_key_rotation: i32,
}

impl Default for GroupOptions {
    fn default() -> Self {
        Self { max_key_rotation_month: 100, min_rank_key_rotation: 4 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_standard_preset_guards_registration_deletion_and_large_content() {
        let options = AppOptions::standard();
        let secret: Vec<_> = AppOption::ALL
            .iter()
            .filter(|option| options.access(**option) == Access::Secret)
            .map(|option| option.name())
            .collect();
        assert_eq!(
            secret,
            [
                "user_register",
                "user_delete",
                "content_small",
                "content_med",
                "content_large",
                "content_x_large"
            ]
        );
    }

    #[test]
    fn an_option_outside_of_its_range_is_refused() {
        for number in [-1_i64, 3, 256] {
            assert!(serde_json::from_str::<Access>(&number.to_string()).is_err());
        }
    }

    #[test]
    fn only_the_secret_token_passes_a_secret_option() {
        assert!(Access::Secret.allows(TokenClass::Secret) && !Access::Secret.allows(TokenClass::Public));
        assert!(Access::Public.allows(TokenClass::Secret) && Access::Public.allows(TokenClass::Public));
        assert!(!Access::Blocked.allows(TokenClass::Secret) && !Access::Blocked.allows(TokenClass::Public));
    }
}
