-- What managers may return by themselves of receipts that are their own: `ManagerRefunds` as JSON.
ALTER TABLE tenant ADD COLUMN manager_refunds TEXT NOT NULL DEFAULT '{"managers":"never"}';

-- What diagnosis knows of the world outside, by kind of thing: the last time it was seen. Settings are one for an installation, so
-- these rows belong to no organisation.
CREATE TABLE sighting (
    kind  TEXT PRIMARY KEY,
    word  TEXT NOT NULL,
    at_ms BIGINT NOT NULL
);
