//! Every serialised form, as a snapshot: a format cannot change by accident.
//!
//! The texts are what goes over the wire, so that member order and `null`-or-omitted show.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use keyfold_protocol::app::{AppOptions, FILE_STORAGE_OWN, FileOptions, GroupOptions};
use keyfold_protocol::encoding::{
    AlgorithmId, AuthenticationKey, Base64Text, ClientRandomValue, DeviceIdentifier, HashedAuthenticationKey,
    KeyText, OpaqueText, Salt, SecretText,
};
use keyfold_protocol::error::ErrorCode;
use keyfold_protocol::file::*;
use keyfold_protocol::group::*;
use keyfold_protocol::session::Claims;
use keyfold_protocol::user::*;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// Writes `value`, reads it back, and returns the text.
fn round_trip<T: Serialize + DeserializeOwned + PartialEq + std::fmt::Debug>(value: &T) -> String {
    let text = serde_json::to_string(value).unwrap();
    assert_eq!(&serde_json::from_str::<T>(&text).unwrap(), value);
    text
}

fn b64(text: &str) -> Base64Text {
    Base64Text::encode(text.as_bytes())
}

fn alg(text: &str) -> AlgorithmId {
    AlgorithmId::parse(text).unwrap()
}

fn key_text(text: &str) -> KeyText {
    KeyText::parse(text).unwrap()
}

fn identifier() -> DeviceIdentifier {
    DeviceIdentifier::parse("alice@example.com").unwrap()
}

fn secret(text: &str) -> SecretText {
    SecretText::new(text)
}

fn master_key() -> MasterKey {
    MasterKey {
        master_key_alg: alg("AES-GCM-256"),
        encrypted_master_key: b64("master"),
        encrypted_master_key_alg: alg("AES-GCM-256"),
    }
}

fn device_register() -> DeviceRegister {
    DeviceRegister {
        master_key: master_key(),
        derived: KeyDerivedData {
            derived_alg: alg("ARGON-2-SHA256"),
            client_random_value: ClientRandomValue::new([1; 16]),
            hashed_authentication_key: HashedAuthenticationKey::new([2; 16]),
            public_key: key_text("public"),
            encrypted_private_key: b64("private"),
            keypair_encrypt_alg: alg("ECIES-ed25519_KYBER_768"),
            verify_key: key_text("verify"),
            encrypted_sign_key: b64("sign"),
            keypair_sign_alg: alg("ED25519_DILITHIUM_3"),
        },
        device_identifier: identifier(),
    }
}

fn group_create(user_group: bool, signed: bool) -> GroupCreate {
    GroupCreate {
        encrypted_group_key: b64("group key"),
        group_key_alg: alg("AES-GCM-256"),
        encrypted_group_key_alg: alg("ECIES-ed25519_KYBER_768"),
        encrypted_private_group_key: b64("private group key"),
        public_group_key: key_text("public group key"),
        keypair_encrypt_alg: alg("ECIES-ed25519_KYBER_768"),
        creator_public_key_id: "non_registered".into(),
        encrypted_hmac_key: b64("hmac"),
        encrypted_hmac_alg: alg("HMAC-SHA256"),
        encrypted_sortable_key: b64(""),
        encrypted_sortable_alg: alg("OPE-16"),
        signed_by_user_id: signed.then(|| "user".into()),
        signed_by_user_sign_key_id: signed.then(|| "sign key".into()),
        group_key_sig: signed.then(|| key_text("signature")),
        encrypted_sign_key: user_group.then(|| b64("sign key")),
        verify_key: user_group.then(|| key_text("verify key")),
        keypair_sign_alg: user_group.then(|| alg("ED25519_DILITHIUM_3")),
        public_key_sig: user_group.then(|| key_text("public key signature")),
    }
}

