//! Texts encrypted with a group key, signed and unsigned.

use keyfold_crypto::{Head, Verification};
use keyfold_interop::partner::Offline;

use crate::{Shared, exported, open, our_user, verify_key};

const TEXTS: [&str; 4] = ["", "hello", "Grüße, 世界 🦀", "null byte \0 inside"];

#[test]
fn contents_of_the_partner_are_read_by_ours() {
    let partner = Offline::start();
    let Shared { ours, our_key, theirs, .. } = Shared::by_partner(&partner, false);
    let keys = open(&our_key, &ours);
    let signer = verify_key(&theirs);
    for text in TEXTS {
        let plain = theirs.encrypt("group key", text, false).unwrap();
        assert_eq!(keys.key.decrypt_text(&plain, "", Verification::Ignore).unwrap(), text);
        assert!(keys.key.decrypt_text(&plain, "", Verification::Require(&signer)).is_err(), "not signed");
        let signed = theirs.encrypt("group key", text, true).unwrap();
        assert_eq!(keys.key.decrypt_text(&signed, "", Verification::Require(&signer)).unwrap(), text);
        assert_eq!(keys.key.decrypt_text(&signed, "", Verification::Ignore).unwrap(), text);
    }
}

#[test]
fn contents_of_ours_are_read_by_the_partner() {
    let partner = Offline::start();
    let Shared { ours, our_key, theirs, .. } = Shared::by_partner(&partner, false);
    let keys = open(&our_key, &ours);
    let signer = exported(&ours.keys.verify_key);
    for text in TEXTS {
        let plain = keys.key.encrypt_text(text, "", None).unwrap();
        assert_eq!(theirs.decrypt("group key", &plain, None).as_deref(), Ok(text));
        let signed = keys.key.encrypt_text(text, "", Some(&ours.keys.sign_key)).unwrap();
        assert_eq!(theirs.decrypt("group key", &signed, Some(&signer)).as_deref(), Ok(text));
        assert_eq!(theirs.decrypt("group key", &signed, None).as_deref(), Ok(text));
    }
}

#[test]
fn both_refuse_a_content_that_somebody_else_signed() {
    let partner = Offline::start();
    let Shared { ours, our_key, theirs, .. } = Shared::by_partner(&partner, false);
    let keys = open(&our_key, &ours);
    let somebody = our_user("eve").keys;

    let signed = theirs.encrypt("group key", "text", true).unwrap();
    let wrong = somebody.verify_key.clone().with_id(verify_key(&theirs).id());
    assert!(keys.key.decrypt_text(&signed, "", Verification::Check(&wrong)).is_err());

    let signed = keys.key.encrypt_text("text", "", Some(&ours.keys.sign_key)).unwrap();
    let wrong = somebody.verify_key.with_id(ours.keys.verify_key.id());
    let wrong = exported(&wrong);
    assert!(theirs.decrypt("group key", &signed, Some(&wrong)).is_err());
}

#[test]
fn both_write_the_same_head() {
    let partner = Offline::start();
    let Shared { ours, our_key, theirs, .. } = Shared::by_partner(&partner, false);
    let keys = open(&our_key, &ours);
    let head = Head::of_text(&theirs.encrypt("group key", "text", false).unwrap()).unwrap();
    let own = Head::of_text(&keys.key.encrypt_text("text", "", None).unwrap()).unwrap();
    assert_eq!(head.to_json().unwrap(), own.to_json().unwrap());
    let head = Head::of_text(&theirs.encrypt("group key", "text", true).unwrap()).unwrap();
    let own = keys.key.encrypt_text("text", "", Some(&ours.keys.sign_key)).unwrap();
    assert_eq!(head.to_json().unwrap(), Head::of_text(&own).unwrap().to_json().unwrap());
}
