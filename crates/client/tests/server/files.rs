//! Files, with the network in good and in bad health.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::io::Cursor;
use futures_util::{StreamExt, TryStreamExt, stream};
use keyfold::crypto::SymmetricKey;
use keyfold::crypto::file::{CHUNK_LEN, FileEncryptor};
use keyfold::{CancelToken, Client, Group, User};

use crate::file_model::{Fault, FileModel, OWN_STORAGE};
use crate::world::{PASSWORD, World, code, group_of};

/// A user whose files lie with the model.
async fn user_with(world: &World, model: &FileModel, name: &str) -> User {
    log_in(&client_with(world, model), name).await
}

fn client_with(world: &World, model: &FileModel) -> Client {
    let builder = world.builder().transport(model.clone());
    builder.file_part_retries(3, Duration::ZERO).build().unwrap()
}

async fn log_in(client: &Client, name: &str) -> User {
    client.register(name, PASSWORD).await.unwrap();
    client.login_forced(name, PASSWORD).await.unwrap()
}

async fn group_with_files() -> (World, FileModel, Group) {
    let world = World::start();
    let model = FileModel::new();
    let group = group_of(&user_with(&world, &model, "alice").await).await;
    (world, model, group)
}

/// Bytes in which no two parts are alike.
fn content(length: usize) -> Vec<u8> {
    let mut state = 1_u32;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        state.to_le_bytes()
    };
    let mut bytes = Vec::with_capacity(length + 4);
    while bytes.len() < length {
        bytes.extend_from_slice(&next());
    }
    bytes.truncate(length);
    bytes
}

const THREE_PARTS: usize = 2 * CHUNK_LEN + 5;

#[tokio::test]
async fn files_of_every_size_come_back_for_every_member() {
    let (world, model, group) = group_with_files().await;
    let bob = user_with(&world, &model, "bob").await;
    group.invite_auto(bob.id(), None).await.unwrap();
    let same = bob.group(group.id()).await.unwrap();
    for (size, parts) in [(0, 1), (1, 1), (CHUNK_LEN, 1), (CHUNK_LEN + 1, 2), (THREE_PARTS, 3)] {
        let data = content(size);
        let id = group.new_file().name("größe.txt").upload_bytes(&data).await.unwrap();
        assert_eq!(model.sequences(id.as_str()), (1..=parts).collect::<Vec<_>>());
        let file = same.file(&id).await.unwrap();
        assert_eq!(file.name().as_deref(), Some("größe.txt"));
        let size = u64::try_from(size).unwrap();
        assert!(file.download().expect_size(size).bytes().await.unwrap() == data);
    }
}

#[tokio::test]
async fn files_come_from_and_go_to_paths_readers_and_streams() {
    let (_world, _model, group) = group_with_files().await;
    let folder = tempfile::tempdir().unwrap();
    let data = content(CHUNK_LEN + 7);
    let path = folder.path().join("a.bin");
    std::fs::write(&path, &data).unwrap();

    let id = group.new_file().upload_path(&path).await.unwrap();
    let file = group.file(&id).await.unwrap();
    let copy = file.download().to_folder(folder.path()).await.unwrap();
    assert_eq!(copy, folder.path().join("a(1).bin"), "nothing is replaced");
    assert!(std::fs::read(copy).unwrap() == data);
    let elsewhere = folder.path().join("b.bin");
    file.download().to_path(&elsewhere).await.unwrap();
    assert!(std::fs::read(elsewhere).unwrap() == data);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 3, "no incomplete file is left");

    let id = group.new_file().upload_reader(Cursor::new(&data)).await.unwrap();
    let mut written = Vec::new();
    group.file(&id).await.unwrap().download().to_writer(&mut written).await.unwrap();
    assert!(written == data);

    let pieces = stream::iter(data.chunks(100_000).map(Ok::<_, std::io::Error>));
    let id = group.new_file().upload_stream(pieces).await.unwrap();
    let parts = group.file(&id).await.unwrap().download().into_stream();
    assert!(parts.try_concat().await.unwrap() == data);
}

