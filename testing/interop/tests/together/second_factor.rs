//! A second factor that one client registered, in the other one.

use keyfold::{Login, Mfa, PendingMfa};
use keyfold_interop::partner::{Factor, Login as TheirLogin};
use keyfold_interop::{Partner, TestServer, totp, with_every_partner};

use crate::{OTHER_PASSWORD, PASSWORD, our_client, partner_user};

with_every_partner! {
    ours_logs_in_with_a_second_factor_of_the_partner,
    the_partner_logs_in_with_a_second_factor_of_ours,
    ours_replaces_a_second_factor_of_the_partner_and_gives_it_up,
    ours_takes_a_password_that_the_partner_changed_with_a_second_factor,
}

async fn ours_logs_in_with_a_second_factor_of_the_partner(server: &TestServer, partner: &Partner) {
    let theirs = partner_user(partner, "ada");
    let otp = theirs.register_otp(PASSWORD, None).unwrap();
    let pending = our_login(server, PASSWORD).await;
    assert_eq!(pending.with_totp("000000").await.unwrap_err().code(), "server_902");
    let ours = pending.with_totp(&totp(&otp.secret)).await.unwrap();
    assert!(ours.has_mfa());
    assert_eq!(ours.id().as_str(), theirs.user_id);

    let key = &otp.recovery_keys[0];
    our_login(server, PASSWORD).await.with_recovery_key(key).await.unwrap();
    let again = our_login(server, PASSWORD).await.with_recovery_key(key).await.unwrap_err();
    assert_eq!(again.code(), "server_901");
}

async fn the_partner_logs_in_with_a_second_factor_of_ours(server: &TestServer, partner: &Partner) {
    let theirs = partner_user(partner, "ada");
    let ours = our_client(server).login_forced("ada", PASSWORD).await.unwrap();
    let otp = ours.register_otp(PASSWORD, Mfa::None).await.unwrap();
    for factor in [Factor::Totp(&totp(otp.secret())), Factor::RecoveryKey(otp.recovery_keys()[0])] {
        let TheirLogin::Waiting(login) = partner.begin_login("ada", PASSWORD).unwrap() else {
            panic!("no second factor")
        };
        assert_eq!(login.finish(factor).unwrap().user_id, theirs.user_id);
    }
}

async fn ours_replaces_a_second_factor_of_the_partner_and_gives_it_up(
    server: &TestServer,
    partner: &Partner,
) {
    let theirs = partner_user(partner, "ada");
    let old = theirs.register_otp(PASSWORD, None).unwrap();
    let ours = our_login(server, PASSWORD).await.with_totp(&totp(&old.secret)).await.unwrap();
    let new = ours.reset_otp(PASSWORD, Mfa::Totp(&totp(&old.secret))).await.unwrap();
    let keys = theirs.recovery_keys(PASSWORD, Some(Factor::Totp(&totp(new.secret())))).unwrap();
    assert_eq!(keys.len(), new.recovery_keys().len());
    ours.disable_otp(PASSWORD, Mfa::RecoveryKey(&keys[0])).await.unwrap();
    partner.login("ada", PASSWORD).unwrap();
}

async fn ours_takes_a_password_that_the_partner_changed_with_a_second_factor(
    server: &TestServer,
    partner: &Partner,
) {
    let theirs = partner_user(partner, "ada");
    let otp = theirs.register_otp(PASSWORD, None).unwrap();
    let factor = totp(&otp.secret);
    theirs.change_password(PASSWORD, OTHER_PASSWORD, Some(Factor::Totp(&factor))).unwrap();
    our_login(server, OTHER_PASSWORD).await.with_totp(&totp(&otp.secret)).await.unwrap();
}

async fn our_login(server: &TestServer, password: &str) -> PendingMfa {
    match our_client(server).login("ada", password).await.unwrap() {
        Login::Mfa(pending) => pending,
        Login::User(_) => panic!("nobody asked for the second factor"),
    }
}
