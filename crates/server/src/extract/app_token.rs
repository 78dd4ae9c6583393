//! The app token, and what the options of its app allow.

use std::marker::PhantomData;
use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use keyfold_protocol::APP_TOKEN_HEADER;
use keyfold_protocol::app::{Access, AppOptions, TokenClass};
use keyfold_protocol::error::ErrorCode;

use crate::app::{App, hash_token};
use crate::endpoint::{Demand, Governed, Identity, Operation};
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
    /// The option, if there is one.
    const GOVERNED: Governed;

    /// What the app has set.
    fn access(options: &AppOptions) -> Access {
        match Self::GOVERNED {
            Governed::Free => Access::Public,
            Governed::SecretOnly => Access::Secret,
            Governed::By(option) => options.access(option),
        }
    }
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

impl Demand for AppToken {
    fn describe(operation: &mut Operation) {
        operation.needs(Identity::App);
        operation.can_refuse(&[
            ErrorCode::AppTokenMissing,
            ErrorCode::AppTokenFormat,
            ErrorCode::AppNotFound,
            ErrorCode::AppDisabled,
        ]);
    }
}

impl<G: Gate> Demand for Allow<G> {
    fn describe(operation: &mut Operation) {
        AppToken::describe(operation);
        operation.governed = G::GOVERNED;
        operation.can_refuse(&[ErrorCode::NoAccess]);
    }
}

/// One type for each option, named as in [`keyfold_protocol::app::AppOption`].
pub mod gate {
    use keyfold_protocol::app::AppOption;

    use super::{Gate, Governed};

    /// Endpoints for an app's own backend: the secret token, whatever the options say.
    pub struct SecretOnly;

    impl Gate for SecretOnly {
        const GOVERNED: Governed = Governed::SecretOnly;
    }

    macro_rules! gates {
        ($($option:ident),* $(,)?) => {$(
            #[doc = concat!("The option [`AppOption::", stringify!($option), "`].")]
            pub struct $option;

            impl Gate for $option {
                const GOVERNED: Governed = Governed::By(AppOption::$option);
            }
        )*};
    }

    gates! {
        GroupCreate, GroupGet, GroupUserKeys,
        GroupUserUpdateCheck, GroupInvite, GroupRejectInvite,
        GroupAcceptInvite, GroupJoinReq, GroupAcceptJoinReq,
        GroupRejectJoinReq, GroupKeyRotation, GroupUserDelete,
        GroupDelete, GroupLeave, GroupChangeRank, UserExists,
        UserRegister, UserDelete, UserUpdate,
        UserChangePassword, UserResetPassword,
        UserPrepareLogin, UserDoneLogin, UserPublicData,
        UserJwtRefresh, KeyRegister, KeyGet, GroupAutoInvite,
        GroupList, FileRegister, FilePartUpload, FileGet,
        FilePartDownload, UserDeviceRegister,
        UserDeviceDelete, UserDeviceList, GroupInviteStop,
        UserKeyUpdate, FileDelete, UserRegisterOtp,
        UserResetOtp, UserDisableOtp,
        UserGetOtpRecoveryKeys,
    }
}
