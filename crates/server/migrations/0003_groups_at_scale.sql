-- What is counted, deleted and repaired across requests and servers.

-- Failed logins and second factors: when the bucket of failures will be full again, in milliseconds since 1970. In the row, so that
-- all servers count together.
ALTER TABLE devices ADD COLUMN failures_full_at $INT NOT NULL DEFAULT 0;
ALTER TABLE users ADD COLUMN failures_full_at $INT NOT NULL DEFAULT 0;

-- Of a rotation that could not be encrypted to its member: what is to be encrypted as soon as the member has another key.
ALTER TABLE pending_key_rotations ADD COLUMN sealed_ephemeral_key $BLOB;
CREATE INDEX pending_key_rotations_age ON pending_key_rotations (key_created_at);
