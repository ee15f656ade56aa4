-- A receipt is found by the number that WeChat Pay gave the payment: it stands first on a payer's bill.
CREATE INDEX receipt_by_trade ON receipt (tenant, trade);
