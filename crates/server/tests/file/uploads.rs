//! Uploads: sessions, sequences, and what breaks off.

use futures_util::future::join_all;
use hyper::Method;
use keyfold_protocol::file::{FileMeta, FilePart};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::api::{Files, on_both_databases};

const DAY: u64 = 24 * 60 * 60 * 1_000;

on_both_databases!(
    a_session_is_for_its_user_alone_and_ends_with_the_last_part,
    an_expired_session_is_named_as_such,
    a_token_that_expires_during_an_upload_goes_on,
    a_token_that_expired_before_the_upload_is_refused,
    an_ended_login_ends_its_uploads,
    a_part_has_five_mebibytes_at_most,
    an_upload_that_breaks_off_never_looks_complete,
    a_part_that_is_uploaded_again_takes_the_place_of_the_first,
    a_file_with_a_gap_is_not_completed,
    negative_sequences_are_refused,
    a_deleted_file_takes_no_more_parts,
    an_unfinished_upload_is_removed_and_an_empty_file_stays,
    sixty_four_downloads_of_one_part_at_once,
);

async fn a_session_is_for_its_user_alone_and_ends_with_the_last_part(files: Files) {
    let [alice, bob] = files.world.users().await;
    let file = files.register(&alice).await;
    let session = file.session_id.as_str();
    files.upload(&bob, session, 1, false, "x").await.refused(400, 510);
    let other = files.another_app().await;
    let stranger = other.world.user().await;
    other.upload(&stranger, session, 1, false, "x").await.refused(400, 510);
    files.upload(&alice, "nonsense", 1, false, "x").await.refused(400, 510);
    files.upload(&alice, session, 1, false, "x").await.done();
    files.upload(&alice, session, 2, true, "y").await.done();
    files.upload(&alice, session, 3, true, "z").await.refused(400, 510);
    assert_eq!(files.stored(), 2);
}

async fn an_expired_session_is_named_as_such(files: Files) {
    let alice = files.world.user().await;
    let file = files.register(&alice).await;
    files.world.clock().advance(DAY + 1_000);
    let alice = alice.with_jwt(files.world.sign_jwt(alice.id(), alice.device.as_str(), 2 * 86_400));
    files.upload(&alice, file.session_id.as_str(), 1, true, "x").await.refused(400, 511);
}

async fn a_token_that_expires_during_an_upload_goes_on(files: Files) {
    let alice = files.world.user().await;
    let file = files.register(&alice).await;
    files.upload(&alice, file.session_id.as_str(), 1, false, "x").await.done();
    files.world.clock().advance(DAY / 2);
    alice.get("user/user_keys/keys/0/none").await.refused(401, 30);
    files.upload(&alice, file.session_id.as_str(), 2, true, "y").await.done();
}

async fn a_token_that_expired_before_the_upload_is_refused(files: Files) {
    let alice = files.world.user().await;
    let old = alice.clone();
    files.world.clock().advance(DAY);
    let alice = alice.with_jwt(files.world.sign_jwt(alice.id(), alice.device.as_str(), 2 * 86_400));
    let file = files.register(&alice).await;
    files.upload(&old, file.session_id.as_str(), 1, true, "x").await.refused(401, 30);
}

async fn an_ended_login_ends_its_uploads(files: Files) {
    let alice = files.world.user().await;
    let file = files.register(&alice).await;
    files.world.execute("DELETE FROM devices WHERE id = $1", vec![alice.device.as_str().to_owned()]).await;
    files.upload(&alice, file.session_id.as_str(), 1, true, "x").await.refused(401, 31);
}

async fn a_part_has_five_mebibytes_at_most(files: Files) {
    let alice = files.world.user().await;
    let file = files.register(&alice).await;
    let session = file.session_id.as_str();
    files.upload(&alice, session, 1, false, vec![7; 5_242_880]).await.done();
    // A server may close the connection on the way.
    let bearer = format!("Bearer {}", alice.jwt);
    let path = format!("file/part/{session}/2/true");
    let too_big = files.try_raw(Method::POST, &path, &[("authorization", &bearer)], vec![7; 5_242_881]).await;
    if let Some(refused) = too_big {
        refused.refused(400, 502);
    }
    assert_eq!(files.stored(), 1);
}

