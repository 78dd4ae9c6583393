//! Who may read and delete what.

use hyper::Method;
use keyfold_protocol::app::FileOptions;
use keyfold_protocol::file::{FileMeta, FileRegisterOutput};
use serde_json::json;

use crate::api::{Files, on_both_databases, register_body};
use crate::support::at;

on_both_databases!(
    a_file_for_a_user_is_for_that_user_and_its_owner,
    a_groups_file_is_reached_through_that_group_alone,
    a_rank_in_another_group_deletes_nothing,
    a_former_member_who_says_who_it_is_gets_no_parts,
    parts_are_bound_to_the_app_of_the_caller,
    parts_of_a_deleted_file_are_gone_at_once,
    paths_lead_nowhere_else,
    an_app_can_demand_a_login_for_everything,
    a_broken_token_is_no_token,
    every_endpoint_needs_its_token,
    apps_without_storage_take_no_parts,
);

async fn a_file_for_a_user_is_for_that_user_and_its_owner(files: Files) {
    let [alice, bob, eve] = files.world.users().await;
    let file: FileRegisterOutput = alice.post("file", &register_body("User", Some(bob.id()))).await.ok();
    files.fill(&alice, &file, &[b"x"]).await;
    let path = format!("file/{}", file.file_id);
    for user in [&alice, &bob] {
        assert_eq!(user.get(&path).await.ok::<FileMeta>().belongs_to.as_deref(), Some(bob.id()));
    }
    eve.get(&path).await.refused(400, 521);
    files.get(&path).await.refused(400, 521);
    eve.get(&format!("{path}/part_fetch/0")).await.refused(400, 521);
    for user in [&bob, &eve] {
        user.delete(&path).await.refused(400, 521);
    }
    alice.delete(&path).await.done();
    alice.delete(&path).await.refused(400, 512);
}

async fn a_groups_file_is_reached_through_that_group_alone(files: Files) {
    let [alice, bob, eve] = files.world.users().await;
    let group = alice.create_group().await;
    alice.add_light(&group, &bob, 4).await;
    let file = files.register_in(&bob, &group).await;
    files.fill(&bob, &file, &[b"x"]).await;
    let id = file.file_id.as_str();
    bob.get(&at(&group, &format!("/file/{id}"))).await.ok::<FileMeta>();
    alice.get(&at(&group, &format!("/file/{id}"))).await.ok::<FileMeta>();
    alice.get(&format!("file/{id}")).await.refused(400, 521);
    eve.get(&at(&group, &format!("/file/{id}"))).await.refused(400, 310);
    eve.post(&at(&group, "/file"), &register_body("Group", None)).await.refused(400, 310);
    let other = alice.create_light().await;
    alice.get(&at(&other, &format!("/file/{id}"))).await.refused(400, 521);
    // A parent's member reads the child's files; a child's member does not read the parent's.
    let child = alice.create_child(&group).await;
    alice.add_light(&child, &eve, 4).await;
    let below = files.register_in(&alice, &child).await;
    files.fill(&alice, &below, &[b"y"]).await;
    bob.get(&at(&child, &format!("/file/{}", below.file_id))).await.ok::<FileMeta>();
    eve.get(&at(&group, &format!("/file/{id}"))).await.refused(400, 310);
    eve.get(&at(&child, &format!("/file/{id}"))).await.refused(400, 521);
}

async fn a_rank_in_another_group_deletes_nothing(files: Files) {
    let [alice, bob, carol, eve] = files.world.users().await;
    let group = alice.create_light().await;
    for (user, rank) in [(&bob, 4), (&carol, 3)] {
        alice.add_light(&group, user, rank).await;
    }
    let file = files.register_in(&alice, &group).await;
    let path = |group: &_| at(group, &format!("/file/{}", file.file_id));
    // Whoever makes a group has every rank in it.
    let own = eve.create_light().await;
    eve.delete(&path(&own)).await.refused(400, 521);
    eve.delete(&path(&group)).await.refused(400, 310);
    bob.delete(&path(&group)).await.refused(400, 521);
    carol.delete(&format!("file/{}", file.file_id)).await.refused(400, 521);
    carol.delete(&path(&group)).await.done();
    // For others, the group's rank counts for nothing but the group's files.
    let private = files.register(&bob).await;
    alice.delete(&at(&group, &format!("/file/{}", private.file_id))).await.refused(400, 521);
    bob.delete(&at(&group, &format!("/file/{}", private.file_id))).await.done();
}

async fn a_former_member_who_says_who_it_is_gets_no_parts(files: Files) {
    let [alice, bob] = files.world.users().await;
    let group = alice.create_light().await;
    alice.add_light(&group, &bob, 4).await;
    let file = files.register_in(&alice, &group).await;
    files.fill(&alice, &file, &[b"x"]).await;
    let meta: FileMeta = bob.get(&at(&group, &format!("/file/{}", file.file_id))).await.ok();
    let part = meta.part_list[0].part_id.as_str();
    assert_eq!(files.download(part, Some(&bob.jwt)).await.bytes, "x");
    alice.delete(&at(&group, &format!("/kick/{}", bob.id()))).await.done();
    files.download(part, Some(&bob.jwt)).await.refused(400, 521);
    bob.get(&format!("file/{}/part_fetch/0", file.file_id)).await.refused(400, 521);
    bob.get(&at(&group, &format!("/file/{}", file.file_id))).await.refused(400, 310);
}

