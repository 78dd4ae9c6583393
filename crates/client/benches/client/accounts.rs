//! What a user waits for.

use keyfold::Suite;
use keyfold::crypto::password::{self, Cost, DerivedKeys};
use keyfold::crypto::{PrivateKey, SigningKey};
use keyfold::protocol::encoding::ClientRandomValue;

use crate::Outcome;
use crate::effort::{beside, head, row};
use crate::server::{PASSWORD, Server};

/// Enough for the ticks in which the system counts processor time.
const TIMES: u32 = 100;

pub(crate) async fn measure_all(server: &Server) -> Outcome<()> {
    head();
    let client = server.client()?;
    // Device and user have a key pair to encrypt and one to sign each.
    let keys = async |_| {
        generate_pairs()?;
        generate_pairs()?;
        derive()
    };
    let argon2 = async |_| derive();
    let bound = "one Argon2id and four key pairs";
    let prepare = async |_| Ok(drop(client.prepare_register("name", PASSWORD)?));
    row("make the body of a registration", bound, beside(TIMES, keys, prepare).await?);
    let register = async |n| Ok(drop(client.register(&format!("user {n}"), PASSWORD).await?));
    row("register", bound, beside(TIMES, keys, register).await?);
    let log_in = async |n| Ok(drop(client.login_forced(&format!("user {n}"), PASSWORD).await?));
    row("log in", "one Argon2id", beside(TIMES, argon2, log_in).await?);
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
