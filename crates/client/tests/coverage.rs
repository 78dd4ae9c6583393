//! Every function of an SDK of this kind, what it is called here, and the test that covers it.
//!
//! `cargo test -p keyfold --test coverage -- --nocapture` prints the table.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a table is for people"
)]

use std::collections::BTreeSet;
use std::path::Path;

/// The function as other SDKs know it, what does it here, and a test that calls it.
const TABLE: &[(&str, &str, &str)] = &[
    ("Sentc.init", "Client::restore", "a_session_and_its_groups_outlive_client_and_server"),
    (
        "refresh",
        "ClientBuilder::refresh",
        "access_tokens_are_renewed_in_the_middle_of_transfers_and_once_for_all",
    ),
    ("base_url", "ClientBuilder::base_url", "a_base_url_must_be_http_and_loses_its_trailing_slash"),
    ("file_part_url", "ClientBuilder::file_part_url", "an_app_can_keep_the_parts_itself"),
    ("storage", "ClientBuilder::storage", "a_logout_leaves_nothing_of_the_user_and_everything_of_others"),
    ("Sentc.getStore", "Client::clear_storage", "a_cleared_storage_knows_nobody"),
    ("checkUserIdentifierAvailable", "Client::is_identifier_available", "an_identifier_can_be_taken_once"),
    (
        "prepareCheckUserIdentifierAvailable",
        "Client::prepare_is_identifier_available",
        "a_backend_can_ask_whether_an_identifier_is_available",
    ),
    (
        "doneCheckUserIdentifierAvailable",
        "Client::done_is_identifier_available",
        "a_backend_can_ask_whether_an_identifier_is_available",
    ),
    ("generateRegisterData", "Client::generate_register_data", "generated_names_and_passwords_register"),
    ("register", "Client::register", "a_registered_user_logs_in"),
    ("prepareRegister", "Client::prepare_register", "a_backend_can_send_the_registration"),
    ("doneRegister", "Client::done_register", "a_backend_can_send_the_registration"),
    (
        "registerDeviceStart",
        "Client::register_device_start",
        "a_second_device_reads_what_the_first_one_wrote",
    ),
    (
        "prepareRegisterDeviceStart",
        "Client::prepare_register_device_start",
        "a_backend_can_add_devices_with_keys_that_are_asked_for_or_just_loaded",
    ),
    (
        "doneRegisterDeviceStart",
        "Client::done_register_device_start",
        "a_backend_can_add_devices_with_keys_that_are_asked_for_or_just_loaded",
    ),
    ("login", "Client::login", "a_registered_user_logs_in"),
    (
        "login(.., true)",
        "Client::login_forced",
        "a_second_factor_is_asked_for_at_login_and_for_what_needs_the_password",
    ),
    ("mfaLogin", "PendingMfa::with_totp", "a_second_factor_is_replaced_and_its_old_codes_end"),
    (
        "mfaRecoveryLogin",
        "PendingMfa::with_recovery_key",
        "a_second_factor_is_asked_for_at_login_and_for_what_needs_the_password",
    ),
    ("refreshJwt", "Client::refresh_jwt", "a_backend_that_keeps_the_refresh_token_renews_the_access_token"),
    ("user.getJwt", "User::jwt", "access_tokens_are_renewed_in_the_middle_of_transfers_and_once_for_all"),
    ("getActualUser", "Client::current_user", "stored_users_and_groups_work_without_a_server"),
    ("getActualUser", "Client::restore", "a_session_and_its_groups_outlive_client_and_server"),
    ("getActualUser", "User::identifier", "a_renamed_device_logs_in_and_acts_under_its_new_name"),
    ("Sentc.getUser", "Client::user", "a_logout_leaves_nothing_of_the_user_and_everything_of_others"),
    ("getUserPublicKey", "Client::public_key", "a_public_key_is_found_signed_by_its_user"),
    ("getUserVerifyKey", "Client::verify_key", "a_server_that_replaces_a_key_under_its_id_is_found_out"),
    ("getGroupPublicKey", "Client::group_public_key", "a_group_is_invited_accepts_and_asks_to_join"),
    ("verifyUserPublicKey", "Client::verify_public_key", "a_public_key_is_found_signed_by_its_user"),
    ("user.data", "User::refresh_token", "a_logout_makes_the_refresh_token_worthless"),
    ("user.user_data", "User::device_id", "devices_are_listed_and_removed"),
    ("user.group_invites", "User::invitations", "invitations_are_known_after_a_restart"),
    (
        "registerOtp",
        "User::register_otp",
        "a_second_factor_is_asked_for_at_login_and_for_what_needs_the_password",
    ),
    ("registerRawOtp", "OtpSecret::secret", "a_second_factor_is_replaced_and_its_old_codes_end"),
    ("resetRawOtp", "User::reset_otp", "a_second_factor_is_replaced_and_its_old_codes_end"),
    ("resetOtp", "User::reset_otp", "a_second_factor_is_replaced_and_its_old_codes_end"),
    (
        "disableOtp",
        "User::disable_otp",
        "a_second_factor_is_asked_for_at_login_and_for_what_needs_the_password",
    ),
    (
        "getOtpRecoverKeys",
        "User::otp_recovery_keys",
        "a_second_factor_is_asked_for_at_login_and_for_what_needs_the_password",
    ),
    ("enabledMfa", "User::has_mfa", "a_second_factor_is_asked_for_at_login_and_for_what_needs_the_password"),
    ("registerDevice", "User::register_device", "a_second_device_reads_what_the_first_one_wrote"),
    (
        "prepareRegisterDevice",
        "User::prepare_register_device",
        "a_backend_can_add_devices_with_keys_that_are_asked_for_or_just_loaded",
    ),
    (
        "prepareRegisterDevice",
        "User::prepare_register_device_sync",
        "a_backend_can_add_devices_with_keys_that_are_asked_for_or_just_loaded",
    ),
    ("getDevices", "User::devices", "devices_are_listed_and_removed"),
    ("changePassword", "User::change_password", "a_changed_password_replaces_the_old_one_and_keeps_the_keys"),
    ("resetPassword", "User::reset_password", "a_reset_password_needs_no_old_one_and_keeps_the_keys"),
    ("updateUser", "User::update_identifier", "a_renamed_device_logs_in_and_acts_under_its_new_name"),
    ("logOut", "User::log_out", "a_logout_leaves_nothing_of_the_user_and_everything_of_others"),
    ("deleteDevice", "User::delete_device", "devices_are_listed_and_removed"),
    ("deleteUser", "User::delete", "a_deleted_account_is_gone_here_and_on_the_server"),
    ("createSafetyNumber", "User::safety_number", "both_sides_compute_the_same_safety_number"),
    (
        "user.keyRotation",
        "User::rotate_keys",
        "a_rotated_user_key_is_used_from_then_on_and_old_contents_stay_readable",
    ),
    ("finishKeyRotation", "User::finish_key_rotation", "rotations_can_be_finished_by_hand"),
    (
        "fetchUserKey",
        "User::decrypt_string",
        "a_second_device_takes_over_a_rotated_user_key_when_it_needs_it",
    ),
    ("createGroup", "User::create_group", "after_a_changed_password_the_backend_needs_the_new_refresh_token"),
    ("prepareGroupCreate", "User::prepare_create_group", "a_backend_can_create_groups_and_rank_and_rotate"),
    ("getGroup", "User::group", "two_users_share_a_secret_in_a_group"),
    ("getGroups (user)", "User::groups", "invitations_are_accepted_or_declined"),
    ("getGroupInvites (user)", "User::group_invitations", "invitations_are_accepted_or_declined"),
    ("acceptGroupInvite (user)", "User::accept_invitation", "invitations_are_accepted_or_declined"),
    ("rejectGroupInvite (user)", "User::reject_invitation", "invitations_are_accepted_or_declined"),
    (
        "groupJoinRequest (user)",
        "User::request_to_join",
        "requests_to_join_are_accepted_declined_or_withdrawn",
    ),
    ("sentJoinReq (user)", "User::sent_join_requests", "requests_to_join_are_accepted_declined_or_withdrawn"),
    (
        "deleteJoinReq (user)",
        "User::withdraw_join_request",
        "requests_to_join_are_accepted_declined_or_withdrawn",
    ),
    ("encrypt (user)", "User::encrypt", "a_large_content_that_was_changed_is_refused_as_ever"),
    ("encrypt (user)", "User::encrypt_with", "content_for_a_user_opens_for_that_user_only"),
    ("decrypt (user)", "User::decrypt_with", "content_for_a_user_opens_for_that_user_only"),
    (
        "decrypt (user)",
        "User::decrypt",
        "small_contents_and_additional_data_are_not_left_to_the_cipher_of_the_platform",
    ),
    ("…String (user)", "User::encrypt_string", "content_for_a_user_opens_for_that_user_only"),
    ("…String (user)", "User::decrypt_string", "content_for_a_user_opens_for_that_user_only"),
    ("…Raw (user)", "User::encrypt_raw", "a_large_content_that_was_changed_is_refused_as_ever"),
    ("…Raw (user)", "User::decrypt_raw", "a_large_content_that_was_changed_is_refused_as_ever"),
    ("…Sync (user)", "User::encrypt_sync", "contents_open_at_once_and_in_two_pieces_with_loaded_keys"),
    ("…Sync (user)", "User::decrypt_sync", "contents_open_at_once_and_in_two_pieces_with_loaded_keys"),
    (
        "…Sync (user)",
        "User::encrypt_string_sync",
        "users_exchange_texts_with_loaded_keys_and_without_a_request",
    ),
    (
        "…Sync (user)",
        "User::decrypt_string_sync",
        "users_exchange_texts_with_loaded_keys_and_without_a_request",
    ),
    ("…Sync (user)", "User::encrypt_raw_to", "contents_open_at_once_and_in_two_pieces_with_loaded_keys"),
    ("…Sync (user)", "User::decrypt_raw_sync", "contents_open_at_once_and_in_two_pieces_with_loaded_keys"),
    ("…Sync (group)", "Group::decrypt_sync", "contents_open_at_once_and_in_two_pieces_with_loaded_keys"),
    ("…Sync (group)", "Group::decrypt_string_sync", "damaged_content_is_an_error_and_never_a_panic"),
    ("…Sync (group)", "Group::decrypt_raw_sync", "contents_open_at_once_and_in_two_pieces_with_loaded_keys"),
    ("encrypt (group)", "Group::encrypt", "two_users_share_a_secret_in_a_group"),
    ("decrypt (group)", "Group::decrypt", "two_users_share_a_secret_in_a_group"),
    ("…String (group)", "Group::encrypt_string", "two_users_share_a_secret_in_a_group"),
    ("…String (group)", "Group::decrypt_string", "two_users_share_a_secret_in_a_group"),
    ("…Raw (group)", "Group::encrypt_raw", "content_can_be_kept_apart_from_its_head"),
    ("…Raw (group)", "Group::decrypt_raw", "content_can_be_kept_apart_from_its_head"),
    ("additional data", "Group::encrypt_with", "content_bound_to_other_data_opens_with_the_same_data_only"),
    ("generateNonRegisteredKey", "User::generate_key", "a_generated_key_is_opened_by_those_it_was_made_for"),
    ("generateNonRegisteredKey", "Group::generate_key", "a_generated_key_is_opened_by_those_it_was_made_for"),
    ("getNonRegisteredKey", "User::open_generated_key", "a_generated_key_is_opened_by_those_it_was_made_for"),
    (
        "getNonRegisteredKey",
        "Group::open_generated_key",
        "a_generated_key_is_opened_by_those_it_was_made_for",
    ),
    ("SymKey", "User::store_key", "members_open_a_stored_key_by_its_id"),
    ("SymKey", "User::stored_key", "members_open_a_stored_key_by_its_id"),
    ("SymKey", "Group::store_key", "members_open_a_stored_key_by_its_id"),
    ("SymKey", "Group::stored_key", "members_open_a_stored_key_by_its_id"),
    ("sign, verify", "DecryptOptions::signed_by", "a_demanded_signature_must_be_there_and_by_the_right_user"),
    ("getChildGroup", "Group::child", "members_of_a_parent_read_its_children_however_deep"),
    (
        "getConnectedGroup",
        "Group::connected",
        "members_of_a_member_group_read_a_connected_group_and_its_children",
    ),
    ("getChildren", "Group::children", "members_of_a_parent_read_its_children_however_deep"),
    ("createChildGroup", "Group::create_child", "members_of_a_parent_read_its_children_however_deep"),
    (
        "createConnectedGroup",
        "Group::create_connected",
        "members_of_a_member_group_read_a_connected_group_and_its_children",
    ),
    (
        "prepareCreateChildGroup",
        "Group::prepare_create_child",
        "a_backend_can_create_groups_and_rank_and_rotate",
    ),
    ("groupUpdateCheck", "Group::update", "a_changed_rank_is_noticed_by_an_update"),
    ("getMember", "Group::members", "members_are_listed_in_pages_and_as_a_stream"),
    ("stopInvites", "Group::toggle_invitations", "a_group_can_stop_taking_members"),
    ("invite", "Group::invite", "invitations_are_accepted_or_declined"),
    ("inviteAuto", "Group::invite_auto", "two_users_share_a_secret_in_a_group"),
    ("inviteGroup", "Group::invite_group", "a_group_is_invited_accepts_and_asks_to_join"),
    ("inviteGroupAuto", "Group::invite_group_auto", "a_backend_can_create_groups_and_rank_and_rotate"),
    ("reInviteUser", "Group::re_invite", "a_backend_can_create_groups_and_rank_and_rotate"),
    ("reInviteGroup", "Group::re_invite_group", "a_backend_can_create_groups_and_rank_and_rotate"),
    (
        "prepareKeysForNewMember",
        "Group::prepare_keys_for_new_member",
        "a_backend_can_create_groups_and_rank_and_rotate",
    ),
    (
        "handleInviteSessionKeysForNewMember",
        "Group::upload_session_keys",
        "a_new_member_gets_all_keys_of_a_group_that_has_more_than_two_pages",
    ),
    (
        "getGroups (group)",
        "Group::groups",
        "members_of_a_member_group_read_a_connected_group_and_its_children",
    ),
    ("getGroupInvites (group)", "Group::group_invitations", "a_group_is_invited_accepts_and_asks_to_join"),
    ("acceptGroupInvite (group)", "Group::accept_invitation", "a_group_is_invited_accepts_and_asks_to_join"),
    ("rejectGroupInvite (group)", "Group::reject_invitation", "a_group_is_invited_accepts_and_asks_to_join"),
    ("groupJoinRequest (group)", "Group::request_to_join", "a_group_is_invited_accepts_and_asks_to_join"),
    ("sentJoinReq (group)", "Group::sent_join_requests", "a_group_is_invited_accepts_and_asks_to_join"),
    ("deleteJoinReq (group)", "Group::withdraw_join_request", "a_group_is_invited_accepts_and_asks_to_join"),
    ("getJoinRequests", "Group::join_requests", "requests_to_join_are_accepted_declined_or_withdrawn"),
    (
        "acceptJoinRequest",
        "Group::accept_join_request",
        "requests_to_join_are_accepted_declined_or_withdrawn",
    ),
    (
        "rejectJoinRequest",
        "Group::reject_join_request",
        "requests_to_join_are_accepted_declined_or_withdrawn",
    ),
    ("leave", "Group::leave", "members_leave_and_are_removed"),
    ("kickUser", "Group::kick", "members_leave_and_are_removed"),
    ("updateRank", "Group::update_rank", "a_changed_rank_is_noticed_by_an_update"),
    ("prepareUpdateRank", "Group::prepare_update_rank", "a_backend_can_create_groups_and_rank_and_rotate"),
    (
        "keyRotation (group)",
        "Group::rotate_keys",
        "a_rotated_key_reaches_the_other_members_and_old_contents_stay_readable",
    ),
    ("finishKeyRotation (group)", "Group::finish_key_rotation", "rotations_can_be_finished_by_hand"),
    (
        "prepareKeyRotation (group)",
        "Group::prepare_key_rotation",
        "a_backend_can_create_groups_and_rank_and_rotate",
    ),
    ("deleteGroup", "Group::delete", "a_deleted_group_is_gone_for_everybody"),
    ("createFile", "NewFile::upload_stream", "files_come_from_and_go_to_paths_readers_and_streams"),
    ("createFileWithPath", "NewFile::upload_path", "files_come_from_and_go_to_paths_readers_and_streams"),
    ("prepareRegisterFile", "NewFile::prepare", "a_backend_can_register_a_file_for_the_app"),
    ("doneFileRegister", "PreparedFile::done", "a_backend_can_register_a_file_for_the_app"),
    ("uploadFile", "Upload::send_bytes", "a_backend_can_register_a_file_for_the_app"),
    ("downloadFile", "Download::to_folder", "files_come_from_and_go_to_paths_readers_and_streams"),
    ("downloadFileMetaInfo", "Group::file", "files_of_every_size_come_back_for_every_member"),
    ("downloadFileWithMetaInfo", "File::download", "files_of_every_size_come_back_for_every_member"),
    ("deleteFile", "Group::delete_file", "a_file_is_renamed_and_deleted"),
    ("updateFileName (group)", "File::rename", "a_file_is_renamed_and_deleted"),
    ("updateFileName (user)", "File::rename", "a_file_for_a_user_is_read_by_that_user_alone"),
    ("Uploader.cancel_upload", "NewFile::cancel_with", "a_cancelled_upload_ends_and_leaves_no_file"),
    ("Downloader.cancel_download", "Download::cancel_with", "a_cancelled_upload_ends_and_leaves_no_file"),
    ("createSearchRaw", "Group::search_key", "members_find_and_sort_alike_before_and_after_a_rotation"),
    ("createSearch", "Group::search_key", "members_find_and_sort_alike_before_and_after_a_rotation"),
    ("search", "Group::search_key", "members_find_and_sort_alike_before_and_after_a_rotation"),
    (
        "encryptSortable(Raw)Number",
        "Group::sort_key",
        "members_find_and_sort_alike_before_and_after_a_rotation",
    ),
    ("(Raw)String", "Group::sort_key", "members_find_and_sort_alike_before_and_after_a_rotation"),
    ("the light SDK", "ClientBuilder::light", "light_users_have_devices_passwords_and_sessions"),
];

