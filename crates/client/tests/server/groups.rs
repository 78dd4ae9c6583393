use std::collections::BTreeSet;
use std::pin::pin;

use futures_util::{StreamExt, TryStreamExt};
use keyfold::protocol::group::{AccessBy, MEMBER_USER};
use keyfold::{ClientBuilder, User};

use crate::proxy::{Fault, Proxy};
use crate::world::{PASSWORD, World, code, group_of};

#[tokio::test]
async fn members_are_listed_in_pages_and_as_a_stream() {
    let world = World::start();
    let alice = world.user("alice").await;
    let bob = world.user("bob").await;
    let carol = world.user("carol").await;
    let group = group_of(&alice).await;
    group.invite_auto(bob.id(), Some(2)).await.unwrap();
    group.invite_auto(carol.id(), None).await.unwrap();

    let all = group.members().all().await.unwrap();
    let seen: Vec<_> =
        all.iter().map(|member| (member.user_id.as_str(), member.rank, member.user_type)).collect();
    let expected = [(bob.id().as_str(), 2, MEMBER_USER), (carol.id().as_str(), 4, MEMBER_USER)];
    assert_eq!(seen, expected);
    let streamed: Vec<_> = group.members().into_stream().try_collect().await.unwrap();
    assert_eq!(streamed, all);
    let mut behind_bob = group.members().after(&all[0]);
    assert_eq!(behind_bob.next_page().await.unwrap().unwrap(), &all[1..]);
    assert!(behind_bob.next_page().await.unwrap().is_none());
}

#[tokio::test]
async fn a_deleted_group_is_gone_for_everybody() {
    let world = World::start();
    let alice = world.user("alice").await;
    let bob = world.user("bob").await;
    let group = group_of(&alice).await;
    group.invite_auto(bob.id(), None).await.unwrap();
    let same = bob.group(group.id()).await.unwrap();
    assert_eq!(code(same.delete().await), "client_201");
    group.delete().await.unwrap();
    assert_eq!(code(alice.group(group.id()).await), "server_310");
    assert_eq!(code(same.update().await), "server_310");
}

#[tokio::test]
async fn ranks_are_checked_before_anything_is_sent() {
    let world = World::start();
    let alice = world.user("alice").await;
    let bob = world.user("bob").await;
    let group = group_of(&alice).await;
    for rank in [0, 5, -1] {
        assert_eq!(code(group.invite_auto(bob.id(), Some(rank)).await), "client_200");
        assert_eq!(code(group.update_rank(&bob.id().into(), rank).await), "client_200");
    }
    group.invite_auto(bob.id(), None).await.unwrap();
    assert_eq!(code(group.invite_auto(bob.id(), None).await), "server_302");
    let same = bob.group(group.id()).await.unwrap();
    assert_eq!(code(same.invite_auto(alice.id(), None).await), "client_201");
    assert_eq!(code(same.kick(&alice.id().into()).await), "client_201");
    assert_eq!(code(same.create_child().await), "client_201");
    assert_eq!(code(same.join_requests().next_page().await), "client_201");
    assert_eq!(code(same.sent_join_requests().next_page().await), "client_201");
    assert_eq!(code(same.join_requests().into_json_page().await), "client_201");

    group.update_rank(&bob.id().into(), 2).await.unwrap();
    same.update().await.unwrap();
    assert!(same.join_requests().all().await.unwrap().is_empty());
    assert_eq!(code(same.sent_join_requests().all().await), "client_201");
}

#[tokio::test]
async fn a_changed_rank_is_noticed_by_an_update() {
    let world = World::start();
    let alice = world.user("alice").await;
    let bob = world.user("bob").await;
    let group = group_of(&alice).await;
    group.invite_auto(bob.id(), None).await.unwrap();
    let same = bob.group(group.id()).await.unwrap();
    group.update_rank(&bob.id().into(), 1).await.unwrap();
    assert_eq!(same.rank(), 4);
    same.update().await.unwrap();
    assert_eq!(same.rank(), 1);
    same.update_rank(&bob.id().into(), 3).await.unwrap();
    assert_eq!(same.rank(), 3, "the own rank is known at once");
}

