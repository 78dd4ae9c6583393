-- Customers, who own apps; their groups; captchas and mails.

-- A customer is a user of the installation's own app, with a profile.
CREATE TABLE customers (
    id $TEXT PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    -- In lower case, as the identifier of the device is: one mailbox is one account.
    email $TEXT NOT NULL UNIQUE,
    -- The address to change to, until its owner has confirmed it.
    pending_email $TEXT,
    name $TEXT NOT NULL,
    first_name $TEXT NOT NULL,
    company $TEXT,
    created_at $INT NOT NULL,
    validated_at $INT,
    email_sent_at $INT NOT NULL DEFAULT 0,
    email_status $INT NOT NULL DEFAULT 0,
    email_error $TEXT
) $TABLE;
CREATE INDEX customers_in_order ON customers (created_at, id);

-- What was mailed to prove that an address is read by its owner. purpose 0: to validate the address. 1: to reset the password.
CREATE TABLE customer_tokens (
    token_hash $BLOB PRIMARY KEY,
    customer_id $TEXT NOT NULL REFERENCES customers (id) ON DELETE CASCADE,
    purpose $INT NOT NULL,
    -- The address that the token was sent to, and proves.
    email $TEXT NOT NULL,
    expires_at $INT NOT NULL,
    CONSTRAINT customer_tokens_once UNIQUE (customer_id, purpose)
) $TABLE;
CREATE INDEX customer_tokens_expiry ON customer_tokens (expires_at);

-- Who may register where registration is by invitation.
CREATE TABLE customer_invitations (
    email $TEXT PRIMARY KEY,
    token_hash $BLOB NOT NULL,
    expires_at $INT NOT NULL
) $TABLE;
CREATE INDEX customer_invitations_expiry ON customer_invitations (expires_at);

-- Groups of the installation's own app, with what people call them.
CREATE TABLE customer_groups (
    group_id $TEXT PRIMARY KEY REFERENCES groups (id) ON DELETE CASCADE,
    name $TEXT,
    description $TEXT
) $TABLE;

-- kind 0: the characters of an image. kind 1: the zero bits of a proof of work.
CREATE TABLE captchas (
    id $TEXT PRIMARY KEY,
    kind $INT NOT NULL,
    solution $TEXT NOT NULL,
    expires_at $INT NOT NULL
) $TABLE;
CREATE INDEX captchas_expiry ON captchas (expires_at);

-- Mails that a job will hand over to the mail server. What they carry is encrypted under the root key.
CREATE TABLE outgoing_mails (
    id $TEXT PRIMARY KEY,
    customer_id $TEXT REFERENCES customers (id) ON DELETE CASCADE,
    kind $INT NOT NULL,
    recipient $TEXT NOT NULL,
    created_at $INT NOT NULL,
    sealed_content $BLOB NOT NULL
) $TABLE;
CREATE INDEX outgoing_mails_of_customer ON outgoing_mails (customer_id);
CREATE INDEX outgoing_mails_age ON outgoing_mails (created_at);
