//! What a user waits for.

use keyfold::Suite;
use keyfold::crypto::password::{self, Cost, DerivedKeys};
use keyfold::crypto::{PrivateKey, SigningKey};
use keyfold::protocol::encoding::ClientRandomValue;

use crate::Outcome;
use crate::effort::{head, measure, row};
use crate::server::{PASSWORD, Server};

/// Enough for the ticks in which the system counts processor time.
const TIMES: u32 = 100;

pub(crate) async fn measure_all(server: &Server) -> Outcome<()> {
    head("accounts");
    let argon2 = measure(TIMES, async |_| derive()).await?;
    row("one Argon2id", argon2, None);
    // Device and user have a key pair to encrypt and one to sign each.
    let registration = measure(TIMES, async |_| {
        generate_pairs()?;
        generate_pairs()?;
        derive()
    })
    .await?;
    row("one Argon2id and four key pairs", registration, None);

    let client = server.client()?;
    let prepared = measure(TIMES, async |_| Ok(drop(client.prepare_register("name", PASSWORD)?))).await?;
    row("make the body of a registration", prepared, Some(registration));
    let registered =
        measure(TIMES, async |n| Ok(drop(client.register(&format!("user {n}"), PASSWORD).await?))).await?;
    row("register", registered, Some(registration));
    let logged_in =
        measure(TIMES, async |n| Ok(drop(client.login_forced(&format!("user {n}"), PASSWORD).await?)))
            .await?;
    row("log in, beside one Argon2id", logged_in, Some(argon2));
    Ok(())
}

fn derive() -> Outcome<()> {
    let salt = password::salt(&ClientRandomValue::new([7; 16]), "");
    Ok(drop(DerivedKeys::derive(PASSWORD, &salt, "ARGON-2-SHA256", Cost::CURRENT)?))
}

fn generate_pairs() -> Outcome<()> {
    PrivateKey::generate(&Suite::default(), "id")?;
    SigningKey::generate(&Suite::default(), "id")?;
    Ok(())
}
