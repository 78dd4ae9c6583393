use keyfold::protocol::group::{AccessBy, MEMBER_GROUP};

use crate::world::{World, code, group_of};

#[tokio::test]
async fn members_of_a_parent_read_its_children_however_deep() {
    let world = World::start();
    let alice = world.user("alice").await;
    let bob = world.user("bob").await;
    let parent = group_of(&alice).await;
    let child = parent.child(&parent.create_child().await.unwrap()).await.unwrap();
    let grandchild = child.child(&child.create_signed_child().await.unwrap()).await.unwrap();
    let text = grandchild.encrypt_string("deep down").unwrap();
    parent.invite_auto(bob.id(), None).await.unwrap();

    // Nothing is loaded yet: the parents come along by themselves.
    let same = bob.group(grandchild.id()).await.unwrap();
    assert_eq!(same.decrypt_string(&text).await.unwrap(), "deep down");
    assert_eq!(same.access_by(), AccessBy::Parent(parent.id().clone()));
    assert_eq!(same.parent_id().as_ref(), Some(child.id()));
    let children = parent.children().all().await.unwrap();
    assert_eq!(children.iter().map(|item| &item.group_id).collect::<Vec<_>>(), [child.id()]);
}

#[tokio::test]
async fn a_direct_member_of_a_child_needs_no_parent() {
    let world = World::start();
    let alice = world.user("alice").await;
    let bob = world.user("bob").await;
    let parent = group_of(&alice).await;
    let child = parent.child(&parent.create_child().await.unwrap()).await.unwrap();
    child.invite_auto(bob.id(), None).await.unwrap();
    let text = child.encrypt_string("only the child").unwrap();
    assert_eq!(code(bob.group(parent.id()).await), "server_310");
    let same = bob.group(child.id()).await.unwrap();
    assert_eq!(same.decrypt_string(&text).await.unwrap(), "only the child");
    assert_eq!(same.access_by(), AccessBy::User);
}

#[tokio::test]
async fn members_of_a_member_group_read_a_connected_group_and_its_children() {
    let world = World::start();
    let alice = world.user("alice").await;
    let bob = world.user("bob").await;
    let team = group_of(&alice).await;
    team.invite_auto(bob.id(), Some(1)).await.unwrap();
    let project = team.connected(&team.create_connected().await.unwrap()).await.unwrap();
    assert!(project.is_connected_group());
    let part = project.child(&project.create_child().await.unwrap()).await.unwrap();
    let (text, deeper) =
        (project.encrypt_string("for the team").unwrap(), part.encrypt_string("deeper").unwrap());

    assert_eq!(code(bob.group(project.id()).await), "server_310");
    let same_team = bob.group(team.id()).await.unwrap();
    let same = same_team.connected(project.id()).await.unwrap();
    assert_eq!(same.decrypt_string(&text).await.unwrap(), "for the team");
    let same_part = bob.group_through(part.id(), &same_team).await.unwrap();
    assert_eq!(same_part.decrypt_string(&deeper).await.unwrap(), "deeper");
    let connected = same_team.groups().all().await.unwrap();
    assert_eq!(connected.iter().map(|item| &item.group_id).collect::<Vec<_>>(), [project.id()]);
}

#[tokio::test]
async fn a_group_is_invited_accepts_and_asks_to_join() {
    let world = World::start();
    let alice = world.user("alice").await;
    let bob = world.user("bob").await;
    let hers = group_of(&alice).await;
    let project = hers.connected(&hers.create_connected().await.unwrap()).await.unwrap();
    let text = project.encrypt_string("joint work").unwrap();
    let (first, second) = (group_of(&bob).await, group_of(&bob).await);

    let key = alice.client().group_public_key(first.id()).await.unwrap();
    assert_eq!((&key.group_id, key.key.id()), (first.id(), first.newest_key_id().unwrap().as_str()));
    project.invite_group(first.id(), None).await.unwrap();
    assert_eq!(first.group_invitations().all().await.unwrap().len(), 1);
    first.accept_invitation(project.id()).await.unwrap();
    let through_first = first.connected(project.id()).await.unwrap();
    assert_eq!(through_first.decrypt_string(&text).await.unwrap(), "joint work");

    second.request_to_join(project.id()).await.unwrap();
    assert_eq!(second.sent_join_requests().all().await.unwrap().len(), 1);
    let requests = project.join_requests().all().await.unwrap();
    assert_eq!(requests[0].user_type, MEMBER_GROUP);
    project.accept_join_request(&requests[0], None).await.unwrap();
    let through_second = second.connected(project.id()).await.unwrap();
    assert_eq!(through_second.decrypt_string(&text).await.unwrap(), "joint work");

    let third = group_of(&bob).await;
    project.invite_group(third.id(), None).await.unwrap();
    third.reject_invitation(project.id()).await.unwrap();
    assert!(third.group_invitations().all().await.unwrap().is_empty());
    third.request_to_join(project.id()).await.unwrap();
    third.withdraw_join_request(project.id()).await.unwrap();
    assert!(project.join_requests().all().await.unwrap().is_empty());
    assert_eq!(code(third.connected(project.id()).await), "server_310");
}
