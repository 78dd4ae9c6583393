//! An app that keeps the parts of its files itself: its backend stores what clients send, and registers it with the server.

use std::collections::HashMap;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use crate::wire::{Listener, Message, exchange};
use crate::world::World;

pub(crate) struct OwnStorage {
    listener: Listener,
    shelf: Arc<Shelf>,
}

struct Shelf {
    server: SocketAddr,
    secret_token: String,
    user_id: Mutex<String>,
    parts: Mutex<HashMap<String, Vec<u8>>>,
    /// Method and path, whether an access token came along, bytes.
    log: Mutex<Vec<(String, bool, usize)>>,
}

impl OwnStorage {
    pub(crate) fn start(world: &World) -> Self {
        let shelf = Arc::new(Shelf {
            server: world.server.address(),
            secret_token: world.server.secret_token().to_owned(),
            user_id: Mutex::default(),
            parts: Mutex::default(),
            log: Mutex::default(),
        });
        let shared = Arc::clone(&shelf);
        let listener = Listener::start(move |stream| serve(stream, Arc::clone(&shared)));
        Self { listener, shelf }
    }

    pub(crate) fn url(&self) -> String {
        format!("{}/files", self.listener.url())
    }

    /// Whose access tokens these are. A backend that verifies tokens reads it there.
    pub(crate) fn expect(&self, user: &keyfold::User) {
        user.id().as_str().clone_into(&mut self.shelf.user_id.lock().unwrap());
    }

    pub(crate) fn take_log(&self, method: &str) -> Vec<(String, bool, usize)> {
        let mut log = self.shelf.log.lock().unwrap();
        let (wanted, others) = log.drain(..).partition(|(what, ..)| what.starts_with(method));
        *log = others;
        wanted
    }
}

async fn serve(mut client: TcpStream, shelf: Arc<Shelf>) -> io::Result<()> {
    let mut buffer = Vec::new();
    while let Some(request) = Message::read(&mut client, &mut buffer).await? {
        let what = request.what();
        let authorized = request.header("authorization").is_some();
        shelf.log.lock().unwrap().push((what.clone(), authorized, request.body.len()));
        let answer = match *what.split(['/', ' ']).collect::<Vec<_>>() {
            ["POST", "files", session, sequence, end] => {
                shelf.store(&format!("{session}/{sequence}/{end}"), request.body).await?
            }
            ["GET", "files", id] => {
                let parts = shelf.parts.lock().unwrap();
                parts
                    .get(id)
                    .map_or_else(|| Message::answer(404, ""), |part| Message::answer(200, part.clone()))
            }
            _ => Message::answer(404, ""),
        };
        client.write_all(&answer.bytes()).await?;
    }
    Ok(())
}

impl Shelf {
    async fn store(&self, address: &str, content: Vec<u8>) -> io::Result<Message> {
        let user_id = self.user_id.lock().unwrap().clone();
        let head = format!(
            "PATCH /api/v1/file/part/{address}/{user_id} HTTP/1.1\r\nhost: server\r\nx-sentc-app-token: {}\r\n\
             content-length: 0\r\n\r\n",
            self.secret_token
        );
        let request = Message { head, body: Vec::new() };
        let answer = exchange(self.server, &request).await?.unwrap();
        let registered: Value = serde_json::from_slice(&answer.body).unwrap();
        assert_eq!(registered["status"], true, "{registered}");
        let id = registered["result"]["part_id"].as_str().unwrap();
        self.parts.lock().unwrap().insert(id.to_owned(), content);
        Ok(Message::answer(200, json!({ "status": true, "result": "Success" }).to_string()))
    }
}
