-- A place of the organisation that collects under its own name. Wherever a payee is named its id may stand as well as an account's.
CREATE TABLE store (
    tenant        UUID NOT NULL REFERENCES tenant (id),
    id            UUID NOT NULL,
    name          TEXT NOT NULL,
    is_open       BOOLEAN NOT NULL,
    created_at_ms BIGINT NOT NULL,
    PRIMARY KEY (tenant, id),
    UNIQUE (tenant, name)
);

-- Who sees and hears a store's money besides their own.
CREATE TABLE cashier (
    tenant        UUID NOT NULL,
    store         UUID NOT NULL,
    account       UUID NOT NULL REFERENCES account (id),
    created_at_ms BIGINT NOT NULL,
    PRIMARY KEY (tenant, store, account),
    FOREIGN KEY (tenant, store) REFERENCES store (tenant, id)
);
CREATE INDEX cashier_by_account ON cashier (tenant, account);

-- Whether managers may have messages of the WeChat account about money.
ALTER TABLE tenant ADD COLUMN has_messages BOOLEAN NOT NULL DEFAULT TRUE;

-- Lists of an administrator, newest first, and what the whole organisation collected on a day.
CREATE INDEX code_newest ON code (tenant, created_at_ms, id);
CREATE INDEX rollup_by_day ON rollup (tenant, day);
-- Who changed a setting last.
CREATE INDEX audit_by_act ON audit (tenant, act, seq);
