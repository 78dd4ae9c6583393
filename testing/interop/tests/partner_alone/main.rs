//! Published clients among themselves on our server.

mod accounts;
mod connected_groups;
mod devices;
mod files;
mod groups;
mod invitations;
mod join_requests;
mod members;
mod rotation;
mod second_factor;

use keyfold_interop::partner::Session;
use keyfold_interop::{Partner, Refusal};

const PASSWORD: &str = "correct horse – battery 🐎 staple";
const TEXT: &str = "Grüße, 世界 🦀";

fn user<'a>(partner: &'a Partner, name: &str) -> Session<'a> {
    partner.register(name, PASSWORD).unwrap();
    partner.login(name, PASSWORD).unwrap()
}

/// A group of the user, fetched.
fn group_of(user: &Session<'_>) -> String {
    let id = user.create_group(false).unwrap();
    user.fetch_group(&id).unwrap();
    id
}

/// Number of the error with which the server refused.
fn code<T>(result: Result<T, Refusal>) -> Option<u32> {
    match result {
        Ok(_) => panic!("not refused"),
        Err(refusal) => {
            assert!(refusal.server_code.is_some(), "{refusal}");
            refusal.server_code
        }
    }
}

/// Both write in a group what the other one reads, plain and signed.
fn read_each_other(group: &str, one: &Session<'_>, other: &Session<'_>) {
    for (writer, reader) in [(one, other), (other, one)] {
        for sign in [false, true] {
            let text = writer.encrypt_in_group(group, TEXT, sign).unwrap();
            let signer = sign.then_some(&*writer.user_id);
            assert_eq!(reader.decrypt_in_group(group, &text, signer).as_deref(), Ok(TEXT));
        }
    }
}
