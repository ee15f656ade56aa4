-- The telephone number at which payers reach the organisation; none where it names none.
ALTER TABLE tenant ADD COLUMN contact TEXT;
