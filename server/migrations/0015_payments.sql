-- What came last, whoever collected it: an administrator's list, entered at a place and read from there.
CREATE INDEX receipt_newest_of_all ON receipt (tenant, paid_at_ms DESC, payment DESC);
