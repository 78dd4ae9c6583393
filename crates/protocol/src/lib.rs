//! Wire types of Keyfold: what a client and a server say to each other, and nothing else.
//!
//! No I/O and no cryptography. Every type here is either a request body, a response body or a part of one,
//! and keeps the member names, the member order and the `null`-or-omitted rules of the protocol. Values that
//! come from outside are checked while they are parsed: a request that deserialised holds fields of the right
//! length and alphabet ([`encoding`], [`id`]), so that the rules behind it never see a half-good object.
//!
//! | module | content |
//! |---|---|
//! | [`envelope`] | `{"status":…}` around every answer |
//! | [`error`] | every error code with its number, HTTP status and meaning |
//! | [`app`] | app options with their presets, file and group options |
//! | [`user`] | registration, login, devices, account, one-time passwords, user keys |
//! | [`group`] | groups, group keys, members, invitations, key rotation |
//! | [`customer`] | owners of apps: accounts, groups, app administration |
//! | [`mod@file`] | files and their parts, an app's own storage, stored symmetric keys |
//! | [`session`] | claims of an access token |
//! | [`id`], [`encoding`] | the checked scalars that those are made of |
//! | [`json`] | reading all of it |
//!
//! Times are milliseconds since 1970 (`u64`) unless a name says otherwise; ranks are `i32` from 0 (creator) to
//! 4 (member), lower is stronger.

pub mod app;
pub mod customer;
pub mod encoding;
pub mod envelope;
pub mod error;
pub mod file;
pub mod group;
pub mod id;
pub mod json;
pub mod session;
pub mod text_map;
pub mod user;

/// Path prefix of every endpoint, without a trailing slash.
pub const API_PREFIX: &str = "/api/v1";

/// Request header that carries the app token (base64).
pub const APP_TOKEN_HEADER: &str = "x-sentc-app-token";

/// Request header that names the group through which the caller reaches a connected group.
pub const GROUP_ACCESS_HEADER: &str = "x-sentc-group-access-id";

/// Largest JSON request body in bytes. A larger one is refused with [`error::ErrorCode::BodyTooBig`].
pub const MAX_BODY_BYTES: usize = 262_144;

/// Items on a page of every list of keys, devices, members, groups and invitations.
///
/// Clients take a shorter page as the end of the list, and a full one as a reason to ask again.
pub const PAGE_SIZE: usize = 50;

/// Most keys that one request may upload for a member.
pub const MAX_KEYS_PER_UPLOAD: usize = 100;

/// Keys that clients send per request when they upload the keys of a group for a new member.
pub const KEYS_PER_UPLOAD_PAGE: usize = 50;

/// Rank of the creator of a group.
pub const RANK_CREATOR: i32 = 0;

/// Rank of a member who was invited or accepted without a rank.
pub const RANK_DEFAULT: i32 = 4;

/// `result` of an endpoint that has no data to return.
pub const SUCCESS: &str = "Success";