/// What the list of the other SDKs names, and what means nothing here.
const NOT_OURS: &[&str] = &["wasm_path"];

/// What no example shows, because one shows something of which it is a variant or a part.
const NOT_SHOWN: &[&str] = &[
    // `File::delete`, for who has the id alone.
    "Group::delete_file",
    // Of a group with more than 50 generations of keys, behind `prepare_keys_for_new_member`.
    "Group::upload_session_keys",
    // `Group::finish_key_rotation`, for a user's own keys.
    "User::finish_key_rotation",
    // What `Client::restore` has brought of `User::group_invitations`.
    "User::invitations",
    // `User::prepare_register_device`, with the keys that are loaded.
    "User::prepare_register_device_sync",
];

/// Variables that are users in the tests and examples, where users and groups have functions of the same name.
const PEOPLE: &[&str] = &["alice", "bob", "carol", "eve", "phone", "again", "user"];

#[test]
fn every_function_is_there_and_has_a_test() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let (mut sources, mut tests) = (Vec::new(), Vec::new());
    read(&root.join("src"), &mut sources);
    read(&root.join("tests"), &mut tests);
    let mut examples = Vec::new();
    read(&root.join("examples"), &mut examples);
    // The blocking module has the same names again.
    let methods: BTreeSet<String> = sources
        .iter()
        .filter(|(path, _)| !path.contains("blocking"))
        .flat_map(|(_, text)| methods(text))
        .collect();
    // Unit tests stand beside what they test.
    tests.extend(sources);
    for (function, ours, test) in TABLE {
        println!("{function:<40} {ours:<44} {test}");
        assert!(methods.contains(*ours), "{ours}, which is to be {function}, is not there");
        let body = tests.iter().find_map(|(_, text)| body_of(text, test));
        let body = body.unwrap_or_else(|| panic!("{test}, which is to test {function}, is not there"));
        let (kind, name) = ours.split_once("::").unwrap();
        let is_of_both = ["User", "Group"].iter().all(|kind| methods.contains(&format!("{kind}::{name}")));
        let is_meant = |receiver: &str| {
            !is_of_both || (!receiver.is_empty() && PEOPLE.contains(&receiver) == (kind == "User"))
        };
        let is_called = receivers(body, name).any(is_meant);
        assert!(is_called, "{test} does not call {ours}, which is to be {function}");
        let is_shown = examples.iter().any(|(_, text)| receivers(text, name).any(is_meant));
        assert!(is_shown != NOT_SHOWN.contains(ours), "{ours}: an example shows it, or `NOT_SHOWN` names it");
    }
}

