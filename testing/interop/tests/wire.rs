//! The partner's JSON types and ours understand each other, without a server.
//!
//! The texts that we would send are the snapshots that pin our wire forms.

use std::path::Path;

use keyfold_interop::partner::{Kind, Offline, Wire};
use keyfold_protocol::envelope;
use keyfold_protocol::error::ErrorCode;
use keyfold_protocol::user::RegisterInput;
use serde_json::{Map, Value};

/// Every wire form of ours that the partner has a type for. It has none for error codes and app settings.
const FORMS: &[(&str, Kind)] = &[
    ("access_by_group", Kind::AccessBy),
    ("access_by_group_of_a_parent", Kind::AccessBy),
    ("change_password_input", Kind::ChangePassword),
    ("change_rank_input", Kind::ChangeRank),
    ("device_list_item", Kind::DeviceListItem),
    ("done_device_input", Kind::DeviceDone),
    ("done_device_light_input", Kind::DeviceDoneLight),
    ("done_device_output", Kind::NewMemberDone),
    ("done_login_input", Kind::DoneLoginInput),
    ("done_login_output_direct", Kind::DoneLogin),
    ("done_login_output_otp", Kind::DoneLogin),
    ("exists_output", Kind::IdentifierAvailable),
    ("forced_login", Kind::ForcedLogin),
    ("forced_login_light", Kind::ForcedLoginLight),
    ("group_child_item", Kind::ChildListItem),
    ("group_create", Kind::GroupCreate),
    ("group_create_output", Kind::GroupCreated),
    ("group_create_signed", Kind::GroupCreate),
    ("group_data", Kind::Group),
    ("group_join_req_item", Kind::JoinRequestListItem),
    ("group_key", Kind::GroupKey),
    ("group_key_of_a_user", Kind::GroupKey),
    ("group_light_data", Kind::GroupLight),
    ("group_user_list_item", Kind::MemberListItem),
    ("init_output", Kind::Init),
    ("jwt_info", Kind::JwtInfo),
    ("key_rotation_done", Kind::RotationDone),
    ("key_rotation_pending", Kind::RotationPending),
    ("key_rotation_start", Kind::RotationStart),
    ("key_rotation_start_output", Kind::RotationStarted),
    ("list_group_item", Kind::GroupListItem),
    ("new_member_keys", Kind::NewMemberKeys),
    ("new_member_keys_with_rank", Kind::NewMemberKeys),
    ("new_member_light", Kind::NewMemberLight),
    ("new_member_output", Kind::NewMemberDone),
    ("new_member_output_with_session", Kind::NewMemberDone),
    ("otp_input", Kind::OtpInput),
    ("otp_recovery_keys", Kind::OtpRecoveryKeys),
    ("otp_register", Kind::OtpRegister),
    ("prepare_device_output", Kind::DevicePrepared),
    ("prepare_login_output", Kind::PrepareLogin),
    ("public_key_signed", Kind::PublicKey),
    ("public_key_unsigned", Kind::PublicKey),
    ("refresh_input", Kind::RefreshInput),
    ("refresh_output", Kind::Refresh),
    ("register_input", Kind::Register),
    ("register_output", Kind::RegisterDone),
    ("reset_password_input", Kind::ResetPassword),
    ("update_check", Kind::UpdateCheck),
    ("update_check_light", Kind::UpdateCheckLight),
    ("user_identifier", Kind::Identifier),
    ("verify_key", Kind::VerifyKey),
    ("verify_login", Kind::VerifyLogin),
    ("verify_login_input", Kind::VerifyLoginInput),
    ("verify_login_light", Kind::VerifyLoginLight),
];

#[test]
fn the_partner_reads_every_form_and_would_write_it_the_same_way() {
    let partner = Wire::start();
    let differences: Vec<String> = FORMS
        .iter()
        .filter_map(|&(name, kind)| {
            let ours = snapshot(name);
            let theirs = partner.read_body(kind, &ours).unwrap_or_else(|refusal| refusal.text);
            (theirs != ours).then(|| format!("{name}\n  ours:   {ours}\n  theirs: {theirs}"))
        })
        .collect();
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}

