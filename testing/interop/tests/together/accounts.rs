//! Accounts that one client made, in the other one.

use keyfold::{Client, Mfa, PasswordCost, User};
use keyfold_interop::{Partner, TestServer, with_every_partner, with_the_native_partner};

use crate::{
    OTHER_PASSWORD, PASSWORD, TEXT, code, our_client, our_user, partner_user, read_each_other, their_id,
};

with_every_partner! {
    a_user_of_the_partner_logs_in_with_ours_and_goes_on_with_both,
    a_user_of_ours_is_refused_to_a_partner_with_the_old_password_cost,
    passwords_of_ours_at_the_old_cost_open_in_the_partner,
    ours_takes_a_password_that_the_partner_changed,
    ours_takes_a_password_that_the_partner_reset,
    a_password_that_ours_changed_locks_the_partner_with_the_old_cost_out,
    both_take_an_identifier_that_the_other_one_gave,
    ours_deletes_an_account_of_the_partner,
    the_partner_deletes_an_account_that_ours_is_in,
}

mod keys {
    use super::*;

    with_the_native_partner! {
        both_show_the_same_safety_number,
        both_find_each_others_public_keys_genuine,
    }

    async fn both_show_the_same_safety_number(server: &TestServer, partner: &Partner) {
        let (ours, theirs) = (our_user(server, "ada").await, partner_user(partner, "bob"));
        let (our_key, their_key) = (ours.newest_key_id().unwrap(), theirs.newest_user_key().unwrap());
        assert_eq!(
            ours.safety_number(Some((&their_id(&theirs), &keyfold::KeyId::new(&*their_key)))).await.unwrap(),
            theirs.safety_number(Some((ours.id().as_str(), our_key.as_str()))).unwrap(),
        );
        let same = our_client(server).login_forced("bob", PASSWORD).await.unwrap();
        assert_eq!(same.safety_number(None).await.unwrap(), theirs.safety_number(None).unwrap());
    }

    async fn both_find_each_others_public_keys_genuine(server: &TestServer, partner: &Partner) {
        let (ours, theirs) = (our_user(server, "ada").await, partner_user(partner, "bob"));
        assert_eq!(partner.public_key_is_genuine(ours.id().as_str()), Ok(true));
        let key = our_client(server).public_key(&their_id(&theirs)).await.unwrap();
        assert!(our_client(server).verify_public_key(&key).await.unwrap());
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
    assert_eq!(code(partner.login("ada", PASSWORD)), Some(112));
}

async fn passwords_of_ours_at_the_old_cost_open_in_the_partner(server: &TestServer, partner: &Partner) {
    let client = our_client_at_the_old_cost(server);
    client.register("ada", PASSWORD).await.unwrap();
    let ours = client.login_forced("ada", PASSWORD).await.unwrap();
    let text =
        partner.login("ada", PASSWORD).unwrap().encrypt_for_user(ours.id().as_str(), TEXT, true).unwrap();

    ours.change_password(PASSWORD, OTHER_PASSWORD, Mfa::None).await.unwrap();
    let theirs = partner.login("ada", OTHER_PASSWORD).unwrap();
    assert_eq!(theirs.decrypt_for_me(&text, Some(&theirs.user_id)).as_deref(), Ok(TEXT));
    client.login_forced("ada", OTHER_PASSWORD).await.unwrap().reset_password(PASSWORD).await.unwrap();
    let theirs = partner.login("ada", PASSWORD).unwrap();
    assert_eq!(theirs.decrypt_for_me(&text, None).as_deref(), Ok(TEXT));

    let answer = client.register_device_start("our device", OTHER_PASSWORD).await.unwrap();
    theirs.confirm_device(&answer).unwrap();
    assert_eq!(partner.login("our device", OTHER_PASSWORD).unwrap().user_id, theirs.user_id);
}

async fn ours_takes_a_password_that_the_partner_changed(server: &TestServer, partner: &Partner) {
    let theirs = partner_user(partner, "ada");
    let text = theirs.encrypt_for_user(&theirs.user_id, TEXT, false).unwrap();
    theirs.change_password(PASSWORD, OTHER_PASSWORD, None).unwrap();
    assert_reads_with_the_other_password(server, &text).await;
}

async fn ours_takes_a_password_that_the_partner_reset(server: &TestServer, partner: &Partner) {
    let theirs = partner_user(partner, "ada");
    let text = theirs.encrypt_for_user(&theirs.user_id, TEXT, false).unwrap();
    theirs.reset_password(OTHER_PASSWORD).unwrap();
    assert_reads_with_the_other_password(server, &text).await;
}

async fn a_password_that_ours_changed_locks_the_partner_with_the_old_cost_out(
    server: &TestServer,
    partner: &Partner,
) {
    let theirs = partner_user(partner, "ada");
    let text = theirs.encrypt_for_user(&theirs.user_id, TEXT, false).unwrap();
    let ours = our_client(server).login_forced("ada", PASSWORD).await.unwrap();
    ours.change_password(PASSWORD, OTHER_PASSWORD, Mfa::None).await.unwrap();
    assert_eq!(code(partner.login("ada", OTHER_PASSWORD)), Some(112));
    assert_reads_with_the_other_password(server, &text).await;
}

async fn both_take_an_identifier_that_the_other_one_gave(server: &TestServer, partner: &Partner) {
    let theirs = partner_user(partner, "first");
    theirs.update_identifier("second").unwrap();
    let ours = our_client(server).login_forced("second", PASSWORD).await.unwrap();
    ours.update_identifier("third").await.unwrap();
    assert_eq!(partner.login("third", PASSWORD).unwrap().user_id, theirs.user_id);
}

async fn ours_deletes_an_account_of_the_partner(server: &TestServer, partner: &Partner) {
    let theirs = partner_user(partner, "ada");
    let ours = our_client(server).login_forced("ada", PASSWORD).await.unwrap();
    ours.delete(PASSWORD, Mfa::None).await.unwrap();
    assert_eq!(code(partner.login("ada", PASSWORD)), Some(100));
    assert!(code(theirs.devices()).is_some());
}

async fn the_partner_deletes_an_account_that_ours_is_in(server: &TestServer, partner: &Partner) {
    let theirs = partner_user(partner, "ada");
    let ours = our_client(server).login_forced("ada", PASSWORD).await.unwrap();
    theirs.delete_user(PASSWORD, None).unwrap();
    assert!(ours.create_group().await.is_err());
    let error = our_client(server).login_forced("ada", PASSWORD).await.unwrap_err();
    assert_eq!(error.code(), "server_100");
}

/// For apps whose users also have a published client.
fn our_client_at_the_old_cost(server: &TestServer) -> Client {
    let builder = Client::builder(server.public_token()).base_url(server.url());
    builder.password_cost(PasswordCost::LEGACY).build().unwrap()
}

async fn assert_reads_with_the_other_password(server: &TestServer, text: &str) {
    let error = our_client(server).login_forced("ada", PASSWORD).await.unwrap_err();
    assert!(error.is_wrong_password(), "{error}");
    let ours: User = our_client(server).login_forced("ada", OTHER_PASSWORD).await.unwrap();
    assert_eq!(ours.decrypt_string(text).await.unwrap(), TEXT);
}