#[test]
fn every_example_is_run_by_a_test() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let runs = ["tests/blocking.rs", "tests/server/examples.rs"];
    let runs = runs.map(|file| std::fs::read_to_string(root.join(file)).unwrap()).concat();
    for entry in std::fs::read_dir(root.join("examples")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        assert!(runs.contains(&format!("/examples/{name}\"")), "no test runs {name}");
    }
}

#[test]
fn the_table_names_every_function_of_the_other_sdks() {
    // Beside the project, where it was made; elsewhere there is nothing to compare with.
    let list = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/spec/sdk.md");
    let Ok(list) = std::fs::read_to_string(list) else { return };
    let list = list.split_once("\n## 22. Checklist").expect("the list of functions").1;
    let list = list.split("\n## ").next().unwrap();
    let cells = list.lines().filter_map(|line| line.strip_prefix("| ")?.split(" | ").next());
    let wanted: Vec<String> = cells.flat_map(functions_in).collect();
    assert!(wanted.len() > 100, "{wanted:?}");
    let is_known =
        |function: &str| NOT_OURS.contains(&function) || TABLE.iter().any(|(theirs, ..)| *theirs == function);
    let missing: Vec<_> = wanted.iter().filter(|function| !is_known(function)).collect();
    assert!(missing.is_empty(), "not in the table: {missing:?}");
}

