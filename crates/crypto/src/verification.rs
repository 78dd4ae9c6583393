//! How the signature of a content, a file part or a group key is treated.

use crate::VerifyingKey;

/// What to do about a signature.
///
/// [`Check`](Self::Check) alone does not protect against a signature that is simply left out; where the application knows
/// that there must be one, use [`Require`](Self::Require).
#[derive(Debug, Clone, Copy)]
pub enum Verification<'a> {
    /// A signature is neither needed nor checked.
    Ignore,
    /// A signature that is there must be one of this key.
    Check(&'a VerifyingKey),
    /// There must be a signature, and it must be one of this key.
    Require(&'a VerifyingKey),
}

impl<'a> Verification<'a> {
    pub(crate) fn key(self) -> Option<&'a VerifyingKey> {
        match self {
            Self::Ignore => None,
            Self::Check(key) | Self::Require(key) => Some(key),
        }
    }

    pub(crate) fn is_required(self) -> bool {
        matches!(self, Self::Require(_))
    }
}
