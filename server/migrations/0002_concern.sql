-- What a payee has to know of money that did not simply arrive or go back; one row per thing that it is about.
CREATE TABLE concern (
    tenant         UUID NOT NULL,
    id             UUID NOT NULL,
    payee          UUID NOT NULL,
    payment        UUID NOT NULL,
    -- The attempt's or refund's number, or what was said.
    subject        TEXT NOT NULL,
    kind           TEXT NOT NULL,
    state          TEXT NOT NULL,
    amount_fen     BIGINT NOT NULL,
    -- Why the channel does not take a return.
    why            TEXT,
    happened_at_ms BIGINT NOT NULL,
    -- When it was last worth a look: the order of the list.
    at_ms          BIGINT NOT NULL,
    seen_at_ms     BIGINT,
    -- Not seen yet, or waiting for an operator.
    is_open        BOOLEAN NOT NULL,
    PRIMARY KEY (tenant, id),
    UNIQUE (tenant, payment, subject),
    FOREIGN KEY (tenant, payment) REFERENCES payment (tenant, id)
);
CREATE INDEX concern_newest ON concern (tenant, payee, at_ms DESC, id DESC);
CREATE INDEX concern_open ON concern (tenant, payee) WHERE is_open;
