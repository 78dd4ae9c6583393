//! Members of a group: list, ranks, invitations, requests to join.

use keyfold::protocol::group::GroupJoinReqItem;
use keyfold::{GroupId, KeySessionId, MemberId, UserId};
use wasm_bindgen::prelude::*;

use super::JsGroup;
use crate::error::{KeyfoldError, thrown};
use crate::value::page;

#[wasm_bindgen(js_class = Group)]
impl JsGroup {
    #[wasm_bindgen(unchecked_return_type = "GroupUserListItem[]")]
    pub async fn members(&self, time: Option<f64>, id: Option<String>) -> Result<JsValue, KeyfoldError> {
        page(self.0.members(), time, id).await
    }

    #[wasm_bindgen(js_name = toggleInvitations)]
    pub async fn toggle_invitations(&self) -> Result<(), KeyfoldError> {
        self.0.toggle_invitations().await.map_err(thrown)
    }

    pub async fn invite(&self, user_id: &str, rank: Option<i32>) -> Result<(), KeyfoldError> {
        self.0.invite(&UserId::new(user_id), rank).await.map_err(thrown)
    }

    #[wasm_bindgen(js_name = inviteAuto)]
    pub async fn invite_auto(&self, user_id: &str, rank: Option<i32>) -> Result<(), KeyfoldError> {
        self.0.invite_auto(&UserId::new(user_id), rank).await.map_err(thrown)
    }

    #[wasm_bindgen(js_name = inviteGroup)]
    pub async fn invite_group(&self, group_id: &str, rank: Option<i32>) -> Result<(), KeyfoldError> {
        self.0.invite_group(&GroupId::new(group_id), rank).await.map_err(thrown)
    }

    #[wasm_bindgen(js_name = inviteGroupAuto)]
    pub async fn invite_group_auto(&self, group_id: &str, rank: Option<i32>) -> Result<(), KeyfoldError> {
        self.0.invite_group_auto(&GroupId::new(group_id), rank).await.map_err(thrown)
    }

    #[wasm_bindgen(js_name = reInvite)]
    pub async fn re_invite(&self, user_id: &str) -> Result<(), KeyfoldError> {
        self.0.re_invite(&UserId::new(user_id)).await.map_err(thrown)
    }

    #[wasm_bindgen(js_name = reInviteGroup)]
    pub async fn re_invite_group(&self, group_id: &str) -> Result<(), KeyfoldError> {
        self.0.re_invite_group(&GroupId::new(group_id)).await.map_err(thrown)
    }

    /// The body for an invitation with the first 50 keys, and behind it those of the uploads that follow.
    #[wasm_bindgen(js_name = prepareKeysForNewMember)]
    pub async fn prepare_keys_for_new_member(
        &self,
        member_id: &str,
        rank: Option<i32>,
        is_group: bool,
    ) -> Result<Vec<String>, KeyfoldError> {
        let prepared = if is_group {
            self.0.prepare_keys_for_new_member_group(&GroupId::new(member_id), rank).await
        } else {
            self.0.prepare_keys_for_new_member(&UserId::new(member_id), rank).await
        };
        let (first, rest) = prepared.map_err(thrown)?;
        Ok(std::iter::once(first).chain(rest).collect())
    }

    /// Uploads what `prepareKeysForNewMember` returned behind the first body.
    #[wasm_bindgen(js_name = uploadSessionKeys)]
    pub async fn upload_session_keys(
        &self,
        session_id: &str,
        pages: Vec<String>,
        auto: bool,
    ) -> Result<(), KeyfoldError> {
        self.0.upload_session_keys(&KeySessionId::new(session_id), pages, auto).await.map_err(thrown)
    }

    #[wasm_bindgen(js_name = joinRequests, unchecked_return_type = "GroupJoinReqListItem[]")]
    pub async fn join_requests(
        &self,
        time: Option<f64>,
        id: Option<String>,
    ) -> Result<JsValue, KeyfoldError> {
        page(self.0.join_requests(), time, id).await
    }

    #[wasm_bindgen(js_name = acceptJoinRequest)]
    pub async fn accept_join_request(
        &self,
        member_id: &str,
        user_type: i32,
        rank: Option<i32>,
    ) -> Result<(), KeyfoldError> {
        // The time only matters for lists.
        let request = GroupJoinReqItem { user_id: MemberId::new(member_id), time: 0, user_type };
        self.0.accept_join_request(&request, rank).await.map_err(thrown)
    }

    #[wasm_bindgen(js_name = rejectJoinRequest)]
    pub async fn reject_join_request(&self, member_id: &str) -> Result<(), KeyfoldError> {
        self.0.reject_join_request(&MemberId::new(member_id)).await.map_err(thrown)
    }

    #[wasm_bindgen(js_name = updateRank)]
    pub async fn update_rank(&self, member_id: &str, rank: i32) -> Result<(), KeyfoldError> {
        self.0.update_rank(&MemberId::new(member_id), rank).await.map_err(thrown)
    }

    #[wasm_bindgen(js_name = prepareUpdateRank)]
    pub fn prepare_update_rank(&self, member_id: &str, rank: i32) -> Result<String, KeyfoldError> {
        self.0.prepare_update_rank(&MemberId::new(member_id), rank).map_err(thrown)
    }

    pub async fn kick(&self, member_id: &str) -> Result<(), KeyfoldError> {
        self.0.kick(&MemberId::new(member_id)).await.map_err(thrown)
    }

    pub async fn leave(&self) -> Result<(), KeyfoldError> {
        self.0.leave().await.map_err(thrown)
    }
}
