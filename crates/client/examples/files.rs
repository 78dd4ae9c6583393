//! A file for a group: up, down, under another name, away.
//!
//! ```text
//! cargo run -p keyfold --example files
//! ```

#![allow(clippy::print_stdout, reason = "an example talks to whoever runs it")]

use std::error::Error;

use keyfold::{Client, ClientBuilder};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    run(Client::builder("5zMb6zs3dEM62n+FxjBilFPp+j9e7YUFA+7pi6Hi").base_url("http://127.0.0.1:3002")).await
}

/// Everything, with a client for any server that stores files.
pub(crate) async fn run(client: ClientBuilder) -> Result<(), Box<dyn Error>> {
    let client = client.build()?;
    let (identifier, password) = Client::generate_register_data()?;
    client.register(&identifier, &password).await?;
    let user = client.login_forced(&identifier, &password).await?;
    let group = user.group(&user.create_group().await?).await?;

    let report = |progress: keyfold::Progress| println!("{} bytes are through", progress.bytes);
    let data = vec![7; 5_000_000];
    let id = group.new_file().name("sevens.bin").signed().on_progress(report).upload_bytes(&data).await?;

    let file = group.file(&id).await?;
    println!("{:?} was uploaded by {}", file.name(), file.owner());
    let folder = std::env::temp_dir().join(format!("keyfold-{id}"));
    std::fs::create_dir_all(&folder)?;
    let path = file.download().signed_by(user.id()).expect_size(5_000_000).to_folder(&folder).await?;
    println!("downloaded to {}", path.display());
    std::fs::remove_dir_all(&folder)?;

    file.rename(Some("many sevens.bin")).await?;
    file.delete().await?;
    Ok(())
}
