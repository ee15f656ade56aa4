-- What was written to the ledger and to the audit trail stays as it was written (reliability L2). Applied after every migration.
BEGIN;
-- Two programs that migrate at once would otherwise trip over each other's triggers.
SELECT pg_advisory_xact_lock(8319417205);

CREATE OR REPLACE FUNCTION shouma_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'rows of % are never edited and never deleted', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;

DROP TRIGGER IF EXISTS transfer_stays ON transfer;
CREATE TRIGGER transfer_stays BEFORE UPDATE OR DELETE ON transfer FOR EACH ROW EXECUTE FUNCTION shouma_refuse();
DROP TRIGGER IF EXISTS transfer_is_not_emptied ON transfer;
CREATE TRIGGER transfer_is_not_emptied BEFORE TRUNCATE ON transfer FOR EACH STATEMENT EXECUTE FUNCTION shouma_refuse();
DROP TRIGGER IF EXISTS audit_stays ON audit;
CREATE TRIGGER audit_stays BEFORE UPDATE OR DELETE ON audit FOR EACH ROW EXECUTE FUNCTION shouma_refuse();
DROP TRIGGER IF EXISTS audit_is_not_emptied ON audit;
CREATE TRIGGER audit_is_not_emptied BEFORE TRUNCATE ON audit FOR EACH STATEMENT EXECUTE FUNCTION shouma_refuse();
DROP TRIGGER IF EXISTS receivable_movement_stays ON receivable_movement;
CREATE TRIGGER receivable_movement_stays BEFORE UPDATE OR DELETE ON receivable_movement
    FOR EACH ROW EXECUTE FUNCTION shouma_refuse();
DROP TRIGGER IF EXISTS receivable_movement_is_not_emptied ON receivable_movement;
CREATE TRIGGER receivable_movement_is_not_emptied BEFORE TRUNCATE ON receivable_movement
    FOR EACH STATEMENT EXECUTE FUNCTION shouma_refuse();

DROP TRIGGER IF EXISTS reminder_step_stays ON reminder_step;
CREATE TRIGGER reminder_step_stays BEFORE UPDATE OR DELETE ON reminder_step
    FOR EACH ROW EXECUTE FUNCTION shouma_refuse();
DROP TRIGGER IF EXISTS reminder_step_is_not_emptied ON reminder_step;
CREATE TRIGGER reminder_step_is_not_emptied BEFORE TRUNCATE ON reminder_step
    FOR EACH STATEMENT EXECUTE FUNCTION shouma_refuse();

-- Also when a session plays a replica.
ALTER TABLE transfer ENABLE ALWAYS TRIGGER transfer_stays;
ALTER TABLE transfer ENABLE ALWAYS TRIGGER transfer_is_not_emptied;
ALTER TABLE audit ENABLE ALWAYS TRIGGER audit_stays;
ALTER TABLE audit ENABLE ALWAYS TRIGGER audit_is_not_emptied;
ALTER TABLE receivable_movement ENABLE ALWAYS TRIGGER receivable_movement_stays;
ALTER TABLE receivable_movement ENABLE ALWAYS TRIGGER receivable_movement_is_not_emptied;
ALTER TABLE reminder_step ENABLE ALWAYS TRIGGER reminder_step_stays;
ALTER TABLE reminder_step ENABLE ALWAYS TRIGGER reminder_step_is_not_emptied;
COMMIT;
