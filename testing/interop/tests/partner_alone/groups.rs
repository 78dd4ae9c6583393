//! Groups by themselves, and groups below groups.

use keyfold_interop::{Partner, TestServer, with_every_partner, with_the_native_partner};

use crate::{PASSWORD, TEXT, code, group_of, read_each_other, user};

with_every_partner! {
    creates_a_group_and_reads_it_in_the_next_session,
    shares_a_group_with_another_user,
    lists_the_groups_of_a_user,
    deletes_a_group,
    reads_a_child_group_as_a_member_of_the_parent,
    reads_groups_below_a_child_group,
    invites_a_stranger_into_a_child_group,
    prefers_the_own_membership_in_a_child_group,
    deletes_child_groups_with_the_parent,
}

mod search {
    use super::*;

    with_the_native_partner!(finds_and_sorts_alike_for_all_members);

    async fn finds_and_sorts_alike_for_all_members(_: &TestServer, partner: &Partner) {
        let (ada, bob) = (user(partner, "ada"), user(partner, "bob"));
        let group = group_of(&ada);
        ada.invite_auto(&group, &bob.user_id, None).unwrap();
        bob.fetch_group(&group).unwrap();
        let stored = ada.searchable_hashes(&group, TEXT, false, None).unwrap();
        assert!(stored.contains(&bob.search_hash(&group, "Grüße").unwrap()));
        let numbers: Vec<_> =
            [0, 1, 60_000].map(|number| ada.sortable_number(&group, number).unwrap()).into();
        assert!(numbers.is_sorted());
        assert_eq!(bob.sortable_number(&group, 60_000).unwrap(), numbers[2]);
        let other = group_of(&bob);
        assert_ne!(bob.search_hash(&other, TEXT), bob.search_hash(&group, TEXT));
    }
}

async fn creates_a_group_and_reads_it_in_the_next_session(_: &TestServer, partner: &Partner) {
    partner.register("ada", PASSWORD).unwrap();
    for sign in [false, true] {
        let ada = partner.login("ada", PASSWORD).unwrap();
        let id = ada.create_group(sign).unwrap();
        let group = ada.fetch_group(&id).unwrap();
        assert_eq!(group.rank, 0);
        assert_eq!(group.joined_time, group.created_time);
        let plain = ada.encrypt_in_group(&id, TEXT, false).unwrap();
        let signed = ada.encrypt_in_group(&id, "signed", true).unwrap();

        let later = partner.login("ada", PASSWORD).unwrap();
        assert_eq!(later.fetch_group(&id).unwrap(), group);
        assert_eq!(later.decrypt_in_group(&id, &plain, None).as_deref(), Ok(TEXT));
        assert_eq!(later.decrypt_in_group(&id, &signed, Some(&ada.user_id)).as_deref(), Ok("signed"));
    }
}

async fn shares_a_group_with_another_user(_: &TestServer, partner: &Partner) {
    let (ada, bob) = (user(partner, "ada"), user(partner, "bob"));
    let group = ada.create_group(true).unwrap();
    ada.fetch_group(&group).unwrap();
    ada.invite_auto(&group, &bob.user_id, Some(2)).unwrap();
    assert_eq!(bob.fetch_group(&group).unwrap().rank, 2);

    let [member] = &ada.members(&group).unwrap()[..] else { panic!("one member beside oneself") };
    assert_eq!((&member.user_id, member.rank, member.user_type), (&bob.user_id, 2, 0));
    read_each_other(&group, &ada, &bob);
}

async fn lists_the_groups_of_a_user(_: &TestServer, partner: &Partner) {
    let ada = user(partner, "ada");
    assert_eq!(ada.memberships().list().unwrap(), [""; 0]);
    let mut groups = [ada.create_group(false).unwrap(), ada.create_group(true).unwrap()];
    let mut listed = ada.memberships().list().unwrap();
    groups.sort();
    listed.sort();
    assert_eq!(listed, groups);
}

async fn deletes_a_group(_: &TestServer, partner: &Partner) {
    let ada = user(partner, "ada");
    let group = group_of(&ada);
    ada.delete_group(&group).unwrap();
    assert_eq!(code(ada.fetch_group(&group)), Some(310));
    assert_eq!(ada.memberships().list().unwrap(), [""; 0]);
}

