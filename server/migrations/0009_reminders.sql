-- Whether debts are reminded of on a schedule, where a debt has no word of its own.
ALTER TABLE tenant ADD COLUMN reminds BOOLEAN NOT NULL DEFAULT FALSE;
-- From which minute of each day on, in Shanghai.
ALTER TABLE tenant ADD COLUMN remind_from_minute BIGINT NOT NULL DEFAULT 600 CHECK (remind_from_minute BETWEEN 0 AND 1439);

-- A debt's own word on the schedule; none: as its organisation says.
ALTER TABLE receivable ADD COLUMN reminds BOOLEAN;
-- Since when whoever collects, and whoever owes, wants no reminders of it.
ALTER TABLE receivable ADD COLUMN stopped_by_manager_at_ms BIGINT;
ALTER TABLE receivable ADD COLUMN stopped_by_debtor_at_ms BIGINT;
-- When it is looked at again whether a reminder is to go; 0 after every change, nothing while none can.
ALTER TABLE receivable ADD COLUMN look_at_ms BIGINT DEFAULT 0;
CREATE INDEX receivable_look ON receivable (look_at_ms) WHERE look_at_ms IS NOT NULL;
-- What its steps say of the last reminder, written with each of them so that lists read no steps; nothing before the first one.
ALTER TABLE receivable ADD COLUMN reminded TEXT;
ALTER TABLE receivable ADD COLUMN reminded_at_ms BIGINT;
CREATE INDEX receivable_reminded ON receivable (tenant, payee, raised_at_ms DESC, id DESC) WHERE reminded IS NOT NULL;
CREATE INDEX receivable_stopped ON receivable (tenant, payee, raised_at_ms DESC, id DESC)
    WHERE stopped_by_debtor_at_ms IS NOT NULL OR stopped_by_manager_at_ms IS NOT NULL;

-- What became of reminders. Each is asked for (0, by hand only), is about to be handed over (1) and ends (2), each at most once, so
-- that of any number of instances one hands it over. Guards refuse everything but new rows.
CREATE TABLE reminder_step (
    tenant     UUID NOT NULL,
    reminder   UUID NOT NULL,
    position   BIGINT NOT NULL CHECK (position BETWEEN 0 AND 2),
    receivable UUID NOT NULL,
    step       TEXT NOT NULL,
    cause      TEXT NOT NULL,
    phone      TEXT NOT NULL,
    -- What was owed at this step.
    amount_fen BIGINT NOT NULL,
    -- Who asked for it.
    account    UUID,
    -- What the provider said, or why it was not handed over.
    why        TEXT,
    at_ms      BIGINT NOT NULL,
    PRIMARY KEY (tenant, reminder, position),
    FOREIGN KEY (tenant, receivable) REFERENCES receivable (tenant, id)
);
CREATE INDEX reminder_step_of_debt ON reminder_step (tenant, receivable, at_ms);
CREATE INDEX reminder_step_to_number ON reminder_step (tenant, phone, at_ms);
