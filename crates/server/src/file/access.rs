//! Who may read a file.

use keyfold_protocol::error::ErrorCode;
use keyfold_protocol::id::{AppId, GroupId, UserId};

use super::{Audience, File};
use crate::db::Tx;
use crate::error::ApiError;
use crate::group::access::Caller;

/// Whoever asks, if it says who it is.
#[derive(Debug, Clone)]
pub(crate) struct Reader {
    pub(crate) app: AppId,
    pub(crate) user: Option<UserId>,
    /// The group it acts for.
    pub(crate) via: Option<GroupId>,
    /// Whether the app wants to know who asks.
    pub(crate) require_user: bool,
}

impl Reader {
    /// Passes whoever may be told about the file itself by its plain address: a group's file is reached through its group alone.
    ///
    /// # Errors
    /// 400/521, 401/31.
    pub(crate) fn check_plain(&self, file: &File) -> Result<(), ApiError> {
        match &file.audience {
            Audience::Everybody => self.check_anonymous(),
            Audience::Group(_) => Err(ErrorCode::FileAccess.into()),
            Audience::User(receiver) => self.check_user(file, receiver),
        }
    }

    /// Passes whoever may have the parts. Clients of the published kind do not say who they are when they ask for parts: who knows the
    /// unguessable ids is let through then, unless the app wants otherwise. Who says who it is, is held to the rule of the file.
    ///
    /// # Errors
    /// 400/521, 401/31.
    pub(crate) async fn check_parts(&self, tx: &mut Tx, file: &File) -> Result<(), ApiError> {
        let Some(user) = &self.user else {
            return self.check_anonymous();
        };
        match &file.audience {
            Audience::Everybody => Ok(()),
            Audience::User(receiver) => self.check_user(file, receiver),
            Audience::Group(group) => {
                let caller = Caller {
                    app: self.app.clone(),
                    user: user.clone(),
                    group: group.clone(),
                    via: self.via.clone(),
                };
                match caller.enter(tx).await {
                    Ok(_) => Ok(()),
                    Err(error) if error.code() == ErrorCode::GroupAccess => Err(ErrorCode::FileAccess.into()),
                    Err(error) => Err(error),
                }
            }
        }
    }

    pub(crate) fn is_owner(&self, file: &File) -> bool {
        self.user.as_ref() == Some(&file.owner)
    }

    /// Passes everybody, unless the app wants to know who asks.
    ///
    /// # Errors
    /// 401/31.
    pub(crate) fn check_anonymous(&self) -> Result<(), ApiError> {
        if self.require_user && self.user.is_none() { Err(ErrorCode::JwtMissing.into()) } else { Ok(()) }
    }

    fn check_user(&self, file: &File, receiver: &UserId) -> Result<(), ApiError> {
        if self.is_owner(file) || self.user.as_ref() == Some(receiver) {
            Ok(())
        } else {
            Err(ErrorCode::FileAccess.into())
        }
    }
}

/// Passes a member of `group` who came through that group.
///
/// # Errors
/// 400/521.
pub(crate) fn check_in_group(file: &File, group: &GroupId, user: &UserId) -> Result<(), ApiError> {
    let may = match &file.audience {
        Audience::Everybody => true,
        Audience::Group(target) => target == group,
        Audience::User(receiver) => receiver == user || file.owner == *user,
    };
    if may { Ok(()) } else { Err(ErrorCode::FileAccess.into()) }
}
