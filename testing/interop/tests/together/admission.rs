//! Invitations and join requests from one client to the other.

use keyfold::{Group, GroupId, User};
use keyfold_interop::partner::{Principal, Session, Way};
use keyfold_interop::{Partner, TestServer, with_every_partner};

use crate::{code, our_user, partner_user, read_each_other, their_id};

with_every_partner! {
    ours_accepts_an_invitation_by_the_partner,
    the_partner_accepts_an_invitation_by_ours,
    each_rejects_an_invitation_by_the_other,
    the_partner_lets_ours_in,
    ours_lets_the_partner_in,
    each_gives_the_other_fresh_keys,
}

async fn ours_accepts_an_invitation_by_the_partner(server: &TestServer, partner: &Partner) {
    let (ours, theirs, id) = group_of_theirs(server, partner).await;
    theirs.invite(&id, Principal::User(ours.id().as_str()), Way::Ask, Some(3)).unwrap();
    let invitations = ours.group_invitations().all().await.unwrap();
    assert_eq!(invitations[0].group_id.as_str(), id);
    ours.accept_invitation(&GroupId::new(&*id)).await.unwrap();
    assert_eq!(ours.group(&GroupId::new(&*id)).await.unwrap().rank(), 3);
    read_each_other(&ours, &theirs, &id).await;
}

async fn the_partner_accepts_an_invitation_by_ours(server: &TestServer, partner: &Partner) {
    let (ours, theirs, group) = group_of_ours(server, partner).await;
    let id = group.id().as_str();
    group.invite(&their_id(&theirs), Some(1)).await.unwrap();
    assert_eq!(theirs.memberships().invitations().unwrap(), [id]);
    theirs.memberships().accept_invitation(id).unwrap();
    assert_eq!(theirs.fetch_group(id).unwrap().rank, 1);
    read_each_other(&ours, &theirs, id).await;
}

async fn each_rejects_an_invitation_by_the_other(server: &TestServer, partner: &Partner) {
    let (ours, theirs, id) = group_of_theirs(server, partner).await;
    theirs.invite(&id, Principal::User(ours.id().as_str()), Way::Ask, None).unwrap();
    ours.reject_invitation(&GroupId::new(&*id)).await.unwrap();
    assert!(ours.group(&GroupId::new(&*id)).await.is_err());

    let group = ours.group(&ours.create_group().await.unwrap()).await.unwrap();
    group.invite(&their_id(&theirs), None).await.unwrap();
    theirs.memberships().reject_invitation(group.id().as_str()).unwrap();
    assert_eq!(code(theirs.fetch_group(group.id().as_str())), Some(310));
}

async fn the_partner_lets_ours_in(server: &TestServer, partner: &Partner) {
    let (ours, theirs, id) = group_of_theirs(server, partner).await;
    ours.request_to_join(&GroupId::new(&*id)).await.unwrap();
    assert_eq!(theirs.join_requests(&id).unwrap()[0].user_id, ours.id().as_str());
    theirs.accept_join_request(&id, Principal::User(ours.id().as_str()), Some(2)).unwrap();
    assert_eq!(ours.group(&GroupId::new(&*id)).await.unwrap().rank(), 2);
    read_each_other(&ours, &theirs, &id).await;
}

async fn ours_lets_the_partner_in(server: &TestServer, partner: &Partner) {
    let (ours, theirs, group) = group_of_ours(server, partner).await;
    let id = group.id().as_str();
    theirs.memberships().request_to_join(id).unwrap();
    let requests = group.join_requests().all().await.unwrap();
    let [request] = &requests[..] else { panic!("one request") };
    group.accept_join_request(request, None).await.unwrap();
    assert_eq!(theirs.fetch_group(id).unwrap().rank, 4);
    read_each_other(&ours, &theirs, id).await;
}

async fn each_gives_the_other_fresh_keys(server: &TestServer, partner: &Partner) {
    let (ours, theirs, group) = group_of_ours(server, partner).await;
    let id = group.id().as_str();
    group.invite_auto(&their_id(&theirs), Some(2)).await.unwrap();
    theirs.rotate_user_keys().unwrap();
    group.rotate_keys().await.unwrap();
    group.re_invite(&their_id(&theirs)).await.unwrap();
    let seen = theirs.fetch_group(id).unwrap();
    assert_eq!((seen.rank, &*seen.newest_key_id), (2, group.newest_key_id().unwrap().as_str()));
    read_each_other(&ours, &theirs, id).await;

    ours.rotate_keys().await.unwrap();
    let newest = theirs.rotate_group_keys(id, true).unwrap();
    theirs.invite(id, Principal::User(ours.id().as_str()), Way::Again, None).unwrap();
    group.update().await.unwrap();
    assert_eq!(group.newest_key_id().unwrap().as_str(), newest);
    read_each_other(&ours, &theirs, id).await;
}

async fn group_of_theirs<'a>(server: &TestServer, partner: &'a Partner) -> (User, Session<'a>, String) {
    let (ours, theirs) = (our_user(server, "ada").await, partner_user(partner, "bob"));
    let id = theirs.create_group(false).unwrap();
    theirs.fetch_group(&id).unwrap();
    (ours, theirs, id)
}

async fn group_of_ours<'a>(server: &TestServer, partner: &'a Partner) -> (User, Session<'a>, Group) {
    let (ours, theirs) = (our_user(server, "ada").await, partner_user(partner, "bob"));
    let group = ours.group(&ours.create_group().await.unwrap()).await.unwrap();
    (ours, theirs, group)
}