#[tokio::test]
async fn a_file_for_a_user_is_read_by_that_user_alone() {
    let world = World::start();
    let model = FileModel::new();
    let alice = user_with(&world, &model, "alice").await;
    let bob = user_with(&world, &model, "bob").await;
    let id = alice.new_file_for(bob.id()).name("secret").upload_bytes(b"for bob").await.unwrap();
    let file = bob.file(&id).await.unwrap();
    assert_eq!(file.belongs_to().1, Some(bob.id().as_str()));
    assert_eq!(file.download().bytes().await.unwrap(), b"for bob");
    assert_eq!(code(alice.file(&id).await), "server_304");
    let own = alice.new_file().upload_bytes(b"for me").await.unwrap();
    assert_eq!(alice.file(&own).await.unwrap().download().bytes().await.unwrap(), b"for me");
    assert_eq!(alice.file(&own).await.unwrap().name(), None);
}

#[tokio::test]
async fn a_file_is_renamed_and_deleted() {
    let (_world, _model, group) = group_with_files().await;
    let id = group.new_file().name("old").upload_bytes(b"data").await.unwrap();
    let file = group.file(&id).await.unwrap();
    file.rename(Some("new")).await.unwrap();
    assert_eq!(
        (file.name(), group.file(&id).await.unwrap().name()),
        (Some("new".into()), Some("new".into()))
    );
    file.rename(None).await.unwrap();
    assert_eq!(group.file(&id).await.unwrap().name(), None);
    file.delete().await.unwrap();
    assert_eq!(code(group.file(&id).await), "server_512");
    assert_eq!(code(group.delete_file(&id).await), "server_512");
}

#[tokio::test]
async fn a_demanded_signature_is_on_every_part_of_a_file() {
    let (world, model, group) = group_with_files().await;
    let alice = group.user().clone();
    let data = content(CHUNK_LEN + 1);
    let signed = group.new_file().signed().upload_bytes(&data).await.unwrap();
    let file = group.file(&signed).await.unwrap();
    assert!(file.download().signed_by(alice.id()).bytes().await.unwrap() == data);
    let bob = user_with(&world, &model, "bob").await;
    assert_eq!(code(file.download().signed_by(bob.id()).bytes().await), "server_100");
    let plain = group.new_file().upload_bytes(b"data").await.unwrap();
    let file = group.file(&plain).await.unwrap();
    assert_eq!(code(file.download().signed_by(alice.id()).bytes().await), "client_401");
    assert_eq!(file.download().signed_by_if_at_all(alice.id()).bytes().await.unwrap(), b"data");
}

#[tokio::test]
async fn progress_is_reported_after_each_part() {
    let (_world, _model, group) = group_with_files().await;
    let seen = Arc::new(Mutex::new(Vec::new()));
    let note = |seen: &Arc<Mutex<Vec<_>>>| {
        let seen = Arc::clone(seen);
        move |progress: keyfold::Progress| seen.lock().unwrap().push((progress.bytes, progress.fraction()))
    };
    let data = content(CHUNK_LEN + 1);
    let id = group.new_file().on_progress(note(&seen)).upload_bytes(&data).await.unwrap();
    let chunk = u64::try_from(CHUNK_LEN).unwrap();
    let expected = [(chunk, Some(0.5)), (chunk + 1, Some(1.0))];
    assert_eq!(std::mem::take(&mut *seen.lock().unwrap()), expected);
    group.file(&id).await.unwrap().download().on_progress(note(&seen)).bytes().await.unwrap();
    assert_eq!(*seen.lock().unwrap(), expected);
}

