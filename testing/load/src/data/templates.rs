//! Keys that are made once, and request bodies with gaps for what differs from request to request.

use anyhow::{Context as _, Result};
use keyfold_crypto::device::register_user;
use keyfold_crypto::member::MemberKeys;
use keyfold_crypto::password::Cost;
use keyfold_crypto::{Device, Login, PrivateKey, Suite, SymmetricKey, group, rotation, server};
use keyfold_protocol::encoding::{AlgorithmId, DeviceIdentifier};
use keyfold_protocol::group::GroupCreate;
use keyfold_protocol::id::{DeviceId, GroupId, KeyId, UserId};
use keyfold_protocol::user::{DeviceKeys, PrepareLoginOutput, RegisterInput};
use serde_json::Value;

use super::{MANY_KEYS, ids};

const PASSWORD: &str = "correct horse battery staple";

/// Everything that is stored or sent.
pub(crate) struct Templates {
    /// What every user has registered with.
    pub(crate) register: RegisterInput,
    /// What every group was created with.
    pub(crate) group: GroupCreate,
    /// Opens the device keys of every user.
    pub(crate) device: Device,
    /// Sent at login, by everybody.
    pub(crate) auth_key: String,
    /// A group key, encrypted to a user.
    pub(crate) encrypted_group_key: String,
    /// An ephemeral key, encrypted to a member: what a rotation stores.
    pub(crate) encrypted_ephemeral_key: String,
    /// Value: the identifier.
    pub(crate) register_body: Template,
    /// Value: id of the creator's public key.
    pub(crate) group_body: Template,
    /// Values: id of the group key, id of the guest's public key.
    pub(crate) invite_body: Template,
    /// Values: id of the group key, of which there are many, and id of the guest's public key.
    pub(crate) invite_many_body: Template,
    /// Values: id of the previous group key, id of the starter's public key.
    pub(crate) rotation_body: Template,
    /// To which members encrypt, and what: for the bounds.
    pub(crate) public_key: (String, String),
    pub(crate) rotation_ephemeral_key: String,
}

/// A text with gaps.
#[derive(Debug, Clone)]
pub(crate) struct Template {
    start: String,
    gaps: Vec<Gap>,
}

#[derive(Debug, Clone)]
struct Gap {
    /// Which value belongs here.
    value: usize,
    /// How many gaps for the same value stand before it.
    occurrence: usize,
    /// The text up to the next gap.
    after: String,
}

impl Templates {
    pub(crate) fn make() -> Result<Self> {
        let identifier = identifier(&ids::identifier(0))?;
        let register = register_user(&identifier, PASSWORD, &Suite::STD)?;
        let (device, auth_key) = log_in(&register, &identifier)?;
        let (_, public) = PrivateKey::generate(&Suite::STD, &ids::user_key(0))?;
        let (group, _) = group::create(&public, None, &Suite::STD)?;
        let key = SymmetricKey::generate(&Suite::STD, &ids::group_key(0))?;
        let invite_many = MemberKeys::encrypt((0..MANY_KEYS).map(|_| &key), &public, None)?.first;
        let invite = MemberKeys::encrypt([&key], &public, None)?.first;
        let rotation = rotation::start(&key, &public, None, &Suite::STD)?;
        let encrypted_ephemeral_key = server::encrypt_ephemeral_key(
            public.algorithm(),
            &public.to_server_form(),
            rotation.encrypted_ephemeral_key.as_str(),
        )?;
        let first_key = invite.keys.first().context("no key")?;
        Ok(Self {
            encrypted_group_key: first_key.encrypted_group_key.as_str().to_owned(),
            encrypted_ephemeral_key: encrypted_ephemeral_key.as_str().to_owned(),
            register_body: Template::of(&serde_json::to_value(&register)?, &[identifier.as_str()]),
            group_body: Template::of(&serde_json::to_value(&group)?, &[&ids::user_key(0)]),
            invite_body: Template::of(
                &serde_json::to_value(&invite)?,
                &[&ids::group_key(0), &ids::user_key(0)],
            ),
            invite_many_body: Template::of(
                &serde_json::to_value(&invite_many)?,
                &[&ids::group_key(0), &ids::user_key(0)],
            ),
            rotation_body: Template::of(
                &serde_json::to_value(&rotation)?,
                &[&ids::group_key(0), &ids::user_key(0)],
            ),
            public_key: (public.algorithm().to_owned(), public.to_server_form()),
            rotation_ephemeral_key: rotation.encrypted_ephemeral_key.as_str().to_owned(),
            register,
            group,
            device,
            auth_key,
        })
    }
}

