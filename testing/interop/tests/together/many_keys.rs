//! More keys than fit on one page (50) or into one request.

use keyfold::GroupId;
use keyfold_interop::{Partner, TestServer, with_the_native_partner};

use crate::{OTHER_PASSWORD, TEXT, our_client, our_user, partner_user, read_each_other, their_id};

const ROTATIONS: usize = 55;

with_the_native_partner! {
    ours_hands_many_group_keys_to_the_partner,
    the_partner_hands_many_group_keys_to_ours,
    the_partner_hands_many_user_keys_to_a_device_of_ours,
}

async fn ours_hands_many_group_keys_to_the_partner(server: &TestServer, partner: &Partner) {
    let (ours, theirs) = (our_user(server, "ada").await, partner_user(partner, "bob"));
    let group = ours.group(&ours.create_group().await.unwrap()).await.unwrap();
    let id = group.id().as_str();
    let oldest = group.encrypt_string(TEXT).unwrap();
    for _ in 0..ROTATIONS {
        group.rotate_keys().await.unwrap();
    }
    group.invite_auto(&their_id(&theirs), None).await.unwrap();
    theirs.fetch_group(id).unwrap();
    assert_eq!(theirs.decrypt_in_group(id, &oldest, None).as_deref(), Ok(TEXT));
    read_each_other(&ours, &theirs, id).await;
}

async fn the_partner_hands_many_group_keys_to_ours(server: &TestServer, partner: &Partner) {
    let (ours, theirs) = (our_user(server, "ada").await, partner_user(partner, "bob"));
    let id = theirs.create_group(false).unwrap();
    theirs.fetch_group(&id).unwrap();
    let oldest = theirs.encrypt_in_group(&id, TEXT, false).unwrap();
    for _ in 0..ROTATIONS {
        theirs.rotate_group_keys(&id, false).unwrap();
    }
    theirs.invite_auto(&id, ours.id().as_str(), None).unwrap();
    let group = ours.group(&GroupId::new(&*id)).await.unwrap();
    assert_eq!(group.decrypt_string(&oldest).await.unwrap(), TEXT);
    read_each_other(&ours, &theirs, &id).await;
}

async fn the_partner_hands_many_user_keys_to_a_device_of_ours(server: &TestServer, partner: &Partner) {
    let theirs = partner_user(partner, "ada");
    let oldest = theirs.encrypt_for_user(&theirs.user_id, TEXT, false).unwrap();
    for _ in 0..ROTATIONS {
        theirs.rotate_user_keys().unwrap();
    }
    let newest = theirs.encrypt_for_user(&theirs.user_id, TEXT, false).unwrap();
    let client = our_client(server);
    let answer = client.register_device_start("our device", OTHER_PASSWORD).await.unwrap();
    theirs.confirm_device(&answer).unwrap();
    let ours = client.login_forced("our device", OTHER_PASSWORD).await.unwrap();
    for text in [&oldest, &newest] {
        assert_eq!(ours.decrypt_string(text).await.unwrap(), TEXT);
    }
}
