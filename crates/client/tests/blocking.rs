//! The SDK without `async`, against a real server.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a fixture that cannot be built must fail its test")]

use keyfold::blocking::{Client, Login, items};
use keyfold_testkit::{Engine, TestServer};

#[path = "../examples/blocking.rs"]
#[allow(dead_code, reason = "an example has a `main`")]
mod example;

fn client(server: &TestServer) -> Client {
    Client::new(keyfold::Client::builder(server.public_token()).base_url(server.url()).build().unwrap())
}

#[test]
fn users_share_contents_without_a_runtime() {
    let server = TestServer::start(Engine::Sqlite);
    let client = client(&server);
    for name in ["alice", "bob"] {
        client.register(name, "password").unwrap();
    }
    let alice = client.login_forced("alice", "password").unwrap();
    let Login::User(bob) = client.login("bob", "password").unwrap() else {
        panic!("there is no second factor")
    };
    let group = alice.group(&alice.create_group().unwrap()).unwrap();
    group.invite_auto(bob.id(), None).unwrap();
    let text = group.encrypt_string("hello").unwrap();
    group.rotate_keys().unwrap();
    assert_eq!(bob.group(group.id()).unwrap().decrypt_string(&text).unwrap(), "hello");
    assert_eq!(items(group.members()).collect::<Result<Vec<_>, _>>().unwrap().len(), 1);
    assert_eq!(alice.devices().count(), 1);
    assert_eq!(client.restore().unwrap().unwrap().id(), bob.id());
}

#[tokio::test]
async fn a_blocking_call_inside_of_a_runtime_is_an_error_and_no_panic() {
    let client = keyfold::Client::builder("token").base_url("http://127.0.0.1:1").build().unwrap();
    let error = Client::new(client).register("alice", "password").unwrap_err();
    assert_eq!(error.code(), "client_424");
}

#[test]
fn the_example_of_blocking_works() {
    let server = TestServer::start(Engine::Sqlite);
    example::run(&server.url(), server.public_token()).unwrap();
}