fn group_key(user_group: bool) -> GroupKey {
    GroupKey {
        encrypted_group_key: b64("group key"),
        group_key_alg: alg("AES-GCM-256"),
        group_key_id: "key".into(),
        encrypted_private_group_key: b64("private group key"),
        public_group_key: key_text("public group key"),
        keypair_encrypt_alg: alg("ECIES-ed25519_KYBER_768"),
        key_pair_id: "key".into(),
        user_public_key_id: "public key".into(),
        time: 1_700_000_000_000,
        signed_by_user_id: None,
        signed_by_user_sign_key_id: None,
        group_key_sig: None,
        encrypted_sign_key: user_group.then(|| b64("sign key")),
        verify_key: user_group.then(|| key_text("verify key")),
        keypair_sign_alg: user_group.then(|| alg("ED25519_DILITHIUM_3")),
        keypair_sign_id: user_group.then(|| "key".into()),
        public_key_sig: user_group.then(|| key_text("public key signature")),
        public_key_sig_key_id: user_group.then(|| "key".into()),
    }
}

fn file_meta(belongs_to_type: BelongsToType, belongs_to: Option<&str>) -> FileMeta {
    FileMeta {
        file_id: "file".into(),
        master_key_id: "key".into(),
        owner: "user".into(),
        belongs_to: belongs_to.map(str::to_owned),
        belongs_to_type,
        encrypted_key: key_text("{}"),
        encrypted_key_alg: alg("AES-GCM-256"),
        time: 1_700_000_000_000,
        encrypted_file_name: belongs_to.map(|_| OpaqueText::parse("name").unwrap()),
        part_list: vec![FilePart { part_id: "part".into(), sequence: 1, extern_storage: false }],
    }
}

fn hmac_key() -> HmacKey {
    HmacKey {
        id: "hmac".into(),
        encrypted_hmac_key: b64("hmac"),
        encrypted_hmac_alg: alg("HMAC-SHA256"),
        encrypted_hmac_encryption_key_id: "key".into(),
        time: 1_700_000_000_000,
    }
}

fn sortable_key() -> SortableKey {
    SortableKey {
        id: "sortable".into(),
        encrypted_sortable_key: b64("sortable"),
        encrypted_sortable_alg: alg("OPE-16"),
        encrypted_sortable_encryption_key_id: "key".into(),
        time: 1_700_000_000_000,
    }
}

fn device_keys() -> DeviceKeys {
    DeviceKeys {
        encrypted_master_key: b64("master"),
        encrypted_private_key: b64("private"),
        public_key_string: key_text("public"),
        keypair_encrypt_alg: alg("ECIES-ed25519_KYBER_768"),
        encrypted_sign_key: b64("sign"),
        verify_key_string: key_text("verify"),
        keypair_sign_alg: alg("ED25519_DILITHIUM_3"),
        keypair_encrypt_id: "device".into(),
        keypair_sign_id: "device".into(),
        user_id: "user".into(),
        device_id: "device".into(),
        user_group_id: "user group".into(),
    }
}

fn new_member_keys(rank: Option<i32>) -> NewMemberKeys {
    NewMemberKeys {
        keys: vec![NewMemberKey {
            encrypted_group_key: b64("group key"),
            alg: alg("AES-GCM-256"),
            encrypted_alg: alg("ECIES-ed25519_KYBER_768"),
            key_id: "key".into(),
            user_public_key_id: "public key".into(),
        }],
        rank,
        key_session: false,
    }
}

fn forced_device_keys() -> ForcedDeviceKeys {
    let keys = device_keys();
    ForcedDeviceKeys {
        device_id: keys.device_id,
        user_id: keys.user_id,
        user_group_id: keys.user_group_id,
        encrypted_master_key: keys.encrypted_master_key,
        encrypted_private_key: keys.encrypted_private_key,
        public_key_string: keys.public_key_string,
        keypair_encrypt_alg: keys.keypair_encrypt_alg,
        encrypted_sign_key: keys.encrypted_sign_key,
        verify_key_string: keys.verify_key_string,
        keypair_sign_alg: keys.keypair_sign_alg,
    }
}

