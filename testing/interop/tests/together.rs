//! Users of published clients and users of ours, on our server.

use keyfold::{Client, DecryptOptions, EncryptOptions, GroupId, User, UserId};
use keyfold_interop::partner::Session;
use keyfold_interop::{Partner, TestServer, with_every_partner};

const PASSWORD: &str = "correct horse – battery 🐎 staple";
const TEXT: &str = "Grüße, 世界 🦀";

with_every_partner! {
    share_a_group_that_the_partner_created,
    share_a_group_that_we_created,
    write_to_each_other_without_a_group,
    a_user_of_the_partner_logs_in_with_ours_and_goes_on_with_both,
    a_user_of_ours_is_refused_to_a_partner_with_the_old_password_cost,
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
        group.invite_auto(&UserId::new(&*theirs.user_id), Some(3)).await.unwrap();
        assert_eq!(theirs.fetch_group(id.as_str()).unwrap().rank, 3);
        let [member] = &theirs.members(id.as_str()).unwrap()[..] else { panic!("one beside oneself") };
        assert_eq!((&*member.user_id, member.rank), (ours.id().as_str(), 0));
        read_each_other(&ours, &theirs, id.as_str()).await;
    }
}

async fn write_to_each_other_without_a_group(server: &TestServer, partner: &Partner) {
    let (ours, theirs) = (our_user(server, "ada").await, partner_user(partner, "bob"));
    let their_id = UserId::new(&*theirs.user_id);
    for sign in [false, true] {
        let options = EncryptOptions::new();
        let options = if sign { options.signed() } else { options };
        let text = ours.encrypt_string_with(TEXT, &their_id, options).await.unwrap();
        let signer = sign.then(|| ours.id().as_str());
        assert_eq!(theirs.decrypt_for_me(&text, signer).as_deref(), Ok(TEXT));

        let text = theirs.encrypt_for_user(ours.id().as_str(), TEXT, sign).unwrap();
        let options = DecryptOptions::new();
        let options = if sign { options.signed_by(&their_id) } else { options };
        assert_eq!(ours.decrypt_string_with(&text, options).await.unwrap(), TEXT);
    }
}

async fn a_user_of_the_partner_logs_in_with_ours_and_goes_on_with_both(
    server: &TestServer,
    partner: &Partner,
) {
    let theirs = partner_user(partner, "ada");
    let ours = our_client(server).login_forced("ada", PASSWORD).await.unwrap();
    assert_eq!(ours.id().as_str(), theirs.user_id);
    assert_eq!(ours.device_id().as_str(), theirs.device_id);
    let id = theirs.create_group(true).unwrap();
    theirs.fetch_group(&id).unwrap();
    read_each_other(&ours, &theirs, &id).await;
    // Our login has changed nothing that the other client needs.
    let later = partner.login("ada", PASSWORD).unwrap();
    later.fetch_group(&id).unwrap();
    read_each_other(&ours, &later, &id).await;
}

/// Nothing can be done about it on our side: the partner derives another key, and the server cannot tell.
async fn a_user_of_ours_is_refused_to_a_partner_with_the_old_password_cost(
    server: &TestServer,
    partner: &Partner,
) {
    our_user(server, "ada").await;
    assert_eq!(partner.login("ada", PASSWORD).map(drop).unwrap_err().server_code, Some(112));
}

/// Both read what the other one wrote in a group that both belong to, plain and signed.
async fn read_each_other(ours: &User, theirs: &Session<'_>, id: &str) {
    let group = ours.group(&GroupId::new(id)).await.unwrap();
    let their_id = UserId::new(&*theirs.user_id);

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
