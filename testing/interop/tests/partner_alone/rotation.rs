//! New keys for groups, and how the members come to them.

use keyfold_interop::partner::{Principal, Session, Way};
use keyfold_interop::{Partner, TestServer, until, with_every_partner};

use crate::{PASSWORD, TEXT, code, group_of, read_each_other, user};

with_every_partner! {
    follows_two_rotations_by_different_members,
    catches_up_with_several_rotations,
    gives_all_keys_to_a_later_member,
    shuts_a_removed_member_out,
    rotates_a_child_group_from_above,
    rotates_a_child_group_from_inside,
    rotates_a_parent_of_a_child_group,
    rotates_a_connected_group,
    follows_a_rotation_with_rotated_user_keys,
}

async fn follows_two_rotations_by_different_members(_: &TestServer, partner: &Partner) {
    for sign in [false, true] {
        let [ada, bob] = ["ada", "bob"].map(|name| user(partner, &format!("{name} {sign}")));
        let group = group_of(&ada);
        ada.invite_auto(&group, &bob.user_id, Some(2)).unwrap();
        let first = bob.fetch_group(&group).unwrap().newest_key_id;
        let mut texts = vec![ada.encrypt_in_group(&group, TEXT, sign).unwrap()];

        let mut newest = first;
        for (starter, follower) in [(&ada, &bob), (&bob, &ada)] {
            let key = starter.rotate_group_keys(&group, sign).unwrap();
            assert_ne!(key, newest);
            finish(follower, &group, &key).await;
            assert!(!follower.check_for_update(&group).unwrap().key_update);
            read_each_other(&group, &ada, &bob);
            texts.push(ada.encrypt_in_group(&group, TEXT, sign).unwrap());
            newest = key;
        }
        let later = partner.login(&format!("bob {sign}"), PASSWORD).unwrap();
        assert_eq!(later.fetch_group(&group).unwrap().newest_key_id, newest);
        for reader in [&ada, &bob, &later] {
            for text in &texts {
                let signer = sign.then_some(&*ada.user_id);
                assert_eq!(reader.decrypt_in_group(&group, text, signer).as_deref(), Ok(TEXT));
            }
        }
    }
}

async fn catches_up_with_several_rotations(_: &TestServer, partner: &Partner) {
    let (ada, bob) = (user(partner, "ada"), user(partner, "bob"));
    let group = group_of(&ada);
    ada.invite_auto(&group, &bob.user_id, None).unwrap();
    bob.fetch_group(&group).unwrap();
    let mut texts = Vec::new();
    let mut newest = String::new();
    for sign in [true, false, true] {
        newest = ada.rotate_group_keys(&group, sign).unwrap();
        texts.push(ada.encrypt_in_group(&group, TEXT, false).unwrap());
    }
    finish(&bob, &group, &newest).await;
    for text in &texts {
        assert_eq!(bob.decrypt_in_group(&group, text, None).as_deref(), Ok(TEXT));
    }
}

async fn gives_all_keys_to_a_later_member(_: &TestServer, partner: &Partner) {
    let [ada, bob, eve] = ["ada", "bob", "eve"].map(|name| user(partner, name));
    let group = group_of(&ada);
    let old = ada.encrypt_in_group(&group, "old", false).unwrap();
    ada.rotate_group_keys(&group, false).unwrap();
    let newest = ada.rotate_group_keys(&group, true).unwrap();
    let new = ada.encrypt_in_group(&group, "new", false).unwrap();
    ada.invite_auto(&group, &bob.user_id, None).unwrap();
    ada.invite(&group, Principal::User(&eve.user_id), Way::Ask, None).unwrap();
    eve.memberships().accept_invitation(&group).unwrap();
    for member in [&bob, &eve] {
        assert_eq!(member.fetch_group(&group).unwrap().newest_key_id, newest);
        assert_eq!(member.decrypt_in_group(&group, &old, None).as_deref(), Ok("old"));
        assert_eq!(member.decrypt_in_group(&group, &new, None).as_deref(), Ok("new"));
    }
}

async fn shuts_a_removed_member_out(_: &TestServer, partner: &Partner) {
    let (ada, bob) = (user(partner, "ada"), user(partner, "bob"));
    let group = group_of(&ada);
    ada.invite_auto(&group, &bob.user_id, None).unwrap();
    bob.fetch_group(&group).unwrap();
    ada.kick(&group, &bob.user_id).unwrap();
    ada.rotate_group_keys(&group, false).unwrap();
    let text = ada.encrypt_in_group(&group, TEXT, false).unwrap();
    assert_eq!(code(bob.finish_group_key_rotation(&group)), Some(310));
    assert!(bob.decrypt_in_group(&group, &text, None).is_err());
}

