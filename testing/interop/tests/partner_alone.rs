//! Published clients among themselves on our server.

use keyfold_interop::{Partner, TestServer, with_every_partner};

const PASSWORD: &str = "correct horse – battery 🐎 staple";

with_every_partner! {
    registers_and_logs_in,
    is_told_why_it_may_not,
    goes_on_with_a_refreshed_token,
    creates_a_group_and_reads_it_in_the_next_session,
    shares_a_group_with_another_user,
    encrypts_for_another_user,
    deletes_a_group,
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
    partner.register("ada", PASSWORD).unwrap();
    let code = |refusal: keyfold_interop::Refusal| refusal.server_code;
    assert_eq!(partner.register("ada", "another").map_err(code), Err(Some(101)), "taken");
    assert_eq!(partner.login("ada", "another").map(drop).map_err(code), Err(Some(112)), "wrong password");
    assert_eq!(partner.login("bob", PASSWORD).map(drop).map_err(code), Err(Some(100)), "unknown");
    let ada = partner.login("ada", PASSWORD).unwrap();
    let group = ada.create_group(false).unwrap();
    partner.register("bob", PASSWORD).unwrap();
    let bob = partner.login("bob", PASSWORD).unwrap();
    assert_eq!(bob.fetch_group(&group).map_err(code), Err(Some(310)), "no member");
}

async fn goes_on_with_a_refreshed_token(_: &TestServer, partner: &Partner) {
    partner.register("ada", PASSWORD).unwrap();
    let ada = partner.login("ada", PASSWORD).unwrap();
    let group = ada.create_group(false).unwrap();
    let token = ada.refresh_jwt().unwrap();
    assert_eq!(token.split('.').count(), 3);
    ada.fetch_group(&group).unwrap();
}

async fn creates_a_group_and_reads_it_in_the_next_session(_: &TestServer, partner: &Partner) {
    partner.register("ada", PASSWORD).unwrap();
    for sign in [false, true] {
        let ada = partner.login("ada", PASSWORD).unwrap();
        let id = ada.create_group(sign).unwrap();
        let group = ada.fetch_group(&id).unwrap();
        assert_eq!(group.rank, 0);
        assert_eq!(group.joined_time, group.created_time);
        let plain = ada.encrypt_in_group(&id, "Grüße, 世界 🦀", false).unwrap();
        let signed = ada.encrypt_in_group(&id, "signed", true).unwrap();

        let later = partner.login("ada", PASSWORD).unwrap();
        assert_eq!(later.fetch_group(&id).unwrap(), group);
        assert_eq!(later.decrypt_in_group(&id, &plain, None).as_deref(), Ok("Grüße, 世界 🦀"));
        assert_eq!(later.decrypt_in_group(&id, &signed, Some(&ada.user_id)).as_deref(), Ok("signed"));
    }
}

async fn shares_a_group_with_another_user(_: &TestServer, partner: &Partner) {
    for name in ["ada", "bob"] {
        partner.register(name, PASSWORD).unwrap();
    }
    let (ada, bob) = (partner.login("ada", PASSWORD).unwrap(), partner.login("bob", PASSWORD).unwrap());
    let group = ada.create_group(true).unwrap();
    ada.fetch_group(&group).unwrap();
    ada.invite_auto(&group, &bob.user_id, Some(2)).unwrap();
    assert_eq!(bob.fetch_group(&group).unwrap().rank, 2);

    let [member] = &ada.members(&group).unwrap()[..] else { panic!("one member beside oneself") };
    assert_eq!((&member.user_id, member.rank, member.user_type), (&bob.user_id, 2, 0));

    let text = ada.encrypt_in_group(&group, "to bob", true).unwrap();
    assert_eq!(bob.decrypt_in_group(&group, &text, Some(&ada.user_id)).as_deref(), Ok("to bob"));
    let text = bob.encrypt_in_group(&group, "to ada", true).unwrap();
    assert_eq!(ada.decrypt_in_group(&group, &text, Some(&bob.user_id)).as_deref(), Ok("to ada"));
}

async fn encrypts_for_another_user(_: &TestServer, partner: &Partner) {
    for name in ["ada", "bob"] {
        partner.register(name, PASSWORD).unwrap();
    }
    let (ada, bob) = (partner.login("ada", PASSWORD).unwrap(), partner.login("bob", PASSWORD).unwrap());
    let text = ada.encrypt_for_user(&bob.user_id, "for bob alone", true).unwrap();
    assert_eq!(bob.decrypt_for_me(&text, Some(&ada.user_id)).as_deref(), Ok("for bob alone"));
    assert!(ada.decrypt_for_me(&text, None).is_err());
}

async fn deletes_a_group(_: &TestServer, partner: &Partner) {
    partner.register("ada", PASSWORD).unwrap();
    let ada = partner.login("ada", PASSWORD).unwrap();
    let group = ada.create_group(false).unwrap();
    ada.fetch_group(&group).unwrap();
    ada.delete_group(&group).unwrap();
    assert_eq!(ada.fetch_group(&group).unwrap_err().server_code, Some(310));
}