impl Template {
    /// Cuts gaps into a body where it holds one of `values` as a text of its own.
    fn of(body: &Value, values: &[&str]) -> Self {
        let quoted: Vec<String> = values.iter().map(|value| format!("\"{value}\"")).collect();
        let text = body.to_string();
        let next = |text: &str| {
            let found =
                quoted.iter().enumerate().filter_map(|(value, quoted)| Some((text.find(quoted)?, value)));
            found.min()
        };
        let mut template = Self { start: String::new(), gaps: Vec::new() };
        let mut seen = vec![0; values.len()];
        let mut rest = text.as_str();
        while let Some((position, value)) = next(rest) {
            template.end().push_str(rest.get(..position).unwrap_or_default());
            let skipped = position + quoted.get(value).map_or(0, String::len);
            rest = rest.get(skipped..).unwrap_or_default();
            let occurrence = seen.get(value).copied().unwrap_or(0);
            if let Some(seen) = seen.get_mut(value) {
                *seen += 1;
            }
            template.gaps.push(Gap { value, occurrence, after: String::new() });
        }
        template.end().push_str(rest);
        template
    }

    fn end(&mut self) -> &mut String {
        match self.gaps.last_mut() {
            Some(gap) => &mut gap.after,
            None => &mut self.start,
        }
    }

    /// Writes the body; `value` is told which value is wanted, and for which of its gaps.
    pub(crate) fn fill<'a>(&self, out: &mut Vec<u8>, value: impl Fn(usize, usize) -> &'a str) {
        out.clear();
        out.extend_from_slice(self.start.as_bytes());
        for gap in &self.gaps {
            out.push(b'"');
            out.extend_from_slice(value(gap.value, gap.occurrence).as_bytes());
            out.push(b'"');
            out.extend_from_slice(gap.after.as_bytes());
        }
    }

    /// Bytes of a body with ids in its gaps.
    pub(crate) fn length(&self) -> usize {
        let mut body = Vec::new();
        self.fill(&mut body, |_, _| "00000000-0000-0000-0000-000000000000");
        body.len()
    }
}

fn identifier(text: &str) -> Result<DeviceIdentifier> {
    DeviceIdentifier::parse(text).ok().context("an identifier that is none")
}

/// The login of the user that registered, without a server.
fn log_in(register: &RegisterInput, identifier: &DeviceIdentifier) -> Result<(Device, String)> {
    let (master_key, derived) = (&register.device.master_key, &register.device.derived);
    let salt = server::login_salt(derived.derived_alg.as_str(), &derived.client_random_value, "")?;
    let answer = PrepareLoginOutput {
        salt_string: salt,
        derived_encryption_key_alg: AlgorithmId::from_checked(derived.derived_alg.as_str()),
    };
    let login = Login::derive(PASSWORD, identifier, &answer, Cost::CURRENT)?;
    let keys = DeviceKeys {
        encrypted_master_key: master_key.encrypted_master_key.clone(),
        encrypted_private_key: derived.encrypted_private_key.clone(),
        public_key_string: derived.public_key.clone(),
        keypair_encrypt_alg: derived.keypair_encrypt_alg.clone(),
        encrypted_sign_key: derived.encrypted_sign_key.clone(),
        verify_key_string: derived.verify_key.clone(),
        keypair_sign_alg: derived.keypair_sign_alg.clone(),
        keypair_encrypt_id: KeyId::from(ids::device(0)),
        keypair_sign_id: KeyId::from(ids::device(0)),
        device_id: DeviceId::from(ids::device(0)),
        user_id: UserId::from(ids::user(0)),
        user_group_id: GroupId::from(ids::user_group(0)),
    };
    let device = login.open_device(&keys)?;
    Ok((device, login.done_login().auth_key.expose().to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gaps_are_filled_wherever_they_stand() {
        let body = serde_json::json!([{"a": "K", "b": "U"}, {"a": "U", "b": "K"}]);
        let template = Template::of(&body, &["K", "U"]);
        let mut out = Vec::new();
        template.fill(&mut out, |value, occurrence| match (value, occurrence) {
            (0, 0) => "first key",
            (0, _) => "second key",
            _ => "user",
        });
        let expected = r#"[{"a":"first key","b":"user"},{"a":"user","b":"second key"}]"#;
        assert_eq!(String::from_utf8(out).unwrap(), expected);
    }
}
