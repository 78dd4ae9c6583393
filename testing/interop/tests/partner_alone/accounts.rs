//! Registration, login, passwords, identifiers, deletion.

use keyfold_interop::{Partner, TestServer, with_every_partner, with_the_native_partner};

use crate::{PASSWORD, code, group_of, user};

const OTHER_PASSWORD: &str = "another one";

with_every_partner! {
    registers_and_logs_in,
    is_told_why_it_may_not,
    goes_on_with_a_refreshed_token,
    changes_the_password,
    has_to_log_in_again_after_changing_the_password,
    resets_the_password,
    goes_on_after_resetting_the_password,
    takes_another_identifier,
    deletes_the_account,
    encrypts_for_another_user,
}

mod keys {
    use super::*;

    with_the_native_partner! {
        finds_public_keys_genuine,
        compares_safety_numbers,
    }

    async fn finds_public_keys_genuine(_: &TestServer, partner: &Partner) {
        let ada = user(partner, "ada");
        assert_eq!(partner.public_key_is_genuine(&ada.user_id), Ok(true));
        ada.rotate_user_keys().unwrap();
        assert_eq!(partner.public_key_is_genuine(&ada.user_id), Ok(true));
    }

    async fn compares_safety_numbers(_: &TestServer, partner: &Partner) {
        let (ada, bob) = (user(partner, "ada"), user(partner, "bob"));
        let (key_of_ada, key_of_bob) = (ada.newest_user_key().unwrap(), bob.newest_user_key().unwrap());
        let seen_by_ada = ada.safety_number(Some((&bob.user_id, &key_of_bob))).unwrap();
        assert_eq!(bob.safety_number(Some((&ada.user_id, &key_of_ada))).unwrap(), seen_by_ada);
        assert_ne!(ada.safety_number(None).unwrap(), seen_by_ada);
    }
}

async fn registers_and_logs_in(_: &TestServer, partner: &Partner) {
    assert_eq!(partner.identifier_is_free("ada"), Ok(true));
    let user_id = partner.register("ada", PASSWORD).unwrap();
    assert_eq!(partner.identifier_is_free("ada"), Ok(false));
    let first = partner.login("ada", PASSWORD).unwrap();
    let second = partner.login("ada", PASSWORD).unwrap();
    assert_eq!(first.user_id, user_id);
    assert_eq!(first.device_id, second.device_id);
}

async fn is_told_why_it_may_not(_: &TestServer, partner: &Partner) {
    let ada = user(partner, "ada");
    assert_eq!(code(partner.register("ada", "another")), Some(101), "taken");
    assert_eq!(code(partner.login("ada", "another")), Some(112), "wrong password");
    assert_eq!(code(partner.login("bob", PASSWORD)), Some(100), "unknown");
    let group = ada.create_group(false).unwrap();
    assert_eq!(code(user(partner, "bob").fetch_group(&group)), Some(310), "no member");
}

async fn goes_on_with_a_refreshed_token(_: &TestServer, partner: &Partner) {
    let ada = user(partner, "ada");
    let group = group_of(&ada);
    let token = ada.refresh_jwt().unwrap();
    assert_eq!(token.split('.').count(), 3);
    ada.fetch_group(&group).unwrap();
}

async fn changes_the_password(_: &TestServer, partner: &Partner) {
    let ada = user(partner, "ada");
    let group = group_of(&ada);
    let text = ada.encrypt_in_group(&group, "from before", true).unwrap();
    assert_eq!(code(ada.change_password("wrong", OTHER_PASSWORD, None)), Some(112));

    ada.change_password(PASSWORD, OTHER_PASSWORD, None).unwrap();
    assert_eq!(code(partner.login("ada", PASSWORD)), Some(112));
    let later = partner.login("ada", OTHER_PASSWORD).unwrap();
    later.fetch_group(&group).unwrap();
    assert_eq!(later.decrypt_in_group(&group, &text, Some(&ada.user_id)).as_deref(), Ok("from before"));
    later.change_password(OTHER_PASSWORD, PASSWORD, None).unwrap();
    partner.login("ada", PASSWORD).unwrap();
}

