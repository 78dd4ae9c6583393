//! Two people make sure that nobody is in between.
//!
//! ```text
//! cargo run -p keyfold --example trust
//! ```

#![allow(clippy::print_stdout, reason = "an example talks to whoever runs it")]

use std::error::Error;

use keyfold::{Client, ClientBuilder, KeyChange, Strength, User};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    run("http://127.0.0.1:3002", "5zMb6zs3dEM62n+FxjBilFPp+j9e7YUFA+7pi6Hi").await
}

/// Everything, against the server at `url`.
pub(crate) async fn run(url: &str, app_token: &str) -> Result<(), Box<dyn Error>> {
    let builder = || Client::builder(app_token).base_url(url);
    let alice = new_user(builder()).await?;
    // Bob's client insists on signed public keys, and on keys that withstand quantum computers, whatever the server hands out. It
    // tells when somebody has a new key: an app shows that in the conversation.
    let news = |change: &KeyChange| println!("{} has the new key {}", change.user_id, change.key_id);
    let strict = builder().require_signatures().minimum_algorithm(Strength::Hybrid).on_key_change(news);
    let bob = new_user(strict).await?;

    // Is Alice's public key signed by the verify key that came with it?
    let key = bob.client().public_key(alice.id()).await?;
    println!("the public key of Alice is signed by her: {}", bob.client().verify_public_key(&key).await?);

    // Both see the same number, and one reads it to the other.
    let told = alice.safety_number(Some((bob.id(), &bob.newest_key_id()?))).await?;
    let equal = bob.verify_safety_number(alice.id(), &alice.newest_key_id()?, &told).await?;
    println!("the numbers are equal: {equal}");

    // From now on Bob's client does not take another key for Alice's unseen.
    alice.rotate_keys().await?;
    let new_key = alice.newest_key_id()?;
    match bob.client().verify_key(alice.id(), &new_key).await {
        Err(keyfold::Error::VerifyKeyChanged(_)) => println!("Alice has a new key"),
        other => return Err(format!("{:?}", other.map(|_| ())).into()),
    }
    bob.client().accept_verify_key(alice.id(), &new_key).await?;
    for key in bob.client().known_verify_keys(alice.id()).await? {
        println!("{} since {}, verified: {}", key.key_id, key.first_seen, key.verified_at.is_some());
    }
    Ok(())
}

async fn new_user(builder: ClientBuilder) -> Result<User, Box<dyn Error>> {
    let client = builder.build()?;
    let (identifier, password) = Client::generate_register_data()?;
    client.register(&identifier, &password).await?;
    Ok(client.login_forced(&identifier, &password).await?)
}
