//! Invitations that want to be accepted, and fresh keys for members.

use keyfold_interop::partner::{Principal, Session, Way};
use keyfold_interop::{Partner, TestServer, with_every_partner};

use crate::{code, group_of, read_each_other, user};

with_every_partner! {
    accepts_an_invitation,
    rejects_an_invitation,
    cannot_accept_what_nobody_offered,
    invites_a_member_no_second_time,
    stops_invitations,
    gives_a_member_fresh_keys,
}

async fn accepts_an_invitation(_: &TestServer, partner: &Partner) {
    let (ada, bob) = (user(partner, "ada"), user(partner, "bob"));
    let group = group_of(&ada);
    invite(&ada, &group, &bob, Some(2)).unwrap();
    assert_eq!(bob.memberships().invitations().unwrap(), [&*group]);
    assert_eq!(code(bob.fetch_group(&group)), Some(310), "not yet");
    assert_eq!(code(invite(&ada, &group, &bob, None)), Some(302), "pending");

    bob.memberships().accept_invitation(&group).unwrap();
    assert_eq!(bob.fetch_group(&group).unwrap().rank, 2);
    assert_eq!(bob.memberships().invitations().unwrap(), [""; 0]);
    assert_eq!(bob.memberships().list().unwrap(), [&*group]);
    read_each_other(&group, &ada, &bob);
}

async fn rejects_an_invitation(_: &TestServer, partner: &Partner) {
    let (ada, bob) = (user(partner, "ada"), user(partner, "bob"));
    let group = group_of(&ada);
    invite(&ada, &group, &bob, None).unwrap();
    bob.memberships().reject_invitation(&group).unwrap();
    assert_eq!(bob.memberships().invitations().unwrap(), [""; 0]);
    assert_eq!(code(bob.memberships().accept_invitation(&group)), Some(307));
    invite(&ada, &group, &bob, None).unwrap();
    bob.memberships().accept_invitation(&group).unwrap();
    bob.fetch_group(&group).unwrap();
    read_each_other(&group, &ada, &bob);
}

async fn cannot_accept_what_nobody_offered(_: &TestServer, partner: &Partner) {
    let (ada, bob) = (user(partner, "ada"), user(partner, "bob"));
    let group = group_of(&ada);
    assert_eq!(code(bob.memberships().accept_invitation(&group)), Some(307));
    assert_eq!(code(bob.memberships().reject_invitation(&group)), Some(307));
}

async fn invites_a_member_no_second_time(_: &TestServer, partner: &Partner) {
    let (ada, bob) = (user(partner, "ada"), user(partner, "bob"));
    let group = group_of(&ada);
    ada.invite_auto(&group, &bob.user_id, None).unwrap();
    assert_eq!(code(ada.invite_auto(&group, &bob.user_id, None)), Some(302));
    assert_eq!(code(invite(&ada, &group, &bob, None)), Some(302));
}

async fn stops_invitations(_: &TestServer, partner: &Partner) {
    let (ada, bob) = (user(partner, "ada"), user(partner, "bob"));
    let group = group_of(&ada);
    ada.toggle_invitations(&group).unwrap();
    assert_eq!(code(invite(&ada, &group, &bob, None)), Some(317));
    assert_eq!(code(bob.memberships().request_to_join(&group)), Some(317));
    ada.toggle_invitations(&group).unwrap();
    invite(&ada, &group, &bob, None).unwrap();
}

async fn gives_a_member_fresh_keys(_: &TestServer, partner: &Partner) {
    let (ada, bob) = (user(partner, "ada"), user(partner, "bob"));
    let group = group_of(&ada);
    ada.invite_auto(&group, &bob.user_id, Some(3)).unwrap();
    let before = bob.fetch_group(&group).unwrap();
    bob.rotate_user_keys().unwrap();
    ada.rotate_group_keys(&group, false).unwrap();

    ada.invite(&group, Principal::User(&bob.user_id), Way::Again, None).unwrap();
    let after = bob.fetch_group(&group).unwrap();
    assert_eq!((after.rank, after.joined_time), (before.rank, before.joined_time));
    assert_ne!(after.newest_key_id, before.newest_key_id);
    assert!(!after.key_update, "nothing is left to be finished");
    read_each_other(&group, &ada, &bob);
    let eve = user(partner, "eve");
    let again = ada.invite(&group, Principal::User(&eve.user_id), Way::Again, None);
    assert_eq!(code(again), Some(320), "no member");
}

fn invite(
    inviter: &Session<'_>,
    group: &str,
    invitee: &Session<'_>,
    rank: Option<i32>,
) -> Result<(), keyfold_interop::Refusal> {
    inviter.invite(group, Principal::User(&invitee.user_id), Way::Ask, rank)
}
