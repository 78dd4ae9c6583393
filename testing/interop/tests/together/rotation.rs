//! New keys of groups with members in both clients.

use keyfold::{EncryptOptions, Group, GroupId, User};
use keyfold_interop::partner::{Principal, Session, Way};
use keyfold_interop::{Partner, TestServer, with_every_partner};

use crate::{
    PASSWORD, TEXT, our_client, our_user, ours_finish, partner_user, read_each_other, read_in, their_id,
    theirs_finish,
};

with_every_partner! {
    a_mixed_group_survives_rotations_by_both_and_reads_everything,
    both_catch_up_with_several_rotations_by_the_other,
    an_account_in_both_clients_follows_rotations_in_either,
    a_mixed_family_of_groups_survives_rotations,
    a_mixed_connected_group_survives_rotations,
}

async fn a_mixed_group_survives_rotations_by_both_and_reads_everything(
    server: &TestServer,
    partner: &Partner,
) {
    let (ours, theirs) = (our_user(server, "ada").await, partner_user(partner, "bob"));
    for sign in [false, true] {
        let group = mixed(&ours, &theirs, sign).await;
        let id = group.id().as_str();
        let mut by_ours = vec![write(&group, sign)];
        let mut by_theirs = vec![theirs.encrypt_in_group(id, TEXT, sign).unwrap()];
        for _ in 0..2 {
            if sign { group.rotate_keys_signed().await } else { group.rotate_keys().await }.unwrap();
            theirs_finish(&theirs, id, group.newest_key_id().unwrap().as_str()).await;
            read_in(&group, &theirs).await;
            by_ours.push(write(&group, sign));
            by_theirs.push(theirs.encrypt_in_group(id, TEXT, sign).unwrap());

            let key = theirs.rotate_group_keys(id, sign).unwrap();
            ours_finish(&group, &key).await;
            read_in(&group, &theirs).await;
            by_ours.push(write(&group, sign));
            by_theirs.push(theirs.encrypt_in_group(id, TEXT, sign).unwrap());
        }
        let later = partner.login("bob", PASSWORD).unwrap();
        later.fetch_group(id).unwrap();
        for reader in [&theirs, &later] {
            for text in &by_ours {
                let signer = sign.then(|| ours.id().as_str());
                assert_eq!(reader.decrypt_in_group(id, text, signer).as_deref(), Ok(TEXT));
            }
        }
        let later = our_client(server).login_forced("ada", PASSWORD).await.unwrap();
        for reader in [&group, &later.group(group.id()).await.unwrap()] {
            for text in &by_theirs {
                assert_eq!(reader.decrypt_string(text).await.unwrap(), TEXT);
            }
        }
    }
}

async fn both_catch_up_with_several_rotations_by_the_other(server: &TestServer, partner: &Partner) {
    let (ours, theirs) = (our_user(server, "ada").await, partner_user(partner, "bob"));
    let group = mixed(&ours, &theirs, false).await;
    let id = group.id().as_str();
    let mut texts = Vec::new();
    for _ in 0..3 {
        group.rotate_keys().await.unwrap();
        texts.push(group.encrypt_string(TEXT).unwrap());
    }
    theirs_finish(&theirs, id, group.newest_key_id().unwrap().as_str()).await;
    for text in &texts {
        assert_eq!(theirs.decrypt_in_group(id, text, None).as_deref(), Ok(TEXT));
    }

    texts.clear();
    let mut newest = String::new();
    for _ in 0..3 {
        newest = theirs.rotate_group_keys(id, false).unwrap();
        texts.push(theirs.encrypt_in_group(id, TEXT, false).unwrap());
    }
    ours_finish(&group, &newest).await;
    for text in &texts {
        assert_eq!(group.decrypt_string(text).await.unwrap(), TEXT);
    }
}

/// One account, made by the partner: what its user rotates in one client is there in the other.
async fn an_account_in_both_clients_follows_rotations_in_either(server: &TestServer, partner: &Partner) {
    let theirs = partner_user(partner, "ada");
    let ours = our_client(server).login_forced("ada", PASSWORD).await.unwrap();
    let id = theirs.create_group(true).unwrap();
    theirs.fetch_group(&id).unwrap();
    let group = ours.group(&GroupId::new(&*id)).await.unwrap();
    // The same device started the rotation: there is nothing to finish, only a key to fetch.
    let key = theirs.rotate_group_keys(&id, true).unwrap();
    group.update().await.unwrap();
    assert_eq!(group.newest_key_id().unwrap().as_str(), key);
    read_in(&group, &theirs).await;

    group.rotate_keys_signed().await.unwrap();
    theirs.fetch_group(&id).unwrap();
    read_in(&group, &theirs).await;
}