fn verify_login() -> VerifyLogin {
    VerifyLogin {
        user_keys: vec![group_key(true)],
        hmac_keys: vec![hmac_key()],
        jwt: secret("a.b.c"),
        refresh_token: secret("refresh"),
    }
}

fn verify_login_light() -> VerifyLoginLight {
    VerifyLoginLight { jwt: secret("a.b.c"), refresh_token: secret("refresh") }
}

#[test]
fn registration_and_devices() {
    insta::assert_snapshot!(
        "register_input",
        round_trip(&RegisterInput { device: device_register(), group: group_create(true, false) })
    );
    insta::assert_snapshot!(
        "register_output",
        round_trip(&RegisterOutput {
            user_id: "user".into(),
            device_id: "device".into(),
            device_identifier: identifier(),
        })
    );
    insta::assert_snapshot!("user_identifier", round_trip(&UserIdentifier { user_identifier: identifier() }));
    insta::assert_snapshot!(
        "exists_output",
        round_trip(&ExistsOutput { user_identifier: identifier(), available: false })
    );
    insta::assert_snapshot!(
        "prepare_device_output",
        round_trip(&PrepareDeviceOutput {
            device_id: "device".into(),
            token: secret("token"),
            device_identifier: identifier(),
            public_key_string: key_text("public"),
            keypair_encrypt_alg: alg("ECIES-ed25519_KYBER_768"),
        })
    );
    insta::assert_snapshot!(
        "done_device_input",
        round_trip(&DoneDeviceInput { user_keys: new_member_keys(None), token: secret("token") })
    );
    insta::assert_snapshot!(
        "done_device_light_input",
        round_trip(&DoneDeviceLightInput {
            user_group: NewMemberLight { rank: Some(4) },
            token: secret("token"),
        })
    );
    insta::assert_snapshot!(
        "done_device_output",
        round_trip(&DoneDeviceOutput { session_id: None, message: "done".to_owned() })
    );
    insta::assert_snapshot!(
        "device_list_item",
        round_trip(&DeviceListItem {
            device_id: "device".into(),
            time: 1_700_000_000_000,
            device_identifier: "hash".to_owned(),
        })
    );
}

#[test]
fn login_and_session() {
    insta::assert_snapshot!(
        "prepare_login_output",
        round_trip(&PrepareLoginOutput {
            salt_string: Salt::new([3; 32]),
            derived_encryption_key_alg: alg("ARGON-2-SHA256"),
        })
    );
    insta::assert_snapshot!(
        "done_login_input",
        round_trip(&DoneLoginInput {
            auth_key: secret(&AuthenticationKey::new([4; 32]).to_base64()),
            device_identifier: identifier(),
        })
    );
    insta::assert_snapshot!("done_login_output_otp", round_trip(&DoneLoginOutput::Otp));
    insta::assert_snapshot!(
        "done_login_output_direct",
        round_trip(&DoneLoginOutput::Direct(Box::new(LoginKeys {
            device_keys: device_keys(),
            challenge: b64("challenge"),
        })))
    );
    insta::assert_snapshot!(
        "otp_input",
        round_trip(&OtpInput {
            token: secret("123456"),
            auth_key: secret("key"),
            device_identifier: identifier(),
        })
    );
    insta::assert_snapshot!(
        "verify_login_input",
        round_trip(&VerifyLoginInput {
            auth_key: secret("key"),
            device_identifier: identifier(),
            challenge: secret("challenge"),
        })
    );
    insta::assert_snapshot!("verify_login", round_trip(&verify_login()));
    insta::assert_snapshot!("verify_login_light", round_trip(&verify_login_light()));
    insta::assert_snapshot!("refresh_input", round_trip(&RefreshInput { refresh_token: secret("refresh") }));
    insta::assert_snapshot!(
        "refresh_output",
        round_trip(&RefreshOutput {
            user_id: "user".into(),
            jwt: secret("a.b.c"),
            device_id: "device".into(),
        })
    );
    insta::assert_snapshot!(
        "init_output",
        round_trip(&InitOutput {
            jwt: secret("a.b.c"),
            invites: vec![GroupInviteItem { group_id: "group".into(), time: 1_700_000_000_000 }],
        })
    );
    insta::assert_snapshot!(
        "claims",
        round_trip(&Claims {
            aud: "user".into(),
            sub: "device".into(),
            iat: 1_700_000_000,
            exp: 1_700_000_300,
            fresh: true,
            sid: None,
        })
    );
    insta::assert_snapshot!(
        "jwt_info",
        round_trip(&JwtInfo { id: "user".into(), device_id: "device".into() })
    );
    insta::assert_snapshot!(
        "forced_login",
        round_trip(&ForcedLogin { device_keys: forced_device_keys(), verify: verify_login() })
    );
    insta::assert_snapshot!(
        "forced_login_light",
        round_trip(&ForcedLoginLight { device_keys: forced_device_keys(), verify: verify_login_light() })
    );
}

