//! What a group does as a member of connected groups.

use js_sys::Promise;
use keyfold::GroupId;
use wasm_bindgen::prelude::*;

use super::JsGroup;
use crate::promise::{promise, settled};
use crate::value::page;

#[wasm_bindgen(js_class = Group)]
impl JsGroup {
    #[wasm_bindgen(unchecked_return_type = "Promise<GroupList[]>")]
    pub fn groups(&self, time: Option<f64>, id: Option<String>) -> Promise {
        page(self.0.groups(), time, id)
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