#[tokio::test]
async fn a_part_whose_answer_is_lost_is_not_sent_twice() {
    let (_world, model, group) = group_with_files().await;
    let data = content(THREE_PARTS);
    // The last one, too: afterwards the server would refuse it.
    for sequence in ["/1/", "/2/", "/3/"] {
        model.fault(sequence, Fault::AnswerLost);
    }
    let id = group.new_file().upload_bytes(&data).await.unwrap();
    assert_eq!(model.take_log("POST file/part").len(), 3);
    assert_eq!(model.sequences(id.as_str()), [1, 2, 3]);
    assert!(group.file(&id).await.unwrap().download().bytes().await.unwrap() == data);
}

#[tokio::test]
async fn what_gets_lost_on_the_way_is_sent_again() {
    let (_world, model, group) = group_with_files().await;
    let data = content(THREE_PARTS);
    model.fault("/2/", Fault::RequestLost);
    model.fault("/2/", Fault::Busy);
    model.fault("part_fetch", Fault::RequestLost);
    let id = group.new_file().upload_bytes(&data).await.unwrap();
    assert_eq!(model.sequences(id.as_str()), [1, 2, 3]);
    model.fault("file/part/", Fault::RequestLost);
    model.fault("file/part/", Fault::AnswerLost);
    assert!(group.file(&id).await.unwrap().download().bytes().await.unwrap() == data);
}

#[tokio::test]
async fn a_broken_upload_goes_on_where_it_stopped() {
    let (_world, model, group) = group_with_files().await;
    let data = content(THREE_PARTS);
    let mut upload = group.new_file().name("film").begin().await.unwrap();
    (0..4).for_each(|_| model.fault("/3/", Fault::RequestLost));
    assert!(upload.send_bytes(&data).await.unwrap_err().is_network());
    assert_eq!(upload.bytes(), 2 * u64::try_from(CHUNK_LEN).unwrap());
    model.take_log("");
    assert_eq!(code(upload.send_bytes(&data[..CHUNK_LEN]).await), "client_435");
    assert_eq!(code(upload.send_bytes(&data[..2 * CHUNK_LEN]).await), "client_435");
    upload.send_bytes(&data).await.unwrap();
    assert_eq!(model.take_log("POST file/part").len(), 1);
    assert!(group.file(upload.file_id()).await.unwrap().download().bytes().await.unwrap() == data);
    upload.send_bytes(&data).await.unwrap();
    assert!(model.take_log("").iter().all(|sent| sent.what.starts_with("GET")), "nothing is left to send");
}

#[tokio::test]
async fn a_broken_upload_goes_on_in_another_process() {
    let (world, model, group) = group_with_files().await;
    let data = content(THREE_PARTS);
    let mut upload = group.new_file().signed().begin().await.unwrap();
    // The part arrives, but neither its answer nor the list that would tell so comes back.
    model.fault("/2/", Fault::AnswerLost);
    (0..4).for_each(|_| model.fault("part_fetch", Fault::RequestLost));
    assert!(upload.send_bytes(&data).await.unwrap_err().is_network());
    let kept = upload.export().unwrap();
    assert!(!format!("{upload:?}{kept:?}").contains("Aes"));
    drop(upload);

    let alice = client_with(&world, &model).login_forced("alice", PASSWORD).await.unwrap();
    let group = alice.group(group.id()).await.unwrap();
    let mut upload = group.resume_upload(&kept).unwrap();
    model.take_log("");
    upload.send_bytes(&data).await.unwrap();
    assert!(upload.is_done());
    assert_eq!(model.take_log("POST file/part").len(), 1, "the second part has arrived");
    let file = group.file(upload.file_id()).await.unwrap();
    assert!(file.download().signed_by(alice.id()).bytes().await.unwrap() == data);
}

