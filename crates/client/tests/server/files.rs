//! Files, with the network in good and in bad health, on both databases.

use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use futures_util::io::{AsyncWrite, Cursor};
use futures_util::{StreamExt, TryStreamExt, stream};
use keyfold::crypto::SymmetricKey;
use keyfold::crypto::file::{CHUNK_LEN, FileEncryptor};
use keyfold::protocol::app::{FILE_STORAGE_OWN, FileOptions};
use keyfold::{BoxFuture, CancelToken, Client, FileId, Group, Upload, User};

use crate::own_storage::OwnStorage;
use crate::proxy::{Fault, Gate, Proxy, Sent};
use crate::world::{PASSWORD, World, code, group_of, on_both_databases};

on_both_databases!(
    files_of_every_size_come_back_for_every_member,
    files_come_from_and_go_to_paths_readers_and_streams,
    downloads_of_files_of_one_name_do_not_get_into_each_others_way,
    a_download_goes_on_after_a_part_that_could_not_be_written,
    a_broken_upload_goes_on_from_a_path_or_a_reader,
    a_file_for_a_user_is_read_by_that_user_alone,
    files_of_connected_and_child_groups_are_read_through_the_groups_that_are_members,
    a_file_is_renamed_and_deleted,
    a_demanded_signature_is_on_every_part_of_a_file,
    progress_is_reported_after_each_part,
    a_part_is_made_while_the_one_before_is_on_its_way,
    a_part_is_fetched_while_the_one_before_is_written,
    a_part_on_its_way_arrives_although_the_next_one_cannot_be_made,
    a_part_whose_answer_is_lost_is_not_sent_twice,
    what_gets_lost_on_the_way_is_sent_again,
    a_broken_upload_goes_on_where_it_stopped,
    a_broken_upload_goes_on_in_another_process,
    a_broken_download_goes_on_where_it_stopped,
    a_damaged_part_is_refused_and_can_be_asked_for_again,
    a_missing_end_shows_where_the_size_is_known,
    a_cancelled_upload_ends_and_leaves_no_file,
    a_source_that_fails_leaves_no_file,
    access_tokens_are_renewed_in_the_middle_of_transfers_and_once_for_all,
    an_app_can_keep_the_parts_itself,
    a_list_of_parts_is_read_to_its_end_and_whatever_size_the_parts_have,
    a_backend_can_register_a_file_for_the_app,
);

/// A client behind a proxy, that does not wait between attempts.
fn client_behind(world: &World, proxy: &Proxy) -> Client {
    let builder = world.builder().base_url(proxy.url());
    builder.file_part_retries(3, Duration::ZERO).build().unwrap()
}

async fn log_in(client: &Client, name: &str) -> User {
    client.register(name, PASSWORD).await.unwrap();
    client.login_forced(name, PASSWORD).await.unwrap()
}

/// A group of a user behind a proxy.
async fn group_behind_a_proxy(world: &World) -> (Proxy, Group) {
    let proxy = Proxy::start(world);
    let group = group_of(&log_in(&client_behind(world, &proxy), "alice").await).await;
    proxy.take_log("");
    (proxy, group)
}

async fn group_with_files(world: &World) -> Group {
    group_of(&world.user("alice").await).await
}

/// Sequence numbers of the parts that are there.
async fn sequences(group: &Group, id: &FileId) -> Vec<i32> {
    group.file(id).await.unwrap().info().part_list.iter().map(|part| part.sequence).collect()
}

