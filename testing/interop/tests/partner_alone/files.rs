//! Files.

use keyfold_interop::partner::Shelf;
use keyfold_interop::{Partner, SampleFile, TestServer, with_every_partner};

use crate::{code, group_of, user};

with_every_partner! {
    a_user_keeps_files,
    a_user_sends_a_file_to_another_one,
    members_share_the_files_of_a_group,
    members_of_the_parent_reach_the_files_of_a_child,
}

async fn a_user_keeps_files(_: &TestServer, partner: &Partner) {
    let (ada, bob) = (user(partner, "ada"), user(partner, "bob"));
    for sample in SampleFile::of_all_sizes() {
        for sign in [false, true] {
            let id = ada.upload(Shelf::Own, sample.path(), sign).unwrap();
            let signer = sign.then_some(&*ada.user_id);
            let downloaded = ada.download(Shelf::Own, &id, signer).unwrap();
            assert!(downloaded.content == sample.content(), "{}", sample.name());
            assert_eq!(downloaded.name, sample.name());
            // The Rust client registers a file of its user for nobody: others may fetch it, and have no key.
            assert!(bob.download(Shelf::Own, &id, None).is_err());
        }
    }
    let sample = SampleFile::of_size(10);
    let id = ada.upload(Shelf::Own, sample.path(), false).unwrap();
    ada.rename_file(Shelf::Own, &id, "renamed").unwrap();
    assert_eq!(ada.download(Shelf::Own, &id, None).unwrap().name, "renamed");
    assert_eq!(code(bob.delete_file(Shelf::Own, &id)), Some(521));
    ada.delete_file(Shelf::Own, &id).unwrap();
    assert_eq!(code(ada.download(Shelf::Own, &id, None)), Some(512));
}

async fn a_user_sends_a_file_to_another_one(_: &TestServer, partner: &Partner) {
    let (ada, bob, eve) = (user(partner, "ada"), user(partner, "bob"), user(partner, "eve"));
    for sample in SampleFile::of_all_sizes() {
        let id = ada.upload(Shelf::For(&bob.user_id), sample.path(), true).unwrap();
        let downloaded = bob.download(Shelf::Own, &id, Some(&ada.user_id)).unwrap();
        assert!(downloaded.content == sample.content(), "{}", sample.name());
        assert_eq!(downloaded.name, sample.name());
        assert!(bob.download(Shelf::Own, &id, Some(&eve.user_id)).is_err(), "signed by somebody else");
        assert_eq!(code(eve.download(Shelf::Own, &id, None)), Some(521));
        assert_eq!(code(bob.delete_file(Shelf::Own, &id)), Some(521));
    }
}

async fn members_share_the_files_of_a_group(_: &TestServer, partner: &Partner) {
    let (ada, bob, eve) = (user(partner, "ada"), user(partner, "bob"), user(partner, "eve"));
    let group = group_of(&ada);
    ada.invite_auto(&group, &bob.user_id, Some(4)).unwrap();
    bob.fetch_group(&group).unwrap();
    let shelf = Shelf::Group(&group);
    for sample in SampleFile::of_all_sizes() {
        for (writer, reader) in [(&ada, &bob), (&bob, &ada)] {
            let id = writer.upload(shelf, sample.path(), true).unwrap();
            let downloaded = reader.download(shelf, &id, Some(&writer.user_id)).unwrap();
            assert!(downloaded.content == sample.content(), "{}", sample.name());
            assert_eq!(downloaded.name, sample.name());
        }
    }
    let sample = SampleFile::of_size(10);
    let own = group_of(&eve);
    let id = ada.upload(shelf, sample.path(), false).unwrap();
    assert_eq!(code(eve.download(Shelf::Group(&own), &id, None)), Some(521));
    assert_eq!(code(eve.delete_file(Shelf::Group(&own), &id)), Some(521));
    assert_eq!(code(bob.delete_file(shelf, &id)), Some(521), "rank 4");
    ada.delete_file(shelf, &id).unwrap();
    assert_eq!(code(bob.download(shelf, &id, None)), Some(512));
}

async fn members_of_the_parent_reach_the_files_of_a_child(_: &TestServer, partner: &Partner) {
    let (ada, bob) = (user(partner, "ada"), user(partner, "bob"));
    let parent = group_of(&ada);
    ada.invite_auto(&parent, &bob.user_id, Some(3)).unwrap();
    bob.fetch_group(&parent).unwrap();
    let child = ada.create_child_group(&parent, false).unwrap();
    let sample = SampleFile::of_size(100_000);
    for user in [&ada, &bob] {
        user.fetch_child_group(&parent, &child).unwrap();
    }
    let id = ada.upload(Shelf::Group(&child), sample.path(), false).unwrap();
    assert!(bob.download(Shelf::Group(&child), &id, None).unwrap().content == sample.content());
    bob.delete_file(Shelf::Group(&child), &id).unwrap();
}
