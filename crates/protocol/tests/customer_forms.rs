//! Every serialised form of customers, as a snapshot: a format cannot change by accident.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use keyfold_protocol::app::{AppOptions, FileOptions, GroupOptions};
use keyfold_protocol::customer::app::*;
use keyfold_protocol::customer::group::*;
use keyfold_protocol::customer::*;
use keyfold_protocol::encoding::SecretText;
use keyfold_protocol::group::{GroupUserListItem, MEMBER_USER};
use keyfold_protocol::user::DeviceRegister;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::json;

/// Writes `value`, reads it back, and returns the text.
fn round_trip<T: Serialize + DeserializeOwned + PartialEq + std::fmt::Debug>(value: &T) -> String {
    let text = serde_json::to_string(value).unwrap();
    assert_eq!(&serde_json::from_str::<T>(&text).unwrap(), value);
    text
}

fn secret(text: &str) -> SecretText {
    SecretText::new(text)
}

fn device() -> DeviceRegister {
    serde_json::from_value(json!({
        "master_key": {"master_key_alg": "AES-GCM-256", "encrypted_master_key": "AAEC", "encrypted_master_key_alg": "AES-GCM-256"},
        "derived": {
            "derived_alg": "ARGON-2-SHA256",
            "client_random_value": "AAAAAAAAAAAAAAAAAAAAAA==",
            "hashed_authentication_key": "AAAAAAAAAAAAAAAAAAAAAA==",
            "public_key": "public", "encrypted_private_key": "AAEC", "keypair_encrypt_alg": "ECIES-ed25519",
            "verify_key": "verify", "encrypted_sign_key": "AAEC", "keypair_sign_alg": "ED25519",
        },
        "device_identifier": "ada@example.com",
    }))
    .unwrap()
}

fn captcha() -> CaptchaInput {
    CaptchaInput { captcha_solution: "A2b".into(), captcha_id: "captcha".into() }
}

fn data() -> CustomerData {
    CustomerData { name: "Lovelace".into(), first_name: "Ada".into(), company: None }
}

fn profile() -> CustomerDataOutput {
    CustomerDataOutput {
        validate_email: true,
        email: "ada@example.com".into(),
        email_send: 1_700_000_000_000,
        email_status: 1,
        name: "Lovelace".into(),
        first_name: "Ada".into(),
        company: Some("Engines".into()),
    }
}

fn app_item() -> AppItem {
    AppItem {
        id: "app".into(),
        identifier: "My app".into(),
        time: 1_700_000_000_000,
        group_name: None,
        disabled: None,
        disabled_ts: None,
    }
}

fn jwt_register() -> JwtRegister {
    JwtRegister {
        app_id: "app".into(),
        jwt_id: "key".into(),
        jwt_verify_key: "verify".into(),
        jwt_sign_key: secret("sign"),
        jwt_alg: "ES384".into(),
    }
}

