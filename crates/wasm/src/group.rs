//! A group.

mod content;
mod keys;
mod members;
mod membership;

use js_sys::Promise;
use keyfold::protocol::group::AccessBy;
use keyfold::{Group, GroupId, Signers};
use serde::Serialize;
use wasm_bindgen::prelude::*;

use crate::error::{KeyfoldError, thrown};
use crate::promise::{promise, settled};
use crate::value::{object, page};

/// A group.
#[wasm_bindgen(js_name = Group)]
#[derive(Clone)]
pub struct JsGroup(Group);

/// What is known about a group, under the names that apps know.
#[derive(Serialize)]
struct Data {
    group_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    parent_group_id: Option<String>,
    from_parent: bool,
    rank: i32,
    key_update: bool,
    create_time: String,
    joined_time: String,
    newest_key_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    access_by_parent_group: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    access_by_group_as_member: Option<String>,
    is_connected_group: bool,
    last_check_time: u64,
}

#[wasm_bindgen(js_class = Group)]
impl JsGroup {
    /// What is known about the group, at this moment.
    #[wasm_bindgen(unchecked_return_type = "GroupInformation")]
    pub fn data(&self) -> Result<JsValue, KeyfoldError> {
        let group = &self.0;
        let (parent, member) = match group.access_by() {
            AccessBy::User => (None, None),
            AccessBy::Parent(parent) => (Some(parent), None),
            AccessBy::GroupAsUser(member) => (None, Some(member)),
            AccessBy::GroupAsUserAsParent { parent, group_as_user } => (Some(parent), Some(group_as_user)),
        };
        Ok(object(&Data {
            group_id: group.id().as_str().to_owned(),
            parent_group_id: group.parent_id().map(GroupId::into_string),
            from_parent: parent.is_some(),
            rank: group.rank(),
            key_update: group.has_key_update(),
            create_time: group.created_time().to_string(),
            joined_time: group.joined_time().to_string(),
            newest_key_id: group.newest_key_id().map_err(thrown)?.into_string(),
            access_by_parent_group: parent.map(GroupId::into_string),
            access_by_group_as_member: member.map(GroupId::into_string),
            is_connected_group: group.is_connected_group(),
            last_check_time: group.last_check(),
        })?)
    }

    /// Asks the server for the own rank and for newer keys.
    #[wasm_bindgen(unchecked_return_type = "Promise<void>")]
    pub fn update(&self) -> Promise {
        let this = self.clone();
        promise(async move { settled(this.0.update().await) })
    }

    #[wasm_bindgen(js_name = deleteGroup, unchecked_return_type = "Promise<void>")]
    pub fn delete_group(&self) -> Promise {
        let this = self.clone();
        promise(async move { settled(this.0.delete().await) })
    }

    #[wasm_bindgen(unchecked_return_type = "Promise<GroupChildrenListItem[]>")]
    pub fn children(&self, time: Option<f64>, id: Option<String>) -> Promise {
        page(self.0.children(), time, id)
    }

    #[wasm_bindgen(unchecked_return_type = "Promise<Group>")]
    pub fn child(&self, group_id: String) -> Promise {
        let this = self.clone();
        promise(async move { settled(this.0.child(&GroupId::new(&group_id)).await.map(Self)) })
    }

    #[wasm_bindgen(unchecked_return_type = "Promise<Group>")]
    pub fn connected(&self, group_id: String) -> Promise {
        let this = self.clone();
        promise(async move { settled(this.0.connected(&GroupId::new(&group_id)).await.map(Self)) })
    }

    #[wasm_bindgen(js_name = createChild, unchecked_return_type = "Promise<string>")]
    pub fn create_child(&self, sign: bool) -> Promise {
        let this = self.clone();
        promise(async move {
            settled({
                let created =
                    if sign { this.0.create_signed_child().await } else { this.0.create_child().await };
                created.map(GroupId::into_string)
            })
        })
    }

    #[wasm_bindgen(js_name = createConnected, unchecked_return_type = "Promise<string>")]
    pub fn create_connected(&self, sign: bool) -> Promise {
        let this = self.clone();
        promise(async move {
            settled({
                let created = if sign {
                    this.0.create_signed_connected().await
                } else {
                    this.0.create_connected().await
                };
                created.map(GroupId::into_string)
            })
        })
    }

    /// The body, and the id of the key of this group that it was made with.
    #[wasm_bindgen(js_name = prepareCreateChild, unchecked_return_type = "[string, string]")]
    pub fn prepare_create_child(&self, sign: bool) -> Result<Vec<String>, KeyfoldError> {
        let (body, key_id) = self.0.prepare_create_child(sign).map_err(thrown)?;
        Ok(vec![body, key_id.into_string()])
    }

    #[wasm_bindgen(js_name = rotateKeys, unchecked_return_type = "Promise<void>")]
    pub fn rotate_keys(&self, sign: bool) -> Promise {
        let this = self.clone();
        promise(async move {
            settled({
                let rotated =
                    if sign { this.0.rotate_keys_signed().await } else { this.0.rotate_keys().await };
                rotated
            })
        })
    }

    #[wasm_bindgen(js_name = prepareKeyRotation)]
    pub fn prepare_key_rotation(&self, sign: bool) -> Result<String, KeyfoldError> {
        self.0.prepare_key_rotation(sign).map_err(thrown)
    }

    #[wasm_bindgen(js_name = finishKeyRotation, unchecked_return_type = "Promise<void>")]
    pub fn finish_key_rotation(&self, level: u8) -> Promise {
        let this = self.clone();
        promise(async move { settled(this.0.finish_key_rotation_from(signers(level)).await) })
    }
}

/// The levels of verification of JavaScript.
fn signers(level: u8) -> Signers {
    match level {
        0 | 1 => Signers::MayBeMissing,
        2 => Signers::MayBeDeleted,
        _ => Signers::MustExist,
    }
}

impl JsGroup {
    pub(crate) fn get(&self) -> &Group {
        &self.0
    }
}

impl From<Group> for JsGroup {
    fn from(group: Group) -> Self {
        Self(group)
    }
}
