//! Registration, login, password change and reset.

use keyfold_crypto::password::Cost;
use keyfold_crypto::{Error, Login, SearchKey, Suite, UserKeys, server};
use keyfold_protocol::encoding::{DeviceIdentifier, SecretText};
use keyfold_protocol::user::{
    ChangePasswordInput, DeviceKeys, DeviceRegister, DoneLoginOutput, LoginKeys, PrepareLoginOutput,
    RegisterInput, ResetPasswordInput, VerifyLogin,
};
use serde_json::Value;

use crate::support::{assert_export, base64, hex, list, load, result, text, wire};

pub(crate) fn register_and_login(file: &Value, suite: &Suite) {
    let cost = if text(&file["file"]).starts_with("std015") { Cost::LEGACY } else { Cost::CURRENT };
    for vector in list(&file["vectors"]) {
        let registration: RegisterInput = wire(&vector["register_json"]);
        server::check_device(&registration.device).unwrap();
        server::check_group(&registration.group).unwrap();
        log_in(vector, suite, cost);
    }
}

/// Goes through the whole login and compares everything on the way.
fn log_in(vector: &Value, suite: &Suite, cost: Cost) {
    let (client, answers, expected) = (&vector["client"], &vector["server"], &vector["expected"]);
    let identifier = DeviceIdentifier::parse(text(&vector["identifier"])).unwrap();
    assert_eq!(
        serde_json::to_string(&Login::start(&identifier)).unwrap(),
        text(&client["prepare_login_request_json"])
    );

    let answer: PrepareLoginOutput = result(&answers["prepare_login_response_json"]);
    assert_eq!(answer.derived_encryption_key_alg.as_str(), suite.password_algorithm());
    let login = Login::derive(text(&vector["password"]), &identifier, &answer, cost).unwrap();
    assert_eq!(serde_json::to_string(&login.done_login()).unwrap(), text(&client["done_login_request_json"]));
    assert_eq!(
        login.keys().hashed_authentication_key().as_bytes(),
        hex(&client["hashed_auth_key_hex"]).as_slice()
    );

    let answer: LoginKeys = match result(&answers["done_login_response_json"]) {
        DoneLoginOutput::Direct(answer) => *answer,
        DoneLoginOutput::Otp => panic!("the vectors have no second factor"),
    };
    let device = login.open_device(&answer.device_keys).unwrap();
    assert_export(&device.private_key, &expected["device_private_key_export_json"]);
    assert_export(&device.public_key, &expected["device_public_key_export_json"]);
    assert_export(&device.sign_key, &expected["device_sign_key_export_json"]);
    assert_export(&device.verify_key, &expected["device_verify_key_export_json"]);
    assert_eq!(device.public_key.export_data().unwrap(), text(&expected["device_exported_public_key_json"]));
    assert_eq!(device.verify_key.export_data().unwrap(), text(&expected["device_exported_verify_key_json"]));

    // The challenges of the vectors are not of the documented form: they open, but are not given away.
    let challenge =
        device.private_key.decrypt(&base64(&serde_json::json!(answer.challenge.as_str()))).unwrap();
    assert_eq!(challenge, text(&answers["challenge_plaintext"]).as_bytes());
    assert_eq!(device.solve_challenge(&answer.challenge).unwrap_err(), Error::LoginChallenge);
    let request = login.verify_login(SecretText::new(String::from_utf8(challenge).unwrap()));
    assert_eq!(serde_json::to_string(&request).unwrap(), text(&client["verify_login_request_json"]));

    let answer: VerifyLogin = result(&answers["verify_login_response_json"]);
    let user_keys: Vec<_> =
        answer.user_keys.iter().map(|keys| UserKeys::open(keys, &device.private_key).unwrap()).collect();
    let newest = &user_keys[0];
    assert_export(&newest.group.key, &expected["user_group_key_export_json"]);
    assert_export(newest.group.private_key().unwrap(), &expected["user_private_key_export_json"]);
    assert_export(newest.group.public_key().unwrap(), &expected["user_public_key_export_json"]);
    assert_export(&newest.sign_key, &expected["user_sign_key_export_json"]);
    assert_export(&newest.verify_key, &expected["user_verify_key_export_json"]);
    assert_eq!(
        newest.group.public_key().unwrap().export_data().unwrap(),
        text(&expected["user_exported_public_key_json"])
    );
    assert_eq!(newest.verify_key.export_data().unwrap(), text(&expected["user_exported_verify_key_json"]));
    let signed = newest.group.public_key().unwrap().is_signed_by(&newest.verify_key).unwrap();
    assert_eq!(Some(signed), expected["public_key_sig_valid"].as_bool());
    let hmac = SearchKey::open(&answer.hmac_keys[0], &newest.group.key).unwrap();
    assert_export(&hmac, &expected["user_hmac_key_export_json"]);
}

pub(crate) fn change_and_reset(file: &Value) {
    let before = load("std_register_login");
    let before =
        list(&before["vectors"]).iter().find(|user| text(&user["identifier"]) == "bob@example.com").unwrap();
    let DoneLoginOutput::Direct(answer) = result(&before["server"]["done_login_response_json"]) else {
        panic!("the vectors have no second factor")
    };
    let old: PrepareLoginOutput = result(&before["server"]["prepare_login_response_json"]);
    let identifier = DeviceIdentifier::parse("bob@example.com").unwrap();
    let login =
        Login::derive(text(&file["change"]["old_password"]), &identifier, &old, Cost::CURRENT).unwrap();

    // The published body is one that our login would have made, up to its randomness.
    let body: ChangePasswordInput = wire(&file["change"]["body_json"]);
    assert_eq!(body.old_auth_key, login.done_login().auth_key);
    let ours = login.change_password(text(&file["change"]["new_password"]), &answer.device_keys).unwrap();
    assert_eq!(ours.old_auth_key, body.old_auth_key);
    assert_eq!(ours.new_derived_alg, body.new_derived_alg);
    let _: ResetPasswordInput = wire(&file["reset"]["body_json"]);

    for step in ["change", "reset"] {
        let step = &file[step];
        let stored: RegisterInput = wire(&step["register_after_json"]);
        let login = log_in_to_stored(&stored.device, text(&step["new_password"]), &step["login_after"]);
        let device = login
            .open_device(&DeviceKeys {
                encrypted_master_key: stored.device.master_key.encrypted_master_key.clone(),
                encrypted_private_key: stored.device.derived.encrypted_private_key.clone(),
                encrypted_sign_key: stored.device.derived.encrypted_sign_key.clone(),
                ..answer.device_keys.clone()
            })
            .unwrap();
        assert_export(&device.private_key, &before["expected"]["device_private_key_export_json"]);
        assert_export(&device.sign_key, &before["expected"]["device_sign_key_export_json"]);
    }
}

/// The first half of a login to a device whose registration a server has stored.
pub(crate) fn log_in_to_stored(stored: &DeviceRegister, password: &str, expected: &Value) -> Login {
    let derived = &stored.derived;
    let salt = server::login_salt(derived.derived_alg.as_str(), &derived.client_random_value, "").unwrap();
    assert_eq!(*salt.to_base64(), text(&expected["salt_b64"]));
    let answer =
        PrepareLoginOutput { salt_string: salt, derived_encryption_key_alg: derived.derived_alg.clone() };
    let login = Login::derive(password, &stored.device_identifier, &answer, Cost::CURRENT).unwrap();
    assert_eq!(
        serde_json::to_string(&login.done_login()).unwrap(),
        text(&expected["done_login_request_json"])
    );
    assert_eq!(login.keys().hashed_authentication_key(), derived.hashed_authentication_key);
    login
}
