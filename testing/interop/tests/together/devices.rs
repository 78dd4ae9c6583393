//! One user with a device in each client.

use keyfold::{DeviceId, GroupId, Mfa, User};
use keyfold_interop::partner::Session;
use keyfold_interop::{Partner, TestServer, until, with_every_partner};

use crate::{OTHER_PASSWORD, PASSWORD, TEXT, our_client, our_user, partner_user, read_each_other, their_id};

with_every_partner! {
    the_partner_adds_a_device_with_our_client,
    ours_adds_a_device_with_the_partner,
    ours_follows_a_rotation_of_the_user_keys_by_the_partner,
    the_partner_follows_a_rotation_of_the_user_keys_by_ours,
    both_follow_rotations_in_turn_and_read_everything,
    each_removes_the_device_of_the_other,
}

async fn the_partner_adds_a_device_with_our_client(server: &TestServer, partner: &Partner) {
    let theirs = partner_user(partner, "ada");
    let id = theirs.create_group(false).unwrap();
    theirs.fetch_group(&id).unwrap();
    let ours = our_device(server, &theirs).await;
    assert_eq!(ours.id().as_str(), theirs.user_id);
    let devices = ours.devices().all().await.unwrap();
    let devices: Vec<_> = devices.iter().map(|device| device.device_id.as_str()).collect();
    assert_eq!(devices, theirs.devices().unwrap());
    read_each_other(&ours, &theirs, &id).await;
}

async fn ours_adds_a_device_with_the_partner(server: &TestServer, partner: &Partner) {
    let ours = our_user(server, "ada").await;
    let id = ours.create_group().await.unwrap();
    let theirs = their_device(partner, &ours).await;
    assert_eq!(theirs.user_id, ours.id().as_str());
    theirs.fetch_group(id.as_str()).unwrap();
    read_each_other(&ours, &theirs, id.as_str()).await;
}

async fn ours_follows_a_rotation_of_the_user_keys_by_the_partner(server: &TestServer, partner: &Partner) {
    let theirs = partner_user(partner, "ada");
    let ours = our_device(server, &theirs).await;
    let before = theirs.create_group(true).unwrap();
    let key = theirs.rotate_user_keys().unwrap();
    let after = theirs.create_group(true).unwrap();
    ours_follow(&ours, &key).await;
    for id in [&before, &after] {
        theirs.fetch_group(id).unwrap();
        read_each_other(&ours, &theirs, id).await;
    }
}

async fn the_partner_follows_a_rotation_of_the_user_keys_by_ours(server: &TestServer, partner: &Partner) {
    let ours = our_user(server, "ada").await;
    let theirs = their_device(partner, &ours).await;
    let before = ours.create_signed_group().await.unwrap();
    ours.rotate_keys().await.unwrap();
    let after = ours.create_signed_group().await.unwrap();
    theirs_follow(&theirs, ours.newest_key_id().unwrap().as_str()).await;
    for id in [&before, &after] {
        theirs.fetch_group(id.as_str()).unwrap();
        read_each_other(&ours, &theirs, id.as_str()).await;
    }
}

async fn both_follow_rotations_in_turn_and_read_everything(server: &TestServer, partner: &Partner) {
    let theirs = partner_user(partner, "ada");
    let ours = our_device(server, &theirs).await;
    let (bob, eve) = (our_user(server, "bob").await, partner_user(partner, "eve"));
    let mut texts = Vec::new();
    for _ in 0..2 {
        ours.rotate_keys().await.unwrap();
        theirs_follow(&theirs, ours.newest_key_id().unwrap().as_str()).await;
        texts.push(eve.encrypt_for_user(&theirs.user_id, TEXT, true).unwrap());

        let key = theirs.rotate_user_keys().unwrap();
        ours_follow(&ours, &key).await;
        texts.push(eve.encrypt_for_user(&theirs.user_id, TEXT, true).unwrap());
    }
    texts.push(bob.encrypt_string(TEXT, &their_id(&theirs)).await.unwrap());
    let later = our_client(server).login_forced("ada", PASSWORD).await.unwrap();
    for text in &texts {
        assert_eq!(theirs.decrypt_for_me(text, None).as_deref(), Ok(TEXT));
        assert_eq!(ours.decrypt_string(text).await.unwrap(), TEXT);
        assert_eq!(later.decrypt_string(text).await.unwrap(), TEXT);
    }
}

async fn each_removes_the_device_of_the_other(server: &TestServer, partner: &Partner) {
    let theirs = partner_user(partner, "ada");
    let ours = our_device(server, &theirs).await;
    theirs.delete_device(ours.device_id().as_str(), PASSWORD, None).unwrap();
    let id = GroupId::new(theirs.create_group(false).unwrap());
    assert!(ours.group(&id).await.is_err());
    assert!(our_client(server).login_forced("our device", OTHER_PASSWORD).await.is_err());

    let ours = our_user(server, "bob").await;
    let theirs = their_device(partner, &ours).await;
    ours.delete_device(PASSWORD, &DeviceId::new(&*theirs.device_id), Mfa::None).await.unwrap();
    assert!(theirs.devices().is_err());
    assert!(partner.login("their device", OTHER_PASSWORD).is_err());
}

async fn our_device(server: &TestServer, theirs: &Session<'_>) -> User {
    let client = our_client(server);
    let answer = client.register_device_start("our device", OTHER_PASSWORD).await.unwrap();
    theirs.confirm_device(&answer).unwrap();
    client.login_forced("our device", OTHER_PASSWORD).await.unwrap()
}

async fn their_device<'a>(partner: &'a Partner, ours: &User) -> Session<'a> {
    let answer = partner.start_device("their device", OTHER_PASSWORD).unwrap();
    ours.register_device(&answer).await.unwrap();
    partner.login("their device", OTHER_PASSWORD).unwrap()
}

async fn theirs_follow(theirs: &Session<'_>, newest: &str) {
    until("the partner has the newest user key", async || {
        theirs.finish_user_key_rotation().unwrap() == newest
    })
    .await;
}

async fn ours_follow(ours: &User, newest: &str) {
    until("our client has the newest user key", async || {
        ours.finish_key_rotation().await.unwrap();
        ours.newest_key_id().unwrap().as_str() == newest
    })
    .await;
}
