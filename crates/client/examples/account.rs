//! An account: a second device, a second factor, another password, an end.
//!
//! ```text
//! cargo run -p keyfold --example account
//! ```

#![allow(clippy::print_stdout, reason = "an example talks to whoever runs it")]

use std::error::Error;

use keyfold::{Client, Login, Mfa, User};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    run("http://127.0.0.1:3002", "5zMb6zs3dEM62n+FxjBilFPp+j9e7YUFA+7pi6Hi").await
}

/// Everything, against the server at `url`.
pub(crate) async fn run(url: &str, app_token: &str) -> Result<(), Box<dyn Error>> {
    let laptop = Client::builder(app_token).base_url(url).build()?;
    // A name and a password that nobody has to remember are as good as those of a person.
    let (identifier, password) = Client::generate_register_data()?;
    println!("{identifier} is free: {}", laptop.is_identifier_available(&identifier).await?);
    laptop.register(&identifier, &password).await?;
    let user = laptop.login_forced(&identifier, &password).await?;
    // The client remembers who is logged in. With a storage on disk it does so after a restart, too: `restore` also renews the session.
    println!("{} is still logged in: {}", user.identifier(), laptop.current_user().await?.is_some());

    // The phone asks to be added, the laptop adds it. The text between them could be a QR code.
    let phone = Client::builder(app_token).base_url(url).build()?;
    let (phone_name, phone_password) = Client::generate_register_data()?;
    let request = phone.register_device_start(&phone_name, &phone_password).await?;
    user.register_device(&request).await?;
    let on_phone = phone.login_forced(&phone_name, &phone_password).await?;
    println!("user {} has {} devices", user.id(), user.devices().all().await?.len());

    // A second factor counts for all devices.
    let secret = user.register_otp(&password, Mfa::None).await?;
    let keys = secret.recovery_keys();
    println!(
        "the QR code for the authenticator app has {} characters; to be typed in: {}",
        secret.url("My app", &identifier).len(),
        secret.secret()
    );
    log_in_with_recovery_key(&phone, &phone_name, &phone_password, keys[0]).await?;
    println!(
        "{} recovery keys are left",
        user.otp_recovery_keys(&password, Mfa::RecoveryKey(keys[1])).await?.len()
    );
    // The authenticator app was lost: a new secret with new recovery keys. Then without a second factor again.
    let new = user.reset_otp(&password, Mfa::RecoveryKey(keys[2])).await?;
    user.disable_otp(&password, Mfa::RecoveryKey(new.recovery_keys()[0])).await?;
    println!("a second factor is asked for: {}", user.has_mfa());

    // Passwords belong to devices. Whoever forgot one resets it on a device that is logged in.
    user.change_password(&password, "a better password", Mfa::None).await?;
    user.reset_password("the best password").await?;
    user.update_identifier(&format!("{identifier} (laptop)")).await?;

    user.delete_device("the best password", on_phone.device_id(), Mfa::None).await?;
    user.log_out().await?;
    let user = laptop.login_forced(&format!("{identifier} (laptop)"), "the best password").await?;
    user.delete("the best password", Mfa::None).await?;
    // Nothing of anybody stays on this machine.
    laptop.clear_storage().await?;
    Ok(())
}

async fn log_in_with_recovery_key(
    client: &Client,
    identifier: &str,
    password: &str,
    recovery_key: &str,
) -> Result<User, Box<dyn Error>> {
    match client.login(identifier, password).await? {
        Login::User(_) => Err("there is a second factor".into()),
        // Usually `pending.with_totp(code)`, with the code of the authenticator app.
        Login::Mfa(pending) => Ok(pending.with_recovery_key(recovery_key).await?),
    }
}
