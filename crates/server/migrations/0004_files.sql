-- Files and their parts, stored symmetric keys, and what it takes to delete contents for certain.

-- Where an app's files are. No reference to the app: the row outlives it until its contents are deleted, which needs the address.
CREATE TABLE app_file_options (
    app_id $TEXT PRIMARY KEY,
    file_storage $INT NOT NULL,
    storage_url $TEXT,
    require_jwt $INT NOT NULL,
    sealed_auth_token $BLOB
) $TABLE;
INSERT INTO app_file_options (app_id, file_storage, require_jwt)
    SELECT id, CASE WHEN file_options LIKE '{"file_storage":0,%' THEN 0 ELSE -1 END, 0 FROM apps;
ALTER TABLE apps DROP COLUMN file_options;

-- What an app has stored, kept by the statements that add and remove it; a limit that is null is that of the server.
CREATE TABLE app_file_usage (
    app_id $TEXT PRIMARY KEY,
    files $INT NOT NULL,
    bytes $INT NOT NULL,
    max_files $INT,
    max_bytes $INT
) $TABLE;
INSERT INTO app_file_usage (app_id, files, bytes) SELECT id, 0, 0 FROM apps;

-- target_kind 0: for everybody. 1: for a group. 2: for a user. Neither app nor target are referenced: the row of a deleted file
-- stays until a job has deleted its contents.
CREATE TABLE files (
    id $TEXT PRIMARY KEY,
    app_id $TEXT NOT NULL,
    owner_id $TEXT NOT NULL,
    target_kind $INT NOT NULL,
    target_id $TEXT,
    created_at $INT NOT NULL,
    -- When its last part had arrived.
    completed_at $INT,
    deleted_at $INT,
    master_key_id $TEXT NOT NULL,
    encrypted_key_alg $TEXT NOT NULL,
    encrypted_file_name $TEXT,
    encrypted_key $TEXT NOT NULL
) $TABLE;
CREATE INDEX files_of_app ON files (app_id, id) WHERE deleted_at IS NULL;
CREATE INDEX files_of_target ON files (target_id) WHERE target_id IS NOT NULL;
CREATE INDEX files_of_owner ON files (owner_id);
CREATE INDEX files_to_delete ON files (app_id, id) WHERE deleted_at IS NOT NULL;

CREATE TABLE file_parts (
    id $TEXT PRIMARY KEY,
    file_id $TEXT NOT NULL REFERENCES files (id),
    sequence $INT NOT NULL,
    -- Whether the content is stored by the app itself.
    is_external $INT NOT NULL,
    bytes $INT NOT NULL,
    CONSTRAINT file_parts_sequence UNIQUE (file_id, sequence)
) $TABLE;

-- Permission to upload the parts of a file.
CREATE TABLE upload_sessions (
    id $TEXT PRIMARY KEY,
    file_id $TEXT NOT NULL UNIQUE REFERENCES files (id) ON DELETE CASCADE,
    created_at $INT NOT NULL
) $TABLE;
CREATE INDEX upload_sessions_age ON upload_sessions (created_at);

-- Contents in the storage of this server that belong to no part: not yet, or no more. The row is written before the content, and removed
-- by the transaction that makes the content a part or when the content is gone.
CREATE TABLE loose_blobs (
    id $TEXT PRIMARY KEY,
    remove_at $INT NOT NULL,
    -- Chosen for removal: it can become a part no more.
    is_condemned $INT NOT NULL
) $TABLE;
CREATE INDEX loose_blobs_due ON loose_blobs (remove_at, id);

-- Messages to the own storage of an app: the parts that it may delete.
CREATE TABLE storage_deliveries (
    id $TEXT PRIMARY KEY,
    app_id $TEXT NOT NULL,
    created_at $INT NOT NULL,
    attempts $INT NOT NULL,
    -- When no further attempt was made.
    failed_at $INT,
    last_error $TEXT,
    -- A JSON array.
    part_ids $TEXT NOT NULL
) $TABLE;
CREATE INDEX storage_deliveries_of_app ON storage_deliveries (app_id, created_at, id);
CREATE INDEX storage_deliveries_failed ON storage_deliveries (failed_at) WHERE failed_at IS NOT NULL;

CREATE TABLE stored_keys (
    id $TEXT PRIMARY KEY,
    app_id $TEXT NOT NULL REFERENCES apps (id) ON DELETE CASCADE,
    creator_id $TEXT NOT NULL,
    master_key_id $TEXT NOT NULL,
    created_at $INT NOT NULL,
    alg $TEXT NOT NULL,
    encrypted_key $TEXT NOT NULL
) $TABLE;
CREATE INDEX stored_keys_page ON stored_keys (app_id, master_key_id, created_at DESC, id);

-- How often a job was asked for while it was there: one that was asked for again while it ran is run again.
ALTER TABLE jobs ADD COLUMN requests $INT NOT NULL DEFAULT 1;
