//! Access tokens that the app's own backend renews: the refresh token stays there, out of reach of whoever gets at the device.
//!
//! ```text
//! cargo run -p keyfold --example refresh
//! ```

#![allow(clippy::print_stdout, reason = "an example talks to whoever runs it")]

use std::error::Error;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::SystemTime;

use keyfold::{Client, ClientBuilder, Refresh, SecretText};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    run("http://127.0.0.1:3002", "5zMb6zs3dEM62n+FxjBilFPp+j9e7YUFA+7pi6Hi").await
}

/// Everything, against the server at `url`.
pub(crate) async fn run(url: &str, app_token: &str) -> Result<(), Box<dyn Error>> {
    let builder = || Client::builder(app_token).base_url(url);
    let backend = Backend::new(builder().build()?);

    // A function of the app asks the backend however it likes.
    let asked = backend.clone();
    let by_function = Refresh::function(move |old_token| {
        let backend = asked.clone();
        async move { backend.renew(&old_token).await }
    });
    stay_logged_in(builder().refresh(by_function), &backend).await?;

    // An endpoint of the backend is asked by the SDK: `GET` with the old token, and the new one is the body of the answer.
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let serving = tokio::spawn(backend.clone().serve(listener));
    let by_endpoint = Refresh::endpoint(format!("http://{address}/refresh"));
    stay_logged_in(builder().refresh(by_endpoint), &backend).await?;
    serving.abort();
    Ok(())
}

async fn stay_logged_in(builder: ClientBuilder, backend: &Backend) -> Result<(), Box<dyn Error>> {
    // An access token is valid for some minutes. Nobody wants to wait for its end in an example, so the clock goes forward.
    let later = Arc::new(AtomicU64::new(0));
    let ahead = Arc::clone(&later);
    let client = builder.clock(move || now().saturating_add(ahead.load(Ordering::SeqCst))).build()?;

    let (identifier, password) = Client::generate_register_data()?;
    client.register(&identifier, &password).await?;
    let user = client.login_forced(&identifier, &password).await?;
    // After each login the app hands the refresh token to its backend. The SDK does not store it.
    backend.keep(user.refresh_token().ok_or("a login brings a refresh token")?);

    let before = user.jwt().await?;
    later.store(24 * 60 * 60 * 1000, Ordering::SeqCst);
    let group = user.create_group().await?;
    println!("created {group}, with a new access token: {}", user.jwt().await? != before);
    Ok(())
}

/// What runs on the app's server.
#[derive(Clone)]
struct Backend {
    client: Client,
    /// In an app: by user, in the session of the user, or in a cookie that scripts cannot read.
    refresh_token: Arc<Mutex<Option<SecretText>>>,
}

impl Backend {
    fn new(client: Client) -> Self {
        Self { client, refresh_token: Arc::default() }
    }

    fn keep(&self, token: SecretText) {
        *self.refresh_token.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = Some(token);
    }

    /// A new access token for an old one.
    async fn renew(&self, old_token: &str) -> Result<String, Box<dyn Error + Send + Sync>> {
        let kept =
            self.refresh_token.lock().map(|token| token.clone()).map_err(|_| "the backend is broken")?;
        let refresh_token = kept.ok_or("nobody is logged in")?;
        let new = self.client.refresh_jwt(&SecretText::new(old_token), &refresh_token).await?;
        Ok(new.expose().to_owned())
    }

    /// The endpoint, without the web framework that an app would have for it.
    async fn serve(self, listener: TcpListener) {
        while let Ok((stream, _)) = listener.accept().await {
            if let Err(error) = self.answer(stream).await {
                println!("the endpoint failed: {error}");
            }
        }
    }

    async fn answer(&self, mut stream: TcpStream) -> Result<(), Box<dyn Error + Send + Sync>> {
        let mut request = Vec::new();
        while !request.ends_with(b"\r\n\r\n") {
            if stream.read_buf(&mut request).await? == 0 {
                return Ok(());
            }
        }
        let request = String::from_utf8(request)?;
        let bearer = request.lines().find_map(|line| {
            let (name, value) = line.split_once(": ")?;
            value.strip_prefix("Bearer ").filter(|_| name.eq_ignore_ascii_case("authorization"))
        });
        let token = self.renew(bearer.ok_or("no access token came along")?).await?;
        let length = token.len();
        let answer =
            format!("HTTP/1.1 200 OK\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{token}");
        Ok(stream.write_all(answer.as_bytes()).await?)
    }
}

/// In milliseconds since 1970.
fn now() -> u64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}