#[tokio::test]
async fn a_broken_download_goes_on_where_it_stopped() {
    let (_world, model, group) = group_with_files().await;
    let data = content(THREE_PARTS);
    let id = group.new_file().name("film").upload_bytes(&data).await.unwrap();
    let file = group.file(&id).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("film");
    let last = file.info().part_list[2].part_id.as_str();

    let mut download = file.download();
    (0..4).for_each(|_| model.fault(last, Fault::RequestLost));
    assert!(download.to_path(&path).await.unwrap_err().is_network());
    assert!(!path.exists(), "a broken download does not look like a whole one");
    let kept = download.export().unwrap();
    model.take_log("");
    download.to_path(&path).await.unwrap();
    assert_eq!(model.take_log("file/part").len(), 1);
    assert!(std::fs::read(&path).unwrap() == data);

    let rest = file.resume_download(&kept).unwrap().bytes().await.unwrap();
    assert!(rest == data[2 * CHUNK_LEN..]);
    let other = group.new_file().upload_bytes(b"other").await.unwrap();
    let other = group.file(&other).await.unwrap();
    assert_eq!(code(other.resume_download(&kept)), "client_435");
}

#[tokio::test]
async fn a_damaged_or_truncated_part_is_refused_and_can_be_asked_for_again() {
    let (_world, model, group) = group_with_files().await;
    let data = content(CHUNK_LEN + 9);
    let id = group.new_file().upload_bytes(&data).await.unwrap();
    let mut download = group.file(&id).await.unwrap().download();
    for fault in [Fault::Damaged, Fault::Truncated] {
        model.fault("file/part/", fault);
        assert_eq!(code(download.next_part().await), "client_14");
    }
    assert!(download.bytes().await.unwrap() == data);
}

#[tokio::test]
async fn a_missing_end_shows_where_the_size_is_known() {
    let (_world, model, group) = group_with_files().await;
    let data = content(CHUNK_LEN + 9);
    let id = group.new_file().upload_bytes(&data).await.unwrap();
    model.remove_last_part(id.as_str());
    let file = group.file(&id).await.unwrap();
    let size = u64::try_from(data.len()).unwrap();
    assert_eq!(code(file.download().expect_size(size).bytes().await), "client_407");
}

#[tokio::test]
async fn a_cancelled_upload_ends_and_leaves_no_file() {
    let (_world, model, group) = group_with_files().await;
    let data = content(THREE_PARTS);
    let token = CancelToken::new();
    let button = token.clone();
    let file = group.new_file().cancel_with(&token).on_progress(move |_| button.cancel());
    assert_eq!(code(file.upload_bytes(&data).await), "client_433");
    assert_eq!(model.take_log("POST file/part").len(), 1);
    assert!(!model.has("f-1"));

    let id = group.new_file().upload_bytes(&data).await.unwrap();
    let file = group.file(&id).await.unwrap();
    assert_eq!(code(file.download().cancel_with(&token).bytes().await), "client_433");
}

#[tokio::test]
async fn a_source_that_fails_leaves_no_file() {
    let (_world, model, group) = group_with_files().await;
    let broken = stream::iter([Ok(vec![1]), Err("broken")]);
    assert_eq!(code(group.new_file().upload_stream(broken).await), "client_434");
    assert!(!model.has("f-1"));
    assert_eq!(code(group.new_file().upload_path("/nowhere/at/all").await), "client_434");
    assert!(model.take_log("POST").len() == 1, "a path that is not there registers nothing");
}

