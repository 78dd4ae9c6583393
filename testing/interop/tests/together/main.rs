//! Users of published clients and users of ours, on our server.

mod accounts;
mod admission;
mod contents;
mod devices;
mod files;
mod groups;
mod many_keys;
mod rotation;
mod second_factor;

use keyfold::{Client, DecryptOptions, EncryptOptions, Group, GroupId, User, UserId};
use keyfold_interop::partner::Session;
use keyfold_interop::{Partner, Refusal, TestServer, until};

const PASSWORD: &str = "correct horse – battery 🐎 staple";
const OTHER_PASSWORD: &str = "another one";
const TEXT: &str = "Grüße, 世界 🦀";

fn our_client(server: &TestServer) -> Client {
    Client::builder(server.public_token()).base_url(server.url()).build().unwrap()
}

async fn our_user(server: &TestServer, name: &str) -> User {
    let client = our_client(server);
    client.register(name, PASSWORD).await.unwrap();
    client.login_forced(name, PASSWORD).await.unwrap()
}

fn partner_user<'a>(partner: &'a Partner, name: &str) -> Session<'a> {
    partner.register(name, PASSWORD).unwrap();
    partner.login(name, PASSWORD).unwrap()
}

fn their_id(theirs: &Session<'_>) -> UserId {
    UserId::new(&*theirs.user_id)
}

/// A user that the partner made, in both clients.
async fn same_user<'a>(server: &TestServer, partner: &'a Partner, name: &str) -> (User, Session<'a>) {
    let theirs = partner_user(partner, name);
    (our_client(server).login_forced(name, PASSWORD).await.unwrap(), theirs)
}

/// Number of the error with which the server refused the partner.
fn code<T>(result: Result<T, Refusal>) -> Option<u32> {
    match result {
        Ok(_) => panic!("not refused"),
        Err(refusal) => {
            assert!(refusal.server_code.is_some(), "{refusal}");
            refusal.server_code
        }
    }
}

/// Both read what the other one wrote in a group that the partner has fetched, plain and signed.
async fn read_each_other(ours: &User, theirs: &Session<'_>, id: &str) {
    let group = ours.group(&GroupId::new(id)).await.unwrap();
    read_in(&group, theirs).await;
}

async fn read_in(group: &Group, theirs: &Session<'_>) {
    let (id, ours) = (group.id().as_str(), group.user());
    let their_id = their_id(theirs);

    let plain = theirs.encrypt_in_group(id, TEXT, false).unwrap();
    assert_eq!(group.decrypt_string(&plain).await.unwrap(), TEXT);
    assert!(group.decrypt_string_with(&plain, DecryptOptions::new().signed_by(&their_id)).await.is_err());
    let signed = theirs.encrypt_in_group(id, TEXT, true).unwrap();
    let options = DecryptOptions::new().signed_by(&their_id);
    assert_eq!(group.decrypt_string_with(&signed, options).await.unwrap(), TEXT);

    let plain = group.encrypt_string(TEXT).unwrap();
    assert_eq!(theirs.decrypt_in_group(id, &plain, None).as_deref(), Ok(TEXT));
    let signed = group.encrypt_string_with(TEXT, EncryptOptions::new().signed()).unwrap();
    assert_eq!(theirs.decrypt_in_group(id, &signed, Some(ours.id().as_str())).as_deref(), Ok(TEXT));
}

/// The partner takes the rotations of group keys over when the server has passed the newest one on.
async fn theirs_finish(theirs: &Session<'_>, group: &str, newest: &str) {
    until("the partner has the newest group key", async || {
        theirs.finish_group_key_rotation(group).unwrap() == newest
    })
    .await;
}

/// The same for our client.
async fn ours_finish(ours: &Group, newest: &str) {
    until("our client has the newest group key", async || {
        ours.update().await.unwrap();
        ours.newest_key_id().unwrap().as_str() == newest
    })
    .await;
}
