-- What managers may return by themselves of receipts that are their own: `ManagerRefunds` as JSON.
ALTER TABLE tenant ADD COLUMN manager_refunds TEXT NOT NULL DEFAULT '{"managers":"never"}';
