-- Where somebody can be written to, and in which language. Only their own organisation may change it.
ALTER TABLE account ADD COLUMN mail TEXT;
ALTER TABLE account ADD COLUMN lang TEXT NOT NULL DEFAULT 'zh';

-- Who is suspended cannot sign in to this role; their codes go on unless they were stopped as well.
ALTER TABLE member ADD COLUMN suspended_at_ms BIGINT;
ALTER TABLE member ADD COLUMN signed_in_at_ms BIGINT;

-- Switched off together with its payee, and to be switched on again with them.
ALTER TABLE code ADD COLUMN stopped_with_payee BOOLEAN NOT NULL DEFAULT FALSE;

-- Mails to people who sign in. A letter holds no secret: its link is drawn when it is sent, and only the hash is kept.
CREATE TABLE letter (
    tenant        UUID NOT NULL,
    id            UUID NOT NULL,
    account       UUID NOT NULL REFERENCES account (id),
    kind          TEXT NOT NULL,
    address       TEXT NOT NULL,
    lang          TEXT NOT NULL,
    state         TEXT NOT NULL,
    -- What a mail server said last.
    reason        TEXT,
    created_at_ms BIGINT NOT NULL,
    due_at_ms     BIGINT,
    tries         BIGINT NOT NULL DEFAULT 0,
    done_at_ms    BIGINT,
    PRIMARY KEY (tenant, id)
);
CREATE INDEX letter_due ON letter (due_at_ms) WHERE due_at_ms IS NOT NULL;
CREATE INDEX letter_by_account ON letter (tenant, account, created_at_ms);
-- Whose address takes no mail.
CREATE INDEX letter_not_taken ON letter (tenant, account) WHERE state IN ('refused', 'bounced');

-- Directory: when somebody asked for a letter to a phone number, whether or not anybody has it, so that asking tells nothing.
CREATE TABLE ask (
    phone TEXT NOT NULL,
    id    UUID NOT NULL,
    at_ms BIGINT NOT NULL,
    PRIMARY KEY (phone, id)
);
CREATE INDEX ask_at ON ask (at_ms);

-- Sessions that are over, for thirty days: what an older screen says, and the history of sign-ins.
CREATE TABLE ended_session (
    token_hash    BYTEA PRIMARY KEY,
    tenant        UUID NOT NULL,
    account       UUID NOT NULL REFERENCES account (id),
    role          TEXT NOT NULL,
    device        TEXT NOT NULL,
    created_at_ms BIGINT NOT NULL,
    ended_at_ms   BIGINT NOT NULL,
    why           TEXT NOT NULL,
    -- The device of the sign-in that ended it, if one did.
    by_device     TEXT
);
CREATE INDEX ended_session_by_account ON ended_session (account, ended_at_ms);
CREATE INDEX ended_session_recent ON ended_session (ended_at_ms);
