//! People in groups: ranks, invitations, child groups, new keys, signatures, search.
//!
//! ```text
//! cargo run -p keyfold --example groups
//! ```

#![allow(clippy::print_stdout, reason = "an example talks to whoever runs it")]

use std::error::Error;

use keyfold::{Client, DecryptOptions, EncryptOptions, User};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    run("http://127.0.0.1:3002", "5zMb6zs3dEM62n+FxjBilFPp+j9e7YUFA+7pi6Hi").await
}

/// Everything, against the server at `url`.
pub(crate) async fn run(url: &str, app_token: &str) -> Result<(), Box<dyn Error>> {
    let (alice, bob) = (new_user(url, app_token).await?, new_user(url, app_token).await?);
    let group = alice.group(&alice.create_signed_group().await?).await?;

    // Bob is asked, and accepts. With rank 2 he may invite others.
    group.invite(bob.id(), Some(2)).await?;
    for invitation in bob.group_invitations().all().await? {
        bob.accept_invitation(&invitation.group_id).await?;
    }
    // Another one he declines.
    let other = alice.group(&alice.create_group().await?).await?;
    other.invite(bob.id(), None).await?;
    bob.reject_invitation(other.id()).await?;
    other.delete().await?;
    let bobs = bob.group(group.id()).await?;
    println!("Bob has rank {} in group {}", bobs.rank(), group.id());

    // Who is in the parent is in the child.
    let child = group.child(&group.create_child().await?).await?;
    let text = child.encrypt_string_with("for the project", EncryptOptions::new().signed())?;
    let by_alice = DecryptOptions::new().signed_by(alice.id());
    println!("Bob reads: {}", bob.group(child.id()).await?.decrypt_string_with(&text, by_alice).await?);

    // The server keeps hashes by which it finds texts that it cannot read.
    let hashes = group.search_key().await?.prefixes("hello", None)?.hashes;
    println!("found: {}", hashes.contains(&bobs.search_key().await?.query("hel")));

    // New keys: the server prepares them for each member, and each takes them over by itself, or by hand as soon as they are there.
    group.rotate_keys_signed().await?;
    bobs.finish_key_rotation().await?;
    println!("Alice encrypts with {} now, and Bob with {}", group.newest_key_id()?, bobs.newest_key_id()?);
    // A member that lacks keys, because an invitation broke off in the middle, gets all of them again.
    group.re_invite(bob.id()).await?;

    // Somebody leaves: what is written from now on is not for him.
    group.kick(&bob.id().into()).await?;
    group.rotate_keys().await?;
    println!("{} member is left beside Alice", group.members().all().await?.len());
    group.delete().await?;
    Ok(())
}

async fn new_user(url: &str, app_token: &str) -> Result<User, Box<dyn Error>> {
    let client = Client::builder(app_token).base_url(url).build()?;
    let (identifier, password) = Client::generate_register_data()?;
    client.register(&identifier, &password).await?;
    Ok(client.login_forced(&identifier, &password).await?)
}
