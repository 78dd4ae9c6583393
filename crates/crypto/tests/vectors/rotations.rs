//! Key rotations of groups and of users.

use keyfold_crypto::rotation::{self, PendingKey};
use keyfold_crypto::{GroupKeys, PrivateKey, Suite, SymmetricKey, UserKeys, Verification, member, server};
use keyfold_protocol::group::{GroupKey, KeyRotationDone, KeyRotationPending, KeyRotationStart};
use keyfold_protocol::user::{DeviceKeys, DeviceRegister, DoneDeviceInput, PrepareDeviceOutput};
use serde_json::Value;

use crate::accounts::log_in_to_stored;
use crate::support::{
    assert_export, base64, hex, list, private_key, public_key, result, symmetric_key, text, verify_key, wire,
};

pub(crate) fn rotations(file: &Value, suite: &Suite) {
    let (invoker, member) = (&file["invoker"], &file["member"]);
    let invoker_private = private_key(suite, &invoker["private_key_export_json"]);
    let member_private = private_key(suite, &member["private_key_export_json"]);
    let invoker_verify = verify_key(&invoker["exported_verify_key_json"]);
    let member_public = public_key(&member["exported_public_key_json"]);

    let mut previous: Option<SymmetricKey> = None;
    for step in list(&file["steps"]) {
        let body: KeyRotationStart = wire(&step["rotation_body_json"]);
        assert_eq!(serde_json::to_string(&body).unwrap(), text(&step["rotation_body_json"]));
        let pending: KeyRotationPending = wire(&step["member_rotation_input_json"]);
        let previous_key = previous.take().unwrap_or_else(|| {
            symmetric_key(suite, &hex(&file["first_group_key_hex"]))
                .with_id(pending.previous_group_key_id.as_str())
        });

        // The server's part opens to the invoker's: ours and the published one.
        let ours = server::encrypt_ephemeral_key(
            member_public.algorithm(),
            &member_public.to_server_form(),
            body.encrypted_ephemeral_key.as_str(),
        )
        .unwrap();
        for wrapped in [text(&step["server_ephemeral_for_member_b64"]), ours.as_str()] {
            let inner = member_private.decrypt(&base64(&wrapped.into())).unwrap();
            assert_eq!(inner, base64(&body.encrypted_ephemeral_key.as_str().into()));
            let ephemeral = previous_key.decrypt(&inner, b"").unwrap();
            assert_eq!(ephemeral, hex(&step["expected_ephemeral_key_hex"]));
        }

        let key = PendingKey::open(&pending, &member_private, &previous_key).unwrap();
        let done = key.accept(&member_public).unwrap();
        let published: KeyRotationDone = wire(&step["member_done_rotation_body_json"]);
        assert_eq!(
            KeyRotationDone { encrypted_new_group_key: published.encrypted_new_group_key.clone(), ..done },
            published
        );

        let verification = if step["signed"].as_bool() == Some(true) {
            Verification::Require(&invoker_verify)
        } else {
            Verification::Check(&invoker_verify)
        };
        for (object, private) in [
            (&step["server_group_key_json_for_invoker"], &invoker_private),
            (&step["server_group_key_json_for_member"], &member_private),
        ] {
            let object: GroupKey = wire(object);
            let keys = GroupKeys::open(&object, private, verification).unwrap();
            assert_export(&keys.key, &step["expected"]["group_key_export_json"]);
            assert_export(keys.private_key().unwrap(), &step["expected"]["private_group_key_export_json"]);
            previous = Some(keys.key);
        }
    }
    if !file["user_group_rotation"].is_null() {
        user_rotation(&file["user_group_rotation"], suite);
    }
}

