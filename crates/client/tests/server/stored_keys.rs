//! Generated keys that the server keeps, on both databases.

use keyfold::StoredKeyId;

use crate::world::{World, code, group_of, on_both_databases};

on_both_databases!(members_open_a_stored_key_by_its_id);

async fn members_open_a_stored_key_by_its_id(world: World) {
    let (alice, bob) = (world.user("alice").await, world.user("bob").await);
    let group = group_of(&alice).await;
    let key = group.store_key().await.unwrap();
    let id = StoredKeyId::new(key.id());
    let text = key.encrypt_text("data", "", None).unwrap();

    group.invite_auto(bob.id(), None).await.unwrap();
    let same = bob.group(group.id()).await.unwrap();
    let opened = same.stored_key(&id).await.unwrap();
    let plain = opened.decrypt_text(&text, "", keyfold::crypto::Verification::Ignore).unwrap();
    assert_eq!((plain.as_str(), opened.id()), ("data", id.as_str()));
    assert_eq!(same.stored_keys(&group.newest_key_id().unwrap()).all().await.unwrap().len(), 1);

    let for_bob = StoredKeyId::new(alice.store_key(bob.id()).await.unwrap().id());
    bob.stored_key(&for_bob).await.unwrap();
    assert_eq!(code(alice.stored_key(&for_bob).await.map(|key| key.id().to_owned())), "server_304");
    alice.delete_stored_key(&for_bob).await.unwrap();
    assert_eq!(code(bob.stored_key(&for_bob).await.map(|key| key.id().to_owned())), "server_400");
}
