//! What a user waits for.

use keyfold::Suite;
use keyfold::crypto::password::{self, Cost, DerivedKeys};
use keyfold::crypto::{PrivateKey, PublicKey, SigningKey};
use keyfold::protocol::encoding::ClientRandomValue;

use crate::Outcome;
use crate::effort::{beside, head, row};
use crate::exchange::{Bare, with_text};
use crate::server::{PASSWORD, Server};

const TURNS: u32 = 100;

pub(crate) async fn measure_all(server: &Server) -> Outcome<()> {
    head();
    let client = server.client()?;
    let (recorded, recorder) = server.recorded()?;
    let bare = Bare::default();

    let keys = async |_| {
        generate_pairs()?;
        derive()
    };
    let bound = "one Argon2id and four key pairs";
    let prepare = async |_| Ok(drop(client.prepare_register("name", PASSWORD)?));
    row("make the body of a registration", bound, beside(TURNS, 1, keys, prepare).await?);
    let register = async |n| Ok(drop(client.register(&format!("user {n}"), PASSWORD).await?));
    row("register", bound, beside(TURNS, 1, keys, register).await?);

    recorded.register("recorded", PASSWORD).await?;
    let sent = recorder.take();
    let registration = sent.first().ok_or("nothing was sent")?;
    let others = (0..TURNS).map(|n| with_text(registration, "recorded", &format!("another {n}")));
    let others = others.collect::<Outcome<Vec<_>>>()?;
    // The user's public key is signed, and the user's keys are encrypted to the device.
    let all = async |n: usize| {
        let (public_key, sign_key) = generate_pairs()?;
        sign_key.sign_attached(&[7; 1216])?;
        public_key.encrypt(&[7; 32])?;
        derive()?;
        bare.send(&others[n]).await
    };
    let bound = "these, a signature, a hybrid encryption, and a bare request of the same bytes";
    let register = async |n| Ok(drop(client.register(&format!("user {n} again"), PASSWORD).await?));
    row("register", bound, beside(TURNS, 1, all, register).await?);

    let argon2 = async |_| derive();
    let log_in = async |n| Ok(drop(client.login_forced(&format!("user {n}"), PASSWORD).await?));
    row("log in", "one Argon2id", beside(TURNS, 1, argon2, log_in).await?);

    recorded.login_forced("recorded", PASSWORD).await?;
    let sent = recorder.take();
    let [prepare, done, _] = sent.as_slice() else { return Err("a login is three requests".into()) };
    let (private_key, public_key) = PrivateKey::generate(&Suite::default(), "id")?;
    let sealed = public_key.encrypt(&[7; 32])?;
    // The challenge, and the user's keys.
    let all = async |_| {
        bare.send(prepare).await?;
        derive()?;
        bare.send(done).await?;
        private_key.decrypt(&sealed)?;
        // The third cannot be sent twice. The second has as much in its answer: keys of the device in place of those of the user.
        bare.send(done).await?;
        Ok(drop(private_key.decrypt(&sealed)?))
    };
    let bound = "the same, two hybrid decryptions, and three bare requests";
    let log_in = async |n| Ok(drop(client.login_forced(&format!("user {n} again"), PASSWORD).await?));
    row("log in", bound, beside(TURNS, 1, all, log_in).await?);
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
