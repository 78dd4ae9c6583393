//! Every function of an SDK of this kind, what it is called here, and the test that covers it.
//!
//! `cargo test -p keyfold --test coverage -- --nocapture` prints the table.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a table is for people")]

use std::path::Path;

/// The function as other SDKs know it, what does it here, and a test of it.
const TABLE: &[(&str, &str, &str)] = &[
    ("init", "restore", "a_session_and_its_groups_outlive_client_and_server"),
    ("options refresh", "refresh", "access_tokens_are_renewed_in_the_middle_of_transfers_and_once_for_all"),
    ("option base_url", "base_url", "a_base_url_must_be_http_and_loses_its_trailing_slash"),
    ("option file_part_url", "file_part_url", "an_app_can_keep_the_parts_itself"),
    ("option storage", "storage", "a_session_and_its_groups_outlive_client_and_server"),
    ("getStore", "clear_storage", "a_cleared_storage_knows_nobody"),
    ("checkUserIdentifierAvailable", "is_identifier_available", "an_identifier_can_be_taken_once"),
    (
        "prepareCheckUserIdentifierAvailable",
        "prepare_is_identifier_available",
        "a_backend_can_ask_whether_an_identifier_is_available",
    ),
    (
        "doneCheckUserIdentifierAvailable",
        "done_is_identifier_available",
        "a_backend_can_ask_whether_an_identifier_is_available",
    ),
    ("generateRegisterData", "generate_register_data", "generated_names_and_passwords_register"),
    ("register", "register", "a_registered_user_logs_in"),
    ("prepareRegister", "prepare_register", "a_backend_can_send_the_registration"),
    ("doneRegister", "done_register", "a_backend_can_send_the_registration"),
    ("registerDeviceStart", "register_device_start", "a_second_device_reads_what_the_first_one_wrote"),
    (
        "prepareRegisterDeviceStart",
        "prepare_register_device_start",
        "a_backend_can_add_devices_with_keys_that_are_asked_for_or_just_loaded",
    ),
    (
        "doneRegisterDeviceStart",
        "done_register_device_start",
        "a_backend_can_add_devices_with_keys_that_are_asked_for_or_just_loaded",
    ),
    ("login", "login", "a_registered_user_logs_in"),
    ("login forced", "login_forced", "a_second_factor_is_asked_for_at_login_and_for_what_needs_the_password"),
    ("mfaLogin", "with_totp", "a_second_factor_is_replaced_and_its_old_codes_end"),
    (
        "mfaRecoveryLogin",
        "with_recovery_key",
        "a_second_factor_is_asked_for_at_login_and_for_what_needs_the_password",
    ),
    ("refreshJwt", "refresh_jwt", "a_backend_that_keeps_the_refresh_token_renews_the_access_token"),
    ("user.getJwt", "jwt", "access_tokens_are_renewed_in_the_middle_of_transfers_and_once_for_all"),
    ("getActualUser, offline", "current_user", "stored_users_and_groups_work_without_a_server"),
    ("getActualUser, with valid jwt", "restore", "a_session_and_its_groups_outlive_client_and_server"),
    ("getActualUser, with identifier", "identifier", "a_renamed_device_logs_in_and_acts_under_its_new_name"),
    ("getUser", "user", "a_logout_leaves_nothing_of_the_user_and_everything_of_others"),
    ("getUserPublicKey", "public_key", "a_public_key_is_found_signed_by_its_user"),
    ("getUserVerifyKey", "verify_key", "a_server_that_replaces_a_key_under_its_id_is_found_out"),
    ("getGroupPublicKey", "group_public_key", "a_group_is_invited_accepts_and_asks_to_join"),
    ("verifyUserPublicKey", "verify_public_key", "a_public_key_is_found_signed_by_its_user"),
    ("user.data", "refresh_token", "a_logout_makes_the_refresh_token_worthless"),
    ("user.group_invites", "invitations", "invitations_are_known_after_a_restart"),
    ("registerOtp", "register_otp", "a_second_factor_is_asked_for_at_login_and_for_what_needs_the_password"),
    ("registerRawOtp", "secret", "a_second_factor_is_asked_for_at_login_and_for_what_needs_the_password"),
    ("resetRawOtp", "reset_otp", "a_second_factor_is_replaced_and_its_old_codes_end"),
    ("resetOtp", "reset_otp", "a_second_factor_is_replaced_and_its_old_codes_end"),
    ("disableOtp", "disable_otp", "a_second_factor_is_asked_for_at_login_and_for_what_needs_the_password"),
    (
        "getOtpRecoverKeys",
        "otp_recovery_keys",
        "a_second_factor_is_asked_for_at_login_and_for_what_needs_the_password",
    ),
    ("enabledMfa", "has_mfa", "a_second_factor_is_asked_for_at_login_and_for_what_needs_the_password"),
    ("registerDevice", "register_device", "a_second_device_reads_what_the_first_one_wrote"),
    (
        "prepareRegisterDevice",
        "prepare_register_device",
        "a_backend_can_add_devices_with_keys_that_are_asked_for_or_just_loaded",
    ),
    (
        "prepareRegisterDevice, offline",
        "prepare_register_device_sync",
        "a_backend_can_add_devices_with_keys_that_are_asked_for_or_just_loaded",
    ),
    ("getDevices", "devices", "devices_are_listed_and_removed"),
    ("changePassword", "change_password", "a_changed_password_replaces_the_old_one_and_keeps_the_keys"),
    ("resetPassword", "reset_password", "a_reset_password_needs_no_old_one_and_keeps_the_keys"),
    ("updateUser", "update_identifier", "a_renamed_device_logs_in_and_acts_under_its_new_name"),
    ("logOut", "log_out", "a_logout_leaves_nothing_of_the_user_and_everything_of_others"),
    ("deleteDevice", "delete_device", "devices_are_listed_and_removed"),
    ("deleteUser", "delete", "a_deleted_account_is_gone_here_and_on_the_server"),
    ("createSafetyNumber", "safety_number", "both_sides_compute_the_same_safety_number"),
    (
        "user.keyRotation",
        "rotate_keys",
        "a_rotated_user_key_is_used_from_then_on_and_old_contents_stay_readable",
    ),
    ("user.finishKeyRotation", "finish_key_rotation", "rotations_can_be_finished_by_hand"),
    ("user.fetchUserKey", "decrypt_string", "a_second_device_takes_over_a_rotated_user_key_when_it_needs_it"),
    ("createGroup", "create_group", "two_users_share_a_secret_in_a_group"),
    ("prepareGroupCreate", "prepare_create_group", "a_backend_can_create_groups_and_rank_and_rotate"),
    ("getGroup", "group", "two_users_share_a_secret_in_a_group"),
    ("getGroups", "groups", "members_are_listed_in_pages_and_as_a_stream"),
    ("getGroupInvites", "group_invitations", "invitations_are_accepted_or_declined"),
    ("acceptGroupInvite", "accept_invitation", "invitations_are_accepted_or_declined"),
    ("rejectGroupInvite", "reject_invitation", "invitations_are_accepted_or_declined"),
    ("groupJoinRequest", "request_to_join", "requests_to_join_are_accepted_declined_or_withdrawn"),
    ("sentJoinReq", "sent_join_requests", "requests_to_join_are_accepted_declined_or_withdrawn"),
    ("deleteJoinReq", "withdraw_join_request", "requests_to_join_are_accepted_declined_or_withdrawn"),
    ("user.encrypt, decrypt", "encrypt", "content_for_a_user_opens_for_that_user_only"),
    ("…String", "encrypt_string", "content_for_a_user_opens_for_that_user_only"),
    ("…Raw", "encrypt_raw", "content_can_be_kept_apart_from_its_head"),
    ("…Sync", "decrypt_sync", "damaged_content_is_an_error_and_never_a_panic"),
    ("additional data", "encrypt_with", "content_bound_to_other_data_opens_with_the_same_data_only"),
    ("generateNonRegisteredKey", "generate_key", "a_generated_key_is_opened_by_those_it_was_made_for"),
    ("getNonRegisteredKey", "open_generated_key", "a_generated_key_is_opened_by_those_it_was_made_for"),
    ("sign, verify", "signed_by", "a_demanded_signature_must_be_there_and_by_the_right_user"),
    ("registered keys", "store_key", "members_open_a_stored_key_by_its_id"),
    ("getChildGroup", "child", "members_of_a_parent_read_its_children_however_deep"),
    ("getConnectedGroup", "connected", "members_of_a_member_group_read_a_connected_group_and_its_children"),
    ("getChildren", "children", "members_of_a_parent_read_its_children_however_deep"),
    ("createChildGroup", "create_child", "members_of_a_parent_read_its_children_however_deep"),
    (
        "createConnectedGroup",
        "create_connected",
        "members_of_a_member_group_read_a_connected_group_and_its_children",
    ),
    ("prepareCreateChildGroup", "prepare_create_child", "a_backend_can_create_groups_and_rank_and_rotate"),
    ("groupUpdateCheck", "update", "a_changed_rank_is_noticed_by_an_update"),
    ("getMember", "members", "members_are_listed_in_pages_and_as_a_stream"),
    ("stopInvites", "toggle_invitations", "a_group_can_stop_taking_members"),
    ("invite", "invite", "invitations_are_accepted_or_declined"),
    ("inviteAuto", "invite_auto", "two_users_share_a_secret_in_a_group"),
    ("inviteGroup", "invite_group", "a_group_is_invited_accepts_and_asks_to_join"),
    ("inviteGroupAuto", "invite_group_auto", "a_backend_can_create_groups_and_rank_and_rotate"),
    ("reInviteUser", "re_invite", "a_backend_can_create_groups_and_rank_and_rotate"),
    ("reInviteGroup", "re_invite_group", "a_backend_can_create_groups_and_rank_and_rotate"),
    (
        "prepareKeysForNewMember",
        "prepare_keys_for_new_member",
        "a_backend_can_create_groups_and_rank_and_rotate",
    ),
    (
        "handleInviteSessionKeysForNewMember",
        "upload_session_keys",
        "a_new_member_gets_all_keys_of_a_group_that_has_more_than_two_pages",
    ),
    ("group: getGroups", "groups", "members_of_a_member_group_read_a_connected_group_and_its_children"),
    ("group: getGroupInvites", "group_invitations", "a_group_is_invited_accepts_and_asks_to_join"),
    ("group: acceptGroupInvite", "accept_invitation", "a_group_is_invited_accepts_and_asks_to_join"),
    ("group: rejectGroupInvite", "reject_invitation", "a_group_is_invited_accepts_and_asks_to_join"),
    ("group: groupJoinRequest", "request_to_join", "a_group_is_invited_accepts_and_asks_to_join"),
    ("group: sentJoinReq", "sent_join_requests", "a_group_is_invited_accepts_and_asks_to_join"),
    ("group: deleteJoinReq", "withdraw_join_request", "a_group_is_invited_accepts_and_asks_to_join"),
    ("getJoinRequests", "join_requests", "requests_to_join_are_accepted_declined_or_withdrawn"),
    ("acceptJoinRequest", "accept_join_request", "requests_to_join_are_accepted_declined_or_withdrawn"),
    ("rejectJoinRequest", "reject_join_request", "requests_to_join_are_accepted_declined_or_withdrawn"),
    ("leave", "leave", "members_leave_and_are_removed"),
    ("kickUser", "kick", "members_leave_and_are_removed"),
    ("updateRank", "update_rank", "a_changed_rank_is_noticed_by_an_update"),
    ("prepareUpdateRank", "prepare_update_rank", "a_backend_can_create_groups_and_rank_and_rotate"),
    (
        "group.keyRotation",
        "rotate_keys",
        "a_rotated_key_reaches_the_other_members_and_old_contents_stay_readable",
    ),
    ("group.finishKeyRotation", "finish_key_rotation", "rotations_can_be_finished_by_hand"),
    ("group.prepareKeyRotation", "prepare_key_rotation", "a_backend_can_create_groups_and_rank_and_rotate"),
    ("deleteGroup", "delete", "a_deleted_group_is_gone_for_everybody"),
    ("createFile", "upload_stream", "files_come_from_and_go_to_paths_readers_and_streams"),
    ("createFileWithPath", "upload_path", "files_come_from_and_go_to_paths_readers_and_streams"),
    ("prepareRegisterFile", "prepare", "a_backend_can_register_a_file_for_the_app"),
    ("doneFileRegister", "done", "a_backend_can_register_a_file_for_the_app"),
    ("uploadFile", "send_bytes", "a_backend_can_register_a_file_for_the_app"),
    ("downloadFile", "to_folder", "files_come_from_and_go_to_paths_readers_and_streams"),
    ("downloadFileMetaInfo", "file", "files_of_every_size_come_back_for_every_member"),
    ("downloadFileWithMetaInfo", "download", "files_of_every_size_come_back_for_every_member"),
    ("deleteFile", "delete_file", "a_file_is_renamed_and_deleted"),
    ("updateFileName", "rename", "a_file_is_renamed_and_deleted"),
    ("cancel_upload, cancel_download", "cancel_with", "a_cancelled_upload_ends_and_leaves_no_file"),
    ("createSearch, search", "search_key", "members_find_and_sort_alike_before_and_after_a_rotation"),
    ("encryptSortable…", "sort_key", "members_find_and_sort_alike_before_and_after_a_rotation"),
    ("light", "light", "light_users_have_groups_ranks_and_invitations"),
];

#[test]
fn every_function_is_there_and_has_a_test() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let (mut sources, mut tests) = (String::new(), String::new());
    read(&root.join("src"), &mut sources);
    read(&root.join("tests"), &mut tests);
    for (function, ours, test) in TABLE {
        println!("{function:<40} {ours:<36} {test}");
        let is_defined = ["(", "<"].iter().any(|end| sources.contains(&format!("fn {ours}{end}")));
        assert!(is_defined, "{ours}, which is to be {function}, is not there");
        // Unit tests stand beside what they test.
        let is_tested = [&tests, &sources].iter().any(|text| text.contains(&format!("fn {test}(")));
        assert!(is_tested, "{test}, which is to test {function}, is not there");
        let is_called = [".", "::"].iter().any(|begin| tests.contains(&format!("{begin}{ours}(")));
        assert!(is_called, "no test calls {ours}, which is to be {function}");
    }
}

fn read(folder: &Path, text: &mut String) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            read(&path, text);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            text.push_str(&std::fs::read_to_string(path).unwrap());
        }
    }
}
