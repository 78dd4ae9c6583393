//! The same without `async`.
//!
//! ```text
//! cargo run -p keyfold --features blocking --example blocking
//! ```

#![allow(clippy::print_stdout, reason = "an example talks to whoever runs it")]

use std::error::Error;

use keyfold::blocking::{Client, items};

fn main() -> Result<(), Box<dyn Error>> {
    run("http://127.0.0.1:3002", "5zMb6zs3dEM62n+FxjBilFPp+j9e7YUFA+7pi6Hi")
}

/// Everything, against the server at `url`.
pub(crate) fn run(url: &str, app_token: &str) -> Result<(), Box<dyn Error>> {
    let client = Client::new(keyfold::Client::builder(app_token).base_url(url).build()?);
    let (identifier, password) = keyfold::Client::generate_register_data()?;
    client.register(&identifier, &password)?;
    let user = client.login_forced(&identifier, &password)?;

    let group = user.group(&user.create_group()?)?;
    let text = group.encrypt_string("without a runtime")?;
    println!("{}", group.decrypt_string(&text)?);
    // Files come from whatever can be read, and go to whatever can be written.
    let id = group.new_file().name("note.txt").upload_reader(b"hello".as_slice())?;
    let (file, mut copy) = (group.file(&id)?, Vec::new());
    file.download().to_writer(&mut copy)?;
    println!("file {:?} has {} bytes", file.name(), copy.len());
    for item in items(user.groups()) {
        println!("member of {}", item?.group_id);
    }
    // What has no function of its own here is waited for.
    println!("{} groups", keyfold::blocking::wait(user.groups().all())?.len());
    group.delete()?;
    Ok(())
}
