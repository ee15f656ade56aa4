-- When anything of a payee changed last, however many codes of debts there are.
CREATE INDEX code_by_change ON code (tenant, payee, changed_at_ms);
-- The same as before: of indexes that suit alike SQLite takes the youngest, and this is the one that walks past no debts.
DROP INDEX code_kept;
CREATE INDEX code_kept ON code (tenant, payee, state) WHERE kind <> 'receivable';

-- What is cleared away each hour, in tables that grow with every payment: photographs that became part of none, and trips to WeChat.
CREATE INDEX photo_unattached ON photo (created_at_ms) WHERE payment IS NULL;
CREATE INDEX oauth_state_over ON oauth_state (expires_at_ms);

-- What payments settle of debts: a payment that came another way may be counted for several, each for a part of it.
CREATE TABLE receivable_share (
    tenant     UUID NOT NULL,
    payment    UUID NOT NULL,
    receivable UUID NOT NULL,
    -- `code` when it came through the debt's own code, `match` when somebody confirmed it.
    way        TEXT NOT NULL,
    -- What was counted of it; all of it when it came through the debt's own code.
    share_fen  BIGINT NOT NULL CHECK (share_fen > 0),
    -- What stayed of that so far.
    kept_fen   BIGINT NOT NULL CHECK (kept_fen >= 0),
    at_ms      BIGINT NOT NULL,
    PRIMARY KEY (tenant, payment, receivable),
    FOREIGN KEY (tenant, payment) REFERENCES payment (tenant, id),
    FOREIGN KEY (tenant, receivable) REFERENCES receivable (tenant, id)
);
-- Until now a payment was counted as a whole.
INSERT INTO receivable_share (tenant, payment, receivable, way, share_fen, kept_fen, at_ms)
    SELECT a.tenant, a.payment, a.receivable, a.way, p.amount_fen, a.kept_fen, a.at_ms
    FROM receivable_payment a JOIN payment p ON p.tenant = a.tenant AND p.id = a.payment;
DROP TABLE receivable_payment;
CREATE INDEX receivable_share_of ON receivable_share (tenant, receivable, at_ms);
