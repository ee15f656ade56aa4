-- One text for SQLite and PostgreSQL: UUID, BIGINT for money (fen) and moments (milliseconds), TEXT, BOOLEAN, BYTEA.
-- The tenant leads every key; the few directory tables lead from a token or number to its tenant.

CREATE TABLE meta (
    name  TEXT PRIMARY KEY,
    value TEXT NOT NULL
);

CREATE TABLE tenant (
    id            UUID PRIMARY KEY,
    name          TEXT NOT NULL,
    is_open       BOOLEAN NOT NULL,
    logo_png      BYTEA,
    -- Names the picture in its address, so that a browser may keep it for good.
    logo_hash     TEXT,
    created_at_ms BIGINT NOT NULL
);

-- One account per person (phone) and installation; memberships tie it to tenants and roles.
CREATE TABLE account (
    id              UUID PRIMARY KEY,
    phone           TEXT NOT NULL UNIQUE,
    name            TEXT NOT NULL,
    password_hash   TEXT,
    created_at_ms   BIGINT NOT NULL
);
CREATE INDEX account_without_password ON account (id) WHERE password_hash IS NULL;

-- Wrong passwords in a row, by phone number, whether or not anybody has it.
CREATE TABLE door (
    phone           TEXT PRIMARY KEY,
    wrong_in_a_row  BIGINT NOT NULL,
    locked_until_ms BIGINT NOT NULL,
    tried_at_ms     BIGINT NOT NULL
);
CREATE INDEX door_tried ON door (tried_at_ms);

CREATE TABLE member (
    tenant        UUID NOT NULL REFERENCES tenant (id),
    account       UUID NOT NULL REFERENCES account (id),
    role          TEXT NOT NULL,
    -- The code that a manager has chosen to show.
    shown_code    UUID,
    created_at_ms BIGINT NOT NULL,
    PRIMARY KEY (tenant, account, role)
);
CREATE INDEX member_by_account ON member (account);
-- The list of an organisation's managers, who was registered last first.
CREATE INDEX member_newest ON member (tenant, role, created_at_ms, account);

-- Only the hash of a session's token is kept.
CREATE TABLE session (
    token_hash    BYTEA PRIMARY KEY,
    tenant        UUID NOT NULL,
    account       UUID NOT NULL REFERENCES account (id),
    role          TEXT NOT NULL,
    device        TEXT NOT NULL,
    created_at_ms BIGINT NOT NULL,
    seen_at_ms    BIGINT NOT NULL,
    expires_at_ms BIGINT NOT NULL
);
CREATE INDEX session_by_account ON session (account);

-- Single-use links by which a person sets a password.
CREATE TABLE password_link (
    token_hash    BYTEA PRIMARY KEY,
    account       UUID NOT NULL REFERENCES account (id),
    expires_at_ms BIGINT NOT NULL,
    used_at_ms    BIGINT
);

-- Every published version of a form stays: a payment refers to the one that its payer saw.
CREATE TABLE form (
    tenant        UUID NOT NULL REFERENCES tenant (id),
    id            UUID NOT NULL,
    version       BIGINT NOT NULL,
    schema        TEXT NOT NULL,
    created_at_ms BIGINT NOT NULL,
    PRIMARY KEY (tenant, id, version)
);

CREATE TABLE code (
    tenant         UUID NOT NULL REFERENCES tenant (id),
    id             UUID NOT NULL,
    -- Whose money it is: an account, or a store of the organisation.
    payee          UUID NOT NULL,
    kind           TEXT NOT NULL,
    name           TEXT NOT NULL,
    amount_rule    TEXT NOT NULL,
    form           UUID NOT NULL,
    form_version   BIGINT NOT NULL,
    -- Answers that the code gives itself, by field.
    presets        TEXT NOT NULL,
    state          TEXT NOT NULL,
    valid_from_ms  BIGINT,
    valid_until_ms BIGINT,
    created_at_ms  BIGINT NOT NULL,
    -- When something changed that its manager's screens show. It grows with every change, also within a millisecond.
    changed_at_ms  BIGINT NOT NULL,
    -- A hash over the form by which an administrator made it: the same form again makes no other code, another one is told so.
    sent_hash      BYTEA,
    PRIMARY KEY (tenant, id),
    FOREIGN KEY (tenant, form, form_version) REFERENCES form (tenant, id, version)
);
CREATE INDEX code_by_payee ON code (tenant, payee);
-- What an instance looks for that other instances changed.
CREATE INDEX code_changed ON code (changed_at_ms);

