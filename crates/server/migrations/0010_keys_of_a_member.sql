-- The keys of one member lie beside each other. An invitation brings up to fifty of them, a rotation one for each of very many members in
-- the order of their ids: with the key first, each went to a page of its own.
CREATE TABLE keys_of_members (
    key_id $TEXT NOT NULL,
    member_id $TEXT NOT NULL,
    -- Deletes the rows with the group; keys end only with their group.
    group_id $TEXT NOT NULL REFERENCES groups (id) ON DELETE CASCADE,
    -- Of the key, repeated here for the order of a member's list of keys.
    key_created_at $INT NOT NULL,
    created_at $INT NOT NULL,
    public_key_id $TEXT NOT NULL,
    encrypted_group_key_alg $TEXT NOT NULL,
    encrypted_group_key $TEXT NOT NULL,
    PRIMARY KEY (member_id, key_id)
) $TABLE;
INSERT INTO keys_of_members (key_id, member_id, group_id, key_created_at, created_at, public_key_id, encrypted_group_key_alg,
    encrypted_group_key)
SELECT key_id, member_id, group_id, key_created_at, created_at, public_key_id, encrypted_group_key_alg, encrypted_group_key
FROM group_member_keys;
DROP TABLE group_member_keys;
ALTER TABLE keys_of_members RENAME TO group_member_keys;
CREATE INDEX group_member_keys_page ON group_member_keys (group_id, member_id, key_created_at DESC, key_id);

-- One index tells what waits for a member, in one group or in any. Groups reach the rows through their keys, which these rows end with.
CREATE TABLE rotations_of_members (
    key_id $TEXT NOT NULL REFERENCES group_keys (id) ON DELETE CASCADE,
    member_id $TEXT NOT NULL,
    group_id $TEXT NOT NULL,
    key_created_at $INT NOT NULL,
    public_key_id $TEXT NOT NULL,
    error $TEXT,
    encrypted_ephemeral_key $TEXT NOT NULL,
    sealed_ephemeral_key $BLOB,
    PRIMARY KEY (key_id, member_id)
) $TABLE;
INSERT INTO rotations_of_members (key_id, member_id, group_id, key_created_at, public_key_id, error, encrypted_ephemeral_key,
    sealed_ephemeral_key)
SELECT key_id, member_id, group_id, key_created_at, public_key_id, error, encrypted_ephemeral_key, sealed_ephemeral_key
FROM pending_key_rotations;
DROP TABLE pending_key_rotations;
ALTER TABLE rotations_of_members RENAME TO pending_key_rotations;
CREATE INDEX pending_key_rotations_page ON pending_key_rotations (member_id, group_id, key_created_at, key_id);
CREATE INDEX pending_key_rotations_age ON pending_key_rotations (key_created_at);
