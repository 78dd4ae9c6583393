//! Groups of a user.

use keyfold::GroupId;
use wasm_bindgen::prelude::*;

use super::JsUser;
use crate::error::{KeyfoldError, thrown};
use crate::group::JsGroup;
use crate::value::{object, page};

#[wasm_bindgen(js_class = User)]
impl JsUser {
    /// Makes a group, and returns its id.
    #[wasm_bindgen(js_name = createGroup)]
    pub async fn create_group(&self, sign: bool) -> Result<String, KeyfoldError> {
        let created = if sign { self.0.create_signed_group().await } else { self.0.create_group().await };
        created.map(GroupId::into_string).map_err(thrown)
    }

    #[wasm_bindgen(js_name = prepareCreateGroup)]
    pub fn prepare_create_group(&self, sign: bool) -> Result<String, KeyfoldError> {
        self.0.prepare_create_group(sign).map_err(thrown)
    }

    pub async fn group(&self, group_id: &str) -> Result<JsGroup, KeyfoldError> {
        self.0.group(&GroupId::new(group_id)).await.map(JsGroup::from).map_err(thrown)
    }

    /// A group that the user reaches through another one, which is a member of it.
    #[wasm_bindgen(js_name = groupThrough)]
    pub async fn group_through(&self, group_id: &str, member_id: &str) -> Result<JsGroup, KeyfoldError> {
        let member = self.0.group(&GroupId::new(member_id)).await.map_err(thrown)?;
        self.0.group_through(&GroupId::new(group_id), &member).await.map(JsGroup::from).map_err(thrown)
    }

    #[wasm_bindgen(unchecked_return_type = "GroupList[]")]
    pub async fn groups(&self, time: Option<f64>, id: Option<String>) -> Result<JsValue, KeyfoldError> {
        page(self.0.groups(), time, id).await
    }

    /// The first invitations, as of the last start of the session.
    #[wasm_bindgen(js_name = firstInvitations, unchecked_return_type = "GroupInviteListItem[]")]
    pub fn first_invitations(&self) -> Result<JsValue, KeyfoldError> {
        object(&self.0.invitations())
    }

    #[wasm_bindgen(unchecked_return_type = "GroupInviteListItem[]")]
    pub async fn invitations(&self, time: Option<f64>, id: Option<String>) -> Result<JsValue, KeyfoldError> {
        page(self.0.group_invitations(), time, id).await
    }

    #[wasm_bindgen(js_name = acceptInvitation)]
    pub async fn accept_invitation(&self, group_id: &str) -> Result<(), KeyfoldError> {
        self.0.accept_invitation(&GroupId::new(group_id)).await.map_err(thrown)
    }

    #[wasm_bindgen(js_name = rejectInvitation)]
    pub async fn reject_invitation(&self, group_id: &str) -> Result<(), KeyfoldError> {
        self.0.reject_invitation(&GroupId::new(group_id)).await.map_err(thrown)
    }

    #[wasm_bindgen(js_name = requestToJoin)]
    pub async fn request_to_join(&self, group_id: &str) -> Result<(), KeyfoldError> {
        self.0.request_to_join(&GroupId::new(group_id)).await.map_err(thrown)
    }

    #[wasm_bindgen(js_name = sentJoinRequests, unchecked_return_type = "GroupInviteListItem[]")]
    pub async fn sent_join_requests(
        &self,
        time: Option<f64>,
        id: Option<String>,
    ) -> Result<JsValue, KeyfoldError> {
        page(self.0.sent_join_requests(), time, id).await
    }

    #[wasm_bindgen(js_name = withdrawJoinRequest)]
    pub async fn withdraw_join_request(&self, group_id: &str) -> Result<(), KeyfoldError> {
        self.0.withdraw_join_request(&GroupId::new(group_id)).await.map_err(thrown)
    }
}
