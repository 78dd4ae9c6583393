use keyfold::Mfa;

use crate::world::{PASSWORD, World, code, group_of};

#[tokio::test]
async fn a_second_device_reads_what_the_first_one_wrote() {
    let world = World::start();
    let alice = world.user("alice").await;
    let group = group_of(&alice).await;
    let text = group.encrypt_string("on the first device").unwrap();

    let phone = world.client();
    let carried = phone.register_device_start("alice's phone", PASSWORD).await.unwrap();
    assert_eq!(code(phone.login("alice's phone", PASSWORD).await), "server_100");
    alice.register_device(&carried).await.unwrap();
    let on_phone = phone.login_forced("alice's phone", PASSWORD).await.unwrap();
    assert_eq!(on_phone.id(), alice.id());
    assert_ne!(on_phone.device_id(), alice.device_id());
    let same = on_phone.group(group.id()).await.unwrap();
    assert_eq!(same.decrypt_string(&text).await.unwrap(), "on the first device");
    assert_eq!(code(alice.register_device(&carried).await), "server_100");
}

#[tokio::test]
async fn devices_are_listed_and_removed() {
    let world = World::start();
    let alice = world.user("alice").await;
    let phone = world.client();
    let carried = phone.register_device_start("alice's phone", PASSWORD).await.unwrap();
    alice.register_device(&carried).await.unwrap();
    let on_phone = phone.login_forced("alice's phone", PASSWORD).await.unwrap();

    let devices: Vec<_> =
        alice.devices().all().await.unwrap().into_iter().map(|item| item.device_id).collect();
    assert_eq!(devices, [alice.device_id().clone(), on_phone.device_id().clone()]);
    assert_eq!(code(alice.delete_device("wrong", on_phone.device_id(), Mfa::None).await), "server_112");
    alice.delete_device(PASSWORD, on_phone.device_id(), Mfa::None).await.unwrap();
    assert_eq!(code(phone.login("alice's phone", PASSWORD).await), "server_100");
    assert_eq!(code(alice.delete_device(PASSWORD, alice.device_id(), Mfa::None).await), "server_115");
}

#[tokio::test]
async fn what_is_no_answer_of_a_registration_adds_no_device() {
    let world = World::start();
    let alice = world.user("alice").await;
    assert_eq!(code(alice.register_device("").await), "client_101");
    assert_eq!(code(alice.register_device("{}").await), "client_101");
    let refused = r#"{"status":false,"err_msg":"taken","err_code":101}"#;
    assert_eq!(code(alice.register_device(refused).await), "server_101");
}
