-- One-time codes by SMS. A row stands for every number that was asked for, whoever has it: the rows of a day keep the pace. The code
-- lies here as a hash over the secret of the browser that asked, of which only a hash lies here too, so that nothing here opens anything.
CREATE TABLE one_time_code (
    token_hash BYTEA PRIMARY KEY,
    phone      TEXT NOT NULL,
    purpose    TEXT NOT NULL,
    code_hash  BYTEA NOT NULL,
    -- What is to be done when it is right, as JSON; empty for what follows from the purpose alone.
    task       TEXT NOT NULL,
    delivery   TEXT NOT NULL,
    made_at_ms BIGINT NOT NULL,
    wrong      BIGINT NOT NULL DEFAULT 0,
    used_at_ms BIGINT
);
CREATE INDEX one_time_code_by_phone ON one_time_code (phone, made_at_ms);
CREATE INDEX one_time_code_made ON one_time_code (made_at_ms);

-- The WeChat identity with which somebody first signed in inside WeChat, by application: an openid means nothing in another one.
CREATE TABLE wechat_binding (
    account     UUID NOT NULL REFERENCES account (id),
    appid       TEXT NOT NULL,
    openid      TEXT NOT NULL,
    bound_at_ms BIGINT NOT NULL,
    PRIMARY KEY (account, appid)
);
