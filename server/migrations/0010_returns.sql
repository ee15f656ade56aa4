-- A report about a mail names the letter alone.
CREATE INDEX letter_by_id ON letter (id);

-- Directory: how far mailboxes were read to which mails come back. Whoever reads one puts it off first, so of any number of instances
-- one reads at a time.
CREATE TABLE return_mailbox (
    name      TEXT PRIMARY KEY,
    due_at_ms BIGINT NOT NULL,
    -- How often in a row it could not be read.
    failures  BIGINT NOT NULL DEFAULT 0,
    -- The mail server's numbers of mails, and of their order (RFC 3501, 2.3.1.1).
    validity  BIGINT NOT NULL DEFAULT 0,
    last_uid  BIGINT NOT NULL DEFAULT 0
);