/// The published clients change a password in a session that they begin for it and forget. Our server ends all others,
/// because a password is changed to lock somebody out: also the one that the user of the client was in.
async fn has_to_log_in_again_after_changing_the_password(_: &TestServer, partner: &Partner) {
    let ada = user(partner, "ada");
    let group = group_of(&ada);
    let elsewhere = partner.login("ada", PASSWORD).unwrap();

    ada.change_password(PASSWORD, OTHER_PASSWORD, None).unwrap();
    for ended in [&ada, &elsewhere] {
        assert_eq!(code(ended.fetch_group(&group)), Some(31), "the access token is void");
        assert_eq!(code(ended.refresh_jwt()), Some(114), "and so is the refresh token");
    }
    partner.login("ada", OTHER_PASSWORD).unwrap().fetch_group(&group).unwrap();
}

async fn resets_the_password(_: &TestServer, partner: &Partner) {
    let ada = user(partner, "ada");
    let group = group_of(&ada);
    let text = ada.encrypt_in_group(&group, "from before", true).unwrap();

    ada.reset_password(OTHER_PASSWORD).unwrap();
    assert_eq!(code(partner.login("ada", PASSWORD)), Some(112));
    let later = partner.login("ada", OTHER_PASSWORD).unwrap();
    later.fetch_group(&group).unwrap();
    assert_eq!(later.decrypt_in_group(&group, &text, Some(&ada.user_id)).as_deref(), Ok("from before"));
}

async fn goes_on_after_resetting_the_password(_: &TestServer, partner: &Partner) {
    let ada = user(partner, "ada");
    let group = group_of(&ada);
    let elsewhere = partner.login("ada", PASSWORD).unwrap();

    ada.reset_password(OTHER_PASSWORD).unwrap();
    ada.fetch_group(&group).unwrap();
    ada.refresh_jwt().unwrap();
    assert_eq!(code(elsewhere.fetch_group(&group)), Some(31));
    assert_eq!(code(elsewhere.refresh_jwt()), Some(114));
}

async fn takes_another_identifier(_: &TestServer, partner: &Partner) {
    let ada = user(partner, "ada");
    user(partner, "bob");
    assert_eq!(code(ada.update_identifier("bob")), Some(101), "taken");
    ada.update_identifier("countess").unwrap();
    assert_eq!(partner.identifier_is_free("ada"), Ok(true));
    assert_eq!(code(partner.login("ada", PASSWORD)), Some(100));
    assert_eq!(partner.login("countess", PASSWORD).unwrap().user_id, ada.user_id);
    // The client has noticed: this logs in again on the way.
    ada.reset_password(OTHER_PASSWORD).unwrap();
    ada.change_password(OTHER_PASSWORD, PASSWORD, None).unwrap();
}

async fn deletes_the_account(_: &TestServer, partner: &Partner) {
    let (ada, bob) = (user(partner, "ada"), user(partner, "bob"));
    let group = group_of(&ada);
    ada.invite_auto(&group, &bob.user_id, None).unwrap();
    assert_eq!(code(bob.delete_user("wrong", None)), Some(112));

    bob.delete_user(PASSWORD, None).unwrap();
    assert_eq!(code(partner.login("bob", PASSWORD)), Some(100));
    assert_eq!(partner.identifier_is_free("bob"), Ok(true));
    assert_eq!(ada.members(&group).unwrap(), []);
    assert_eq!(code(ada.invite_auto(&group, &bob.user_id, None)), Some(100), "there are no keys to invite");
    assert!(code(bob.refresh_jwt()).is_some());
}

async fn encrypts_for_another_user(_: &TestServer, partner: &Partner) {
    let (ada, bob) = (user(partner, "ada"), user(partner, "bob"));
    let text = ada.encrypt_for_user(&bob.user_id, "for bob alone", true).unwrap();
    assert_eq!(bob.decrypt_for_me(&text, Some(&ada.user_id)).as_deref(), Ok("for bob alone"));
    assert!(ada.decrypt_for_me(&text, None).is_err());
}