/// The functions that a cell names, with whose they are where it says that.
fn functions_in(cell: &str) -> Vec<String> {
    let parts: Vec<_> = cell.split('`').collect();
    let names = || parts.iter().skip(1).step_by(2);
    let words: String = parts.iter().step_by(2).copied().collect();
    let of: Vec<_> = ["user", "group"].into_iter().filter(|of| words.contains(of)).collect();
    if of.is_empty() {
        return names().map(|name| (*name).to_owned()).collect();
    }
    of.iter().flat_map(|of| names().map(move |name| format!("{name} ({of})"))).collect()
}

/// The public functions of a source file, as `Type::name`.
fn methods(text: &str) -> Vec<String> {
    let (mut of_type, mut methods) = (None, Vec::new());
    for line in text.lines() {
        if line.starts_with('}') {
            of_type = None;
        } else if let Some(header) = line.strip_prefix("impl") {
            let header = header.split_once("> ").map_or(header, |(_, behind)| behind);
            of_type = Some(word(header.trim_start()));
        }
        let function = ["    pub async fn ", "    pub fn "].iter().find_map(|begin| line.strip_prefix(begin));
        if let (Some(of_type), Some(function)) = (of_type, function) {
            methods.push(format!("{of_type}::{}", word(function)));
        }
    }
    methods
}

