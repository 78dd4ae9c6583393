-- Apps, users, devices, sessions, groups and their keys.
--
-- $TEXT, $BLOB, $INT, $SERIAL and $TABLE stand for what the engine calls them; $TEXT compares byte by byte. Times are
-- milliseconds since 1970, booleans 0 or 1. Hashes are raw SHA-256. Columns named sealed_* are encrypted under the root key,
-- bound to their row and purpose. Large key texts stand last, so that reading the small columns does not touch their pages.

-- Facts about this installation: the root key check value, server secrets.
CREATE TABLE server_facts (
    name $TEXT PRIMARY KEY,
    value $BLOB NOT NULL
) $TABLE;

CREATE TABLE apps (
    id $TEXT PRIMARY KEY,
    name $TEXT NOT NULL,
    public_token_hash $BLOB NOT NULL UNIQUE,
    secret_token_hash $BLOB NOT NULL UNIQUE,
    created_at $INT NOT NULL,
    disabled_at $INT,
    options $TEXT NOT NULL,
    file_options $TEXT NOT NULL,
    max_key_rotation_month $INT NOT NULL,
    min_rank_key_rotation $INT NOT NULL
) $TABLE;

CREATE TABLE app_jwt_keys (
    id $TEXT PRIMARY KEY,
    app_id $TEXT NOT NULL REFERENCES apps (id) ON DELETE CASCADE,
    alg $TEXT NOT NULL,
    created_at $INT NOT NULL,
    public_key $BLOB NOT NULL,
    sealed_private_key $BLOB NOT NULL
) $TABLE;
CREATE INDEX app_jwt_keys_newest ON app_jwt_keys (app_id, created_at DESC, id);

CREATE TABLE users (
    id $TEXT PRIMARY KEY,
    app_id $TEXT NOT NULL REFERENCES apps (id) ON DELETE CASCADE,
    group_id $TEXT NOT NULL,
    created_at $INT NOT NULL,
    otp_alg $TEXT,
    -- The newest time step of which a code was accepted: a code works once.
    otp_last_step $INT,
    sealed_otp_secret $BLOB
) $TABLE;
CREATE INDEX users_of_app ON users (app_id);

CREATE TABLE otp_recovery_keys (
    id $TEXT PRIMARY KEY,
    user_id $TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    key_hash $BLOB NOT NULL,
    sealed_key $BLOB NOT NULL,
    UNIQUE (user_id, key_hash)
) $TABLE;

CREATE TABLE devices (
    id $TEXT PRIMARY KEY,
    app_id $TEXT NOT NULL REFERENCES apps (id) ON DELETE CASCADE,
    user_id $TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    identifier_hash $BLOB NOT NULL,
    created_at $INT NOT NULL,
    client_random_value $BLOB NOT NULL,
    hashed_authentication_key $BLOB NOT NULL,
    derived_alg $TEXT NOT NULL,
    master_key_alg $TEXT NOT NULL,
    encrypted_master_key $TEXT NOT NULL,
    encrypted_master_key_alg $TEXT NOT NULL,
    keypair_encrypt_alg $TEXT NOT NULL,
    keypair_sign_alg $TEXT NOT NULL,
    public_key $TEXT NOT NULL,
    encrypted_private_key $TEXT NOT NULL,
    verify_key $TEXT NOT NULL,
    encrypted_sign_key $TEXT NOT NULL,
    CONSTRAINT devices_identifier UNIQUE (app_id, identifier_hash)
) $TABLE;
CREATE INDEX devices_of_user ON devices (user_id, created_at, id);

-- Devices that no account has confirmed yet. They stand apart so that they never block an identifier.
CREATE TABLE pending_devices (
    id $TEXT PRIMARY KEY,
    app_id $TEXT NOT NULL REFERENCES apps (id) ON DELETE CASCADE,
    token_hash $BLOB NOT NULL UNIQUE,
    expires_at $INT NOT NULL,
    identifier_hash $BLOB NOT NULL,
    client_random_value $BLOB NOT NULL,
    hashed_authentication_key $BLOB NOT NULL,
    derived_alg $TEXT NOT NULL,
    master_key_alg $TEXT NOT NULL,
    encrypted_master_key $TEXT NOT NULL,
    encrypted_master_key_alg $TEXT NOT NULL,
    keypair_encrypt_alg $TEXT NOT NULL,
    keypair_sign_alg $TEXT NOT NULL,
    public_key $TEXT NOT NULL,
    encrypted_private_key $TEXT NOT NULL,
    verify_key $TEXT NOT NULL,
    encrypted_sign_key $TEXT NOT NULL
) $TABLE;
CREATE INDEX pending_devices_expiry ON pending_devices (expires_at);
CREATE INDEX pending_devices_of_app ON pending_devices (app_id);

