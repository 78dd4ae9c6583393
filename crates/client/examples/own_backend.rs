//! An app whose backend sends the requests that the app wants to know of. The SDK makes their bodies and reads the answers.
//!
//! ```text
//! KEYFOLD_SECRET_TOKEN=… cargo run -p keyfold --example own_backend
//! ```

#![allow(clippy::print_stdout, reason = "an example talks to whoever runs it")]

use std::error::Error;

use keyfold::protocol::group::GroupCreateOutput;
use keyfold::{Client, GroupId, User};
use reqwest::Method;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let secret_token = std::env::var("KEYFOLD_SECRET_TOKEN")?;
    run("http://127.0.0.1:3002", "5zMb6zs3dEM62n+FxjBilFPp+j9e7YUFA+7pi6Hi", &secret_token).await
}

/// Everything, against the server at `url`.
pub(crate) async fn run(url: &str, public_token: &str, secret_token: &str) -> Result<(), Box<dyn Error>> {
    let backend = Backend { url, secret_token, http: reqwest::Client::new() };
    let client = Client::builder(public_token).base_url(url).build()?;

    // Registration: the app prepares, the backend sends and stores what else it knows of the user, the app reads the answer.
    let (identifier, password) = Client::generate_register_data()?;
    let body = client.prepare_is_identifier_available(&identifier)?;
    let answer = backend.send(Method::POST, "exists", None, body).await?;
    println!("{identifier} is free: {}", Client::done_is_identifier_available(&answer)?);
    let body = client.prepare_register(&identifier, &password)?;
    let user_id = Client::done_register(&backend.send(Method::POST, "register", None, body).await?)?;
    println!("the backend has registered {user_id}");
    let user = client.login_forced(&identifier, &password).await?;

    // A second device.
    let (phone_name, phone_password) = Client::generate_register_data()?;
    let body = client.prepare_register_device_start(&phone_name, &phone_password)?;
    let answer = backend.send(Method::POST, "user/prepare_register_device", None, body).await?;
    Client::done_register_device_start(&answer)?;
    let (body, _) = user.prepare_register_device(&answer).await?;
    backend.send(Method::PUT, "user/done_register_device", Some(&user), body).await?;
    println!("the backend has added a device: {}", user.devices().all().await?.len());

    // A group, a member of it, and new keys. What needs a user's permission carries the user's access token.
    let body = user.prepare_create_group(false)?;
    let answer = backend.send(Method::POST, "group", Some(&user), body).await?;
    let group = user.group(&created_group(&answer)?).await?;
    let friend = new_user(&client).await?;
    let (body, _) = group.prepare_keys_for_new_member(friend.id(), Some(3)).await?;
    let path = format!("group/{}/invite_auto/{}", group.id(), friend.id());
    backend.send(Method::PUT, &path, Some(&user), body).await?;
    let body = group.prepare_update_rank(&friend.id().into(), 4)?;
    backend.send(Method::PUT, &format!("group/{}/change_rank", group.id()), Some(&user), body).await?;
    let (body, _) = group.prepare_create_child(false)?;
    let answer =
        backend.send(Method::POST, &format!("group/{}/child", group.id()), Some(&user), body).await?;
    println!("the group has the child {}", group.child(&created_group(&answer)?).await?.id());
    let body = group.prepare_key_rotation(false)?;
    backend.send(Method::POST, &format!("group/{}/key_rotation", group.id()), Some(&user), body).await?;
    group.update().await?;
    println!("the group has a new key: {}", group.newest_key_id()?);

    // A file: the backend registers it, the app uploads the content.
    let prepared = group.new_file().name("note.txt").prepare().await?;
    let path = format!("group/{}/file", group.id());
    let answer = backend.send(Method::POST, &path, Some(&user), prepared.body().to_owned()).await?;
    let mut upload = prepared.done(&answer)?;
    upload.send_bytes(b"hello").await?;

    // Does somebody have access to the group? The backend asks with the token that the app has shown.
    let path = format!("group/{}/light", group.id());
    println!("the friend may: {}", backend.send(Method::GET, &path, Some(&friend), String::new()).await?);
    backend.send(Method::DELETE, &format!("group/{}", group.id()), Some(&user), String::new()).await?;
    Ok(())
}

fn created_group(answer: &str) -> Result<GroupId, Box<dyn Error>> {
    let created: GroupCreateOutput = keyfold::protocol::envelope::open(answer.as_bytes())?;
    Ok(created.group_id)
}

async fn new_user(client: &Client) -> Result<User, Box<dyn Error>> {
    let (identifier, password) = Client::generate_register_data()?;
    client.register(&identifier, &password).await?;
    Ok(client.login_forced(&identifier, &password).await?)
}

/// The app's own server, which keeps the secret token.
struct Backend<'a> {
    url: &'a str,
    secret_token: &'a str,
    http: reqwest::Client,
}

impl Backend<'_> {
    async fn send(
        &self,
        method: Method,
        path: &str,
        user: Option<&User>,
        body: String,
    ) -> Result<String, Box<dyn Error>> {
        let mut request = self.http.request(method, format!("{}/api/v1/{path}", self.url));
        request = request.header("x-sentc-app-token", self.secret_token);
        if let Some(user) = user {
            request = request.header("authorization", format!("Bearer {}", user.jwt().await?.expose()));
        }
        Ok(request.body(body).send().await?.text().await?)
    }
}
