-- Which sale is the largest of what a listener was not told yet, so that a message can say who paid it.
ALTER TABLE listener ADD COLUMN largest UUID;

-- A receipt is found by every number that WeChat Pay gave its payment, also by that of a second bill: they stand with the attempts.
CREATE INDEX attempt_by_trade ON attempt (tenant, trade) WHERE trade IS NOT NULL;
DROP INDEX receipt_by_trade;
