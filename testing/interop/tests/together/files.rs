//! Files that one client uploaded, in the other one.

use keyfold::{FileId, Group, GroupId, User};
use keyfold_interop::partner::{Session, Shelf};
use keyfold_interop::{Partner, SampleFile, TestServer, with_every_partner};

use crate::{code, our_user, ours_finish, partner_user, same_user, their_id, theirs_finish};

with_every_partner! {
    a_user_has_the_same_files_in_both_clients,
    send_files_to_each_other,
    share_the_files_of_a_group,
    share_files_across_a_rotation,
    rename_and_delete_files,
    an_empty_file_arrives_empty,
}

async fn a_user_has_the_same_files_in_both_clients(server: &TestServer, partner: &Partner) {
    let (ours, theirs) = same_user(server, partner, "ada").await;
    for sample in SampleFile::of_all_sizes() {
        for sign in [false, true] {
            let id = theirs.upload(Shelf::Own, sample.path(), sign).unwrap();
            ours_reads(&ours, &id, &sample, &theirs, sign).await;
            let new = if sign { ours.new_file().signed() } else { ours.new_file() };
            let id = new.upload_path(sample.path()).await.unwrap();
            theirs_reads(&theirs, Shelf::Own, &id, &sample, sign.then_some(&ours));
        }
    }
}

async fn send_files_to_each_other(server: &TestServer, partner: &Partner) {
    let (ours, theirs) = (our_user(server, "ada").await, partner_user(partner, "bob"));
    for sample in SampleFile::of_all_sizes() {
        let id = theirs.upload(Shelf::For(ours.id().as_str()), sample.path(), true).unwrap();
        ours_reads(&ours, &id, &sample, &theirs, true).await;
        let new = ours.new_file_for(&their_id(&theirs)).signed();
        let id = new.upload_path(sample.path()).await.unwrap();
        theirs_reads(&theirs, Shelf::Own, &id, &sample, Some(&ours));
    }
}

async fn share_the_files_of_a_group(server: &TestServer, partner: &Partner) {
    let (ours, theirs) = (our_user(server, "ada").await, partner_user(partner, "bob"));
    let group = shared_group(&ours, &theirs).await;
    let shelf = Shelf::Group(group.id().as_str());
    for sample in SampleFile::of_all_sizes() {
        for sign in [false, true] {
            let id = theirs.upload(shelf, sample.path(), sign).unwrap();
            group_reads(&group, &id, &sample, &theirs, sign).await;
            let new = if sign { group.new_file().signed() } else { group.new_file() };
            let id = new.upload_path(sample.path()).await.unwrap();
            theirs_reads(&theirs, shelf, &id, &sample, sign.then_some(&ours));
        }
    }
}

async fn share_files_across_a_rotation(server: &TestServer, partner: &Partner) {
    let (ours, theirs) = (our_user(server, "ada").await, partner_user(partner, "bob"));
    let group = shared_group(&ours, &theirs).await;
    let shelf = Shelf::Group(group.id().as_str());
    let sample = SampleFile::of_size(100_000);
    let by_them = theirs.upload(shelf, sample.path(), false).unwrap();
    let by_us = group.new_file().upload_path(sample.path()).await.unwrap();

    group.rotate_keys().await.unwrap();
    theirs_finish(&theirs, group.id().as_str(), group.newest_key_id().unwrap().as_str()).await;
    group_reads(&group, &by_them, &sample, &theirs, false).await;
    theirs_reads(&theirs, shelf, &by_us, &sample, None);

    let newest = theirs.rotate_group_keys(group.id().as_str(), false).unwrap();
    ours_finish(&group, &newest).await;
    let by_them = theirs.upload(shelf, sample.path(), false).unwrap();
    let by_us = group.new_file().upload_path(sample.path()).await.unwrap();
    group_reads(&group, &by_them, &sample, &theirs, false).await;
    theirs_reads(&theirs, shelf, &by_us, &sample, None);
}

async fn rename_and_delete_files(server: &TestServer, partner: &Partner) {
    let (ours, theirs) = (our_user(server, "ada").await, partner_user(partner, "bob"));
    let group = shared_group(&ours, &theirs).await;
    let shelf = Shelf::Group(group.id().as_str());
    let sample = SampleFile::of_size(10);

    let id = theirs.upload(shelf, sample.path(), false).unwrap();
    theirs.rename_file(shelf, &id, "renamed by them").unwrap();
    let file = group.file(&FileId::new(&*id)).await.unwrap();
    assert_eq!(file.name().as_deref(), Some("renamed by them"));
    assert_eq!(file.rename(Some("not ours")).await.unwrap_err().code(), "server_521");
    file.delete().await.unwrap();
    assert_eq!(code(theirs.download(shelf, &id, None)), Some(512));

    let id = group.new_file().upload_path(sample.path()).await.unwrap();
    group.file(&id).await.unwrap().rename(Some("renamed by us")).await.unwrap();
    assert_eq!(theirs.download(shelf, id.as_str(), None).unwrap().name, "renamed by us");
    theirs.delete_file(shelf, id.as_str()).unwrap();
    assert_eq!(group.file(&id).await.unwrap_err().code(), "server_512");
}

async fn an_empty_file_arrives_empty(server: &TestServer, partner: &Partner) {
    let (ours, theirs) = same_user(server, partner, "ada").await;
    let sample = SampleFile::of_size(0);
    let id = theirs.upload(Shelf::Own, sample.path(), false).unwrap();
    ours_reads(&ours, &id, &sample, &theirs, false).await;
    let id = ours.new_file().upload_path(sample.path()).await.unwrap();
    theirs_reads(&theirs, Shelf::Own, &id, &sample, None);
}

/// A group of ours with the partner's user in it, rank 2, fetched by both.
async fn shared_group(ours: &User, theirs: &Session<'_>) -> Group {
    let id: GroupId = ours.create_group().await.unwrap();
    let group = ours.group(&id).await.unwrap();
    group.invite_auto(&their_id(theirs), Some(2)).await.unwrap();
    theirs.fetch_group(id.as_str()).unwrap();
    group
}

async fn ours_reads(ours: &User, id: &str, sample: &SampleFile, theirs: &Session<'_>, signed: bool) {
    check(ours.file(&FileId::new(id)).await.unwrap(), sample, theirs, signed).await;
}

async fn group_reads(group: &Group, id: &str, sample: &SampleFile, theirs: &Session<'_>, signed: bool) {
    check(group.file(&FileId::new(id)).await.unwrap(), sample, theirs, signed).await;
}

async fn check(file: keyfold::File, sample: &SampleFile, theirs: &Session<'_>, signed: bool) {
    assert_eq!(file.name().as_deref(), Some(sample.name()));
    assert_eq!(file.owner().as_str(), theirs.user_id);
    let by_them = file.download().signed_by(&their_id(theirs)).bytes().await;
    if signed {
        assert!(by_them.unwrap() == sample.content(), "{}", sample.name());
    } else if !sample.content().is_empty() {
        assert_eq!(by_them.unwrap_err().code(), "client_401");
    }
    assert!(file.download().bytes().await.unwrap() == sample.content(), "{}", sample.name());
}

fn theirs_reads(
    theirs: &Session<'_>,
    shelf: Shelf<'_>,
    id: &FileId,
    sample: &SampleFile,
    signer: Option<&User>,
) {
    let signer = signer.map(|user| user.id().as_str());
    let downloaded = theirs.download(shelf, id.as_str(), signer).unwrap();
    assert!(downloaded.content == sample.content(), "{}", sample.name());
    assert_eq!(downloaded.name, sample.name());
}