async fn reads_a_child_group_as_a_member_of_the_parent(_: &TestServer, partner: &Partner) {
    let (ada, bob) = (user(partner, "ada"), user(partner, "bob"));
    let parent = group_of(&ada);
    for (index, sign) in [false, true].into_iter().enumerate() {
        let child = ada.create_child_group(&parent, sign).unwrap();
        ada.invite_auto(&parent, &bob.user_id, Some(3)).map_err(|refusal| refusal.server_code).ok();
        assert_eq!(ada.children(&parent).unwrap()[index], child);
        for (reader, rank) in [(&ada, 0), (&bob, 3)] {
            reader.fetch_group(&parent).unwrap();
            let seen = reader.fetch_child_group(&parent, &child).unwrap();
            assert_eq!(seen.rank, rank);
            assert_eq!(seen.parent.as_ref(), Some(&parent));
            assert_eq!(seen.access_by_parent.as_ref(), Some(&parent));
        }
        read_each_other(&child, &ada, &bob);
    }
}

async fn reads_groups_below_a_child_group(_: &TestServer, partner: &Partner) {
    let (ada, bob) = (user(partner, "ada"), user(partner, "bob"));
    let root = group_of(&ada);
    let child = ada.create_child_group(&root, false).unwrap();
    ada.fetch_child_group(&root, &child).unwrap();
    let grandchild = ada.create_child_group(&child, true).unwrap();
    ada.invite_auto(&root, &bob.user_id, Some(1)).unwrap();
    bob.fetch_group(&root).unwrap();
    bob.fetch_child_group(&root, &child).unwrap();
    for reader in [&ada, &bob] {
        let seen = reader.fetch_child_group(&child, &grandchild).unwrap();
        assert_eq!(seen.parent.as_ref(), Some(&child));
        assert_eq!(seen.access_by_parent.as_ref(), Some(&root));
    }
    read_each_other(&grandchild, &ada, &bob);
}

async fn invites_a_stranger_into_a_child_group(_: &TestServer, partner: &Partner) {
    let (ada, bob) = (user(partner, "ada"), user(partner, "bob"));
    let parent = group_of(&ada);
    let child = ada.create_child_group(&parent, false).unwrap();
    ada.fetch_child_group(&parent, &child).unwrap();
    ada.invite_auto(&child, &bob.user_id, None).unwrap();
    let seen = bob.fetch_group(&child).unwrap();
    assert_eq!((seen.rank, seen.parent.as_ref(), seen.access_by_parent), (4, Some(&parent), None));
    read_each_other(&child, &ada, &bob);
    assert_eq!(code(bob.fetch_group(&parent)), Some(310));
}

async fn prefers_the_own_membership_in_a_child_group(_: &TestServer, partner: &Partner) {
    let (ada, bob) = (user(partner, "ada"), user(partner, "bob"));
    let parent = group_of(&ada);
    let child = ada.create_child_group(&parent, false).unwrap();
    ada.fetch_child_group(&parent, &child).unwrap();
    ada.invite_auto(&parent, &bob.user_id, Some(1)).unwrap();
    ada.invite_auto(&child, &bob.user_id, Some(4)).unwrap();
    bob.fetch_group(&parent).unwrap();
    let direct = bob.fetch_group(&child).unwrap();
    assert_eq!((direct.rank, direct.access_by_parent), (4, None));
    read_each_other(&child, &ada, &bob);

    bob.leave(&child).unwrap();
    let inherited = bob.fetch_child_group(&parent, &child).unwrap();
    assert_eq!((inherited.rank, inherited.access_by_parent.as_ref()), (1, Some(&parent)));
    read_each_other(&child, &ada, &bob);
    // There is nothing of one's own to leave. Nobody loses anything by it.
    let _ = bob.leave(&child);
    ada.fetch_child_group(&parent, &child).unwrap();
    bob.fetch_child_group(&parent, &child).unwrap();
    read_each_other(&child, &ada, &bob);
}

async fn deletes_child_groups_with_the_parent(_: &TestServer, partner: &Partner) {
    let (ada, bob) = (user(partner, "ada"), user(partner, "bob"));
    let parent = group_of(&ada);
    let child = ada.create_child_group(&parent, false).unwrap();
    ada.fetch_child_group(&parent, &child).unwrap();
    ada.invite_auto(&child, &bob.user_id, None).unwrap();
    bob.fetch_group(&child).unwrap();
    ada.delete_group(&parent).unwrap();
    for reader in [&ada, &bob] {
        assert_eq!(code(reader.fetch_group(&child)), Some(310));
    }
}
