//! An app that keeps the parts of its files itself: the server knows which parts there are, the app's backend has their bytes.
//!
//! The file options of the app say so (`file_storage` 1). The backend needs the secret token:
//!
//! ```text
//! KEYFOLD_APP_TOKEN=… KEYFOLD_SECRET_TOKEN=… cargo run -p keyfold --example own_storage
//! ```

#![allow(clippy::print_stdout, reason = "an example talks to whoever runs it")]

use std::collections::HashMap;
use std::error::Error;
use std::sync::{Arc, Mutex, PoisonError};

use keyfold::protocol::envelope;
use keyfold::protocol::file::FilePartRegisterOutput;
use keyfold::{Client, UserId};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let (token, secret_token) = (std::env::var("KEYFOLD_APP_TOKEN")?, std::env::var("KEYFOLD_SECRET_TOKEN")?);
    run("http://127.0.0.1:3002", &token, &secret_token).await
}

/// Everything, against the server at `url`.
pub(crate) async fn run(url: &str, public_token: &str, secret_token: &str) -> Result<(), Box<dyn Error>> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let client = Client::builder(public_token)
        .base_url(url)
        .file_part_url(format!("http://{address}/parts"))
        .build()?;
    let (identifier, password) = Client::generate_register_data()?;
    client.register(&identifier, &password).await?;
    let user = client.login_forced(&identifier, &password).await?;

    let backend = Backend {
        url: url.to_owned(),
        secret_token: secret_token.to_owned(),
        // A backend reads this from the access token that comes with each upload, once it has verified that.
        user_id: user.id().clone(),
        http: reqwest::Client::new(),
        parts: Arc::default(),
    };
    let serving = tokio::spawn(backend.clone().serve(listener));

    // For the app nothing is different.
    let data = vec![5; 5_000_000];
    let id = user.new_file().name("fives.bin").upload_bytes(&data).await?;
    let file = user.file(&id).await?;
    println!("the file came back whole: {}", file.download().bytes().await? == data);
    println!("{} parts lie in the app's own storage", backend.parts().len());
    serving.abort();
    Ok(())
}

/// What runs on the app's server.
#[derive(Clone)]
struct Backend {
    url: String,
    secret_token: String,
    user_id: UserId,
    http: reqwest::Client,
    /// In an app: a bucket, or a folder.
    parts: Arc<Mutex<HashMap<String, Vec<u8>>>>,
}

type Failure = Box<dyn Error + Send + Sync>;

impl Backend {
    /// The endpoints, without the web framework that an app would have for them.
    async fn serve(self, listener: TcpListener) {
        while let Ok((stream, _)) = listener.accept().await {
            let backend = self.clone();
            tokio::spawn(async move {
                if let Err(error) = backend.answer(stream).await {
                    println!("the storage failed: {error}");
                }
            });
        }
    }

    async fn answer(&self, mut stream: TcpStream) -> Result<(), Failure> {
        let (head, body) = read_request(&mut stream).await?;
        let line = head.lines().next().ok_or("no request")?;
        let path = line.split(' ').nth(1).ok_or("no path")?;
        let answer = match path.split('/').skip(1).collect::<Vec<_>>()[..] {
            ["parts", session, sequence, end] => self.store(session, sequence, end, body).await?,
            ["parts", part_id] => self.parts().get(part_id).cloned().ok_or("no such part")?,
            _ => return Err("no such endpoint".into()),
        };
        let head =
            format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", answer.len());
        stream.write_all(head.as_bytes()).await?;
        Ok(stream.write_all(&answer).await?)
    }

    /// Tells the server of a part, and keeps the part under the id that it gets there.
    async fn store(
        &self,
        session: &str,
        sequence: &str,
        end: &str,
        part: Vec<u8>,
    ) -> Result<Vec<u8>, Failure> {
        let address = format!("{}/api/v1/file/part/{session}/{sequence}/{end}/{}", self.url, self.user_id);
        let request = self.http.patch(address).header("x-sentc-app-token", &self.secret_token);
        let answer = request.send().await?.bytes().await?;
        let registered: FilePartRegisterOutput = envelope::open(&answer)?;
        self.parts().insert(registered.part_id.as_str().to_owned(), part);
        Ok(br#"{"status":true,"result":"Success"}"#.to_vec())
    }

    fn parts(&self) -> std::sync::MutexGuard<'_, HashMap<String, Vec<u8>>> {
        self.parts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Start line and headers, and the body.
async fn read_request(stream: &mut TcpStream) -> Result<(String, Vec<u8>), Failure> {
    let mut request = Vec::new();
    let end = loop {
        if let Some(at) = request.windows(4).position(|window| window == b"\r\n\r\n") {
            break at + 4;
        }
        if stream.read_buf(&mut request).await? == 0 {
            return Err("the request broke off".into());
        }
    };
    let mut body = request.split_off(end);
    let head = String::from_utf8(request)?;
    let length = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then(|| value.trim())
    });
    let length = length.map_or(Ok(0), str::parse)?;
    while body.len() < length {
        if stream.read_buf(&mut body).await? == 0 {
            return Err("the request broke off".into());
        }
    }
    Ok((head, body))
}
