use keyfold::KeySessionId;
use reqwest::Method;

use crate::own_backend::send;
use crate::world::{World, group_of};

/// More than one page of keys, and one more than a multiple of the page size.
const ROTATIONS: usize = 100;

#[tokio::test]
async fn a_new_member_gets_all_keys_of_a_group_that_has_more_than_two_pages() {
    let world = World::start();
    let alice = world.user("alice").await;
    let bob = world.user("bob").await;
    let group = group_of(&alice).await;
    let mut texts = vec![group.encrypt_string("0").unwrap()];
    for number in 1..=ROTATIONS {
        group.rotate_keys().await.unwrap();
        texts.push(group.encrypt_string(&number.to_string()).unwrap());
    }
    group.invite_auto(bob.id(), None).await.unwrap();

    let same = bob.group(group.id()).await.unwrap();
    for (number, text) in texts.iter().enumerate() {
        // All keys came with the group: nothing has to be fetched.
        assert_eq!(same.decrypt_string_sync(text).unwrap(), number.to_string());
    }
    assert_eq!(same.newest_key_id().unwrap(), group.newest_key_id().unwrap());

    // So when the app's backend sends the invitation.
    let carol = world.user("carol").await;
    let (first, rest) = group.prepare_keys_for_new_member(carol.id(), None).await.unwrap();
    assert_eq!(rest.len(), 2);
    let path = format!("group/{}/invite_auto/{}", group.id(), carol.id());
    let answer = send(&world, &alice, Method::PUT, &path, first).await;
    let session = KeySessionId::new(answer["session_id"].as_str().unwrap());
    group.upload_session_keys(&session, rest, true).await.unwrap();
    let same = carol.group(group.id()).await.unwrap();
    for (number, text) in texts.iter().enumerate() {
        assert_eq!(same.decrypt_string_sync(text).unwrap(), number.to_string());
    }
}
