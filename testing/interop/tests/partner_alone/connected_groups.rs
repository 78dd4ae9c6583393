//! Groups that are members of groups.

use keyfold_interop::partner::{Principal, Session, Way};
use keyfold_interop::{Partner, TestServer, with_every_partner};

use crate::{code, group_of, read_each_other, user};

with_every_partner! {
    reads_a_connected_group_through_a_member_group,
    reads_a_child_of_a_connected_group,
    makes_a_group_a_member_at_once,
    accepts_an_invitation_for_a_group,
    rejects_an_invitation_for_a_group,
    lets_a_group_in_that_asks,
    withdraws_the_request_of_a_group,
    keeps_to_what_may_be_connected,
    leaves_a_connected_group_for_a_group,
}

async fn reads_a_connected_group_through_a_member_group(_: &TestServer, partner: &Partner) {
    let (ada, bob) = (user(partner, "ada"), user(partner, "bob"));
    let member = group_of(&ada);
    ada.invite_auto(&member, &bob.user_id, Some(2)).unwrap();
    bob.fetch_group(&member).unwrap();
    for sign in [false, true] {
        let connected = ada.create_connected_group(&member, sign).unwrap();
        for (reader, rank) in [(&ada, 0), (&bob, 2)] {
            let seen = reader.fetch_connected_group(&member, &connected).unwrap();
            assert!(seen.is_connected);
            assert_eq!((seen.rank, seen.parent), (rank, None));
            assert_eq!(seen.access_by_member.as_ref(), Some(&member));
        }
        read_each_other(&connected, &ada, &bob);
        assert!(ada.memberships_of(&member).list().unwrap().contains(&connected));
        // A user may be a member as well.
        let eve = user(partner, &format!("eve {sign}"));
        ada.invite_auto(&connected, &eve.user_id, None).unwrap();
        assert_eq!(eve.fetch_group(&connected).unwrap().access_by_member, None);
        read_each_other(&connected, &bob, &eve);
    }
}

async fn reads_a_child_of_a_connected_group(_: &TestServer, partner: &Partner) {
    let (ada, bob) = (user(partner, "ada"), user(partner, "bob"));
    let member = group_of(&ada);
    ada.invite_auto(&member, &bob.user_id, Some(1)).unwrap();
    bob.fetch_group(&member).unwrap();
    let connected = connected_group(&ada, &member);
    let child = ada.create_child_group(&connected, true).unwrap();
    bob.fetch_connected_group(&member, &connected).unwrap();
    for reader in [&ada, &bob] {
        let seen = reader.fetch_child_group(&connected, &child).unwrap();
        assert!(seen.is_connected);
        assert_eq!(seen.parent.as_ref(), Some(&connected));
        assert_eq!(seen.access_by_member.as_ref(), Some(&member));
    }
    read_each_other(&child, &ada, &bob);
}

async fn makes_a_group_a_member_at_once(_: &TestServer, partner: &Partner) {
    let Two { ada, bob, of_ada, of_bob, connected } = &two(partner);
    ada.invite(connected, Principal::Group(of_bob), Way::Auto, Some(2)).unwrap();
    let seen = bob.fetch_connected_group(of_bob, connected).unwrap();
    assert_eq!(seen.rank, 2, "the weaker one of the ranks of user and group");
    read_each_other(connected, ada, bob);
    let members = ada.members(connected).unwrap();
    let types: Vec<_> = members.iter().map(|member| (&member.user_id, member.user_type)).collect();
    assert!(types.contains(&(of_bob, 2)), "{types:?} of {of_ada}");
    // A user who joins the member group is in at once.
    let eve = user(partner, "eve");
    bob.invite_auto(of_bob, &eve.user_id, None).unwrap();
    eve.fetch_group(of_bob).unwrap();
    assert_eq!(eve.fetch_connected_group(of_bob, connected).unwrap().rank, 4);
    read_each_other(connected, ada, &eve);
    ada.kick(connected, of_bob).unwrap();
    for reader in [bob, &eve] {
        assert_eq!(code(reader.fetch_connected_group(of_bob, connected)), Some(310));
    }
}

