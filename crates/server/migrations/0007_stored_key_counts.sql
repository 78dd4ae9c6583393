-- How many stored keys a user has, so that there can be a limit without counting them each time.
ALTER TABLE users ADD COLUMN stored_keys $INT NOT NULL DEFAULT 0;
UPDATE users SET stored_keys = (
    SELECT count(*) FROM stored_keys WHERE stored_keys.creator_id = users.id AND stored_keys.app_id = users.app_id
)
WHERE id IN (SELECT creator_id FROM stored_keys);
