//! What the partner's cryptography makes, ours reads, and the other way round: accounts, groups, members, contents. The
//! server is played by [`paper`].

mod accounts;
mod contents;
mod groups;
mod paper;

use keyfold_crypto::password::Cost;
use keyfold_crypto::{GroupKeys, PublicKey, Verification, VerifyingKey, server};
use keyfold_interop::partner::{Offline, OfflineLogin, Refusal};
use keyfold_protocol::group::{GroupCreate, GroupKey, NewMemberKeys};
use serde_json::{Value, json};

use crate::paper::{Account, OurUser};

const PASSWORD: &str = "correct horse – battery 🐎 staple";

/// A group that a user of the partner made and let a user of ours into. Its key is called `group key`.
struct Shared<'a> {
    ours: OurUser,
    our_key: GroupKey,
    theirs: OfflineLogin<'a>,
    group: GroupCreate,
}

impl<'a> Shared<'a> {
    fn by_partner(partner: &'a Offline, sign: bool) -> Self {
        let theirs = partner_user(partner, "bob");
        let body = theirs.prepare_create_group(sign).unwrap();
        let group: GroupCreate = serde_json::from_str(&body).unwrap();
        assert_eq!(serde_json::to_string(&group).unwrap(), body, "written as we would write it");
        server::check_group(&group).unwrap();
        let own = paper::group_key(&group, "group key", group.creator_public_key_id.as_str());
        assert_eq!(theirs.open_group_key(&json!(own), None).as_deref(), Ok("group key"));

        let ours = our_user("ada");
        let public_key =
            serde_json::from_str(&ours.keys.group.public_key().unwrap().export_data().unwrap()).unwrap();
        let body = theirs.prepare_keys_for_member("group key", &public_key, Some(2)).unwrap();
        let keys: NewMemberKeys = serde_json::from_str(&body).unwrap();
        assert_eq!(serde_json::to_string(&keys).unwrap(), body, "written as we would write it");
        let our_key = paper::group_key_for_member(&group, &keys);
        Self { ours, our_key, theirs, group }
    }
}

fn open(object: &GroupKey, user: &OurUser) -> GroupKeys {
    GroupKeys::open(object, user.keys.group.private_key().unwrap(), Verification::Ignore).unwrap()
}

fn our_user(name: &str) -> OurUser {
    Account::ours(name, PASSWORD).log_in(PASSWORD, Cost::CURRENT)
}

fn partner_user<'a>(partner: &'a Offline, name: &str) -> OfflineLogin<'a> {
    log_in_partner(partner, name, &partner_account(partner, name).answers().to_texts()).unwrap()
}

fn partner_account(partner: &Offline, name: &str) -> Account {
    let body = partner.prepare_register(name, PASSWORD).unwrap();
    Account::register(serde_json::from_str(&body).unwrap())
}

fn log_in_partner<'a>(
    partner: &'a Offline,
    name: &str,
    [prepare_login, done_login, verify_login]: &[String; 3],
) -> Result<OfflineLogin<'a>, Refusal> {
    partner.open_login(name, PASSWORD, [prepare_login, done_login, verify_login])
}

fn public_key(login: &OfflineLogin<'_>) -> PublicKey {
    PublicKey::import_data(&login.public_key().unwrap().to_string()).unwrap()
}

fn verify_key(login: &OfflineLogin<'_>) -> VerifyingKey {
    VerifyingKey::import_data(&login.verify_key().unwrap().to_string()).unwrap()
}

/// A verify key as the partner's calls take it.
fn exported(key: &VerifyingKey) -> Value {
    serde_json::from_str(&key.export_data().unwrap()).unwrap()
}