-- A login on a device: its refresh token, and what its access tokens name as `sid`.
CREATE TABLE sessions (
    id $TEXT PRIMARY KEY,
    device_id $TEXT NOT NULL REFERENCES devices (id) ON DELETE CASCADE,
    refresh_token_hash $BLOB NOT NULL UNIQUE,
    created_at $INT NOT NULL,
    last_used_at $INT NOT NULL
) $TABLE;
CREATE INDEX sessions_of_device ON sessions (device_id, created_at);
CREATE INDEX sessions_age ON sessions (created_at);
CREATE INDEX sessions_use ON sessions (last_used_at);

CREATE TABLE login_challenges (
    device_id $TEXT NOT NULL REFERENCES devices (id) ON DELETE CASCADE,
    challenge_hash $BLOB NOT NULL,
    expires_at $INT NOT NULL,
    PRIMARY KEY (device_id, challenge_hash)
) $TABLE;
CREATE INDEX login_challenges_expiry ON login_challenges (expires_at);

-- kind 0: a group of users. kind 1: the group of one user's devices.
CREATE TABLE groups (
    id $TEXT PRIMARY KEY,
    app_id $TEXT NOT NULL REFERENCES apps (id) ON DELETE CASCADE,
    kind $INT NOT NULL,
    user_id $TEXT REFERENCES users (id) ON DELETE CASCADE,
    parent_id $TEXT REFERENCES groups (id) ON DELETE CASCADE,
    is_connected $INT NOT NULL,
    accepts_invites $INT NOT NULL,
    created_at $INT NOT NULL,
    -- The newest key; null for a group without keys.
    current_key_id $TEXT
) $TABLE;
CREATE INDEX groups_of_app ON groups (app_id);
CREATE INDEX groups_of_user ON groups (user_id);
CREATE INDEX groups_children ON groups (parent_id, created_at, id);

-- One generation of keys: symmetric key, encryption key pair and, in user groups, sign key pair.
CREATE TABLE group_keys (
    id $TEXT PRIMARY KEY,
    group_id $TEXT NOT NULL REFERENCES groups (id) ON DELETE CASCADE,
    created_at $INT NOT NULL,
    previous_key_id $TEXT,
    group_key_alg $TEXT NOT NULL,
    keypair_encrypt_alg $TEXT NOT NULL,
    keypair_sign_alg $TEXT,
    ephemeral_alg $TEXT,
    signed_by_user_id $TEXT,
    signed_by_user_sign_key_id $TEXT,
    public_key $TEXT NOT NULL,
    encrypted_private_key $TEXT NOT NULL,
    verify_key $TEXT,
    encrypted_sign_key $TEXT,
    public_key_sig $TEXT,
    group_key_sig $TEXT,
    encrypted_group_key_by_ephemeral $TEXT,
    -- Erased when every member has its share of the rotation.
    encrypted_ephemeral_key $TEXT
) $TABLE;
CREATE INDEX group_keys_newest ON group_keys (group_id, created_at DESC, id);

-- member_id: a user (member_kind 0; in a user group: a device), the parent group (1), a member group (2).
CREATE TABLE group_members (
    group_id $TEXT NOT NULL REFERENCES groups (id) ON DELETE CASCADE,
    member_id $TEXT NOT NULL,
    member_kind $INT NOT NULL,
    member_rank $INT NOT NULL,
    joined_at $INT NOT NULL,
    -- Of the group, repeated here for the order of a user's list of groups.
    group_created_at $INT NOT NULL,
    PRIMARY KEY (group_id, member_id)
) $TABLE;
CREATE INDEX group_members_page ON group_members (group_id, joined_at, member_id);
CREATE INDEX group_members_groups ON group_members (member_id, group_created_at, group_id);

