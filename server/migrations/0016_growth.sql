-- When anything of a payee changed last, however many codes of debts there are.
CREATE INDEX code_by_change ON code (tenant, payee, changed_at_ms);
-- The same as before: of indexes that suit alike SQLite takes the youngest, and this is the one that walks past no debts.
DROP INDEX code_kept;
CREATE INDEX code_kept ON code (tenant, payee, state) WHERE kind <> 'receivable';

-- What is cleared away each hour, in tables that grow with every payment: photographs that became part of none, and trips to WeChat.
CREATE INDEX photo_unattached ON photo (created_at_ms) WHERE payment IS NULL;
CREATE INDEX oauth_state_over ON oauth_state (expires_at_ms);
