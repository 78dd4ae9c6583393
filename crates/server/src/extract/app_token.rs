//! The app token, and what the options of its app allow.

use std::marker::PhantomData;
use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use keyfold_protocol::APP_TOKEN_HEADER;
use keyfold_protocol::app::{Access, AppOptions, TokenClass};
use keyfold_protocol::error::ErrorCode;

use crate::app::{App, hash_token};
use crate::error::ApiError;
use crate::state::AppState;

/// The app of the request, and which of its tokens was sent.
#[derive(Debug, Clone)]
pub struct AppToken {
    /// The app.
    pub app: Arc<App>,
    /// Public or secret.
    pub class: TokenClass,
}

impl FromRequestParts<AppState> for AppToken {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, ApiError> {
        if let Some(known) = parts.extensions.get::<Self>() {
            return Ok(known.clone());
        }
        let header = parts.headers.get(APP_TOKEN_HEADER).ok_or(ErrorCode::AppTokenMissing)?;
        let token = header.to_str().map_err(|_| ErrorCode::AppTokenFormat)?;
        let (app, class) = state.apps.find(&state.db, hash_token(token)?).await?;
        let found = Self { app, class };
        parts.extensions.insert(found.clone());
        Ok(found)
    }
}

/// Passes when the app's options open the endpoint to the token that was sent; else 400/203.
pub struct Allow<G>(PhantomData<G>);

/// Names the option that governs an endpoint; see [`gate`].
pub trait Gate: Send {
    /// What the app has set.
    fn access(options: &AppOptions) -> Access;
}

impl<G: Gate> FromRequestParts<AppState> for Allow<G> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, ApiError> {
        let AppToken { app, class } = AppToken::from_request_parts(parts, state).await?;
        if G::access(&app.options).allows(class) {
            Ok(Self(PhantomData))
        } else {
            Err(ErrorCode::NoAccess.into())
        }
    }
}

/// One type for each option, named as in [`keyfold_protocol::app::AppOption`].
pub mod gate {
    use super::{Access, AppOptions, Gate};

    /// Endpoints for an app's own backend: the secret token, whatever the options say.
    pub struct SecretOnly;

    impl Gate for SecretOnly {
        fn access(_: &AppOptions) -> Access {
            Access::Secret
        }
    }

    macro_rules! gates {
        ($($name:ident $field:ident),* $(,)?) => {$(
            #[doc = concat!("The option `", stringify!($field), "`.")]
            pub struct $name;

            impl Gate for $name {
                fn access(options: &AppOptions) -> Access {
                    options.$field
                }
            }
        )*};
    }

    gates! {
        GroupCreate group_create, GroupGet group_get, GroupUserKeys group_user_keys,
        GroupUserUpdateCheck group_user_update_check, GroupInvite group_invite, GroupRejectInvite group_reject_invite,
        GroupAcceptInvite group_accept_invite, GroupJoinReq group_join_req, GroupAcceptJoinReq group_accept_join_req,
        GroupRejectJoinReq group_reject_join_req, GroupKeyRotation group_key_rotation, GroupUserDelete group_user_delete,
        GroupDelete group_delete, GroupLeave group_leave, GroupChangeRank group_change_rank, UserExists user_exists,
        UserRegister user_register, UserDelete user_delete, UserUpdate user_update,
        UserChangePassword user_change_password, UserResetPassword user_reset_password,
        UserPrepareLogin user_prepare_login, UserDoneLogin user_done_login, UserPublicData user_public_data,
        UserJwtRefresh user_jwt_refresh, KeyRegister key_register, KeyGet key_get, GroupAutoInvite group_auto_invite,
        GroupList group_list, FileRegister file_register, FilePartUpload file_part_upload, FileGet file_get,
        FilePartDownload file_part_download, UserDeviceRegister user_device_register,
        UserDeviceDelete user_device_delete, UserDeviceList user_device_list, GroupInviteStop group_invite_stop,
        UserKeyUpdate user_key_update, FileDelete file_delete, UserRegisterOtp user_register_otp,
        UserResetOtp user_reset_otp, UserDisableOtp user_disable_otp,
        UserGetOtpRecoveryKeys user_get_otp_recovery_keys,
    }
}