/// The file whose deletion came by.
fn deleted(log: &[Sent]) -> FileId {
    let deletion = log.iter().find(|sent| sent.what.starts_with("DELETE group/")).unwrap();
    FileId::from(deletion.what.rsplit('/').next().unwrap())
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

async fn files_of_every_size_come_back_for_every_member(world: World) {
    let group = group_with_files(&world).await;
    let bob = world.user("bob").await;
    group.invite_auto(bob.id(), None).await.unwrap();
    let same = bob.group(group.id()).await.unwrap();
    for (size, parts) in [(0, 1), (1, 1), (CHUNK_LEN, 1), (CHUNK_LEN + 1, 2), (THREE_PARTS, 3)] {
        let data = content(size);
        let id = group.new_file().name("größe.txt").upload_bytes(&data).await.unwrap();
        assert_eq!(sequences(&group, &id).await, (1..=parts).collect::<Vec<_>>());
        let file = same.file(&id).await.unwrap();
        assert_eq!(file.name().as_deref(), Some("größe.txt"));
        let size = u64::try_from(size).unwrap();
        assert!(file.download().expect_size(size).bytes().await.unwrap() == data);
    }
}

async fn files_come_from_and_go_to_paths_readers_and_streams(world: World) {
    let group = group_with_files(&world).await;
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

async fn downloads_of_files_of_one_name_do_not_get_into_each_others_way(world: World) {
    let group = group_with_files(&world).await;
    let folder = tempfile::tempdir().unwrap();
    let own = folder.path().join("report.pdf.part");
    std::fs::write(&own, "mine").unwrap();
    let contents = [content(CHUNK_LEN + 1), content(2 * CHUNK_LEN + 2)];
    let mut files = Vec::new();
    for data in &contents {
        let id = group.new_file().name("report.pdf").upload_bytes(data).await.unwrap();
        files.push(group.file(&id).await.unwrap());
    }
    let (mut first, mut second) = (files[0].download(), files[1].download());
    let (first, second) =
        futures_util::join!(first.to_folder(folder.path()), second.to_folder(folder.path()));
    for (path, data) in [first, second].into_iter().zip(&contents) {
        assert!(std::fs::read(path.unwrap()).unwrap() == *data);
    }
    assert_eq!(std::fs::read(&own).unwrap(), b"mine", "a file that only has the name of an incomplete one");

    // One file twice: both are whole, or one says that the other is at it.
    let (mut first, mut second) = (files[1].download(), files[1].download());
    let (first, second) =
        futures_util::join!(first.to_folder(folder.path()), second.to_folder(folder.path()));
    assert!(first.is_ok() || second.is_ok());
    for path in [first, second] {
        match path {
            Ok(path) => assert!(std::fs::read(path).unwrap() == contents[1]),
            Err(error) => assert_eq!(error.code(), "client_434"),
        }
    }
    let names = std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name());
    assert_eq!(names.filter(|name| name.to_string_lossy().ends_with(".part")).count(), 1, "none is left");
}

/// A writer that is full from the beginning.
struct Full;

impl AsyncWrite for Full {
    fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, _: &[u8]) -> Poll<std::io::Result<usize>> {
        Poll::Ready(Err(std::io::ErrorKind::StorageFull.into()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_close(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

async fn a_download_goes_on_after_a_part_that_could_not_be_written(world: World) {
    let group = group_with_files(&world).await;
    let data = content(THREE_PARTS);
    let id = group.new_file().upload_bytes(&data).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("film");
    let mut download = group.file(&id).await.unwrap().download();
    assert!(download.next_part().await.unwrap().unwrap() == data[..CHUNK_LEN]);
    assert_eq!(code(download.to_writer(Full).await), "client_434");
    assert_eq!(
        download.bytes_read(),
        u64::try_from(CHUNK_LEN).unwrap(),
        "what was not written does not count"
    );
    std::fs::write(folder.path().join("film.part"), [&data[..CHUNK_LEN], b"half a part"].concat()).unwrap();
    download.to_path(&path).await.unwrap();
    assert!(std::fs::read(&path).unwrap() == data);
}

async fn a_broken_upload_goes_on_from_a_path_or_a_reader(world: World) {
    let (proxy, group) = group_behind_a_proxy(&world).await;
    let data = content(THREE_PARTS);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("film");
    std::fs::write(&path, &data).unwrap();
    for by_path in [true, false] {
        let mut upload = group.new_file().begin().await.unwrap();
        (0..4).for_each(|_| proxy.fault("/3/", Fault::RequestLost));
        for _ in 0..2 {
            let sent = match by_path {
                true => upload.send_path(&path).await,
                false => upload.send_reader(Cursor::new(&data)).await,
            };
            assert_eq!(sent.is_ok(), upload.is_done());
            assert!(upload.bytes() >= 2 * u64::try_from(CHUNK_LEN).unwrap());
        }
        assert!(upload.is_done());
        assert!(group.file(upload.file_id()).await.unwrap().download().bytes().await.unwrap() == data);
        let missing = group.new_file().begin().await.unwrap().send_path(folder.path().join("none")).await;
        assert_eq!(code(missing), "client_434");
    }
}

async fn a_file_for_a_user_is_read_by_that_user_alone(world: World) {
    let (alice, bob) = (world.user("alice").await, world.user("bob").await);
    let id = alice.new_file_for(bob.id()).name("secret").upload_bytes(b"for bob").await.unwrap();
    let file = bob.file(&id).await.unwrap();
    assert_eq!(file.belongs_to().1, Some(bob.id().as_str()));
    assert_eq!(file.download().bytes().await.unwrap(), b"for bob");
    assert_eq!(code(alice.file(&id).await), "server_304");
    let own = alice.new_file().upload_bytes(b"for me").await.unwrap();
    assert_eq!(alice.file(&own).await.unwrap().download().bytes().await.unwrap(), b"for me");
    let file = alice.file(&own).await.unwrap();
    assert_eq!(file.name(), None);
    file.rename(Some("diary")).await.unwrap();
    assert_eq!(alice.file(&own).await.unwrap().name().as_deref(), Some("diary"));
}

async fn files_of_connected_and_child_groups_are_read_through_the_groups_that_are_members(world: World) {
    let (alice, bob) = (world.user("alice").await, world.user("bob").await);
    let group = group_of(&alice).await;
    group.invite_auto(bob.id(), None).await.unwrap();
    let connected = group.connected(&group.create_connected().await.unwrap()).await.unwrap();
    let child = connected.child(&connected.create_child().await.unwrap()).await.unwrap();
    let data = content(CHUNK_LEN + 1);
    let same = bob.group(group.id()).await.unwrap().connected(connected.id()).await.unwrap();
    let same_child = same.child(child.id()).await.unwrap();
    for (writer, reader) in [(&connected, &same), (&child, &same_child), (&same_child, &child)] {
        let id = writer.new_file().upload_bytes(&data).await.unwrap();
        assert!(reader.file(&id).await.unwrap().download().bytes().await.unwrap() == data);
    }
}

async fn a_file_is_renamed_and_deleted(world: World) {
    let group = group_with_files(&world).await;
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

async fn a_demanded_signature_is_on_every_part_of_a_file(world: World) {
    let group = group_with_files(&world).await;
    let alice = group.user().clone();
    let data = content(CHUNK_LEN + 1);
    let signed = group.new_file().signed().upload_bytes(&data).await.unwrap();
    let file = group.file(&signed).await.unwrap();
    assert!(file.download().signed_by(alice.id()).bytes().await.unwrap() == data);
    let bob = world.user("bob").await;
    assert_eq!(code(file.download().signed_by(bob.id()).bytes().await), "server_100");
    let plain = group.new_file().upload_bytes(b"data").await.unwrap();
    let file = group.file(&plain).await.unwrap();
    assert_eq!(code(file.download().signed_by(alice.id()).bytes().await), "client_401");
    assert_eq!(file.download().signed_by_if_at_all(alice.id()).bytes().await.unwrap(), b"data");
}

async fn progress_is_reported_after_each_part(world: World) {
    let group = group_with_files(&world).await;
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

async fn a_part_is_made_while_the_one_before_is_on_its_way(world: World) {
    let (proxy, group) = group_behind_a_proxy(&world).await;
    let data = content(THREE_PARTS);
    let gate = Gate::new();
    proxy.fault("/1/false", Fault::Late(gate.clone()));
    // The answer to the first part comes when the last one is read, of which the second has to know.
    let gate = &gate;
    let pieces = stream::iter(data.chunks(CHUNK_LEN)).then(|piece| async move {
        if piece.len() < CHUNK_LEN {
            gate.reached().await;
            gate.open();
        }
        Ok::<_, std::io::Error>(piece)
    });
    let upload = group.new_file().upload_stream(Box::pin(pieces));
    let id = tokio::time::timeout(Duration::from_secs(60), upload).await.unwrap().unwrap();
    assert!(group.file(&id).await.unwrap().download().bytes().await.unwrap() == data);
}

async fn a_part_is_fetched_while_the_one_before_is_written(world: World) {
    let (proxy, group) = group_behind_a_proxy(&world).await;
    let data = content(THREE_PARTS);
    let id = group.new_file().upload_bytes(&data).await.unwrap();
    let file = group.file(&id).await.unwrap();
    let gate = Gate::new();
    proxy.fault(file.info().part_list[1].part_id.as_str(), Fault::Late(gate.clone()));
    let is_asked_for = async move {
        gate.reached().await;
        gate.open();
    };
    let mut writer = WriterThatWaits { until: Some(Box::pin(is_asked_for)), written: Vec::new() };
    let mut download = file.download();
    let writing = download.to_writer(&mut writer);
    tokio::time::timeout(Duration::from_secs(60), writing).await.unwrap().unwrap();
    assert!(writer.written == data);
}

/// Takes nothing before something has happened.
struct WriterThatWaits {
    until: Option<BoxFuture<'static, ()>>,
    written: Vec<u8>,
}

impl AsyncWrite for WriterThatWaits {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<std::io::Result<usize>> {
        if let Some(until) = &mut self.until {
            ready!(until.as_mut().poll(context));
            self.until = None;
        }
        self.written.extend_from_slice(bytes);
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_close(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

async fn a_part_on_its_way_arrives_although_the_next_one_cannot_be_made(world: World) {
    let group = group_with_files(&world).await;
    let data = content(THREE_PARTS);
    let mut upload = group.new_file().begin().await.unwrap();
    let (first, second) = (data[..CHUNK_LEN].to_vec(), data[CHUNK_LEN..2 * CHUNK_LEN].to_vec());
    let broken = stream::iter([Ok(first), Ok(second), Err("broken")]);
    assert_eq!(code(upload.send_stream(broken).await), "client_434");
    assert_eq!(upload.bytes(), u64::try_from(CHUNK_LEN).unwrap());
    upload.send_bytes(&data).await.unwrap();
    assert_eq!(sequences(&group, upload.file_id()).await, [1, 2, 3]);
    assert!(group.file(upload.file_id()).await.unwrap().download().bytes().await.unwrap() == data);
}

async fn a_part_whose_answer_is_lost_is_not_sent_twice(world: World) {
    let (proxy, group) = group_behind_a_proxy(&world).await;
    let data = content(THREE_PARTS);
    // The last one, too: afterwards the server would refuse it.
    for sequence in ["/1/", "/2/", "/3/"] {
        proxy.fault(sequence, Fault::AnswerLost);
    }
    let id = group.new_file().upload_bytes(&data).await.unwrap();
    assert_eq!(proxy.take_log("POST file/part").len(), 3);
    assert_eq!(sequences(&group, &id).await, [1, 2, 3]);
    assert!(group.file(&id).await.unwrap().download().bytes().await.unwrap() == data);
}

async fn what_gets_lost_on_the_way_is_sent_again(world: World) {
    let (proxy, group) = group_behind_a_proxy(&world).await;
    let data = content(THREE_PARTS);
    proxy.fault("/2/", Fault::RequestLost);
    proxy.fault("/2/", Fault::Refused(429, 429));
    proxy.fault("part_fetch", Fault::RequestLost);
    let id = group.new_file().upload_bytes(&data).await.unwrap();
    assert_eq!(sequences(&group, &id).await, [1, 2, 3]);
    for fault in [Fault::RequestLost, Fault::Truncated, Fault::ErrorPage] {
        proxy.fault("GET file/part/", fault);
    }
    assert!(group.file(&id).await.unwrap().download().bytes().await.unwrap() == data);
}

async fn a_broken_upload_goes_on_where_it_stopped(world: World) {
    let (proxy, group) = group_behind_a_proxy(&world).await;
    let data = content(THREE_PARTS);
    let mut upload = group.new_file().name("film").begin().await.unwrap();
    (0..4).for_each(|_| proxy.fault("/3/", Fault::RequestLost));
    assert!(upload.send_bytes(&data).await.unwrap_err().is_network());
    assert_eq!(upload.bytes(), 2 * u64::try_from(CHUNK_LEN).unwrap());
    proxy.take_log("");
    assert_eq!(code(upload.send_bytes(&data[..CHUNK_LEN]).await), "client_435");
    assert_eq!(code(upload.send_bytes(&data[..2 * CHUNK_LEN]).await), "client_435");
    upload.send_bytes(&data).await.unwrap();
    assert_eq!(proxy.take_log("POST file/part").len(), 1);
    assert!(group.file(upload.file_id()).await.unwrap().download().bytes().await.unwrap() == data);
    upload.send_bytes(&data).await.unwrap();
    assert!(proxy.take_log("").iter().all(|sent| sent.what.starts_with("GET")), "nothing is left to send");
}

async fn a_broken_upload_goes_on_in_another_process(world: World) {
    let (proxy, group) = group_behind_a_proxy(&world).await;
    let data = content(THREE_PARTS);
    let mut upload = group.new_file().signed().begin().await.unwrap();
    // The part arrives, but neither its answer nor the list that would tell so comes back.
    proxy.fault("/2/", Fault::AnswerLost);
    (0..4).for_each(|_| proxy.fault("part_fetch", Fault::RequestLost));
    assert!(upload.send_bytes(&data).await.unwrap_err().is_network());
    let kept = upload.export().unwrap();
    assert!(!format!("{upload:?}{kept:?}").contains("Aes"));
    drop(upload);

    let alice = client_behind(&world, &proxy).login_forced("alice", PASSWORD).await.unwrap();
    let group = alice.group(group.id()).await.unwrap();
    let mut upload = group.resume_upload(&kept).unwrap();
    proxy.take_log("");
    upload.send_bytes(&data).await.unwrap();
    assert!(upload.is_done());
    assert_eq!(proxy.take_log("POST file/part").len(), 1, "the second part has arrived");
    let file = group.file(upload.file_id()).await.unwrap();
    assert!(file.download().signed_by(alice.id()).bytes().await.unwrap() == data);
}

async fn a_broken_download_goes_on_where_it_stopped(world: World) {
    let (proxy, group) = group_behind_a_proxy(&world).await;
    let data = content(THREE_PARTS);
    let id = group.new_file().name("film").upload_bytes(&data).await.unwrap();
    let file = group.file(&id).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("film");
    let last = file.info().part_list[2].part_id.as_str();

    let mut download = file.download();
    (0..4).for_each(|_| proxy.fault(last, Fault::RequestLost));
    assert!(download.to_path(&path).await.unwrap_err().is_network());
    assert!(!path.exists(), "a broken download does not look like a whole one");
    let kept = download.export().unwrap();
    proxy.take_log("");
    download.to_path(&path).await.unwrap();
    assert_eq!(proxy.take_log("GET file/part").len(), 1);
    assert!(std::fs::read(&path).unwrap() == data);

    let rest = file.resume_download(&kept).unwrap().bytes().await.unwrap();
    assert!(rest == data[2 * CHUNK_LEN..]);
    let other = group.new_file().upload_bytes(b"other").await.unwrap();
    let other = group.file(&other).await.unwrap();
    assert_eq!(code(other.resume_download(&kept)), "client_435");
}

async fn a_damaged_part_is_refused_and_can_be_asked_for_again(world: World) {
    let (proxy, group) = group_behind_a_proxy(&world).await;
    let data = content(CHUNK_LEN + 9);
    let id = group.new_file().upload_bytes(&data).await.unwrap();
    let mut download = group.file(&id).await.unwrap().download();
    proxy.fault("GET file/part/", Fault::Damaged);
    assert_eq!(code(download.next_part().await), "client_14");
    assert!(download.bytes().await.unwrap() == data);
}

async fn a_missing_end_shows_where_the_size_is_known(world: World) {
    let (proxy, group) = group_behind_a_proxy(&world).await;
    let data = content(CHUNK_LEN + 9);
    let id = group.new_file().upload_bytes(&data).await.unwrap();
    let without_end = |answer: &mut serde_json::Value| {
        answer["result"]["part_list"].as_array_mut().unwrap().pop();
    };
    proxy.fault("GET group/", Fault::rewritten(without_end));
    let file = group.file(&id).await.unwrap();
    let size = u64::try_from(data.len()).unwrap();
    assert_eq!(code(file.download().expect_size(size).bytes().await), "client_407");
}

async fn a_cancelled_upload_ends_and_leaves_no_file(world: World) {
    let (proxy, group) = group_behind_a_proxy(&world).await;
    let data = content(THREE_PARTS);
    let token = CancelToken::new();
    let button = token.clone();
    let file = group.new_file().cancel_with(&token).on_progress(move |_| button.cancel());
    assert_eq!(code(file.upload_bytes(&data).await), "client_433");
    let log = proxy.take_log("");
    assert_eq!(log.iter().filter(|sent| sent.what.starts_with("POST file/part")).count(), 1);
    assert_eq!(code(group.file(&deleted(&log)).await), "server_512");

    let id = group.new_file().upload_bytes(&data).await.unwrap();
    let file = group.file(&id).await.unwrap();
    assert_eq!(code(file.download().cancel_with(&token).bytes().await), "client_433");
}

async fn a_source_that_fails_leaves_no_file(world: World) {
    let (proxy, group) = group_behind_a_proxy(&world).await;
    let broken = stream::iter([Ok(vec![1]), Err("broken")]);
    assert_eq!(code(group.new_file().upload_stream(broken).await), "client_434");
    assert_eq!(code(group.file(&deleted(&proxy.take_log(""))).await), "server_512");
    proxy.take_log("");
    assert_eq!(code(group.new_file().upload_path("/nowhere/at/all").await), "client_434");
    assert!(proxy.take_log("").is_empty(), "a path that is not there registers nothing");
}

async fn access_tokens_are_renewed_in_the_middle_of_transfers_and_once_for_all(world: World) {
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
    let builder = world.builder().refresh(renew);
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

async fn an_app_can_keep_the_parts_itself(world: World) {
    let own = FileOptions {
        file_storage: FILE_STORAGE_OWN,
        storage_url: Some("https://parts.example/deleted".to_owned()),
        ..FileOptions::server_storage()
    };
    world.server.set_file_options(own).await;
    let storage = OwnStorage::start(&world);
    let client = world.builder().file_part_url(format!("{}/", storage.url())).build().unwrap();
    let alice = log_in(&client, "alice").await;
    storage.expect(&alice);
    let group = group_of(&alice).await;
    let data = content(CHUNK_LEN + 1);
    let id = group.new_file().upload_bytes(&data).await.unwrap();
    let uploads = storage.take_log("POST");
    assert_eq!(uploads.len(), 2);
    assert!(uploads.iter().all(|(_, authorized, bytes)| *authorized && *bytes <= 5_242_880));
    assert!(group.file(&id).await.unwrap().download().bytes().await.unwrap() == data);
    let downloads = storage.take_log("GET");
    assert_eq!(downloads.len(), 2);
    assert!(
        downloads.iter().all(|(_, authorized, _)| !authorized),
        "who keeps the parts gets no access token for them"
    );
    assert!(world.builder().file_part_url("ftp://parts.example").build().is_err());
}

async fn a_list_of_parts_is_read_to_its_end_and_whatever_size_the_parts_have(world: World) {
    let (proxy, group) = group_behind_a_proxy(&world).await;
    let data = content(1203);
    let id = upload_small_parts(&world, &group, &data, 2).await;
    let file = group.file(&id).await.unwrap();
    let mut download = file.download();
    let mut read = Vec::new();
    for _ in 0..550 {
        read.extend(download.next_part().await.unwrap().unwrap());
    }
    let kept = download.export().unwrap();
    read.extend(file.resume_download(&kept).unwrap().bytes().await.unwrap());
    assert!(read == data);

    // A list of exactly one full page has an empty one behind it, or with some servers an error.
    let file = group.file(&upload_small_parts(&world, &group, &data[..500], 1).await).await.unwrap();
    assert_eq!(file.download().into_stream().count().await, 500);
    proxy.fault("part_fetch/500", Fault::Refused(400, 512));
    assert_eq!(file.download().into_stream().count().await, 500);
}

/// A file whose parts are far smaller than those of this crate, with the key of an upload that was begun.
async fn upload_small_parts(world: &World, group: &Group, data: &[u8], size: usize) -> FileId {
    let upload = group.new_file().begin().await.unwrap();
    let kept: serde_json::Value = serde_json::from_str(upload.export().unwrap().expose()).unwrap();
    let key = SymmetricKey::import(kept["key"].as_str().unwrap()).unwrap();
    let mut encryptor = FileEncryptor::new(&key, None);
    let parts: Vec<_> = data.chunks(size).map(|chunk| encryptor.encrypt_part(chunk).unwrap()).collect();
    let last = parts.len();
    let token = group.user().jwt().await.unwrap();
    let http = reqwest::Client::new();
    let send = |(sequence, part): (usize, Vec<u8>)| {
        let address = format!("file/part/{}/{sequence}/{}", upload.session_id(), sequence == last);
        let request = http
            .post(format!("{}/api/v1/{address}", world.server.url()))
            .header("x-sentc-app-token", world.server.public_token())
            .header("authorization", format!("Bearer {}", token.expose()))
            .body(part);
        async move { assert!(request.send().await.unwrap().status().is_success()) }
    };
    let mut parts: Vec<_> = (1..).zip(parts).collect();
    let end = parts.split_off(last - 1);
    // The last one ends the upload; the order of the others does not matter to the server.
    stream::iter(parts).map(send).buffer_unordered(16).collect::<Vec<()>>().await;
    stream::iter(end).for_each(send).await;
    upload.file_id().clone()
}

async fn a_backend_can_register_a_file_for_the_app(world: World) {
    let group = group_with_files(&world).await;
    let prepared = group.new_file().name("a").prepare().await.unwrap();
    let answer = reqwest::Client::new()
        .post(format!("{}/api/v1/group/{}/file", world.server.url(), group.id()))
        .header("x-sentc-app-token", world.server.secret_token())
        .header("authorization", format!("Bearer {}", group.user().jwt().await.unwrap().expose()))
        .body(prepared.body().to_owned());
    let answer = answer.send().await.unwrap().text().await.unwrap();
    let mut upload: Upload = prepared.done(&answer).unwrap();
    upload.send_bytes(b"data").await.unwrap();
    assert_eq!(group.file(upload.file_id()).await.unwrap().download().bytes().await.unwrap(), b"data");
    let prepared = group.new_file().prepare().await.unwrap();
    let refused = r#"{"status":false,"err_msg":"no","err_code":521}"#;
    assert_eq!(code(prepared.done(refused)), "server_521");
}
