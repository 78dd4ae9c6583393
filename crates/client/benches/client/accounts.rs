//! What a user waits for.

use keyfold::Suite;
use keyfold::crypto::password::{self, Cost, DerivedKeys};
use keyfold::crypto::{PrivateKey, PublicKey, SigningKey};
use keyfold::protocol::encoding::ClientRandomValue;

use crate::Outcome;
use crate::effort::{beside, head, row};
use crate::server::{PASSWORD, Server};

const TIMES: u32 = 100;

pub(crate) async fn measure_all(server: &Server) -> Outcome<()> {
    head();
    let client = server.client()?;
    let argon2 = async |_| derive();
    let keys = async |_| {
        generate_pairs()?;
        derive()
    };
    // The user's public key is signed, and the user's keys are encrypted to the device.
    let all = async |_| {
        let (public_key, sign_key) = generate_pairs()?;
        sign_key.sign_attached(&[7; 1216])?;
        public_key.encrypt(&[7; 32])?;
        derive()
    };
    let bound = "one Argon2id and four key pairs";
    let prepare = async |_| Ok(drop(client.prepare_register("name", PASSWORD)?));
    row("make the body of a registration", bound, beside(TIMES, keys, prepare).await?);
    let register = async |n| Ok(drop(client.register(&format!("user {n}"), PASSWORD).await?));
    row("register", bound, beside(TIMES, keys, register).await?);
    let bound = "these, a signature and a hybrid encryption";
    let register = async |n| Ok(drop(client.register(&format!("user {n} again"), PASSWORD).await?));
    row("register", bound, beside(TIMES, all, register).await?);

    let log_in = async |n| Ok(drop(client.login_forced(&format!("user {n}"), PASSWORD).await?));
    row("log in", "one Argon2id", beside(TIMES, argon2, log_in).await?);
    let (private_key, public_key) = PrivateKey::generate(&Suite::default(), "id")?;
    let sealed = public_key.encrypt(&[7; 32])?;
    // The challenge, and the user's keys.
    let all = async |_| {
        private_key.decrypt(&sealed)?;
        private_key.decrypt(&sealed)?;
        derive()
    };
    let bound = "the same and two hybrid decryptions";
    let log_in = async |n| Ok(drop(client.login_forced(&format!("user {n} again"), PASSWORD).await?));
    row("log in", bound, beside(TIMES, all, log_in).await?);
    Ok(())
}

fn derive() -> Outcome<()> {
    let salt = password::salt(&ClientRandomValue::new([7; 16]), "");
    Ok(drop(DerivedKeys::derive(PASSWORD, &salt, "ARGON-2-SHA256", Cost::CURRENT)?))
}

/// Device and user have a key pair to encrypt and one to sign each.
fn generate_pairs() -> Outcome<(PublicKey, SigningKey)> {
    let suite = Suite::default();
    PrivateKey::generate(&suite, "id")?;
    SigningKey::generate(&suite, "id")?;
    Ok((PrivateKey::generate(&suite, "id")?.1, SigningKey::generate(&suite, "id")?.0))
}