async fn accepts_an_invitation_for_a_group(_: &TestServer, partner: &Partner) {
    let Two { ada, bob, of_bob, connected, .. } = &two(partner);
    ada.invite(connected, Principal::Group(of_bob), Way::Ask, None).unwrap();
    assert_eq!(bob.memberships_of(of_bob).invitations().unwrap(), [&**connected]);
    bob.memberships_of(of_bob).accept_invitation(connected).unwrap();
    assert_eq!(bob.fetch_connected_group(of_bob, connected).unwrap().rank, 4);
    assert_eq!(bob.memberships_of(of_bob).list().unwrap(), [&**connected]);
    read_each_other(connected, ada, bob);
}

async fn rejects_an_invitation_for_a_group(_: &TestServer, partner: &Partner) {
    let Two { ada, bob, of_bob, connected, .. } = &two(partner);
    ada.invite(connected, Principal::Group(of_bob), Way::Ask, None).unwrap();
    bob.memberships_of(of_bob).reject_invitation(connected).unwrap();
    assert_eq!(bob.memberships_of(of_bob).invitations().unwrap(), [""; 0]);
    assert_eq!(code(bob.fetch_connected_group(of_bob, connected)), Some(310));
}

async fn lets_a_group_in_that_asks(_: &TestServer, partner: &Partner) {
    let Two { ada, bob, of_bob, connected, .. } = &two(partner);
    bob.memberships_of(of_bob).request_to_join(connected).unwrap();
    assert_eq!(bob.memberships_of(of_bob).join_requests().unwrap(), [&**connected]);
    let [candidate] = &ada.join_requests(connected).unwrap()[..] else { panic!("one request") };
    assert_eq!((&candidate.user_id, candidate.user_type), (of_bob, 2));
    ada.accept_join_request(connected, Principal::Group(of_bob), Some(1)).unwrap();
    assert_eq!(bob.fetch_connected_group(of_bob, connected).unwrap().rank, 1);
    read_each_other(connected, ada, bob);
}

async fn withdraws_the_request_of_a_group(_: &TestServer, partner: &Partner) {
    let Two { ada, bob, of_bob, connected, .. } = &two(partner);
    bob.memberships_of(of_bob).request_to_join(connected).unwrap();
    bob.memberships_of(of_bob).withdraw_join_request(connected).unwrap();
    assert_eq!(ada.join_requests(connected).unwrap(), []);
    bob.memberships_of(of_bob).request_to_join(connected).unwrap();
    ada.reject_join_request(connected, Principal::Group(of_bob)).unwrap();
    assert_eq!(bob.memberships_of(of_bob).join_requests().unwrap(), [""; 0]);
}

async fn keeps_to_what_may_be_connected(_: &TestServer, partner: &Partner) {
    let Two { ada, bob, of_ada, of_bob, connected } = &two(partner);
    assert_eq!(code(ada.create_connected_group(connected, false)), Some(318));
    let invited = ada.invite(of_ada, Principal::Group(of_bob), Way::Auto, None);
    assert_eq!(code(invited), Some(319), "into a normal group");
    assert_eq!(code(bob.memberships_of(of_bob).request_to_join(of_ada)), Some(319), "into a normal group");
}

async fn leaves_a_connected_group_for_a_group(_: &TestServer, partner: &Partner) {
    let Two { ada, bob, of_bob, connected, .. } = &two(partner);
    ada.invite(connected, Principal::Group(of_bob), Way::Auto, Some(2)).unwrap();
    bob.fetch_connected_group(of_bob, connected).unwrap();
    bob.leave(connected).unwrap();
    assert_eq!(code(bob.fetch_connected_group(of_bob, connected)), Some(310));
    assert!(!ada.members(connected).unwrap().iter().any(|member| member.user_id == *of_bob));
}

/// Two users, each with a group, and a connected group of the first.
struct Two<'a> {
    ada: Session<'a>,
    bob: Session<'a>,
    of_ada: String,
    of_bob: String,
    connected: String,
}

fn two(partner: &Partner) -> Two<'_> {
    let (ada, bob) = (user(partner, "ada"), user(partner, "bob"));
    let (of_ada, of_bob) = (group_of(&ada), group_of(&bob));
    let connected = connected_group(&ada, &of_ada);
    Two { ada, bob, of_ada, of_bob, connected }
}

fn connected_group(user: &Session<'_>, member: &str) -> String {
    let id = user.create_connected_group(member, false).unwrap();
    user.fetch_connected_group(member, &id).unwrap();
    id
}