-- Directory: the token in a code's address. A refresh replaces it; old ones run out by themselves or are cut.
CREATE TABLE code_token (
    token          TEXT PRIMARY KEY,
    tenant         UUID NOT NULL,
    code           UUID NOT NULL,
    created_at_ms  BIGINT NOT NULL,
    -- The token that it replaced: a token is replaced once, however often somebody asks.
    replaces       TEXT UNIQUE REFERENCES code_token (token),
    replaced_at_ms BIGINT,
    cut_at_ms      BIGINT,
    -- What was configured for the code when the token was made.
    terms          TEXT NOT NULL,
    FOREIGN KEY (tenant, code) REFERENCES code (tenant, id)
);
-- A code shows one token.
CREATE UNIQUE INDEX code_token_current ON code_token (tenant, code) WHERE replaced_at_ms IS NULL;
CREATE INDEX code_token_by_code ON code_token (tenant, code);

CREATE TABLE payment (
    tenant         UUID NOT NULL,
    id             UUID NOT NULL,
    code           UUID NOT NULL,
    code_token     TEXT NOT NULL,
    payee          UUID NOT NULL,
    amount_fen     BIGINT NOT NULL CHECK (amount_fen > 0),
    state          TEXT NOT NULL,
    opened_at_ms   BIGINT NOT NULL,
    expires_at_ms  BIGINT NOT NULL,
    paid_at_ms     BIGINT,
    refunding_fen  BIGINT NOT NULL DEFAULT 0 CHECK (refunding_fen >= 0),
    refunded_fen   BIGINT NOT NULL DEFAULT 0 CHECK (refunded_fen >= 0),
    refund_count   BIGINT NOT NULL DEFAULT 0,
    form_version   BIGINT NOT NULL,
    answers        TEXT NOT NULL,
    idem           TEXT NOT NULL,
    payer          TEXT,
    -- What the payer reads at the channel. Kept, because a repeated order must carry the same words.
    subject        TEXT NOT NULL,
    receipt_token  TEXT NOT NULL,
    -- Grows with every change, so that two deciders on one payment cannot both win.
    revision       BIGINT NOT NULL DEFAULT 0,
    PRIMARY KEY (tenant, id),
    UNIQUE (tenant, code, idem),
    FOREIGN KEY (tenant, code) REFERENCES code (tenant, id),
    CHECK (refunding_fen + refunded_fen <= amount_fen)
);

-- Directory: a payment's address is reached without a session, so its tenant is found by the payment alone.
CREATE TABLE payment_link (
    payment UUID PRIMARY KEY,
    tenant  UUID NOT NULL
);

CREATE TABLE attempt (
    tenant        UUID NOT NULL,
    no            TEXT NOT NULL,
    payment       UUID NOT NULL,
    position      BIGINT NOT NULL,
    kind          TEXT NOT NULL,
    state         TEXT NOT NULL,
    trade         TEXT,
    received_fen  BIGINT,
    -- What the channel gave for paying: a prepay id or a code URL, and until when it is good.
    ticket        TEXT,
    made_at_ms    BIGINT NOT NULL,
    -- When the channel is to be asked about it; NULL when nothing more is expected of it.
    query_at_ms   BIGINT,
    -- When it was closed; the channel is asked again some time after.
    closed_at_ms  BIGINT,
    -- When the channel last said anything about it.
    heard_at_ms   BIGINT,
    PRIMARY KEY (tenant, no),
    UNIQUE (tenant, payment, position),
    FOREIGN KEY (tenant, payment) REFERENCES payment (tenant, id)
);
CREATE INDEX attempt_due ON attempt (query_at_ms) WHERE query_at_ms IS NOT NULL;