async fn a_mixed_family_of_groups_survives_rotations(server: &TestServer, partner: &Partner) {
    let (ours, theirs) = (our_user(server, "ada").await, partner_user(partner, "bob"));
    let inside = (our_user(server, "eve").await, partner_user(partner, "dan"));
    let parent = mixed(&ours, &theirs, false).await;
    let child = parent.child(&parent.create_child().await.unwrap()).await.unwrap();
    let (parent_id, id) = (parent.id().as_str(), child.id().as_str());
    theirs.fetch_child_group(parent_id, id).unwrap();
    child.invite_auto(inside.0.id(), None).await.unwrap();
    theirs.invite_auto(id, &inside.1.user_id, None).unwrap();
    let in_child = inside.0.group(child.id()).await.unwrap();
    inside.1.fetch_group(id).unwrap();

    // From above by theirs, then by ours.
    let key = theirs.rotate_group_keys(id, true).unwrap();
    ours_finish(&child, &key).await;
    ours_finish(&in_child, &key).await;
    theirs_finish(&inside.1, id, &key).await;
    child.rotate_keys_signed().await.unwrap();
    let key = child.newest_key_id().unwrap();
    ours_finish(&in_child, key.as_str()).await;
    theirs_finish(&inside.1, id, key.as_str()).await;
    theirs.fetch_child_group(parent_id, id).unwrap();
    for group in [&child, &in_child] {
        for member in [&theirs, &inside.1] {
            read_in(group, member).await;
        }
    }

    // From inside by theirs, finished above by ours; and the other way round.
    let key = inside.1.rotate_group_keys(id, false).unwrap();
    ours_finish(&child, &key).await;
    ours_finish(&in_child, &key).await;
    theirs.fetch_child_group(parent_id, id).unwrap();
    in_child.rotate_keys().await.unwrap();
    let key = in_child.newest_key_id().unwrap();
    theirs_finish(&theirs, id, key.as_str()).await;
    theirs_finish(&inside.1, id, key.as_str()).await;
    ours_finish(&child, key.as_str()).await;
    for group in [&child, &in_child] {
        for member in [&theirs, &inside.1] {
            read_in(group, member).await;
        }
    }

    // A new key of the parent, under which the child comes with its next one.
    let key = theirs.rotate_group_keys(parent_id, false).unwrap();
    ours_finish(&parent, &key).await;
    child.rotate_keys().await.unwrap();
    theirs_finish(&inside.1, id, child.newest_key_id().unwrap().as_str()).await;
    theirs.fetch_child_group(parent_id, id).unwrap();
    read_in(&child, &theirs).await;
    read_in(&child, &inside.1).await;
}

async fn a_mixed_connected_group_survives_rotations(server: &TestServer, partner: &Partner) {
    let (ours, theirs) = (our_user(server, "ada").await, partner_user(partner, "bob"));
    let of_theirs = theirs.create_group(false).unwrap();
    theirs.fetch_group(&of_theirs).unwrap();
    let of_ours = ours.group(&ours.create_group().await.unwrap()).await.unwrap();
    let connected = theirs.create_connected_group(&of_theirs, false).unwrap();
    theirs.fetch_connected_group(&of_theirs, &connected).unwrap();
    let member = Principal::Group(of_ours.id().as_str());
    theirs.invite(&connected, member, Way::Auto, Some(1)).unwrap();
    let group = of_ours.connected(&GroupId::new(&*connected)).await.unwrap();

    for _ in 0..2 {
        let key = theirs.rotate_group_keys(&connected, true).unwrap();
        ours_finish(&group, &key).await;
        read_in(&group, &theirs).await;
        group.rotate_keys_signed().await.unwrap();
        theirs_finish(&theirs, &connected, group.newest_key_id().unwrap().as_str()).await;
        read_in(&group, &theirs).await;
    }
}

/// A group of ours with a member of theirs, fetched by both.
async fn mixed(ours: &User, theirs: &Session<'_>, sign: bool) -> Group {
    let id = if sign { ours.create_signed_group().await } else { ours.create_group().await }.unwrap();
    let group = ours.group(&id).await.unwrap();
    group.invite_auto(&their_id(theirs), Some(1)).await.unwrap();
    theirs.fetch_group(id.as_str()).unwrap();
    read_each_other(ours, theirs, id.as_str()).await;
    group
}

fn write(group: &Group, sign: bool) -> String {
    let options = EncryptOptions::new();
    let options = if sign { options.signed() } else { options };
    group.encrypt_string_with(TEXT, options).unwrap()
}
