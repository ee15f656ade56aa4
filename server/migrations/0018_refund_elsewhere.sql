-- The channel's number of the refund that returned this money in its place, made on the channel's own platform. Each stands in for one.
ALTER TABLE refund ADD COLUMN made_as TEXT;
CREATE UNIQUE INDEX refund_made_as ON refund (tenant, attempt, made_as) WHERE made_as IS NOT NULL;
