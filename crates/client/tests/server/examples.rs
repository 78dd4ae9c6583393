//! The examples do what they show.

#![allow(clippy::print_stdout, dead_code, reason = "an example talks to whoever runs it, and has a `main`")]

use keyfold::protocol::app::{FILE_STORAGE_OWN, FileOptions};

use crate::world::World;

#[path = "../../examples/account.rs"]
mod account;
#[path = "../../examples/content.rs"]
mod content;
#[path = "../../examples/files.rs"]
mod files;
#[path = "../../examples/first_message.rs"]
mod first_message;
#[path = "../../examples/groups.rs"]
mod groups;
#[path = "../../examples/light.rs"]
mod light;
#[path = "../../examples/members.rs"]
mod members;
#[path = "../../examples/own_backend.rs"]
mod own_backend;
#[path = "../../examples/own_storage.rs"]
mod own_storage;
#[path = "../../examples/refresh.rs"]
mod refresh;
#[path = "../../examples/search.rs"]
mod search;
#[path = "../../examples/trust.rs"]
mod trust;

#[tokio::test]
async fn the_example_of_an_account_works() {
    let world = World::start();
    account::run(&world.server.url(), world.server.public_token()).await.unwrap();
}

#[tokio::test]
async fn the_example_of_an_own_backend_works() {
    let world = World::start();
    let server = &world.server;
    own_backend::run(&server.url(), server.public_token(), server.secret_token()).await.unwrap();
}

#[tokio::test]
async fn the_example_of_searching_and_sorting_works() {
    let world = World::start();
    search::run(&world.server.url(), world.server.public_token()).await.unwrap();
}

#[tokio::test]
async fn the_example_of_contents_works() {
    let world = World::start();
    content::run(&world.server.url(), world.server.public_token()).await.unwrap();
}

#[tokio::test]
async fn the_example_of_members_works() {
    let world = World::start();
    members::run(&world.server.url(), world.server.public_token()).await.unwrap();
}

#[tokio::test]
async fn the_example_of_an_own_storage_works() {
    let world = World::start();
    let server = &world.server;
    server.set_file_options(keeps_its_parts()).await;
    own_storage::run(&server.url(), server.public_token(), server.secret_token()).await.unwrap();
}

/// As an app says it that has a storage of its own.
fn keeps_its_parts() -> FileOptions {
    let storage_url = Some("https://parts.example/deleted".to_owned());
    FileOptions { file_storage: FILE_STORAGE_OWN, storage_url, ..FileOptions::server_storage() }
}

#[tokio::test]
async fn the_example_of_files_works() {
    let world = World::start();
    files::run(world.builder()).await.unwrap();
}

#[tokio::test]
async fn the_example_of_a_first_message_works_and_can_be_taken_up_again() {
    let world = World::start();
    let (url, token) = (world.server.url(), world.server.public_token());
    first_message::run(&url, token, None).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    first_message::run(&url, token, Some(folder.path())).await.unwrap();
    first_message::resume(&url, token, folder.path()).await.unwrap();
}

#[tokio::test]
async fn the_example_of_refreshing_works() {
    let world = World::start();
    refresh::run(&world.server.url(), world.server.public_token()).await.unwrap();
}

#[tokio::test]
async fn the_example_of_groups_works() {
    let world = World::start();
    groups::run(&world.server.url(), world.server.public_token()).await.unwrap();
}

#[tokio::test]
async fn the_example_of_light_works() {
    let world = World::start();
    light::run(&world.server.url(), world.server.public_token()).await.unwrap();
}

#[tokio::test]
async fn the_example_of_trust_works() {
    let world = World::start();
    trust::run(&world.server.url(), world.server.public_token()).await.unwrap();
}
