//! Who is in a group: requests to join, ranks, groups as members of groups, and long lists of all that.
//!
//! ```text
//! cargo run -p keyfold --example members
//! ```

#![allow(clippy::print_stdout, reason = "an example talks to whoever runs it")]

use std::error::Error;

use futures_util::TryStreamExt;
use keyfold::{Client, Group, MemberId, User};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    run("http://127.0.0.1:3002", "5zMb6zs3dEM62n+FxjBilFPp+j9e7YUFA+7pi6Hi").await
}

/// Everything, against the server at `url`.
pub(crate) async fn run(url: &str, app_token: &str) -> Result<(), Box<dyn Error>> {
    let (alice, bob) = (new_user(url, app_token).await?, new_user(url, app_token).await?);
    let carol = new_user(url, app_token).await?;
    let team = alice.group(&alice.create_group().await?).await?;

    requests(&team, &bob, &carol).await?;
    ranks(&team, &bob).await?;
    groups_as_members(&team, &bob, &carol).await?;
    lists(&team).await?;

    // Who wants to leaves, whom the others do not want is removed. New keys then: both may have kept the old ones.
    bob.group(team.id()).await?.leave().await?;
    team.rotate_keys().await?;
    team.delete().await?;
    Ok(())
}

/// People who ask, instead of being asked.
async fn requests(team: &Group, bob: &User, carol: &User) -> Result<(), Box<dyn Error>> {
    bob.request_to_join(team.id()).await?;
    carol.request_to_join(team.id()).await?;
    println!("Bob has asked {} group", bob.sent_join_requests().all().await?.len());
    carol.withdraw_join_request(team.id()).await?;
    carol.request_to_join(team.id()).await?;

    for request in team.join_requests().all().await? {
        if request.user_id.as_str() == bob.id().as_str() {
            team.accept_join_request(&request, Some(4)).await?;
        } else {
            team.reject_join_request(&request.user_id).await?;
        }
    }
    println!("Bob is in with rank {}", bob.group(team.id()).await?.rank());

    // A group that takes nobody for now: neither requests nor invitations.
    team.toggle_invitations().await?;
    if let Err(error) = carol.request_to_join(team.id()).await {
        println!("Carol cannot ask now: {}", error.code());
    }
    team.toggle_invitations().await?;
    Ok(())
}

/// 0 is the creator, 1 an administrator, 2 manages users, 3 and 4 are members.
async fn ranks(team: &Group, bob: &User) -> Result<(), Box<dyn Error>> {
    let bobs = bob.group(team.id()).await?;
    team.update_rank(&MemberId::from(bob.id()), 2).await?;
    // Others notice when they ask, or when they are refused.
    bobs.update().await?;
    println!("Bob has rank {} now", bobs.rank());
    // Nobody makes somebody stronger than himself.
    if let Err(error) = bobs.update_rank(&MemberId::from(team.user().id()), 4).await {
        println!("Bob cannot change Alice's rank: {}", error.code());
    }
    Ok(())
}

/// A connected group has whole groups as members, whatever happens inside of these.
async fn groups_as_members(team: &Group, bob: &User, carol: &User) -> Result<(), Box<dyn Error>> {
    let project = team.connected(&team.create_connected().await?).await?;
    let club = carol.group(&carol.create_group().await?).await?;

    // Carol's club is asked as one, and she accepts for it.
    project.invite_group(club.id(), Some(3)).await?;
    for invitation in club.group_invitations().all().await? {
        club.accept_invitation(&invitation.group_id).await?;
    }
    println!("the club is in {} group", club.groups().all().await?.len());
    // Whoever joins the club from now on can read, too. `group_through` says by way of which group.
    let text = project.encrypt_string("for the team and the club")?;
    let by_carol = carol.group_through(project.id(), &club).await?;
    println!("Carol reads {:?}, as a member of the club", by_carol.decrypt_string(&text).await?);
    let by_bob = bob.group(team.id()).await?.connected(project.id()).await?;
    println!("Bob reads {:?}, as a member of the team", by_bob.decrypt_string(&text).await?);

    // Whoever may not be asked is a member at once. Keys go to the group's public key, whoever is in it.
    let choir = carol.group(&carol.create_group().await?).await?;
    let key = project.user().client().group_public_key(choir.id()).await?;
    println!("the choir is reached by its public key {}", key.key.id());
    project.invite_group_auto(choir.id(), None).await?;
    project.re_invite_group(choir.id()).await?;
    choir.delete().await?;

    // A group declines, asks to join and is removed like a person.
    let other = carol.group(&carol.create_group().await?).await?;
    project.invite_group(other.id(), None).await?;
    other.reject_invitation(project.id()).await?;
    other.request_to_join(project.id()).await?;
    println!("the other group has asked {} group", other.sent_join_requests().all().await?.len());
    other.withdraw_join_request(project.id()).await?;
    other.request_to_join(project.id()).await?;
    for request in project.join_requests().all().await? {
        project.accept_join_request(&request, None).await?;
    }
    let groups: Vec<_> = project.members().into_stream().try_collect().await?;
    println!("the project has {} other members, all of them groups", groups.len());
    project.kick(&MemberId::from(other.id())).await?;
    project.rotate_keys().await?;
    club.delete().await?;
    other.delete().await?;
    Ok(())
}

/// Lists come in pages of 50. A stream asks for the next page when it is needed.
async fn lists(team: &Group) -> Result<(), Box<dyn Error>> {
    for _ in 0..3 {
        team.create_child().await?;
    }
    let mut children = std::pin::pin!(team.children().into_stream());
    while let Some(child) = children.try_next().await? {
        println!("a child since {}", child.time);
    }
    let mut pages = team.members();
    while let Some(page) = pages.next_page().await? {
        // Where the next page begins, if this one is shown alone.
        println!("a page of {} other members", page.len());
    }
    Ok(())
}

async fn new_user(url: &str, app_token: &str) -> Result<User, Box<dyn Error>> {
    let client = Client::builder(app_token).base_url(url).build()?;
    let (identifier, password) = Client::generate_register_data()?;
    client.register(&identifier, &password).await?;
    Ok(client.login_forced(&identifier, &password).await?)
}