-- Directory: the channel's numbers for our attempts and refunds.
CREATE TABLE trade_no (
    no      TEXT PRIMARY KEY,
    tenant  UUID NOT NULL,
    payment UUID NOT NULL
);

CREATE TABLE refund (
    tenant        UUID NOT NULL,
    no            TEXT NOT NULL,
    payment       UUID NOT NULL,
    attempt       TEXT NOT NULL,
    received_fen  BIGINT NOT NULL,
    amount_fen    BIGINT NOT NULL CHECK (amount_fen > 0),
    cause         TEXT NOT NULL,
    reason        TEXT NOT NULL,
    state         TEXT NOT NULL,
    asked_at_ms   BIGINT NOT NULL,
    asked_by      UUID,
    final_at_ms   BIGINT,
    tries         BIGINT NOT NULL DEFAULT 0,
    -- When the channel is to be asked (again); NULL when it is final.
    due_at_ms     BIGINT,
    PRIMARY KEY (tenant, no),
    FOREIGN KEY (tenant, payment) REFERENCES payment (tenant, id)
);
CREATE INDEX refund_by_payment ON refund (tenant, payment);
CREATE INDEX refund_due ON refund (due_at_ms) WHERE due_at_ms IS NOT NULL;

-- The ledger. Rows are written once; guards refuse everything else.
CREATE TABLE transfer (
    tenant       UUID NOT NULL,
    id           UUID NOT NULL,
    key          TEXT NOT NULL,
    debit        TEXT NOT NULL,
    credit       TEXT NOT NULL,
    amount_fen   BIGINT NOT NULL CHECK (amount_fen > 0),
    -- Of money: its payment. Of a claim: its receivable. Never both.
    payment      UUID,
    receivable   UUID,
    booked_at_ms BIGINT NOT NULL,
    PRIMARY KEY (tenant, id),
    UNIQUE (tenant, key),
    CHECK (debit <> credit),
    CHECK ((payment IS NULL) <> (receivable IS NULL))
);
CREATE INDEX transfer_by_payment ON transfer (tenant, payment) WHERE payment IS NOT NULL;
CREATE INDEX transfer_by_receivable ON transfer (tenant, receivable) WHERE receivable IS NOT NULL;

-- What the merchant keeps of a paid payment.
CREATE TABLE receipt (
    tenant         UUID NOT NULL,
    payment        UUID NOT NULL,
    payee          UUID NOT NULL,
    code           UUID NOT NULL,
    code_name      TEXT NOT NULL,
    title          TEXT NOT NULL,
    answers        TEXT NOT NULL,
    amount_fen     BIGINT NOT NULL,
    refunding_fen  BIGINT NOT NULL DEFAULT 0,
    refunded_fen   BIGINT NOT NULL DEFAULT 0,
    trade          TEXT NOT NULL,
    token          TEXT NOT NULL,
    paid_at_ms     BIGINT NOT NULL,
    -- When we learned of it: what a live stream resumes by.
    known_at_ms    BIGINT NOT NULL,
    PRIMARY KEY (tenant, payment),
    FOREIGN KEY (tenant, payment) REFERENCES payment (tenant, id)
);
CREATE INDEX receipt_newest ON receipt (tenant, payee, paid_at_ms DESC, payment DESC);
CREATE INDEX receipt_by_code ON receipt (tenant, payee, code, paid_at_ms DESC, payment DESC);
-- Refunds are rare: looking for them reads none of the others.
CREATE INDEX receipt_refunding ON receipt (tenant, payee, paid_at_ms DESC, payment DESC) WHERE refunding_fen > 0;
CREATE INDEX receipt_refunded ON receipt (tenant, payee, paid_at_ms DESC, payment DESC) WHERE refunded_fen > 0;
CREATE INDEX receipt_known ON receipt (tenant, payee, known_at_ms);
-- What an instance looks for that other instances learned of.
CREATE INDEX receipt_known_anywhere ON receipt (known_at_ms);

