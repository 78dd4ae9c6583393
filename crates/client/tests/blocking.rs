//! The SDK without `async`, against a real server.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a fixture that cannot be built must fail its test")]

use std::collections::BTreeSet;
use std::path::Path;

use keyfold::blocking::{self, Client, Login, items};
use keyfold::{CancelToken, EncryptOptions, Mfa, Signers};
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

#[tokio::test]
async fn a_list_inside_of_a_runtime_ends_after_its_first_error() {
    let server = TestServer::start(Engine::Sqlite);
    let client = keyfold::Client::builder(server.public_token()).base_url(server.url()).build().unwrap();
    client.register("alice", "password").await.unwrap();
    let alice = client.login_forced("alice", "password").await.unwrap();
    let items: Vec<_> = items(alice.devices()).take(3).collect();
    assert_eq!(items.len(), 1);
    assert_eq!(items[0].as_ref().unwrap_err().code(), "client_424");
}

#[test]
fn a_login_is_finished_with_a_second_factor() {
    let server = TestServer::start(Engine::Sqlite);
    let client = client(&server);
    client.register("alice", "password").unwrap();
    let alice = client.login_forced("alice", "password").unwrap();
    let secret = alice.register_otp("password", Mfa::None).unwrap();
    let Login::Mfa(pending) = client.login("alice", "password").unwrap() else {
        panic!("there is a second factor")
    };
    assert_eq!(client.finish_login(&pending, Mfa::None).unwrap_err().code(), "client_10000");
    assert_eq!(client.finish_login(&pending, Mfa::Totp("000000")).unwrap_err().code(), "server_902");
    let key = Mfa::RecoveryKey(secret.recovery_keys()[0]);
    let again = client.finish_login(&pending, key).unwrap();
    assert_eq!(again.id(), alice.id());
    assert_eq!(again.create_group().and_then(|id| again.group(&id)).unwrap().rank(), 0);
}

#[test]
fn lists_are_read_in_pages_or_as_a_whole() {
    let server = TestServer::start(Engine::Sqlite);
    let client = client(&server);
    client.register("alice", "password").unwrap();
    let alice = client.login_forced("alice", "password").unwrap();
    let ids = [alice.create_group().unwrap(), alice.create_group().unwrap()];
    let mut pages = alice.groups();
    assert_eq!(blocking::next_page(&mut pages).unwrap().unwrap().len(), ids.len());
    assert!(blocking::next_page(&mut pages).unwrap().is_none());
    assert_eq!(blocking::all(alice.groups()).unwrap().len(), ids.len());
}

#[test]
fn files_are_read_written_resumed_and_renamed() {
    let server = TestServer::start(Engine::Sqlite);
    let client = client(&server);
    client.register("alice", "password").unwrap();
    let alice = client.login_forced("alice", "password").unwrap();
    let group = alice.group(&alice.create_group().unwrap()).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let (source, target) = (folder.path().join("source.bin"), folder.path().join("target.bin"));
    let data = vec![7; 4 * 1024 * 1024 + 9];
    std::fs::write(&source, &data).unwrap();

    let parts = std::sync::Arc::new(std::sync::atomic::AtomicU64::new(0));
    let seen = std::sync::Arc::clone(&parts);
    let report =
        move |progress: keyfold::Progress| seen.store(progress.parts, std::sync::atomic::Ordering::SeqCst);
    let id = group.new_file().signed().on_progress(report).upload_path(&source).unwrap();
    assert_eq!(parts.load(std::sync::atomic::Ordering::SeqCst), 2);
    let file = group.file(&id).unwrap();
    assert_eq!(file.name().as_deref(), Some("source.bin"));
    file.download().signed_by(alice.id()).expect_size(4 * 1024 * 1024 + 9).to_path(&target).unwrap();
    assert!(std::fs::read(&target).unwrap() == data);
    let path = file.download().to_folder(folder.path()).unwrap();
    assert_eq!(path.file_name().unwrap(), "source(1).bin");
    assert_eq!(file.download().parts().map(|part| part.unwrap().len()).sum::<usize>(), data.len());

    // A download goes on behind the part that was read.
    let mut download = file.download();
    assert_eq!(download.next_part().unwrap().unwrap().len(), 4 * 1024 * 1024);
    let kept = download.export().unwrap();
    assert_eq!(file.resume_download(&kept).unwrap().bytes().unwrap(), [7; 9]);
    file.rename(Some("sevens.bin")).unwrap();
    assert_eq!(group.file(&id).unwrap().name().as_deref(), Some("sevens.bin"));
    file.delete().unwrap();
    assert_eq!(group.file(&id).unwrap_err().code(), "server_512");

    // So does an upload, in other hands.
    let upload = alice.new_file().name("diary").begin().unwrap();
    let mut upload = alice.resume_upload(&upload.export().unwrap()).unwrap();
    let cancel = CancelToken::new();
    upload.cancel_with(&cancel);
    cancel.cancel();
    assert_eq!(upload.send_bytes(b"hello").unwrap_err().code(), "client_433");
    upload.cancel_with(&CancelToken::new());
    upload.send_reader(b"hello".as_slice()).unwrap();
    assert_eq!(alice.file(upload.file_id()).unwrap().download().bytes().unwrap(), b"hello");

    let pieces = [b"one ".as_slice(), b"two"].map(Ok::<_, std::io::Error>);
    let id = alice.new_file_for(alice.id()).upload_stream(pieces.into_iter()).unwrap();
    let mut written = Vec::new();
    alice.file(&id).unwrap().download().to_writer(&mut written).unwrap();
    assert_eq!(written, b"one two");
    let upload = group.new_file().prepare().unwrap().register().unwrap();
    upload.abort().unwrap();
}