/// The function `name` in a source file, from its name to its end, as rustfmt indents that.
fn body_of<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let begin = text.find(&format!("fn {name}("))?;
    let line = text[..begin].rfind('\n').map_or(0, |end| end + 1);
    let indentation = text[line..].len() - text[line..].trim_start_matches(' ').len();
    let end = format!("\n{}}}\n", &text[line..line + indentation]);
    let length = text[begin..].find(&end)?;
    Some(&text[begin..begin + length])
}

/// The variables, types and functions on which `name` is called in `body`.
fn receivers<'a>(body: &'a str, name: &str) -> impl Iterator<Item = &'a str> {
    let call = format!("{name}(");
    let places: Vec<_> = body.match_indices(&call).map(|(at, _)| at).collect();
    places.into_iter().filter_map(move |at| {
        let before = &body[..at];
        let receiver = before.strip_suffix('.').or(before.strip_suffix("::"))?.trim_end();
        // Behind the last sign that no name contains; empty for the result of a call.
        Some(&receiver[receiver.rfind(|sign| !is_of_name(sign)).map_or(0, |at| at + 1)..])
    })
}

fn word(text: &str) -> &str {
    text.split(|sign| !is_of_name(sign)).next().unwrap_or_default()
}

fn is_of_name(sign: char) -> bool {
    sign.is_ascii_alphanumeric() || sign == '_'
}

fn read(folder: &Path, files: &mut Vec<(String, String)>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            read(&path, files);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            files.push((path.to_string_lossy().into_owned(), std::fs::read_to_string(path).unwrap()));
        }
    }
}
