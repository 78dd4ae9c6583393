//! Several devices of one user, and the rotation of the user's keys that all of them follow.

use keyfold_interop::partner::Session;
use keyfold_interop::{Partner, TestServer, until, with_every_partner};

use crate::{PASSWORD, TEXT, code, group_of, read_each_other, user};

const DEVICE_PASSWORD: &str = "device password";

with_every_partner! {
    adds_a_device_that_reads_what_the_first_one_reads,
    confirms_a_device_once,
    removes_a_device,
    rotates_the_user_keys_for_all_devices,
    catches_up_with_several_rotations_of_the_user_keys,
    gives_all_generations_of_keys_to_a_later_device,
    opens_groups_with_rotated_user_keys,
}

async fn adds_a_device_that_reads_what_the_first_one_reads(_: &TestServer, partner: &Partner) {
    let laptop = user(partner, "laptop");
    let group = group_of(&laptop);
    let answer = partner.start_device("phone", DEVICE_PASSWORD).unwrap();
    assert_eq!(code(partner.login("phone", DEVICE_PASSWORD)), Some(100), "not confirmed");
    assert_eq!(code(partner.start_device("laptop", DEVICE_PASSWORD)), Some(101), "taken");

    laptop.confirm_device(&answer).unwrap();
    let phone = partner.login("phone", DEVICE_PASSWORD).unwrap();
    assert_eq!(phone.user_id, laptop.user_id);
    assert_eq!(laptop.devices().unwrap(), [&*laptop.device_id, &*phone.device_id]);
    assert_eq!(phone.newest_user_key(), laptop.newest_user_key());
    phone.fetch_group(&group).unwrap();
    read_each_other(&group, &laptop, &phone);
    let text = user(partner, "bob").encrypt_for_user(&phone.user_id, TEXT, false).unwrap();
    for device in [&laptop, &phone] {
        assert_eq!(device.decrypt_for_me(&text, None).as_deref(), Ok(TEXT));
    }
}

async fn confirms_a_device_once(_: &TestServer, partner: &Partner) {
    let (ada, bob) = (user(partner, "ada"), user(partner, "bob"));
    let answer = partner.start_device("phone", DEVICE_PASSWORD).unwrap();
    ada.confirm_device(&answer).unwrap();
    assert_eq!(code(bob.confirm_device(&answer)), Some(100));
    assert_eq!(partner.login("phone", DEVICE_PASSWORD).unwrap().user_id, ada.user_id);
}

async fn removes_a_device(_: &TestServer, partner: &Partner) {
    let laptop = user(partner, "laptop");
    let phone = second_device(partner, &laptop);
    assert_eq!(code(laptop.delete_device(&phone.device_id, DEVICE_PASSWORD, None)), Some(112));
    laptop.delete_device(&phone.device_id, PASSWORD, None).unwrap();
    assert_eq!(laptop.devices().unwrap(), [&*laptop.device_id]);
    assert_eq!(code(partner.login("phone", DEVICE_PASSWORD)), Some(100));
    assert_eq!(code(phone.devices()), Some(31));
    assert_eq!(code(phone.refresh_jwt()), Some(114));
    assert_eq!(code(laptop.delete_device(&laptop.device_id, PASSWORD, None)), Some(115), "the last one");
}

async fn rotates_the_user_keys_for_all_devices(_: &TestServer, partner: &Partner) {
    let (laptop, bob) = (user(partner, "laptop"), user(partner, "bob"));
    let phone = second_device(partner, &laptop);
    let old = bob.encrypt_for_user(&laptop.user_id, "old", false).unwrap();

    let first = laptop.newest_user_key().unwrap();
    let second = laptop.rotate_user_keys().unwrap();
    assert_ne!(second, first);
    assert_eq!(phone.newest_user_key().unwrap(), first);
    finish(&phone, &second).await;

    let new = bob.encrypt_for_user(&laptop.user_id, "new", false).unwrap();
    for device in [&laptop, &phone] {
        assert_eq!(device.decrypt_for_me(&old, None).as_deref(), Ok("old"));
        assert_eq!(device.decrypt_for_me(&new, None).as_deref(), Ok("new"));
    }
    let signed = phone.encrypt_for_user(&bob.user_id, TEXT, true).unwrap();
    assert_eq!(bob.decrypt_for_me(&signed, Some(&phone.user_id)).as_deref(), Ok(TEXT));
    let later = partner.login("phone", DEVICE_PASSWORD).unwrap();
    assert_eq!(later.newest_user_key().unwrap(), second);
    assert_eq!(later.decrypt_for_me(&old, None).as_deref(), Ok("old"));
}

async fn catches_up_with_several_rotations_of_the_user_keys(_: &TestServer, partner: &Partner) {
    let (laptop, bob) = (user(partner, "laptop"), user(partner, "bob"));
    let phone = second_device(partner, &laptop);
    let mut texts = Vec::new();
    let mut newest = String::new();
    for _ in 0..3 {
        newest = laptop.rotate_user_keys().unwrap();
        texts.push(bob.encrypt_for_user(&laptop.user_id, TEXT, false).unwrap());
    }
    finish(&phone, &newest).await;
    for text in &texts {
        assert_eq!(phone.decrypt_for_me(text, None).as_deref(), Ok(TEXT));
    }
}

async fn gives_all_generations_of_keys_to_a_later_device(_: &TestServer, partner: &Partner) {
    let (laptop, bob) = (user(partner, "laptop"), user(partner, "bob"));
    let old = bob.encrypt_for_user(&laptop.user_id, "old", false).unwrap();
    let newest = laptop.rotate_user_keys().unwrap();
    let phone = second_device(partner, &laptop);
    assert_eq!(phone.newest_user_key().unwrap(), newest);
    assert_eq!(phone.decrypt_for_me(&old, None).as_deref(), Ok("old"));
}

async fn opens_groups_with_rotated_user_keys(_: &TestServer, partner: &Partner) {
    let (laptop, bob) = (user(partner, "laptop"), user(partner, "bob"));
    let phone = second_device(partner, &laptop);
    let before = group_of(&laptop);
    let newest = laptop.rotate_user_keys().unwrap();
    let after = group_of(&laptop);
    let invited = group_of(&bob);
    bob.invite_auto(&invited, &laptop.user_id, None).unwrap();

    // The phone has the new key only when it has taken it over.
    phone.fetch_group(&before).unwrap();
    assert!(phone.fetch_group(&after).is_err());
    finish(&phone, &newest).await;
    for group in [&before, &after] {
        phone.fetch_group(group).unwrap();
        read_each_other(group, &laptop, &phone);
    }
    phone.fetch_group(&invited).unwrap();
    read_each_other(&invited, &bob, &phone);
}

fn second_device<'a>(partner: &'a Partner, first: &Session<'_>) -> Session<'a> {
    let answer = partner.start_device("phone", DEVICE_PASSWORD).unwrap();
    first.confirm_device(&answer).unwrap();
    partner.login("phone", DEVICE_PASSWORD).unwrap()
}

/// Takes the rotations over when the server has passed the newest one on.
async fn finish(device: &Session<'_>, newest: &str) {
    until("the device has the newest user key", async || {
        device.finish_user_key_rotation().unwrap() == newest
    })
    .await;
}