#[test]
fn account_and_public_keys() {
    insta::assert_snapshot!(
        "change_password_input",
        round_trip(&ChangePasswordInput {
            new_derived_alg: alg("ARGON-2-SHA256"),
            new_client_random_value: ClientRandomValue::new([5; 16]),
            new_hashed_authentication_key: HashedAuthenticationKey::new([6; 16]),
            new_encrypted_master_key: b64("master"),
            new_encrypted_master_key_alg: alg("AES-GCM-256"),
            old_auth_key: secret("key"),
        })
    );
    insta::assert_snapshot!(
        "reset_password_input",
        round_trip(&ResetPasswordInput {
            client_random_value: ClientRandomValue::new([5; 16]),
            hashed_authentication_key: HashedAuthenticationKey::new([6; 16]),
            master_key: master_key(),
            derived_alg: alg("ARGON-2-SHA256"),
            encrypted_private_key: b64("private"),
            encrypted_sign_key: b64("sign"),
        })
    );
    insta::assert_snapshot!(
        "otp_register",
        round_trip(&OtpRegister {
            secret: secret("SECRET"),
            alg: "totp_sha256".to_owned(),
            recover: vec![secret("ONE"), secret("TWO")],
        })
    );
    insta::assert_snapshot!("otp_recovery_keys", round_trip(&OtpRecoveryKeys { keys: vec![secret("ONE")] }));
    insta::assert_snapshot!(
        "public_key_unsigned",
        round_trip(&PublicKeyData {
            public_key_id: "key".into(),
            public_key: key_text("public"),
            public_key_alg: alg("ECIES-ed25519"),
            public_key_sig: None,
            public_key_sig_key_id: None,
        })
    );
    insta::assert_snapshot!(
        "public_key_signed",
        round_trip(&PublicKeyData {
            public_key_id: "key".into(),
            public_key: key_text("public"),
            public_key_alg: alg("ECIES-ed25519"),
            public_key_sig: Some(key_text("signature")),
            public_key_sig_key_id: Some("key".into()),
        })
    );
    insta::assert_snapshot!(
        "verify_key",
        round_trip(&VerifyKeyData {
            verify_key_id: "key".into(),
            verify_key: key_text("verify"),
            verify_key_alg: alg("ED25519"),
        })
    );
}