async fn an_upload_that_breaks_off_never_looks_complete(files: Files) {
    let [alice, bob] = files.world.users().await;
    let file = files.register(&alice).await;
    files.upload(&alice, file.session_id.as_str(), 1, false, "first").await.done();
    for head in ["content-length: 1000\r\n", "transfer-encoding: chunked\r\n"] {
        let mut stream = TcpStream::connect(files.world.address()).await.unwrap();
        let request = format!(
            "POST /api/v1/file/part/{}/2/true HTTP/1.1\r\nhost: x\r\nx-sentc-app-token: {}\r\nauthorization: Bearer {}\r\n{head}\r\n3\r\nabc",
            file.session_id,
            files.world.app.public_token.expose(),
            alice.jwt
        );
        stream.write_all(request.as_bytes()).await.unwrap();
        stream.shutdown().await.unwrap();
        let mut answer = String::new();
        let _ = stream.read_to_string(&mut answer).await;
        assert!(!answer.contains("Success"), "{answer}");
    }
    let path = format!("file/{}", file.file_id);
    bob.get(&path).await.refused(400, 512);
    alice.get(&path).await.refused(400, 512);
    files.get(&format!("{path}/part_fetch/0")).await.refused(400, 512);
    // Its owner may see how far it came, and go on.
    let parts: Vec<FilePart> = alice.get(&format!("{path}/part_fetch/0")).await.ok();
    assert_eq!(parts.len(), 1);
    files.download(parts[0].part_id.as_str(), None).await.refused(400, 500);
    assert_eq!(files.download(parts[0].part_id.as_str(), Some(&alice.jwt)).await.bytes, "first");
    files.upload(&alice, file.session_id.as_str(), 2, true, "second").await.done();
    assert_eq!(bob.get(&path).await.ok::<FileMeta>().part_list.len(), 2);
    files.world.until(async || files.stored() == 2).await;
}

async fn a_part_that_is_uploaded_again_takes_the_place_of_the_first(files: Files) {
    let alice = files.world.user().await;
    let file = files.register(&alice).await;
    let session = file.session_id.as_str();
    files.upload(&alice, session, 1, false, "lost answer").await.done();
    files.upload(&alice, session, 1, false, "again").await.done();
    files.upload(&alice, session, 2, true, "end").await.done();
    let parts = files.parts(file.file_id.as_str()).await;
    assert_eq!(parts.len(), 2);
    assert_eq!(files.download(&parts[0], None).await.bytes, "again");
    assert_eq!(files.usage().await.bytes, 8);
    files.tidy().await;
    assert_eq!(files.stored(), 2);
}

async fn a_file_with_a_gap_is_not_completed(files: Files) {
    let alice = files.world.user().await;
    let file = files.register(&alice).await;
    let session = file.session_id.as_str();
    files.upload(&alice, session, 1, false, "1").await.done();
    files.upload(&alice, session, 3, true, "3").await.refused(400, 523);
    files.upload(&alice, session, 2, false, "2").await.done();
    files.upload(&alice, session, 4, false, "4").await.done();
    files.upload(&alice, session, 3, true, "3").await.refused(400, 523);
    files.upload(&alice, session, 3, false, "3").await.done();
    files.upload(&alice, session, 5, true, "5").await.done();
    assert_eq!(files.parts(file.file_id.as_str()).await.len(), 5);
}

async fn negative_sequences_are_refused(files: Files) {
    let alice = files.world.user().await;
    let file = files.register(&alice).await;
    files.upload(&alice, file.session_id.as_str(), -1, true, "x").await.refused(400, 523);
    files.upload(&alice, file.session_id.as_str(), 0, false, "0").await.done();
    files.upload(&alice, file.session_id.as_str(), 1, true, "1").await.done();
    assert_eq!(files.parts(file.file_id.as_str()).await.len(), 2);
}

async fn a_deleted_file_takes_no_more_parts(files: Files) {
    let alice = files.world.user().await;
    let file = files.register(&alice).await;
    files.upload(&alice, file.session_id.as_str(), 1, false, "x").await.done();
    alice.delete(&format!("file/{}", file.file_id)).await.done();
    files.upload(&alice, file.session_id.as_str(), 2, true, "y").await.refused(400, 510);
    files.world.jobs_done().await;
    assert_eq!(files.stored(), 0);
}

async fn an_unfinished_upload_is_removed_and_an_empty_file_stays(files: Files) {
    let alice = files.world.user().await;
    let unfinished = files.register(&alice).await;
    files.upload(&alice, unfinished.session_id.as_str(), 1, false, "x").await.done();
    let empty = files.register(&alice).await;
    let complete = files.file(&alice, &[b"y"]).await;
    files.world.clock().advance(2 * DAY + 1_000);
    files.tidy().await;
    files.world.jobs_done().await;
    files.get(&format!("file/{}/part_fetch/0", unfinished.file_id)).await.refused(400, 512);
    files.get(&format!("file/{}", empty.file_id)).await.ok();
    assert_eq!(files.parts(&complete).await.len(), 1);
    assert_eq!(files.stored(), 1);
    assert_eq!(files.usage().await.files, 2);
    assert_eq!(files.world.count("SELECT COUNT(*) FROM upload_sessions", &[]).await, 0);
}

async fn sixty_four_downloads_of_one_part_at_once(files: Files) {
    let alice = files.world.user().await;
    let content: Vec<u8> = (0..4_194_304_u32).map(|byte| (byte % 251) as u8).collect();
    let file = files.file(&alice, &[&content]).await;
    let part = files.parts(&file).await.remove(0);
    let downloads = join_all((0..64).map(|_| files.download(&part, None))).await;
    assert!(downloads.iter().all(|raw| raw.status == 200 && raw.bytes == content));
}
