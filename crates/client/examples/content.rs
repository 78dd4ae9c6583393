//! Contents: texts and bytes, for groups and for one user, signed, bound to what they belong to, and under keys of the app's own.
//!
//! ```text
//! cargo run -p keyfold --example content
//! ```

#![allow(clippy::print_stdout, reason = "an example talks to whoever runs it")]

use std::error::Error;

use keyfold::crypto::Verification;
use keyfold::{Client, DecryptOptions, EncryptOptions, GeneratedKey, Group, StoredKeyId, User};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    run("http://127.0.0.1:3002", "5zMb6zs3dEM62n+FxjBilFPp+j9e7YUFA+7pi6Hi").await
}

/// Everything, against the server at `url`.
pub(crate) async fn run(url: &str, app_token: &str) -> Result<(), Box<dyn Error>> {
    let (alice, bob) = (new_user(url, app_token).await?, new_user(url, app_token).await?);
    let group = alice.group(&alice.create_group().await?).await?;
    group.invite_auto(bob.id(), None).await?;
    let bobs = bob.group(group.id()).await?;

    for_a_group(&group, &bobs).await?;
    for_one_user(&alice, &bob).await?;
    under_keys_of_the_app(&alice, &bob, &group, &bobs).await?;
    group.delete().await?;
    Ok(())
}

async fn for_a_group(alices: &Group, bobs: &Group) -> Result<(), Box<dyn Error>> {
    // Encrypting sends nothing: the group's keys are here. The key's id goes along, so that the readers know which one it was.
    let text = alices.encrypt_string("a text")?;
    let bytes = alices.encrypt(b"bytes")?;
    // Decrypting may have to fetch a key that was made meanwhile.
    println!("Bob reads {:?}", bobs.decrypt_string(&text).await?);
    println!("Bob reads {:?}", bobs.decrypt(&bytes).await?);
    // Where nobody can wait, for example while a list is drawn, only the keys that are loaded count.
    println!("Bob reads {:?}, at once", bobs.decrypt_string_sync(&text)?);
    println!("Bob reads {:?}, at once", bobs.decrypt_sync(&bytes)?);

    // Signed: the reader says who must have written it.
    let signed = alices.encrypt_string_with("by Alice", EncryptOptions::new().signed())?;
    let by_alice = DecryptOptions::new().signed_by(alices.user().id());
    println!("Bob reads {:?}, and knows by whom it is", bobs.decrypt_string_with(&signed, by_alice).await?);
    match bobs.decrypt_string_with(&text, by_alice).await {
        Err(error) => println!("the text without a signature is refused: {}", error.code()),
        Ok(_) => return Err("nobody has signed this".into()),
    }

    // Bound to its place: whoever moves it to another row of the database gets an error instead of a wrong salary.
    let salary = alices.encrypt_with(b"5000", EncryptOptions::new().aad(b"salary of person 17"))?;
    let of = |row| DecryptOptions::new().aad(row);
    println!("person 17 gets {:?}", bobs.decrypt_with(&salary, of(b"salary of person 17")).await?);
    match bobs.decrypt_with(&salary, of(b"salary of person 18")).await {
        Err(error) => println!("in the row of person 18 it is refused: {}", error.code()),
        Ok(_) => return Err("this is the salary of somebody else".into()),
    }

    // Head and payload apart, for a database that has a column for each: which key it was can be read without the payload.
    let raw = alices.encrypt_raw(b"a long content", EncryptOptions::new())?;
    println!("the payload of {} bytes needs the key {}", raw.payload.len(), raw.head.id);
    bobs.decrypt_raw(&raw.head, &raw.payload, DecryptOptions::new()).await?;
    bobs.decrypt_raw_sync(&raw.head, &raw.payload, DecryptOptions::new())?;
    Ok(())
}

async fn for_one_user(alice: &User, bob: &User) -> Result<(), Box<dyn Error>> {
    // With Bob's public key, which is fetched and remembered. Not even Alice can read it afterwards.
    let letter = alice.encrypt_string("for Bob alone", bob.id()).await?;
    println!("Bob reads {:?}", bob.decrypt_string(&letter).await?);
    if let Err(error) = alice.decrypt_string(&letter).await {
        println!("Alice cannot any more: {}", error.code());
    }
    let bytes = alice.encrypt(b"bytes", bob.id()).await?;
    println!("Bob reads {:?}", bob.decrypt(&bytes).await?);
    // Head and payload apart.
    let raw = alice.encrypt_raw(b"a long content", bob.id(), EncryptOptions::new()).await?;
    bob.decrypt_raw(&raw.head, &raw.payload, DecryptOptions::new()).await?;
    let by_alice = DecryptOptions::new().signed_by(alice.id());
    let signed = alice.encrypt_with(b"bytes", bob.id(), EncryptOptions::new().signed()).await?;
    println!("Bob reads {:?}, and knows by whom it is", bob.decrypt_with(&signed, by_alice).await?);

    // For many contents, the key is asked for once, and nothing waits from then on.
    let key = alice.client().public_key(bob.id()).await?;
    for number in 1..=3 {
        let text = alice.encrypt_string_sync(&format!("letter {number}"), &key, EncryptOptions::new())?;
        println!("Bob reads {:?}, at once", bob.decrypt_string_sync(&text)?);
    }
    let bytes = alice.encrypt_sync(b"bytes", &key, EncryptOptions::new())?;
    println!("Bob reads {:?}, at once", bob.decrypt_sync(&bytes)?);
    let raw = alice.encrypt_raw_to(b"a long content", &key.key, EncryptOptions::new())?;
    bob.decrypt_raw_sync(&raw.head, &raw.payload, DecryptOptions::new())?;
    Ok(())
}

async fn under_keys_of_the_app(
    alice: &User,
    bob: &User,
    alices: &Group,
    bobs: &Group,
) -> Result<(), Box<dyn Error>> {
    // A key for one thing, for example a document. The app keeps its encrypted form beside the document, as JSON.
    let (key, sealed) = alices.generate_key()?;
    let document = key.encrypt_text("a document", "", None)?;
    let kept = sealed.to_json()?;
    let opened = bobs.open_generated_key(&GeneratedKey::parse(&kept)?).await?;
    println!("Bob reads {:?}", opened.decrypt_text(&document, "", Verification::Ignore)?);

    // Or the server keeps it, and the app its id.
    let id = StoredKeyId::new(alices.store_key().await?.id());
    println!("Bob has fetched the key {}", bobs.stored_key(&id).await?.id());
    let newest = alices.newest_key_id()?;
    println!("{} key is stored under {newest}", alices.stored_keys(&newest).all().await?.len());
    alice.delete_stored_key(&id).await?;

    // Both also for one user.
    let (_, sealed) = alice.generate_key(bob.id()).await?;
    bob.open_generated_key(&sealed).await?;
    let id = StoredKeyId::new(alice.store_key(bob.id()).await?.id());
    bob.stored_key(&id).await?;
    alice.delete_stored_key(&id).await?;
    Ok(())
}

async fn new_user(url: &str, app_token: &str) -> Result<User, Box<dyn Error>> {
    let client = Client::builder(app_token).base_url(url).build()?;
    let (identifier, password) = Client::generate_register_data()?;
    client.register(&identifier, &password).await?;
    Ok(client.login_forced(&identifier, &password).await?)
}