#[test]
fn the_partner_reads_the_claims_of_an_access_token() {
    Wire::start().read_body(Kind::Claims, &snapshot("claims")).unwrap();
}

#[test]
fn the_partner_does_not_depend_on_the_order_of_members() {
    let partner = Wire::start();
    for &(name, kind) in FORMS {
        let ours = snapshot(name);
        // Parsing into a map sorts the members by name.
        let sorted = serde_json::from_str::<Value>(&ours).unwrap().to_string();
        assert_eq!(partner.read_body(kind, &sorted).as_deref(), Ok(&*ours), "{name}");
    }
}

#[test]
fn the_partner_ignores_members_that_it_does_not_know() {
    let partner = Wire::start();
    for &(name, kind) in FORMS {
        // In an enum such a member would be another variant.
        if matches!(kind, Kind::AccessBy | Kind::DoneLogin) {
            continue;
        }
        let ours = snapshot(name);
        let mut extended: Map<String, Value> = serde_json::from_str(&ours).unwrap();
        extended.insert("new_member".into(), Value::from(1));
        let extended = Value::Object(extended).to_string();
        assert_eq!(partner.read_body(kind, &extended).as_deref(), Ok(&*ours), "{name}");
    }
}

#[test]
fn the_partner_takes_a_missing_member_for_null() {
    let partner = Wire::start();
    let mut cases = 0;
    for &(name, kind) in FORMS {
        let ours = snapshot(name);
        let Ok(mut members) = serde_json::from_str::<Map<String, Value>>(&ours) else { continue };
        let count = members.len();
        members.retain(|_, value| !value.is_null());
        if members.len() < count {
            let shortened = Value::Object(members).to_string();
            assert_eq!(partner.read_body(kind, &shortened).as_deref(), Ok(&*ours), "{name}");
            cases += 1;
        }
    }
    assert!(cases > 3, "only {cases} forms hold a null");
}

#[test]
fn the_partner_takes_null_for_a_missing_member() {
    let ours = snapshot("group_key");
    let mut members: Map<String, Value> = serde_json::from_str(&ours).unwrap();
    for name in [
        "signed_by_user_id",
        "signed_by_user_sign_key_id",
        "group_key_sig",
        "encrypted_sign_key",
        "verify_key",
        "keypair_sign_alg",
        "keypair_sign_id",
        "public_key_sig",
        "public_key_sig_key_id",
    ] {
        assert_eq!(members.insert(name.into(), Value::Null), None, "{name} is absent in an unsigned key");
    }
    let padded = Value::Object(members).to_string();
    assert_eq!(Wire::start().read_body(Kind::GroupKey, &padded).as_deref(), Ok(&*ours));
}

#[test]
fn the_partner_unpacks_our_envelope() {
    let result = snapshot("verify_key");
    let answer = envelope::success(&serde_json::from_str::<Value>(&result).unwrap()).unwrap();
    let answer = String::from_utf8(answer).unwrap();
    assert_eq!(Wire::start().read_answer(Kind::VerifyKey, &answer).as_deref(), Ok(&*result));
}

#[test]
fn the_partner_understands_our_refusal() {
    let answer = String::from_utf8(envelope::failure(ErrorCode::WrongPassword, "")).unwrap();
    let refusal = Wire::start().read_answer(Kind::VerifyKey, &answer).unwrap_err();
    assert_eq!(refusal.server_code, Some(112));
    assert_eq!(refusal.text, "Wrong username or password");
}

#[test]
fn a_registration_by_the_partner_is_written_exactly_as_we_would_write_it() {
    let body = Offline::start().prepare_register("ada", "correct horse").unwrap();
    let parsed: RegisterInput = serde_json::from_str(&body).unwrap();
    assert_eq!(serde_json::to_string(&parsed).unwrap(), body);
}

/// The text that a snapshot of our wire forms holds.
fn snapshot(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../crates/protocol/tests/snapshots")
        .join(format!("wire_forms__{name}.snap"));
    let file = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let (_, text) = file.strip_prefix("---\n").unwrap().split_once("\n---\n").unwrap();
    text.trim_end().to_owned()
}
