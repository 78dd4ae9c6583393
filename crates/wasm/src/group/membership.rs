//! What a group does as a member of connected groups.

use keyfold::GroupId;
use wasm_bindgen::prelude::*;

use super::JsGroup;
use crate::error::{KeyfoldError, thrown};
use crate::value::page;

#[wasm_bindgen(js_class = Group)]
impl JsGroup {
    #[wasm_bindgen(unchecked_return_type = "GroupList[]")]
    pub async fn groups(&self, time: Option<f64>, id: Option<String>) -> Result<JsValue, KeyfoldError> {
        page(self.0.groups(), time, id).await
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
