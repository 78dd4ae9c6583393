//! Accounts: registration, login, password costs.

use keyfold_crypto::password::Cost;
use keyfold_crypto::{Login, SearchKey};
use keyfold_interop::partner::Offline;
use keyfold_protocol::user::VerifyLoginInput;

use crate::paper::Account;
use crate::{PASSWORD, log_in_partner, partner_account};

#[test]
fn an_account_of_the_partner_opens_in_our_client_with_the_old_password_cost() {
    let partner = Offline::start();
    let account = partner_account(&partner, "ada");
    let ours = account.log_in(PASSWORD, Cost::LEGACY);
    assert!(account.knows(&ours.auth_key));
    assert!(ours.keys.group.public_key().unwrap().is_signed_by(&ours.keys.verify_key).unwrap());
    SearchKey::open(&account.answers().verify_login.hmac_keys[0], &ours.keys.group.key).unwrap();
}

#[test]
fn an_account_of_the_partner_refuses_the_current_password_cost() {
    let partner = Offline::start();
    let account = partner_account(&partner, "ada");
    let login = Login::derive(PASSWORD, account.identifier(), &account.salt(), Cost::CURRENT).unwrap();
    assert!(!account.knows(login.done_login().auth_key.expose()));
}

#[test]
fn an_account_of_ours_opens_in_the_partner_with_the_old_password_cost() {
    let partner = Offline::start();
    let account = Account::ours("ada", PASSWORD).with_old_password_cost(PASSWORD);
    let answers = account.answers();
    let theirs = log_in_partner(&partner, "ada", &answers.to_texts()).unwrap();
    assert_eq!(theirs.user_id, "id of ada");
    let body: VerifyLoginInput = serde_json::from_str(&theirs.verify_login_body).unwrap();
    assert_eq!(
        serde_json::to_string(&body).unwrap(),
        theirs.verify_login_body,
        "written as we would write it"
    );
    assert_eq!(body.challenge.expose(), answers.solution);
    assert_eq!(body.auth_key.expose(), theirs.auth_key);
    assert!(account.knows(&theirs.auth_key));
}

#[test]
fn an_account_of_ours_with_the_current_password_cost_does_not_open_in_the_partner() {
    let account = Account::ours("ada", PASSWORD);
    assert!(log_in_partner(&Offline::start(), "ada", &account.answers().to_texts()).is_err());
}

#[test]
fn our_client_moves_an_account_of_the_partner_to_the_current_password_cost() {
    let partner = Offline::start();
    let account = partner_account(&partner, "ada");
    let login = Login::derive(PASSWORD, account.identifier(), &account.salt(), Cost::LEGACY).unwrap();
    let change = login.change_password(PASSWORD, &account.answers().keys.device_keys).unwrap();
    assert!(account.knows(change.old_auth_key.expose()));
    let account = account.change_password(&change);
    let ours = account.log_in(PASSWORD, Cost::CURRENT);
    assert!(account.knows(&ours.auth_key));
}
