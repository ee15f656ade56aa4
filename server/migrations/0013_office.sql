-- The first code that asks a form, and whether any does.
CREATE INDEX code_by_form ON code (tenant, form, created_at_ms, id);
-- Codes that are no debt's, of which there is one for each debt: a count of the others walks past none of those.
CREATE INDEX code_kept ON code (tenant, payee, state) WHERE kind <> 'receivable';
