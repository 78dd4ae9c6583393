//! Registering, reading, renaming.

use hyper::Method;
use keyfold_protocol::file::{BelongsToType, FileMeta, FilePart, FileRegisterOutput};
use serde_json::{Value, json};

use crate::api::{Files, on_both_databases, register_body};

on_both_databases!(
    a_file_comes_back_as_it_was_uploaded,
    an_empty_file_can_be_read,
    a_file_of_exactly_one_page_of_parts_can_be_listed_to_its_end,
    only_the_owner_renames,
    a_file_without_a_named_receiver_is_for_its_owner_alone,
    a_file_for_a_group_is_not_registered_outside_of_it,
    a_receiver_has_to_exist,
    malformed_numbers_and_flags_are_refused,
);

async fn a_file_comes_back_as_it_was_uploaded(files: Files) {
    let alice = files.world.user().await;
    let contents: Vec<Vec<u8>> = (1..=4_u8).map(|byte| vec![byte; 1_000_000 + usize::from(byte)]).collect();
    let contents: Vec<&[u8]> = contents.iter().map(Vec::as_slice).collect();
    let file = files.file(&alice, &contents).await;
    let meta: FileMeta = alice.get(&format!("file/{file}")).await.ok();
    assert_eq!(
        (meta.owner, meta.belongs_to, meta.belongs_to_type),
        (alice.id.clone(), None, BelongsToType::None)
    );
    assert_eq!(meta.part_list.iter().map(|part| part.sequence).collect::<Vec<_>>(), [1, 2, 3, 4]);
    for (part, content) in meta.part_list.iter().zip(contents) {
        assert!(!part.extern_storage);
        let raw = files.download(part.part_id.as_str(), None).await;
        assert!(raw.status == 200 && raw.bytes == content);
        assert_eq!(raw.headers["content-type"], "application/octet-stream");
        assert_eq!(raw.headers["content-length"], content.len().to_string());
        assert_eq!(raw.headers["access-control-allow-origin"], "*");
    }
    let first = meta.part_list[0].part_id.as_str();
    let range = [("range", "bytes=1-3")];
    let raw = files.raw(Method::GET, &format!("file/part/{first}"), &range, "").await;
    assert_eq!((raw.status, &raw.bytes[..]), (206, &[1, 1, 1][..]));
    assert_eq!(raw.headers["content-range"], "bytes 1-3/1000001");
    let known = [("if-none-match", &*format!("\"{first}\""))];
    assert_eq!(files.raw(Method::GET, &format!("file/part/{first}"), &known, "").await.status, 304);
}

async fn an_empty_file_can_be_read(files: Files) {
    let alice = files.world.user().await;
    // Clients upload no part for it.
    let without_parts = files.register(&alice).await.file_id;
    let meta: FileMeta = alice.get(&format!("file/{without_parts}")).await.ok();
    assert!(meta.part_list.is_empty());
    assert_eq!(files.get(&format!("file/{without_parts}/part_fetch/0")).await.ok(), json!([]));
    let with_one = files.file(&alice, &[b""]).await;
    let parts = files.parts(&with_one).await;
    assert_eq!(files.download(&parts[0], None).await.bytes, "");
}

async fn a_file_of_exactly_one_page_of_parts_can_be_listed_to_its_end(files: Files) {
    let alice = files.world.user().await;
    let file: FileRegisterOutput = files.register(&alice).await;
    let id = file.file_id.as_str().to_owned();
    files
        .world
        .execute(
            "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 499)
             INSERT INTO file_parts (id, file_id, sequence, is_external, bytes)
             SELECT CAST(i AS TEXT), $1, i, 0, 0 FROM n",
            vec![id.clone()],
        )
        .await;
    files.upload(&alice, file.session_id.as_str(), 500, true, "last").await.done();
    assert_eq!(files.parts(&id).await.len(), 500);
    let page = async |last: i32| -> Vec<FilePart> {
        serde_json::from_value(files.get(&format!("file/{id}/part_fetch/{last}")).await.ok()).unwrap()
    };
    assert_eq!(page(0).await.len(), 500);
    assert_eq!(page(499).await[0].sequence, 500);
    assert!(page(500).await.is_empty());
}

async fn only_the_owner_renames(files: Files) {
    let [alice, bob] = files.world.users().await;
    let file = files.file(&alice, &[b"x"]).await;
    let path = format!("file/{file}");
    bob.put(&path, &json!({"encrypted_file_name": "b"})).await.refused(400, 521);
    alice.put(&path, &json!({"encrypted_file_name": "new"})).await.done();
    let name = async || alice.get(&path).await.ok::<Value>()["encrypted_file_name"].clone();
    assert_eq!(name().await, "new");
    alice.put(&path, &json!({})).await.done();
    assert_eq!(name().await, Value::Null);
    alice.delete(&path).await.done();
    alice.put(&path, &json!({})).await.refused(400, 512);
}

async fn a_file_without_a_named_receiver_is_for_its_owner_alone(files: Files) {
    let [alice, bob] = files.world.users().await;
    let file: FileRegisterOutput = alice.post("file", &register_body("User", None)).await.ok();
    files.fill(&alice, &file, &[b"x"]).await;
    let path = format!("file/{}", file.file_id);
    bob.get(&path).await.refused(400, 521);
    files.get(&path).await.refused(400, 521);
    assert_eq!(alice.get(&path).await.ok::<FileMeta>().belongs_to.as_deref(), Some(alice.id()));
}

async fn a_file_for_a_group_is_not_registered_outside_of_it(files: Files) {
    let alice = files.world.user().await;
    let group = alice.create_light().await;
    alice.post("file", &register_body("Group", Some(group.as_str()))).await.refused(400, 521);
}

async fn a_receiver_has_to_exist(files: Files) {
    let alice = files.world.user().await;
    let other = files.another_app().await;
    let stranger = other.world.user().await;
    alice.post("file", &register_body("User", Some(stranger.id()))).await.refused(400, 512);
    alice.post("file", &register_body("User", Some("nobody"))).await.refused(400, 512);
}

async fn malformed_numbers_and_flags_are_refused(files: Files) {
    let alice = files.world.user().await;
    let file = files.register(&alice).await;
    let bearer = format!("Bearer {}", alice.jwt);
    for address in ["x/true", "1/yes", "1/TRUE", "99999999999/true", "1.5/false"] {
        let path = format!("file/part/{}/{address}", file.session_id);
        files.raw(Method::POST, &path, &[("authorization", &bearer)], "x").await.refused(400, 12);
    }
    files.get(&format!("file/{}/part_fetch/x", file.file_id)).await.refused(400, 12);
}
