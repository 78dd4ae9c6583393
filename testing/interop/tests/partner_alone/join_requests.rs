//! Users who ask to be let in.

use keyfold_interop::partner::Principal;
use keyfold_interop::{Partner, TestServer, with_every_partner};

use crate::{code, group_of, read_each_other, user};

with_every_partner! {
    lets_somebody_in,
    turns_somebody_away,
    withdraws_a_request,
    lets_nobody_in_who_did_not_ask,
}

async fn lets_somebody_in(_: &TestServer, partner: &Partner) {
    let (ada, bob) = (user(partner, "ada"), user(partner, "bob"));
    let group = group_of(&ada);
    bob.memberships().request_to_join(&group).unwrap();
    bob.memberships().request_to_join(&group).unwrap();
    assert_eq!(bob.memberships().join_requests().unwrap(), [&*group]);
    let [candidate] = &ada.join_requests(&group).unwrap()[..] else { panic!("one request") };
    assert_eq!((&candidate.user_id, candidate.user_type), (&bob.user_id, 0));

    ada.accept_join_request(&group, Principal::User(&bob.user_id), Some(3)).unwrap();
    assert_eq!(bob.fetch_group(&group).unwrap().rank, 3);
    assert_eq!(ada.join_requests(&group).unwrap(), []);
    assert_eq!(bob.memberships().join_requests().unwrap(), [""; 0]);
    read_each_other(&group, &ada, &bob);
    assert_eq!(code(bob.memberships().request_to_join(&group)), Some(302));
}

async fn turns_somebody_away(_: &TestServer, partner: &Partner) {
    let (ada, bob) = (user(partner, "ada"), user(partner, "bob"));
    let group = group_of(&ada);
    bob.memberships().request_to_join(&group).unwrap();
    ada.reject_join_request(&group, Principal::User(&bob.user_id)).unwrap();
    assert_eq!(ada.join_requests(&group).unwrap(), []);
    assert_eq!(code(bob.fetch_group(&group)), Some(310));
}

async fn withdraws_a_request(_: &TestServer, partner: &Partner) {
    let (ada, bob) = (user(partner, "ada"), user(partner, "bob"));
    let group = group_of(&ada);
    bob.memberships().request_to_join(&group).unwrap();
    bob.memberships().withdraw_join_request(&group).unwrap();
    assert_eq!(bob.memberships().join_requests().unwrap(), [""; 0]);
    assert_eq!(ada.join_requests(&group).unwrap(), []);
}

async fn lets_nobody_in_who_did_not_ask(_: &TestServer, partner: &Partner) {
    let (ada, bob) = (user(partner, "ada"), user(partner, "bob"));
    let group = group_of(&ada);
    let accepted = ada.accept_join_request(&group, Principal::User(&bob.user_id), None);
    assert_eq!(code(accepted), Some(309));
}
