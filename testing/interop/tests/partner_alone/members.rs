//! Ranks, and how a membership ends.

use keyfold_interop::partner::{Principal, Way};
use keyfold_interop::{Partner, TestServer, with_every_partner};

use crate::{code, group_of, user};

with_every_partner! {
    changes_ranks,
    does_not_let_low_ranks_administrate,
    removes_a_member,
    does_not_remove_the_creator,
    leaves_a_group,
    does_not_leave_a_group_without_an_admin,
}

async fn changes_ranks(_: &TestServer, partner: &Partner) {
    let (ada, bob) = (user(partner, "ada"), user(partner, "bob"));
    let group = group_of(&ada);
    ada.invite_auto(&group, &bob.user_id, None).unwrap();
    assert_eq!(bob.fetch_group(&group).unwrap().rank, 4);
    for rank in [1, 3, 2] {
        ada.update_rank(&group, &bob.user_id, rank).unwrap();
        assert_eq!(bob.check_for_update(&group).unwrap().rank, rank);
        assert_eq!(ada.members(&group).unwrap()[0].rank, rank);
    }
    assert_eq!(code(ada.update_rank(&group, &ada.user_id, 2)), Some(314), "the creator");
}

async fn does_not_let_low_ranks_administrate(_: &TestServer, partner: &Partner) {
    let [ada, bob, eve] = ["ada", "bob", "eve"].map(|name| user(partner, name));
    let group = group_of(&ada);
    ada.invite_auto(&group, &bob.user_id, Some(1)).unwrap();
    bob.fetch_group(&group).unwrap();
    // The partner goes by the rank of its last visit: the server has to say no.
    ada.update_rank(&group, &bob.user_id, 3).unwrap();
    assert_eq!(code(bob.invite_auto(&group, &eve.user_id, None)), Some(301));
    assert_eq!(code(bob.kick(&group, &ada.user_id)), Some(301));
    assert_eq!(code(bob.update_rank(&group, &bob.user_id, 1)), Some(301));
    assert_eq!(code(bob.toggle_invitations(&group)), Some(301));
    assert_eq!(code(bob.delete_group(&group)), Some(301));
    assert_eq!(code(bob.create_child_group(&group, false)), Some(301));
    // And here it does not even ask.
    bob.fetch_group(&group).unwrap();
    assert!(bob.invite(&group, Principal::User(&eve.user_id), Way::Ask, None).is_err());
}

async fn removes_a_member(_: &TestServer, partner: &Partner) {
    let [ada, bob, eve] = ["ada", "bob", "eve"].map(|name| user(partner, name));
    let group = group_of(&ada);
    ada.invite_auto(&group, &bob.user_id, Some(2)).unwrap();
    ada.invite_auto(&group, &eve.user_id, Some(1)).unwrap();
    bob.fetch_group(&group).unwrap();
    assert_eq!(code(bob.kick(&group, &eve.user_id)), Some(316), "more powerful");
    ada.kick(&group, &bob.user_id).unwrap();
    assert_eq!(code(bob.fetch_group(&group)), Some(310));
    assert_eq!(code(bob.check_for_update(&group)), Some(310));
    assert_eq!(code(ada.kick(&group, &bob.user_id)), Some(300));
    assert_eq!(ada.members(&group).unwrap().len(), 1);
}

async fn does_not_remove_the_creator(_: &TestServer, partner: &Partner) {
    let (ada, bob) = (user(partner, "ada"), user(partner, "bob"));
    let group = group_of(&ada);
    ada.invite_auto(&group, &bob.user_id, Some(1)).unwrap();
    bob.fetch_group(&group).unwrap();
    assert_eq!(code(bob.kick(&group, &ada.user_id)), Some(315));
}

async fn leaves_a_group(_: &TestServer, partner: &Partner) {
    let (ada, bob) = (user(partner, "ada"), user(partner, "bob"));
    let group = group_of(&ada);
    ada.invite_auto(&group, &bob.user_id, None).unwrap();
    bob.fetch_group(&group).unwrap();
    bob.leave(&group).unwrap();
    assert_eq!(code(bob.fetch_group(&group)), Some(310));
    assert_eq!(ada.members(&group).unwrap(), []);
}

async fn does_not_leave_a_group_without_an_admin(_: &TestServer, partner: &Partner) {
    let (ada, bob) = (user(partner, "ada"), user(partner, "bob"));
    let group = group_of(&ada);
    ada.invite_auto(&group, &bob.user_id, Some(2)).unwrap();
    assert_eq!(code(ada.leave(&group)), Some(308));
    ada.update_rank(&group, &bob.user_id, 1).unwrap();
    ada.leave(&group).unwrap();
    assert_eq!(bob.fetch_group(&group).unwrap().rank, 1);
}