#[test]
fn groups_and_keys() {
    insta::assert_snapshot!("group_create", round_trip(&group_create(false, false)));
    insta::assert_snapshot!("group_create_signed", round_trip(&group_create(false, true)));
    insta::assert_snapshot!(
        "group_create_output",
        round_trip(&GroupCreateOutput { group_id: "group".into() })
    );
    insta::assert_snapshot!("group_key", round_trip(&group_key(false)));
    insta::assert_snapshot!("group_key_of_a_user", round_trip(&group_key(true)));
    insta::assert_snapshot!(
        "group_data",
        round_trip(&GroupData {
            group_id: "group".into(),
            parent_group_id: None,
            keys: vec![group_key(false)],
            hmac_keys: vec![hmac_key()],
            sortable_keys: vec![sortable_key()],
            key_update: false,
            rank: 0,
            created_time: 1_700_000_000_000,
            joined_time: 1_700_000_000_000,
            access_by: AccessBy::User,
            is_connected_group: false,
        })
    );
    insta::assert_snapshot!(
        "group_light_data",
        round_trip(&GroupLightData {
            group_id: "group".into(),
            parent_group_id: Some("parent".into()),
            rank: 4,
            created_time: 1_700_000_000_000,
            joined_time: 1_700_000_000_000,
            access_by: AccessBy::Parent("parent".into()),
            is_connected_group: true,
        })
    );
    insta::assert_snapshot!("access_by_group", round_trip(&AccessBy::GroupAsUser("group".into())));
    insta::assert_snapshot!(
        "access_by_group_of_a_parent",
        round_trip(&AccessBy::GroupAsUserAsParent { parent: "parent".into(), group_as_user: "group".into() })
    );
    insta::assert_snapshot!("update_check", round_trip(&UpdateCheck { key_update: true, rank: 2 }));
    insta::assert_snapshot!("update_check_light", round_trip(&UpdateCheckLight { rank: 2 }));
}

#[test]
fn members_and_rotation() {
    insta::assert_snapshot!("new_member_keys", round_trip(&new_member_keys(None)));
    insta::assert_snapshot!("new_member_keys_with_rank", round_trip(&new_member_keys(Some(2))));
    insta::assert_snapshot!("new_member_light", round_trip(&NewMemberLight { rank: None }));
    insta::assert_snapshot!(
        "new_member_output",
        round_trip(&NewMemberOutput { session_id: None, message: "added".to_owned() })
    );
    insta::assert_snapshot!(
        "new_member_output_with_session",
        round_trip(&NewMemberOutput { session_id: Some("session".into()), message: "added".to_owned() })
    );
    insta::assert_snapshot!(
        "key_rotation_start",
        round_trip(&KeyRotationStart {
            encrypted_group_key_by_user: b64("group key"),
            group_key_alg: alg("AES-GCM-256"),
            encrypted_group_key_alg: alg("ECIES-ed25519_KYBER_768"),
            encrypted_private_group_key: b64("private group key"),
            public_group_key: key_text("public group key"),
            keypair_encrypt_alg: alg("ECIES-ed25519_KYBER_768"),
            encrypted_group_key_by_ephemeral: b64("by ephemeral"),
            ephemeral_alg: alg("AES-GCM-256"),
            encrypted_ephemeral_key: b64("ephemeral"),
            previous_group_key_id: "previous".into(),
            invoker_public_key_id: "public key".into(),
            signed_by_user_id: None,
            signed_by_user_sign_key_id: None,
            group_key_sig: None,
            encrypted_sign_key: None,
            verify_key: None,
            keypair_sign_alg: None,
            public_key_sig: None,
        })
    );
    insta::assert_snapshot!(
        "key_rotation_start_output",
        round_trip(&KeyRotationStartOutput { group_id: "group".into(), key_id: "key".into() })
    );
    insta::assert_snapshot!(
        "key_rotation_pending",
        round_trip(&KeyRotationPending {
            error: None,
            encrypted_ephemeral_key_by_group_key_and_public_key: b64("ephemeral"),
            encrypted_group_key_by_ephemeral: b64("by ephemeral"),
            ephemeral_alg: alg("AES-GCM-256"),
            encrypted_eph_key_key_id: "public key".into(),
            previous_group_key_id: "previous".into(),
            time: 1_700_000_000_000,
            new_group_key_id: "key".into(),
            signed_by_user_id: None,
            signed_by_user_sign_key_id: None,
            group_key_sig: None,
        })
    );
    insta::assert_snapshot!(
        "key_rotation_pending_signed",
        round_trip(&KeyRotationPending {
            error: None,
            encrypted_ephemeral_key_by_group_key_and_public_key: b64("ephemeral"),
            encrypted_group_key_by_ephemeral: b64("by ephemeral"),
            ephemeral_alg: alg("AES-GCM-256"),
            encrypted_eph_key_key_id: "public key".into(),
            previous_group_key_id: "previous".into(),
            time: 1_700_000_000_000,
            new_group_key_id: "key".into(),
            signed_by_user_id: Some("user".into()),
            signed_by_user_sign_key_id: Some("verify key".into()),
            group_key_sig: Some(KeyText::from_checked("signature")),
        })
    );
    insta::assert_snapshot!(
        "key_rotation_done",
        round_trip(&KeyRotationDone {
            encrypted_new_group_key: b64("group key"),
            public_key_id: "public key".into(),
            encrypted_alg: alg("ECIES-ed25519_KYBER_768"),
        })
    );
    insta::assert_snapshot!(
        "group_user_list_item",
        round_trip(&GroupUserListItem {
            user_id: "user".into(),
            rank: 4,
            joined_time: 1_700_000_000_000,
            user_type: MEMBER_USER,
        })
    );
    insta::assert_snapshot!(
        "group_join_req_item",
        round_trip(&GroupJoinReqItem {
            user_id: "group".into(),
            time: 1_700_000_000_000,
            user_type: MEMBER_GROUP,
        })
    );
    insta::assert_snapshot!(
        "list_group_item",
        round_trip(&ListGroupItem {
            group_id: "group".into(),
            time: 1_700_000_000_000,
            joined_time: 1_700_000_000_001,
            rank: 0,
            parent: None,
        })
    );
    insta::assert_snapshot!(
        "group_child_item",
        round_trip(&GroupChildItem {
            group_id: "child".into(),
            time: 1_700_000_000_000,
            parent: Some("parent".into()),
        })
    );
    insta::assert_snapshot!(
        "change_rank_input",
        round_trip(&ChangeRankInput { changed_user_id: "user".into(), new_rank: 1 })
    );
}

