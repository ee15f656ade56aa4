-- Wrong passwords in a row, by phone number and by the browser in which its owner signed in before; '' is every other browser. Strangers
-- who guess at a number shut only the door that is theirs.
CREATE TABLE door_by_device (
    phone           TEXT NOT NULL,
    device          TEXT NOT NULL,
    wrong_in_a_row  BIGINT NOT NULL,
    locked_until_ms BIGINT NOT NULL,
    tried_at_ms     BIGINT NOT NULL,
    PRIMARY KEY (phone, device)
);
INSERT INTO door_by_device (phone, device, wrong_in_a_row, locked_until_ms, tried_at_ms)
    SELECT phone, '', wrong_in_a_row, locked_until_ms, tried_at_ms FROM door;
DROP TABLE door;
ALTER TABLE door_by_device RENAME TO door;
CREATE INDEX door_tried ON door (tried_at_ms);
-- How often earlier trust in browsers was made void: by each new password, report and suspension.
ALTER TABLE account ADD COLUMN trust_round BIGINT NOT NULL DEFAULT 0;

-- When a session ends unless it is used until then; none where it lasts without being used.
ALTER TABLE session ADD COLUMN idle_at_ms BIGINT;