#[test]
fn keys_of_a_group_are_looked_at() {
    let server = TestServer::start(Engine::Sqlite);
    let client = client(&server);
    client.register("alice", "password").unwrap();
    let alice = client.login_forced("alice", "password").unwrap();
    let group = alice.group(&alice.create_signed_group().unwrap()).unwrap();
    group.check_signatures(Signers::MustExist).unwrap();
    let id = group.newest_key_id().unwrap();
    assert_eq!(group.load_key(&id).unwrap(), group.export_newest_key().unwrap());
    let raw = group.encrypt_raw_bulk(b"hello", EncryptOptions::new()).unwrap();
    assert_eq!(group.decrypt(&raw.to_envelope().unwrap()).unwrap(), b"hello");
}

#[test]
fn the_example_of_blocking_works() {
    let server = TestServer::start(Engine::Sqlite);
    example::run(&server.url(), server.public_token()).unwrap();
}

/// What waits under another name: it is no method here, or one of another type.
const ELSEWHERE: &[(&str, &str)] = &[
    ("PendingMfa::with_totp", "Client::finish_login"),
    ("PendingMfa::with_recovery_key", "Client::finish_login"),
    ("Pages::next_page", "next_page"),
    ("Pages::all", "all"),
    ("Pages::into_stream", "items"),
    // For bindings to other languages, which have a runtime of their own.
    ("Pages::into_json_page", "wait"),
    ("Download::into_stream", "Download::parts"),
    ("StorageKey::from_system_keyring", "storage_key_from_system_keyring"),
];

#[test]
fn every_function_that_returns_a_future_has_a_blocking_form() {
    let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let (mut waiting, mut facade) = (BTreeSet::new(), BTreeSet::new());
    functions(&sources, &mut |path, function, is_waiting| {
        if path.strip_prefix(&sources).unwrap().starts_with("blocking") || path.ends_with("blocking.rs") {
            facade.insert(function);
        } else if is_waiting {
            waiting.insert(function);
        }
    });
    // That the search finds what it is to find: in a trait object's file, in a folder, in a box, and in a list of a macro.
    for known in
        ["Client::restore", "Upload::send_path", "Group::finish_key_rotation", "Download::into_stream"]
    {
        assert!(waiting.contains(known), "{known} is not found");
    }
    for known in ["Group::store_key", "File::rename", "items"] {
        assert!(facade.contains(known), "{known} is not found");
    }
    let elsewhere = |function: &str| {
        let found = ELSEWHERE.iter().find(|(ours, _)| *ours == function);
        found.is_some_and(|(_, form)| facade.contains(*form))
    };
    let forgotten: Vec<_> =
        waiting.iter().filter(|function| !facade.contains(*function) && !elsewhere(function)).collect();
    assert!(forgotten.is_empty(), "without a blocking form: {forgotten:?}");
}

/// Calls `found` with each public function below `folder`, as `Type::name`, and whether it returns a future or a stream.
///
/// Reads the text as rustfmt writes it.
fn functions(folder: &Path, found: &mut impl FnMut(&Path, String, bool)) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            functions(&path, found);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            let text = std::fs::read_to_string(&path).unwrap();
            let mut of_type = None;
            let mut is_list = false;
            let lines: Vec<_> = text.lines().collect();
            for (number, line) in lines.iter().enumerate() {
                if line.starts_with('}') {
                    (of_type, is_list) = (None, false);
                } else if let Some(header) = line.strip_prefix("impl") {
                    // Of a trait's functions none is `pub`.
                    let header = header.split_once("> ").map_or(header, |(_, behind)| behind);
                    of_type = Some(name_at(header.trim_start()).to_owned());
                } else if let Some(list) =
                    ["waiting! { ", "setting! { "].iter().find_map(|begin| line.strip_prefix(begin))
                {
                    of_type = Some(name_at(list).to_owned());
                    is_list = true;
                }
                let inner = line.trim_start();
                let depth = line.len() - inner.len();
                let name = match inner.strip_prefix("pub async fn ").or(inner.strip_prefix("pub fn ")) {
                    Some(function) => name_at(function),
                    None if is_list && depth == 4 => name_at(inner),
                    None => continue,
                };
                // Those of macros are in their lists.
                if name.is_empty() || depth > 4 {
                    continue;
                }
                let name = match &of_type {
                    Some(of_type) => format!("{of_type}::{name}"),
                    None => name.to_owned(),
                };
                let signature = lines[number..].iter().take_while(|line| !line.trim().is_empty());
                let mut result = String::new();
                for line in signature {
                    result.push_str(line);
                    if line.ends_with('{') || line.ends_with(';') {
                        break;
                    }
                }
                let result = result.rsplit_once("->").map_or("", |(_, result)| result);
                let is_waiting = inner.starts_with("pub async ")
                    || ["BoxFuture", "impl Future", "impl Stream"].iter().any(|kind| result.contains(kind));
                found(&path, name, is_waiting);
            }
        }
    }
}

fn name_at(text: &str) -> &str {
    let end = text.find(|letter: char| !letter.is_alphanumeric() && letter != '_');
    text.get(..end.unwrap_or(text.len())).unwrap_or_default()
}