#[test]
fn accounts() {
    let image = CaptchaOutput {
        captcha_id: "captcha".into(),
        png: "iVBORw0KGgo=".into(),
        kind: CaptchaKind::Image,
        zero_bits: None,
    };
    insta::assert_snapshot!("captcha_output_image", round_trip(&image));
    let work = CaptchaOutput {
        captcha_id: "captcha".into(),
        png: String::new(),
        kind: CaptchaKind::ProofOfWork,
        zero_bits: Some(18),
    };
    insta::assert_snapshot!("captcha_output_proof_of_work", round_trip(&work));
    let input = CustomerRegisterInput {
        customer_data: data(),
        email: "ada@example.com".into(),
        register_data: device(),
        captcha_input: Some(captcha()),
        invitation: None,
    };
    insta::assert_snapshot!("customer_register_input", round_trip(&input));
    insta::assert_snapshot!(
        "customer_register_output",
        round_trip(&CustomerRegisterOutput { customer_id: "customer".into() })
    );
    let tokens = CustomerTokens { jwt: secret("jwt"), refresh_token: secret("refresh") };
    insta::assert_snapshot!(
        "customer_login",
        round_trip(&CustomerLogin { verify: tokens, email_data: profile() })
    );
    insta::assert_snapshot!(
        "validate_email_input",
        round_trip(&ValidateEmailInput { token: secret("token") })
    );
    insta::assert_snapshot!(
        "update_email_input",
        round_trip(&UpdateEmailInput { new_email: "ada@example.org".into() })
    );
    insta::assert_snapshot!(
        "ask_password_reset_input",
        round_trip(&AskPasswordResetInput {
            email: "ada@example.com".into(),
            captcha_input: Some(captcha())
        })
    );
    insta::assert_snapshot!(
        "password_reset_input",
        round_trip(&PasswordResetInput { token: secret("token"), reset_password_data: device() })
    );
    let info = CustomerInfo {
        registration: CustomerRegistration::Invitation,
        captcha: CaptchaKind::Off,
        mail: false,
    };
    insta::assert_snapshot!("customer_info", round_trip(&info));
}

#[test]
fn groups() {
    insta::assert_snapshot!(
        "customer_group_input",
        round_trip(&CustomerGroupInput { name: Some("Team".into()), des: None })
    );
    let item = CustomerGroupItem {
        id: "group".into(),
        time: 1_700_000_000_000,
        rank: 0,
        group_name: Some("Team".into()),
        des: None,
    };
    insta::assert_snapshot!(
        "customer_group_view",
        round_trip(&CustomerGroupView { data: item, apps: vec![app_item()] })
    );
    let members = CustomerGroupMembers {
        group_member: vec![GroupUserListItem {
            user_id: "customer".into(),
            rank: 4,
            joined_time: 1_700_000_000_000,
            user_type: MEMBER_USER,
        }],
        customer_data: vec![CustomerPerson {
            id: "customer".into(),
            first_name: "Ada".into(),
            name: "Lovelace".into(),
            email: "ada@example.com".into(),
        }],
    };
    insta::assert_snapshot!("customer_group_members", round_trip(&members));
}

#[test]
fn apps() {
    let input = AppRegisterInput {
        identifier: Some("My app".into()),
        options: AppOptions::standard(),
        file_options: FileOptions::none(),
        group_options: GroupOptions::default(),
    };
    insta::assert_snapshot!("app_register_input", round_trip(&input));
    let output = AppRegisterOutput {
        app_id: "app".into(),
        secret_token: secret("secret"),
        public_token: secret("public"),
        jwt_data: jwt_register(),
    };
    insta::assert_snapshot!("app_register_output", round_trip(&output));
    insta::assert_snapshot!("app_update_input", round_trip(&AppUpdateInput { identifier: None }));
    insta::assert_snapshot!("app_owner_input", round_trip(&AppOwnerInput { group_id: Some("group".into()) }));
    let key = JwtData {
        jwt_key_id: "key".into(),
        jwt_alg: "ES384".into(),
        time: 1_700_000_000_000,
        sign_key: secret("sign"),
        verify_key: "verify".into(),
    };
    insta::assert_snapshot!("jwt_data", round_trip(&key));
    insta::assert_snapshot!(
        "app_tokens",
        round_trip(&AppTokens { secret_token: secret("secret"), public_token: secret("public") })
    );
    let details = AppDetails {
        options: AppOptions::closed(),
        file_options: FileOptions::none().into(),
        group_options: GroupOptions::default(),
        details: app_item(),
    };
    insta::assert_snapshot!("app_details", round_trip(&details));
}

#[test]
fn a_captcha_of_another_server_is_an_image() {
    let output: CaptchaOutput = serde_json::from_str(r#"{"captcha_id":"a","png":"AAAA"}"#).unwrap();
    assert_eq!(output.kind, CaptchaKind::Image);
}