async fn rotates_a_child_group_from_above(_: &TestServer, partner: &Partner) {
    let [ada, bob, eve] = ["ada", "bob", "eve"].map(|name| user(partner, name));
    let (parent, child) = family(&ada, &bob, &eve);
    let key = ada.rotate_group_keys(&child, true).unwrap();
    // The parent has the key already, for all of its members.
    assert_eq!(bob.fetch_child_group(&parent, &child).unwrap().newest_key_id, key);
    finish(&eve, &child, &key).await;
    read_each_other(&child, &ada, &eve);
    read_each_other(&child, &bob, &eve);
}

async fn rotates_a_child_group_from_inside(_: &TestServer, partner: &Partner) {
    let [ada, bob, eve] = ["ada", "bob", "eve"].map(|name| user(partner, name));
    let (parent, child) = family(&ada, &bob, &eve);
    let key = eve.rotate_group_keys(&child, false).unwrap();
    // Whoever of the parent is first finishes for all of its members.
    finish(&bob, &child, &key).await;
    assert_eq!(ada.fetch_child_group(&parent, &child).unwrap().newest_key_id, key);
    read_each_other(&child, &ada, &eve);
    read_each_other(&child, &bob, &eve);
}

async fn rotates_a_parent_of_a_child_group(_: &TestServer, partner: &Partner) {
    let [ada, bob, eve] = ["ada", "bob", "eve"].map(|name| user(partner, name));
    let (parent, child) = family(&ada, &bob, &eve);
    let key = ada.rotate_group_keys(&parent, false).unwrap();
    finish(&bob, &parent, &key).await;
    // The child is under the old key of the parent, and then under the new one.
    for reader in [&ada, &bob] {
        reader.fetch_child_group(&parent, &child).unwrap();
    }
    read_each_other(&child, &ada, &bob);
    let key = bob.rotate_group_keys(&child, false).unwrap();
    finish(&eve, &child, &key).await;
    ada.fetch_child_group(&parent, &child).unwrap();
    read_each_other(&child, &ada, &bob);
    read_each_other(&child, &ada, &eve);
}

async fn rotates_a_connected_group(_: &TestServer, partner: &Partner) {
    let [ada, bob, eve] = ["ada", "bob", "eve"].map(|name| user(partner, name));
    let (of_ada, of_bob) = (group_of(&ada), group_of(&bob));
    let connected = ada.create_connected_group(&of_ada, false).unwrap();
    ada.fetch_connected_group(&of_ada, &connected).unwrap();
    ada.invite(&connected, Principal::Group(&of_bob), Way::Auto, Some(1)).unwrap();
    ada.invite_auto(&connected, &eve.user_id, None).unwrap();
    bob.fetch_connected_group(&of_bob, &connected).unwrap();
    eve.fetch_group(&connected).unwrap();

    let everybody = [&ada, &bob, &eve];
    for (starter, sign) in [(&ada, false), (&bob, true), (&eve, true)] {
        let key = starter.rotate_group_keys(&connected, sign).unwrap();
        for member in everybody {
            finish(member, &connected, &key).await;
        }
        read_each_other(&connected, &ada, &bob);
        read_each_other(&connected, &bob, &eve);
    }
}

async fn follows_a_rotation_with_rotated_user_keys(_: &TestServer, partner: &Partner) {
    let (ada, bob) = (user(partner, "ada"), user(partner, "bob"));
    let group = group_of(&ada);
    ada.invite_auto(&group, &bob.user_id, None).unwrap();
    bob.fetch_group(&group).unwrap();
    bob.rotate_user_keys().unwrap();
    let key = ada.rotate_group_keys(&group, false).unwrap();
    finish(&bob, &group, &key).await;
    read_each_other(&group, &ada, &bob);
    let later = partner.login("bob", PASSWORD).unwrap();
    assert_eq!(later.fetch_group(&group).unwrap().newest_key_id, key);
    read_each_other(&group, &ada, &later);
}

/// A parent with the first two users, and its child with the third one. All have fetched what they can.
fn family(ada: &Session<'_>, bob: &Session<'_>, eve: &Session<'_>) -> (String, String) {
    let parent = group_of(ada);
    let child = ada.create_child_group(&parent, false).unwrap();
    ada.fetch_child_group(&parent, &child).unwrap();
    ada.invite_auto(&parent, &bob.user_id, Some(1)).unwrap();
    ada.invite_auto(&child, &eve.user_id, None).unwrap();
    bob.fetch_group(&parent).unwrap();
    bob.fetch_child_group(&parent, &child).unwrap();
    eve.fetch_group(&child).unwrap();
    (parent, child)
}

/// Takes the rotations over when the server has passed the newest one on.
async fn finish(member: &Session<'_>, group: &str, newest: &str) {
    until("the member has the newest group key", async || {
        member.finish_group_key_rotation(group).unwrap() == newest
    })
    .await;
}