#[tokio::test]
async fn the_light_view_tells_access_without_keys() {
    let world = World::start();
    let alice = world.user("alice").await;
    let group = group_of(&alice).await;
    let light = alice.group_light(group.id()).await.unwrap();
    assert_eq!((light.rank, light.access_by, light.parent_group_id), (0, AccessBy::User, None));
}

#[tokio::test]
async fn invitations_are_accepted_or_declined() {
    let world = World::start();
    let alice = world.user("alice").await;
    let bob = world.user("bob").await;
    let (first, second) = (group_of(&alice).await, group_of(&alice).await);
    first.invite(bob.id(), Some(3)).await.unwrap();
    second.invite(bob.id(), None).await.unwrap();
    assert_eq!(bob.group_invitations().all().await.unwrap().len(), 2);
    bob.accept_invitation(first.id()).await.unwrap();
    bob.reject_invitation(second.id()).await.unwrap();
    assert_eq!(code(bob.accept_invitation(second.id()).await), "server_307");

    let text = first.encrypt_string("welcome").unwrap();
    let joined = bob.group(first.id()).await.unwrap();
    assert_eq!((joined.decrypt_string(&text).await.unwrap().as_str(), joined.rank()), ("welcome", 3));
    assert_eq!(code(bob.group(second.id()).await), "server_310");
    let groups = bob.groups().all().await.unwrap();
    assert_eq!(groups.iter().map(|group| &group.group_id).collect::<Vec<_>>(), [first.id()]);
}

#[tokio::test]
async fn invitations_are_known_after_a_restart() {
    let world = World::start();
    let alice = world.user("alice").await;
    let bob = world.user("bob").await;
    let group = group_of(&alice).await;
    group.invite(bob.id(), None).await.unwrap();
    let restored = bob.client().restore().await.unwrap().unwrap();
    let invited: Vec<_> = restored.invitations().into_iter().map(|item| item.group_id).collect();
    assert_eq!(invited, [group.id().clone()]);
}

#[tokio::test]
async fn requests_to_join_are_accepted_declined_or_withdrawn() {
    let world = World::start();
    let alice = world.user("alice").await;
    let bob = world.user("bob").await;
    let group = group_of(&alice).await;

    bob.request_to_join(group.id()).await.unwrap();
    assert_eq!(bob.sent_join_requests().all().await.unwrap().len(), 1);
    bob.withdraw_join_request(group.id()).await.unwrap();
    assert!(group.join_requests().all().await.unwrap().is_empty());

    bob.request_to_join(group.id()).await.unwrap();
    group.reject_join_request(&bob.id().into()).await.unwrap();
    assert!(bob.sent_join_requests().all().await.unwrap().is_empty());

    bob.request_to_join(group.id()).await.unwrap();
    let requests = group.join_requests().all().await.unwrap();
    group.accept_join_request(&requests[0], Some(2)).await.unwrap();
    let text = group.encrypt_string("welcome").unwrap();
    let joined = bob.group(group.id()).await.unwrap();
    assert_eq!((joined.decrypt_string(&text).await.unwrap().as_str(), joined.rank()), ("welcome", 2));
}

#[tokio::test]
async fn a_group_can_stop_taking_members() {
    let world = World::start();
    let alice = world.user("alice").await;
    let bob = world.user("bob").await;
    let group = group_of(&alice).await;
    group.toggle_invitations().await.unwrap();
    assert_eq!(code(group.invite_auto(bob.id(), None).await), "server_317");
    assert_eq!(code(bob.request_to_join(group.id()).await), "server_317");
    group.toggle_invitations().await.unwrap();
    group.invite_auto(bob.id(), None).await.unwrap();
}

