//! The SDK without `async`, against a real server.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a fixture that cannot be built must fail its test")]

use keyfold::blocking::{Client, Login, items};
use keyfold::{CancelToken, Mfa};
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

#[test]
fn what_waits_has_a_function_without_a_future() {
    let server = TestServer::start(Engine::Sqlite);
    let client = client(&server);
    let [alice, bob] = ["alice", "bob"].map(|name| {
        client.register(name, "password").unwrap();
        client.login_forced(name, "password").unwrap()
    });
    assert_eq!(client.user("alice").unwrap().unwrap().jwt().unwrap(), alice.jwt().unwrap());
    let group = alice.group(&alice.create_signed_group().unwrap()).unwrap();
    bob.request_to_join(group.id()).unwrap();
    let request = items(group.join_requests()).next().unwrap().unwrap();
    group.accept_join_request(&request, Some(1)).unwrap();
    group.rotate_keys_signed().unwrap();

    let club = bob.group(&bob.create_group().unwrap()).unwrap();
    let connected = group.create_signed_connected().unwrap();
    let by_alice = group.connected(&connected).unwrap();
    by_alice.invite_group(club.id(), None).unwrap();
    club.accept_invitation(&connected).unwrap();
    by_alice.re_invite_group(club.id()).unwrap();
    let text = by_alice.encrypt_string("for the club").unwrap();
    let through_club = bob.group_through(&connected, &club).unwrap();
    assert_eq!(through_club.decrypt_string(&text).unwrap(), "for the club");

    let cancel = CancelToken::new();
    let id = alice.upload_bytes_for(bob.id(), "letter", b"for bob", &cancel).unwrap();
    assert_eq!(bob.download_bytes(&id, &cancel).unwrap(), b"for bob");
    let id = bob.upload_bytes("diary", b"for myself", &cancel).unwrap();
    assert_eq!(bob.download_bytes(&id, &cancel).unwrap(), b"for myself");
    bob.delete_file(&id).unwrap();

    let number = bob.safety_number(Some((alice.id(), &alice.newest_key_id().unwrap()))).unwrap();
    assert!(alice.verify_safety_number(bob.id(), &bob.newest_key_id().unwrap(), &number).unwrap());
    assert!(client.known_verify_keys(bob.id()).unwrap()[0].verified_at.is_some());
    let secret = alice.register_otp("password", Mfa::None).unwrap();
    let key = Mfa::RecoveryKey(secret.recovery_keys()[0]);
    assert_eq!(alice.otp_recovery_keys("password", key).unwrap().len(), 5);
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