-- Directory: a payer's link to a receipt.
CREATE TABLE receipt_token (
    token   TEXT PRIMARY KEY,
    tenant  UUID NOT NULL,
    payment UUID NOT NULL
);

-- What a channel told us, once per event.
CREATE TABLE inbox (
    channel        TEXT NOT NULL,
    id             TEXT NOT NULL,
    tenant         UUID,
    kind           TEXT NOT NULL,
    body           TEXT NOT NULL,
    received_at_ms BIGINT NOT NULL,
    PRIMARY KEY (channel, id)
);

-- What people have to be told; delivered by the worker.
CREATE TABLE outbox (
    tenant        UUID NOT NULL,
    id            UUID NOT NULL,
    message       TEXT NOT NULL,
    created_at_ms BIGINT NOT NULL,
    due_at_ms     BIGINT,
    tries         BIGINT NOT NULL DEFAULT 0,
    done_at_ms    BIGINT,
    PRIMARY KEY (tenant, id)
);
CREATE INDEX outbox_due ON outbox (due_at_ms) WHERE due_at_ms IS NOT NULL;

-- Changes that the roll-ups have not taken in yet. Totals read roll-up plus this tail.
CREATE TABLE pending (
    tenant         UUID NOT NULL,
    id             UUID NOT NULL,
    payee          UUID NOT NULL,
    code           UUID NOT NULL,
    day            BIGINT NOT NULL,
    count          BIGINT NOT NULL,
    sum_fen        BIGINT NOT NULL,
    refunded_count BIGINT NOT NULL,
    refunded_fen   BIGINT NOT NULL,
    PRIMARY KEY (tenant, id)
);
CREATE INDEX pending_by_payee ON pending (tenant, payee, day);

CREATE TABLE rollup (
    tenant         UUID NOT NULL,
    payee          UUID NOT NULL,
    code           UUID NOT NULL,
    day            BIGINT NOT NULL,
    count          BIGINT NOT NULL,
    sum_fen        BIGINT NOT NULL,
    refunded_count BIGINT NOT NULL,
    refunded_fen   BIGINT NOT NULL,
    PRIMARY KEY (tenant, payee, day, code)
);

-- Two-character search tokens; scope is the payee, newest first.
CREATE TABLE search_token (
    tenant UUID NOT NULL,
    scope  UUID NOT NULL,
    token  TEXT NOT NULL,
    at_ms  BIGINT NOT NULL,
    id     UUID NOT NULL,
    PRIMARY KEY (tenant, scope, token, at_ms, id)
);

-- Who did what. Chained by hash; guards refuse everything but new rows.
CREATE TABLE audit (
    tenant    UUID NOT NULL,
    seq       BIGINT NOT NULL,
    at_ms     BIGINT NOT NULL,
    actor     TEXT NOT NULL,
    act       TEXT NOT NULL,
    subject   TEXT NOT NULL,
    detail    TEXT NOT NULL,
    prev_hash TEXT NOT NULL,
    hash      TEXT NOT NULL,
    PRIMARY KEY (tenant, seq)
);

-- Single-use marks that tie a trip to the channel's sign-in page to the browser that began it.
CREATE TABLE oauth_state (
    state_hash    BYTEA PRIMARY KEY,
    tenant        UUID NOT NULL,
    payment       UUID NOT NULL,
    browser_hash  BYTEA NOT NULL,
    expires_at_ms BIGINT NOT NULL,
    used_at_ms    BIGINT
);

-- Photographs that payers attach, re-encoded.
CREATE TABLE photo (
    tenant        UUID NOT NULL,
    id            UUID NOT NULL,
    payment       UUID,
    mime          TEXT NOT NULL,
    bytes         BYTEA NOT NULL,
    created_at_ms BIGINT NOT NULL,
    PRIMARY KEY (tenant, id)
);