#[tokio::test]
async fn access_tokens_are_renewed_in_the_middle_of_transfers_and_once_for_all() {
    let world = World::start();
    let model = FileModel::new();
    let start = std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap();
    let now = Arc::new(AtomicU64::new(u64::try_from(start.as_millis()).unwrap()));
    let clock = Arc::clone(&now);
    let renewals = Arc::new(AtomicU64::new(0));
    let counter = Arc::clone(&renewals);
    let token = Arc::new(Mutex::new(String::new()));
    let known = Arc::clone(&token);
    let renew = keyfold::Refresh::function(move |_| {
        counter.fetch_add(1, Ordering::SeqCst);
        let known = known.lock().unwrap().clone();
        async move { Ok::<_, std::io::Error>(known) }
    });
    let builder = world.builder().transport(model.clone()).refresh(renew);
    let client = builder.clock(move || clock.load(Ordering::SeqCst)).build().unwrap();
    let alice = log_in(&client, "alice").await;
    alice.jwt().await.unwrap().expose().clone_into(&mut token.lock().unwrap());
    let group = group_of(&alice).await;
    let data = content(THREE_PARTS);
    let later = {
        let now = Arc::clone(&now);
        move |progress: keyfold::Progress| {
            if progress.parts == 1 {
                now.fetch_add(300_000, Ordering::SeqCst);
            }
        }
    };
    let (one, two) = tokio::join!(
        group.new_file().on_progress(later).upload_bytes(&data),
        group.new_file().upload_bytes(&data)
    );
    assert!(one.is_ok() && two.is_ok());
    assert_eq!(renewals.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn an_app_can_keep_the_parts_itself() {
    let world = World::start();
    let model = FileModel::new();
    let client =
        world.builder().transport(model.clone()).file_part_url(format!("{OWN_STORAGE}/")).build().unwrap();
    let group = group_of(&log_in(&client, "alice").await).await;
    let data = content(CHUNK_LEN + 1);
    let id = group.new_file().upload_bytes(&data).await.unwrap();
    let uploads = model.take_log("POST own/");
    assert_eq!(uploads.len(), 2);
    assert!(uploads.iter().all(|sent| sent.authorized && sent.bytes <= 5_242_880));
    assert!(group.file(&id).await.unwrap().download().bytes().await.unwrap() == data);
    let downloads = model.take_log("GET own/");
    assert_eq!(downloads.len(), 2);
    assert!(
        downloads.iter().all(|sent| !sent.authorized),
        "who keeps the parts gets no access token for them"
    );
    assert!(world.builder().file_part_url("ftp://parts.example").build().is_err());
}

#[tokio::test]
async fn a_list_of_parts_is_read_to_its_end_and_whatever_size_the_parts_have() {
    let (_world, model, group) = group_with_files().await;
    let upload = group.new_file().begin().await.unwrap();
    let kept: serde_json::Value = serde_json::from_str(upload.export().unwrap().expose()).unwrap();
    let key = SymmetricKey::import(kept["key"].as_str().unwrap()).unwrap();
    let mut encryptor = FileEncryptor::new(&key, None);
    let data = content(1203);
    for (sequence, chunk) in (1..).zip(data.chunks(2)) {
        model.put_part(upload.file_id().as_str(), sequence, encryptor.encrypt_part(chunk).unwrap());
    }
    let file = group.file(upload.file_id()).await.unwrap();
    let mut download = file.download();
    let mut read = Vec::new();
    for _ in 0..550 {
        read.extend(download.next_part().await.unwrap().unwrap());
    }
    let kept = download.export().unwrap();
    read.extend(file.resume_download(&kept).unwrap().bytes().await.unwrap());
    assert!(read == data);
    // A list of exactly one full page has an empty one behind it.
    (0..102).for_each(|_| model.remove_last_part(upload.file_id().as_str()));
    let file = group.file(upload.file_id()).await.unwrap();
    assert_eq!(file.download().into_stream().count().await, 500);
}

#[tokio::test]
async fn a_backend_can_register_a_file_for_the_app() {
    let (_world, model, group) = group_with_files().await;
    let prepared = group.new_file().name("a").prepare().await.unwrap();
    let mut request =
        keyfold::transport::Request::new(keyfold::transport::Method::Post, "http://backend/api/v1/file");
    request.headers.push(("x-sentc-app-token", "token".to_owned()));
    request.body = prepared.body().as_bytes().to_vec();
    let answer = keyfold::Transport::send(&model, request).await.unwrap();
    let mut upload = prepared.done(std::str::from_utf8(&answer.body).unwrap()).unwrap();
    upload.send_bytes(b"data").await.unwrap();
    assert_eq!(group.file(upload.file_id()).await.unwrap().download().bytes().await.unwrap(), b"data");
    let prepared = group.new_file().prepare().await.unwrap();
    let refused = r#"{"status":false,"err_msg":"no","err_code":521}"#;
    assert_eq!(code(prepared.done(refused)), "server_521");
}