fn user_rotation(vector: &Value, suite: &Suite) {
    let device_1 = private_key(suite, &vector["device_1_private_key_export_json"]);

    // A second device registers, the first one hands it the user keys, and it logs in.
    let device: DeviceRegister = wire(&vector["device_2_register_start_body_json"]);
    server::check_device(&device).unwrap();
    let answer: PrepareDeviceOutput = result(&vector["device_2_register_start_response_json"]);
    let login = &vector["device_2_login"];
    let device_2 = log_in_to_stored(&device, text(&login["password"]), &login["client"])
        .open_device(&DeviceKeys {
            encrypted_master_key: device.master_key.encrypted_master_key.clone(),
            encrypted_private_key: device.derived.encrypted_private_key.clone(),
            public_key_string: device.derived.public_key.clone(),
            keypair_encrypt_alg: device.derived.keypair_encrypt_alg.clone(),
            encrypted_sign_key: device.derived.encrypted_sign_key.clone(),
            verify_key_string: device.derived.verify_key.clone(),
            keypair_sign_alg: device.derived.keypair_sign_alg.clone(),
            keypair_encrypt_id: answer.device_id.as_str().into(),
            keypair_sign_id: answer.device_id.as_str().into(),
            user_id: "user-alice".into(),
            device_id: answer.device_id.clone(),
            user_group_id: "user-alice-group".into(),
        })
        .unwrap();
    assert_export(&device_2.private_key, &login["expected"]["device_private_key_export_json"]);
    assert_export(&device_2.sign_key, &login["expected"]["device_sign_key_export_json"]);
    let user_key = SymmetricKey::import(text(&login["expected"]["user_group_key_export_json"])).unwrap();
    let published: DoneDeviceInput = wire(&vector["device_1_register_done_body_json"]);
    let (ours, rest) =
        member::confirm_device([&user_key], &answer, &keyfold_crypto::Policy::DEFAULT).unwrap();
    assert!(rest.is_empty());
    assert_eq!(ours.token, published.token);
    assert_eq!(ours.user_keys.keys[0].user_public_key_id, published.user_keys.keys[0].user_public_key_id);
    let handed_over = device_2
        .private_key
        .decrypt(&base64(&published.user_keys.keys[0].encrypted_group_key.as_str().into()))
        .unwrap();
    assert_eq!(
        handed_over,
        device_2
            .private_key
            .decrypt(&base64(&ours.user_keys.keys[0].encrypted_group_key.as_str().into()))
            .unwrap()
    );

    let body: KeyRotationStart = wire(&vector["rotation_body_json"]);
    assert_eq!(serde_json::to_string(&body).unwrap(), text(&vector["rotation_body_json"]));
    let ours = rotation::start_user(&user_key, &device_2.public_key, suite).unwrap();
    assert!(ours.public_key_sig.is_some() && ours.group_key_sig.is_none());

    let pending: KeyRotationPending = wire(&vector["device_2_rotation_input_json"]);
    let key = PendingKey::open(&pending, &device_2.private_key, &user_key).unwrap();
    let done = key.accept(&device_2.public_key).unwrap();
    let published: KeyRotationDone = wire(&vector["device_2_done_rotation_body_json"]);
    assert_eq!(done.public_key_id, published.public_key_id);

    opens(&vector["device_1_fetch_response_json"], &device_1, &vector["expected"]);
    opens(&vector["device_2_fetch_response_json"], &device_2.private_key, &vector["expected"]);
}

fn opens(response: &Value, device: &PrivateKey, expected: &Value) {
    let keys = UserKeys::open(&result(response), device).unwrap();
    assert_export(keys.group.private_key().unwrap(), &expected["user_private_key_export_json"]);
    assert_export(&keys.sign_key, &expected["user_sign_key_export_json"]);
    assert_eq!(
        keys.group.public_key().unwrap().export_data().unwrap(),
        text(&expected["user_exported_public_key_json"])
    );
    assert_eq!(keys.verify_key.export_data().unwrap(), text(&expected["user_exported_verify_key_json"]));
    assert!(keys.group.public_key().unwrap().is_signed_by(&keys.verify_key).unwrap());
}
