//! What goes with a file, a group, a user, an app.

use keyfold_protocol::file::{FileMeta, FileRegisterOutput};

use crate::api::{Files, on_both_databases, register_body};
use crate::support::at;

on_both_databases!(
    deleting_a_file_deletes_its_contents,
    deleting_a_group_deletes_the_files_of_it_and_all_below_and_no_others,
    deleting_a_user_deletes_what_nobody_else_can_use,
    resetting_an_app_deletes_its_files_and_those_of_no_other,
    deleting_an_app_leaves_nothing_behind,
    a_content_that_became_no_part_is_removed,
);

async fn deleting_a_file_deletes_its_contents(files: Files) {
    let alice = files.world.user().await;
    let kept = files.file(&alice, &[b"1"]).await;
    let file = files.file(&alice, &[b"2", b"3"]).await;
    assert_eq!(files.stored(), 3);
    alice.delete(&format!("file/{file}")).await.done();
    files.world.jobs_done().await;
    assert_eq!(files.stored(), 1);
    assert_eq!(files.world.count("SELECT COUNT(*) FROM files", &[]).await, 1);
    let usage = files.usage().await;
    assert_eq!((usage.files, usage.bytes), (1, 1));
    assert_eq!(files.parts(&kept).await.len(), 1);
}

async fn deleting_a_group_deletes_the_files_of_it_and_all_below_and_no_others(files: Files) {
    let alice = files.world.user().await;
    let group = alice.create_group().await;
    let child = alice.create_child(&group).await;
    let other = alice.create_light().await;
    for target in [&group, &child, &other] {
        let file = files.register_in(&alice, target).await;
        files.fill(&alice, &file, &[b"x"]).await;
    }
    let own = files.file(&alice, &[b"y"]).await;
    alice.delete(&format!("group/{group}")).await.done();
    files.world.jobs_done().await;
    assert_eq!(files.stored(), 2);
    assert_eq!(files.parts(&own).await.len(), 1);
    let left = "SELECT COUNT(*) FROM files WHERE target_id = $1";
    assert_eq!(files.world.count(left, &[other.as_str()]).await, 1);
}

async fn deleting_a_user_deletes_what_nobody_else_can_use(files: Files) {
    let [alice, bob] = files.world.users().await;
    let group = bob.create_light().await;
    bob.add_light(&group, &alice, 4).await;
    let for_everybody = files.file(&alice, &[b"1"]).await;
    let in_group = files.register_in(&alice, &group).await;
    files.fill(&alice, &in_group, &[b"2"]).await;
    let given: FileRegisterOutput = alice.post("file", &register_body("User", Some(bob.id()))).await.ok();
    files.fill(&alice, &given, &[b"3"]).await;
    let received: FileRegisterOutput = bob.post("file", &register_body("User", Some(alice.id()))).await.ok();
    files.fill(&bob, &received, &[b"4"]).await;
    let path = format!("user/forced/delete/{}", alice.id());
    assert_eq!(files.backend(hyper::Method::DELETE, &path).await.status, 200);
    files.world.jobs_done().await;
    files.get(&format!("file/{for_everybody}")).await.refused(400, 512);
    bob.get(&format!("file/{}", received.file_id)).await.refused(400, 512);
    bob.get(&format!("file/{}", given.file_id)).await.ok::<FileMeta>();
    bob.get(&at(&group, &format!("/file/{}", in_group.file_id))).await.ok::<FileMeta>();
    assert_eq!(files.stored(), 2);
}

async fn resetting_an_app_deletes_its_files_and_those_of_no_other(files: Files) {
    let other = files.another_app().await;
    let bob = other.world.user().await;
    other.file(&bob, &[b"kept"]).await;
    let alice = files.world.user().await;
    files.file(&alice, &[b"1", b"2"]).await;
    files.operator().reset(&files.world.app.id).await.unwrap();
    files.world.jobs_done().await;
    assert_eq!(files.stored(), 1);
    assert_eq!((files.usage().await.files, files.usage().await.bytes), (0, 0));
    // The app goes on.
    let carol = files.world.user().await;
    files.file(&carol, &[b"new"]).await;
}

async fn deleting_an_app_leaves_nothing_behind(files: Files) {
    let other = files.another_app().await;
    let bob = other.world.user().await;
    other.file(&bob, &[b"1", b"2"]).await;
    files.operator().delete(&other.world.app.id).await.unwrap();
    files.world.jobs_done().await;
    assert_eq!(files.stored(), 0);
    for table in [
        "SELECT COUNT(*) FROM files WHERE app_id = $1",
        "SELECT COUNT(*) FROM app_file_options WHERE app_id = $1",
        "SELECT COUNT(*) FROM app_file_usage WHERE app_id = $1",
    ] {
        assert_eq!(files.world.count(table, &[other.world.app.id.as_str()]).await, 0, "{table}");
    }
    assert_eq!(files.usage().await.files, 0);
}

async fn a_content_that_became_no_part_is_removed(files: Files) {
    // As a server leaves it that dies between the content and its row.
    let id = "0190a6a4-3b1c-7cde-8f01-23456789abcd";
    let path = files.storage().join("cd").join(id);
    std::fs::write(&path, "orphan").unwrap();
    let insert = "INSERT INTO loose_blobs (id, remove_at, is_condemned) VALUES ($1, 1, 0)";
    files.world.execute(insert, vec![id.to_owned()]).await;
    files.tidy().await;
    assert!(!path.exists());
    assert_eq!(files.world.count("SELECT COUNT(*) FROM loose_blobs", &[]).await, 0);
}