#[tokio::test]
async fn members_leave_and_are_removed() {
    let world = World::start();
    let alice = world.user("alice").await;
    let (bob, carol) = (world.user("bob").await, world.user("carol").await);
    let group = group_of(&alice).await;
    group.invite_auto(bob.id(), None).await.unwrap();
    group.invite_auto(carol.id(), None).await.unwrap();
    let (bobs, carols) = (bob.group(group.id()).await.unwrap(), carol.group(group.id()).await.unwrap());
    bobs.leave().await.unwrap();
    assert_eq!(code(bob.group(group.id()).await), "server_310");
    group.kick(&carol.id().into()).await.unwrap();
    assert_eq!(code(carols.update().await), "server_310");
    assert!(group.members().all().await.unwrap().is_empty());
    assert_eq!(code(group.leave().await), "server_308");
}

#[tokio::test]
async fn a_list_of_several_pages_is_read_whole_in_pages_and_as_a_stream() {
    let world = World::start();
    let alice = light_user_with_groups(world.builder(), 103).await;
    let all = alice.groups().all().await.unwrap();
    let ids: BTreeSet<_> = all.iter().map(|item| item.group_id.as_str()).collect();
    assert_eq!((all.len(), ids.len()), (103, 103));
    assert!(all.is_sorted_by_key(|item| item.time), "oldest first");

    let mut pages = alice.groups();
    for (begin, end) in [(0, 50), (50, 100), (100, 103)] {
        assert_eq!(pages.next_page().await.unwrap().unwrap(), all[begin..end]);
    }
    assert_eq!(pages.next_page().await.unwrap(), None);
    assert_eq!(pages.next_page().await.unwrap(), None);
    let streamed: Vec<_> = alice.groups().into_stream().try_collect().await.unwrap();
    assert_eq!(streamed, all);
    assert_eq!(alice.groups().after(&all[49]).all().await.unwrap(), all[50..]);
}

#[tokio::test]
async fn a_list_of_exactly_one_page_has_no_second_one() {
    let world = World::start();
    let alice = light_user_with_groups(world.builder(), 50).await;
    let mut pages = alice.groups();
    assert_eq!(pages.next_page().await.unwrap().unwrap().len(), 50);
    assert_eq!(pages.next_page().await.unwrap(), None);
    assert_eq!(alice.groups().into_stream().try_collect::<Vec<_>>().await.unwrap().len(), 50);
}

#[tokio::test]
async fn an_error_in_the_middle_of_a_list_ends_a_stream_and_lets_a_page_be_asked_for_again() {
    let world = World::start();
    let proxy = Proxy::start(&world);
    let alice = light_user_with_groups(world.builder().base_url(proxy.url()), 60).await;
    let all = alice.groups().all().await.unwrap();

    let mut pages = alice.groups();
    pages.next_page().await.unwrap();
    proxy.fault("GET group/all", Fault::Refused(429, 429));
    assert_eq!(code(pages.next_page().await), "server_429");
    assert_eq!(pages.next_page().await.unwrap().unwrap(), all[50..]);
    assert_eq!(pages.next_page().await.unwrap(), None);

    let mut stream = pin!(alice.groups().into_stream());
    for item in &all[..50] {
        assert_eq!(stream.next().await.unwrap().unwrap(), *item);
        if *item == all[0] {
            proxy.take_log("");
            proxy.fault("GET group/all", Fault::Truncated);
        }
    }
    assert!(proxy.take_log("GET group/all").is_empty(), "a page is requested when it is needed");
    assert!(stream.next().await.unwrap().unwrap_err().is_network());
    assert!(stream.next().await.is_none());

    let whole = alice.groups();
    proxy.fault(&format!("GET group/all/{}", all[49].time), Fault::RequestLost);
    assert!(whole.all().await.unwrap_err().is_network());
}

/// Groups without keys are made quickly.
async fn light_user_with_groups(builder: ClientBuilder, count: usize) -> User {
    let client = builder.light().build().unwrap();
    client.register("alice", PASSWORD).await.unwrap();
    let alice = client.login_forced("alice", PASSWORD).await.unwrap();
    for _ in 0..count {
        alice.create_group().await.unwrap();
    }
    alice
}
