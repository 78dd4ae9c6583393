//! Login with a second factor, and what else needs it.

use keyfold_interop::partner::{Factor, Login, Session, WaitingLogin};
use keyfold_interop::{Partner, TestServer, totp, with_every_partner, with_the_native_partner};

use crate::{PASSWORD, code, group_of, user};

const OTHER_PASSWORD: &str = "another one";

with_every_partner! {
    logs_in_with_a_code,
    logs_in_with_a_recovery_key_once,
    replaces_the_second_factor,
    gives_the_second_factor_up,
    proves_the_second_factor_for_what_is_dangerous,
}

mod believed {
    use super::*;

    with_the_native_partner!(knows_whether_there_is_one);

    async fn knows_whether_there_is_one(_: &TestServer, partner: &Partner) {
        let ada = user(partner, "ada");
        assert_eq!(ada.has_second_factor(), Ok(false));
        let otp = ada.register_otp(PASSWORD, None).unwrap();
        assert_eq!(ada.has_second_factor(), Ok(true));
        let code = totp(&otp.secret);
        let later = waiting(partner).finish(Factor::Totp(&code)).unwrap();
        assert_eq!(later.has_second_factor(), Ok(true));
    }
}

async fn logs_in_with_a_code(_: &TestServer, partner: &Partner) {
    let ada = user(partner, "ada");
    let group = group_of(&ada);
    let otp = ada.register_otp(PASSWORD, None).unwrap();
    assert_eq!(otp.recovery_keys.len(), 6);

    assert_eq!(code(partner.begin_login("ada", "wrong").map(drop)), Some(112));
    assert_eq!(code(waiting(partner).finish(Factor::Totp("000000"))), Some(902));
    let later = waiting(partner).finish(Factor::Totp(&totp(&otp.secret))).unwrap();
    assert_eq!((&later.user_id, &later.device_id), (&ada.user_id, &ada.device_id));
    later.fetch_group(&group).unwrap();
}

async fn logs_in_with_a_recovery_key_once(_: &TestServer, partner: &Partner) {
    let ada = user(partner, "ada");
    let otp = ada.register_otp(PASSWORD, None).unwrap();
    let [key, rest @ ..] = &otp.recovery_keys[..] else { panic!("no recovery keys") };
    assert_eq!(code(waiting(partner).finish(Factor::RecoveryKey("not one"))), Some(901));
    waiting(partner).finish(Factor::RecoveryKey(key)).unwrap();
    assert_eq!(code(waiting(partner).finish(Factor::RecoveryKey(key))), Some(901));

    let code = totp(&otp.secret);
    let mut left = ada.recovery_keys(PASSWORD, Some(Factor::Totp(&code))).unwrap();
    let mut expected = rest.to_vec();
    left.sort();
    expected.sort();
    assert_eq!(left, expected);
}

async fn replaces_the_second_factor(_: &TestServer, partner: &Partner) {
    let ada = user(partner, "ada");
    let old = ada.register_otp(PASSWORD, None).unwrap();
    let proof = totp(&old.secret);
    let new = ada.reset_otp(PASSWORD, Some(Factor::Totp(&proof))).unwrap();
    assert_ne!(new.secret, old.secret);
    let old_code = totp(&old.secret);
    assert_eq!(code(waiting(partner).finish(Factor::Totp(&old_code))), Some(902));
    assert_eq!(code(waiting(partner).finish(Factor::RecoveryKey(&old.recovery_keys[0]))), Some(901));
    waiting(partner).finish(Factor::Totp(&totp(&new.secret))).unwrap();
    waiting(partner).finish(Factor::RecoveryKey(&new.recovery_keys[0])).unwrap();
}

async fn gives_the_second_factor_up(_: &TestServer, partner: &Partner) {
    let ada = user(partner, "ada");
    let otp = ada.register_otp(PASSWORD, None).unwrap();
    ada.disable_otp(PASSWORD, Some(Factor::RecoveryKey(&otp.recovery_keys[0]))).unwrap();
    partner.login("ada", PASSWORD).unwrap();
}

async fn proves_the_second_factor_for_what_is_dangerous(_: &TestServer, partner: &Partner) {
    let ada = user(partner, "ada");
    let otp = ada.register_otp(PASSWORD, None).unwrap();
    let code_now = || totp(&otp.secret);
    assert!(ada.change_password(PASSWORD, OTHER_PASSWORD, None).is_err());
    let wrong = Some(Factor::Totp("000000"));
    assert_eq!(code(ada.change_password(PASSWORD, OTHER_PASSWORD, wrong)), Some(902));
    ada.change_password(PASSWORD, OTHER_PASSWORD, Some(Factor::Totp(&code_now()))).unwrap();

    let Ok(Login::Waiting(login)) = partner.begin_login("ada", OTHER_PASSWORD) else { panic!("no factor") };
    let ada: Session<'_> = login.finish(Factor::Totp(&code_now())).unwrap();
    assert!(ada.delete_user(OTHER_PASSWORD, None).is_err());
    ada.delete_user(OTHER_PASSWORD, Some(Factor::RecoveryKey(&otp.recovery_keys[0]))).unwrap();
    assert_eq!(partner.identifier_is_free("ada"), Ok(true));
}

fn waiting(partner: &Partner) -> WaitingLogin<'_> {
    match partner.begin_login("ada", PASSWORD).unwrap() {
        Login::Waiting(login) => login,
        Login::Done(_) => panic!("nobody asked for the second factor"),
    }
}
