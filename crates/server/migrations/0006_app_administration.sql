-- Who owns an app, how it ends, and how servers notice that one was changed.

-- owner_kind 0: the customer owner_id. 1: the group of customers owner_id. 2: the operator, without owner_id.
ALTER TABLE apps ADD COLUMN owner_kind $INT NOT NULL DEFAULT 2;
ALTER TABLE apps ADD COLUMN owner_id $TEXT;
-- Set when the app was deleted and its rows wait for the job that removes them. Nobody sees the app any more.
ALTER TABLE apps ADD COLUMN deleted_at $INT;
CREATE INDEX apps_of_owner ON apps (owner_id, created_at, id);
CREATE INDEX apps_in_order ON apps (created_at, id);

-- One row. Every change of an app that servers may remember counts it up.
CREATE TABLE app_revision (
    id $INT PRIMARY KEY,
    revision $INT NOT NULL
) $TABLE;
INSERT INTO app_revision (id, revision) VALUES (1, 1);

-- Groups of an app by their age: those below are younger than those above, and are deleted first.
DROP INDEX groups_of_app;
CREATE INDEX groups_of_app ON groups (app_id, id);