async fn parts_are_bound_to_the_app_of_the_caller(files: Files) {
    let alice = files.world.user().await;
    let file = files.file(&alice, &[b"x"]).await;
    let part = files.parts(&file).await.remove(0);
    let other = files.another_app().await;
    let stranger = other.world.user().await;
    other.download(&part, None).await.refused(400, 500);
    other.download(&part, Some(&stranger.jwt)).await.refused(400, 500);
    other.get(&format!("file/{file}")).await.refused(400, 512);
    other.get(&format!("file/{file}/part_fetch/0")).await.refused(400, 512);
    stranger.delete(&format!("file/{file}")).await.refused(400, 512);
    assert_eq!(files.download(&part, None).await.bytes, "x");
}

async fn parts_of_a_deleted_file_are_gone_at_once(files: Files) {
    let alice = files.world.user().await;
    let file = files.file(&alice, &[b"x"]).await;
    let part = files.parts(&file).await.remove(0);
    alice.delete(&format!("file/{file}")).await.done();
    files.download(&part, None).await.refused(400, 500);
    files.get(&format!("file/{file}/part_fetch/0")).await.refused(400, 512);
}

async fn paths_lead_nowhere_else(files: Files) {
    std::fs::write(files.storage().join("secret"), "secret").unwrap();
    for part in ["secret", "..%2Fsecret", "%2e%2e%2fsecret", "..", "uploads", "ab%2F..%2Fsecret"] {
        let raw = files.get(&format!("file/part/{part}")).await;
        assert!(raw.status >= 400 && !raw.bytes.windows(6).any(|text| text == b"secret"), "{part}: {raw:?}");
    }
}

async fn an_app_can_demand_a_login_for_everything(files: Files) {
    let [alice, bob] = files.world.users().await;
    let file = files.file(&alice, &[b"x"]).await;
    let part = files.parts(&file).await.remove(0);
    files.set_options(FileOptions { require_jwt: true, ..FileOptions::server_storage() }).await;
    files.get(&format!("file/{file}")).await.refused(401, 31);
    files.get(&format!("file/{file}/part_fetch/0")).await.refused(401, 31);
    files.download(&part, None).await.refused(401, 31);
    bob.get(&format!("file/{file}")).await.ok::<FileMeta>();
    assert_eq!(files.download(&part, Some(&bob.jwt)).await.bytes, "x");
}

async fn a_broken_token_is_no_token(files: Files) {
    let alice = files.world.user().await;
    let file = files.file(&alice, &[b"x"]).await;
    let part = files.parts(&file).await.remove(0);
    let expired = files.world.sign_jwt(alice.id(), alice.device.as_str(), -1_000);
    for jwt in ["x", "a.b.c", &expired] {
        assert_eq!(files.download(&part, Some(jwt)).await.bytes, "x");
        alice.with_jwt(jwt.to_owned()).get(&format!("file/{file}")).await.ok::<FileMeta>();
    }
}

async fn every_endpoint_needs_its_token(files: Files) {
    let alice = files.world.user().await;
    let expired = alice.with_jwt(files.world.sign_jwt(alice.id(), alice.device.as_str(), -1_000));
    let file = files.file(&alice, &[b"x"]).await;
    let group = alice.create_light().await;
    let with_jwt = [
        (Method::POST, "file".to_owned()),
        (Method::PUT, format!("file/{file}")),
        (Method::DELETE, format!("file/{file}")),
        (Method::POST, at(&group, "/file")),
        (Method::GET, at(&group, &format!("/file/{file}"))),
        (Method::DELETE, at(&group, &format!("/file/{file}"))),
        (Method::POST, "keys/sym_key".to_owned()),
        (Method::DELETE, format!("keys/sym_key/{file}")),
    ];
    for (method, path) in &with_jwt {
        files.raw(method.clone(), path, &[], "{}").await.refused(401, 31);
        let bearer = format!("Bearer {}", expired.jwt);
        files.raw(method.clone(), path, &[("authorization", &bearer)], "{}").await.refused(401, 30);
        files.raw(method.clone(), path, &[("x-sentc-app-token", "AAAA")], "{}").await.refused(401, 200);
    }
    files.raw(Method::POST, "file/part/x/1/true", &[], "x").await.refused(401, 31);
    let for_backends = [
        (Method::PATCH, format!("file/part/x/1/true/{}", alice.id())),
        (Method::DELETE, "file/part/x".to_owned()),
        (Method::GET, "file/usage".to_owned()),
        (Method::GET, "file/callback/failed/0/none".to_owned()),
        (Method::POST, "file/callback/x".to_owned()),
    ];
    for (method, path) in for_backends {
        files.raw(method, &path, &[], "").await.refused(400, 203);
    }
}

async fn apps_without_storage_take_no_parts(files: Files) {
    let alice = files.world.user().await;
    let file = files.register(&alice).await;
    let own = FileOptions {
        file_storage: 1,
        storage_url: Some("https://example.com/".into()),
        ..FileOptions::none()
    };
    for options in [FileOptions::none(), own] {
        files.set_options(options).await;
        // A file can be registered in every mode.
        files.register(&alice).await;
        files.upload(&alice, file.session_id.as_str(), 1, true, "x").await.refused(400, 520);
    }
    files.set_options(FileOptions::server_storage()).await;
    let path = format!("file/part/{}/1/true/{}", file.session_id, alice.id());
    files.backend(Method::PATCH, &path).await.refused(400, 520);
    files.backend(Method::DELETE, "file/part/x").await.refused(400, 520);
    alice.post("file", &json!({"belongs_to_type": "Nobody"})).await.refused(422, 11);
}
