-- What was written to the ledger and to the audit trail stays as it was written (reliability L2). Applied after every migration.
DROP TRIGGER IF EXISTS transfer_is_not_edited;
CREATE TRIGGER transfer_is_not_edited BEFORE UPDATE ON transfer
BEGIN SELECT RAISE(ABORT, 'a transfer is never edited: book a correction'); END;

DROP TRIGGER IF EXISTS transfer_is_not_deleted;
CREATE TRIGGER transfer_is_not_deleted BEFORE DELETE ON transfer
BEGIN SELECT RAISE(ABORT, 'a transfer is never deleted: book a correction'); END;

DROP TRIGGER IF EXISTS audit_is_not_edited;
CREATE TRIGGER audit_is_not_edited BEFORE UPDATE ON audit
BEGIN SELECT RAISE(ABORT, 'the audit trail is never edited'); END;

DROP TRIGGER IF EXISTS audit_is_not_deleted;
CREATE TRIGGER audit_is_not_deleted BEFORE DELETE ON audit
BEGIN SELECT RAISE(ABORT, 'the audit trail is never deleted'); END;

DROP TRIGGER IF EXISTS receivable_movement_is_not_edited;
CREATE TRIGGER receivable_movement_is_not_edited BEFORE UPDATE ON receivable_movement
BEGIN SELECT RAISE(ABORT, 'what happened to a receivable is never edited: book a correction'); END;

DROP TRIGGER IF EXISTS receivable_movement_is_not_deleted;
CREATE TRIGGER receivable_movement_is_not_deleted BEFORE DELETE ON receivable_movement
BEGIN SELECT RAISE(ABORT, 'what happened to a receivable is never deleted: book a correction'); END;

DROP TRIGGER IF EXISTS reminder_step_is_not_edited;
CREATE TRIGGER reminder_step_is_not_edited BEFORE UPDATE ON reminder_step
BEGIN SELECT RAISE(ABORT, 'what became of a reminder is never edited'); END;

DROP TRIGGER IF EXISTS reminder_step_is_not_deleted;
CREATE TRIGGER reminder_step_is_not_deleted BEFORE DELETE ON reminder_step
BEGIN SELECT RAISE(ABORT, 'what became of a reminder is never deleted'); END;
