//! Groups of a user.

use js_sys::Promise;
use keyfold::GroupId;
use wasm_bindgen::prelude::*;

use super::JsUser;
use crate::error::{KeyfoldError, thrown};
use crate::group::JsGroup;
use crate::promise::{promise, settled};
use crate::value::{object, page};

#[wasm_bindgen(js_class = User)]
impl JsUser {
    /// Makes a group, and returns its id.
    #[wasm_bindgen(js_name = createGroup, unchecked_return_type = "Promise<string>")]
    pub fn create_group(&self, sign: bool) -> Promise {
        let this = self.clone();
        promise(async move {
            settled({
                let created =
                    if sign { this.0.create_signed_group().await } else { this.0.create_group().await };
                created.map(GroupId::into_string)
            })
        })
    }

    #[wasm_bindgen(js_name = prepareCreateGroup)]
    pub fn prepare_create_group(&self, sign: bool) -> Result<String, KeyfoldError> {
        self.0.prepare_create_group(sign).map_err(thrown)
    }

    #[wasm_bindgen(unchecked_return_type = "Promise<Group>")]
    pub fn group(&self, group_id: String) -> Promise {
        let this = self.clone();
        promise(async move { settled(this.0.group(&GroupId::new(&group_id)).await.map(JsGroup::from)) })
    }

    /// A group that the user reaches through another one, which is a member of it.
    #[wasm_bindgen(js_name = groupThrough, unchecked_return_type = "Promise<Group>")]
    pub fn group_through(&self, group_id: String, member_id: String) -> Promise {
        let this = self.clone();
        promise(async move {
            settled({
                let member = this.0.group(&GroupId::new(&member_id)).await?;
                this.0.group_through(&GroupId::new(&group_id), &member).await.map(JsGroup::from)
            })
        })
    }

    #[wasm_bindgen(unchecked_return_type = "Promise<GroupList[]>")]
    pub fn groups(&self, time: Option<f64>, id: Option<String>) -> Promise {
        page(self.0.groups(), time, id)
    }

    /// The first invitations, as of the last start of the session.
    #[wasm_bindgen(js_name = firstInvitations, unchecked_return_type = "GroupInviteListItem[]")]
    pub fn first_invitations(&self) -> Result<JsValue, KeyfoldError> {
        Ok(object(&self.0.invitations())?)
    }

    #[wasm_bindgen(unchecked_return_type = "Promise<GroupInviteListItem[]>")]
    pub fn invitations(&self, time: Option<f64>, id: Option<String>) -> Promise {
        page(self.0.group_invitations(), time, id)
    }

    #[wasm_bindgen(js_name = acceptInvitation, unchecked_return_type = "Promise<void>")]
    pub fn accept_invitation(&self, group_id: String) -> Promise {
        let this = self.clone();
        promise(async move { settled(this.0.accept_invitation(&GroupId::new(&group_id)).await) })
    }

    #[wasm_bindgen(js_name = rejectInvitation, unchecked_return_type = "Promise<void>")]
    pub fn reject_invitation(&self, group_id: String) -> Promise {
        let this = self.clone();
        promise(async move { settled(this.0.reject_invitation(&GroupId::new(&group_id)).await) })
    }

    #[wasm_bindgen(js_name = requestToJoin, unchecked_return_type = "Promise<void>")]
    pub fn request_to_join(&self, group_id: String) -> Promise {
        let this = self.clone();
        promise(async move { settled(this.0.request_to_join(&GroupId::new(&group_id)).await) })
    }

    #[wasm_bindgen(js_name = sentJoinRequests, unchecked_return_type = "Promise<GroupInviteListItem[]>")]
    pub fn sent_join_requests(&self, time: Option<f64>, id: Option<String>) -> Promise {
        page(self.0.sent_join_requests(), time, id)
    }

    #[wasm_bindgen(js_name = withdrawJoinRequest, unchecked_return_type = "Promise<void>")]
    pub fn withdraw_join_request(&self, group_id: String) -> Promise {
        let this = self.clone();
        promise(async move { settled(this.0.withdraw_join_request(&GroupId::new(&group_id)).await) })
    }
}
