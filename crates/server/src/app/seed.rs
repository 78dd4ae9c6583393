//! The app of the development profile, with the tokens that the published guides print.

use keyfold_protocol::app::{AppOptions, FileOptions, GroupOptions};
use keyfold_protocol::error::ErrorCode;
use keyfold_protocol::id::AppId;

use super::{AppTokens, NewApp, Owner, PreparedApp, hash_token, store};
use crate::db::Db;
use crate::error::ApiError;
use crate::random;
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
    let exists = db.read(public_hash, |tx, hash| {
        Box::pin(async move { Ok(store::apps::token_exists(tx, hash).await?) })
    });
    if exists.await? {
        return Ok(());
    }
    let new = NewApp {
        name: "Development".into(),
        options: AppOptions::lax(),
        file_options: FileOptions::server_storage(),
        group_options: GroupOptions::default(),
    };
    let tokens = AppTokens::fixed(DEVELOPMENT_PUBLIC_TOKEN, DEVELOPMENT_SECRET_TOKEN)?;
    let id = AppId::from(random::ordered_id());
    let prepared = PreparedApp::with_tokens(root_key, id, new, Owner::Operator, &tokens)?;
    match db.write((prepared, now), |tx, (prepared, now)| Box::pin(prepared.insert(tx, *now))).await {
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
    db.read(hash, |tx, hash| Box::pin(async move { Ok(store::apps::token_exists(tx, hash).await?) })).await
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
