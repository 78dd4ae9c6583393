//! Two users who have never met share a secret.
//!
//! ```text
//! cargo run -p keyfold --example first_message                       # the whole walk
//! cargo run -p keyfold --example first_message -- --keep ./folder    # … and keep what the second user needs
//! cargo run -p keyfold --example first_message -- --resume ./folder  # decrypt again, for example after a restart
//! ```
//!
//! Server and app come from `--url` and `--token`, or from `KEYFOLD_URL` and `KEYFOLD_APP_TOKEN`. Without them it is the
//! development server of this repository.

#![allow(clippy::print_stdout, reason = "an example talks to whoever runs it")]

use std::error::Error;
use std::fs::OpenOptions;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use keyfold::{Client, FileStorage, GroupId, StorageKey, User};

const URL: &str = "http://127.0.0.1:3002";
const APP_TOKEN: &str = "5zMb6zs3dEM62n+FxjBilFPp+j9e7YUFA+7pi6Hi";

#[tokio::main]
async fn main() -> ExitCode {
    match start().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            println!("failed     {error}");
            let mut cause = error.source();
            while let Some(error) = cause {
                println!("           because {error}");
                cause = error.source();
            }
            if error.downcast_ref::<keyfold::Error>().is_some_and(keyfold::Error::is_network) {
                println!("try first  cargo xtask up");
            }
            ExitCode::FAILURE
        }
    }
}

async fn start() -> Result<(), Box<dyn Error>> {
    let Options { url, token, mode } = Options::read()?;
    match mode {
        Mode::Walk { keep } => run(&url, &token, keep.as_deref()).await,
        Mode::Resume(folder) => resume(&url, &token, &folder).await,
    }
}

/// The whole walk, against the server at `url`. What the second user needs is kept in the folder `keep`.
pub(crate) async fn run(url: &str, token: &str, keep: Option<&Path>) -> Result<(), Box<dyn Error>> {
    println!("server     {url}");
    let builder = || Client::builder(token).base_url(url);
    let alice = new_user(&builder().build()?, "Alice").await?;
    // What Bob keeps is all that a later run has.
    let client = match keep {
        Some(folder) => builder().storage(open_storage(folder)?).build()?,
        None => builder().build()?,
    };
    let bob = new_user(&client, "Bob").await?;

    let group = alice.group(&alice.create_group().await?).await?;
    println!("Alice      created group {}", group.id());
    group.invite_auto(bob.id(), None).await?;
    println!("Alice      added Bob to the group");
    let text = group.encrypt_string("Hello Bob, only you and I can read this.")?;
    println!("Alice      encrypted a text: {}…", text.chars().take(40).collect::<String>());

    read(&bob, group.id(), &text).await?;
    if let Some(folder) = keep {
        std::fs::write(folder.join("group"), group.id().as_str())?;
        std::fs::write(folder.join("message"), &text)?;
        println!("kept       what Bob needs to read it again in {}", folder.display());
        println!("try next   cargo run -p keyfold --example first_message -- --resume {}", folder.display());
    }
    Ok(())
}

/// Decrypts the text again, with what `run` has kept.
pub(crate) async fn resume(url: &str, token: &str, folder: &Path) -> Result<(), Box<dyn Error>> {
    println!("server     {url}");
    let client = Client::builder(token).base_url(url).storage(open_storage(folder)?).build()?;
    let bob = client.restore().await?.ok_or("nobody is logged in there: run with --keep first")?;
    println!("Bob        is still logged in");
    let group_id = GroupId::new(std::fs::read_to_string(folder.join("group"))?);
    read(&bob, &group_id, &std::fs::read_to_string(folder.join("message"))?).await
}

async fn new_user(client: &Client, name: &str) -> Result<User, Box<dyn Error>> {
    let (identifier, password) = Client::generate_register_data()?;
    client.register(&identifier, &password).await?;
    let user = client.login_forced(&identifier, &password).await?;
    println!("{name:<10} registered and logged in as {identifier}");
    Ok(user)
}

async fn read(bob: &User, group_id: &GroupId, text: &str) -> Result<(), Box<dyn Error>> {
    let group = bob.group(group_id).await?;
    println!("Bob        decrypted it: {}", group.decrypt_string(text).await?);
    Ok(())
}

/// An app keeps this key in the system's keyring. Beside the folder it protects nothing, which is enough for an example.
fn open_storage(folder: &Path) -> Result<FileStorage, Box<dyn Error>> {
    std::fs::create_dir_all(folder)?;
    let path = folder.join("storage.key");
    let key = match std::fs::read(&path) {
        Ok(bytes) => StorageKey::from_bytes(bytes.try_into().map_err(|_| "storage.key has a wrong length")?),
        Err(_) => {
            let key = StorageKey::generate()?;
            let mut file = OpenOptions::new();
            #[cfg(unix)]
            std::os::unix::fs::OpenOptionsExt::mode(&mut file, 0o600);
            file.write(true).create_new(true).open(&path)?.write_all(key.expose())?;
            key
        }
    };
    Ok(FileStorage::open(folder.join("sessions"), key)?)
}

struct Options {
    url: String,
    token: String,
    mode: Mode,
}

enum Mode {
    Walk { keep: Option<PathBuf> },
    Resume(PathBuf),
}

impl Options {
    fn read() -> Result<Self, Box<dyn Error>> {
        let environment =
            |name: &str, otherwise: &str| std::env::var(name).unwrap_or_else(|_| otherwise.into());
        let mut options = Self {
            url: environment("KEYFOLD_URL", URL),
            token: environment("KEYFOLD_APP_TOKEN", APP_TOKEN),
            mode: Mode::Walk { keep: None },
        };
        let mut arguments = std::env::args().skip(1);
        while let Some(argument) = arguments.next() {
            let value = arguments.next().ok_or_else(|| format!("{argument} needs a value"))?;
            match argument.as_str() {
                "--url" => options.url = value,
                "--token" => options.token = value,
                "--keep" => options.mode = Mode::Walk { keep: Some(value.into()) },
                "--resume" => options.mode = Mode::Resume(value.into()),
                _ => return Err(format!("unknown argument {argument}").into()),
            }
        }
        Ok(options)
    }
}