-- A group key, encrypted to a public key of one member.
CREATE TABLE group_member_keys (
    key_id $TEXT NOT NULL REFERENCES group_keys (id) ON DELETE CASCADE,
    member_id $TEXT NOT NULL,
    group_id $TEXT NOT NULL REFERENCES groups (id) ON DELETE CASCADE,
    -- Of the key, repeated here for the order of a member's list of keys.
    key_created_at $INT NOT NULL,
    created_at $INT NOT NULL,
    public_key_id $TEXT NOT NULL,
    encrypted_group_key_alg $TEXT NOT NULL,
    encrypted_group_key $TEXT NOT NULL,
    PRIMARY KEY (key_id, member_id)
) $TABLE;
CREATE INDEX group_member_keys_page ON group_member_keys (group_id, member_id, key_created_at DESC, key_id);

-- A key rotation that a member has not finished yet.
CREATE TABLE pending_key_rotations (
    key_id $TEXT NOT NULL REFERENCES group_keys (id) ON DELETE CASCADE,
    member_id $TEXT NOT NULL,
    group_id $TEXT NOT NULL REFERENCES groups (id) ON DELETE CASCADE,
    key_created_at $INT NOT NULL,
    public_key_id $TEXT NOT NULL,
    error $TEXT,
    encrypted_ephemeral_key $TEXT NOT NULL,
    PRIMARY KEY (key_id, member_id)
) $TABLE;
CREATE INDEX pending_key_rotations_page ON pending_key_rotations (group_id, member_id, key_created_at, key_id);

CREATE TABLE group_hmac_keys (
    id $TEXT PRIMARY KEY,
    group_id $TEXT NOT NULL REFERENCES groups (id) ON DELETE CASCADE,
    created_at $INT NOT NULL,
    encryption_key_id $TEXT NOT NULL,
    alg $TEXT NOT NULL,
    encrypted_key $TEXT NOT NULL
) $TABLE;
CREATE INDEX group_hmac_keys_newest ON group_hmac_keys (group_id, created_at DESC, id);

CREATE TABLE group_sortable_keys (
    id $TEXT PRIMARY KEY,
    group_id $TEXT NOT NULL REFERENCES groups (id) ON DELETE CASCADE,
    created_at $INT NOT NULL,
    encryption_key_id $TEXT NOT NULL,
    alg $TEXT NOT NULL,
    encrypted_key $TEXT NOT NULL
) $TABLE;
CREATE INDEX group_sortable_keys_newest ON group_sortable_keys (group_id, created_at DESC, id);

-- kind 0: an invitation of the member by the group. kind 1: the member's request to join.
CREATE TABLE group_invites (
    group_id $TEXT NOT NULL REFERENCES groups (id) ON DELETE CASCADE,
    member_id $TEXT NOT NULL,
    kind $INT NOT NULL,
    member_kind $INT NOT NULL,
    member_rank $INT NOT NULL,
    created_at $INT NOT NULL,
    PRIMARY KEY (group_id, member_id, kind)
) $TABLE;
CREATE INDEX group_invites_of_member ON group_invites (member_id, kind, created_at DESC, group_id);
CREATE INDEX group_invites_of_group ON group_invites (group_id, kind, created_at, member_id);

-- Permission to upload the keys that did not fit into the first request.
CREATE TABLE key_sessions (
    id $TEXT PRIMARY KEY,
    group_id $TEXT NOT NULL REFERENCES groups (id) ON DELETE CASCADE,
    member_id $TEXT NOT NULL,
    expires_at $INT NOT NULL
) $TABLE;
CREATE INDEX key_sessions_of_member ON key_sessions (group_id, member_id);
CREATE INDEX key_sessions_expiry ON key_sessions (expires_at);

-- Work that outlives its request. A worker claims a row for as long as its lease lasts.
CREATE TABLE jobs (
    id $TEXT PRIMARY KEY,
    kind $TEXT NOT NULL,
    subject $TEXT NOT NULL,
    payload $TEXT NOT NULL,
    created_at $INT NOT NULL,
    run_at $INT NOT NULL,
    attempts $INT NOT NULL,
    lease_until $INT,
    last_error $TEXT,
    CONSTRAINT jobs_once UNIQUE (kind, subject)
) $TABLE;
CREATE INDEX jobs_due ON jobs (run_at, id);

CREATE TABLE action_log (
    id $SERIAL,
    app_id $TEXT NOT NULL REFERENCES apps (id) ON DELETE CASCADE,
    subject_id $TEXT NOT NULL,
    action $INT NOT NULL,
    amount $INT NOT NULL,
    created_at $INT NOT NULL
) $TABLE;
CREATE INDEX action_log_of_subject ON action_log (subject_id, action, created_at);
CREATE INDEX action_log_age ON action_log (created_at);
CREATE INDEX action_log_of_app ON action_log (app_id);
