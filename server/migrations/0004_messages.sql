-- Who hears of money by messages of the WeChat account, and what was not told yet.
CREATE TABLE listener (
    tenant         UUID NOT NULL,
    account        UUID NOT NULL REFERENCES account (id),
    -- New with every switching on.
    id             UUID NOT NULL UNIQUE,
    -- Whom the account writes to.
    openid         TEXT NOT NULL,
    lang           TEXT NOT NULL,
    created_at_ms  BIGINT NOT NULL,
    -- Why messages do not get through at present, and when one last did.
    unreached      TEXT,
    reached_at_ms  BIGINT,
    tested_at_ms   BIGINT,
    -- Where every message needs a consent: how many are left, and when one was last heard of, in seconds.
    consents       BIGINT NOT NULL DEFAULT 0 CHECK (consents >= 0),
    asked_at_s     BIGINT NOT NULL DEFAULT 0,
    -- What was not told yet.
    count          BIGINT NOT NULL DEFAULT 0,
    sum_fen        BIGINT NOT NULL DEFAULT 0,
    largest_fen    BIGINT NOT NULL DEFAULT 0,
    refunded_count BIGINT NOT NULL DEFAULT 0,
    refunded_fen   BIGINT NOT NULL DEFAULT 0,
    from_ms        BIGINT,
    until_ms       BIGINT,
    -- All sales since the switching on: what was told and what was not.
    heard_count    BIGINT NOT NULL DEFAULT 0,
    heard_fen      BIGINT NOT NULL DEFAULT 0,
    -- The digest that is being sent.
    under_way      UUID,
    last_ms        BIGINT,
    not_before_ms  BIGINT,
    next_ms        BIGINT NOT NULL DEFAULT 0,
    due_at_ms      BIGINT,
    -- Grows with every change, so that two deciders cannot both win.
    revision       BIGINT NOT NULL DEFAULT 0,
    PRIMARY KEY (tenant, account),
    FOREIGN KEY (tenant) REFERENCES tenant (id)
);
CREATE INDEX listener_due ON listener (due_at_ms) WHERE due_at_ms IS NOT NULL;
CREATE INDEX listener_by_openid ON listener (openid);

-- Messages to listeners. Their words follow from what they tell, so that a repeated one is the same.
CREATE TABLE posting (
    tenant        UUID NOT NULL,
    id            UUID NOT NULL,
    account       UUID NOT NULL,
    listener      UUID NOT NULL,
    news          TEXT NOT NULL,
    -- Of a digest: its sales.
    count         BIGINT NOT NULL,
    sum_fen       BIGINT NOT NULL,
    state         TEXT NOT NULL,
    -- WeChat's number, once it took the message.
    msgid         BIGINT,
    tries         BIGINT NOT NULL DEFAULT 0,
    made_at_ms    BIGINT NOT NULL,
    due_at_ms     BIGINT,
    PRIMARY KEY (tenant, id)
);
CREATE INDEX posting_due ON posting (due_at_ms) WHERE due_at_ms IS NOT NULL;
CREATE INDEX posting_by_msgid ON posting (msgid) WHERE msgid IS NOT NULL;
CREATE INDEX posting_by_listener ON posting (tenant, listener);
CREATE INDEX posting_made ON posting (made_at_ms);
