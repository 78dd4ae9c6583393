//! Groups: creation, signed and unsigned, and keys for new members.

use keyfold_crypto::member::MemberKeys;
use keyfold_crypto::{GroupKeys, SearchKey, SortKey, Suite, Verification, group};
use keyfold_interop::partner::Offline;
use keyfold_protocol::group::GroupCreate;
use serde_json::json;

use crate::paper::{self, OurUser};
use crate::{Shared, exported, open, our_user, partner_user, public_key, verify_key};

#[test]
fn a_group_of_the_partner_opens_in_our_client() {
    let partner = Offline::start();
    for sign in [false, true] {
        let Shared { ours, our_key, theirs, group } = Shared::by_partner(&partner, sign);
        let signer = verify_key(&theirs);
        let verification = if sign { Verification::Require(&signer) } else { Verification::Ignore };
        let keys = GroupKeys::open(&our_key, ours.keys.group.private_key().unwrap(), verification).unwrap();
        assert_eq!(keys.signed_by.is_some(), sign);
        SearchKey::open(&paper::hmac_key(&group, "group key"), &keys.key).unwrap();
        SortKey::open(&paper::sortable_key(&group, "group key"), &keys.key).unwrap();
    }
}

#[test]
fn a_group_of_ours_opens_in_the_partner() {
    let partner = Offline::start();
    for sign in [false, true] {
        let ours = our_user("ada");
        let (body, theirs) = (group_of(&ours, sign), partner_user(&partner, "bob"));
        let key = open(&paper::group_key(&body, "group key", "user key"), &ours);
        let invitee = public_key(&theirs);
        let MemberKeys { first, rest } = MemberKeys::encrypt([&key.key], &invitee, Some(3)).unwrap();
        assert!(rest.is_empty());
        let object = json!(paper::group_key_for_member(&body, &first));
        let signer = sign.then(|| exported(&ours.keys.verify_key));
        assert_eq!(theirs.open_group_key(&object, signer.as_ref()).as_deref(), Ok("group key"));
        theirs.open_hmac_key(&json!(paper::hmac_key(&body, "group key"))).unwrap();
        theirs.open_sortable_key(&json!(paper::sortable_key(&body, "group key"))).unwrap();
    }
}

#[test]
fn both_refuse_a_group_key_that_somebody_else_signed() {
    let partner = Offline::start();
    let ours = our_user("ada");
    let somebody = our_user("eve");
    let body = group_of(&ours, true);
    // The id is right, the key is not: what a lying server would hand out.
    let wrong = somebody.keys.verify_key.clone().with_id(ours.keys.verify_key.id());
    let own = paper::group_key(&body, "group key", "user key");
    assert!(
        GroupKeys::open(&own, ours.keys.group.private_key().unwrap(), Verification::Require(&wrong)).is_err()
    );

    let theirs = partner_user(&partner, "bob");
    let key = open(&paper::group_key(&body, "group key", "user key"), &ours);
    let invitee = public_key(&theirs);
    let first = MemberKeys::encrypt([&key.key], &invitee, None).unwrap().first;
    let object = json!(paper::group_key_for_member(&body, &first));
    let wrong = exported(&wrong);
    assert!(theirs.open_group_key(&object, Some(&wrong)).is_err());
}

fn group_of(user: &OurUser, sign: bool) -> GroupCreate {
    let signer = group::Signer { user_id: &user.device.user_id, key: &user.keys.sign_key };
    group::create(user.keys.group.public_key().unwrap(), sign.then_some(signer), &Suite::STD).unwrap().0
}
