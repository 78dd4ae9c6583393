//! Users and groups without encryption.

use futures_util::TryStreamExt;
use keyfold::{Client, FileStorage, Mfa, StorageKey, User};

use crate::world::{PASSWORD, World, code, group_of};

fn client(world: &World) -> Client {
    world.builder().light().build().unwrap()
}

async fn user(world: &World, identifier: &str) -> User {
    let client = client(world);
    client.register(identifier, PASSWORD).await.unwrap();
    client.login_forced(identifier, PASSWORD).await.unwrap()
}

#[tokio::test]
async fn light_users_have_groups_ranks_and_invitations() {
    let world = World::start();
    let (alice, bob) = (user(&world, "alice").await, user(&world, "bob").await);
    let group = group_of(&alice).await;
    assert_eq!(group.rank(), 0);
    assert_eq!(code(bob.group(group.id()).await), "server_310");
    group.invite(bob.id(), Some(2)).await.unwrap();
    bob.accept_invitation(group.id()).await.unwrap();
    let same = bob.group(group.id()).await.unwrap();
    assert_eq!(same.rank(), 2);
    group.update_rank(&bob.id().into(), 1).await.unwrap();
    same.update().await.unwrap();
    assert_eq!(same.rank(), 1);

    let child = same.child(&same.create_child().await.unwrap()).await.unwrap();
    assert_eq!(alice.group(child.id()).await.unwrap().parent_id().as_ref(), Some(group.id()));
    let connected = group.create_connected().await.unwrap();
    assert!(group.connected(&connected).await.unwrap().is_connected_group());

    let carol = user(&world, "carol").await;
    carol.request_to_join(group.id()).await.unwrap();
    let requests: Vec<_> = group.join_requests().into_stream().try_collect().await.unwrap();
    group.accept_join_request(&requests[0], None).await.unwrap();
    assert_eq!(carol.group(group.id()).await.unwrap().rank(), 4);
    group.kick(&carol.id().into()).await.unwrap();
    group.delete().await.unwrap();
    assert_eq!(code(alice.group(group.id()).await), "server_310");
}

#[tokio::test]
async fn light_users_have_devices_passwords_and_sessions() {
    let world = World::start();
    let folder = tempfile::tempdir().unwrap();
    let storage = || FileStorage::open(folder.path(), StorageKey::from_bytes([1; 32])).unwrap();
    let client = world.builder().light().storage(storage()).build().unwrap();
    client.register("alice", PASSWORD).await.unwrap();
    let alice = client.login_forced("alice", PASSWORD).await.unwrap();
    let group = group_of(&alice).await;

    let second = self::client(&world);
    let text = second.register_device_start("alice's telephone", "other password").await.unwrap();
    alice.register_device(&text).await.unwrap();
    let telephone = second.login_forced("alice's telephone", "other password").await.unwrap();
    assert_eq!(telephone.id(), alice.id());
    assert_eq!(telephone.group(group.id()).await.unwrap().rank(), 0);
    assert_eq!(alice.devices().all().await.unwrap().len(), 2);
    alice.change_password(PASSWORD, "new", Mfa::None).await.unwrap();

    let client = world.builder().light().storage(storage()).build().unwrap();
    let alice = client.restore().await.unwrap().unwrap();
    assert_eq!(alice.group(group.id()).await.unwrap().rank(), 0);
    alice.delete("new", Mfa::None).await.unwrap();
    assert!(client.restore().await.unwrap().is_none());
}

#[tokio::test]
async fn what_needs_keys_says_so_in_a_light_client() {
    let world = World::start();
    let (alice, bob) = (user(&world, "alice").await, user(&world, "bob").await);
    let group = group_of(&alice).await;
    assert_eq!(code(group.encrypt(b"data")), "client_428");
    assert_eq!(code(group.search_key().await.map(drop)), "client_428");
    assert_eq!(code(group.re_invite(bob.id()).await), "client_428");
    assert_eq!(code(alice.newest_key_id()), "client_130");
    assert_eq!(code(world.client().login("alice", PASSWORD).await), "client_130");
}
