//! Contents in backups.

use keyfold_server::StorageConfig;
use keyfold_server::archive::{Archive, ArchiveError, Report, verify};

use crate::api::{Files, contents, on_both_databases};

on_both_databases!(
    what_is_lost_in_the_storage_comes_back_from_the_archive,
    a_second_backup_copies_only_what_is_new,
    a_content_that_changed_in_the_archive_is_not_put_back,
    a_content_that_is_lost_is_reported_by_name,
    files_that_were_deleted_are_not_missed,
    an_archive_is_written_by_one_backup_at_a_time,
);

async fn back_up(files: &Files, folder: &std::path::Path) -> Report {
    let mut archive = Archive::open(folder).await.unwrap();
    let storage = StorageConfig::folder(files.storage());
    archive.add(&files.world.state().db, &storage, &mut |_| {}).await.unwrap()
}

async fn put_back(files: &Files, folder: &std::path::Path) -> Report {
    let archive = Archive::open_existing(folder).unwrap();
    let storage = StorageConfig::folder(files.storage());
    archive.put_back(&files.world.state().db, &storage, &mut |_| {}).await.unwrap()
}

async fn check(files: &Files) -> Report {
    let storage = StorageConfig::folder(files.storage());
    verify(&files.world.state().db, &storage, &mut |_| {}).await.unwrap()
}

async fn what_is_lost_in_the_storage_comes_back_from_the_archive(files: Files) {
    let backup = tempfile::tempdir().unwrap();
    let alice = files.world.user().await;
    let large = vec![7; 1_200_000];
    let file = files.file(&alice, &[b"one", b"", &large]).await;
    let report = back_up(&files, backup.path()).await;
    assert_eq!((report.parts, report.copied, report.lost), (3, 3, 0));
    assert_eq!((report.bytes, report.copied_bytes), (1_200_003, 1_200_003));
    std::fs::remove_dir_all(files.storage()).unwrap();
    assert_eq!(check(&files).await.lost, 3);
    let report = put_back(&files, backup.path()).await;
    assert_eq!((report.copied, report.lost), (3, 0));
    assert_eq!(check(&files).await.lost, 0);
    let parts = files.parts(&file).await;
    assert_eq!(files.download(&parts[0], None).await.bytes, "one");
    assert_eq!(files.download(&parts[1], None).await.bytes, "");
    assert!(files.download(&parts[2], None).await.bytes == large);
    assert_eq!(put_back(&files, backup.path()).await.copied, 0, "nothing is left to do");
}

async fn a_second_backup_copies_only_what_is_new(files: Files) {
    let backup = tempfile::tempdir().unwrap();
    let alice = files.world.user().await;
    files.file(&alice, &[b"1", b"2"]).await;
    assert_eq!(back_up(&files, backup.path()).await.copied, 2);
    files.file(&alice, &[b"3"]).await;
    // As if the first one had been killed while it wrote its list.
    let list = backup.path().join("SHA256SUMS");
    let text = std::fs::read_to_string(&list).unwrap();
    std::fs::write(&list, &text[..text.len() - 10]).unwrap();
    let report = back_up(&files, backup.path()).await;
    assert_eq!((report.parts, report.copied, report.lost), (3, 2, 0));
    let report = back_up(&files, backup.path()).await;
    assert_eq!((report.parts, report.copied), (3, 0));
    assert_eq!(std::fs::read_to_string(&list).unwrap().lines().count(), 3);
}

async fn a_content_that_changed_in_the_archive_is_not_put_back(files: Files) {
    let backup = tempfile::tempdir().unwrap();
    let alice = files.world.user().await;
    let file = files.file(&alice, &[b"good", b"fine"]).await;
    back_up(&files, backup.path()).await;
    let parts = files.parts(&file).await;
    let copy = contents(backup.path()).into_iter().find(|path| path.ends_with(&parts[0])).unwrap();
    std::fs::write(copy, b"evil").unwrap();
    std::fs::remove_dir_all(files.storage()).unwrap();
    let report = put_back(&files, backup.path()).await;
    assert_eq!((report.copied, report.lost), (1, 1));
    assert_eq!(report.named[0].part.as_str(), parts[0]);
    assert_eq!(files.stored(), 1, "nothing of it is left in the storage");
}

async fn a_content_that_is_lost_is_reported_by_name(files: Files) {
    let backup = tempfile::tempdir().unwrap();
    let alice = files.world.user().await;
    let file = files.file(&alice, &[b"1", b"22"]).await;
    let parts = files.parts(&file).await;
    let stored = contents(files.storage());
    let content = |part: &str| stored.iter().find(|path| path.ends_with(part)).unwrap();
    std::fs::remove_file(content(&parts[0])).unwrap();
    std::fs::write(content(&parts[1]), b"2").unwrap();
    for report in [check(&files).await, back_up(&files, backup.path()).await] {
        assert_eq!((report.lost, report.copied), (2, 0));
        let mut named: Vec<_> = report.named.iter().map(|lost| lost.part.as_str().to_owned()).collect();
        named.sort();
        let mut expected = parts.clone();
        expected.sort();
        assert_eq!(named, expected);
    }
    assert_eq!(put_back(&files, backup.path()).await.lost, 2);
}

async fn files_that_were_deleted_are_not_missed(files: Files) {
    let backup = tempfile::tempdir().unwrap();
    let alice = files.world.user().await;
    let file = files.file(&alice, &[b"1"]).await;
    files.file(&alice, &[b"2"]).await;
    back_up(&files, backup.path()).await;
    alice.delete(&format!("file/{file}")).await.done();
    files.world.jobs_done().await;
    let report = back_up(&files, backup.path()).await;
    assert_eq!((report.parts, report.copied, report.lost), (1, 0, 0));
    assert_eq!(check(&files).await.lost, 0);
    put_back(&files, backup.path()).await;
    assert_eq!(files.stored(), 1, "what was deleted does not come back");
}

async fn an_archive_is_written_by_one_backup_at_a_time(files: Files) {
    let backup = tempfile::tempdir().unwrap();
    back_up(&files, backup.path()).await;
    let first = Archive::open(backup.path()).await.unwrap();
    assert!(matches!(Archive::open(backup.path()).await, Err(ArchiveError::Busy { .. })));
    drop(first);
    Archive::open(backup.path()).await.unwrap();
}