#[test]
fn files() {
    let register = |belongs_to_type, id: Option<&str>, name: Option<&str>| FileRegisterInput {
        encrypted_key: key_text("{\"alg\":\"AES-GCM-256\"}"),
        encrypted_key_alg: alg("AES-GCM-256"),
        master_key_id: "key".into(),
        belongs_to_id: id.map(str::to_owned),
        belongs_to_type,
        encrypted_file_name: name.map(|name| OpaqueText::parse(name).unwrap()),
    };
    insta::assert_snapshot!("file_register_input", round_trip(&register(BelongsToType::None, None, None)));
    insta::assert_snapshot!(
        "file_register_input_for_a_user",
        round_trip(&register(BelongsToType::User, Some("user"), Some("name")))
    );
    insta::assert_snapshot!(
        "file_register_output",
        round_trip(&FileRegisterOutput { file_id: "file".into(), session_id: "session".into() })
    );
    insta::assert_snapshot!(
        "file_name_update",
        round_trip(&FileNameUpdate { encrypted_file_name: Some(OpaqueText::parse("name").unwrap()) })
    );
    insta::assert_snapshot!("file_name_removal", round_trip(&FileNameUpdate { encrypted_file_name: None }));
    insta::assert_snapshot!("file_meta", round_trip(&file_meta(BelongsToType::Group, Some("group"))));
    insta::assert_snapshot!("file_meta_for_everybody", round_trip(&file_meta(BelongsToType::None, None)));
    insta::assert_snapshot!(
        "file_part_register_output",
        round_trip(&FilePartRegisterOutput { part_id: "part".into() })
    );
    insta::assert_snapshot!(
        "file_usage",
        round_trip(&FileUsage {
            files: 2,
            bytes: 5_000_000_000,
            max_files: None,
            max_bytes: Some(10_000_000_000)
        })
    );
    insta::assert_snapshot!(
        "failed_delivery",
        round_trip(&FailedDelivery {
            delivery_id: "delivery".into(),
            time: 1_700_000_000_000,
            attempts: 20,
            error: "the answer was 500".into(),
            part_ids: vec!["part".into()],
        })
    );
}

