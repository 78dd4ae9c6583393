//! A server that finds and sorts what it cannot read.
//!
//! ```text
//! cargo run -p keyfold --example search
//! ```

#![allow(clippy::print_stdout, reason = "an example talks to whoever runs it")]

use std::error::Error;

use keyfold::Client;
use keyfold::crypto::sortable::NonAscii;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    run("http://127.0.0.1:3002", "5zMb6zs3dEM62n+FxjBilFPp+j9e7YUFA+7pi6Hi").await
}

/// What an app's database keeps of a person.
struct Row {
    name: String,
    hashes: Vec<String>,
    by_name: u64,
    by_age: u64,
}

/// Everything, against the server at `url`.
pub(crate) async fn run(url: &str, app_token: &str) -> Result<(), Box<dyn Error>> {
    let client = Client::builder(app_token).base_url(url).build()?;
    let (identifier, password) = Client::generate_register_data()?;
    client.register(&identifier, &password).await?;
    let user = client.login_forced(&identifier, &password).await?;
    let group = user.group(&user.create_group().await?).await?;
    // The same for all members of the group, also after a key rotation.
    let (search, sort) = (group.search_key().await?, group.sort_key().await?);

    let mut rows = Vec::new();
    for (name, age) in [("Carol", 25), ("Alice", 52), ("Bert", 33)] {
        rows.push(Row {
            name: group.encrypt_string(name)?,
            hashes: search.prefixes(name, None)?.hashes,
            by_name: sort.encrypt_text(name, None, NonAscii::Refuse)?.number,
            by_age: sort.encrypt_number(age)?.number,
        });
    }

    // The database looks for a hash: everybody whose name begins with these letters.
    let wanted = search.query("Al");
    for row in rows.iter().filter(|row| row.hashes.contains(&wanted)) {
        println!("found {}", group.decrypt_string(&row.name).await?);
    }
    rows.sort_by_key(|row| row.by_age);
    println!("the youngest is {}", group.decrypt_string(&rows[0].name).await?);
    rows.sort_by_key(|row| row.by_name);
    println!("the first of the alphabet is {}", group.decrypt_string(&rows[0].name).await?);
    // What the hashes show to whoever has the database: which texts begin alike, and how long they are.
    println!("{} hashes were kept", rows.iter().map(|row| row.hashes.len()).sum::<usize>());
    group.delete().await?;
    Ok(())
}
