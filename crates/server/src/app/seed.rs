//! The app of the development profile, with the tokens that the published guides print.

use keyfold_protocol::app::{AppOptions, FileOptions, GroupOptions};
use keyfold_protocol::encoding::SecretText;
use keyfold_protocol::error::ErrorCode;

use super::{NewApp, Tokens, create_with_tokens, hash_token, store};
use crate::db::Db;
use crate::error::ApiError;
use crate::root_key::RootKey;

/// Public token of the development app.
pub const DEVELOPMENT_PUBLIC_TOKEN: &str = "5zMb6zs3dEM62n+FxjBilFPp+j9e7YUFA+7pi6Hi";

/// Secret token of the development app. Known to everyone who reads the guides: never for real data.
pub const DEVELOPMENT_SECRET_TOKEN: &str =
    "BNM76kOdUSVBGV8iBNRRnjMXNwv5hpGlaUDZhE5aKPGh1U0aa6uYxMUMtd2AHjj6OmQ=";

/// Creates the development app if it is missing: every endpoint open to the public token, files on this server.
///
/// # Errors
/// When the database fails.
pub async fn seed_development_app(db: &Db, root_key: &RootKey, now: u64) -> Result<(), ApiError> {
    let public_hash = hash_token(DEVELOPMENT_PUBLIC_TOKEN)?;
    let exists =
        db.read(public_hash, |tx, hash| Box::pin(async move { Ok(store::token_exists(tx, hash).await?) }));
    if exists.await? {
        return Ok(());
    }
    let new = NewApp {
        name: "Development".into(),
        options: AppOptions::lax(),
        file_options: FileOptions::server_storage(),
        group_options: GroupOptions::default(),
    };
    let tokens = Tokens {
        public: SecretText::new(DEVELOPMENT_PUBLIC_TOKEN),
        secret: SecretText::new(DEVELOPMENT_SECRET_TOKEN),
        public_hash,
        secret_hash: hash_token(DEVELOPMENT_SECRET_TOKEN)?,
    };
    match create_with_tokens(db, root_key, now, new, tokens).await {
        // Another server on the same database was faster.
        Err(error)
            if error.code() == ErrorCode::DatabaseExecute && seeded_meanwhile(db, public_hash).await? =>
        {
            Ok(())
        }
        outcome => outcome.map(drop),
    }
}

async fn seeded_meanwhile(db: &Db, hash: [u8; 32]) -> Result<bool, ApiError> {
    db.read(hash, |tx, hash| Box::pin(async move { Ok(store::token_exists(tx, hash).await?) })).await
}

#[cfg(test)]
mod tests {
    use base64ct::{Base64, Encoding};

    use super::*;

    #[test]
    fn the_fixed_tokens_have_the_documented_lengths() {
        assert_eq!(
            Base64::decode_vec(DEVELOPMENT_PUBLIC_TOKEN).unwrap().len(),
            super::super::PUBLIC_TOKEN_BYTES
        );
        assert_eq!(
            Base64::decode_vec(DEVELOPMENT_SECRET_TOKEN).unwrap().len(),
            super::super::SECRET_TOKEN_BYTES
        );
    }
}