#[test]
fn a_file_without_the_members_that_may_be_missing_is_read() {
    let input =
        r#"{"encrypted_key":"k","encrypted_key_alg":"a","master_key_id":"m","belongs_to_type":"User"}"#;
    let input: FileRegisterInput = serde_json::from_str(input).unwrap();
    assert_eq!((input.belongs_to_id, input.encrypted_file_name), (None, None));
    let update: FileNameUpdate = serde_json::from_str("{}").unwrap();
    assert_eq!(update.encrypted_file_name, None);
    let mut meta = serde_json::to_value(file_meta(BelongsToType::User, Some("user"))).unwrap();
    meta.as_object_mut().unwrap().remove("time");
    assert_eq!(serde_json::from_value::<FileMeta>(meta).unwrap().time, 0);
}

#[test]
fn stored_keys() {
    insta::assert_snapshot!(
        "stored_key_input",
        round_trip(&StoredKeyInput {
            alg: alg("AES-GCM-256"),
            encrypted_key_string: key_text("key"),
            master_key_id: "master".into(),
        })
    );
    insta::assert_snapshot!("stored_key_output", round_trip(&StoredKeyOutput { key_id: "key".into() }));
    insta::assert_snapshot!(
        "stored_key",
        round_trip(&StoredKey {
            key_id: "key".into(),
            master_key_id: "master".into(),
            encrypted_key_string: key_text("key"),
            alg: alg("AES-GCM-256"),
            time: 1_700_000_000_000,
        })
    );
}

#[test]
fn app_options() {
    insta::assert_snapshot!("app_options_standard", round_trip(&AppOptions::standard()));
    insta::assert_snapshot!("app_options_lax", round_trip(&AppOptions::lax()));
    insta::assert_snapshot!("app_options_closed", round_trip(&AppOptions::closed()));
    insta::assert_snapshot!("file_options", round_trip(&FileOptions::server_storage()));
    insta::assert_snapshot!(
        "file_options_of_own_storage",
        round_trip(&FileOptions {
            file_storage: FILE_STORAGE_OWN,
            storage_url: Some("https://app.example.com/deleted".into()),
            auth_token: Some(secret("token")),
            require_jwt: true,
        })
    );
    insta::assert_snapshot!("group_options", round_trip(&GroupOptions::default()));
}

#[test]
fn error_codes() {
    let table: Vec<String> = ErrorCode::ALL
        .iter()
        .map(|code| format!("{}/{} {code:?}: {}", code.http_status(), code.number(), code.message()))
        .collect();
    insta::assert_snapshot!("error_codes", table.join("\n"));
}

#[test]
fn an_absent_optional_member_means_the_same_as_null() {
    let absent: NewMemberKeys = serde_json::from_str(r#"{"keys":[],"key_session":true}"#).unwrap();
    let null: NewMemberKeys = serde_json::from_str(r#"{"keys":[],"rank":null,"key_session":true}"#).unwrap();
    assert_eq!(absent, null);
}

#[test]
fn unknown_members_are_ignored_and_missing_ones_are_not() {
    assert!(serde_json::from_str::<UserIdentifier>(r#"{"user_identifier":"a","more":[1]}"#).is_ok());
    assert!(serde_json::from_str::<UserIdentifier>("{}").is_err());
    assert!(serde_json::from_str::<NewMemberKeys>(r#"{"keys":[]}"#).is_err());
}
