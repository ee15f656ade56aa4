-- What managers may write off by themselves of what they collect: `ManagerWriteOffs` as JSON.
ALTER TABLE tenant ADD COLUMN manager_write_offs TEXT NOT NULL DEFAULT '{"managers":"never"}';

-- Who owes what until when.
CREATE TABLE receivable (
    tenant          UUID NOT NULL REFERENCES tenant (id),
    id              UUID NOT NULL,
    payee           UUID NOT NULL REFERENCES account (id),
    -- The debt's own code, by which it is paid.
    code            UUID NOT NULL,
    debtor          TEXT NOT NULL,
    reference       TEXT NOT NULL,
    phone           TEXT,
    title           TEXT NOT NULL,
    amount_fen      BIGINT NOT NULL CHECK (amount_fen > 0),
    due_day         BIGINT,
    in_parts        BOOLEAN NOT NULL,
    remark          TEXT NOT NULL,
    source          TEXT NOT NULL,
    raised_at_ms    BIGINT NOT NULL,
    -- As it was raised, by which a file knows the debt again whatever was changed since; -1 for none.
    raised_due_day  BIGINT NOT NULL,
    -- What its movements come to.
    settled_fen     BIGINT NOT NULL CHECK (settled_fen >= 0),
    is_written_off  BOOLEAN NOT NULL,
    outstanding_fen BIGINT NOT NULL CHECK (outstanding_fen >= 0),
    standing        TEXT NOT NULL,
    -- Grows with every change, so that two deciders on one debt cannot both win; numbers the movements.
    revision        BIGINT NOT NULL,
    -- A hash over the form by which it was entered: the same form again raises nothing, another one is told so.
    sent_hash       BYTEA,
    PRIMARY KEY (tenant, id),
    UNIQUE (tenant, code),
    FOREIGN KEY (tenant, code) REFERENCES code (tenant, id)
);
CREATE INDEX receivable_newest ON receivable (tenant, payee, raised_at_ms DESC, id DESC);
CREATE INDEX receivable_standing ON receivable (tenant, payee, standing, raised_at_ms DESC, id DESC);
-- Ageing reads no row but what is owed.
CREATE INDEX receivable_owed ON receivable (tenant, payee, due_day, outstanding_fen) WHERE standing = 'open';
-- The same debt in the same file again.
CREATE INDEX receivable_same ON receivable (tenant, payee, reference, title);

-- What happened to a debt. Guards refuse everything but new rows.
CREATE TABLE receivable_movement (
    tenant     UUID NOT NULL,
    id         UUID NOT NULL,
    receivable UUID NOT NULL,
    -- The debt's revision that it made.
    position   BIGINT NOT NULL,
    kind       TEXT NOT NULL,
    amount_fen BIGINT NOT NULL CHECK (amount_fen > 0),
    payment    UUID,
    -- Who decided it; nobody when money came or went.
    account    UUID,
    reason     TEXT,
    at_ms      BIGINT NOT NULL,
    PRIMARY KEY (tenant, id),
    UNIQUE (tenant, receivable, position),
    FOREIGN KEY (tenant, receivable) REFERENCES receivable (tenant, id)
);

-- Payments that settle a debt: each settles at most one.
CREATE TABLE receivable_payment (
    tenant     UUID NOT NULL,
    payment    UUID NOT NULL,
    receivable UUID NOT NULL,
    -- `code` when it came through the debt's own code, `match` when somebody confirmed it.
    way        TEXT NOT NULL,
    -- What stayed of it so far.
    kept_fen   BIGINT NOT NULL CHECK (kept_fen >= 0),
    at_ms      BIGINT NOT NULL,
    PRIMARY KEY (tenant, payment),
    FOREIGN KEY (tenant, payment) REFERENCES payment (tenant, id),
    FOREIGN KEY (tenant, receivable) REFERENCES receivable (tenant, id)
);
CREATE INDEX receivable_payment_of ON receivable_payment (tenant, receivable, at_ms);
