//! Files: up and down, from and to whatever holds bytes, cancelled, taken up again, under another name, away.
//!
//! ```text
//! cargo run -p keyfold --example files
//! ```

#![allow(clippy::print_stdout, reason = "an example talks to whoever runs it")]

use std::error::Error;
use std::path::Path;

use futures_util::io::Cursor;
use futures_util::{TryStreamExt, stream};
use keyfold::{CancelToken, Client, ClientBuilder, Group, SecretText};

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

    let folder = std::env::temp_dir().join(format!("keyfold-{}", group.id()));
    std::fs::create_dir_all(&folder)?;
    from_anywhere(&group, &folder).await?;
    cancelled_and_resumed(&group, &folder).await?;
    std::fs::remove_dir_all(&folder)?;
    group.delete().await?;
    Ok(())
}

/// Paths, readers and streams, all of which are read and written part by part.
async fn from_anywhere(group: &Group, folder: &Path) -> Result<(), Box<dyn Error>> {
    let original = folder.join("report.txt");
    std::fs::write(&original, "from a path")?;
    // The name of the path goes along, encrypted.
    let by_path = group.new_file().upload_path(&original).await?;
    let by_reader = group.new_file().name("reader").upload_reader(Cursor::new("from a reader")).await?;
    let pieces = stream::iter(["from ", "a ", "stream"].map(Ok::<_, std::io::Error>));
    let by_stream = group.new_file().name("stream").upload_stream(pieces).await?;

    let file = group.file(&by_path).await?;
    // Replaces what is there; `to_folder` does not.
    file.download().to_path(folder.join("copy.txt")).await?;
    println!("{:?} came back whole: {}", file.name(), std::fs::read_to_string(folder.join("copy.txt"))?);
    let mut written = Vec::new();
    group.file(&by_reader).await?.download().to_writer(&mut written).await?;
    println!("{:?}", String::from_utf8(written)?);
    let parts: Vec<_> = group.file(&by_stream).await?.download().into_stream().try_collect().await?;
    println!("{:?}", String::from_utf8(parts.concat())?);
    Ok(())
}

async fn cancelled_and_resumed(group: &Group, folder: &Path) -> Result<(), Box<dyn Error>> {
    let data = vec![9; 9_000_000];
    let original = folder.join("nines.bin");
    std::fs::write(&original, &data)?;

    // The button "cancel" has a clone of the token. Here it is pressed after the first part.
    let cancel = CancelToken::new();
    let button = cancel.clone();
    let mut upload = group.new_file().name("nines.bin").cancel_with(&cancel).begin().await?;
    upload.on_progress(move |_| button.cancel());
    match upload.send_path(&original).await {
        Err(error) => println!("{} after {} bytes", error, upload.bytes()),
        Ok(()) => return Err("this should have been cancelled".into()),
    }
    // What it takes to go on later, also in another process. As secret as the file.
    let kept: SecretText = upload.export()?;
    let mut upload = group.resume_upload(&kept)?;
    upload.on_progress(|progress| println!("{:?} of the upload", progress.fraction()));
    upload.send_path(&original).await?;
    let file = group.file(upload.file_id()).await?;

    // The same for a download, part by part.
    let mut download = file.download();
    let first = download.next_part().await?.ok_or("the file has parts")?;
    let kept = download.export()?;
    let rest = file.resume_download(&kept)?.expect_size(9_000_000).bytes().await?;
    println!("the file is whole: {}", [first, rest].concat() == data);

    // An upload without a handle leaves nothing behind when it is cancelled.
    let cancel = CancelToken::new();
    cancel.cancel();
    if let Err(error) = group.new_file().cancel_with(&cancel).upload_bytes(&data).await {
        println!("nothing was uploaded: {error}");
    }
    Ok(())
}
