//! Groups with members in both clients.

use keyfold::{GroupId, MemberId};
use keyfold_interop::partner::{Principal, Way};
use keyfold_interop::{Partner, TestServer, with_every_partner};

use crate::{code, our_user, partner_user, read_each_other, read_in, their_id};

with_every_partner! {
    share_a_group_that_the_partner_created,
    share_a_group_that_we_created,
    share_a_child_group_that_the_partner_created,
    share_a_child_group_that_we_created,
    share_a_connected_group_that_the_partner_created,
    share_a_connected_group_that_we_created,
    change_each_others_ranks_and_remove_each_other,
}

async fn share_a_group_that_the_partner_created(server: &TestServer, partner: &Partner) {
    let (ours, theirs) = (our_user(server, "ada").await, partner_user(partner, "bob"));
    for sign in [false, true] {
        let id = theirs.create_group(sign).unwrap();
        theirs.fetch_group(&id).unwrap();
        theirs.invite_auto(&id, ours.id().as_str(), Some(2)).unwrap();
        let group = ours.group(&GroupId::new(&*id)).await.unwrap();
        assert_eq!(group.rank(), 2);
        read_each_other(&ours, &theirs, &id).await;
    }
}

async fn share_a_group_that_we_created(server: &TestServer, partner: &Partner) {
    let (ours, theirs) = (our_user(server, "ada").await, partner_user(partner, "bob"));
    for sign in [false, true] {
        let id = if sign { ours.create_signed_group().await } else { ours.create_group().await }.unwrap();
        let group = ours.group(&id).await.unwrap();
        group.invite_auto(&their_id(&theirs), Some(3)).await.unwrap();
        assert_eq!(theirs.fetch_group(id.as_str()).unwrap().rank, 3);
        let [member] = &theirs.members(id.as_str()).unwrap()[..] else { panic!("one beside oneself") };
        assert_eq!((&*member.user_id, member.rank), (ours.id().as_str(), 0));
        read_each_other(&ours, &theirs, id.as_str()).await;
    }
}

async fn share_a_child_group_that_the_partner_created(server: &TestServer, partner: &Partner) {
    let (ours, theirs) = (our_user(server, "ada").await, partner_user(partner, "bob"));
    let parent = theirs.create_group(false).unwrap();
    theirs.fetch_group(&parent).unwrap();
    theirs.invite_auto(&parent, ours.id().as_str(), Some(1)).unwrap();
    for sign in [false, true] {
        let child = theirs.create_child_group(&parent, sign).unwrap();
        theirs.fetch_child_group(&parent, &child).unwrap();
        let grandchild = theirs.create_child_group(&child, sign).unwrap();
        theirs.fetch_child_group(&child, &grandchild).unwrap();
        let parent = ours.group(&GroupId::new(&*parent)).await.unwrap();
        let ours_child = parent.child(&GroupId::new(&*child)).await.unwrap();
        read_in(&ours_child, &theirs).await;
        read_in(&ours_child.child(&GroupId::new(&*grandchild)).await.unwrap(), &theirs).await;
        // Our client finds the way by itself as well.
        read_each_other(&ours, &theirs, &grandchild).await;
    }
}

async fn share_a_child_group_that_we_created(server: &TestServer, partner: &Partner) {
    let (ours, theirs) = (our_user(server, "ada").await, partner_user(partner, "bob"));
    let parent = ours.group(&ours.create_group().await.unwrap()).await.unwrap();
    parent.invite_auto(&their_id(&theirs), Some(2)).await.unwrap();
    let parent_id = parent.id().as_str();
    theirs.fetch_group(parent_id).unwrap();
    for sign in [false, true] {
        let child =
            if sign { parent.create_signed_child().await } else { parent.create_child().await }.unwrap();
        let seen = theirs.fetch_child_group(parent_id, child.as_str()).unwrap();
        assert_eq!((seen.rank, seen.access_by_parent.as_deref()), (2, Some(parent_id)));
        read_in(&parent.child(&child).await.unwrap(), &theirs).await;
    }
}

async fn share_a_connected_group_that_the_partner_created(server: &TestServer, partner: &Partner) {
    let (ours, theirs) = (our_user(server, "ada").await, partner_user(partner, "bob"));
    let of_theirs = theirs.create_group(false).unwrap();
    theirs.fetch_group(&of_theirs).unwrap();
    let of_ours = ours.group(&ours.create_group().await.unwrap()).await.unwrap();
    let connected = theirs.create_connected_group(&of_theirs, true).unwrap();
    theirs.fetch_connected_group(&of_theirs, &connected).unwrap();
    let invitee = Principal::Group(of_ours.id().as_str());
    theirs.invite(&connected, invitee, Way::Ask, Some(2)).unwrap();

    let id = GroupId::new(&*connected);
    of_ours.accept_invitation(&id).await.unwrap();
    let seen = of_ours.connected(&id).await.unwrap();
    assert_eq!(seen.rank(), 2);
    read_in(&seen, &theirs).await;
}

async fn share_a_connected_group_that_we_created(server: &TestServer, partner: &Partner) {
    let (ours, theirs) = (our_user(server, "ada").await, partner_user(partner, "bob"));
    let of_theirs = theirs.create_group(false).unwrap();
    theirs.fetch_group(&of_theirs).unwrap();
    let of_ours = ours.group(&ours.create_group().await.unwrap()).await.unwrap();
    let connected = of_ours.connected(&of_ours.create_signed_connected().await.unwrap()).await.unwrap();
    let id = connected.id().as_str();
    theirs.memberships_of(&of_theirs).request_to_join(id).unwrap();
    let requests = connected.join_requests().all().await.unwrap();
    let [request] = &requests[..] else { panic!("one request") };
    connected.accept_join_request(request, Some(1)).await.unwrap();
    assert_eq!(theirs.fetch_connected_group(&of_theirs, id).unwrap().rank, 1);
    read_in(&connected, &theirs).await;
    let child = connected.child(&connected.create_child().await.unwrap()).await.unwrap();
    theirs.fetch_child_group(id, child.id().as_str()).unwrap();
    read_in(&child, &theirs).await;
}

async fn change_each_others_ranks_and_remove_each_other(server: &TestServer, partner: &Partner) {
    let (ours, theirs) = (our_user(server, "ada").await, partner_user(partner, "bob"));
    let id = theirs.create_group(false).unwrap();
    theirs.fetch_group(&id).unwrap();
    theirs.invite_auto(&id, ours.id().as_str(), Some(4)).unwrap();
    let group = ours.group(&GroupId::new(&*id)).await.unwrap();
    theirs.update_rank(&id, ours.id().as_str(), 1).unwrap();
    group.update().await.unwrap();
    assert_eq!(group.rank(), 1);
    let creator = MemberId::from(their_id(&theirs));
    assert_eq!(group.kick(&creator).await.unwrap_err().code(), "server_315");
    theirs.kick(&id, ours.id().as_str()).unwrap();
    assert_eq!(group.update().await.unwrap_err().code(), "server_310");

    let group = ours.group(&ours.create_group().await.unwrap()).await.unwrap();
    let id = group.id().as_str();
    group.invite_auto(&their_id(&theirs), None).await.unwrap();
    theirs.fetch_group(id).unwrap();
    group.update_rank(&creator, 2).await.unwrap();
    assert_eq!(theirs.check_for_update(id).unwrap().rank, 2);
    group.kick(&creator).await.unwrap();
    assert_eq!(code(theirs.check_for_update(id)), Some(310));
}
