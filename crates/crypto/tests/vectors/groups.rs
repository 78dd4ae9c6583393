//! Groups, child groups, members.

use keyfold_crypto::group::{self, Signer};
use keyfold_crypto::member::MemberKeys;
use keyfold_crypto::{Error, GroupKeys, PrivateKey, SearchKey, SortKey, Suite, Verification, VerifyingKey};
use keyfold_protocol::group::{GroupCreate, GroupKey, HmacKey, NewMemberKey, NewMemberKeys, SortableKey};
use keyfold_protocol::id::UserId;
use serde_json::Value;

use crate::support::{
    assert_export, hex, list, private_key, public_key, signing_key, text, verify_key, wire,
};

pub(crate) fn groups(file: &Value, suite: &Suite) {
    let (creator, member) = (&file["creator"], &file["member"]);
    let creator_private = private_key(suite, &creator["private_key_export_json"]);
    let member_private = private_key(suite, &member["private_key_export_json"]);
    let creator_verify = verify_key(&creator["exported_verify_key_json"]);
    let member_verify = verify_key(&member["exported_verify_key_json"]);

    let mut opened: Vec<GroupKeys> = Vec::new();
    for vector in list(&file["groups"]) {
        let body: GroupCreate = wire(&vector["create_json"]);
        keyfold_crypto::server::check_group(&body).unwrap();
        assert_eq!(
            serde_json::to_string(&body).unwrap(),
            text(&vector["create_json"]),
            "our body has the same form"
        );
        let object: GroupKey = wire(&vector["server_group_key_json"]);
        let private = if text(&vector["decrypt_with"]).contains("first group") {
            opened[0].private_key().unwrap()
        } else {
            &creator_private
        };
        let verification = if vector["verify_with"].is_null() {
            Verification::Ignore
        } else {
            Verification::Require(&creator_verify)
        };
        let keys = open(&object, private, verification, &vector["expected"]);
        if let Some(text) = vector["server_hmac_key_json"].as_str() {
            let object: HmacKey = serde_json::from_str(text).unwrap();
            assert_export(
                &SearchKey::open(&object, &keys.key).unwrap(),
                &vector["expected_hmac_key_export_json"],
            );
        }
        if let Some(text) = vector["server_sortable_key_json"].as_str() {
            let object: SortableKey = serde_json::from_str(text).unwrap();
            assert_export(
                &SortKey::open(&object, &keys.key).unwrap(),
                &vector["expected_sortable_key_export"],
            );
        }
        opened.push(keys);
    }

    wrong_signer(
        &wire(&list(&file["groups"])[2]["server_group_key_json"]),
        opened[0].private_key().unwrap(),
        &member_verify,
        &creator_verify,
    );

    let invite = &file["invite_member"];
    let object: GroupKey = wire(&invite["server_group_key_json_for_member"]);
    open(&object, &member_private, Verification::Require(&creator_verify), &invite["expected"]);
    let body: NewMemberKeys = wire(&invite["invite_body_json"]);
    assert_eq!(serde_json::to_string(&body).unwrap(), text(&invite["invite_body_json"]));
    let member_public = public_key(&member["exported_public_key_json"]);
    let ours =
        MemberKeys::encrypt(opened[..2].iter().map(|keys| &keys.key), &member_public, Some(2)).unwrap();
    same_but_for_randomness(&ours.first, &body);

    let session: Vec<NewMemberKey> = wire(&file["session_upload_body_json"]);
    assert_eq!(serde_json::to_string(&session).unwrap(), text(&file["session_upload_body_json"]));

    let as_member = &file["group_as_member"];
    let object: GroupKey = wire(&as_member["server_group_key_json_for_member"]);
    open(&object, opened[1].private_key().unwrap(), Verification::Ignore, &as_member["expected"]);

    // A group that we create reads like those.
    let user_id = UserId::new(text(&creator["user_id"]));
    let sign = signing_key(suite, &creator["sign_key_export_json"]);
    let signer = Signer { user_id: &user_id, key: &sign };
    let (body, _) =
        group::create(&public_key(&creator["exported_public_key_json"]), Some(signer), suite).unwrap();
    let published: GroupCreate = wire(&list(&file["groups"])[0]["create_json"]);
    assert_eq!(members(&body), members(&published));
    assert_eq!(body.creator_public_key_id, published.creator_public_key_id);
}

fn open(
    object: &GroupKey,
    private: &PrivateKey,
    verification: Verification<'_>,
    expected: &Value,
) -> GroupKeys {
    let keys = GroupKeys::open(object, private, verification).unwrap();
    assert_export(&keys.key, &expected["group_key_export_json"]);
    assert_export(keys.private_key().unwrap(), &expected["private_group_key_export_json"]);
    assert_export(keys.public_key().unwrap(), &expected["public_group_key_export_json"]);
    assert_eq!(
        keys.public_key().unwrap().export_data().unwrap(),
        text(&expected["exported_public_key_json"])
    );
    assert_eq!(hex(&expected["group_key_hex"]).len(), 32);
    keys
}

fn wrong_signer(object: &GroupKey, private: &PrivateKey, wrong: &VerifyingKey, right: &VerifyingKey) {
    let error = |verify_key: &VerifyingKey| {
        GroupKeys::open(object, private, Verification::Check(verify_key)).map(|_| ()).unwrap_err()
    };
    // The reference does not compare ids; with the right id it is the signature that does not hold.
    assert_eq!(error(wrong), Error::WrongVerifyKey);
    assert_eq!(error(&wrong.clone().with_id(right.id())), Error::KeySignature);
    assert_eq!(Error::KeySignature.code(), "client_31");
}

fn same_but_for_randomness(ours: &NewMemberKeys, published: &NewMemberKeys) {
    assert_eq!((ours.rank, ours.key_session), (published.rank, published.key_session));
    assert_eq!(ours.keys.len(), published.keys.len());
    for (ours, published) in ours.keys.iter().zip(&published.keys) {
        assert_eq!(
            NewMemberKey { encrypted_group_key: published.encrypted_group_key.clone(), ..ours.clone() },
            *published
        );
        assert_eq!(ours.encrypted_group_key.as_str().len(), published.encrypted_group_key.as_str().len());
    }
}

fn members(body: &GroupCreate) -> Vec<String> {
    let json: Value = serde_json::to_value(body).unwrap();
    json.as_object().unwrap().keys().cloned().collect()
}
