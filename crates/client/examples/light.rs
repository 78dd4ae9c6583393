//! Users and groups without encryption: for what needs accounts and ranks only.
//!
//! ```text
//! cargo run -p keyfold --example light
//! ```

#![allow(clippy::print_stdout, reason = "an example talks to whoever runs it")]

use std::error::Error;

use keyfold::{Client, User};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    run("http://127.0.0.1:3002", "5zMb6zs3dEM62n+FxjBilFPp+j9e7YUFA+7pi6Hi").await
}

/// Everything, against the server at `url`.
pub(crate) async fn run(url: &str, app_token: &str) -> Result<(), Box<dyn Error>> {
    let (alice, bob) = (new_user(url, app_token).await?, new_user(url, app_token).await?);
    let group = alice.group(&alice.create_group().await?).await?;
    group.invite_auto(bob.id(), Some(3)).await?;
    println!("Bob has rank {}", bob.group(group.id()).await?.rank());
    // The app's backend checks this token, and asks the server for the rank.
    println!("Bob shows a token of {} bytes", bob.jwt().await?.expose().len());
    group.delete().await?;
    Ok(())
}

async fn new_user(url: &str, app_token: &str) -> Result<User, Box<dyn Error>> {
    let client = Client::builder(app_token).base_url(url).light().build()?;
    let (identifier, password) = Client::generate_register_data()?;
    client.register(&identifier, &password).await?;
    Ok(client.login_forced(&identifier, &password).await?)
}
