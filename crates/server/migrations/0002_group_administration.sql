-- What the administration of groups needs beyond the rows themselves.

-- Levels above the group: bounds how far an access check can have to walk.
ALTER TABLE groups ADD COLUMN depth $INT NOT NULL DEFAULT 0;
-- Rows in group_members, kept by the statements that add and remove them: the limit is checked without counting.
ALTER TABLE groups ADD COLUMN member_count $INT NOT NULL DEFAULT 0;

-- The user who opened the session: nobody else below rank 2 may upload into it.
ALTER TABLE key_sessions ADD COLUMN created_by $TEXT NOT NULL DEFAULT '';

-- The few members who decide whether a group keeps an admin.
CREATE INDEX group_members_admins ON group_members (group_id, member_id) WHERE member_rank <= 1;

-- Rotations that still hand out the ephemeral key; empty most of the time.
CREATE INDEX group_keys_in_rotation ON group_keys (group_id) WHERE encrypted_ephemeral_key IS NOT NULL;

-- Everything a principal holds elsewhere, to remove with it.
CREATE INDEX group_member_keys_of_member ON group_member_keys (member_id);
CREATE INDEX pending_key_rotations_of_member ON pending_key_rotations (member_id);
CREATE INDEX key_sessions_of_anybody ON key_sessions (member_id);
