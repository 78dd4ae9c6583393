//! Members of a group: list, ranks, invitations, requests to join.

use js_sys::Promise;
use keyfold::protocol::group::GroupJoinReqItem;
use keyfold::{GroupId, KeySessionId, MemberId, UserId};
use wasm_bindgen::prelude::*;

use super::JsGroup;
use crate::error::{KeyfoldError, thrown};
use crate::promise::{promise, settled};
use crate::value::page;

#[wasm_bindgen(js_class = Group)]
impl JsGroup {
    #[wasm_bindgen(unchecked_return_type = "Promise<GroupUserListItem[]>")]
    pub fn members(&self, time: Option<f64>, id: Option<String>) -> Promise {
        page(self.0.members(), time, id)
    }

    #[wasm_bindgen(js_name = toggleInvitations, unchecked_return_type = "Promise<void>")]
    pub fn toggle_invitations(&self) -> Promise {
        let this = self.clone();
        promise(async move { settled(this.0.toggle_invitations().await) })
    }

    #[wasm_bindgen(unchecked_return_type = "Promise<void>")]
    pub fn invite(&self, user_id: String, rank: Option<i32>) -> Promise {
        let this = self.clone();
        promise(async move { settled(this.0.invite(&UserId::new(&user_id), rank).await) })
    }

    #[wasm_bindgen(js_name = inviteAuto, unchecked_return_type = "Promise<void>")]
    pub fn invite_auto(&self, user_id: String, rank: Option<i32>) -> Promise {
        let this = self.clone();
        promise(async move { settled(this.0.invite_auto(&UserId::new(&user_id), rank).await) })
    }

    #[wasm_bindgen(js_name = inviteGroup, unchecked_return_type = "Promise<void>")]
    pub fn invite_group(&self, group_id: String, rank: Option<i32>) -> Promise {
        let this = self.clone();
        promise(async move { settled(this.0.invite_group(&GroupId::new(&group_id), rank).await) })
    }

    #[wasm_bindgen(js_name = inviteGroupAuto, unchecked_return_type = "Promise<void>")]
    pub fn invite_group_auto(&self, group_id: String, rank: Option<i32>) -> Promise {
        let this = self.clone();
        promise(async move { settled(this.0.invite_group_auto(&GroupId::new(&group_id), rank).await) })
    }

    #[wasm_bindgen(js_name = reInvite, unchecked_return_type = "Promise<void>")]
    pub fn re_invite(&self, user_id: String) -> Promise {
        let this = self.clone();
        promise(async move { settled(this.0.re_invite(&UserId::new(&user_id)).await) })
    }

    #[wasm_bindgen(js_name = reInviteGroup, unchecked_return_type = "Promise<void>")]
    pub fn re_invite_group(&self, group_id: String) -> Promise {
        let this = self.clone();
        promise(async move { settled(this.0.re_invite_group(&GroupId::new(&group_id)).await) })
    }

    /// The body for an invitation with the first 50 keys, and behind it those of the uploads that follow.
    #[wasm_bindgen(js_name = prepareKeysForNewMember, unchecked_return_type = "Promise<string[]>")]
    pub fn prepare_keys_for_new_member(
        &self,
        member_id: String,
        rank: Option<i32>,
        is_group: bool,
    ) -> Promise {
        let this = self.clone();
        promise(async move {
            settled({
                let prepared = if is_group {
                    this.0.prepare_keys_for_new_member_group(&GroupId::new(&member_id), rank).await
                } else {
                    this.0.prepare_keys_for_new_member(&UserId::new(&member_id), rank).await
                };
                let (first, rest) = prepared?;
                Ok(std::iter::once(first).chain(rest).collect::<Vec<_>>())
            })
        })
    }

    /// Uploads what `prepareKeysForNewMember` returned behind the first body.
    #[wasm_bindgen(js_name = uploadSessionKeys, unchecked_return_type = "Promise<void>")]
    pub fn upload_session_keys(&self, session_id: String, pages: Vec<String>, auto: bool) -> Promise {
        let this = self.clone();
        promise(async move {
            settled(this.0.upload_session_keys(&KeySessionId::new(&session_id), pages, auto).await)
        })
    }

    #[wasm_bindgen(js_name = joinRequests, unchecked_return_type = "Promise<GroupJoinReqListItem[]>")]
    pub fn join_requests(&self, time: Option<f64>, id: Option<String>) -> Promise {
        page(self.0.join_requests(), time, id)
    }

    #[wasm_bindgen(js_name = acceptJoinRequest, unchecked_return_type = "Promise<void>")]
    pub fn accept_join_request(&self, member_id: String, user_type: i32, rank: Option<i32>) -> Promise {
        let this = self.clone();
        promise(async move {
            settled({
                // The time only matters for lists.
                let request = GroupJoinReqItem { user_id: MemberId::new(&member_id), time: 0, user_type };
                this.0.accept_join_request(&request, rank).await
            })
        })
    }

    #[wasm_bindgen(js_name = rejectJoinRequest, unchecked_return_type = "Promise<void>")]
    pub fn reject_join_request(&self, member_id: String) -> Promise {
        let this = self.clone();
        promise(async move { settled(this.0.reject_join_request(&MemberId::new(&member_id)).await) })
    }

    #[wasm_bindgen(js_name = updateRank, unchecked_return_type = "Promise<void>")]
    pub fn update_rank(&self, member_id: String, rank: i32) -> Promise {
        let this = self.clone();
        promise(async move { settled(this.0.update_rank(&MemberId::new(&member_id), rank).await) })
    }

    #[wasm_bindgen(js_name = prepareUpdateRank)]
    pub fn prepare_update_rank(&self, member_id: &str, rank: i32) -> Result<String, KeyfoldError> {
        self.0.prepare_update_rank(&MemberId::new(member_id), rank).map_err(thrown)
    }

    #[wasm_bindgen(unchecked_return_type = "Promise<void>")]
    pub fn kick(&self, member_id: String) -> Promise {
        let this = self.clone();
        promise(async move { settled(this.0.kick(&MemberId::new(&member_id)).await) })
    }

    #[wasm_bindgen(unchecked_return_type = "Promise<void>")]
    pub fn leave(&self) -> Promise {
        let this = self.clone();
        promise(async move { settled(this.0.leave().await) })
    }
}
