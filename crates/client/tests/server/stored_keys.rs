//! Generated keys that the server keeps.

use keyfold::StoredKeyId;

use crate::file_model::FileModel;
use crate::world::{PASSWORD, World, code, group_of};

#[tokio::test]
async fn members_open_a_stored_key_by_its_id() {
    let world = World::start();
    let model = FileModel::new();
    let client = world.builder().transport(model.clone()).build().unwrap();
    client.register("alice", PASSWORD).await.unwrap();
    let alice = client.login_forced("alice", PASSWORD).await.unwrap();
    let group = group_of(&alice).await;
    let key = group.store_key().await.unwrap();
    let id = StoredKeyId::new(key.id());
    let text = key.encrypt_text("data", "", None).unwrap();

    let client = world.builder().transport(model.clone()).build().unwrap();
    client.register("bob", PASSWORD).await.unwrap();
    let bob = client.login_forced("bob", PASSWORD).await.unwrap();
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
